"""Effects on plain ints: from what is left of each matching entry to its share."""

from __future__ import annotations

from collections.abc import Callable

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel, RoundingMode
from omnicommerce.pricing.effects import BuyGet, OfferList, PercentOff, Remainder, SetPrice
from omnicommerce.pricing.rows import CompiledRow
from omnicommerce.pricing.sheet import Sheet

__all__ = ["amount_off", "buy_get", "offer_list", "percent_off", "set_price"]


def percent_off(
    effect: PercentOff, mode: RoundingMode
) -> Callable[[Sheet, list[int]], list[int] | None]:
    """Return the function that takes a rate off each entry, or once off all of them."""
    if effect.level is RoundingLevel.ORDER:
        return lambda sheet, at: amount_off(
            effect.rate.of(sum([sheet.left[k] for k in at]), mode), sheet, at
        )
    line = _line_through(effect.rate, mode)
    if line is None:
        return lambda sheet, at: [effect.rate.of(sheet.left[k], mode) for k in at]
    factor, offset, divisor = line

    def apply(sheet: Sheet, at: list[int]) -> list[int]:
        left = sheet.left
        return [(left[k] * factor + offset) // divisor for k in at]

    return apply


def _line_through(rate: Rate, mode: RoundingMode) -> tuple[int, int, int] | None:
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


def amount_off(amount: int, sheet: Sheet, at: list[int]) -> list[int] | None:
    """Take an amount off once, spread by what is left."""
    left = sheet.left if len(at) == len(sheet.left) else [sheet.left[k] for k in at]
    off = min(amount, sum(left))
    return split(off, left) if off else None


def buy_get(effect: BuyGet, mode: RoundingMode, sheet: Sheet, at: list[int]) -> list[int] | None:
    """Reward the cheapest of the matching units, ``get`` of each complete set."""
    sets = sum([sheet.quantities[k] for k in at]) // (effect.buy + effect.get)
    if effect.max_repeats is not None:
        sets = min(sets, effect.max_repeats)
    if not sets:
        return None
    values = _taken(sheet, at, sets * effect.get)
    if effect.rate.value == 1:
        return values
    return [effect.rate.of(value, mode) for value in values]


def set_price(effect: SetPrice, sheet: Sheet, at: list[int]) -> list[int] | None:
    """Let sets of the matching units cost their amount, where that is less."""
    units = sum([sheet.quantities[k] for k in at])
    if effect.remainder is Remainder.REGULAR:
        sets = units // effect.per
        values = _taken(sheet, at, sets * effect.per, dearest=True)
        price = sets * effect.amount
    else:
        values = [sheet.left[k] for k in at]
        whole = effect.remainder is Remainder.WHOLE_SET
        price = sheet.amount(CompiledRow(effect.amount, effect.per, whole, None), units)
    off = sum(values) - price
    return split(off, values) if off > 0 else None


def _taken(sheet: Sheet, at: list[int], wanted: int, *, dearest: bool = False) -> list[int]:
    """Return what the cheapest (or dearest) ``wanted`` units are worth, by entry.

    What is left of an entry is shared evenly by its units, to the minor unit.
    """
    if len(at) == 1 and not dearest:
        quantity = sheet.quantities[at[0]]
        each, extra = divmod(sheet.left[at[0]], quantity)
        return [each * wanted + max(0, wanted - quantity + extra)]
    runs: list[tuple[int, int, int]] = []
    for slot, k in enumerate(at):
        quantity = sheet.quantities[k]
        each, extra = divmod(sheet.left[k], quantity)
        runs.append((each, slot, quantity - extra))
        if extra:
            runs.append((each + 1, slot, extra))
    if len(runs) > 1:
        runs.sort(key=lambda run: (-run[0], run[1]) if dearest else run)
    values = [0] * len(at)
    for each, slot, units in runs:
        count = min(units, wanted)
        values[slot] += each * count
        wanted -= count
        if not wanted:
            break
    return values


def offer_list(effect: OfferList, sheet: Sheet, at: list[int]) -> list[int]:
    """Take the difference between what is left and what the rows of an offer list ask."""
    asked = sheet.offers_at(sheet.offers[effect.list_id], at)
    left = sheet.left if len(at) == len(sheet.left) else [sheet.left[k] for k in at]
    if effect.replaces:
        return [0 if price < 0 else have - price for have, price in zip(left, asked, strict=True)]
    return [
        have - price if 0 <= price < have else 0 for have, price in zip(left, asked, strict=True)
    ]
