"""Stock that is low, out, back or enough again: one event for each crossing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.cli.demo_shop import DRESS
from omnicommerce.commerce import Commerce
from omnicommerce.inventory.levels import LowStock, StockThresholds
from omnicommerce.inventory.service import Inventory
from omnicommerce.inventory.watching import WatchedStock
from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import InvalidValue, OmnicommerceError
from omnicommerce.kernel.ids import SequentialIds
from tests.inventory.stock_room import SHIRT, StockRoom, stock_room
from tests.shops import open_shop

FIVE = StockThresholds([LowStock(threshold=5)])


@contextmanager
def watched_room(
    url: str = "memory:", thresholds: StockThresholds = FIVE
) -> Iterator[tuple[StockRoom, WatchedStock]]:
    """Open a stock room whose store is watched."""
    with stock_room(url) as room:
        watched = WatchedStock(room.store, room.clock, SequentialIds(), thresholds)
        inventory = Inventory(watched, room.clock, room.inventory.locations)
        yield attrs.evolve(room, store=watched, inventory=inventory), watched


def told(room: StockRoom) -> list[tuple[str, str, int]]:
    """Return what the outbox has to tell: kind, place and what is available."""
    at = room.clock.now()

    def lease(unit: Any) -> Any:
        return unit.deliveries.lease("t", at=at, until=at + timedelta(days=9), limit=99)

    leased = room.store.run(lease)
    rows = [(one.kind, json.loads(one.data)) for one in leased if one.kind.startswith("stock.")]
    return [(kind, data["location_id"], data["available"]) for kind, data in rows]


def test_each_crossing_is_told_once(database_url: str) -> None:
    """An order's hold counts like any movement; a repeated command tells nothing again (I49)."""
    with watched_room(database_url) as (room, _):
        room.inventory.receive(SHIRT, "sol", 8, key="in")
        for _ in range(2):
            room.inventory.adjust(SHIRT, "sol", -3, reason="damaged", key="a-1")
        room.inventory.adjust(SHIRT, "sol", -1, reason="damaged", key="a-2")
        room.hold("order-1", 4, 30)
        room.inventory.receive(SHIRT, "sol", 2, key="in-2")
        room.end("release", "order-1")
        room.inventory.keep_back(SHIRT, "sol", 6, key="keep")
        assert told(room) == [
            ("stock.low", "sol", 5),
            ("stock.out", "sol", 0),
            ("stock.back", "sol", 2),
            ("stock.recovered", "sol", 6),
            ("stock.out", "sol", 0),
        ]
        assert room.is_clean()


def test_what_is_not_kept_is_not_told(database_url: str) -> None:
    """A refused movement leaves no event (I49)."""
    with watched_room(database_url) as (room, _):
        room.inventory.receive(SHIRT, "sol", 8, key="in")
        with suppress(OmnicommerceError):
            room.inventory.adjust(SHIRT, "sol", -9, reason="stolen", key="a-1")
        room.inventory.transfers.ship("T-1", {SHIRT: 1}, source="sol", target="depot")
        assert told(room) == []


def test_claims_that_the_clock_ended_are_found_by_looking(database_url: str) -> None:
    """Nothing moved, and yet something is available again: told once however often one looks."""
    with watched_room(database_url) as (room, watched):
        room.inventory.receive(SHIRT, "sol", 8, key="in")
        room.hold("order-1", 8, 10)
        room.clock.advance(timedelta(minutes=10))
        for _ in range(2):
            watched.look([(SHIRT, "sol"), (SHIRT, "sants")])
        assert told(room) == [
            ("stock.out", "sol", 0),
            ("stock.out", "sants", 0),
            ("stock.back", "sol", 8),
        ]


def test_an_order_of_a_watched_shop_tells(database_url: str) -> None:
    """The store of a whole shop is watched: placing an order takes the last one (I49)."""
    with open_shop(database_url) as shop:
        watched = WatchedStock(shop.commerce.store, shop.clock, SequentialIds())
        commerce = Commerce(
            watched,
            shop.commerce.shop.configuration,
            gateway=shop.gateway,
            sender=shop.mailbox,
            clock=shop.clock,
            ids=shop.commerce.ids,
        )
        own = attrs.evolve(shop, commerce=commerce)
        own.stock(dress=1)
        order = own.place(own.customer(), DRESS)
        assert own.available(DRESS) == 0
        commerce.checkout.cancel(order.order_id, cause="changed their mind")
        room = StockRoom(watched, shop.clock, commerce.inventory)
        assert [row[0] for row in told(room)] == ["stock.out", "stock.back"]


def test_rivals_for_the_last_units_cross_once(database_url: str) -> None:
    """Six customers at once: one event says low, one says out (I49)."""
    with watched_room(database_url, StockThresholds([LowStock(threshold=2)])) as (room, _):
        room.inventory.receive(SHIRT, "sol", 6, key="in")
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda number: room.hold(f"order-{number}", 1, 30), range(6)))
        assert told(room) == [("stock.low", "sol", 2), ("stock.out", "sol", 0)]


def test_the_most_particular_threshold_counts() -> None:
    """SKU and place, then SKU, then place, then everything; as a document, too."""
    thresholds = StockThresholds(
        [
            LowStock(threshold=1),
            LowStock(threshold=2, location_id="sol"),
            LowStock(threshold=3, sku=SHIRT),
            LowStock(threshold=4, sku=SHIRT, location_id="sol"),
        ]
    )
    assert load(StockThresholds, dump(thresholds)) == thresholds
    places = [(SHIRT, "sol"), (SHIRT, "depot"), ("SCARF", "sol"), ("SCARF", "depot")]
    assert [thresholds.of(*place) for place in places] == [4, 3, 2, 1]
    assert StockThresholds().of(SHIRT, "sol") is None
    with pytest.raises(InvalidValue, match=r"rules\[1\]"):
        StockThresholds([LowStock(threshold=1), LowStock(threshold=2)])
    with pytest.raises(InvalidValue, match="threshold"):
        LowStock(threshold=0)


_changes = st.lists(st.integers(-6, 6).filter(bool), max_size=12)


@given(changes=_changes)
def test_events_tell_every_crossing_and_nothing_else(changes: list[int]) -> None:
    """Whoever hears all events knows the level, and hears none that changes nothing (I49)."""
    with watched_room() as (room, _):
        expected, level, units = [], "enough", 0
        for number, change in enumerate(changes):
            if units + change < 0:
                continue
            units += change
            room.inventory.adjust(SHIRT, "sol", change, reason="correction", key=f"a-{number}")
            before, level = level, "out" if not units else "low" if units <= 5 else "enough"
            if level != before:
                kind = {"out": "out", "low": "low", "enough": "recovered"}[level]
                kind = "back" if before == "out" else kind
                expected.append((f"stock.{kind}", "sol", units))
        assert told(room) == expected
