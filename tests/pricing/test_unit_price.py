from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure, Quantity
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.unit_price import UnitPrice, UnitPricing, unit_price

KILOGRAM = Quantity.of(1, "kg")


@pytest.mark.parametrize(
    ("price", "content", "shown"),
    [
        pytest.param("1.99", Quantity.of(500, "g"), "3.98", id="half a kilogram"),
        pytest.param("0.89", Quantity.of("0.75", "l"), "1.19", id="a bottle"),
        pytest.param("12.00", Quantity.of("2.5", "m"), "4.80", id="cloth"),
        pytest.param("2.50", Quantity(6), "0.42", id="six eggs"),
        pytest.param("0.00", Quantity(6), "0.00", id="a gift"),
    ],
)
def test_a_pack_shows_what_one_unit_costs(price: str, content: Quantity, shown: str) -> None:
    """A kilogram, a litre, a metre or a piece, rounded half up."""
    unit = UnitPricing().of(Money.of(price, "EUR"), content)
    assert Money.of(shown, "EUR") == unit.amount
    assert content.measure is unit.per.measure


def test_a_shop_declares_its_own_references() -> None:
    """Cold cuts by the 100 grams; the measures that it does not name stay as they are."""
    pricing = UnitPricing(references={Measure.GRAM: 100}, rounding=RoundingMode.DOWN)
    ham = pricing.of(Money.of("2.79", "EUR"), Quantity.of(150, "g"))
    assert UnitPrice(Money.of("1.86", "EUR"), Quantity.of(100, "g")) == ham
    milk = pricing.of(Money.of("1.00", "EUR"), Quantity.of(750, "ml"))
    assert UnitPrice(Money.of("1.33", "EUR"), Quantity.of(1, "l")) == milk


@given(st.integers(0, 10**6), st.integers(1, 10**5), st.sampled_from(RoundingMode))
def test_it_is_the_nearest_amount_that_the_rounding_names(
    minor: int, grams: int, mode: RoundingMode
) -> None:
    """It is less than a minor unit away from the exact price, on the side of the mode."""
    exact = minor * 1000
    pack = Money(minor, Currency.of("EUR"))
    found = unit_price(pack, Quantity(grams, Measure.GRAM), KILOGRAM, mode).minor * grams
    assert abs(found - exact) < grams
    if mode in {RoundingMode.DOWN, RoundingMode.FLOOR}:
        assert found <= exact
    if mode in {RoundingMode.UP, RoundingMode.CEILING}:
        assert found >= exact


@pytest.mark.parametrize(
    ("content", "per"),
    [
        pytest.param(Quantity(0, Measure.GRAM), KILOGRAM, id="nothing inside"),
        pytest.param(Quantity(-1, Measure.GRAM), KILOGRAM, id="less than nothing"),
        pytest.param(KILOGRAM, Quantity(0, Measure.GRAM), id="per nothing"),
        pytest.param(Quantity.of(1, "l"), KILOGRAM, id="litres per kilogram"),
    ],
)
def test_impossible_contents_are_refused(content: Quantity, per: Quantity) -> None:
    """A pack needs content, and the reference the same measure."""
    with pytest.raises(InvalidValue):
        unit_price(Money.of(1, "EUR"), content, per, RoundingMode.HALF_UP)


def test_impossible_references_are_refused() -> None:
    """Nobody can show the price of nothing."""
    with pytest.raises(InvalidValue, match=r"references\.gram"):
        UnitPricing(references={Measure.GRAM: 0})
