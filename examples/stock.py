"""A day in the stock room: a delivery, a transfer that arrives short, a count, and a complaint.

A customer was told that nothing was left. The journal says why, as of that very minute.

Run it: ``python -m examples.stock``
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from omnicommerce import Location, LocationId, ManualClock
from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.i18n import explain_trace, render
from omnicommerce.inventory.feed import StockCount
from omnicommerce.inventory.model import stock_account
from omnicommerce.inventory.service import Inventory
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import Command, Demand

DRESS: Final = "DRESS-M"
MORNING: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
PLACES: Final = {
    name: Location(location_id=LocationId(name), name=name) for name in ("depot", "sol")
}
NAMES: Final = {"sku": {DRESS: "dress Alba"}, "location": {"sol": "Sol", "depot": "the depot"}}


def hold(store: MemoryStore, order: str, units: int, at: datetime) -> None:
    """Set dresses aside for a quarter of an hour, as placing an order does."""
    demand = Demand(stock_account(DRESS, "sol"), units)
    by = Command(f"{order}:hold", order, at)
    until = at + timedelta(minutes=15)
    store.run(lambda unit: unit.ledger.hold(order, [demand], expires_at=until, by=by))


def main() -> None:
    """Book the day, then ask about it."""
    store, clock = MemoryStore(), ManualClock(MORNING)
    inventory = Inventory(store, clock, PLACES)
    inventory.receive(DRESS, "depot", 20, document="note-7", key="receipt-1")
    sent = inventory.transfers.ship("T-1", {DRESS: 6}, source="depot", target="sol")
    print(f"{sent.lines[0].in_transit} dresses are on their way to Sol")

    clock.advance(timedelta(hours=1))
    inventory.transfers.receive("T-1", {DRESS: 5}, key="gate-1")
    done = inventory.transfers.lose("T-1", reason="damaged", key="gate-2").lines[0]
    print(f"Shipped {done.shipped}: {done.received} arrived, {done.lost} damaged on the way")

    inventory.keep_back(DRESS, "sol", 1, key="keep-1")
    hold(store, "order-clara", 4, clock.now())
    complaint = clock.now()
    try:
        hold(store, "order-marta", 1, complaint)
    except Shortage as refused:
        print(f"Marta: {render(refused.reasons[0], locale='en', names=NAMES)}")

    clock.advance(timedelta(hours=2))
    counted = StockCount(sku=DRESS, location_id="sol", counted=4, at=complaint)
    row = inventory.reconcile([counted], key="file-1").rows[0]
    print(render(row.reason, locale="en-GB", names=NAMES))
    assert inventory.reconcile([counted], key="file-1").rows[0].on_hand == row.on_hand == 4

    why = inventory.refusal(DRESS, "sol", 1, at=complaint)
    assert why is not None
    print(render(why, locale="en", names=NAMES))
    print(render(why, locale="es", names=NAMES))
    now = inventory.explain(DRESS, "sol")
    print(explain_trace(now, locale="en", names=NAMES))
    assert inventory.available(DRESS, "sol").available == 3


if __name__ == "__main__":
    main()
