"""Returns through checkout, on every database: money, points, stock and promotions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from omnicommerce.cli.demo_shop import DRESS, FRIEND_CODE, SCARF, SHOES
from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound
from omnicommerce.kernel.ids import LocationId, OrderId
from omnicommerce.kernel.rate import Rate
from omnicommerce.ledger.model import AccountKey
from omnicommerce.orders.decide import OrderStateRefused
from omnicommerce.orders.model import RefundState, TenderKind
from omnicommerce.orders.return_model import Condition, ReturnItem, ReturnPolicy
from omnicommerce.orders.shares import first_units
from omnicommerce.pricing.tax.model import Jurisdiction, Surcharge, TaxConfiguration, TaxRate
from tests.checkout.offers import (
    SCARF_GIFT,
    bring_back,
    collected,
    euros,
    offers,
    promotion,
    standing,
    total_spent,
)
from tests.shops import GRAN_VIA, SERRANO, OpenShop, open_shop

FRIEND = AccountKey("promotion", "friend")


@pytest.fixture
def shop(database_url: str) -> Iterator[OpenShop]:
    """Open the demo's shop with some stock on each database in turn, and audit it at the end."""
    with open_shop(database_url) as shop:
        shop.stock(dress=3, scarf=6, shoes=2)
        yield shop
        report = shop.commerce.audit()
        assert report.is_clean, report.discrepancies


def picture(shop: OpenShop, customer_id: Any) -> tuple[Any, ...]:
    """Return everything that an order takes and a return of all of it gives back."""
    points = shop.commerce.loyalty.balance(customer_id)
    units = tuple(shop.available(sku) for sku in (DRESS, SCARF, SHOES))
    kept = sum(m.minor for m in shop.gateway.collected.values())
    kept -= sum(m.minor for m in shop.gateway.returned.values())
    return (*units, points, total_spent(shop, FRIEND), kept)


def test_a_return_in_parts_gives_everything_back(shop: OpenShop) -> None:
    """Unit by unit, in any order: money, points of both kinds, stock and the use (34, 37)."""
    clara = shop.customer("Clara", "member")
    shop.commerce.loyalty.grant(clara.customer_id, 500, reason="welcome", key="welcome")
    before = picture(shop, clara.customer_id)
    order = collected(shop, clara, DRESS, SCARF, SCARF, SCARF, SHOES, points=333, codes=FRIEND_CODE)
    assert (total_spent(shop, FRIEND), order.uses[0].restored) == (1, False)

    for number, sku in enumerate((SCARF, SHOES, SCARF, DRESS, SCARF)):
        outcome = bring_back(shop, order, sku, key=f"return-{number}")
        paid, after = order.total_amount, outcome.order
        kept = sum(line.amount.minor - line.gone_minor for line in after.lines)
        assert after.refunded_amount.minor + kept == paid.minor
        assert outcome.record == after.returns[-1]
        assert all(refund.state is RefundState.DONE for refund in after.refunds)

    assert [each.left.minor for each in after.tenders] == [0, 0]
    assert picture(shop, clara.customer_id) == before
    assert after.points_clawed == after.points_earned > 0


def test_points_come_back_to_their_old_lots(shop: OpenShop) -> None:
    """Points that paid for a returned unit lapse when they would have anyway (loyalty I12)."""
    clara = shop.customer()
    shop.commerce.loyalty.grant(clara.customer_id, 100, reason="welcome", key="welcome")
    order = collected(shop, clara, SCARF, points=100)
    shop.clock.advance(timedelta(days=300))
    bring_back(shop, order, SCARF, key="r1")
    assert shop.commerce.loyalty.balance(clara.customer_id).available == 100
    shop.clock.advance(timedelta(days=65))
    assert shop.commerce.loyalty.balance(clara.customer_id).available == 0


def test_a_return_asked_for_again_is_the_same_return(shop: OpenShop) -> None:
    """The same key gives the first answer and moves nothing; with other items it is misuse."""
    clara = shop.customer()
    order = collected(shop, clara, SCARF, SCARF)
    first = bring_back(shop, order, SCARF, key="r1")
    again = bring_back(shop, order, SCARF, key="r1")
    assert (again.record, again.order.returns) == (first.record, first.order.returns)
    assert shop.available(SCARF) == 5
    assert again.order.refunded_amount == euros("24.95")
    with pytest.raises(KeyReused):
        bring_back(shop, order, ReturnItem(SCARF, 1, Condition.DAMAGED), key="r1")
    second = bring_back(shop, order, SCARF, key="r2")
    assert bring_back(shop, order, SCARF, key="r1").record == first.record
    assert second.order.refunded_amount == euros("49.90")


