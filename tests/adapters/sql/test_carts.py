from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest

from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.adapters.sql import SqlStore
from omnicommerce.cart.model import Cart, CartStatus, HandOver
from omnicommerce.cart.operations import AddUnits, Note, Operation, Selection
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import Conflict, NotFound, StaleVersion
from omnicommerce.kernel.ids import CartId, ChannelId, Sku
from tests.concurrency.race import NOON, at_once

_CART = Cart(
    cart_id=CartId("cart_1"),
    owner="customer:clara",
    currency=Currency.of("EUR"),
    channel=ChannelId("web"),
    started_at=NOON,
    expires_at=NOON + timedelta(days=60),
)


def _operation(device: str, sequence: int = 1) -> Operation:
    dress = Selection(Sku("DRESS-M"), {"engraving": "ñ"}, ["wrapped"])
    return Operation(
        device=device, sequence=sequence, actor="customer:clara", at=NOON, change=AddUnits(dress, 2)
    )


@pytest.fixture(params=["memory", "sql"])
def store(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give a memory store, then an SQL store on each database."""
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = SqlStore.open(request.getfixturevalue("sqlite_url"), patience=timedelta(seconds=3))
    yield opened
    opened.close()


@pytest.fixture
def real_store(empty_url: str) -> Iterator[SqlStore]:
    """Give an SQL store on each kind of database."""
    opened = SqlStore.open(empty_url, patience=timedelta(seconds=3))
    yield opened
    opened.close()


def _append(store: Any, *operations: Operation) -> None:
    store.run(lambda unit: unit.carts.append(_CART.cart_id, operations))


def _get(store: Any) -> Cart:
    found: Cart = store.run(lambda unit: unit.carts.get(_CART.cart_id))
    return found


def test_a_cart_comes_back_with_its_log(real_store: SqlStore) -> None:
    """Header and operations are read as they were written, the log by device and sequence."""
    real_store.run(lambda unit: unit.carts.add(_CART))
    note = attrs.evolve(_operation("phone", 2), change=Note("line", "two\nlines 😀"))
    _append(real_store, _operation("till"), note, _operation("phone"))

    cart = _get(real_store)

    assert cart.header == _CART
    assert cart.operations == (_operation("phone"), note, _operation("till"))


def test_carts_are_found_while_they_are_open(real_store: SqlStore) -> None:
    """A cart is found by owner, newest first, and by hand-over code, until it is closed."""
    later = attrs.evolve(_CART, cart_id=CartId("cart_2"), started_at=NOON + timedelta(1))
    coded = attrs.evolve(later, hand_over=HandOver("hash", NOON))
    real_store.run(lambda unit: unit.carts.add(_CART))
    real_store.run(lambda unit: unit.carts.add(later))
    saved = real_store.run(lambda unit: unit.carts.save(coded))

    found = real_store.run(lambda unit: unit.carts.find_open(_CART.owner))
    assert found == (saved, _CART)
    assert real_store.run(lambda unit: unit.carts.find_by_hand_over("hash")) == (saved,)
    closed = attrs.evolve(saved, status=CartStatus.ORDERED)
    real_store.run(lambda unit: unit.carts.save(closed))
    assert real_store.run(lambda unit: unit.carts.find_open(_CART.owner)) == (_CART,)
    assert real_store.run(lambda unit: unit.carts.find_by_hand_over("hash")) == ()


def test_devices_append_side_by_side(real_store: SqlStore) -> None:
    """Inventory I50: operations of eight devices at once are all kept."""
    real_store.run(lambda unit: unit.carts.add(_CART))
    at_once([partial(_append, real_store, _operation(f"device {n}")) for n in range(8)])
    assert len(_get(real_store).operations) == 8


def test_a_cart_is_not_closed_over_an_operation(store: Any) -> None:
    """Inventory I50: closing a cart whose log grew since it was read is StaleVersion."""
    store.run(lambda unit: unit.carts.add(_CART))
    read = _get(store)
    _append(store, _operation("till"))
    with pytest.raises(StaleVersion):
        store.run(lambda unit: unit.carts.save(attrs.evolve(read, status=CartStatus.ORDERED)))
    assert _get(store).status is CartStatus.OPEN


def test_closing_races_appending(real_store: SqlStore) -> None:
    """Inventory I40 and I50: of a closing and an append at once, nothing acknowledged is lost."""
    real_store.run(lambda unit: unit.carts.add(_CART))

    def close() -> bool:
        def work(unit: Any) -> None:
            cart = unit.carts.get(_CART.cart_id)
            unit.carts.save(attrs.evolve(cart, status=CartStatus.ORDERED))

        real_store.run(work)
        return True

    def append(device: str) -> bool:
        try:
            _append(real_store, _operation(device))
        except Conflict:
            return False
        return True

    actions: list[Callable[[], bool]] = [close]
    actions += [partial(append, f"device {n}") for n in range(4)]
    kept = at_once(actions)[1:]
    cart = _get(real_store)
    assert cart.status is CartStatus.ORDERED
    assert len(cart.operations) == sum(kept)


def test_an_operation_is_appended_once(store: Any) -> None:
    """Device and sequence identify an operation: the second is a Conflict, the first stays."""
    store.run(lambda unit: unit.carts.add(_CART))
    _append(store, _operation("till"))
    with pytest.raises(Conflict):
        _append(store, _operation("till"))
    assert len(_get(store).operations) == 1


def test_a_cart_nobody_has(store: Any) -> None:
    """Appending to, reading or closing an unknown cart is NotFound."""
    closed = attrs.evolve(_CART, status=CartStatus.ORDERED)
    for work in (
        lambda unit: unit.carts.get(_CART.cart_id),
        lambda unit: unit.carts.append(_CART.cart_id, [_operation("till")]),
        lambda unit: unit.carts.save(closed),
    ):
        with pytest.raises(NotFound):
            store.run(work)
