"""What is read before a decision and what is written after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from omnicommerce.ledger.lots import Ending, end_units
from omnicommerce.ledger.model import (
    Account,
    AccountKey,
    Command,
    Counter,
    Demand,
    Entry,
    Hold,
    Lot,
    Moved,
    Verb,
)

__all__ = ["Draft", "Effect", "Plan", "View"]


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
    moved: Moved = attrs.field(factory=Moved)

    def without_accounts(self) -> Plan:
        """Return it with no account rows, for verbs that change none."""
        return attrs.evolve(self, accounts=())


class Draft:
    """A plan in the making: applies each effect to the figures that were read."""

    def __init__(self, views: Iterable[View], at: datetime) -> None:
        self.at = at
        self._read = {view.account.key: view for view in views}
        self._accounts: dict[AccountKey, Account] = {}
        lots = (lot for view in self._read.values() for lot in view.lots)
        self._lots: dict[str, Lot] = {lot.lot_id: lot for lot in lots}
        self._touched: dict[str, None] = {}
        self._holds: dict[tuple[str, AccountKey], Hold] = {}
        self._effects: list[Effect] = []

    def account(self, key: AccountKey) -> Account:
        """Return an account's figures as they are by now."""
        if key in self._accounts:
            return self._accounts[key]
        return self._read[key].account if key in self._read else Account(key=key)

    def lots(self, key: AccountKey) -> list[Lot]:
        """Return an account's lots as they are by now."""
        return [lot for lot in self._lots.values() if lot.account == key]

    def lot(self, lot_id: str) -> Lot:
        """Return one lot as it is by now."""
        return self._lots[lot_id]

    def put(self, account: Account) -> None:
        """Write figures that no effect tells: a floor, or that the account exists."""
        self._accounts[account.key] = account

    def put_hold(self, changed: Hold) -> None:
        """Write a new or changed hold."""
        self._holds[changed.group, changed.account] = changed

    def add_lot(self, lot: Lot) -> None:
        """Write a new lot, with nothing remaining until an effect says so."""
        self._lots[lot.lot_id] = lot

    def post(self, effect: Effect) -> None:
        """Journal an effect, and apply it to its account and lot."""
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
        """Return everything written so far, with the answer."""
        return Plan(
            accounts=tuple(self._accounts[key] for key in sorted(self._accounts)),
            lots=tuple(self._lots[lot_id] for lot_id in self._touched),
            holds=tuple(self._holds.values()),
            effects=tuple(self._effects),
            moved=Moved(quantities=tuple(quantities), beyond=tuple(beyond)),
        )
