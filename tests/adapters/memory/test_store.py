"""The memory store's tables and repositories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.adapters.memory import MemoryStore, MemoryUnit
from omnicommerce.adapters.memory.table import Table, UndoLog
from omnicommerce.cart.model import Cart, CartStatus, HandOver
from omnicommerce.cart.operations import AddUnits, Operation, Selection
from omnicommerce.customers.model import Customer
from omnicommerce.fulfilment.model import Pickup, PickupStatus
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import Conflict, NotFound, StaleVersion
from omnicommerce.kernel.events import Event
from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, LocationId, OrderId, Sku
from omnicommerce.testing.ledger_requests import BEGINNING

T = TypeVar("T")

CLARA = Customer(customer_id=CustomerId("customer_1"), name="Clara", email="clara@example.org")
CART = Cart(
    cart_id=CartId("cart_1"),
    owner="customer:1",
    currency=Currency.of("EUR"),
    channel=ChannelId("web"),
    started_at=BEGINNING,
    expires_at=BEGINNING + timedelta(days=9),
)
PICKUP = Pickup(
    pickup_id="pickup_1",
    order_id=OrderId("order_1"),
    location_id=LocationId("madrid"),
    customer_id=None,
    slot=None,
    ready_by=BEGINNING,
    collect_until=BEGINNING + timedelta(days=1),
    lines=(),
    status=PickupStatus.REQUESTED,
)


def _operation(sequence: int, device: str = "phone") -> Operation:
    change = AddUnits(Selection(Sku("DRESS")))
    return Operation(device=device, sequence=sequence, actor="clara", at=BEGINNING, change=change)


def _run(store: MemoryStore, work: Callable[[MemoryUnit], T]) -> T:
    return store.run(work)


def _saved(store: MemoryStore, *aggregates: Any) -> None:
    def work(unit: MemoryUnit) -> None:
        for aggregate in aggregates:
            repository: Any = {
                Customer: unit.customers,
                Cart: unit.carts,
                Pickup: unit.pickups,
            }[type(aggregate)]
            repository.add(aggregate)

    store.run(work)


class TestTable:
    """A table takes back what was not committed, indexes included."""

    @given(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12),
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12),
    )
    def test_rollback_is_exact(
        self, kept: list[tuple[int, int]], undone: list[tuple[int, int]]
    ) -> None:
        """Rows and indexes are as at the last commit."""
        log = UndoLog()
        table: Table[int, int] = Table("t", log, value=lambda value: value or None)
        for key, value in kept:
            table.put(key, value)
        log.commit()
        before = table.as_mapping()
        for key, value in undone:
            table.put(key, value)
        log.rollback()
        assert table.as_mapping() == before
        for value in (1, 2, 3):
            expected = [there for there in before.values() if there == value]
            assert table.find("value", value) == expected


class TestVersions:
    """Of two who read the same version, one saves."""

    def test_second_save_of_a_version_is_stale(self) -> None:
        """A version is saved over once."""
        store = MemoryStore()
        _saved(store, CLARA)
        renamed = attrs.evolve(CLARA, name="Clara M.")
        saved = _run(store, lambda unit: unit.customers.save(renamed))
        assert saved.version == 1
        with pytest.raises(StaleVersion):
            _run(store, lambda unit: unit.customers.save(CLARA))
        assert _run(store, lambda unit: unit.customers.get(CLARA.customer_id)) == saved

    def test_identity_and_unique_keys_are_taken_once(self) -> None:
        """Neither a second identity nor a second e-mail address is accepted."""
        store = MemoryStore()
        other = attrs.evolve(CLARA, customer_id=CustomerId("customer_2"))
        _saved(store, CLARA)
        for again in (CLARA, other):
            with pytest.raises(Conflict):
                _saved(store, again)
        _saved(store, attrs.evolve(other, email="other@example.org"))
        with pytest.raises(Conflict):
            _run(store, lambda unit: unit.customers.save(other))

    def test_unknown_identity(self) -> None:
        """What was never kept cannot be read or saved."""
        with pytest.raises(NotFound):
            _run(MemoryStore(), lambda unit: unit.customers.get(CLARA.customer_id))
        with pytest.raises(NotFound):
            _run(MemoryStore(), lambda unit: unit.customers.save(CLARA))


class TestCarts:
    """Headers change by version, logs only grow."""

    def test_operations_are_appended_without_a_new_version(self) -> None:
        """Two devices append; nobody's header becomes stale."""
        store = MemoryStore()
        _saved(store, CART)
        for device in ("phone", "till"):
            by = _operation(1, device)
            _run(store, lambda unit, by=by: unit.carts.append(CART.cart_id, [by]))  # type: ignore[misc]  # the loop's own value
        found = _run(store, lambda unit: unit.carts.get(CART.cart_id))
        assert [operation.device for operation in found.operations] == ["phone", "till"]
        assert found.version == 0

    def test_taken_sequence_appends_nothing(self) -> None:
        """An operation that is there already takes the others of its call back too."""
        store = MemoryStore()
        _saved(store, CART)
        _run(store, lambda unit: unit.carts.append(CART.cart_id, [_operation(1)]))
        with pytest.raises(Conflict):
            _run(
                store,
                lambda unit: unit.carts.append(CART.cart_id, [_operation(2), _operation(1)]),
            )
        assert len(_run(store, lambda unit: unit.carts.get(CART.cart_id)).operations) == 1

    def test_closing_needs_the_whole_log(self) -> None:
        """A cart closes only for somebody who read its last operation, and takes none after."""
        store = MemoryStore()
        _saved(store, CART)
        _run(store, lambda unit: unit.carts.append(CART.cart_id, [_operation(1)]))
        with pytest.raises(StaleVersion):
            _run(store, lambda unit: unit.carts.save(attrs.evolve(CART, status=CartStatus.ORDERED)))
        whole = _run(store, lambda unit: unit.carts.get(CART.cart_id))
        ordered = attrs.evolve(whole, status=CartStatus.ORDERED)
        assert _run(store, lambda unit: unit.carts.save(ordered)).operations == whole.operations
        with pytest.raises(Conflict):
            _run(store, lambda unit: unit.carts.append(CART.cart_id, [_operation(2)]))
        assert _run(store, lambda unit: unit.carts.find_open(CART.owner)) == ()

    def test_open_carts_are_found(self) -> None:
        """By owner, newest start first; and by the hash of the current hand-over code."""
        store = MemoryStore()
        newer = attrs.evolve(
            CART,
            cart_id=CartId("cart_2"),
            started_at=BEGINNING + timedelta(hours=1),
            hand_over=HandOver("hash", BEGINNING + timedelta(hours=2)),
        )
        _saved(store, CART, newer)
        assert _run(store, lambda unit: unit.carts.find_open(CART.owner)) == (newer, CART)
        assert _run(store, lambda unit: unit.carts.find_by_hand_over("hash")) == (newer,)
        assert _run(store, lambda unit: unit.carts.find_by_hand_over("other")) == ()


