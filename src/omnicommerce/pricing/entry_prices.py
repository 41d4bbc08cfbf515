"""The entries of a basket and what they cost before promotions, with tax and without."""

from __future__ import annotations

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import Facts
from omnicommerce.pricing.basket import (
    Basket,
    Situation,
)
from omnicommerce.pricing.book import PriceBook, View
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.errors import NotPriced
from omnicommerce.pricing.rows import CompiledRow, Finder
from omnicommerce.pricing.sheet import Sheet
from omnicommerce.pricing.taxing import TaxedAs, Taxing

__all__ = ["EntryPrices"]


class EntryPrices:
    """A basket in a situation by one book, and the prices of its entries."""

    taxing: Taxing | None = None

    def __init__(self, book: PriceBook, basket: Basket, situation: Situation) -> None:
        """Lay out the entries.

        Raises:
            UnknownSku: The book does not know some of the SKUs.
            InvalidValue: An amount is in another currency than the book.
        """
        self.book = book
        self.basket = basket
        self.situation = situation
        self.view: View = book.view(situation)
        self.sheet: Sheet = Sheet(basket, book.currency, book.configuration.row_rounding)
        self.facts: Facts = self.view.facts
        if basket.coupons or basket.delivery or basket.discounts:
            _check_currency(basket, book)

    def converted(self, entry: int, minor: int, to_gross: bool) -> int:  # noqa: FBT001 - hot
        """Return an amount of an entry with tax or without, whichever way it is entered."""
        if self.taxing is None:
            return minor
        return self.taxing.convert(minor, self.taxed_as(entry), to_gross=to_gross)

    def entered(self, entry: int, minor: int, from_gross: bool) -> int:  # noqa: FBT001 - hot
        """Return an amount of an entry as it is entered, from one with tax or without."""
        if self.taxing is None:
            return minor
        return self.taxing.entered(minor, self.taxed_as(entry), from_gross=from_gross)

    def taxed_as(self, entry: int) -> TaxedAs:
        """Return the tax class of an entry, and whether its price holds tax."""
        sheet = self.sheet
        if entry in sheet.delivery:
            line = self.delivery()[entry - sheet.delivery.start]
            return line.tax_class, line.includes_tax
        product = self.book.product(sheet.skus[sheet.roots.get(entry, entry)])
        return (None, None) if product is None else (product.tax_class, product.includes_tax)

    def set_base(self) -> None:
        """Find the row of every entry, and price it.

        Raises:
            NotPriced: Some entries have no row; their lines are listed.
        """
        sheet, find = self.sheet, self.view.base
        if self.basket.locks:
            find = _locked(self.basket, self.situation, find)
        entries = sheet.entries
        rows = list(map(find, entries.skus))
        if entries.apart:
            rows += [self.on_plan(plan, find)(sku) for sku, plan, _ in entries.apart]
        if None in rows:
            raise self.not_priced(find)
        delivery = self.delivery() if self.basket.delivery else ()
        sheet.set_base(rows, [line.amount.minor for line in delivery])

    def on_plan(self, plan: str, find: Finder) -> Finder:
        """Return how to find rows of a plan; the empty one is none."""
        return self.view.on_plan(plan) if plan else find

    def not_priced(self, find: Finder) -> NotPriced:
        """Return the error that lists the lines without a price."""
        return NotPriced(
            (line.line_id, line.sku)
            for line in self.basket.lines
            if line.given is None and self.on_plan(line.plan or "", find)(line.sku) is None
        )

    def delivery(self) -> list[DeliveryLine]:
        """Return the delivery lines in canonical order."""
        return sorted(self.basket.delivery, key=lambda line: line.delivery_id)


def _check_currency(basket: Basket, book: PriceBook) -> None:
    named = [("coupons", item.coupon_id, item.face) for item in basket.coupons]
    named += [("delivery", item.delivery_id, item.amount) for item in basket.delivery]
    named += [("discounts", i.discount_id, i.amount) for i in basket.discounts if i.amount]
    for field, name, amount in named:
        if amount.currency != book.currency:
            problem = f"{name!r} is in {amount.currency}, not {book.currency}"
            raise InvalidValue(field, problem)


def _locked(basket: Basket, situation: Situation, find: Finder) -> Finder:
    """Let locked unit prices that are still in force come before the rows."""
    locks = {
        lock.sku: CompiledRow(lock.amount, lock.per, plain=lock.per == 1)
        for lock in basket.locks
        if lock.until is None or situation.at < lock.until
    }
    return lambda sku: locks.get(sku) or find(sku)
