"""Journeys through checkout on every database: what fails burns nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from omnicommerce.cart.service import Visitor
from omnicommerce.catalog.model import Component, Product, Variant
from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.checkout.errors import PaymentDeclined, QuoteOutdated
from omnicommerce.cli.demo_shop import DRESS, FRIEND_CODE, SCARF, SHOES, demo_shop
from omnicommerce.fulfilment.decide import PickupRefused
from omnicommerce.fulfilment.model import PickupStatus
from omnicommerce.kernel.ids import Sku
from omnicommerce.kernel.money import Money
from omnicommerce.ledger.errors import HoldEnded, Shortage
from omnicommerce.ledger.model import AccountKey
from omnicommerce.orders.decide import OrderStateRefused
from omnicommerce.orders.model import AttemptState, OrderStatus, RefundState, TenderKind
from omnicommerce.orders.ports import GatewayVerdict
from omnicommerce.pricing.model import PriceRow
from tests.shops import GRAN_VIA, SERRANO, OpenShop, open_shop

KIT = Sku("PARTY-SET")
FRIEND_USES = AccountKey("promotion", "friend")


@pytest.fixture
def shop(database_url: str) -> Iterator[OpenShop]:
    """Open the demo's shop with some stock on each database in turn."""
    with open_shop(database_url) as shop:
        shop.stock(dress=2, scarf=3, shoes=2)
        yield shop
        report = shop.commerce.audit()
        assert report.is_clean, report.discrepancies


def euros(amount: str) -> Money:
    """Read an amount in euros."""
    return Money.of(amount, "EUR")


def uses_left(shop: OpenShop) -> int:
    """Return how often the friend's promotion can still be used: what nobody holds or took."""
    at = shop.clock.now()
    standings = shop.commerce.store.run(lambda s: s.ledger.standings([FRIEND_USES], at=at))
    standing = standings[FRIEND_USES]
    return 1000 + standing.balance - standing.held


def picture(shop: OpenShop, customer_id: Any) -> tuple[Any, ...]:
    """Return everything scarce that an order could take."""
    points = shop.commerce.loyalty.balance(customer_id)
    units = tuple(shop.available(sku) for sku in (DRESS, SCARF, SHOES))
    return (*units, uses_left(shop), points)


def test_one_transaction_holds_everything_and_the_hand_over_settles_it(shop: OpenShop) -> None:
    """Unit, promotion use and points are held, then captured; what is declined comes back."""
    clara = shop.customer("Clara", "member")
    shop.commerce.loyalty.grant(clara.customer_id, 500, reason="welcome", key="welcome")
    order = shop.place(clara, DRESS, SHOES, points=300, codes=FRIEND_CODE)
    assert picture(shop, clara.customer_id)[:4] == (1, 3, 1, 999)
    assert shop.commerce.loyalty.balance(clara.customer_id).held == 300
    assert order.total_amount == euros("140.41")
    assert order.due_amount == euros("137.41")

    order = shop.commerce.checkout.pay(order.order_id, token="card")
    assert (order.status, order.points_earned) == (OrderStatus.CONFIRMED, 137)
    pickup, code = shop.ready(order)
    done = shop.commerce.counter.hand_over(
        pickup.pickup_id, code, location_id=GRAN_VIA, declined={SHOES: 1}
    )

    assert done.pickup.status is PickupStatus.COLLECTED
    assert done.order.status is OrderStatus.COMPLETED
    line = done.order.line(SHOES)
    assert line is not None
    assert done.refund_amount == line.amount
    assert done.order.refunded_amount == line.amount
    assert all(refund.state is RefundState.DONE for refund in done.order.refunds)
    assert (shop.available(DRESS), shop.available(SHOES)) == (1, 2)
    assert uses_left(shop) == 999
    gateway = done.order.tender(TenderKind.GATEWAY)
    assert gateway is not None
    (collected,) = shop.gateway.collected.values()
    (returned,) = shop.gateway.returned.values()
    assert (collected, returned) == (gateway.amount, gateway.refunded_amount)
    balance = shop.commerce.loyalty.balance(clara.customer_id)
    assert balance.pending == gateway.left.minor // 100
    assert balance.available == 200 + done.order.refunds[0].amount.minor


