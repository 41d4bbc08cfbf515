"""Money: whole minor units of one currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeVar

import attrs

from omnicommerce.kernel.allocation import allocate
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RemainderSide, Rounding, RoundingMode

__all__ = ["Money", "split_gross"]

K = TypeVar("K")


def _whole(_: object, __: object, value: Any) -> None:
    if type(value) is not int:
        raise InvalidValue("minor", f"must be a whole number of minor units (int), not {value!r}")


def _currency(_: object, __: object, value: Any) -> None:
    if type(value) is not Currency:
        raise InvalidValue("currency", f"must be a Currency, not {value!r}; use Currency.of(code)")


@attrs.frozen
class Money:
    """An integer amount of minor units in one currency.

    Two currencies never meet: adding or comparing them is `InvalidValue`.
    Floats are refused everywhere. What loses precision names its rounding.

    Args:
        minor: Minor units (cents, yen, fils), of either sign.
        currency: Its currency.

    Example:
        >>> price = Money.of("19.99", "EUR")
        >>> price + price
        Money('39.98 EUR')
        >>> price.minor
        1999
    """

    minor: int = attrs.field(validator=_whole)
    currency: Currency = attrs.field(validator=_currency)

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str | Currency) -> Money:
        """Read an amount in major units, such as ``"19.99"``.

        Raises:
            InvalidValue: A float, not a finite number, finer than the currency's
                minor unit, or an unknown currency.
        """
        unit = Currency.of(currency)
        if isinstance(amount, bool) or not isinstance(amount, (str, int, Decimal)):
            raise InvalidValue("amount", f"needs str, int or Decimal, never a float: {amount!r}")
        try:
            exact = Decimal(amount)
        except InvalidOperation:
            raise InvalidValue("amount", f"{amount!r} is not a number") from None
        if not exact.is_finite():
            raise InvalidValue("amount", f"{amount!r} is not a finite number")
        sign, digits, power = exact.as_tuple()
        shift = int(power) + unit.exponent
        if shift > _LARGEST_SHIFT:
            raise InvalidValue("amount", f"{amount!r} is absurdly large")
        minor = int("".join(map(str, digits)))
        if shift >= 0:
            minor *= 10**shift
        else:
            minor, finer = divmod(minor, 10**-shift)
            if finer:
                raise InvalidValue("amount", f"{amount!r} is finer than the minor unit of {unit}")
        return cls(-minor if sign else minor, unit)

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read ``"19.99 EUR"``; the inverse of ``str``."""
        amount, _, code = str(text).partition(" ")
        if not amount or not code:
            raise InvalidValue("money", f'must be text such as "19.99 EUR", not {text!r}')
        return cls.of(amount, code)

    @classmethod
    def zero(cls, currency: str | Currency) -> Money:
        """Return no money, in this currency."""
        return cls(0, Currency.of(currency))

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str | Currency) -> Money:
        """Sum amounts of one currency; nothing sums to zero."""
        zero = cls.zero(currency)
        return sum(amounts, zero)

    def _same(self, other: Money) -> int:
        if type(other) is not Money:
            raise InvalidValue("money", f"cannot meet {other!r}")
        if other.currency is not self.currency and other.currency != self.currency:
            raise InvalidValue("currency", f"{self.currency} cannot meet {other.currency}")
        return other.minor

    def __add__(self, other: Money) -> Money:
        """Add an amount of the same currency."""
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Subtract an amount of the same currency."""
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> Money:
        """Multiply by a whole number; a `Rate` goes through `share` with its rounding."""
        if type(times) is not int:
            raise InvalidValue("times", f"must be an int, not {times!r}; use share() for a Rate")
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        """Return the same size with the other sign."""
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        """Return the size without sign."""
        return Money(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        """Tell whether there is any money."""
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        """Compare amounts of the same currency."""
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        """Compare amounts of the same currency."""
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        """Compare amounts of the same currency."""
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        """Compare amounts of the same currency."""
        return self.minor >= self._same(other)

    def share(self, rate: Rate, rounding: RoundingMode) -> Money:
        """Return this rate of the amount, rounded by the named mode."""
        return Money(rate.of(self.minor, rounding), self.currency)

    def allocate(self, weights: Mapping[K, int]) -> dict[K, Money]:
        """Split exactly in proportion to the weights; see `omnicommerce.kernel.allocation`."""
        shares = allocate(self.minor, weights)
        return {key: Money(share, self.currency) for key, share in shares.items()}

    @property
    def amount(self) -> Decimal:
        """The amount in major units, for display and interchange."""
        return Decimal(self.minor).scaleb(-self.currency.exponent)

    def __str__(self) -> str:
        """Show as ``19.99 EUR``; people get it from ``omnicommerce.i18n`` in their locale."""
        sign = "-" if self.minor < 0 else ""
        digits = str(abs(self.minor)).rjust(self.currency.exponent + 1, "0")
        if self.currency.exponent:
            digits = f"{digits[: -self.currency.exponent]}.{digits[-self.currency.exponent :]}"
        return f"{sign}{digits} {self.currency.code}"

    def __repr__(self) -> str:
        """Show as it would be written."""
        return f"Money({str(self)!r})"


def split_gross(gross: Money, rate: Rate, rounding: Rounding) -> tuple[Money, Money]:
    """Split a gross amount into net and tax, which always sum to it.

    One of them is computed exactly and rounded by ``rounding.mode``; the other,
    ``rounding.remainder``, is what is left.

    Args:
        gross: What the customer pays, tax included, of either sign.
        rate: The tax rate, such as ``Rate.percent(21)``.
        rounding: The shop's policy.

    Raises:
        InvalidValue: The rate is negative.

    Example:
        >>> net, tax = split_gross(Money.of("0.99", "EUR"), Rate.percent(21), Rounding())
        >>> str(net), str(tax)
        ('0.82 EUR', '0.17 EUR')
    """
    if rate.value < 0:
        raise InvalidValue("rate", f"a tax rate must be zero or more, not {rate}")
    part = rate.value if rounding.remainder is RemainderSide.NET else Fraction(1)
    computed = gross.share(Rate(part / (1 + rate.value)), rounding.mode)
    if rounding.remainder is RemainderSide.NET:
        return gross - computed, computed
    return computed, gross - computed


_LARGEST_SHIFT = 30
