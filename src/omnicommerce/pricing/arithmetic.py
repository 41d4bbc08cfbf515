"""What effects on amounts give: plain ints in, shares of the matching entries out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel, RoundingMode
from omnicommerce.pricing.effects import (
    AmountOff,
    FirstThenEach,
    Measured,
    OfferList,
    Per,
    PercentOff,
    Spread,
    Tiers,
    TotalPrice,
)
from omnicommerce.pricing.sheet import Sheet

__all__ = [
    "Shape",
    "Shares",
    "amount_off",
    "first_then_each",
    "line_through",
    "offer_list",
    "percent_off",
    "shape_of",
    "total_price",
]

Shares: TypeAlias = list[int]
"""What is taken from each matching entry, in their order."""

Shape: TypeAlias = Callable[[Sheet, list[int], list[int], list[int]], "Shares | None"]
"""From sheet, entries, the amount and the units that count of each, to shares."""


def shape_of(effect: PercentOff | AmountOff | Tiers, mode: RoundingMode) -> Shape:
    """Return the function that works an effect out from amounts and units."""
    match effect:
        case PercentOff():
            share = percent_off(effect, mode)
            return lambda _, __, amounts, units: share(amounts, units)
        case AmountOff():
            taken = partial(amount_off, effect)
            return lambda _, __, amounts, units: taken(amounts, units)
        case Tiers():
            return _tiers(effect, mode)


def percent_off(
    effect: PercentOff, mode: RoundingMode
) -> Callable[[list[int], list[int]], Shares | None]:
    """Return the function from amounts and units to a rate of them, rounded at its level."""
    rate = effect.rate
    if effect.level is RoundingLevel.ORDER:
        return lambda amounts, _: _once(rate.of(sum(amounts), mode), amounts)
    line = line_through(rate, mode)
    of = partial(_on_line, line) if line else lambda amount: rate.of(amount, mode)
    if effect.level is RoundingLevel.UNIT:
        return lambda amounts, units: [
            _by_unit(of, amount, count) for amount, count in zip(amounts, units, strict=True)
        ]
    if line is None:
        return lambda amounts, _: [rate.of(amount, mode) for amount in amounts]
    factor, offset, divisor = line
    return lambda amounts, _: [(amount * factor + offset) // divisor for amount in amounts]


def line_through(rate: Rate, mode: RoundingMode) -> tuple[int, int, int] | None:
    """Return f, o, d with ``(amount * f + o) // d`` the rounded rate, for amounts from zero."""
    n, d = rate.value.numerator, rate.value.denominator
    return {
        RoundingMode.HALF_UP: (2 * n, d, 2 * d),
        RoundingMode.HALF_DOWN: (2 * n, d - 1, 2 * d),
        RoundingMode.UP: (n, d - 1, d),
        RoundingMode.CEILING: (n, d - 1, d),
        RoundingMode.DOWN: (n, 0, d),
        RoundingMode.FLOOR: (n, 0, d),
    }.get(mode)


def _on_line(line: tuple[int, int, int], amount: int) -> int:
    factor, offset, divisor = line
    return (amount * factor + offset) // divisor


def _by_unit(of: Callable[[int], int], amount: int, units: int) -> int:
    """Return what all units give, each worked out by itself: units differ by at most one."""
    if not units:
        return 0
    each, extra = divmod(amount, units)
    return (units - extra) * of(each) + (extra * of(each + 1) if extra else 0)


def amount_off(effect: AmountOff, amounts: list[int], units: list[int]) -> Shares | None:
    """Take an amount off once, off each entry, or off each unit."""
    if effect.per is Per.ONCE:
        return _spread(effect, amounts, units)
    if effect.per is Per.PRODUCT:
        return [min(effect.amount, amount) for amount in amounts]
    return [
        _by_unit(partial(min, effect.amount), amount, count)
        for amount, count in zip(amounts, units, strict=True)
    ]


def _spread(effect: AmountOff, amounts: list[int], units: list[int]) -> Shares | None:
    if effect.spread is Spread.PROPORTIONAL:
        return _once(effect.amount, amounts)
    off = min(effect.amount, sum(amounts))
    weights = units if effect.spread is Spread.UNITS else [1] * len(amounts)
    return within(off, weights, amounts) if off else None