def test_declining_everything_leaves_no_trace_but_the_books(shop: OpenShop) -> None:
    """Stock, points and the promotion use are as before; all money went back (I10, I12)."""
    clara = shop.customer("Clara", "member")
    shop.commerce.loyalty.grant(clara.customer_id, 500, reason="welcome", key="welcome")
    before = picture(shop, clara.customer_id)
    order = shop.confirmed(clara, DRESS, SCARF, points=250, codes=FRIEND_CODE)
    pickup, code = shop.ready(order)
    done = shop.commerce.counter.hand_over(
        pickup.pickup_id, code, location_id=GRAN_VIA, declined={DRESS: 1, SCARF: 1}
    )
    assert done.pickup.status is PickupStatus.DECLINED
    assert done.refund_amount == order.total_amount
    assert all(not tender.left for tender in done.order.tenders)
    assert picture(shop, clara.customer_id) == before
    again = shop.place(clara, DRESS, codes=FRIEND_CODE)
    assert again.total_amount == euros("80.91")


def test_a_cart_becomes_one_order(shop: OpenShop) -> None:
    """Placing again from another device returns the first order (inventory I40)."""
    clara = shop.customer()
    cart_id = shop.cart(clara.customer_id, DRESS)
    quote = shop.commerce.checkout.quote(shop.request(clara, cart_id))
    first = shop.commerce.checkout.place(quote)
    assert shop.commerce.checkout.place(quote) == first
    assert shop.available(DRESS) == 1


def test_the_last_unit_is_refused_with_its_reason(shop: OpenShop) -> None:
    """Who comes second is told what is missing, and nothing of theirs is held."""
    clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
    shop.place(clara, DRESS)
    shop.place(clara, DRESS)
    with pytest.raises(Shortage) as refused:
        shop.place(lucia, SHOES, DRESS, codes=FRIEND_CODE)
    (short,) = refused.value.shortages
    assert (short.account.subject, short.wanted, short.available) == (DRESS, 1, 0)
    assert short.reason.code == "ledger.held"
    assert (shop.available(SHOES), uses_left(shop)) == (2, 1000)
    assert shop.commerce.orders.of_customer(lucia.customer_id) == ()
    assert shop.commerce.carts.open_of(lucia.customer_id) is not None


def test_an_unpaid_order_blocks_nobody_once_its_time_is_up(shop: OpenShop) -> None:
    """An expired hold lets the next customer have the unit, swept or not (inventory I13)."""
    clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
    late = [shop.place(clara, DRESS), shop.place(clara, DRESS)]
    shop.clock.advance(timedelta(minutes=15))
    assert shop.available(DRESS) == 2
    shop.confirmed(lucia, DRESS)
    shop.confirmed(lucia, DRESS)
    with pytest.raises(HoldEnded):
        shop.commerce.checkout.pay(late[0].order_id, token="card")
    assert shop.commerce.orders.get(late[0].order_id).status is OrderStatus.CANCELLED
    assert len(shop.gateway.collected) == 2


def test_a_declined_payment_burns_nothing(shop: OpenShop) -> None:
    """After a decline everything is still held, and another card pays (loyalty I8)."""
    clara = shop.customer("Clara", "member")
    shop.commerce.loyalty.grant(clara.customer_id, 100, reason="welcome", key="welcome")
    order = shop.place(clara, DRESS, points=100, codes=FRIEND_CODE)
    held = picture(shop, clara.customer_id)
    shop.gateway.next_charge(GatewayVerdict.DECLINED, "no funds")
    with pytest.raises(PaymentDeclined):
        shop.commerce.checkout.pay(order.order_id, token="first card")
    assert picture(shop, clara.customer_id) == held
    paid = shop.commerce.checkout.pay(order.order_id, token="second card")
    assert paid.status is OrderStatus.CONFIRMED
    assert [a.state for a in paid.attempts] == [AttemptState.DECLINED, AttemptState.APPROVED]
    assert shop.commerce.checkout.pay(order.order_id, token="third card") == paid


