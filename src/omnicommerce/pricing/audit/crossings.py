"""Baskets that one unit lifts over an amount that a promotion asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from omnicommerce.pricing.audit.bench import Case
from omnicommerce.pricing.audit.inquiry import Inquiry
from omnicommerce.pricing.audit.recipes import Units
from omnicommerce.pricing.audit.thresholds import spends
from omnicommerce.pricing.promotions import Promotion

__all__ = ["crossings"]


def crossings(inquiry: Inquiry, promotion: Promotion) -> Iterator[Case]:
    """Yield baskets that a cheap unit lifts over an amount."""
    for lens in inquiry.lenses[:1]:
        for way in inquiry.streams.ways(promotion.when, lens)[:2]:
            situation = inquiry.streams.situated(way, inquiry.streams.grounds[0])
            if situation is None:
                continue
            cook = inquiry.streams.cook(situation, lens)
            pool = cook.pieces(promotion.on)
            for limit in spends(promotion, way):
                for units in _crossing(pool, cook.prices, limit):
                    for case in inquiry.streams.dressed(
                        cook.filled(units), promotion, way, situation
                    ):
                        yield Case(case.basket, lens.situation(case.situation))


def _crossing(
    pool: tuple[str, ...], prices: Callable[[str], int | None], limit: int
) -> Iterator[Units]:
    """Yield units of one product up to just below the amount, and the cheapest that is enough."""
    for dear in pool:
        price = prices(dear) or 0
        count = (limit - 1) // price if price else 0
        missing = limit - count * price
        cheap = [sku for sku in pool if (prices(sku) or 0) >= missing]
        if count and cheap:
            smallest = min(cheap, key=lambda sku: (prices(sku) or 0, sku))
            yield Counter({dear: count}) + Counter({smallest: 1})
