"""Another configuration while the shop is open, and what happens when it is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.checkout.errors import QuoteOutdated
from omnicommerce.cli.demo_shop import DRESS, demo_shop
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.pricing.model import PriceRow
from tests.shops import OpenShop, open_shop


@pytest.fixture
def shop() -> Iterator[OpenShop]:
    """Open the demo's shop with some stock."""
    with open_shop("memory:") as shop:
        shop.stock(dress=9)
        yield shop


def dearer() -> ShopConfiguration:
    """Return the shop with twice the prices."""
    shop = demo_shop()
    rows = [attrs.evolve(row, amount=2 * row.amount) for row in shop.pricing.rows]
    return attrs.evolve(shop, pricing=attrs.evolve(shop.pricing, rows=rows))


def test_new_prices_count_from_the_next_quote_on(shop: OpenShop) -> None:
    """What was quoted before is refused as outdated; what was ordered before costs the same."""
    commerce, clara = shop.commerce, shop.customer()
    ordered = shop.place(clara, DRESS)
    request = shop.request(clara, shop.cart(clara.customer_id, DRESS))
    before = commerce.checkout.quote(request)
    commerce.reconfigure(dearer())
    with pytest.raises(QuoteOutdated):
        commerce.checkout.place(before)
    after = commerce.checkout.quote(request)
    assert after.list_amount == 2 * before.list_amount
    assert commerce.checkout.place(after).book_version != ordered.book_version
    assert commerce.price_again(ordered.order_id).base_amount == ordered.list_amount


def test_a_wrong_configuration_changes_nothing(shop: OpenShop) -> None:
    """The shop keeps its last good version: it sells on at the prices it had."""
    commerce, clara = shop.commerce, shop.customer()
    request = shop.request(clara, shop.cart(clara.customer_id, DRESS))
    before, checkout = commerce.checkout.quote(request), commerce.checkout
    good = demo_shop()
    nowhere = PriceRow(price_list="nowhere", sku=DRESS, amount=1)
    rows = [*good.pricing.rows, nowhere]
    wrong = attrs.evolve(good, pricing=attrs.evolve(good.pricing, rows=rows))
    with pytest.raises(InvalidConfiguration) as caught:
        commerce.reconfigure(wrong)
    assert caught.value.path == f"$.pricing.rows[{len(good.pricing.rows)}].price_list"
    assert commerce.checkout is checkout
    assert commerce.checkout.place(before).list_amount == before.list_amount


def test_the_currency_stays(shop: OpenShop) -> None:
    """Carts and orders are in one currency, so another one is another shop."""
    good = demo_shop()
    pricing = attrs.evolve(good.pricing, currency="USD", promotions=(), codes=())
    with pytest.raises(InvalidConfiguration, match="carts and orders are in EUR") as caught:
        shop.commerce.reconfigure(attrs.evolve(good, pricing=pricing, programme=None))
    assert caught.value.path == "$.pricing.currency"