def test_cancelling_an_unpaid_order_releases_everything(shop: OpenShop) -> None:
    """Everything held is free again, and cancelling twice is cancelling once."""
    clara = shop.customer("Clara", "member")
    shop.commerce.loyalty.grant(clara.customer_id, 100, reason="welcome", key="welcome")
    before = picture(shop, clara.customer_id)
    order = shop.place(clara, DRESS, SHOES, points=100, codes=FRIEND_CODE)
    cancelled = shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
    assert cancelled.status is OrderStatus.CANCELLED
    assert picture(shop, clara.customer_id) == before
    assert shop.commerce.checkout.cancel(order.order_id, cause="again") == cancelled
    with pytest.raises(OrderStateRefused):
        shop.commerce.checkout.pay(order.order_id, token="card")
    cart = shop.commerce.carts.open_of(clara.customer_id)
    assert cart is not None
    assert {line.sku for line in cart.state.lines} == {DRESS, SHOES}
    again = shop.request(clara, cart.cart_id, points=100)
    assert shop.commerce.checkout.quote(again).total_amount == order.total_amount


def test_an_order_not_paid_in_time_is_cancelled_by_the_scheduler(shop: OpenShop) -> None:
    """It ends, everything is free, and the customer has the cart back."""
    clara = shop.customer()
    order = shop.place(clara, DRESS, codes=FRIEND_CODE)
    shop.commerce.tidy()
    assert shop.commerce.orders.get(order.order_id).status is OrderStatus.PLACED
    shop.clock.advance(timedelta(minutes=15))
    shop.commerce.tidy()
    assert shop.commerce.orders.get(order.order_id).status is OrderStatus.CANCELLED
    cart = shop.commerce.carts.open_of(clara.customer_id)
    assert cart is not None
    assert cart.state.codes == (FRIEND_CODE,)
    assert (shop.available(DRESS), uses_left(shop)) == (2, 1000)
    shop.commerce.tidy()
    assert len(shop.commerce.orders.of_customer(clara.customer_id)) == 1


