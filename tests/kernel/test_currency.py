"""Currencies are those that ISO 4217 lists, with its minor units."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from omnicommerce.kernel.currency import CURRENCIES, Currency
from omnicommerce.kernel.errors import InvalidValue

TABLE = Path(__file__).parent.parent / "data" / "iso4217" / "table.xml"


def test_the_table_is_the_published_one() -> None:
    """Every active code that has a minor unit is there, with its exponent, and no other."""
    root = ET.parse(TABLE).getroot()  # noqa: S314 - our own copy of the list
    published = {
        entry.findtext("Ccy"): int(entry.findtext("CcyMnrUnts") or 0)
        for entry in root.iter("CcyNtry")
        if entry.findtext("Ccy") and entry.findtext("CcyMnrUnts") != "N.A."
    }
    assert {code: currency.exponent for code, currency in CURRENCIES.items()} == published
    assert {0, 2, 3, 4} == {currency.exponent for currency in CURRENCIES.values()}


@pytest.mark.parametrize("code", ["eur", "EURO", "XAU", "", None, 978, ["EUR"]])
def test_what_is_no_currency_is_refused(code: object) -> None:
    """Lower case, gold and numbers are no codes to price goods in."""
    with pytest.raises(InvalidValue) as refused:
        Currency.of(code)  # type: ignore[arg-type]  # the misuse under test
    assert refused.value.field == "currency"