def test_damaged_units_are_refunded_and_not_sold_again(shop: OpenShop) -> None:
    """Only what is sellable goes back to stock."""
    clara = shop.customer()
    order = collected(shop, clara, SCARF, SCARF)
    items = [ReturnItem(SCARF, 1), ReturnItem(SCARF, 1, Condition.DAMAGED)]
    outcome = bring_back(shop, order, *items, key="r1")
    assert outcome.record.amount == euros("49.90")
    assert shop.available(SCARF) == 5
    assert [line.item.condition for line in outcome.record.lines] == list(Condition)


def test_goods_go_to_stock_where_they_came_back(shop: OpenShop) -> None:
    """A customer may return at another store, which can sell the unit at once."""
    clara = shop.customer()
    order = collected(shop, clara, DRESS)
    checkout = shop.commerce.checkout
    asked: dict[str, Any] = {"reason": "colour", "key": "r1", "location_id": SERRANO}
    outcome = checkout.return_items(order.order_id, [ReturnItem(DRESS, 1)], **asked)
    assert outcome.record.location_id == SERRANO
    assert (shop.available(DRESS, GRAN_VIA), shop.available(DRESS, SERRANO)) == (2, 1)
    assert checkout.return_items(order.order_id, [ReturnItem(DRESS, 1)], **asked) == outcome
    assert shop.available(DRESS, SERRANO) == 1


def test_what_the_customer_does_not_have_does_not_come_back(shop: OpenShop) -> None:
    """Open and declined units are no returns; unknown orders, lines and places are not found."""
    clara = shop.customer()
    waiting = shop.confirmed(clara, SCARF)
    with pytest.raises(OrderStateRefused):
        bring_back(shop, waiting, SCARF, key="r1")
    pickup, code = shop.ready(waiting)
    shop.commerce.counter.hand_over(
        pickup.pickup_id, code, location_id=GRAN_VIA, declined={SCARF: 1}
    )
    with pytest.raises(OrderStateRefused):
        bring_back(shop, waiting, SCARF, key="r1")
    order = collected(shop, clara, SCARF)
    with pytest.raises(NotFound):
        bring_back(shop, order, DRESS, key="r1")
    with pytest.raises(NotFound):
        bring_back(shop, attrs.evolve(order, order_id=OrderId("order_x")), SCARF, key="r1")
    with pytest.raises(InvalidValue):
        bring_back(shop, order, key="r1")
    for change in ({"reason": " "}, {"key": ""}):
        asked: dict[str, Any] = {"reason": "colour", "key": "r1", **change}
        with pytest.raises(InvalidValue):
            shop.commerce.checkout.return_items(order.order_id, [ReturnItem(SCARF, 1)], **asked)
    with pytest.raises(NotFound):
        shop.commerce.checkout.return_items(
            order.order_id,
            [ReturnItem(SCARF, 1)],
            reason="colour",
            key="r1",
            location_id=LocationId("moon"),
        )
    assert shop.commerce.orders.get(order.order_id).returns == ()


