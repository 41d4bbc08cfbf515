"""The laws of money: pricing invariants 7 and 8 of the research, and what is no money."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.clock import ManualClock, require_instant
from omnicommerce.kernel.currency import CURRENCIES, Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import LARGEST_QUANTITY, Measure, Quantity, require_quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode

minors = st.integers(-(10**15), 10**15)
currencies = st.sampled_from(sorted(CURRENCIES.values()))
moneys = st.builds(Money, minors, currencies)
euros = st.builds(Money, minors, st.just(Currency.of("EUR")))
rates = st.fractions(0, 2, max_denominator=1000).map(Rate.factor)


class TestWholeUnits:
    """Every amount is a whole number of minor units."""

    @given(moneys, rates, st.sampled_from(RoundingMode))
    def test_every_result_is_whole(self, money: Money, rate: Rate, mode: RoundingMode) -> None:
        """Pricing 7: whatever is computed is an int of minor units, for every exponent."""
        for result in (money + money, money - money, 3 * money, -money, money.share(rate, mode)):
            assert type(result.minor) is int
            assert result.currency == money.currency

    @given(moneys)
    def test_text_reads_back(self, money: Money) -> None:
        """Pricing 7: what money shows as, it is read from."""
        assert Money.parse(str(money)) == money
        assert Money.of(money.amount, money.currency) == money

    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("1050", "JPY", 1050),
            ("10.50", "EUR", 1050),
            ("1.050", "KWD", 1050),
            ("1", "UYW", 10**4),
        ],
    )
    def test_exponents(self, amount: str, currency: str, minor: int) -> None:
        """Pricing 7: currencies with no, two, three and four decimals."""
        assert Money.of(amount, currency).minor == minor

    @pytest.mark.parametrize(("amount", "currency"), [("0.5", "JPY"), ("0.001", "EUR")])
    def test_finer_than_a_minor_unit_is_refused(self, amount: str, currency: str) -> None:
        """Pricing 7: reading never rounds."""
        with pytest.raises(InvalidValue, match="finer"):
            Money.of(amount, currency)


class TestCurrencies:
    """Two currencies never meet."""

    @given(minors, currencies, minors, currencies)
    def test_two_currencies_never_meet(
        self, one: int, here: Currency, other: int, there: Currency
    ) -> None:
        """Pricing 8: adding or comparing two currencies is an error, one stays itself."""
        left, right = Money(one, here), Money(other, there)
        verbs: tuple[Callable[[Any, Any], Any], ...] = (
            operator.add,
            operator.sub,
            operator.lt,
            operator.le,
            operator.gt,
            operator.ge,
        )
        for verb in verbs:
            if here == there:
                verb(left, right)
            else:
                with pytest.raises(InvalidValue):
                    verb(left, right)

    def test_other_currency_is_never_equal(self) -> None:
        """Pricing 8: not even nothing equals nothing of another currency."""
        assert Money.zero("EUR") != Money.zero("USD")

    @given(st.lists(euros))
    def test_total_has_the_currency_of_its_parts(self, amounts: list[Money]) -> None:
        """Pricing 8: a sum has the currency asked for, and refuses any other."""
        assert Money.total(amounts, "EUR").minor == sum(amount.minor for amount in amounts)
        if amounts:
            with pytest.raises(InvalidValue):
                Money.total(amounts, "USD")


class TestArithmetic:
    """Money adds up like the integers it is."""

    @given(euros, euros, euros)
    def test_adding_is_associative_and_commutative(
        self, one: Money, two: Money, three: Money
    ) -> None:
        """Order and grouping of a sum do not matter."""
        assert (one + two) + three == three + (two + one)

    @given(euros, euros)
    def test_subtracting_undoes_adding(self, one: Money, two: Money) -> None:
        """What is added can be taken away again."""
        assert one + two - two == one

    @given(euros, st.integers(-1000, 1000))
    def test_times_is_repeated_adding(self, money: Money, times: int) -> None:
        """Multiplying by a whole number is exact."""
        assert (money * times).minor == money.minor * times
        assert money * times == times * money

    @given(euros)
    def test_sign_and_size(self, money: Money) -> None:
        """Minus and size are those of the minor units, and only nothing is false."""
        assert not money + -money
        assert abs(money).minor == abs(money.minor)
        assert bool(money) == (money.minor != 0)


_IMPOSSIBLE = [0.1, float("nan"), Decimal("NaN"), Decimal("Infinity"), Decimal("1E+99"), "x", ""]


class TestBadInput:
    """What is no money, no quantity and no instant is refused at the door."""

    @pytest.mark.parametrize("amount", [*_IMPOSSIBLE, True, None, [], b"1"])
    def test_amount(self, amount: Any) -> None:
        """Floats, NaN, infinity, absurd size, truth values and other things are no amounts."""
        with pytest.raises(InvalidValue):
            Money.of(amount, "EUR")

    @pytest.mark.parametrize("minor", [1.0, float("nan"), True, "1", None, Decimal(1)])
    def test_minor_units(self, minor: Any) -> None:
        """Minor units are an int and nothing else."""
        with pytest.raises(InvalidValue):
            Money(minor, Currency.of("EUR"))

    @pytest.mark.parametrize("currency", ["eur", "EURO", "XAU", "", None, 978, []])
    def test_currency(self, currency: Any) -> None:
        """A currency is three capital letters of ISO 4217 with a minor unit."""
        with pytest.raises(InvalidValue):
            Money.of(1, currency)

    @pytest.mark.parametrize("other", [1, 1.0, "1.00 EUR", None, Decimal(1)])
    def test_money_meets_only_money(self, other: Any) -> None:
        """Numbers and texts are never taken for money."""
        with pytest.raises((InvalidValue, TypeError)):
            Money.of(1, "EUR") + other

    @pytest.mark.parametrize("times", [1.5, True, Decimal(2), "2"])
    def test_factor(self, times: Any) -> None:
        """Money is multiplied by whole numbers; a rate needs a named rounding."""
        with pytest.raises(InvalidValue):
            Money.of(1, "EUR") * times

    @pytest.mark.parametrize("text", ["", "1.00", "1.00 EUR EUR", "EUR 1.00", None, 1])
    def test_text(self, text: Any) -> None:
        """Text is amount and currency, in this order."""
        with pytest.raises(InvalidValue):
            Money.parse(text)

    @pytest.mark.parametrize("quantity", [0, -1, True, 1.0, "1", None, LARGEST_QUANTITY + 1])
    def test_quantity(self, quantity: Any) -> None:
        """Zero, negative, not whole, or absurdly large is no quantity."""
        with pytest.raises(InvalidValue):
            require_quantity(quantity)

    @pytest.mark.parametrize(
        ("amount", "unit"),
        [(1.5, "kg"), (True, "kg"), ("1.0005", "kg"), ("NaN", "kg"), ("x", "kg"), (1, "stone")],
    )
    def test_measured_quantity(self, amount: Any, unit: str) -> None:
        """Floats, parts of a gram and unknown units are refused."""
        with pytest.raises(InvalidValue):
            Quantity.of(amount, unit)

    def test_measures_never_meet(self) -> None:
        """Grams and pieces are not added."""
        with pytest.raises(InvalidValue):
            Quantity(1, Measure.GRAM) + Quantity(1)

    @pytest.mark.parametrize("instant", [datetime(2026, 1, 1), "2026-01-01", None, 0])
    def test_instant(self, instant: Any) -> None:
        """A naive datetime does not say which instant it means."""
        with pytest.raises(InvalidValue):
            require_instant(instant)
        with pytest.raises(InvalidValue):
            ManualClock(instant)


@given(st.timedeltas(timedelta(hours=-12), timedelta(hours=12)))
def test_instants_are_kept_in_utc(offset: timedelta) -> None:
    """An instant said in any zone is the same instant in UTC."""
    zone = timezone(timedelta(minutes=offset // timedelta(minutes=1)))
    said = datetime(2026, 3, 28, 23, 30, tzinfo=zone)
    kept = require_instant(said)
    assert kept == said
    assert kept.tzinfo is UTC
