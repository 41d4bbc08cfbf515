"""The pure decisions about holds; `omnicommerce.ledger.decide` explains and re-exports them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue, NotFound, Refused
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.errors import HoldEnded, Shortage
from omnicommerce.ledger.lots import choose_lots, end_units
from omnicommerce.ledger.model import (
    AccountKey,
    Command,
    Counter,
    Demand,
    Hold,
    HoldPart,
    Lapsed,
    Lot,
    Verb,
)
from omnicommerce.ledger.plan import Draft, Effect, Plan, View
from omnicommerce.ledger.standing import available_units, short_of

__all__ = [
    "capture",
    "expire",
    "extend",
    "group_exists",
    "hold",
    "lapse",
    "release",
    "require_expiry",
    "require_group",
    "restore",
    "sweeping",
]

_SWEEP: Final = "sweep"


def require_expiry(expires_at: datetime | None, by: Command) -> datetime | None:
    """Return the expiry of a hold in UTC.

    Raises:
        InvalidValue: It is naive, or not after the command.
    """
    if expires_at is None:
        return None
    instant = require_instant(expires_at, "expires_at")
    if instant <= by.at:
        raise InvalidValue("expires_at", f"{instant} is not after the command at {by.at}")
    return instant


def group_exists(group: str) -> InvalidValue:
    """Return the error of a new hold under the name of an old one."""
    return InvalidValue("group", f"{group!r} exists already; a new hold needs a new group")


def require_group(group: str, holds: tuple[Hold, ...]) -> tuple[Hold, ...]:
    """Return the holds of a group.

    Raises:
        NotFound: There are none.
    """
    if not holds:
        raise NotFound("hold group", group)
    return holds


def hold(
    group: str,
    demands: Sequence[Demand],
    *,
    views: Iterable[View],
    expires_at: datetime | None,
    by: Command,
) -> Plan:
    """Claim summed demands, all or none.

    Raises:
        Shortage: Names every account that has too little.
        InvalidValue: The expiry is naive or not after the command.
    """
    until = require_expiry(expires_at, by)
    draft = Draft(views, by.at)
    draft.end_due(demand.account for demand in demands)
    _require_available(draft, demands)
    for demand in demands:
        _claim(draft, group, demand, until)
    return draft.plan(demands)


def _require_available(draft: Draft, demands: Iterable[Demand]) -> None:
    shorts = [
        short_of(draft.account(key), draft.lots(key), demand.quantity, draft.at)
        for demand in demands
        for key in [demand.account]
        if available_units(draft.account(key), draft.lots(key), draft.at) < demand.quantity
    ]
    if shorts:
        raise Shortage(*shorts)


def _claim(draft: Draft, group: str, demand: Demand, until: datetime | None) -> None:
    key = demand.account
    picks: tuple[tuple[str | None, int], ...] = ((None, demand.quantity),)
    parts: tuple[HoldPart, ...] = ()
    if draft.account(key).lotted:
        active = [lot for lot in draft.lots(key) if lot.is_active(draft.at)]
        chosen, _ = choose_lots(active, demand.quantity)
        parts = tuple(HoldPart(lot_id=lot_id, quantity=taken) for lot_id, taken in chosen)
        picks = chosen
    for lot_id, taken in picks:
        draft.post(
            Effect(account=key, verb=Verb.HOLD, held_change=taken, group=group, lot_id=lot_id)
        )
    draft.put_hold(
        Hold(group=group, account=key, quantity=demand.quantity, expires_at=until, parts=parts)
    )


def extend(holds: Sequence[Hold], *, expires_at: datetime | None, by: Command) -> Plan:
    """Move the expiry of the open, undue holds of a group.

    Raises:
        HoldEnded: There are none.
        InvalidValue: The expiry is naive or not after the command.
    """
    until = require_expiry(expires_at, by)
    running = [held for held in holds if _open_now(held, by.at)]
    if not running:
        raise _ended(holds)
    draft = Draft((), by.at)
    for held in running:
        draft.put_hold(attrs.evolve(held, expires_at=until))
        draft.post(Effect(account=held.account, verb=Verb.EXTEND, group=held.group))
    return draft.plan(_quantities(running, lambda held: held.open)).without_accounts()


def capture(
    holds: Sequence[Hold], demands: Sequence[Demand] | None, *, views: Iterable[View], by: Command
) -> Plan:
    """Make held units final.

    Raises:
        HoldEnded: A hold is due, or has fewer units open than demanded, or
            nothing at all is open.
    """
    wanted = _wanted(holds, demands, by.at)
    if not wanted:
        raise _ended(holds)
    draft = Draft(views, by.at)
    for held, quantity in wanted:
        draft.end(held, quantity, "captured", Verb.CAPTURE)
    return draft.plan(Demand(held.account, quantity) for held, quantity in wanted)


def release(
    holds: Sequence[Hold], demands: Sequence[Demand] | None, *, views: Iterable[View], by: Command
) -> Plan:
    """Give held units back; with no demands, what the clock ended is booked as expired.

    Raises:
        HoldEnded: ``demands`` names more than is open and undue.
    """
    wanted = _wanted(holds, demands, by.at)
    draft = Draft(views, by.at)
    for held, quantity in wanted:
        draft.end(held, quantity, "released", Verb.RELEASE)
    if demands is None:
        for held in holds:
            if held.open and held.is_due(by.at):
                draft.end(held, held.open, "expired", Verb.EXPIRE)
    return draft.plan(Demand(held.account, quantity) for held, quantity in wanted)


def restore(
    holds: Sequence[Hold],
    demands: Sequence[Demand] | None,
    *,
    views: Iterable[View],
    lapsed: Lapsed,
    by: Command,
) -> Plan:
    """Put captured units back where they came from; see the port for the lots.

    What comes back to a lot that still lives repays a deficit first. What
    comes back to a lot that lapsed lapses again in the same breath.

    Raises:
        HoldEnded: More is demanded than was captured and not yet restored.
        Refused: A lot lapsed meanwhile and ``lapsed`` is ``REFUSE``.
    """
    wanted = _matched(holds, demands, lambda held: held.captured - held.restored, "restorable")
    draft = Draft(views, by.at)
    for held, quantity in wanted:
        changed, picks = end_units(held, quantity, "restored")
        draft.put_hold(changed)
        for lot_id, taken in picks:
            if lot_id is None:
                _give_back(draft, held, None, taken)
            else:
                _refill(draft, held, draft.lot(lot_id), taken, lapsed)
    return draft.plan(Demand(held.account, quantity) for held, quantity in wanted)


def _refill(draft: Draft, held: Hold, lot: Lot, quantity: int, lapsed: Lapsed) -> None:
    if lot.is_lapsed(draft.at):
        if lapsed is Lapsed.REFUSE:
            raise Refused(Reason("ledger.lot_lapsed", {**_names(lot.account), "lot": lot.lot_id}))
        _give_back(draft, held, lot.lot_id, quantity)
        _lapse(draft, lot, quantity)
        return
    repaid = min(quantity, draft.account(lot.account).deficit)
    if repaid:
        _give_back(draft, held, None, repaid)
    if quantity > repaid:
        _give_back(draft, held, lot.lot_id, quantity - repaid)


def _give_back(draft: Draft, held: Hold, lot_id: str | None, quantity: int) -> None:
    draft.post(
        Effect(
            account=held.account,
            verb=Verb.RESTORE,
            balance_change=quantity,
            counter=Counter.REDEEMED,
            group=held.group,
            lot_id=lot_id,
        )
    )


def sweeping(at: datetime) -> Command:
    """Return the command under which a sweep books; its key is never stored."""
    return Command(_SWEEP, _SWEEP, at)


def expire(holds: Iterable[Hold], *, views: Iterable[View], at: datetime) -> Plan:
    """End the open units of due holds; ``views`` need not list them as due."""
    draft = Draft(views, at)
    for held in holds:
        draft.end(held, held.open, "expired", Verb.EXPIRE)
    return draft.plan()


def lapse(lots: Iterable[Lot], *, views: Iterable[View], at: datetime) -> Plan:
    """End the free units of lapsed lots; what holds claim lives as long as they do."""
    draft = Draft(views, at)
    for lot in lots:
        _lapse(draft, lot, lot.free)
    return draft.plan()


def _lapse(draft: Draft, lot: Lot, quantity: int) -> None:
    draft.post(
        Effect(
            account=lot.account,
            verb=Verb.LAPSE,
            balance_change=-quantity,
            counter=Counter.BREAKAGE,
            lot_id=lot.lot_id,
        )
    )


def _open_now(held: Hold, at: datetime) -> int:
    return 0 if held.is_due(at) else held.open


def _wanted(
    holds: Sequence[Hold], demands: Sequence[Demand] | None, at: datetime
) -> list[tuple[Hold, int]]:
    return _matched(holds, demands, lambda held: _open_now(held, at), "open")


def _matched(
    holds: Sequence[Hold],
    demands: Sequence[Demand] | None,
    room: Callable[[Hold], int],
    name: str,
) -> list[tuple[Hold, int]]:
    """Pair each demand with its hold; None: everything there is room for."""
    if demands is None:
        return [(held, room(held)) for held in holds if room(held)]
    by_account = {held.account: held for held in holds}
    rooms = {account: room(held) for account, held in by_account.items()}
    short = [demand for demand in demands if demand.quantity > rooms.get(demand.account, 0)]
    if short:
        group = holds[0].group
        raise HoldEnded(
            *(_too_much(group, demand, name, rooms.get(demand.account, 0)) for demand in short)
        )
    return [(by_account[demand.account], demand.quantity) for demand in demands]


def _too_much(group: str, demand: Demand, name: str, room: int) -> Reason:
    figures = {"group": group, **_names(demand.account), "wanted": demand.quantity, name: room}
    return Reason(f"ledger.more_than_{name}", figures)


def _names(account: AccountKey) -> dict[str, str]:
    return {"kind": account.kind, "subject": account.subject, "scope": account.scope}


def _ended(holds: Sequence[Hold]) -> HoldEnded:
    return HoldEnded(Reason("ledger.hold_ended", {"group": holds[0].group}))


def _quantities(holds: Iterable[Hold], figure: Callable[[Hold], int]) -> list[Demand]:
    return [Demand(held.account, figure(held)) for held in holds]
