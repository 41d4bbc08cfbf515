"""Placing orders under fire: killed anywhere, raced for the last units, pressed twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from omnicommerce.adapters.sql.tables import outbox
from omnicommerce.checkout.placement import place
from omnicommerce.cli.demo_shop import DRESS, FRIEND_CODE, SHOES
from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.ids import CartId, CustomerId, OrderId
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import AccountKey
from omnicommerce.orders.model import OrderStatus
from tests import databases
from tests.crash import Crash, crashes
from tests.shops import OpenShop, open_shop


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """Give an empty database of each real kind in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    database = request.getfixturevalue(f"_each_{request.param}")
    databases.empty(database.url)
    return str(database.url)


def _request(shop: OpenShop) -> Any:
    clara = shop.commerce.customers.register("Clara", "clara@example.com")
    cart = shop.commerce.carts.open_of(clara.customer_id)
    assert cart is not None
    return shop.request(clara, cart.cart_id, points=120)


def _placing(url: str) -> Callable[[], object]:
    """Prepare to place Clara's cart in this process."""
    context = open_shop(url)
    shop = context.__enter__()
    _placing.kept = context  # type: ignore[attr-defined]  # the shop must outlive this call
    placed = shop.commerce.orders.of_customer(CustomerId("customer_0001"))
    if placed:
        return lambda: shop.commerce.orders.get(placed[0].order_id)
    quote = shop.commerce.checkout.quote(_request(shop))
    return lambda: shop.commerce.checkout.place(quote)


def _paying(url: str) -> Callable[[], object]:
    """Prepare to pay Clara's order in this process."""
    context = open_shop(url)
    shop = context.__enter__()
    _paying.kept = context  # type: ignore[attr-defined]  # the shop must outlive this call
    return lambda: shop.commerce.checkout.pay(OrderId("order_0001"), token="card")


def _sight(shop: OpenShop) -> dict[str, Any]:
    """Return everything that placing an order changes."""
    accounts = [
        AccountKey("stock", DRESS, "madrid-gran-via"),
        AccountKey("stock", SHOES, "madrid-gran-via"),
        AccountKey("promotion", "friend"),
        AccountKey("points", "customer_0001", "club-alma"),
        AccountKey("slot", "madrid-gran-via", "2026-11-16T11:00Z"),
    ]
    at = shop.clock.now()

    def work(stores: Any) -> dict[str, Any]:
        return {
            "held": [stores.ledger.standings(accounts, at=at)[a].held for a in accounts],
            "orders": stores.orders.of_customer(CustomerId("customer_0001")),
            "cart": stores.carts.get("cart_0001").status,
            "pickups": stores.pickups.of_order(OrderId("order_0001")),
            "journal": len(stores.ledger.entries()),
        }

    sight: dict[str, Any] = shop.commerce.store.run(work)
    return sight


