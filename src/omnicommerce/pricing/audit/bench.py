"""Where cases are priced: each once per channel, counted, with what the level shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from omnicommerce.kernel.errors import OmnicommerceError
from omnicommerce.pricing.audit.lens import Lens
from omnicommerce.pricing.basket import Basket, BasketLine, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.parity import Figures, figures_of
from omnicommerce.pricing.parity_model import ParityLevel
from omnicommerce.pricing.result import PricedBasket

__all__ = ["Bench", "Case", "Outcome", "Unpriced"]


@attrs.frozen
class Case:
    """A basket and a situation whose channel is still to be said."""

    basket: Basket
    situation: Situation

    @property
    def units(self) -> int:
        """How many units are bought."""
        return sum(line.quantity for line in self.basket.lines)

    def changed(self, **changes: object) -> Case:
        """Return the case with some fields of its situation changed."""
        return Case(self.basket, attrs.evolve(self.situation, **changes))  # type: ignore[arg-type] # fields by name


@attrs.frozen
class Unpriced:
    """Say that a channel has no price for the basket, and by which error."""

    code: str


Outcome: TypeAlias = Figures | Unpriced


class Bench:
    """Prices cases through channels, and counts them.

    Args:
        book: Prices and promotions.

    Attributes:
        priced: How many cases were priced, each in however many channels.
    """

    def __init__(self, book: PriceBook) -> None:
        self.book = book
        self.priced: int = 0
        self._units: dict[tuple[str, Situation], int | None] = {}

    def outcomes(self, case: Case, lenses: Iterable[Lens], level: ParityLevel) -> list[Outcome]:
        """Return what each channel says of a case."""
        self.priced += 1
        return [self._outcome(case, lens, level) for lens in lenses]

    def _outcome(self, case: Case, lens: Lens, level: ParityLevel) -> Outcome:
        basket, situation = lens.basket(case.basket), lens.situation(case.situation)
        return self.priced_as_seen(basket, situation, level)

    def priced_as_seen(
        self, basket: Basket, situation: Situation, level: ParityLevel = ParityLevel.POINTS
    ) -> Outcome:
        """Return what one channel says of a basket, as it sees it."""
        try:
            priced = price(self.book, basket, situation)
            trace = None
            if level is ParityLevel.TRACE:
                trace = explain(self.book, basket, situation)
        except OmnicommerceError as error:
            return Unpriced(error.code)
        return figures_of(priced, trace)

    def price(self, case: Case) -> PricedBasket | None:
        """Price a case as it stands; None: it has no price."""
        self.priced += 1
        try:
            return price(self.book, case.basket, case.situation)
        except OmnicommerceError:
            return None

    def unit_price(self, sku: str, piece: int, situation: Situation) -> int | None:
        """Return what one piece costs before promotions; None: it has no price there."""
        place = (sku, situation)
        if place not in self._units:
            try:
                answer = price(self.book, Basket([BasketLine("1", sku, piece)]), situation)
            except OmnicommerceError:
                self._units[place] = None
            else:
                self._units[place] = answer.base_minor
        return self._units[place]


def basket_of(units: Mapping[str, int], **more: object) -> Basket:
    """Return a basket with a line for each product.

    Example:
        >>> [(line.sku, line.quantity) for line in basket_of({"TEA": 2}).lines]
        [('TEA', 2)]
    """
    lines = [
        BasketLine(str(number), sku, quantity)
        for number, (sku, quantity) in enumerate(sorted(units.items()), 1)
        if quantity
    ]
    return Basket(lines, **more)  # type: ignore[arg-type] # fields by name
