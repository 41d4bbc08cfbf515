"""A small shop for the examples of pricing."""

from __future__ import annotations

from datetime import UTC, datetime

from omnicommerce.pricing import (
    Basket,
    BasketLine,
    PriceBook,
    PricedBasket,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    Situation,
    price,
)

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
WEB = Situation(channel="web", at=NOW)
STORE = Situation(channel="store", at=NOW, location="madrid", zone="centre")

PRODUCTS = (
    ProductTraits("dress", {"category": {"clothes"}}),
    ProductTraits("jeans", {"category": {"clothes"}}),
    ProductTraits("tea", {"category": {"food"}}),
    ProductTraits("milk", {"category": {"food"}}),
)
ROWS = (
    PriceRow(price_list="shelf", sku="dress", amount=4990),
    PriceRow(price_list="shelf", sku="jeans", amount=3000),
    PriceRow(price_list="shelf", sku="tea", amount=450),
    PriceRow(price_list="shelf", sku="milk", amount=99),
)


def configuration(*promotions: Promotion, rows: tuple[PriceRow, ...] = ()) -> PricingConfiguration:
    """Return the shop with these promotions and further rows."""
    return PricingConfiguration(
        currency="EUR",
        products=PRODUCTS,
        lists=[PriceList("shelf")],
        rows=ROWS + rows,
        promotions=promotions,
    )


def book(*promotions: Promotion, rows: tuple[PriceRow, ...] = ()) -> PriceBook:
    """Return its price book."""
    return PriceBook.compile(configuration(*promotions, rows=rows))


def basket(**quantities: int) -> Basket:
    """Return a basket with one line per SKU."""
    return Basket([BasketLine(sku, sku, quantity) for sku, quantity in quantities.items()])


def payable(compiled: PriceBook, situation: Situation = WEB, **quantities: int) -> int:
    """Return what so many units of each SKU cost, in cents."""
    return priced(compiled, situation, **quantities).payable_minor


def priced(compiled: PriceBook, situation: Situation = WEB, **quantities: int) -> PricedBasket:
    """Price so many units of each SKU."""
    return price(compiled, basket(**quantities), situation)
