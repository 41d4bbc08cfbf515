"""What a listing shows: the price of one unit before there is any basket."""

from __future__ import annotations

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.pricing.basket import Basket, BasketLine, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.calculation import Calculation

__all__ = ["AdvertisedPrice", "advertised_price"]


@attrs.frozen(kw_only=True)
class AdvertisedPrice:
    """What a product is shown at.

    Attributes:
        sku: The product.
        quantity: For how many units, in the smallest unit of its measure.
        minor: What they cost, in minor units as prices are entered.
        compare_minor: What to show struck through beside it; None: nothing.
        promotions: The advertised promotions that lowered it.
        currency: Of the amounts.
    """

    sku: str
    quantity: int
    minor: int
    compare_minor: int | None
    promotions: tuple[str, ...]
    currency: Currency

    @property
    def amount(self) -> Money:
        """What it costs."""
        return Money(self.minor, self.currency)

    @property
    def compare_amount(self) -> Money | None:
        """What to show struck through beside it; None: nothing."""
        return None if self.compare_minor is None else Money(self.compare_minor, self.currency)


def advertised_price(
    book: PriceBook, sku: str, situation: Situation, *, quantity: int = 1
) -> AdvertisedPrice:
    """Return what a listing shows for a product: its price with advertised promotions.

    It is the price of a basket with these units and nothing else, if no promotion
    that depends on the basket applies: what is shown is what is paid. Minimum
    advertised prices bind it. Struck through beside it is the row's own
    ``compare_at``, else the price without sale lists, else the price before the
    advertised promotions, where one of these is higher.

    Args:
        book: Prices and promotions.
        sku: The product.
        situation: Where, when and for whom.
        quantity: Units, in the smallest unit of its measure: 1000 for a kilogram.

    Raises:
        UnknownSku: The book does not know the SKU.
        NotPriced: It has no price in this situation.
    """
    if situation.currency is not None:
        book = book.in_currency(situation.currency)
    calculation = Calculation(book, Basket([BasketLine("1", sku, quantity)]), situation)
    matched = calculation.prepare()
    shown = {
        position: at
        for position, at in matched.items()
        if book.rules[position].promotion.advertised
    }
    priced = calculation.through(shown)
    compared = _compared(calculation, sku, quantity)
    before = max(priced.base_minor, compared or 0)
    return AdvertisedPrice(
        sku=sku,
        quantity=quantity,
        minor=priced.selling_minor,
        compare_minor=before if before > priced.selling_minor else None,
        promotions=priced.uses,
        currency=book.currency,
    )


def _compared(calculation: Calculation, sku: str, quantity: int) -> int | None:
    """Return what the row says to compare with, or the price without sale lists."""
    view, sheet = calculation.view, calculation.sheet
    row = view.base(sku)
    if row is not None and row.compare_at is not None:
        return sheet.amount(row._replace(amount=row.compare_at, tiers=()), quantity)
    regular = view.regular(sku) if view.regular is not None else None
    return None if regular is None else sheet.amount(regular, quantity)
