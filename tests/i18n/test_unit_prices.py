from __future__ import annotations

import pytest

from omnicommerce.i18n.unit_prices import format_unit_price
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure, Quantity
from omnicommerce.pricing.unit_price import UnitPrice

PRICE = Money.of("3.98", "EUR")


@pytest.mark.parametrize(
    ("per", "english", "spanish"),
    [
        pytest.param(Quantity.of(1, "kg"), "€3.98/kg", "3,98 €/kg", id="kilogram"),
        pytest.param(Quantity.of(100, "g"), "€3.98/100 g", "3,98 €/100 g", id="100 g"),
        pytest.param(Quantity.of(1, "l"), "€3.98/L", "3,98 €/l", id="litre"),
        pytest.param(Quantity.of(100, "ml"), "€3.98/100 mL", "3,98 €/100 ml", id="100 ml"),
        pytest.param(Quantity.of(1, "m"), "€3.98/m", "3,98 €/m", id="metre"),
        pytest.param(Quantity.of(5, "kg"), "€3.98/5 kg", "3,98 €/5 kg", id="several"),
        pytest.param(Quantity.of(1, "g"), "€3.98/g", "3,98 €/g", id="gram"),
        pytest.param(Quantity(1), "€3.98", "3,98 €", id="piece"),
        pytest.param(Quantity(1200), "€3.98/1,200", "3,98 €/1.200", id="pieces"),
    ],
)
def test_a_unit_price_is_written_as_people_write_it(
    per: Quantity, english: str, spanish: str
) -> None:
    """The amount with its currency, then the quantity that it buys."""
    price = UnitPrice(PRICE, per)
    assert english == format_unit_price(price, "en")
    assert spanish == format_unit_price(price, "es").replace("\N{NO-BREAK SPACE}", " ")


def test_every_measure_can_be_written() -> None:
    """A new measure is not forgotten here."""
    for measure in Measure:
        assert format_unit_price(UnitPrice(PRICE, Quantity(1000, measure)), "de")


def test_an_unknown_locale_is_refused() -> None:
    """As everywhere, nobody is shown another country's figures by accident."""
    with pytest.raises(InvalidValue):
        format_unit_price(UnitPrice(PRICE, Quantity(1)), "xx-YY-ZZ")
