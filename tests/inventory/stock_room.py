"""A stock room over any database, with holds as orders make them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from omnicommerce.inventory.causes import STOCK_REASONS, Direction
from omnicommerce.inventory.model import Location, stock_account
from omnicommerce.inventory.service import Inventory
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.ids import LocationId
from omnicommerce.ledger.audit import audit
from omnicommerce.ledger.model import Command, Demand
from tests.stores import ledger_stores

__all__ = ["NOON", "SHIRT", "StockRoom", "stock_room"]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHIRT = "SHIRT-M"
PLACES = {
    name: Location(location_id=LocationId(name), name=name.title())
    for name in ("depot", "sol", "sants")
}


@attrs.frozen
class StockRoom:
    """An inventory with its store and clock."""

    store: Any
    clock: ManualClock
    inventory: Inventory

    def hold(self, group: str, units: int, minutes: int | None, place: str = "sol") -> None:
        """Set shirts aside for an order."""
        at = self.clock.now()
        until = None if minutes is None else at + timedelta(minutes=minutes)
        by = Command(f"{group}:hold", group, at)
        demand = Demand(stock_account(SHIRT, place), units)
        self.store.run(lambda unit: unit.ledger.hold(group, [demand], expires_at=until, by=by))

    def end(self, verb: str, group: str) -> None:
        """Capture or release what was set aside for an order."""
        by = Command(f"{group}:{verb}", group, self.clock.now())
        self.store.run(lambda unit: getattr(unit.ledger, verb)(group, by=by))

    def on_hand(self, place: str = "sol") -> int:
        """Return how many shirts are on hand."""
        return self.inventory.available(SHIRT, place).on_hand

    def is_clean(self) -> bool:
        """Audit the books."""
        return bool(self.store.run(lambda unit: audit(unit.ledger.books())).is_clean)


@contextmanager
def stock_room(url: str = "memory:", **reasons: Direction) -> Iterator[StockRoom]:
    """Open an empty stock room of three places."""
    with ledger_stores(url) as opened:
        store, clock = opened(), ManualClock(NOON)
        inventory = Inventory(store, clock, PLACES, {**STOCK_REASONS, **reasons})
        yield StockRoom(store, clock, inventory)
