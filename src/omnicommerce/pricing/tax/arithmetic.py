"""Exact rates on whole minor units: tax on top, tax inside, tax elsewhere, and cash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode, round_ratio

__all__ = [
    "CashPayable",
    "at_destination",
    "cash_payable",
    "parted",
    "rounded",
    "with_tax",
    "without_tax",
]


def with_tax(minor: int, rates: Iterable[Rate], mode: RoundingMode) -> int:
    """Return an amount without tax together with its taxes, each rounded.

    Args:
        minor: Minor units without tax, of either sign.
        rates: What is levied on it, as `TaxTable.rates_of` returns it.
        mode: How each tax is rounded.

    Example:
        >>> with_tax(3499, [Rate.percent(4), Rate.percent("4.5")], RoundingMode.HALF_UP)
        3796
    """
    return minor + sum([rate.of(minor, mode) for rate in rates])


def without_tax(minor: int, rates: Iterable[Rate], mode: RoundingMode) -> int:
    """Return an amount that holds taxes without them, each rounded: the net is the rest.

    Args:
        minor: Minor units with tax, of either sign.
        rates: What is in it, as `TaxTable.rates_of` returns it.
        mode: How each tax is rounded.

    Example:
        >>> without_tax(3499, [Rate.percent(21)], RoundingMode.HALF_UP)
        2892
    """
    values = [rate.value for rate in rates]
    whole = 1 + sum(values)
    return minor - sum([_share(minor, value / whole, mode) for value in values])


def at_destination(
    minor: int, home: Iterable[Rate], destination: Iterable[Rate], mode: RoundingMode
) -> int:
    """Return what a price that holds the home tax is with the destination's, at the same net.

    The exact net price, with the destination's taxes on it, is rounded once.

    Args:
        minor: Minor units with the tax of home, of either sign.
        home: The rates that the amount holds.
        destination: The rates that it shall hold.
        mode: How the result is rounded.

    Example:
        >>> at_destination(12100, [Rate.percent(21)], [Rate.percent(25)], RoundingMode.HALF_UP)
        12500
    """
    there = 1 + sum([rate.value for rate in destination])
    here = 1 + sum([rate.value for rate in home])
    return _share(minor, Fraction(there, here), mode)


class CashPayable(NamedTuple):
    """What is paid in cash, and how far that is from what is owed; no price is touched."""

    minor: int
    difference: int


def cash_payable(minor: int, step: int, mode: RoundingMode) -> CashPayable:
    """Return what is paid where the smallest coin is ``step`` minor units.

    Prices and taxes stay as they are: the difference is an item of the till's own, above
    zero where the customer pays more than is owed.

    Args:
        minor: What is owed in cash, in minor units; below zero it is change or a refund.
        step: The smallest coin in minor units, such as 5 in Switzerland.
        mode: How it is rounded.

    Raises:
        InvalidValue: The step is less than one minor unit.

    Example:
        >>> cash_payable(1998, 5, RoundingMode.HALF_UP)
        CashPayable(minor=2000, difference=2)
    """
    if type(step) is not int or step < 1:
        raise InvalidValue("step", f"must be at least 1 minor unit, not {step!r}")
    payable = round_ratio(minor, step, mode) * step
    return CashPayable(payable, payable - minor)


def rounded(
    amounts: Sequence[int], numerator: int, denominator: int, mode: RoundingMode
) -> list[int]:
    """Return each amount times a ratio of zero or more, rounded as `round_ratio` does.

    Example:
        >>> rounded([100, 99, -99], 21, 121, RoundingMode.HALF_UP)
        [17, 17, -17]
    """
    line = _line_through(numerator, denominator, mode)
    if line is None or min(amounts, default=0) < 0:
        return [round_ratio(amount * numerator, denominator, mode) for amount in amounts]
    factor, offset, divisor = line
    return [(amount * factor + offset) // divisor for amount in amounts]


def parted(total: int, weights: Sequence[int]) -> list[int]:
    """Split an amount of either sign by weights, a refund being the mirror of its sale.

    Example:
        >>> parted(-10, [1, 1, 1])
        [-4, -3, -3]
    """
    shares = split(abs(total), weights)
    return [-share for share in shares] if total < 0 else shares


def _line_through(
    numerator: int, denominator: int, mode: RoundingMode
) -> tuple[int, int, int] | None:
    """Return f, o, d with ``(amount * f + o) // d`` the rounded share, for amounts from zero."""
    if mode is RoundingMode.HALF_UP:
        return 2 * numerator, denominator, 2 * denominator
    if mode is RoundingMode.HALF_DOWN:
        return 2 * numerator, denominator - 1, 2 * denominator
    if mode in {RoundingMode.UP, RoundingMode.CEILING}:
        return numerator, denominator - 1, denominator
    if mode in {RoundingMode.DOWN, RoundingMode.FLOOR}:
        return numerator, 0, denominator
    return None


def _share(minor: int, ratio: Fraction, mode: RoundingMode) -> int:
    return round_ratio(minor * ratio.numerator, ratio.denominator, mode)
