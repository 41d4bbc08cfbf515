"""Points that promotions promise for after the order, and which units earn them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import attrs

from omnicommerce.kernel.allocation import allocate
from omnicommerce.orders.model import LineItem, PointsPromise
from omnicommerce.orders.shares import Runs, even_runs
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.calculation import Turn
from omnicommerce.pricing.decide import run
from omnicommerce.pricing.effects import EarnPoints
from omnicommerce.pricing.result import Benefit, PricedBasket
from omnicommerce.pricing.rules import Rule
from omnicommerce.pricing.sheet import Sheet

__all__ = ["promised_points"]


@attrs.frozen
class _Earning:
    """What earned a promotion's points: units of each SKU, and what was left to pay for them."""

    per_unit: int
    units: Mapping[str, int]
    left: Mapping[str, int]

    def split(self, points: int) -> dict[str, int]:
        """Split points over the SKUs: those for each unit by units, all others by money."""
        by_unit = {sku: self.per_unit * units for sku, units in self.units.items()}
        rest = allocate(points - sum(by_unit.values()), self.left)
        return {sku: each + rest[sku] for sku, each in by_unit.items()}


def promised_points(
    book: PriceBook, priced: PricedBasket, situation: Situation, lines: Collection[LineItem]
) -> tuple[PointsPromise, ...]:
    """Return the points that promotions promise, shared over the units that earn them.

    Args:
        book: The price book.
        priced: The basket as the book priced it.
        situation: Where, when and for whom.
        lines: The lines of the order; gifts earn nothing.
    """
    if not priced.benefits:
        return ()
    earned_by = _earnings(book, priced, situation)
    return tuple(_promise(each, earned_by[each.promotion_id], lines) for each in priced.benefits)


def _earnings(
    book: PriceBook, priced: PricedBasket, situation: Situation
) -> Mapping[str, _Earning]:
    """Price the basket once more and look at what each promise would be made for."""
    found: dict[str, _Earning] = {}

    def witness(rule: Rule, sheet: Sheet, turn: Turn) -> None:
        effect = rule.promotion.effect
        if isinstance(effect, EarnPoints):
            found[rule.promotion_id] = _earning(effect, sheet, turn.at)

    run(book, priced.basket, situation, observe=witness)
    return found


def _earning(effect: EarnPoints, sheet: Sheet, at: Iterable[int]) -> _Earning:
    units, left = Counter[str](), Counter[str]()
    for entry in at:
        sku = sheet.skus[sheet.roots.get(entry, entry)]
        units[sku] += sheet.quantities[entry]
        left[sku] += sheet.left[entry]
    return _Earning(effect.per_unit, units, left)


def _promise(benefit: Benefit, earned_by: _Earning, lines: Iterable[LineItem]) -> PointsPromise:
    by_sku = earned_by.split(benefit.points)
    weights: dict[str, dict[str, int]] = {sku: {} for sku in by_sku}
    units: dict[str, int] = {}
    for line in lines:
        if line.gift_of is None and line.sku in weights:
            weights[line.sku][line.line_id] = units[line.line_id] = line.quantity
    shares: dict[str, Runs] = {
        line_id: even_runs(points, units[line_id])
        for sku, whole in by_sku.items()
        for line_id, points in allocate(whole, weights[sku]).items()
    }
    return PointsPromise(promotion_id=benefit.promotion_id, points=benefit.points, shares=shares)