def test_a_refund_the_gateway_does_not_take_is_paid_later(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The return stands although the gateway is away; the scheduler pays it once."""
    order = collected(shop, shop.customer(), SCARF)

    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(shop.gateway, "refund", away)
        outcome = bring_back(shop, order, SCARF, key="r1")
    assert [refund.state for refund in outcome.order.refunds] == [RefundState.UNKNOWN]
    shop.commerce.tidy()
    shop.commerce.tidy()
    gateway = shop.commerce.orders.get(order.order_id).tender(TenderKind.GATEWAY)
    assert gateway is not None
    assert shop.gateway.returned == {"charge-1": euros("24.95")}


def test_the_order_keeps_the_share_of_every_unit(shop: OpenShop) -> None:
    """What is stored with each line are the unit shares that pricing tells (O4)."""
    clara = shop.customer("Clara", "member")
    order = collected(shop, clara, DRESS, SCARF, SCARF, SCARF, codes=FRIEND_CODE)
    stored = shop.commerce.orders.get(order.order_id)
    priced = shop.commerce.price_again(order.order_id)
    for line in stored.lines:
        assert line.shares is not None
        told = priced.line(line.line_id)
        shares = [minor for count, minor in line.shares.amounts for _ in range(count)]
        assert shares == [amount.minor for amount in told.unit_amounts()]
        for runs, change in zip(line.shares.adjustments, line.adjustments, strict=True):
            assert first_units(runs, line.quantity) == change.amount.minor


@pytest.mark.parametrize(
    ("policy", "refunds"),
    [
        (ReturnPolicy.KEEP_SHARES, ["89.90", "0"]),
        (ReturnPolicy.REEVALUATE, ["64.95", "24.95"]),
    ],
)
def test_of_two_for_one_half_is_kept(
    database_url: str, policy: ReturnPolicy, refunds: list[str]
) -> None:
    """With offers evaluated anew, who keeps the gift pays for it (36, O5)."""
    with open_shop(database_url, offers(SCARF_GIFT, policy=policy)) as shop:
        shop.stock(dress=1, scarf=1)
        order = collected(shop, shop.customer(), DRESS, SCARF)
        assert order.total_amount == euros("89.90")
        found = [bring_back(shop, order, sku, key=sku).record for sku in (DRESS, SCARF)]
        assert [record.amount for record in found] == [euros(amount) for amount in refunds]
        assert shop.gateway.returned == {"charge-1": euros("89.90")}
        assert shop.commerce.audit().is_clean


def test_declining_at_the_counter_is_no_way_around_it(database_url: str) -> None:
    """The same policy holds for what is handed back before the hand-over."""
    configuration = offers(SCARF_GIFT, policy=ReturnPolicy.REEVALUATE)
    with open_shop(database_url, configuration) as shop:
        shop.stock(dress=1, scarf=1)
        pickup, code = shop.ready(order := shop.confirmed(shop.customer(), DRESS, SCARF))
        done = shop.commerce.counter.hand_over(
            pickup.pickup_id, code, location_id=GRAN_VIA, declined={DRESS: 1}
        )
        assert done.refund_amount == euros("64.95")
        outcome = bring_back(shop, order, SCARF, key="r1")
        assert outcome.record.withheld_amount == euros("-24.95")
        assert outcome.order.refunded_amount == order.total_amount


def test_an_offer_is_evaluated_with_the_configuration_of_the_order(sqlite_url: str) -> None:
    """What the shop changed since neither raises nor lowers a refund (36, O10)."""
    anew = ReturnPolicy.REEVALUATE
    with open_shop(sqlite_url, offers(SCARF_GIFT, policy=anew)) as shop:
        shop.stock(dress=1, scarf=2)
        order = collected(shop, shop.customer(), DRESS, SCARF, SCARF)
    dearer = offers(promotion("half", on=SCARF_GIFT.on), policy=anew)
    rows = tuple(attrs.evolve(row, amount=row.amount * 3) for row in dearer.pricing.rows)
    dearer = attrs.evolve(dearer, pricing=attrs.evolve(dearer.pricing, rows=rows))
    with open_shop(sqlite_url, dearer) as shop:
        shop.clock.advance(timedelta(days=400))
        assert bring_back(shop, order, DRESS, key="r1").record.amount == euros("64.95")
        both = ReturnItem(SCARF, 2)
        assert bring_back(shop, order, both, key="r2").record.amount == euros("49.90")


def test_uses_that_a_shop_keeps(database_url: str) -> None:
    """A shop may count a use although everything came back; the money goes back to its budget."""
    spring = promotion("spring", limit_uses=1, budget=5_000)
    configuration = offers(spring, restore_uses=False)
    with open_shop(database_url, configuration) as shop:
        shop.stock(dress=1)
        bring_back(shop, collected(shop, shop.customer(), DRESS), DRESS, key="r1")
        assert standing(shop, AccountKey("promotion", "spring")).available == 0
        assert standing(shop, AccountKey("budget", "spring")).available == 5_000


def test_prices_without_tax_are_refunded_with_it(database_url: str) -> None:
    """Five units at prices without tax, returned one by one: tax and fee come back too (34)."""
    shop = offers(promotion("campaign", on=SCARF_GIFT.on))
    tax = TaxConfiguration(
        rates=(TaxRate(name="IVA", rate=Rate.percent(21), country="ES"),),
        includes_tax=False,
        home=Jurisdiction("ES"),
    )
    fee = Surcharge(surcharge_id="bag", amount=33)
    pricing = attrs.evolve(shop.pricing, tax=tax, surcharges=(fee,))
    with open_shop(database_url, attrs.evolve(shop, pricing=pricing)) as opened:
        opened.stock(dress=1, scarf=4)
        order = collected(opened, opened.customer(), SCARF, SCARF, SCARF, SCARF, DRESS)
        gateway = order.tender(TenderKind.GATEWAY)
        assert gateway is not None
        priced = opened.commerce.price_again(order.order_id)
        assert gateway.amount == priced.total_amount
        taxed = [priced.line_tax(line.line_id) for line in order.lines]
        assert [line.paid_amount for line in order.lines] == [
            told.gross_amount for told in taxed if told
        ]
        for number, sku in enumerate((SCARF, DRESS, SCARF, SCARF, SCARF)):
            outcome = bring_back(opened, order, sku, key=f"r{number}")
            (line,) = outcome.record.lines
            assert line.tax_amount is not None
            assert 0 < line.tax_amount.minor < line.amount.minor
        assert outcome.order.refunded_amount == gateway.amount
        assert list(opened.gateway.returned.values()) == [gateway.amount]
        assert opened.commerce.audit().is_clean
