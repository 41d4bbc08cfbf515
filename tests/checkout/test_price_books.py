"""Orders pin what priced them: any of them can be priced again, whatever the shop changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest

from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.checkout.model import StoredConfiguration
from omnicommerce.cli.demo_shop import DRESS, FRIEND_CODE, SCARF, demo_shop
from omnicommerce.kernel.errors import NotFound
from omnicommerce.kernel.ids import ChannelId, OrderId
from omnicommerce.kernel.predicates import ALWAYS
from omnicommerce.ledger.errors import Shortage
from omnicommerce.orders.model import Order
from omnicommerce.pricing.basket import Coupon, GivenPrice
from omnicommerce.pricing.effects import MatchBand, MatchCoupon
from omnicommerce.pricing.model import PriceRow
from tests.checkout.offers import euros, offers, promotion, reopened, request_for
from tests.concurrency.race import at_once
from tests.shops import GRAN_VIA, MONDAY, OpenShop, open_shop


@pytest.fixture
def shop(database_url: str) -> Iterator[OpenShop]:
    """Open the demo's shop with some stock on each database in turn."""
    with open_shop(database_url) as shop:
        shop.stock(dress=9, scarf=9, shoes=9)
        yield shop


def dearer(shop: ShopConfiguration) -> ShopConfiguration:
    """Return the shop with other prices and no promotions."""
    rows = tuple(attrs.evolve(row, amount=2 * row.amount) for row in shop.pricing.rows)
    return attrs.evolve(shop, pricing=attrs.evolve(shop.pricing, rows=rows, promotions=()))


def require_priced_again(shop: OpenShop, order: Order) -> None:
    """Price an order again, and compare every amount with what is stored."""
    stored = shop.commerce.orders.get(order.order_id)
    priced = shop.commerce.price_again(order.order_id)
    assert priced.book_version == stored.book_version
    assert (priced.base_amount, priced.selling_amount) == (stored.list_amount, stored.total_amount)
    for line in stored.lines:
        told = priced.line(line.line_id)
        assert (told.base_amount, told.selling_amount) == (line.list_amount, line.amount)
        changes = [(each.promotion_id, each.amount) for each in line.adjustments]
        assert [(each.promotion_id, each.amount) for each in told.adjustments] == changes


def test_an_order_is_priced_again_with_its_own_configuration(shop: OpenShop) -> None:
    """Prices doubled, promotions gone, a year later: the amounts are those stored (O10)."""
    clara = shop.customer("Clara", "member")
    order = shop.confirmed(clara, DRESS, SCARF, SCARF, SCARF, points=0, codes=FRIEND_CODE)
    later = reopened(shop, dearer(demo_shop()))
    later.clock.advance(timedelta(days=365))
    newer = later.confirmed(clara, DRESS, SCARF, codes=FRIEND_CODE)
    assert newer.book_version != order.book_version
    assert newer.total_amount == 2 * euros("114.85")
    for opened in (shop, later):
        require_priced_again(opened, order)
        require_priced_again(opened, newer)
        applied = {
            step.subject
            for step in opened.commerce.explain_again(order.order_id).steps
            if step.verdict == "applied"
        }
        assert applied == {"friend", "scarves", "club-outfit"}
    assert shop.commerce.price_again(order.order_id) == later.commerce.price_again(order.order_id)


def test_what_was_returned_or_declined_changes_no_price(shop: OpenShop) -> None:
    """The order is priced as it was placed, whatever became of its units."""
    order = shop.confirmed(shop.customer(), DRESS, SCARF, SCARF, SCARF, codes=FRIEND_CODE)
    shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
    require_priced_again(shop, order)