def _once(off: int, amounts: list[int]) -> Shares | None:
    """Spread what is taken once by the amounts, no more than there is."""
    off = min(off, sum(amounts))
    return split(off, amounts) if off else None


def within(total: int, weights: list[int], caps: list[int]) -> Shares:
    """Split by weights with no share over its cap; what is too much for all of them stays."""
    shares = [0] * len(caps)
    free = [position for position, cap in enumerate(caps) if cap > 0]
    left = min(total, sum(caps[position] for position in free))
    while left:
        parts = split(left, [weights[position] for position in free])
        over = [p for p, part in zip(free, parts, strict=True) if shares[p] + part > caps[p]]
        if not over:
            for position, part in zip(free, parts, strict=True):
                shares[position] += part
            return shares
        for position in over:
            left -= caps[position] - shares[position]
            shares[position] = caps[position]
        free = [position for position in free if shares[position] < caps[position]]
    return shares


def _tiers(effect: Tiers, mode: RoundingMode) -> Shape:
    steps = [(step.at_least, shape_of(step.effect, mode)) for step in reversed(effect.steps)]

    def reached(number: int) -> Shape | None:
        return next((shape for least, shape in steps if number >= least), None)

    if effect.by is Measured.PRODUCT:

        def each(sheet: Sheet, at: list[int], amounts: list[int], units: list[int]) -> Shares:
            shares: Shares = []
            for entry, amount, count in zip(at, amounts, units, strict=True):
                shape = reached(amount)
                share = shape(sheet, [entry], [amount], [count]) if shape else None
                shares += share or [0]
            return shares

        return each

    def together(
        sheet: Sheet, at: list[int], amounts: list[int], units: list[int]
    ) -> Shares | None:
        shape = reached(_measure(effect.by, sheet, amounts, units))
        return shape(sheet, at, amounts, units) if shape else None

    return together


def _measure(by: Measured, sheet: Sheet, amounts: list[int], units: list[int]) -> int:
    match by:
        case Measured.SPEND:
            return sheet.left_total
        case Measured.SPEND_BASE:
            return sheet.base_total
        case Measured.DELIVERY:
            return sheet.number("delivery.left", [])
        case Measured.UNITS:
            return sum(units)
        case Measured.MATCHING | Measured.PRODUCT:
            return sum(amounts)


def first_then_each(effect: FirstThenEach, sheet: Sheet, at: list[int]) -> Shares:
    """Take an amount off the first unit of each product, another off each further one."""
    shares: Shares = []
    for k in at:
        amount, units = sheet.left[k], sheet.quantities[k]
        each, extra = divmod(amount, units)
        counted = units if effect.max_units is None else min(units, effect.max_units)
        dearer = max(0, min(counted, extra) - 1)
        first = min(effect.first, each + (extra > 0))
        further = counted - 1 - dearer
        shares.append(
            first
            + dearer * min(effect.additional, each + 1)
            + further * min(effect.additional, each)
        )
    return shares


def total_price(effect: TotalPrice, amounts: list[int]) -> Shares | None:
    """Let what matches cost an amount, all of it or each entry, where that is less."""
    if effect.per is Per.PRODUCT:
        return [max(0, amount - effect.amount) for amount in amounts]
    off = sum(amounts) - effect.amount
    return split(off, amounts) if off > 0 else None


def offer_list(effect: OfferList, sheet: Sheet, at: list[int]) -> Shares | None:
    """Take the difference between what is left and what the rows of an offer list ask.

    A list that does not count here and now asks nothing.
    """
    find = sheet.offers.get(effect.list_id)
    if find is None:
        return None
    asked = sheet.offers_at(find, at)
    left = sheet.left_at(at)
    if effect.replaces:
        return [0 if price < 0 else have - price for have, price in zip(left, asked, strict=True)]
    return [
        have - price if 0 <= price < have else 0 for have, price in zip(left, asked, strict=True)
    ]
