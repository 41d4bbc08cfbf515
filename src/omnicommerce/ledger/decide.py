"""The pure decisions of the ledger: what was read in, what to write out.

An adapter reads a `View` of each account it touches, in key order and safe from
others, asks the function named like the verb for a `Plan`, and writes it. Every
change of a figure is one effect of the plan, which becomes one journal entry:

============  ==============================  =======  =======  ==========  =====
verb          when                            balance  held     counter     group
============  ==============================  =======  =======  ==========  =====
``credit``    value in, or a deficit repaid     +q               issued
``debit``     value out, or a deficit made      -q               redeemed
``hold``      units claimed                              +q      none        yes
``extend``    one per open hold                                  none        yes
``capture``   claimed units made final          -q       -q      redeemed    yes
``release``   claimed units given back                   -q      none        yes
``expire``    claimed units ended by the clock           -q      none        yes
``restore``   captured units back               +q               redeemed    yes
``lapse``     free units of a lot lapsed        -q               breakage
``transfer``  one per side and lot              ∓q               moved
``adjust``    counted difference                ±q               corrected
``floor``     a new floor                                        none
============  ==============================  =======  =======  ==========  =====

With lots there is one effect per lot touched and the lot's ``remaining`` and
``held`` change by the same figures; an effect without a lot changes the
deficit by minus its balance (``extend`` touches no lot and changes nothing).
Entries carry key and cause of the command that made them; a sweep's carry
``sweep`` as both.

The clock decides, not the sweep: a verb that finds too little on an account
without lots, or touches one with lots, first books its due holds (``expire``
under its own key), and then judges. `must_end_due` says when.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.ledger.errors import NotAsExpected, Short, Shortage
from omnicommerce.ledger.holding import (
    capture,
    expire,
    extend,
    group_exists,
    hold,
    lapse,
    release,
    require_expiry,
    require_group,
    restore,
    sweeping,
)
from omnicommerce.ledger.lots import choose_lots, lot_order
from omnicommerce.ledger.model import (
    Account,
    AccountKey,
    Beyond,
    Command,
    Counter,
    Demand,
    Lot,
    LotTerms,
    Verb,
)
from omnicommerce.ledger.plan import Draft, Effect, Plan, View
from omnicommerce.ledger.requests import (
    Answered,
    answer_from_json,
    answer_to_json,
    fingerprint,
    require_change,
    require_counted,
    require_floor,
    sum_demands,
)
from omnicommerce.ledger.standing import available_units, must_end_due, short_of, standing

__all__ = [
    "Answered",
    "Effect",
    "Plan",
    "View",
    "adjust",
    "answer_from_json",
    "answer_to_json",
    "available_units",
    "capture",
    "choose_lots",
    "count",
    "credit",
    "debit",
    "expire",
    "extend",
    "fingerprint",
    "group_exists",
    "hold",
    "lapse",
    "lot_order",
    "must_end_due",
    "release",
    "require_change",
    "require_counted",
    "require_expiry",
    "require_floor",
    "require_group",
    "restore",
    "set_floor",
    "short_of",
    "standing",
    "sum_demands",
    "sweeping",
    "transfer",
]


def credit(view: View, quantity: int, *, by: Command, terms: LotTerms | None = None) -> Plan:
    """Put value in; what is active at once repays a deficit first.

    A pending lot keeps its whole value, so that what it may still lose while
    pending never touched anything else; once active it counts against the
    deficit in what is available.

    Raises:
        InvalidValue: The account has lots and no terms were given, or the reverse.
    """
    key = view.account.key
    draft = _opened(view, lotted=terms is not None, at=by.at)
    if terms is None:
        draft.post(_credited(Verb.CREDIT, key, quantity))
    else:
        _issue(draft, Verb.CREDIT, key, quantity, terms, f"{by.key}#1")
    return draft.plan([Demand(key, quantity)])


def _opened(view: View, *, lotted: bool, at: datetime) -> Draft:
    """Start a draft with the account made to exist, of the right kind."""
    account = view.account
    if account.lotted is not None and account.lotted is not lotted:
        found = "has lots: say the terms" if account.lotted else "has no lots: give no terms"
        raise InvalidValue("account", f"{account.key} {found}")
    draft = Draft([view], at)
    draft.put(attrs.evolve(account, lotted=lotted))
    return draft


def _credited(verb: Verb, key: AccountKey, quantity: int, lot_id: str | None = None) -> Effect:
    counter = Counter.MOVED if verb is Verb.TRANSFER else Counter.ISSUED
    return Effect(account=key, verb=verb, balance_change=quantity, counter=counter, lot_id=lot_id)


def _issue(
    draft: Draft, verb: Verb, key: AccountKey, quantity: int, terms: LotTerms, lot_id: str
) -> bool:
    """Repay a deficit, make a lot of what is left, and tell whether there was any."""
    lot = Lot(
        lot_id=lot_id,
        account=key,
        origin=terms.origin,
        issued=0,
        remaining=0,
        activates_at=terms.activates_at,
        expires_at=terms.expires_at,
    )
    repaid = min(quantity, draft.account(key).deficit) if lot.is_active(draft.at) else 0
    if repaid:
        draft.post(_credited(verb, key, repaid))
    if quantity > repaid:
        draft.add_lot(attrs.evolve(lot, issued=quantity - repaid))
        draft.post(_credited(verb, key, quantity - repaid, lot_id))
    return quantity > repaid


def debit(
    view: View,
    quantity: int,
    *,
    by: Command,
    beyond: Beyond = Beyond.REFUSE,
    origin: str | None = None,
) -> Plan:
    """Take value out; with ``beyond`` a deficit, an unknown account begins to exist.

    It begins with lots if an ``origin`` is given. What lies in lots of that
    origin is taken back whatever the deficit; the other lots give only what is
    available.

    Raises:
        Shortage: Less is available and ``beyond`` is ``REFUSE``.
    """
    key = view.account.key
    draft = Draft([view], by.at)
    draft.end_due([key])
    account = draft.account(key)
    if account.lotted is None and beyond is Beyond.DEFICIT:
        account = attrs.evolve(account, lotted=origin is not None)
        draft.put(account)
    if not account.lotted:
        return _take(draft, account, -quantity, Verb.DEBIT, beyond)
    picks, missing = _picks(draft, account, quantity, origin)
    if missing and beyond is Beyond.REFUSE:
        short = short_of(account, draft.lots(key), quantity, by.at)
        raise Shortage(attrs.evolve(short, available=quantity - missing))
    for lot_id, taken in picks:
        draft.post(_debited(key, taken, lot_id))
    owed = [Demand(key, missing)] if missing else []
    if missing:
        draft.post(_debited(key, missing, None))
    return draft.plan([Demand(key, quantity)], owed)


def _debited(key: AccountKey, quantity: int, lot_id: str | None) -> Effect:
    return Effect(
        account=key,
        verb=Verb.DEBIT,
        balance_change=-quantity,
        counter=Counter.REDEEMED,
        lot_id=lot_id,
    )


def _picks(
    draft: Draft, account: Account, quantity: int, origin: str | None
) -> tuple[tuple[tuple[str, int], ...], int]:
    """Choose lots for a debit, those of its origin first; also what was not found."""
    lots = [lot for lot in draft.lots(account.key) if not lot.is_lapsed(draft.at)]
    own, missing = choose_lots((lot for lot in lots if lot.origin == origin), quantity)
    others = [lot for lot in lots if lot.origin != origin and lot.is_active(draft.at)]
    spare = max(0, sum(lot.free for lot in others) - account.deficit)
    rest, _ = choose_lots(others, min(missing, spare))
    return own + rest, missing - sum(taken for _, taken in rest)


def _take(draft: Draft, account: Account, change: int, verb: Verb, beyond: Beyond) -> Plan:
    """Change the balance of an account without lots; what is taken must be available."""
    wanted = max(0, -change)
    missing = max(0, wanted - available_units(account, (), draft.at))
    if missing and beyond is Beyond.REFUSE:
        raise Shortage(short_of(account, (), wanted, draft.at))
    counter = Counter.REDEEMED if verb is Verb.DEBIT else Counter.CORRECTED
    draft.post(Effect(account=account.key, verb=verb, balance_change=change, counter=counter))
    owed = [Demand(account.key, missing)] if missing else []
    return draft.plan([Demand(account.key, abs(change))], owed)


def adjust(
    view: View,
    change: int,
    *,
    by: Command,
    beyond: Beyond = Beyond.REFUSE,
    least: int | None = None,
) -> Plan:
    """Correct the balance of an account without lots.

    Raises:
        Shortage: It would take more than is available, and ``beyond`` is ``REFUSE``;
            or more than is there above ``least``.
        InvalidValue: The account has lots.
    """
    key = view.account.key
    draft = _opened(_without_lots(view, "adjust"), lotted=False, at=by.at)
    if change < 0:
        draft.end_due([key])
    there = view.account.balance
    if change < 0 and least is not None and there + change < least:
        raise Shortage(Short(account=key, wanted=-change, available=max(0, there - least)))
    return _take(draft, draft.account(key), change, Verb.ADJUST, beyond)


def count(view: View, counted: int, *, by: Command, expected: int | None = None) -> Plan:
    """Make the balance of an account without lots what was counted.

    Raises:
        NotAsExpected: The balance is not ``expected``.
        InvalidValue: The account has lots.
    """
    stored = _without_lots(view, "count").account.balance
    if expected is not None and stored != expected:
        raise NotAsExpected(view.account.key, expected=expected, stored=stored)
    if counted != stored:
        return adjust(view, counted - stored, by=by, beyond=Beyond.DEFICIT)
    return _opened(view, lotted=False, at=by.at).plan()


def set_floor(view: View, floor: int, *, by: Command) -> Plan:
    """Change the units kept back from new holds of an account without lots.

    Raises:
        InvalidValue: The account has lots.
    """
    key = view.account.key
    draft = _opened(_without_lots(view, "set the floor of"), lotted=False, at=by.at)
    draft.put(attrs.evolve(draft.account(key), floor=floor))
    draft.post(Effect(account=key, verb=Verb.FLOOR))
    return draft.plan()


def _without_lots(view: View, verb: str) -> View:
    if view.account.lotted:
        raise InvalidValue("account", f"cannot {verb} {view.account.key}: it has lots")
    return view


def transfer(source: View, target: View, quantity: int, *, by: Command) -> Plan:
    """Move available value between accounts of one kind; lots keep origin and dates.

    What arrives repays a deficit there first.

    Raises:
        Shortage: The source has less available.
        InvalidValue: Source and target are one account or of two kinds, or only
            one of them has lots.
    """
    here, there = source.account.key, target.account.key
    _require_movable(source.account, target.account)
    draft = Draft([source, target], by.at)
    draft.end_due([here])
    account = draft.account(here)
    lots = draft.lots(here)
    if available_units(account, lots, by.at) < quantity:
        raise Shortage(short_of(account, lots, quantity, by.at))
    draft.put(attrs.evolve(draft.account(there), lotted=account.lotted))
    if account.lotted:
        _move_lots(draft, lots, there, quantity, by)
    else:
        draft.post(_credited(Verb.TRANSFER, here, -quantity))
        draft.post(_credited(Verb.TRANSFER, there, quantity))
    return draft.plan(sorted([Demand(here, quantity), Demand(there, quantity)], key=_account))


def _account(demand: Demand) -> AccountKey:
    return demand.account


def _require_movable(source: Account, target: Account) -> None:
    if source.key == target.key:
        raise InvalidValue("target", f"{target.key} is the source itself")
    if source.key.kind != target.key.kind:
        raise InvalidValue("target", f"{source.key.kind} cannot become {target.key.kind}")
    if None not in {source.lotted, target.lotted} and source.lotted is not target.lotted:
        raise InvalidValue("target", "only one of source and target has lots")


def _move_lots(
    draft: Draft, lots: Sequence[Lot], there: AccountKey, quantity: int, by: Command
) -> None:
    by_id = {lot.lot_id: lot for lot in lots}
    picks, _ = choose_lots((lot for lot in lots if lot.is_active(by.at)), quantity)
    turn = 1
    for lot_id, taken in picks:
        lot = by_id[lot_id]
        draft.post(_credited(Verb.TRANSFER, lot.account, -taken, lot_id))
        terms = LotTerms(
            origin=lot.origin, activates_at=lot.activates_at, expires_at=lot.expires_at
        )
        turn += _issue(draft, Verb.TRANSFER, there, taken, terms, f"{by.key}#{turn}")
