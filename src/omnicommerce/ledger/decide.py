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

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue, NotFound, Refused
from omnicommerce.kernel.ids import require_id
from omnicommerce.kernel.quantity import require_quantity
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.errors import HoldEnded, Short, Shortage
from omnicommerce.ledger.lots import Ending, Pick, choose_lots, end_units, lot_order
from omnicommerce.ledger.model import (
    Account,
    AccountKey,
    Beyond,
    Command,
    Counter,
    Demand,
    Entry,
    Hold,
    HoldPart,
    Lapsed,
    Lot,
    LotTerms,
    Standing,
    Verb,
)
from omnicommerce.ledger.ports import Moved

__all__ = [
    "Effect",
    "Plan",
    "View",
    "adjust",
    "capture",
    "credit",
    "debit",
    "expire",
    "extend",
    "group_exists",
    "hold",
    "lapse",
    "must_end_due",
    "release",
    "require_group",
    "restore",
    "set_floor",
    "standing",
    "sweeping",
    "transfer",
]

_SWEEP: Final = "sweep"


@attrs.frozen(kw_only=True)
class View:
    """What an adapter read of one account.

    Args:
        account: Its stored figures; those of an unknown account are empty.
        lots: Its lots, at least those with units remaining or touched by the
            holds at hand; none where it has none.
        due: Its open holds that are due at the instant of the command, oldest
            expiry first; needed where `must_end_due` says so and for `standing`.
    """

    account: Account
    lots: tuple[Lot, ...] = ()
    due: tuple[Hold, ...] = ()


@attrs.frozen(kw_only=True)
class Effect:
    """A journal entry before it has a sequence, a key, a cause and an instant."""

    account: AccountKey
    verb: Verb
    balance_change: int = 0
    held_change: int = 0
    counter: str = Counter.NONE
    group: str | None = None
    lot_id: str | None = None

    def entry(self, sequence: int, by: Command) -> Entry:
        """Return it as the journal entry of a command."""
        return Entry(
            sequence=sequence,
            account=self.account,
            verb=self.verb,
            balance_change=self.balance_change,
            held_change=self.held_change,
            counter=str(self.counter),
            key=by.key,
            cause=by.cause,
            at=by.at,
            group=self.group,
            lot_id=self.lot_id,
        )


@attrs.frozen(kw_only=True)
class Plan:
    """What a verb writes: whole rows as they become, journal effects, and its answer.

    ``accounts``, ``lots`` and ``holds`` list new and changed rows only. The
    effects alone say the same of accounts and lots as differences.
    """

    accounts: tuple[Account, ...] = ()
    lots: tuple[Lot, ...] = ()
    holds: tuple[Hold, ...] = ()
    effects: tuple[Effect, ...] = ()
    moved: Moved = Moved()


class _Draft:
    """A plan in the making: applies each effect to the figures that were read."""

    def __init__(self, views: Iterable[View], at: datetime) -> None:
        self.at = at
        self._read = {view.account.key: view for view in views}
        self._accounts: dict[AccountKey, Account] = {}
        self._lots: dict[str, Lot] = {lot.lot_id: lot for v in self._read.values() for lot in v.lots}
        self._touched: dict[str, None] = {}
        self._holds: dict[tuple[str, AccountKey], Hold] = {}
        self._effects: list[Effect] = []

    def account(self, key: AccountKey) -> Account:
        if key in self._accounts:
            return self._accounts[key]
        return self._read[key].account if key in self._read else Account(key=key)

    def lots(self, key: AccountKey) -> list[Lot]:
        return [lot for lot in self._lots.values() if lot.account == key]

    def lot(self, lot_id: str) -> Lot:
        return self._lots[lot_id]

    def put(self, account: Account) -> None:
        self._accounts[account.key] = account

    def put_hold(self, changed: Hold) -> None:
        self._holds[changed.group, changed.account] = changed

    def add_lot(self, lot: Lot) -> None:
        self._lots[lot.lot_id] = lot

    def post(self, effect: Effect) -> None:
        self._effects.append(effect)
        account = self.account(effect.account)
        deficit = account.deficit
        if effect.lot_id is not None:
            lot = self._lots[effect.lot_id]
            self._touched[effect.lot_id] = None
            self._lots[effect.lot_id] = attrs.evolve(
                lot,
                remaining=lot.remaining + effect.balance_change,
                held=lot.held + effect.held_change,
            )
        elif account.lotted:
            deficit -= effect.balance_change
        self._accounts[account.key] = attrs.evolve(
            account,
            balance=account.balance + effect.balance_change,
            held=account.held + effect.held_change,
            deficit=deficit,
        )

    def end_due(self, keys: Iterable[AccountKey]) -> None:
        """Book the due holds that were read of these accounts."""
        for key in keys:
            for due in self._read[key].due:
                self.end(due, due.open, "expired", Verb.EXPIRE)

    def end(self, ending: Hold, quantity: int, how: Ending, verb: Verb) -> None:
        """End claimed units of a hold."""
        changed, picks = end_units(ending, quantity, how)
        self.put_hold(changed)
        final = verb is Verb.CAPTURE
        for lot_id, taken in picks:
            self.post(
                Effect(
                    account=ending.account,
                    verb=verb,
                    balance_change=-taken if final else 0,
                    held_change=-taken,
                    counter=Counter.REDEEMED if final else Counter.NONE,
                    group=ending.group,
                    lot_id=lot_id,
                )
            )

    def plan(self, quantities: Iterable[Demand] = (), beyond: Iterable[Demand] = ()) -> Plan:
        return Plan(
            accounts=tuple(self._accounts[key] for key in sorted(self._accounts)),
            lots=tuple(self._lots[lot_id] for lot_id in self._touched),
            holds=tuple(self._holds.values()),
            effects=tuple(self._effects),
            moved=Moved(quantities=tuple(quantities), beyond=tuple(beyond)),
        )