def _events(url: str) -> int:
    """Count the outbox rows."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()
    finally:
        engine.dispose()
    return int(count)


def _supply(shop: OpenShop) -> None:
    clara = shop.customer("Clara", "member")
    shop.stock(dress=1, shoes=1)
    shop.commerce.loyalty.grant(clara.customer_id, 200, reason="welcome", key="welcome")
    shop.cart(clara.customer_id, DRESS, SHOES, codes=(FRIEND_CODE,))
    shop.commerce.checkout.quote(_request(shop))


def test_place_killed_between_any_two_statements_leaves_all_or_nothing(url: str) -> None:
    """Stock, promotion use, points, slot, order, pick-up, cart and event: all or none (I8)."""
    with open_shop(url) as shop:
        _supply(shop)
        untouched, before = _sight(shop), _events(url)
        kept: list[Crash] = []
        points: list[Crash] = []
        for crash in crashes(_placing, url):
            sight = _sight(shop)
            assert shop.commerce.audit().is_clean
            points.append(crash)
            if sight == untouched:
                assert not kept, crash
                assert _events(url) == before
                continue
            kept.append(crash)
            assert sight["held"] == [1, 1, 1, 120, 1]
            assert len(sight["orders"]) == len(sight["pickups"]) == 1
            assert sight["cart"] == "ordered"
            assert _events(url) == before + 1

        assert len(points) > 10
        assert kept[0].step == "the answer after the commit"
        assert kept[-1].completed


def test_pay_killed_anywhere_is_mended_by_resolving(url: str) -> None:
    """Whatever the crash, the money moved at most once and the order ends paid (I39, I41)."""
    with open_shop(url) as shop:
        _supply(shop)
        shop.commerce.checkout.place(shop.commerce.checkout.quote(_request(shop)))
        confirmed = []
        for _ in crashes(_paying, url):
            order = shop.commerce.orders.get(OrderId("order_0001"))
            assert shop.commerce.audit().is_clean
            assert order.status in {OrderStatus.PLACED, OrderStatus.CONFIRMED}
            confirmed.append(order.status is OrderStatus.CONFIRMED)
            if order.attempts and not confirmed[-1]:
                break
        assert not all(confirmed)
        attempt = shop.commerce.orders.get(OrderId("order_0001")).attempts[-1]
        shop.gateway.charge(attempt.attempt_id, attempt.amount, token="card")
        resolved = shop.commerce.checkout.resolve(OrderId("order_0001"))
        assert resolved.status is OrderStatus.CONFIRMED
        assert resolved.points_earned == resolved.due_amount.minor // 100
        assert list(shop.gateway.collected) == [attempt.attempt_id]


def test_shoppers_racing_for_the_last_units_through_checkout(url: str) -> None:
    """Of twelve shoppers for five dresses five get one; the losers hold nothing (I1, I4)."""
    with open_shop(url) as shop:
        shop.stock(dress=5)
        shoppers = [shop.customer(f"Shopper{turn}") for turn in range(12)]
        quotes = [
            shop.commerce.checkout.quote(
                shop.request(shopper, shop.cart(shopper.customer_id, DRESS), hours=4 + turn // 3)
            )
            for turn, shopper in enumerate(shoppers)
        ]

        def attempt(quote: Any) -> str:
            try:
                shop.commerce.checkout.place(quote)
            except Shortage as refused:
                return refused.shortages[0].account.kind
            return "placed"

        with ThreadPoolExecutor(12) as pool:
            outcomes = Counter(pool.map(attempt, quotes))
        assert outcomes == {"placed": 5, "stock": 7}
        assert shop.available(DRESS) == 0
        assert shop.commerce.audit().is_clean


def test_pressing_the_button_on_four_devices_places_one_order(url: str) -> None:
    """Concurrent completions of one cart return the same order (inventory I40)."""
    with open_shop(url) as shop:
        shop.stock(dress=5)
        clara = shop.customer()
        request = shop.request(clara, shop.cart(clara.customer_id, DRESS))
        quote = shop.commerce.checkout.quote(request)
        with ThreadPoolExecutor(4) as pool:
            orders = list(pool.map(lambda _: shop.commerce.checkout.place(quote), range(4)))
        assert {order.order_id for order in orders} == {orders[0].order_id}
        assert len(shop.commerce.orders.of_customer(clara.customer_id)) == 1
        assert shop.available(DRESS) == 4


class _LookedTooEarly:
    """Stores that found no order for the cart yet when they were first asked."""

    def __init__(self, stores: Any) -> None:
        self._stores = stores
        self._asked = 0
        self.orders = self

    def find_by_cart(self, cart_id: CartId) -> Any:
        self._asked += 1
        return None if self._asked == 1 else self._stores.orders.find_by_cart(cart_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)


def test_a_cart_that_becomes_an_order_meanwhile_gives_that_order() -> None:
    """What another device committed between two reads is no refusal (inventory I40)."""
    with open_shop("memory:") as shop:
        shop.stock(dress=5)
        clara = shop.customer()
        request = shop.request(clara, shop.cart(clara.customer_id, DRESS))
        checkout = shop.commerce.checkout
        quote = checkout.quote(request)
        placed = checkout.place(quote)
        again = checkout.transactions.run(
            lambda stores: place(
                _LookedTooEarly(stores),
                checkout.shop,
                quote,
                checkout.books,
                order_id=OrderId("order_too_late"),
                pickup_id="pickup_too_late",
                at=shop.clock.now(),
            )
        )
        assert again == placed


def test_the_last_use_of_a_promotion_is_given_once(url: str) -> None:
    """Concurrent orders of one customer never use a once-per-customer promotion twice."""
    with open_shop(url) as shop:
        shop.stock(dress=6)
        clara = shop.customer()
        quotes = [
            shop.commerce.checkout.quote(
                shop.request(
                    clara,
                    shop.cart(clara.customer_id, DRESS, codes=(FRIEND_CODE,)),
                    hours=4 + turn,
                )
            )
            for turn in range(4)
        ]

        def attempt(quote: Any) -> bool:
            try:
                shop.commerce.checkout.place(quote)
            except Refused:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            outcomes = list(pool.map(attempt, quotes))
        assert sum(outcomes) == 1
        assert shop.commerce.audit().is_clean
