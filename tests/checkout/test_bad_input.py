"""What cannot be is refused with a clear error of the right family, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.cart.errors import CartClosed, ForeignCart
from omnicommerce.cart.service import Visitor
from omnicommerce.checkout.configuration import ChannelUnknown, CheckoutPolicy, Shop
from omnicommerce.checkout.errors import CheckoutRefused
from omnicommerce.checkout.model import PickupChoice
from omnicommerce.cli.demo_shop import DRESS, demo_shop
from omnicommerce.commerce import Commerce
from omnicommerce.fulfilment.decide import PickupRefused
from omnicommerce.fulfilment.model import PickupPoint
from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import (
    InvalidConfiguration,
    InvalidValue,
    Misuse,
    NotFound,
    StoreUnavailable,
    UnknownSku,
)
from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, LocationId, OrderId
from omnicommerce.kernel.money import Money
from omnicommerce.loyalty.model import Programme
from omnicommerce.pricing.basket import Coupon, GivenPrice
from tests.shops import GRAN_VIA, OpenShop, open_shop


@pytest.fixture
def shop() -> Iterator[OpenShop]:
    """Open the demo's shop in memory with one dress, and check that nothing was taken."""
    with open_shop("memory:") as shop:
        shop.stock(dress=1)
        yield shop
        assert shop.available(DRESS) == 1
        assert shop.gateway.collected == {}
        assert shop.commerce.audit().is_clean


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "2", True, 10**12, None])
def test_impossible_quantities_do_not_enter_a_cart(shop: OpenShop, quantity: Any) -> None:
    """Zero, negative, fractional, absurd and non-numeric quantities name the field."""
    cart_id = shop.cart("customer_x")
    with pytest.raises(InvalidValue) as refused:
        shop.commerce.carts.add(cart_id, DRESS, quantity, by=Visitor("customer_x", "phone"))
    assert refused.value.field == "quantity"
    assert shop.commerce.carts.get(cart_id, "customer_x").state.lines == ()


def test_an_unknown_sku_does_not_enter_a_cart(shop: OpenShop) -> None:
    """The shop says which SKU it does not sell."""
    cart_id = shop.cart("customer_x")
    with pytest.raises(UnknownSku, match="NO-SUCH"):
        shop.commerce.carts.add(cart_id, "NO-SUCH", by=Visitor("customer_x", "phone"))


def test_a_stranger_gets_no_quote(shop: OpenShop) -> None:
    """Somebody else's cart is foreign, whatever one wants of it."""
    clara = shop.customer()
    request = shop.request(clara, shop.cart(clara.customer_id, DRESS))
    with pytest.raises(ForeignCart):
        shop.commerce.checkout.quote(attrs.evolve(request, actor="customer_9999"))


def test_an_expired_cart_gets_no_quote(shop: OpenShop) -> None:
    """A cart nobody used for too long is closed."""
    clara = shop.customer()
    cart_id = shop.cart(clara.customer_id, DRESS)
    shop.clock.advance(timedelta(days=61))
    with pytest.raises(CartClosed):
        shop.commerce.checkout.quote(shop.request(clara, cart_id))


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"channel": ChannelId("fax")}, ChannelUnknown, "checkout.channel_unknown"),
        ({"points": 5}, CheckoutRefused, "checkout.points_not_enough"),
        ({"customer_id": CustomerId("customer_0002")}, CheckoutRefused, "checkout.not_yours"),
        ({"points": 5, "customer_id": None}, CheckoutRefused, "checkout.sign_in_needed"),
        (
            {"given": {DRESS: GivenPrice(Money.of(1, "EUR"))}},
            CheckoutRefused,
            "checkout.needs_till",
        ),
        ({"coupons": (Coupon("c", Money.of(1, "EUR")),)}, CheckoutRefused, "checkout.needs_till"),
        ({"pickup": PickupChoice(LocationId("moon"))}, PickupRefused, "pickup.no_such_store"),
        ({"pickup": PickupChoice(GRAN_VIA)}, PickupRefused, "pickup.slot_needed"),
    ],
)
def test_wishes_that_cannot_be_granted(
    shop: OpenShop, change: dict[str, Any], error: type[Exception], code: str
) -> None:
    """Each refusal has its class and its reason."""
    clara = shop.customer()
    shop.customer("Lucia")
    request = shop.request(clara, shop.cart(clara.customer_id, DRESS))
    with pytest.raises(error) as refused:
        shop.commerce.checkout.quote(attrs.evolve(request, **change))
    assert [reason.code for reason in refused.value.reasons] == [code]  # type: ignore[attr-defined]


def test_an_empty_cart_gets_no_quote(shop: OpenShop) -> None:
    """There is nothing to check out."""
    clara = shop.customer()
    with pytest.raises(CheckoutRefused) as refused:
        shop.commerce.checkout.quote(shop.request(clara, shop.cart(clara.customer_id)))
    assert refused.value.reasons[0].code == "cart.empty"


def test_amounts_for_a_line_that_is_not_there(shop: OpenShop) -> None:
    """A scale's amount needs its line."""
    clara = shop.customer()
    request = attrs.evolve(
        shop.request(clara, shop.cart(clara.customer_id, DRESS)),
        channel=ChannelId("store"),
        given={"GHOST": GivenPrice(Money.of(1, "EUR"))},
    )
    with pytest.raises(InvalidValue) as refused:
        shop.commerce.checkout.quote(request)
    assert refused.value.field == "given"