def test_holds_are_kept_while_nobody_knows_whether_the_payment_went_through(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler extends them until the gateway answers, then confirms (inventory I13)."""
    clara = shop.customer()
    order = shop.place(clara, DRESS)
    shop.gateway.next_charge(GatewayVerdict.UNKNOWN)
    shop.commerce.checkout.pay(order.order_id, token="card")

    def silent(_: str) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(shop.gateway, "look_up", silent)
        for _ in range(6):
            shop.clock.advance(timedelta(minutes=10))
            shop.commerce.tidy()
            assert shop.available(DRESS) == 1
    shop.commerce.tidy()
    assert shop.commerce.orders.get(order.order_id).status is OrderStatus.CONFIRMED


def test_a_refund_that_failed_is_carried_out_later(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the gateway is away the refund stays due; the scheduler pays it once."""
    clara = shop.customer()
    order = shop.confirmed(clara, DRESS)

    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(shop.gateway, "refund", away)
        cancelled = shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
        assert [refund.state for refund in cancelled.refunds] == [RefundState.UNKNOWN]
    shop.commerce.tidy()
    shop.commerce.tidy()
    paid = shop.commerce.orders.get(order.order_id)
    assert [refund.state for refund in paid.refunds] == [RefundState.DONE]
    assert shop.gateway.returned == {"charge-1": order.due_amount}


def test_cancelling_a_paid_order_gives_everything_back(shop: OpenShop) -> None:
    """Money, points spent and earned, promotion use and slot go back (inventory I12)."""
    clara = shop.customer("Clara", "member")
    shop.commerce.loyalty.grant(clara.customer_id, 100, reason="welcome", key="welcome")
    before = picture(shop, clara.customer_id)
    for _ in range(4):
        order = shop.confirmed(clara, DRESS, points=100, codes=FRIEND_CODE)
        cancelled = shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
        assert all(not tender.left for tender in cancelled.tenders)
    assert picture(shop, clara.customer_id) == before
    assert sum(m.minor for m in shop.gateway.returned.values()) == sum(
        m.minor for m in shop.gateway.collected.values()
    )


def test_an_unknown_payment_is_resolved_later(shop: OpenShop) -> None:
    """A timeout is no answer: the order waits, then the truth confirms it (inventory I41)."""
    clara = shop.customer()
    order = shop.place(clara, DRESS)
    shop.gateway.next_charge(GatewayVerdict.UNKNOWN)
    waiting = shop.commerce.checkout.pay(order.order_id, token="card")
    assert waiting.status is OrderStatus.PLACED
    assert waiting.attempts[-1].state is AttemptState.UNKNOWN
    with pytest.raises(OrderStateRefused):
        shop.commerce.checkout.pay(order.order_id, token="card")
    with pytest.raises(OrderStateRefused):
        shop.commerce.checkout.cancel(order.order_id, cause="impatient")
    resolved = shop.commerce.checkout.resolve(order.order_id)
    assert resolved.status is OrderStatus.CONFIRMED
    assert shop.commerce.checkout.resolve(order.order_id) == resolved
    assert len(shop.gateway.collected) == 1


def test_a_late_success_on_lost_stock_is_refunded(shop: OpenShop) -> None:
    """If the unit is gone when the payment is known, the order is cancelled and refunded.

    What was held beside it lapsed without being taken, so nothing else comes back.
    """
    clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
    shop.commerce.loyalty.grant(clara.customer_id, 100, reason="welcome", key="welcome")
    late = shop.place(clara, DRESS, points=100, codes=FRIEND_CODE)
    shop.gateway.next_charge(GatewayVerdict.UNKNOWN)
    shop.commerce.checkout.pay(late.order_id, token="card")
    shop.clock.advance(timedelta(hours=1))
    shop.confirmed(lucia, DRESS)
    shop.confirmed(lucia, DRESS)
    with pytest.raises(HoldEnded):
        shop.commerce.checkout.resolve(late.order_id)
    order = shop.commerce.orders.get(late.order_id)
    assert order.status is OrderStatus.CANCELLED
    assert order.refunded_amount == late.total_amount
    assert shop.gateway.returned == {"charge-1": late.due_amount}
    assert shop.commerce.loyalty.balance(clara.customer_id).available == 100
    assert uses_left(shop) == 1000


def test_a_gateway_that_raises_is_taken_for_unknown(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody guesses what an exception of the gateway means."""

    def lost(*_: Any, **__: Any) -> None:
        raise ConnectionResetError

    order = shop.place(shop.customer(), DRESS)
    with monkeypatch.context() as patch:
        patch.setattr(shop.gateway, "charge", lost)
        waiting = shop.commerce.checkout.pay(order.order_id, token="card")
    assert waiting.attempts[-1].state is AttemptState.UNKNOWN
    with pytest.raises(PaymentDeclined):
        shop.commerce.checkout.resolve(order.order_id)


def test_nobody_came(shop: OpenShop) -> None:
    """A no-show gives units, money, points and promotion use back, exactly once (I34)."""
    clara = shop.customer("Clara", "member")
    before = picture(shop, clara.customer_id)
    order = shop.confirmed(clara, DRESS, codes=FRIEND_CODE)
    pickup, code = shop.ready(order)
    assert shop.commerce.counter.missed() == ()
    shop.clock.set(pickup.collect_until)
    (missed,) = shop.commerce.counter.missed()
    assert missed.pickup.status is PickupStatus.MISSED
    assert missed.refund_amount == order.total_amount
    shop.commerce.tidy()
    assert picture(shop, clara.customer_id) == before
    with pytest.raises(PickupRefused):
        shop.commerce.counter.hand_over(pickup.pickup_id, code, location_id=GRAN_VIA)


def test_wrong_codes_are_counted_though_they_are_refused(shop: OpenShop) -> None:
    """The count of wrong codes survives the refusal; a new code opens (inventory I32)."""
    pickup, code = shop.ready(shop.confirmed(shop.customer(), DRESS))
    counter = shop.commerce.counter
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(PickupRefused) as refused:
            counter.hand_over(pickup.pickup_id, "000000", location_id=GRAN_VIA)
        assert refused.value.reasons[0].parameters["left"] == left
    with pytest.raises(PickupRefused) as locked:
        counter.hand_over(pickup.pickup_id, code, location_id=GRAN_VIA)
    assert locked.value.reasons[0].code == "pickup.locked"
    _, fresh = counter.ready(pickup.pickup_id)
    done = counter.hand_over(pickup.pickup_id, fresh, location_id=GRAN_VIA)
    assert done.order.status is OrderStatus.COMPLETED


def test_another_store_does_not_hand_over(shop: OpenShop) -> None:
    """The right code at the wrong store is refused, and nothing moves."""
    pickup, code = shop.ready(shop.confirmed(shop.customer(), DRESS))
    with pytest.raises(PickupRefused):
        shop.commerce.counter.hand_over(pickup.pickup_id, code, location_id=SERRANO)
    done = shop.commerce.counter.hand_over(pickup.pickup_id, code, location_id=GRAN_VIA)
    assert done.order.status is OrderStatus.COMPLETED


def test_an_unpaid_order_is_not_prepared(shop: OpenShop) -> None:
    """The store sees an order only once it is paid."""
    order = shop.place(shop.customer(), DRESS)
    assert shop.commerce.counter.worklist(GRAN_VIA) == ()
    with pytest.raises(PickupRefused):
        shop.ready(order)
    shop.commerce.checkout.pay(order.order_id, token="card")
    (pickup,) = shop.commerce.counter.worklist(GRAN_VIA)
    assert pickup.order_id == order.order_id


def test_a_quote_that_is_no_longer_true_is_not_placed(shop: OpenShop) -> None:
    """A changed cart or a late click is refused; a new quote goes through."""
    clara = shop.customer()
    cart_id = shop.cart(clara.customer_id, DRESS)
    request = shop.request(clara, cart_id)
    quote = shop.commerce.checkout.quote(request)
    shop.commerce.carts.add(cart_id, SCARF, by=Visitor(clara.customer_id, "laptop"))
    with pytest.raises(QuoteOutdated) as outdated:
        shop.commerce.checkout.place(quote)
    assert outdated.value.reasons[0].parameters["what"] == ["lines", "tenders", "due_amount"]
    shop.clock.advance(timedelta(minutes=15))
    with pytest.raises(QuoteOutdated) as late:
        shop.commerce.checkout.place(quote)
    assert late.value.reasons[0].code == "quote.expired"
    fresh = shop.commerce.checkout.quote(request)
    assert shop.commerce.checkout.place(fresh).total_amount == euros("114.85")


def test_a_promotion_once_per_customer_is_used_once(shop: OpenShop) -> None:
    """The second order of the same customer gets no discount; another customer's does."""
    clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
    assert shop.confirmed(clara, DRESS, codes=FRIEND_CODE).total_amount == euros("80.91")
    request = shop.request(clara, shop.cart(clara.customer_id, DRESS, codes=(FRIEND_CODE,)))
    assert shop.commerce.checkout.quote(request).total_amount == euros("89.90")
    assert shop.place(lucia, DRESS, codes=FRIEND_CODE).total_amount == euros("80.91")


def test_a_kit_takes_its_components(database_url: str) -> None:
    """Stock gives the parts of a kit, and gets them back when it is declined (inventory I11)."""
    with open_shop(database_url, _shop_with_a_kit()) as shop:
        shop.stock(dress=1, scarf=2)
        clara = shop.customer()
        cart_id = shop.cart(clara.customer_id, KIT)
        (first, *_) = shop.commerce.checkout.stores_for(cart_id, actor=clara.customer_id)
        assert (first.location.location_id, first.can_serve) == (GRAN_VIA, True)
        order = shop.commerce.checkout.place(
            shop.commerce.checkout.quote(shop.request(clara, cart_id))
        )
        assert (shop.available(DRESS), shop.available(SCARF)) == (0, 0)
        with pytest.raises(Shortage) as refused:
            shop.place(clara, SCARF)
        assert refused.value.shortages[0].account.subject == SCARF
        shop.commerce.checkout.pay(order.order_id, token="card")
        pickup, code = shop.ready(order)
        done = shop.commerce.counter.hand_over(
            pickup.pickup_id, code, location_id=GRAN_VIA, declined={KIT: 1}
        )
        assert done.refund_amount == order.total_amount
        assert (shop.available(DRESS), shop.available(SCARF)) == (1, 2)
        assert shop.commerce.audit().is_clean


def _shop_with_a_kit() -> ShopConfiguration:
    shop = demo_shop()
    kit = Variant(sku=KIT, components=(Component(DRESS, 1), Component(SCARF, 2)))
    product = Product(product_id="party", name={"en": "Party set"}, variants=(kit,))
    row = PriceRow(price_list="list", sku=KIT, amount=12_000)
    pricing = attrs.evolve(shop.pricing, rows=(*shop.pricing.rows, row))
    return attrs.evolve(shop, products=(*shop.products, product), pricing=pricing)


def test_a_full_slot_is_refused(shop: OpenShop) -> None:
    """A slot takes as many pick-ups as it has places (inventory I28)."""
    clara = shop.customer()
    for sku in (DRESS, DRESS, SCARF):
        shop.place(clara, sku)
    with pytest.raises(Shortage) as refused:
        shop.place(clara, SCARF)
    assert [short.account.kind for short in refused.value.shortages] == ["slot"]
