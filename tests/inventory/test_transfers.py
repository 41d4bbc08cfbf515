"""Transfers: what leaves, what is on its way, what arrives, what is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.inventory.model import Location
from omnicommerce.inventory.transfers import Transfers
from omnicommerce.inventory.transit import TransferLine, TransferState
from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound, OmnicommerceError
from omnicommerce.kernel.ids import LocationId
from omnicommerce.ledger.errors import HoldEnded, Shortage
from tests.inventory.stock_room import PLACES, SHIRT, StockRoom, stock_room

SCARF = "SCARF"


def figures(room: StockRoom, transfer_id: str = "T-1") -> list[tuple[str, int, int, int, int, int]]:
    """Return the lines of a transfer as rows."""
    return [
        (line.sku, line.shipped, line.in_transit, line.received, line.lost, line.returned)
        for line in room.inventory.transfers.get(transfer_id).lines
    ]


def test_a_transfer_from_door_to_door(database_url: str) -> None:
    """What left is on hand nowhere, can be sold nowhere, and arrives in parts, once each (I22)."""
    with stock_room(database_url) as room:
        inventory, transfers = room.inventory, room.inventory.transfers
        inventory.receive_delivery({SHIRT: 10, SCARF: 4}, "depot", key="in")
        for _ in range(2):
            sent = transfers.ship("T-1", {SHIRT: 6, SCARF: 4}, source="depot", target="sol")
            assert (sent.source, sent.target, sent.state) == ("depot", "sol", "in_transit")
        assert (room.on_hand("depot"), room.on_hand("sol")) == (4, 0)
        assert transfers.on_the_way(SHIRT, "sol") == {"depot": 6}
        for _ in range(2):
            transfers.receive("T-1", {SHIRT: 4}, key="r-1")
        assert (room.on_hand("depot"), room.on_hand("sol")) == (4, 4)
        for _ in range(2):
            transfers.lose("T-1", {SHIRT: 1}, reason="damaged", key="l-1")
        assert figures(room) == [(SCARF, 4, 4, 0, 0, 0), (SHIRT, 6, 1, 4, 1, 0)]
        for _ in range(2):
            assert transfers.receive("T-1", key="r-2").state is TransferState.RECEIVED
        assert figures(room) == [(SCARF, 4, 0, 4, 0, 0), (SHIRT, 6, 0, 5, 1, 0)]
        assert room.on_hand("sol") == 5
        assert transfers.on_the_way(SHIRT, "sol") == {}
        assert room.is_clean()


def test_a_cancelled_transfer_goes_back(database_url: str) -> None:
    """What is still on its way is at its source again; what arrived stays (I22)."""
    with stock_room(database_url) as room:
        transfers = room.inventory.transfers
        room.inventory.receive(SHIRT, "depot", 5, key="in")
        transfers.ship("T-1", {SHIRT: 5}, source="depot", target="sol")
        transfers.receive("T-1", {SHIRT: 2}, key="r-1")
        for key in ("c-1", "c-1", "c-2"):
            assert transfers.cancel("T-1", key=key).state is TransferState.CANCELLED
        assert figures(room) == [(SHIRT, 5, 0, 2, 0, 3)]
        assert (room.on_hand("depot"), room.on_hand("sol")) == (3, 2)
        with pytest.raises(HoldEnded):
            transfers.receive("T-1", {SHIRT: 1}, key="r-2")
        assert room.is_clean()


def test_only_what_is_available_leaves(database_url: str) -> None:
    """Promised units and safety stock stay, and a refused transfer leaves nothing behind (I1)."""
    with stock_room(database_url) as room:
        transfers = room.inventory.transfers
        room.inventory.receive_delivery({SHIRT: 5, SCARF: 5}, "sol", key="in")
        room.inventory.keep_back(SHIRT, "sol", 1, key="keep")
        room.hold("order-1", 2, 30)
        with pytest.raises(Shortage) as refused:
            transfers.ship("T-1", {SCARF: 5, SHIRT: 3}, source="sol", target="depot")
        assert refused.value.shortages[0].available == 2
        with pytest.raises(NotFound):
            transfers.get("T-1")
        assert room.inventory.available(SCARF, "sol").on_hand == 5
        transfers.ship("T-1", {SHIRT: 2}, source="sol", target="depot")
        with pytest.raises(KeyReused):
            transfers.ship("T-1", {SHIRT: 1}, source="sol", target="depot")


def test_rivals_at_the_gate_receive_each_unit_once(database_url: str) -> None:
    """Four scan two of five at once: two of them are right (I5, I22)."""
    with stock_room(database_url) as room:
        transfers = room.inventory.transfers
        room.inventory.receive(SHIRT, "depot", 5, key="in")
        transfers.ship("T-1", {SHIRT: 5}, source="depot", target="sol")

        def scan(number: int) -> bool:
            try:
                transfers.receive("T-1", {SHIRT: 2}, key=f"gate-{number}")
            except HoldEnded:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(scan, range(4))) == [False, False, True, True]
        assert figures(room) == [(SHIRT, 5, 1, 4, 0, 0)]
        assert room.on_hand("sol") == 4
        assert room.is_clean()


def test_impossible_transfers_name_what_is_wrong() -> None:
    """Places, quantities and reasons are checked at the door."""
    with stock_room() as room:
        transfers = room.inventory.transfers
        room.inventory.receive(SHIRT, "sol", 5, key="in")
        with pytest.raises(NotFound, match="moon"):
            transfers.ship("T-1", {SHIRT: 1}, source="sol", target="moon")
        with pytest.raises(InvalidValue, match="source itself"):
            transfers.ship("T-1", {SHIRT: 1}, source="sol", target="sol")
        with pytest.raises(InvalidValue, match="at least one SKU"):
            transfers.ship("T-1", {}, source="sol", target="depot")
        with pytest.raises(InvalidValue, match=f"quantities.{SHIRT}"):
            transfers.ship("T-1", {SHIRT: 0}, source="sol", target="depot")
        transfers.ship("T-1", {SHIRT: 1}, source="sol", target="depot")
        with pytest.raises(InvalidValue, match="SCARF was not shipped"):
            transfers.receive("T-1", {SCARF: 1}, key="r-1")
        with pytest.raises(InvalidValue, match="reason"):
            transfers.lose("T-1", reason="found", key="l-1")
        arrow = LocationId("a > b")
        odd = {**PLACES, arrow: Location(location_id=arrow, name="odd")}
        with pytest.raises(InvalidValue, match="may not contain"):
            Transfers(room.store, room.clock, odd).ship(
                "T-2", {SHIRT: 1}, source="sol", target=arrow
            )


_steps = st.lists(
    st.tuples(
        st.sampled_from(["ship", "receive", "receive_all", "lose", "cancel"]),
        st.sampled_from(["T-1", "T-2"]),
        st.integers(1, 4),
    ),
    max_size=10,
)


def _step(transfers: Transfers, what: str, name: str, units: int, key: str) -> Any:
    match what:
        case "ship":
            ends = ("depot", "sol") if name == "T-1" else ("sol", "depot")
            return transfers.ship(name, {SHIRT: units}, source=ends[0], target=ends[1])
        case "receive":
            return transfers.receive(name, {SHIRT: units}, key=key)
        case "receive_all":
            return transfers.receive(name, key=key)
        case "lose":
            return transfers.lose(name, {SHIRT: units}, key=key)
        case _:
            return transfers.cancel(name, key=key)


@given(steps=_steps)
def test_transfers_conserve(steps: list[tuple[str, str, int]]) -> None:
    """On hand, on the way and lost always sum to what there was; each step counts once (I22)."""
    with stock_room() as room:
        room.inventory.receive(SHIRT, "depot", 5, key="in")
        for number, (what, name, units) in enumerate(steps):
            for _ in range(2):
                try:
                    _step(room.inventory.transfers, what, name, units, f"k-{number}")
                except OmnicommerceError:
                    continue
            lines: list[TransferLine] = []
            for known in ("T-1", "T-2"):
                try:
                    lines += room.inventory.transfers.get(known).lines
                except NotFound:
                    continue
            on_hand = [room.on_hand(place) for place in ("depot", "sol")]
            parts = [(li.in_transit, li.received, li.lost, li.returned) for li in lines]
            assert min([*on_hand, *(part for row in parts for part in row)]) >= 0
            assert [sum(row) for row in parts] == [line.shipped for line in lines]
            assert sum(on_hand) + sum(li.in_transit + li.lost for li in lines) == 5
        assert room.is_clean()