def test_another_currency_is_refused(shop: OpenShop) -> None:
    """A coupon in dollars does not pay in a shop that counts euros."""
    clara = shop.customer()
    request = attrs.evolve(
        shop.request(clara, shop.cart(clara.customer_id, DRESS)),
        channel=ChannelId("store"),
        coupons=(Coupon("c", Money.of(1, "USD")),),
    )
    with pytest.raises(InvalidValue, match="USD"):
        shop.commerce.checkout.quote(request)


@pytest.mark.parametrize(
    "call",
    [
        lambda shop: shop.commerce.carts.get(CartId("cart_x"), "customer_x"),
        lambda shop: shop.commerce.checkout.pay(OrderId("order_x"), token="card"),
        lambda shop: shop.commerce.checkout.cancel(OrderId("order_x"), cause="?"),
        lambda shop: shop.commerce.orders.get(OrderId("order_x")),
        lambda shop: shop.commerce.counter.ready("pickup_x"),
        lambda shop: shop.commerce.counter.hand_over("p", "1", location_id=GRAN_VIA),
        lambda shop: shop.commerce.inventory.receive(DRESS, "moon", 1, key="k"),
        lambda shop: shop.commerce.inventory.count(DRESS, "moon", 1, key="k"),
        lambda shop: shop.commerce.inventory.keep_back(DRESS, "moon", 1, key="k"),
    ],
)
def test_what_does_not_exist_is_not_found(
    shop: OpenShop, call: Callable[[OpenShop], object]
) -> None:
    """Unknown carts, orders, pick-ups and places are `NotFound`, and the message names them."""
    with pytest.raises(NotFound):
        call(shop)


@pytest.mark.parametrize("points", [-1, 1.0, True, "5"])
def test_points_are_whole_numbers(points: Any) -> None:
    """A request for half a point is misuse."""
    with open_shop("memory:") as shop:
        clara = shop.customer()
        request = shop.request(clara, CartId("cart_1"))
        with pytest.raises(InvalidValue) as refused:
            attrs.evolve(request, points=points)
        assert refused.value.field == "points"


def test_a_naive_slot_is_refused() -> None:
    """A slot must say which instant it means."""
    with pytest.raises(InvalidValue):
        PickupChoice(GRAN_VIA, datetime(2026, 11, 16, 12))


def test_a_message_that_cannot_be_sent_can_be_sent_again(shop: OpenShop) -> None:
    """The goods are ready all the same; calling again sends a new code."""
    shop.stock(dress=1)
    order = shop.confirmed(shop.customer(), DRESS)
    shop.gateway.collected.clear()
    shop.mailbox.failing = True
    with pytest.raises(StoreUnavailable):
        shop.ready(order)
    shop.mailbox.failing = False
    _, code = shop.ready(order)
    assert [message.parameters["code"] for message in shop.mailbox.messages] == [code]


def test_a_url_nobody_knows_is_refused() -> None:
    """The error lists the schemes that are known."""
    with pytest.raises(InvalidValue, match="sqlite"):
        Commerce.open("oracle://x", demo_shop(), gateway=InProcessGateway(), sender=Mailbox())


def test_a_shop_without_programme_has_no_points() -> None:
    """Asking for points where there are none says what is missing."""
    with open_shop("memory:", attrs.evolve(demo_shop(), programme=None)) as shop:
        with pytest.raises(Misuse, match="programme"):
            _ = shop.commerce.loyalty
        shop.stock(dress=1)
        assert shop.confirmed(shop.customer(), DRESS).points_earned == 0


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"channels": demo_shop().channels[:1] * 2}, "$.channels[1].channel_id"),
        ({"locations": demo_shop().locations[:1] * 2}, "$.locations[1].location_id"),
        (
            {"pickup_points": (PickupPoint(location_id=LocationId("moon")),)},
            "$.pickup_points[0].location_id",
        ),
        ({"products": demo_shop().products[:1] * 2}, "$.products[1].product_id"),
        (
            {"programme": Programme(programme_id="p", earn_points=1, earn_per=Money.of(1, "USD"))},
            "$.programme.earn_per",
        ),
    ],
)
def test_a_configuration_that_contradicts_itself_names_the_path(
    change: dict[str, Any], path: str
) -> None:
    """The shop does not open, and the error says where to look."""
    with pytest.raises(InvalidConfiguration) as refused:
        Shop(attrs.evolve(demo_shop(), **change))
    assert refused.value.path == path


@pytest.mark.parametrize("name", ["quote_valid", "payment_hold"])
def test_waits_are_longer_than_nothing(name: str) -> None:
    """A quote that was never valid is a mistake."""
    with pytest.raises(InvalidValue) as refused:
        CheckoutPolicy(**{name: timedelta(0)})  # type: ignore[arg-type]  # one of several types
    assert refused.value.field == name


def test_the_configuration_survives_its_json_form() -> None:
    """A whole shop written as JSON and read again is the same shop (pricing 23)."""
    shop = demo_shop()
    assert load(type(shop), dump(shop)) == shop
