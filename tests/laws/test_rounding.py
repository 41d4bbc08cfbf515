"""The laws of rounding, and of net and tax: pricing invariant 9 of the research."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money, split_gross
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RemainderSide, Rounding, RoundingMode, round_ratio

modes = st.sampled_from(RoundingMode)
numerators = st.integers(-(10**9), 10**9)
denominators = st.integers(-1000, 1000).filter(bool)
rates = st.fractions(0, 3, max_denominator=10_000).map(Rate.factor)
roundings = st.builds(Rounding, mode=modes, remainder=st.sampled_from(RemainderSide))
moneys = st.builds(Money, numerators, st.sampled_from(["JPY", "EUR", "KWD"]).map(Currency.of))

_DECIMAL_MODES = {
    RoundingMode.HALF_UP: ROUND_HALF_UP,
    RoundingMode.HALF_EVEN: ROUND_HALF_EVEN,
    RoundingMode.HALF_DOWN: ROUND_HALF_DOWN,
    RoundingMode.UP: ROUND_UP,
    RoundingMode.DOWN: ROUND_DOWN,
    RoundingMode.CEILING: ROUND_CEILING,
    RoundingMode.FLOOR: ROUND_FLOOR,
}


class TestRatio:
    """An exact fraction becomes the neighbour that the mode names."""

    @given(numerators, denominators, modes)
    def test_result_is_a_neighbour(
        self, numerator: int, denominator: int, mode: RoundingMode
    ) -> None:
        """A rounded value is less than one away, and half at most for the half modes."""
        away = abs(round_ratio(numerator, denominator, mode) - Fraction(numerator, denominator))
        assert away <= Fraction(1, 2) if mode.value.startswith("half") else away < 1

    @given(numerators, st.sampled_from((1, 2, 4, 5, 8, 10, 20, 125, 1000)), modes)
    def test_modes_are_those_of_decimal(
        self, numerator: int, denominator: int, mode: RoundingMode
    ) -> None:
        """Each mode is the one of the same name in the decimal standard."""
        exact = Context(prec=60).divide(Decimal(numerator), Decimal(denominator))
        expected = exact.quantize(Decimal(1), _DECIMAL_MODES[mode], Context(prec=60))
        assert round_ratio(numerator, denominator, mode) == int(expected)

    @given(numerators, denominators, modes)
    def test_whole_numbers_stay(self, numerator: int, denominator: int, mode: RoundingMode) -> None:
        """What is exact is never changed."""
        assert round_ratio(numerator * denominator, denominator, mode) == numerator

    @given(
        numerators,
        denominators,
        modes.filter(lambda mode: mode not in {RoundingMode.CEILING, RoundingMode.FLOOR}),
    )
    def test_refund_mirrors_sale(
        self, numerator: int, denominator: int, mode: RoundingMode
    ) -> None:
        """All modes but ceiling and floor round minus x to minus the rounded x."""
        assert round_ratio(-numerator, denominator, mode) == -round_ratio(
            numerator, denominator, mode
        )

    @given(numerators, numerators, st.integers(1, 1000), modes)
    def test_rounding_keeps_order(
        self, one: int, other: int, denominator: int, mode: RoundingMode
    ) -> None:
        """A larger amount never rounds to a smaller one."""
        small, large = sorted((one, other))
        assert round_ratio(small, denominator, mode) <= round_ratio(large, denominator, mode)

    def test_zero_denominator_is_refused(self) -> None:
        """Nothing divides by zero."""
        with pytest.raises(InvalidValue):
            round_ratio(1, 0, RoundingMode.HALF_UP)


class TestNetAndTax:
    """Net and tax are two parts of one amount."""

    @given(moneys, rates, roundings)
    def test_net_and_tax_sum_to_gross(self, gross: Money, rate: Rate, rounding: Rounding) -> None:
        """Pricing 9: net + tax = gross, whichever side is the remainder."""
        net, tax = split_gross(gross, rate, rounding)
        assert net + tax == gross

    @given(moneys, rates, roundings)
    def test_both_sides_are_within_one_unit(
        self, gross: Money, rate: Rate, rounding: Rounding
    ) -> None:
        """Pricing 9: neither side is a whole unit away from its exact value."""
        net, tax = split_gross(gross, rate, rounding)
        exact = gross.minor / (1 + rate.value)
        assert abs(net.minor - exact) < 1
        assert abs(tax.minor - (gross.minor - exact)) < 1

    def test_remainder_side_decides_the_odd_half(self) -> None:
        """Pricing 9: the computed side is rounded, the remainder gets what is left."""
        half, gross = Rate.percent(100), Money.of("0.01", "EUR")
        net_left = split_gross(gross, half, Rounding(remainder=RemainderSide.NET))
        tax_left = split_gross(gross, half, Rounding(remainder=RemainderSide.TAX))
        assert [str(part) for part in net_left] == ["0.00 EUR", "0.01 EUR"]
        assert [str(part) for part in tax_left] == ["0.01 EUR", "0.00 EUR"]

    @given(moneys, roundings)
    def test_no_tax_is_no_tax(self, gross: Money, rounding: Rounding) -> None:
        """At a rate of zero the net amount is the gross one."""
        assert split_gross(gross, Rate.percent(0), rounding) == (gross, gross - gross)

    def test_negative_rate_is_refused(self) -> None:
        """Nobody is taxed below zero."""
        with pytest.raises(InvalidValue):
            split_gross(Money.of(1, "EUR"), Rate.percent(-1), Rounding())


class TestRates:
    """Rates are exact, or they are refused."""

    @given(st.fractions(max_denominator=10**6))
    def test_text_reads_back(self, value: Fraction) -> None:
        """What a rate shows as, it is read from."""
        assert Rate.parse(str(Rate.factor(value))) == Rate.factor(value)

    @pytest.mark.parametrize(
        "value", [0.1, float("nan"), Decimal("NaN"), Decimal("Infinity"), True, None, "x", "1/0"]
    )
    def test_inexact_rates_are_refused(self, value: Any) -> None:
        """Floats, what is not a number, and truth values are no rates."""
        with pytest.raises(InvalidValue):
            Rate.percent(value)

    @pytest.mark.parametrize("step", [0, -5])
    def test_cash_step_is_at_least_one(self, step: int) -> None:
        """Cash is paid in multiples of at least one minor unit."""
        with pytest.raises(InvalidValue):
            Rounding(cash_step=step)
