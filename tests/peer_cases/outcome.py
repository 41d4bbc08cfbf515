"""What the library says of a case: the basket as it is priced and taxed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import attrs

from omnicommerce.pricing import PriceBook, PricedBasket, price
from omnicommerce.pricing.tax import TaxedBasket, TaxedItem
from tests.peer_cases.building import basket_of, book_of, situation_of
from tests.peer_cases.reading import Case

__all__ = ["Outcome", "outcome_of"]


def outcome_of(case: Case) -> Outcome:
    """Price a case through the public functions.

    Raises:
        Unsupported: Something in it is not in the format, or the library has no word for it.
    """
    book = book_of(case)
    basket, situation = basket_of(case, book), situation_of(case)
    unreduced = price(book_of(case, promoted=False), basket, situation)
    return Outcome(case, book, price(book, basket, situation), unreduced)


@attrs.define(slots=False)
class Outcome:
    """A priced case; amounts are minor units.

    Args:
        case: What was priced.
        book: By which book.
        priced: The answer.
        unreduced: The answer without promotions.
    """

    case: Case
    book: PriceBook
    priced: PricedBasket
    unreduced: PricedBasket

    @cached_property
    def base(self) -> Mapping[str, int]:
        """What each line costs before promotions."""
        none = {str(line["id"]): 0 for line in self.case.parts("lines")}
        return none | {line.line_id: line.base_minor for line in self.priced.lines}

    @cached_property
    def left(self) -> Mapping[str, int]:
        """What each line costs after promotions."""
        return dict(self.base) | {line.line_id: line.selling_minor for line in self.priced.lines}

    @cached_property
    def shipping_base(self) -> Mapping[str, int]:
        """What each shipping entry costs before promotions."""
        return {item.delivery_id: item.base_minor for item in self.priced.delivery}

    @cached_property
    def shipping_left(self) -> Mapping[str, int]:
        """What each shipping entry costs after promotions."""
        return {item.delivery_id: item.selling_minor for item in self.priced.delivery}

    @cached_property
    def given(self) -> Mapping[str, Given]:
        """What each promotion gave, gifts included."""
        found: dict[str, Given] = {}

        def of(promotion_id: str) -> Given:
            return found.setdefault(promotion_id, Given())

        for line in self.priced.lines:
            for item in line.adjustments:
                of(item.promotion_id).add_line(line.line_id, -item.minor)
        for entry in self.priced.delivery:
            for item in entry.adjustments:
                of(item.promotion_id).add_shipping(entry.delivery_id, -item.minor)
        for gift in self.priced.gifts:
            of(gift.promotion_id).gifts += gift.off_minor
        return found

    @property
    def applied(self) -> frozenset[str]:
        """The promotions that gave something."""
        return frozenset(self.priced.uses)

    @property
    def taxed(self) -> TaxedBasket:
        """Everything with its tax."""
        return _tax_of(self.priced)

    @property
    def taxed_unreduced(self) -> TaxedBasket:
        """Everything with its tax, as if there were no promotions."""
        return _tax_of(self.unreduced)

    def taxed_line(self, line_id: str) -> TaxedItem | None:
        """Return a line with its tax; None: nothing of it was bought."""
        bought = {line.line_id for line in self.priced.lines}
        return self.priced.line_tax(line_id) if line_id in bought else None


def _tax_of(priced: PricedBasket) -> TaxedBasket:
    if priced.tax is None:
        raise AssertionError("every case is configured with taxes, if only with none")
    return priced.tax


@attrs.define
class Given:
    """What one promotion gave, by line and by shipping entry, and in gifts."""

    lines: dict[str, int] = attrs.field(factory=dict)
    shipping: dict[str, int] = attrs.field(factory=dict)
    gifts: int = 0

    def add_line(self, name: str, minor: int) -> None:
        """Add what it gave on a line."""
        self.lines[name] = self.lines.get(name, 0) + minor

    def add_shipping(self, name: str, minor: int) -> None:
        """Add what it gave on a shipping entry."""
        self.shipping[name] = self.shipping.get(name, 0) + minor

    @property
    def total(self) -> int:
        """What it gave in all."""
        return sum(self.lines.values()) + sum(self.shipping.values()) + self.gifts
