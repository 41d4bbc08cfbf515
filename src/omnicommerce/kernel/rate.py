"""Exact rates: percentages and factors as fractions, never floats."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.rounding import RoundingMode, round_ratio

__all__ = ["Rate"]


def _exact(value: object, field: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal, Fraction)):
        raise InvalidValue(field, f"needs an exact number (int, str, Decimal), not {value!r}")
    if isinstance(value, str | Decimal) and "e" in str(value).casefold():
        raise InvalidValue(field, f"{value!r} must be written without an exponent")
    try:
        return Fraction(value)
    except (ValueError, OverflowError, InvalidOperation, ZeroDivisionError):
        raise InvalidValue(field, f"{value!r} is not a finite number") from None


@attrs.frozen(order=True)
class Rate:
    """A ratio of two integers, such as a discount, a tax or points per unit of money.

    Example:
        >>> Rate.percent("12.5")
        Rate('12.5%')
        >>> Rate.percent(10).of(1999, RoundingMode.HALF_UP)
        200
    """

    value: Fraction

    @classmethod
    def percent(cls, value: int | str | Decimal | Fraction) -> Rate:
        """Return the rate of this many per cent.

        Raises:
            InvalidValue: The value is a float, or not a finite number.
        """
        return cls(_exact(value, "percent") / 100)

    @classmethod
    def factor(cls, value: int | str | Decimal | Fraction) -> Rate:
        """Return the rate that multiplies by ``value``."""
        return cls(_exact(value, "factor"))

    def of(self, amount: int, mode: RoundingMode) -> int:
        """Return this share of an integer amount, rounded by the named mode."""
        return round_ratio(amount * self.value.numerator, self.value.denominator, mode)

    def __repr__(self) -> str:
        """Show as it would be written."""
        return f"Rate({str(self)!r})"

    def __str__(self) -> str:
        """Show as a percentage where that is exact, else as a fraction of a hundred."""
        hundred = self.value * 100
        try:
            text = f"{Decimal(hundred.numerator) / Decimal(hundred.denominator):f}"
        except InvalidOperation:
            text = str(hundred)
        if Fraction(text) != hundred:
            text = str(hundred)
        return f"{text}%"

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read ``"12.5%"`` or ``"1/3"``; the inverse of ``str``."""
        if not isinstance(text, str):
            raise InvalidValue("rate", f'must be text such as "12.5%", not {text!r}')
        stripped = text.strip()
        if stripped.endswith("%"):
            return cls.percent(stripped[:-1].strip())
        return cls.factor(stripped)
