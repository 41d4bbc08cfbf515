"""Exact rates on whole minor units, in currencies of any exponent, and cash."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money, split_gross
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RemainderSide, Rounding, RoundingMode, round_ratio
from omnicommerce.pricing.tax import TaxConfiguration, TaxedAmount, cash_payable
from omnicommerce.pricing.tax.arithmetic import parted, rounded
from tests.pricing.tax.make import rate, tax

MODES = st.sampled_from(RoundingMode)


@given(
    st.lists(st.integers(-(10**6), 10**6), max_size=6),
    st.integers(0, 500),
    st.integers(1, 500),
    MODES,
)
def test_a_column_is_rounded_as_each_amount(
    amounts: list[int], numerator: int, denominator: int, mode: RoundingMode
) -> None:
    """The fast way gives what the plain one gives, for every mode and sign."""
    expected = [round_ratio(amount * numerator, denominator, mode) for amount in amounts]
    assert rounded(amounts, numerator, denominator, mode) == expected


@given(st.integers(-(10**6), 10**6), st.lists(st.integers(0, 99), min_size=1, max_size=5))
def test_parts_of_either_sign(total: int, weights: list[int]) -> None:
    """Pricing 1: parts sum to the whole, and those of its negative are their mirror."""
    parts = parted(total, weights)
    assert sum(parts) == total
    assert parted(-total, weights) == [-part for part in parts]


@pytest.mark.parametrize(
    ("currency", "amount", "percent", "net", "tax_amount"),
    [
        ("JPY", "1080", 8, "1000 JPY", "80 JPY"),
        ("JPY", "999", 10, "908 JPY", "91 JPY"),
        ("BHD", "10.999", 10, "9.999 BHD", "1.000 BHD"),
        ("BHD", "0.005", 10, "0.005 BHD", "0.000 BHD"),
        ("EUR", "9.99", 21, "8.26 EUR", "1.73 EUR"),
    ],
)
def test_exponents(currency: str, amount: str, percent: int, net: str, tax_amount: str) -> None:
    """Pricing 7: tax is rounded to the minor unit of its currency: yen, cents and fils."""
    minor = Money.of(amount, currency).minor
    configuration = TaxConfiguration(rates=[rate(percent)])
    result = tax(configuration, [TaxedAmount("1", minor)], currency=currency)
    assert (str(result.net_amount), str(result.tax_amount)) == (net, tax_amount)
    assert str(result.gross_amount) == str(Money.of(amount, currency))
    item = result.items[0]
    assert (item.net_amount, item.tax_amount, item.gross_amount) == (
        result.net_amount,
        result.tax_amount,
        result.gross_amount,
    )


@given(
    st.integers(0, 10**6),
    st.fractions(0, 1, max_denominator=1000),
    MODES,
    st.sampled_from(RemainderSide),
)
def test_one_tax_is_split_gross(
    minor: int, value: Fraction, mode: RoundingMode, side: RemainderSide
) -> None:
    """Pricing 9: one tax in one amount is what the kernel's own split of a gross amount says."""
    rounding = Rounding(mode=mode, remainder=side)
    configuration = TaxConfiguration(rates=[rate(value * 100)], rounding=rounding)
    result = tax(configuration, [TaxedAmount("1", minor)])
    expected = split_gross(Money(minor, Currency.of("EUR")), Rate(value), rounding)
    assert (result.net_amount, result.tax_amount) == expected


class TestCash:
    """Coins are coarser than minor units: what is paid is rounded, and no price is."""

    @pytest.mark.parametrize(
        ("minor", "step", "payable"),
        [(1997, 5, 1995), (1998, 5, 2000), (1998, 1, 1998), (12, 100, 0), (-1998, 5, -2000)],
    )
    def test_payable(self, minor: int, step: int, payable: int) -> None:
        """Swiss francs go by five, Swedish crowns by a hundred; change mirrors payment."""
        assert cash_payable(minor, step, RoundingMode.HALF_UP) == (payable, payable - minor)

    @given(st.integers(-(10**6), 10**6), st.integers(1, 100), MODES)
    def test_difference(self, minor: int, step: int, mode: RoundingMode) -> None:
        """Pricing 40: what is paid is a multiple of the step, less than a step off, and told."""
        payable, difference = cash_payable(minor, step, mode)
        assert payable % step == 0
        assert payable == minor + difference
        assert abs(difference) < step

    @pytest.mark.parametrize("step", [0, -5, 0.05, True])
    def test_bad_input(self, step: int) -> None:
        """There are no coins of nothing."""
        with pytest.raises(InvalidValue):
            cash_payable(100, step, RoundingMode.HALF_UP)
