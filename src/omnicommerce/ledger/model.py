"""The nouns of the ledger: accounts, lots, holds and the journal."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.quantity import valid_quantity

__all__ = [
    "Account",
    "AccountKey",
    "Beyond",
    "Command",
    "Counter",
    "Demand",
    "Entry",
    "Hold",
    "HoldPart",
    "HoldState",
    "Lapsed",
    "Lot",
    "LotTerms",
    "Moved",
    "Standing",
    "Swept",
    "Verb",
]


def _instant_or_never(value: datetime | None) -> datetime | None:
    return None if value is None else require_instant(value)


@attrs.frozen(order=True)
class AccountKey:
    """Name one account; keys sort, and rows are always touched in that order.

    Args:
        kind: What is scarce: ``stock``, ``promotion``, ``points``, ``slot``, ``card``…
        subject: Whose or which: a SKU, a promotion, a customer.
        scope: Where: a store, a programme, an hour. ``"-"`` where there is only one.

    Example:
        >>> AccountKey("stock", "DRESS-M", "madrid")
        AccountKey(kind='stock', subject='DRESS-M', scope='madrid')
    """

    kind: str = attrs.field(validator=valid_id)
    subject: str = attrs.field(validator=valid_id)
    scope: str = attrs.field(default="-", validator=valid_id)


def _account(_: object, attribute: attrs.Attribute[AccountKey], value: object) -> None:
    if type(value) is not AccountKey:
        raise InvalidValue(attribute.name, f"must be an AccountKey, not {value!r}")


@attrs.frozen
class Demand:
    """A wish for a quantity of one account."""

    account: AccountKey = attrs.field(validator=_account)
    quantity: int = attrs.field(validator=valid_quantity)


@attrs.frozen
class Command:
    """Who asks, why and when: every changing verb of the ledger takes one.

    Args:
        key: Identity of the command. The same key with the same request
            returns the first answer and changes nothing; with another request
            it is `KeyReused`. Instants do not count as part of the request, so
            that a retry a minute later is still the same request.
        cause: What it is for, such as an order's id; kept in the journal.
        at: The instant of the command.
    """

    key: str = attrs.field(validator=valid_id)
    cause: str = attrs.field(validator=valid_id)
    at: datetime = attrs.field(converter=require_instant)


@attrs.frozen(kw_only=True)
class LotTerms:
    """From when until when a credit may be spent, and where it came from.

    Args:
        origin: What earned it, such as an order's id.
        activates_at: First instant at which it may be held; None: at once.
        expires_at: First instant at which it may no longer be held; None: never.
    """

    origin: str = attrs.field(validator=valid_id)
    activates_at: datetime | None = attrs.field(default=None, converter=_instant_or_never)
    expires_at: datetime | None = attrs.field(default=None, converter=_instant_or_never)

    @expires_at.validator
    def _check_order(self, _: object, value: datetime | None) -> None:
        if value is not None and self.activates_at is not None and value <= self.activates_at:
            raise InvalidValue("expires_at", f"{value} is not after activates_at")


@attrs.frozen(kw_only=True)
class Lot:
    """One credit of an account whose value has an age.

    ``issued`` counts what it started with, ``remaining`` what is neither taken
    nor lapsed, ``held`` the part of that which open holds have claimed.
    ``lot_id`` is the key of the command that made it, ``#`` and the lot's turn
    in that command (from 1), so it may be a few characters longer than an id.
    """

    lot_id: str
    account: AccountKey
    origin: str
    issued: int
    remaining: int
    held: int = 0
    activates_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def free(self) -> int:
        """Units that no hold has claimed."""
        return self.remaining - self.held

    def is_active(self, at: datetime) -> bool:
        """Tell whether its value may be held at this instant."""
        return not self.is_pending(at) and not self.is_lapsed(at)

    def is_pending(self, at: datetime) -> bool:
        """Tell whether its value may be held only later."""
        return self.activates_at is not None and at < self.activates_at

    def is_lapsed(self, at: datetime) -> bool:
        """Tell whether its value may no longer be held."""
        return self.expires_at is not None and at >= self.expires_at


class HoldState(enum.StrEnum):
    """Where a hold stands; every unit of it leaves ``held`` exactly once."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@attrs.frozen(kw_only=True)
class HoldPart:
    """The part of a hold that lies on one lot, with the same counters as its hold."""

    lot_id: str
    quantity: int
    captured: int = 0
    released: int = 0
    expired: int = 0
    restored: int = 0

    @property
    def open(self) -> int:
        """Units still claimed."""
        return self.quantity - self.captured - self.released - self.expired


