"""What is asked of the ledger: demands summed, and requests and answers as stored under a key."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Iterable
from typing import Any, Final

import attrs

from omnicommerce.kernel.errors import InvalidValue, KeyReused
from omnicommerce.kernel.quantity import LARGEST_QUANTITY
from omnicommerce.ledger.model import AccountKey, Command, Demand, Moved, Verb

__all__ = [
    "Answered",
    "answer_from_json",
    "answer_to_json",
    "fingerprint",
    "require_change",
    "require_counted",
    "require_floor",
    "sum_demands",
]

_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_compact: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_in_order: Final = operator.attrgetter("kind", "subject", "scope")
"""Sorts accounts as they compare, without comparing them one by one."""


def sum_demands(demands: Iterable[Demand]) -> tuple[Demand, ...]:
    """Sum the demands of each account, and sort them by account.

    Raises:
        InvalidValue: There is none, one is no `Demand`, or a sum is absurdly large.
    """
    sums: dict[AccountKey, Demand] = {}
    for demand in demands:
        if not isinstance(demand, Demand):
            raise InvalidValue("demands", f"must hold Demands, not {demand!r}")
        account = demand.account
        other = sums.get(account)
        sums[account] = Demand(account, other.quantity + demand.quantity) if other else demand
    if not sums:
        raise InvalidValue("demands", "must name at least one account")
    return tuple(sums[account] for account in sorted(sums, key=_in_order))


def require_change(change: object) -> int:
    """Return ``change`` if it is a sane correction: an int, not zero, not absurdly large.

    Raises:
        InvalidValue: It is not.
    """
    if type(change) is not int or not 1 <= abs(change) <= LARGEST_QUANTITY:
        raise InvalidValue("change", f"must be a whole number other than zero, not {change!r}")
    return change


def require_counted(counted: object) -> int:
    """Return ``counted`` if it is a sane count: an int from zero, not absurdly large.

    Raises:
        InvalidValue: It is not.
    """
    if type(counted) is not int or not 0 <= counted <= LARGEST_QUANTITY:
        raise InvalidValue("counted", f"must be a whole number of units, not {counted!r}")
    return counted


def require_floor(floor: object, field: str = "floor") -> int:
    """Return ``floor`` if it is a sane floor: an int of either sign, not absurdly large.

    Raises:
        InvalidValue: It is not.
    """
    if type(floor) is not int or abs(floor) > LARGEST_QUANTITY:
        raise InvalidValue(field, f"must be a whole number, not {floor!r}")
    return floor


def fingerprint(
    verb: Verb, by: Command, demands: Iterable[Demand] | None = None, **details: str | int | None
) -> str:
    """Digest a request, so that a repetition of its key can be told from a reuse.

    Covers the verb, the cause, the summed demands (None: everything open) and
    the details; never an instant, because a retry is made later than its first.

    Returns:
        64 hexadecimal digits of SHA-256 over canonical JSON.
    """
    request = {
        "verb": verb.value,
        "cause": by.cause,
        "demands": None if demands is None else [_plain(demand) for demand in demands],
        "details": details,
    }
    return hashlib.sha256(_canonical(request).encode()).hexdigest()


@attrs.frozen
class Answered:
    """What is stored under the key of a command: its request's fingerprint and its answer."""

    fingerprint: str
    answer: Moved

    def again(self, by: Command, request: str) -> Moved:
        """Return the first answer to a repetition.

        Raises:
            KeyReused: The key belongs to another request.
        """
        if request != self.fingerprint:
            raise KeyReused(by.key)
        return self.answer


def answer_to_json(answer: Moved) -> str:
    """Write an answer as JSON text, to be stored beside its key."""
    document = {
        "quantities": [_plain(demand) for demand in answer.quantities],
        "beyond": [_plain(demand) for demand in answer.beyond],
    }
    return _compact(document)


def answer_from_json(text: str) -> Moved:
    """Read what `answer_to_json` wrote."""
    document = json.loads(text)
    return Moved(
        quantities=tuple(_demand(row) for row in document["quantities"]),
        beyond=tuple(_demand(row) for row in document["beyond"]),
    )


def _plain(demand: Demand) -> list[str | int]:
    account = demand.account
    return [account.kind, account.subject, account.scope, demand.quantity]


def _demand(row: list[Any]) -> Demand:
    kind, subject, scope, quantity = row
    return Demand(AccountKey(kind, subject, scope), quantity)
