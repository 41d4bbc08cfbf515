"""What a promotion can give at most, whatever the others do: never less than it gives.

Others leave it less, take units away, or split the units of a product. So what
it gives of prices before promotions is no bound in general: a promotion that
rewards the cheapest units gives more once somebody else has used those up.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from omnicommerce.kernel.rounding import RoundingLevel, RoundingMode
from omnicommerce.pricing.effects import (
    AmountOff,
    BundlePrice,
    BuyGet,
    Choice,
    Effect,
    FirstThenEach,
    GroupOff,
    Per,
    PercentOff,
    SetPrice,
    Tiers,
    TotalPrice,
)
from omnicommerce.pricing.rules import Rule
from omnicommerce.pricing.sets import chosen
from omnicommerce.pricing.sheet import Sheet

__all__ = ["most_of"]


def most_of(
    rule: Rule, sheet: Sheet, at: Sequence[int], mode: RoundingMode, *, is_taxed: bool
) -> int:
    """Return what a rule gives at most, in minor units.

    Args:
        rule: One that takes money off.
        sheet: Prices before promotions.
        at: The entries it matches.
        mode: How rates are rounded.
        is_taxed: Whether amounts may be meant with tax where prices are without.
    """
    promotion = rule.promotion
    amounts = [sheet.base[k] for k in at]
    units = [sheet.quantities[k] for k in at]
    total = sum(amounts)
    bound = total
    if not is_taxed:
        dearest = amounts, units
        if promotion.max_units is not None:
            dearest = chosen(amounts, units, promotion.max_units, Choice.DEAREST)
        pieces = sum(units) if promotion.limits_units else 0
        bound = min(total, _most_of(promotion.effect, *dearest, mode, pieces))
    return bound if promotion.cap is None else min(bound, promotion.cap)


def _most_of(
    effect: Effect, amounts: list[int], units: list[int], mode: RoundingMode, pieces: int
) -> int:
    """Return what an effect takes at most off units that cost so much.

    Args:
        effect: Any but those that give no money.
        amounts: What the units cost, by entry.
        units: How many they are.
        mode: How rates are rounded.
        pieces: Into how many parts with a rounding of its own each products may fall; 0: none.
    """
    found = total = sum(amounts)
    match effect:
        case PercentOff():
            parts = sum(units) if pieces or effect.level is RoundingLevel.UNIT else 0
            found = _percent(effect, amounts, mode, parts)
        case AmountOff(amount, per):
            times = {Per.ONCE: 1, Per.PRODUCT: len(amounts), Per.UNIT: sum(units)}[per]
            found = amount * times
        case FirstThenEach(first, additional):
            found = max(first, additional) * sum(units)
        case TotalPrice(amount, per):
            often = [total] if per is Per.ONCE else amounts
            found = sum(max(0, each - amount) for each in often)
        case Tiers(_, steps):
            found = max(_most_of(step.effect, amounts, units, mode, pieces) for step in steps)
        case GroupOff(effect=inner):
            found = _most_of(inner, amounts, units, mode, sum(units))
        case BuyGet() if effect.bought is None:
            found = _of_rewards(effect, amounts, units)
        case SetPrice(per, amount):
            found = _of_sets(Fraction(amount, per), amounts, units)
        case BundlePrice(parts, amount):
            size = sum(part.units for part in parts)
            found = _of_sets(Fraction(amount, size), amounts, units)
        case _:
            pass
    return found


def _percent(effect: PercentOff, amounts: list[int], mode: RoundingMode, parts: int) -> int:
    """Return a share of amounts, each rounded in so many parts at most; 0: in none."""
    if parts:
        return _share(effect.rate.value, sum(amounts), parts)
    pieces = [sum(amounts)] if effect.level is RoundingLevel.ORDER else amounts
    return sum(effect.rate.of(piece, mode) for piece in pieces)


def _share(rate: Fraction, total: int, pieces: int) -> int:
    """Return a share of an amount that is rounded so often, up each time."""
    return int(rate * total) + (0 if rate == 1 else pieces)


def _of_rewards(effect: BuyGet, amounts: list[int], units: list[int]) -> int:
    sets = sum(units) // (effect.buy + effect.get)
    if effect.max_repeats is not None:
        sets = min(sets, effect.max_repeats)
    values, _ = chosen(amounts, units, sets * effect.get, Choice.DEAREST)
    if effect.amount is not None:
        return min(sum(values), effect.amount * sets * effect.get)
    return _share(effect.rate.value, sum(values), sets * effect.get)


def _of_sets(each: Fraction, amounts: list[int], units: list[int]) -> int:
    """Return what units cost above their part of a set's price, those that cost less aside."""
    above = Fraction(0)
    for amount, count in zip(amounts, units, strict=True):
        dear = amount - amount // count * count
        for value, number in ((amount // count, count - dear), (amount // count + 1, dear)):
            above += max(Fraction(0), value - each) * number
    return -int(-above // 1)
