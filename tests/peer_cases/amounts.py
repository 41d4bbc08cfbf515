"""From the texts of the cases to exact numbers: nothing here is ever a float."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import attrs

from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode, round_ratio

__all__ = ["Scale", "count", "most", "percent", "rounded"]

_HUNDRED = Fraction(100)


def rounded(exact: Fraction) -> int:
    """Return the nearest whole number, halves away from zero."""
    return round_ratio(exact.numerator, exact.denominator, RoundingMode.HALF_UP)


def count(value: str | int) -> int:
    """Return a whole number, however it is written."""
    return math.ceil(Fraction(value))


def most(value: str | int | None) -> int | None:
    """Return a limit, however it is written; None: there is none."""
    return None if value is None else count(value)


def percent(text: str) -> Rate | None:
    """Return a reduction of so many per cent; None: of nothing. More than all of it is all."""
    value = min(Fraction(text), _HUNDRED)
    return Rate.percent(value) if value > 0 else None


@attrs.frozen
class Scale:
    """How many decimals the amounts of a currency have: two, none for the yen.

    Example:
        >>> Scale.of("EUR").minor("19.99"), Scale.of("JPY").minor("15.00")
        (1999, 15)
    """

    decimals: int

    @classmethod
    def of(cls, currency: str) -> Scale:
        """Return the scale of a currency."""
        return cls(0 if currency == "JPY" else 2)

    @property
    def parts(self) -> int:
        """Return how many minor units a major one has."""
        return int(f"1{'0' * self.decimals}")

    def exact(self, text: str) -> Fraction:
        """Return minor units, perhaps with a part of one."""
        return Fraction(text) * self.parts

    def minor(self, text: str) -> int:
        """Return minor units, rounded to whole ones."""
        return rounded(self.exact(text))

    def at_least(self, text: str) -> int:
        """Return the smallest whole amount that reaches this one."""
        return math.ceil(self.exact(text))

    def above(self, text: str) -> int:
        """Return the smallest whole amount that is more than this one."""
        return math.floor(self.exact(text)) + 1

    def text(self, minor: int) -> str:
        """Return whole minor units as they are written in the cases."""
        return str(Decimal(minor).scaleb(-self.decimals))
