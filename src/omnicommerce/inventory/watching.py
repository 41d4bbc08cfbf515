"""A store whose stock is watched: levels that change become events of the same transaction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

import attrs

from omnicommerce.inventory.levels import (
    StockLevel,
    StockThresholds,
    event_of,
    level_account,
    level_before,
    level_of,
)
from omnicommerce.inventory.model import stock_account
from omnicommerce.inventory.transit import is_lane
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.events import Outbox
from omnicommerce.kernel.ids import IdFactory
from omnicommerce.ledger.model import AccountKey, Command, Moved
from omnicommerce.ledger.ports import Ledger

__all__ = ["WatchedStock", "WatchedStore", "WatchedStores"]

T = TypeVar("T")

_VERBS: Final = frozenset(
    {
        "adjust",
        "capture",
        "count",
        "credit",
        "debit",
        "hold",
        "release",
        "restore",
        "set_floor",
        "transfer",
    }
)
_ABOUT_ONE_ACCOUNT: Final = frozenset({"count", "set_floor"})


class WatchedStores(Protocol):
    """The part of a unit of work that watching uses."""

    @property
    @abstractmethod
    def ledger(self) -> Ledger:
        """The ledger of this unit of work."""

    @property
    @abstractmethod
    def outbox(self) -> Outbox:
        """The outbox of this unit of work."""


class WatchedStore(Protocol):
    """A store that can be watched, such as one that `open_store` returns."""

    @abstractmethod
    def run(self, work: Callable[[Any], T]) -> T:
        """Run one unit of work; see `omnicommerce.kernel.unit_of_work.Transactions`."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""


@attrs.frozen
class WatchedStock:
    """A store that tells of stock that is low, out, back or enough again.

    It takes the place of the store it watches, for a whole `Commerce` or for
    some services. Whatever moves stock, an order's hold or an adjustment, is
    judged at the end of its unit of work: each change of a level is one event
    in the outbox, kept exactly if the movement is.

    What a claim that the clock ended gives back is no movement: `look` finds it.
    Of stock that was never judged there was enough before.

    Args:
        store: Where units of work run.
        clock: Read once per unit of work.
        ids: Name the looks at levels.
        thresholds: From how few units on stock is low.
    """

    store: WatchedStore
    clock: Clock
    ids: IdFactory
    thresholds: StockThresholds = attrs.field(factory=StockThresholds)

    def run(self, work: Callable[[Any], T]) -> T:
        """Run one unit of work, and judge the stock it moved."""
        name, at = self.ids.new("level"), self.clock.now()

        def watched(unit: WatchedStores) -> T:
            ledger = _WatchedLedger(unit.ledger)
            answer = work(_WatchedUnit(unit, ledger))
            self._judge(unit, ledger.touched, name, at)
            return answer

        return self.store.run(watched)

    def look(self, places: Iterable[tuple[str, str]]) -> None:
        """Judge stock that did not move, by SKU and location: claims may have ended.

        A scheduler should call it every few minutes for what sells fast.
        """
        accounts = {stock_account(sku, location_id) for sku, location_id in places}
        name, at = self.ids.new("level"), self.clock.now()

        def work(unit: WatchedStores) -> None:
            for number, account in enumerate(sorted(accounts)):
                # Changes nothing: whoever else judges this account waits.
                by = Command(f"{name}:{number}:wait", "stock level", at)
                unit.ledger.set_floor(level_account(account), 0, by=by)
            self._judge(unit, accounts, name, at)

        self.store.run(work)

    def close(self) -> None:
        """Let go of files and connections."""
        self.store.close()

    def _judge(
        self, unit: WatchedStores, touched: Iterable[AccountKey], name: str, at: datetime
    ) -> None:
        accounts = sorted(touched)
        if not accounts:
            return
        known = [level_account(account) for account in accounts]
        standings = unit.ledger.standings([*accounts, *known], at=at)
        for number, account in enumerate(accounts):
            threshold = self.thresholds.of(account.subject, account.scope)
            level = level_of(standings[account].available, threshold)
            kept = level_account(account)
            if standings[kept].balance == level:
                continue
            by = Command(f"{name}:{number}", "stock level", at)
            moved = unit.ledger.count(kept, level.value, by=by).quantities
            if moved:
                before = level_before(level, moved[0].quantity)
                self._tell(unit, before, standings[account].available, account, by)

    def _tell(
        self,
        unit: WatchedStores,
        before: StockLevel,
        available: int,
        account: AccountKey,
        by: Command,
    ) -> None:
        threshold = self.thresholds.of(account.subject, account.scope)
        event = event_of(before, level_of(available, threshold))
        unit.outbox.add(
            event(
                event_id=by.key,
                subject=account.subject,
                at=by.at,
                location_id=account.scope,
                available=available,
                threshold=threshold,
            )
        )


class _WatchedUnit:
    """A unit of work with a ledger that remembers which stock it moved."""

    def __init__(self, unit: Any, ledger: _WatchedLedger) -> None:
        self._unit = unit
        self.ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)


class _WatchedLedger:
    """A ledger that remembers the stock accounts that its verbs touched."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.touched: set[AccountKey] = set()

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._ledger, name)
        return self._watched(name, verb) if name in _VERBS else verb

    def _watched(self, name: str, verb: Callable[..., Moved]) -> Callable[..., Moved]:
        def watched(*arguments: Any, **options: Any) -> Moved:
            moved = verb(*arguments, **options)
            found = {demand.account for demand in moved.quantities}
            if name in _ABOUT_ONE_ACCOUNT:
                found.add(arguments[0] if arguments else options["account"])
            self.touched |= {
                account for account in found if account.kind == "stock" and not is_lane(account)
            }
            return moved

        return watched
