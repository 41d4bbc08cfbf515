"""A whole shop from a folder: five baskets in two channels each, and a receipt with its reasons.

The folder ``examples/shop`` holds a shop that uses every feature of pricing. Its
channels are bound to equal prices, but for two exceptions that somebody declared.

Run it: ``python -m examples.tour_of_the_shop``
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import attrs

from omnicommerce import Money, PriceBook, PricedBasket, Product, Situation, explain, price
from omnicommerce.cli.basket_files import read_basket
from omnicommerce.cli.shop_dir import read_shop
from omnicommerce.i18n import explain_trace, format_money, format_quantity
from omnicommerce.kernel.quantity import Measure
from omnicommerce.pricing.promotions import SelectionPolicy

SHOP: Final = Path(__file__).parent / "shop"
BASKETS: Final = tuple(sorted((SHOP / "baskets").glob("*.json")))


def main() -> None:
    """Price the baskets, and print one receipt in two languages."""
    files = read_shop(SHOP)
    book = PriceBook.compile(files.pricing())
    products: dict[str, Product] = {
        variant.sku: product for product in files.shop().products for variant in product.variants
    }

    for path in BASKETS:
        basket, situation = read_basket(path)
        other = attrs.evolve(situation, channel="phone" if situation.channel == "web" else "web")
        here, there = (price(book, basket, seen) for seen in (situation, other))
        print(f"{path.stem}: {situation.channel} {here.payable_amount}, ", end="")
        print(f"{other.channel} {there.payable_amount}")
        assert here.selling_amount == there.selling_amount or "BREAD" in skus(here)

    basket, situation = read_basket(SHOP / "baskets" / "4-new-york.json")
    best = price(book, basket, situation, policy=SelectionPolicy.BEST_FOR_CUSTOMER)
    assert best.certificate is not None
    assert best.certificate.is_optimal
    print(f"\nNo choice of offers would be better for New York: {best.selling_amount}\n")

    basket, situation = read_basket(SHOP / "baskets" / "2-wedding.json")
    priced = price(book, basket, situation)
    for locale in ("en", "es"):
        print("\n".join(receipt(book, priced, products, locale)))
        print(reasons(book, priced, situation, locale), end="\n\n")


def skus(priced: PricedBasket) -> set[str]:
    """Return what is in a basket."""
    return {line.sku for line in priced.lines}


def receipt(
    book: PriceBook, priced: PricedBasket, products: Mapping[str, Product], locale: str
) -> Iterator[str]:
    """Yield the lines of a receipt."""
    names = promotions(book, locale)

    def row(text: str, minor: int) -> str:
        return f"{text:<50}{format_money(Money(minor, priced.currency), locale):>12}"

    for line in priced.lines:
        product = products[line.sku]
        quantity = format_quantity(line.quantity, product.measure, locale)
        times = quantity if product.measure is not Measure.EACH else f"{line.quantity} ×"
        yield row(f"{times} {product.called(locale)}", line.base_minor)
        for change in line.adjustments:
            yield row(f"    {names[change.promotion_id]}", change.minor)
    for gift in priced.gifts:
        yield row(f"{gift.quantity} × {products[gift.sku].called(locale)}", gift.amount.minor)
    for delivery in priced.delivery:
        yield row(delivery.method, delivery.base_minor)
        for change in delivery.adjustments:
            yield row(f"    {names[change.promotion_id]}", change.minor)
    for item in priced.surcharges:
        yield row(item.key, item.minor)
    yield row("=", priced.total_minor)
    for tax in priced.tax.rates if priced.tax else ():
        yield row(f"    {tax.name} {tax.rate}", tax.tax)


def promotions(book: PriceBook, locale: str) -> dict[str, str]:
    """Return what promotions are called."""
    return {item.promotion_id: item.name[locale] for item in book.configuration.promotions}


def reasons(book: PriceBook, priced: PricedBasket, situation: Situation, locale: str) -> str:
    """Return which promotions applied, as sentences."""
    trace = explain(book, priced.basket, situation)
    names = {"promotion": promotions(book, locale)}
    return explain_trace(trace, locale=locale, names=names, currency=priced.currency)


if __name__ == "__main__":
    main()
