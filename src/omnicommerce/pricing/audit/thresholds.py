"""At which quantities and amounts the effect of a promotion can change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from omnicommerce.pricing.audit.logic import Conjunction
from omnicommerce.pricing.effects import (
    BundlePrice,
    BuyGet,
    FirstThenEach,
    GroupOff,
    Measured,
    PercentOff,
    SetPrice,
    Tiers,
)
from omnicommerce.pricing.promotions import Promotion

__all__ = ["about", "bundle_repeats", "quantities", "set_size", "spends"]

_SMALL = (1, 2, 3)


def set_size(promotion: Promotion) -> int:
    """Return how many matching units a promotion works on at a time.

    Example:
        >>> set_size(Promotion(promotion_id="three-for-two", effect=BuyGet(2)))
        3
    """
    effect = promotion.effect
    match effect:
        case BuyGet() if effect.bought is None:
            return effect.buy + effect.get
        case BuyGet():
            return effect.get
        case SetPrice(per):
            return per
        case GroupOff(size):
            return size
        case _:
            return 1


def quantities(promotion: Promotion, *, most: int = 1_000) -> tuple[int, ...]:
    """Return the numbers of matching units to try: about each limit, and small ones."""
    found: set[int] = set(_SMALL)
    for limit in _limits(promotion):
        found.update((limit - 1, limit, limit + 1))
    return tuple(sorted(quantity for quantity in found if 0 < quantity <= most))


def _limits(promotion: Promotion) -> Iterator[int]:
    size, effect = set_size(promotion), promotion.effect
    yield from (size, 2 * size)
    repeats = getattr(effect, "max_repeats", None)
    if repeats is not None:
        yield from (size * repeats, size * (repeats + 1))
    for limit in (promotion.max_units, promotion.max_units_each):
        if limit is not None:
            yield limit
    if isinstance(effect, FirstThenEach) and effect.max_units is not None:
        yield effect.max_units
    inner = effect.effect if isinstance(effect, GroupOff) else effect
    if isinstance(inner, Tiers) and inner.by is Measured.UNITS:
        yield from (step.at_least for step in inner.steps)


def bundle_repeats(effect: BundlePrice) -> tuple[int, ...]:
    """Return how many bundles to try."""
    limit = effect.max_repeats
    return (1, 2) if limit is None else tuple(sorted({1, 2, limit, limit + 1}))


def spends(promotion: Promotion, way: Conjunction) -> tuple[int, ...]:
    """Return the amounts, in minor units, about which something can change."""
    found = {
        limit
        for numbers in (way.least, way.below)
        for fact, limit in numbers.items()
        if _is_money(fact if isinstance(fact, str) else fact[0])
    }
    effect = promotion.effect
    inner = effect.effect if isinstance(effect, GroupOff) else effect
    if isinstance(inner, Tiers) and inner.by is not Measured.UNITS:
        found |= {step.at_least for step in inner.steps}
    found |= set(_spend_at_caps(promotion))
    return tuple(sorted(found))


def _is_money(fact: str) -> bool:
    return not fact.startswith("history") and (".base" in fact or ".left" in fact)


def _spend_at_caps(promotion: Promotion) -> Iterator[int]:
    """Yield from which spend on a percentage would give more than its caps."""
    rates = list(_rates(promotion.effect))
    for cap in (promotion.cap, promotion.budget, promotion.budget_per_customer):
        if cap is not None:
            yield cap
            yield from (-int(-Fraction(cap) // rate) for rate in rates)


def _rates(effect: object) -> Iterator[Fraction]:
    if isinstance(effect, (PercentOff, BuyGet)):
        yield effect.rate.value
    elif isinstance(effect, Tiers):
        for step in effect.steps:
            yield from _rates(step.effect)
    elif isinstance(effect, GroupOff):
        yield from _rates(effect.effect)


def about(limits: Iterable[int]) -> tuple[int, ...]:
    """Return each limit with its neighbours, from 1 on."""
    return tuple(sorted({n for limit in limits for n in (limit - 1, limit, limit + 1) if n > 0}))