def test_scales_and_coupons_are_pinned_too(database_url: str) -> None:
    """Amounts that a till passed, and coupons handed over, belong to what was priced."""
    effect = MatchCoupon((MatchBand(up_to=500, raised_to=500),))
    match = promotion("match", on=ALWAYS, effect=effect)
    with open_shop(database_url, offers(match)) as shop:
        shop.stock(dress=1, scarf=1)
        request = request_for(
            shop,
            shop.customer(),
            DRESS,
            SCARF,
            channel=ChannelId("store"),
            given={SCARF: GivenPrice(euros("7.77"))},
            coupons=(Coupon("c1", euros("2.00"), line_id=DRESS),),
        )
        quote = shop.commerce.checkout.quote(request)
        order = shop.commerce.checkout.place(quote)
        require_priced_again(shop, order)
        assert shop.commerce.price_again(order.order_id).match_amount == quote.priced.match_amount


def test_a_configuration_is_kept_once(database_url: str) -> None:
    """The first order of a version keeps it, later ones and other processes do not again."""
    with open_shop(database_url) as shop:
        shop.stock(dress=9)
        version = shop.commerce.shop.book.version
        clara = shop.customer()
        shop.commerce.checkout.quote(request_for(shop, clara, DRESS))
        with pytest.raises(NotFound):
            shop.commerce.store.run(lambda s: s.configurations.get(version))
        shop.place(clara, DRESS)
        kept = shop.commerce.store.run(lambda s: s.configurations.get(version))
        assert (kept.version, kept.created_at) == (version, MONDAY)
        shop.clock.advance(timedelta(days=1))
        for opened in (shop, reopened(shop, demo_shop())):
            opened.place(clara, DRESS)
        again = attrs.evolve(kept, document="something else")
        shop.commerce.store.run(lambda s: s.configurations.keep(again))
        assert shop.commerce.store.run(lambda s: s.configurations.get(version)) == kept


def test_an_order_that_fails_keeps_no_configuration(shop: OpenShop) -> None:
    """It is written in the unit of work of the order, and so is kept or not with it."""
    quote = shop.commerce.checkout.quote(request_for(shop, shop.customer(), DRESS))
    shop.commerce.inventory.count(DRESS, GRAN_VIA, 0, key="theft")
    version = shop.commerce.shop.book.version
    with pytest.raises(Shortage):
        shop.commerce.checkout.place(quote)
    assert not shop.commerce.store.run(lambda s: s.configurations.has(version))


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
def test_two_processes_keep_the_same_configuration(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """First orders at the same moment all go through, and one of them keeps it."""
    url = request.getfixturevalue("sqlite_url" if kind == "sqlite" else f"{kind}_url")
    with open_shop(url) as shop:
        document = StoredConfiguration(version="v", document="{}" * 9_999, created_at=MONDAY)

        def keep() -> None:
            shop.commerce.store.run(lambda s: s.configurations.keep(document))

        at_once([keep] * 6)
        assert shop.commerce.store.run(lambda s: s.configurations.get("v")) == document


def test_a_large_configuration_fits(database_url: str) -> None:
    """Thirty thousand price rows go in and come out the same."""
    shop = offers()
    rows = [
        PriceRow(price_list="list", sku=SCARF, amount=amount, location=f"store-{amount}")
        for amount in range(30_000)
    ]
    shop = attrs.evolve(shop, pricing=attrs.evolve(shop.pricing, rows=(*shop.pricing.rows, *rows)))
    with open_shop(database_url, shop) as opened:
        opened.stock(scarf=1)
        order = opened.place(opened.customer(), SCARF)
        other = reopened(opened, offers())
        assert other.commerce.price_again(order.order_id).selling_amount == order.total_amount


def test_what_was_never_placed_is_not_found(shop: OpenShop) -> None:
    """Unknown orders, versions nobody sold by, and orders made elsewhere."""
    with pytest.raises(NotFound):
        shop.commerce.price_again(OrderId("order_x"))
    with pytest.raises(NotFound):
        shop.commerce.checkout.books.get("0" * 16)
    order = shop.place(shop.customer(), DRESS)
    forgotten: Any = attrs.evolve(order, basis={})
    shop.commerce.store.run(partial(_save, forgotten))
    with pytest.raises(NotFound):
        shop.commerce.price_again(order.order_id)


def _save(order: Order, stores: Any) -> None:
    stores.orders.save(order)
