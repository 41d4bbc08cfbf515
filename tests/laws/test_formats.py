"""Formats: what people read is exactly what was computed."""

from __future__ import annotations

from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce import i18n
from omnicommerce.kernel.currency import CURRENCIES
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure

LOCALES = st.sampled_from(["en", "en-IN", "es", "es-MX", "de-CH", "fr", "ja", "pt-BR"])


def _value(shown: str, locale: str) -> tuple[int, int]:
    """Return the digits of a formatted number as an int, and how many are decimals."""
    decimal = Locale.parse(locale, sep="-").number_symbols["latn"]["decimal"]
    number = shown.strip("\N{RIGHT-TO-LEFT MARK}")
    whole, _, rest = number.rpartition(decimal) if decimal in number else (number, "", "")
    decimals = "".join(filter(str.isdecimal, rest))
    return int("".join(filter(str.isdecimal, whole)) + decimals), len(decimals)


@given(
    st.integers(min_value=-(10**18), max_value=10**18),
    st.sampled_from(sorted(CURRENCIES)),
    LOCALES,
)
def test_formatted_money_is_exact(minor: int, code: str, locale: str) -> None:
    """Money MUST be shown to the last minor unit, with its sign, in every locale (pricing 3)."""
    currency = CURRENCIES[code]
    shown = i18n.format_money(Money(minor, currency), locale)
    symbol = i18n.format_money(Money(0, currency), locale)
    number = "".join(c for c in shown if c.isdecimal() or c in ".,")
    assert (abs(minor), currency.exponent) == _value(number.strip(".,"), locale), symbol
    assert (minor < 0) is ("-" in shown)


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(Measure), LOCALES)
def test_formatted_quantity_is_exact(amount: int, measure: Measure, locale: str) -> None:
    """A quantity MUST be shown without loss, whatever unit it is shown in."""
    shown = i18n.format_quantity(amount, measure, locale)
    number = "".join(c for c in shown if c.isdecimal() or c in ".,").strip(".,")
    digits, decimals = _value(number, locale)
    smallest = digits * 1000 // 10**decimals
    factors = {1: 1000, 10: 100, 1000: 1}
    assert amount * 1000 in {smallest * factor for factor in factors}