class TestPickups:
    """What stores ask for."""

    def test_open_and_overdue(self) -> None:
        """Open ones by when they must be ready; overdue ones only once they were ready."""
        store = MemoryStore()
        ready = attrs.evolve(
            PICKUP,
            pickup_id="pickup_2",
            status=PickupStatus.READY,
            ready_by=BEGINNING - timedelta(hours=1),
        )
        done = attrs.evolve(PICKUP, pickup_id="pickup_3", status=PickupStatus.COLLECTED)
        _saved(store, PICKUP, ready, done)
        end = PICKUP.collect_until
        assert _run(store, lambda u: u.pickups.open_at(PICKUP.location_id)) == (ready, PICKUP)
        assert _run(store, lambda u: u.pickups.overdue(end - timedelta(seconds=1))) == ()
        assert _run(store, lambda u: u.pickups.overdue(end)) == (ready,)
        assert _run(store, lambda u: u.pickups.of_order(PICKUP.order_id)) == (PICKUP, ready, done)


def test_events_are_kept_with_their_unit_of_work() -> None:
    """An event is in the outbox exactly when the rest of its unit of work was kept."""
    store = MemoryStore()
    events = [Event(event_id=f"event-{n}", subject="order_1", at=BEGINNING) for n in range(3)]
    _run(store, lambda unit: unit.outbox.add(events[0]))

    def fail(unit: MemoryUnit) -> None:
        unit.outbox.add(events[1])
        raise NotFound("order", "order_1")

    with pytest.raises(NotFound):
        _run(store, fail)
    _run(store, lambda unit: unit.outbox.add(events[2]))
    pending = _run(store, lambda unit: unit.outbox.pending())
    assert pending == ((1, events[0]), (2, events[2]))