@attrs.frozen(kw_only=True)
class Hold:
    """One account's share of an all-or-nothing hold group.

    ``captured + released + expired <= quantity`` always, ``restored <= captured``.
    ``parts`` lists the lots it lies on, earliest expiry first; it is empty for
    accounts without lots. All open holds of a group expire at the same instant.
    """

    group: str
    account: AccountKey
    quantity: int
    expires_at: datetime | None
    captured: int = 0
    released: int = 0
    expired: int = 0
    restored: int = 0
    parts: tuple[HoldPart, ...] = ()

    @property
    def open(self) -> int:
        """Units not yet captured, released or swept; see `is_due` for the clock's view."""
        return self.quantity - self.captured - self.released - self.expired

    @property
    def state(self) -> HoldState:
        """``held`` while units are open, then how the units ended (captured wins)."""
        if self.open:
            return HoldState.HELD
        if self.captured:
            return HoldState.CAPTURED
        return HoldState.EXPIRED if self.expired else HoldState.RELEASED

    def is_due(self, at: datetime) -> bool:
        """Tell whether the clock has ended it: it blocks nobody, swept or not."""
        return self.expires_at is not None and at >= self.expires_at


@attrs.frozen(kw_only=True)
class Account:
    """The stored figures of one account, as last booked; a `Standing` is the clock's view.

    Args:
        balance: Without lots: units, less those owed. With lots: what remains
            of all lots, less the deficit.
        held: Units in open holds, due ones that nobody booked yet included.
        floor: Units kept back from everybody; 0 with lots.
        deficit: Units owed, beside the lots; 0 without lots.
        lotted: Whether its value lies in lots; None: the account does not exist yet.
    """

    key: AccountKey
    balance: int = 0
    held: int = 0
    floor: int = 0
    deficit: int = 0
    lotted: bool | None = None


class Verb(enum.StrEnum):
    """What a journal entry records; ``expire`` ends a hold, ``lapse`` a lot."""

    CREDIT = "credit"
    DEBIT = "debit"
    HOLD = "hold"
    EXTEND = "extend"
    CAPTURE = "capture"
    RELEASE = "release"
    EXPIRE = "expire"
    RESTORE = "restore"
    LAPSE = "lapse"
    TRANSFER = "transfer"
    ADJUST = "adjust"
    FLOOR = "floor"


class Counter(enum.StrEnum):
    """The other side of a journal entry: what the account gains, its counter loses."""

    ISSUED = "issued"
    REDEEMED = "redeemed"
    BREAKAGE = "breakage"
    CORRECTED = "corrected"
    MOVED = "moved"
    NONE = "none"


@attrs.frozen(kw_only=True)
class Entry:
    """One line of the append-only journal: one effect on one account.

    ``balance_change`` and ``held_change`` summed over an account's entries give
    its balance and held figures. What the account gains its ``counter`` (one of
    `Counter`) loses, so the world always sums to zero; the two legs of a
    transfer sum to zero in ``moved``. For an account with lots there is one
    entry per lot touched, and the same sums over a lot's entries give its
    ``remaining`` and ``held``; a deficit's entry has no lot. What each verb
    writes is tabulated in `omnicommerce.ledger.decide`.
    """

    sequence: int
    account: AccountKey
    verb: Verb
    balance_change: int
    held_change: int
    counter: str
    key: str
    cause: str
    at: datetime
    group: str | None = None
    lot_id: str | None = None


@attrs.frozen(kw_only=True)
class Moved:
    """The answer of a changing verb: what moved, by account in key order.

    ``beyond`` lists the part of that which was not available and is owed now.
    It is stored under the command's key and returned again to a repetition.
    """

    quantities: tuple[Demand, ...] = ()
    beyond: tuple[Demand, ...] = ()


@attrs.frozen(kw_only=True)
class Swept:
    """How many holds and lots a sweep ended; fewer than the limit means that it is done."""

    holds: int = 0
    lots: int = 0


class Beyond(enum.StrEnum):
    """What taking more than is available does: refuse, or record a deficit."""

    REFUSE = "refuse"
    DEFICIT = "deficit"


class Lapsed(enum.StrEnum):
    """What restoring into a lot that lapsed meanwhile does.

    ``lapse``: the value comes back and lapses at once. ``refuse``: the whole
    restore is refused. Never silently a later date.
    """

    LAPSE = "lapse"
    REFUSE = "refuse"


@attrs.frozen(kw_only=True)
class Standing:
    """An account as the clock sees it at one instant.

    Args:
        balance: Everything on the account, lapsed-but-unswept lots left out.
        held: Units claimed by holds that are not due.
        floor: Units kept back from everybody (negative: units that may be owed).
        pending: Units of lots that activate later.
        deficit: Units owed. With lots: later value repays it first. Without
            lots: how far the balance is below zero.
        available: What a new hold may take; never negative.
    """

    account: AccountKey
    balance: int = 0
    held: int = 0
    floor: int = 0
    pending: int = 0
    deficit: int = 0
    available: int = 0
