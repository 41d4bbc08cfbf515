"""Write a plan: what changed since it was read, the journal, and the answer under its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql.coding import account_text, as_rows, effect_row
from omnicommerce.adapters.sql.dialects import DIALECTS
from omnicommerce.adapters.sql.instants import to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writes import PIECES, all_at_once, claim, one_by_one
from omnicommerce.kernel.errors import Conflict
from omnicommerce.ledger.model import Account, AccountKey, Command, Hold, HoldPart, Lot, Moved
from omnicommerce.ledger.plan import Plan
from omnicommerce.ledger.requests import answer_to_json

__all__ = ["AsRead", "claim_key", "claim_parameters", "write_plan"]

_CLAIMS: Final = {name: sa.text(claim(dialect)) for name, dialect in DIALECTS.items()}

_Pieces = dict[str, list[tuple[Any, ...]]]


@attrs.define
class AsRead:
    """The rows a decision was made on, to see at writing that they are still so."""

    accounts: dict[AccountKey, Account] = attrs.Factory(dict)
    lots: dict[str, Lot] = attrs.Factory(dict)
    holds: dict[tuple[str, AccountKey], Hold] = attrs.Factory(dict)


def write_plan(
    transaction: Transaction, plan: Plan, read: AsRead, *, by: Command, request: str | None
) -> bool:
    """Write a plan, and tell whether the key was new.

    Args:
        transaction: Where to.
        plan: The decision.
        read: What it was decided on.
        by: The command whose key, cause and instant the journal shows.
        request: The fingerprint to claim the key with; None: the key is claimed
            already, or never stored.

    Returns:
        Whether it was written; if not, somebody has the key and nothing was.

    Raises:
        Conflict: A row changed since it was read.
    """
    pieces = {name: rows for name, rows in _pieces(plan, read, by).items() if rows}
    claimed = None if request is None else claim_parameters(by, request, plan.moved)
    if DIALECTS[transaction.dialect].writes_at_once:
        return _write_at_once(transaction, pieces, claimed)
    if claimed is not None and not transaction.insert_once(_CLAIMS[transaction.dialect], claimed):
        return False
    for name, rows in pieces.items():
        statement = one_by_one(transaction.dialect)[name]
        count = transaction.execute(statement, {name: as_rows(rows)}).rowcount
        _require_all(transaction, name, count, len(rows))
    return True


def claim_key(transaction: Transaction, by: Command, request: str, answer: Moved) -> bool:
    """Claim a key alone, and tell whether it was free."""
    return transaction.insert_once(
        _CLAIMS[transaction.dialect], claim_parameters(by, request, answer)
    )


def claim_parameters(by: Command, request: str, answer: Moved) -> dict[str, Any]:
    """Return the parameters of the claim."""
    return {
        "key": by.key,
        "fingerprint": request,
        "answer": answer_to_json(answer),
        "at": to_micros(by.at),
    }


def _write_at_once(
    transaction: Transaction, pieces: _Pieces, claimed: dict[str, Any] | None
) -> bool:
    if not pieces and claimed is None:
        return True
    statement = all_at_once(tuple(pieces), claimed=claimed is not None)
    parameters = {name: as_rows(rows) for name, rows in pieces.items()} | (claimed or {})
    counts = transaction.rows(statement, parameters)[0]
    if not counts[0]:
        return False
    for (name, rows), count in zip(pieces.items(), counts[1:], strict=True):
        _require_all(transaction, name, count, len(rows))
    return True


def _require_all(transaction: Transaction, name: str, count: int, wanted: int) -> None:
    if count != wanted:
        table = PIECES[name].table.name
        transaction.fail(
            Conflict(f"{wanted - count} of {wanted} rows of {table} changed since they were read")
        )


def _pieces(plan: Plan, read: AsRead, by: Command) -> _Pieces:
    """Return the rows to write, tables that others refer to first."""
    pieces: _Pieces = {name: [] for name in PIECES}
    for account in plan.accounts:
        _add_account(pieces, account, read.accounts.get(account.key))
    for lot in plan.lots:
        _add_lot(pieces, lot, read.lots.get(lot.lot_id))
    for hold in plan.holds:
        _add_hold(pieces, hold, read.holds.get((hold.group, hold.account)))
    pieces["entries"] = [effect_row(effect, by) for effect in plan.effects]
    return pieces


def _add_account(pieces: _Pieces, new: Account, old: Account | None) -> None:
    text, key = account_text(new.key), new.key
    if old is None or old.lotted is None:
        named = (text, key.kind, key.subject, key.scope, int(bool(new.lotted)))
        pieces["new_accounts"].append((*named, *_figures(new)))
    elif _figures(new) != _figures(old):
        pieces["accounts"].append((text, *_figures(new), *_figures(old)))


def _figures(account: Account) -> tuple[int, ...]:
    return account.balance, account.held, account.floor, account.deficit


def _add_lot(pieces: _Pieces, new: Lot, old: Lot | None) -> None:
    text = account_text(new.account)
    expires_at = to_micros(new.expires_at)
    due_at = expires_at if new.free else None
    if old is None:
        amounts = (new.issued, new.remaining, new.held)
        dates = (to_micros(new.activates_at), expires_at, due_at)
        pieces["new_lots"].append((text, new.lot_id, new.origin, *amounts, *dates))
    else:
        changed = (text, new.lot_id, new.remaining, new.held, due_at)
        pieces["lots"].append((*changed, old.remaining, old.held))


def _add_hold(pieces: _Pieces, new: Hold, old: Hold | None) -> None:
    text = account_text(new.account)
    expires_at = to_micros(new.expires_at)
    due_at = expires_at if new.open else None
    if old is None:
        pieces["new_holds"].append((new.group, text, new.quantity, expires_at, due_at))
        pieces["new_parts"] += [
            (new.group, text, part.lot_id, turn, part.quantity)
            for turn, part in enumerate(new.parts)
        ]
        return
    pieces["holds"].append((new.group, text, *_counters(new), expires_at, due_at, *_counters(old)))
    pieces["parts"] += [
        (new.group, text, part.lot_id, *_counters(part), *_counters(before))
        for part, before in _changed_parts(new.parts, old.parts)
    ]


def _counters(counted: Hold | HoldPart) -> tuple[int, ...]:
    return counted.captured, counted.released, counted.expired, counted.restored


def _changed_parts(
    new: Iterable[HoldPart], old: Iterable[HoldPart]
) -> Iterator[tuple[HoldPart, HoldPart]]:
    return ((part, before) for part, before in zip(new, old, strict=True) if part != before)
