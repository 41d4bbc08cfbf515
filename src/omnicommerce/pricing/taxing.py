"""Tax and surcharges of a priced basket: worked out when somebody looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import attrs

from omnicommerce.kernel.predicates import Facts
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.tax.arithmetic import with_tax, without_tax
from omnicommerce.pricing.tax.decide import taxed
from omnicommerce.pricing.tax.model import BUYER_EXEMPT, Surcharge
from omnicommerce.pricing.tax.rates import TaxPlace, TaxTable
from omnicommerce.pricing.tax.result import TaxedAmount, TaxedBasket
from omnicommerce.pricing.tax.surcharges import surcharge_amounts

if TYPE_CHECKING:
    from omnicommerce.pricing.result import PricedBasket

__all__ = ["TaxedAs", "Taxing", "taxing_of"]

TaxedAs: TypeAlias = "tuple[str | None, bool | None]"
"""A tax class, and whether prices of it hold tax; None: as the shop's do."""


@attrs.frozen(kw_only=True, eq=False)
class Taxing:
    """What is to be known of a situation to tax a basket and to charge fees.

    Args:
        book: Products and their tax classes.
        place: What is levied; None: the shop has no taxes.
        includes_tax: Whether prices are entered with tax.
        surcharges: What the shop charges on top.
        facts: What conditions of surcharges ask of.
    """

    book: PriceBook
    place: TaxPlace | None
    includes_tax: bool
    surcharges: tuple[Surcharge, ...]
    facts: Facts

    def convert(self, minor: int, taxed_as: TaxedAs, *, to_gross: bool) -> int:
        """Return an amount that is as entered with tax, or without.

        Args:
            minor: The amount.
            taxed_as: Of what it is an amount.
            to_gross: Whether it shall hold tax.
        """
        if self.place is None or self._holds_tax(taxed_as) is to_gross:
            return minor
        rates = self.place.rates_of(taxed_as[0])
        change = with_tax if to_gross else without_tax
        return change(minor, rates, self.mode)

    def entered(self, minor: int, taxed_as: TaxedAs, *, from_gross: bool) -> int:
        """Return an amount with tax, or without, as it is entered: the reverse of `convert`."""
        if self.place is None or self._holds_tax(taxed_as) is from_gross:
            return minor
        rates = self.place.rates_of(taxed_as[0])
        change = without_tax if from_gross else with_tax
        return change(minor, rates, self.mode)

    def _holds_tax(self, taxed_as: TaxedAs) -> bool:
        return self.includes_tax if taxed_as[1] is None else taxed_as[1]

    @property
    def mode(self) -> RoundingMode:
        """How amounts are rounded."""
        if self.place is None:
            return self.book.configuration.rate_rounding
        return self.place.table.configuration.rounding.mode

    def charged(self, priced: PricedBasket) -> tuple[TaxedAmount, ...]:
        """Return the surcharges that are due."""
        if not self.surcharges:
            return ()
        return surcharge_amounts(
            self.surcharges,
            self.facts,
            items=priced.selling_minor,
            delivery=priced.delivery_minor,
            mode=self.mode,
        )

    def amounts(self, priced: PricedBasket) -> Sequence[TaxedAmount]:
        """Return what is to be taxed of the items: one amount for each entry, and the gifts."""
        entries, left = priced.table.entries, priced.left
        skus = [*entries.skus, *(k[0] for k in entries.apart), *(k[0] for k in entries.given)]
        items = [
            self._amount(str(position), sku, left[position], entries.units[position])
            for position, sku in enumerate(skus)
        ]
        for position in priced.meant:
            if position < len(items):
                items[position] = _as_meant(items[position], priced, position)
        gifts = (
            self._amount(f"gift:{number}", gift.sku, gift.worth_minor - gift.off_minor, 1)
            for number, gift in enumerate(priced.gifts)
        )
        return [*items, *gifts]

    def _amount(self, key: str, sku: str, minor: int, quantity: int) -> TaxedAmount:
        product = self.book.product(sku)
        if product is None:
            return TaxedAmount(key, minor)
        counted = quantity if self.book.is_countable(sku) else 1
        return TaxedAmount(key, minor, product.tax_class, counted, product.includes_tax)

    def delivery(self, priced: PricedBasket) -> Sequence[TaxedAmount]:
        """Return what is to be taxed of the delivery."""
        lines, places = priced.basket.delivery, priced.delivery_places
        return [
            _as_meant(
                TaxedAmount(line.delivery_id, left, line.tax_class, includes_tax=line.includes_tax),
                priced,
                place,
            )
            for line, place, left in zip(
                lines, places, (item.selling_minor for item in priced.delivery), strict=True
            )
        ]

    def of(self, priced: PricedBasket) -> TaxedBasket | None:
        """Return the tax of a basket; None: the shop has no taxes."""
        if self.place is None:
            return None
        return taxed(
            self.amounts(priced),
            self.delivery(priced),
            self.charged(priced),
            place=self.place,
            includes_tax=self.includes_tax,
        )


def _as_meant(amount: TaxedAmount, priced: PricedBasket, position: int) -> TaxedAmount:
    """Let what is meant in the other tax basis be taken off in that."""
    taken, meant = priced.meant.get(position, (0, 0))
    if not amount.minor or not meant:
        return amount
    return amount._replace(minor=amount.minor + taken, off_other_basis=meant)


def taxing_of(
    book: PriceBook, table: TaxTable | None, situation: Situation, facts: Facts
) -> Taxing:
    """Return how a basket is taxed in a situation."""
    place, includes_tax = None, True
    if table is not None:
        exempt = table.exemptions(facts)
        if situation.tax_exempt:
            exempt = (*exempt, BUYER_EXEMPT)
        place = table.place(
            at=situation.at, country=situation.country, region=situation.region, exempt=exempt
        )
        includes_tax = table.includes_tax(facts)
    return Taxing(
        book=book,
        place=place,
        includes_tax=includes_tax,
        surcharges=book.configuration.surcharges,
        facts=facts,
    )
