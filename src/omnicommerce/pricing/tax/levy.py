"""A levy: all the taxes on one class of goods, compiled to integer ratios of the amount."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RemainderSide, Rounding
from omnicommerce.pricing.tax.arithmetic import parted, rounded

__all__ = ["Levied", "Levy", "RateKey", "by_unit", "line_taxes", "make_levy"]


class RateKey(NamedTuple):
    """What a tax is called and the rate it has, as receipts list it."""

    name: str
    rate: Rate


class Levy(NamedTuple):
    """Ratios of an amount: tax number *k* is the amount times ``numerators[k] / denominator``.

    Attributes:
        includes_tax: Whether the amounts hold the taxes.
        keys: The taxes, in canonical order.
        numerators: Their parts of the denominator.
        denominator: What the amount is cut into.
        effective: The rates on the amount without tax, those on top of others worked out.
        contained: The sum of the rates that prices hold, at home or at the destination.
        factor: What an entered amount is multiplied by first; None: it stays.
        together: Whether the sum is rounded and then split, as an average rate is.
        weights: Which part of the amount without tax each tax is levied on, and the
            whole; None: each on all of it.
    """

    includes_tax: bool
    keys: tuple[RateKey, ...]
    numerators: tuple[int, ...]
    denominator: int
    effective: tuple[Fraction, ...]
    contained: Fraction
    factor: Fraction | None
    together: bool = False
    weights: tuple[tuple[int, ...], int] | None = None

    @property
    def net_numerator(self) -> int:
        """The part of the denominator that is the amount without tax."""
        return self.denominator - (sum(self.numerators) if self.includes_tax else 0)


class Levied(NamedTuple):
    """Amounts under one levy, and where they stand in the order."""

    levy: Levy
    positions: Sequence[int]
    amounts: Sequence[int]


def make_levy(
    charged: Mapping[RateKey, Fraction],
    contained: Fraction,
    *,
    includes_tax: bool,
    weights: tuple[tuple[int, ...], int] | None = None,
) -> Levy:
    """Return the levy of some effective rates.

    Args:
        charged: The rates that are charged on the amount without tax.
        contained: The sum of the rates that an amount with tax holds.
        includes_tax: Whether amounts hold tax.
        weights: Which part each tax is levied on, where the rates are an average.
    """
    total = sum(charged.values(), Fraction(0))
    parts = math.lcm(*[value.denominator for value in charged.values()])
    numerators = tuple(int(value * parts) for value in charged.values())
    factor = (1 + total) / (1 + contained) if includes_tax and total != contained else None
    return Levy(
        includes_tax=includes_tax,
        keys=tuple(charged),
        numerators=numerators,
        denominator=parts + (sum(numerators) if includes_tax else 0),
        effective=tuple(charged.values()),
        contained=contained,
        factor=factor,
        together=weights is not None,
        weights=weights,
    )


def line_taxes(levy: Levy, amounts: Sequence[int], rounding: Rounding) -> list[list[int]]:
    """Return the taxes of each amount, rounded once for each: a column for each tax.

    The taxes of an amount that holds them never exceed it.
    """
    if not levy.keys:
        return []
    net_first = levy.includes_tax and rounding.remainder is RemainderSide.TAX
    if net_first or levy.together:
        return _split_taxes(levy, amounts, rounding, net_first=net_first)
    columns = [
        rounded(amounts, numerator, levy.denominator, rounding.mode)
        for numerator in levy.numerators
    ]
    if levy.includes_tax and len(columns) > 1:
        _cut(columns, amounts, levy.numerators)
    return columns


def _split_taxes(
    levy: Levy, amounts: Sequence[int], rounding: Rounding, *, net_first: bool
) -> list[list[int]]:
    """Round the net, or the sum of the taxes, and split the taxes by their rates."""
    if net_first:
        nets = rounded(amounts, levy.net_numerator, levy.denominator, rounding.mode)
        totals = [amount - net for amount, net in zip(amounts, nets, strict=True)]
    else:
        totals = rounded(amounts, sum(levy.numerators), levy.denominator, rounding.mode)
    if len(levy.keys) == 1:
        return [totals]
    rows = [parted(total, levy.numerators) for total in totals]
    return [[row[k] for row in rows] for k in range(len(levy.keys))]


def _cut(columns: list[list[int]], amounts: Sequence[int], weights: tuple[int, ...]) -> None:
    """Cut taxes that rounding made more than the amount that holds them: of a cent or two."""
    for position, amount in enumerate(amounts):
        if abs(sum([column[position] for column in columns])) > abs(amount):
            for column, share in zip(columns, parted(amount, weights), strict=True):
                column[position] = share


def by_unit(
    compute: Callable[[list[int]], list[list[int]]],
    amounts: Sequence[int],
    quantities: Sequence[int],
) -> list[list[int]]:
    """Return columns computed for each unit of an even split, and summed over the units.

    An even split has two kinds of units only, so the work does not grow with them.
    """
    lows: list[int] = []
    highs: list[int] = []
    extras: list[int] = []
    for amount, quantity in zip(amounts, quantities, strict=True):
        each, extra = divmod(abs(amount), quantity)
        sign = -1 if amount < 0 else 1
        lows.append(sign * each)
        highs.append(sign * (each + 1))
        extras.append(extra)
    return [
        [
            (quantity - extra) * one + extra * other
            for one, other, extra, quantity in zip(low, high, extras, quantities, strict=True)
        ]
        for low, high in zip(compute(lows), compute(highs), strict=True)
    ]
