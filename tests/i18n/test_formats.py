from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from omnicommerce import i18n
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure
from omnicommerce.kernel.rate import Rate

AT = datetime(2026, 11, 21, 11, 30, tzinfo=UTC)
MADRID = "Europe/Madrid"


def spaced(text: str) -> str:
    """Return the text with ordinary spaces, to be read in a test."""
    return " ".join(text.replace("\N{THIN SPACE}–\N{THIN SPACE}", "–").split())


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en", "€1,234.50"),
        ("es", "1.234,50 €"),
        ("es-ES", "1.234,50 €"),
        ("es_ES", "1.234,50 €"),
        ("de-AT", "€ 1.234,50"),
    ],
)
def test_money_follows_the_locale(locale: str, shown: str) -> None:
    """Symbol, separators and their places are the locale's."""
    assert shown == spaced(i18n.format_money(Money.of("1234.5", "EUR"), locale))


@pytest.mark.parametrize(
    ("money", "shown"),
    [("1999 JPY", "¥1,999"), ("1.500 IQD", "IQD1.500"), ("-0.05 EUR", "-€0.05")],
)
def test_money_keeps_the_decimals_of_its_currency(money: str, shown: str) -> None:
    """Decimals are those of ISO 4217, even where people of the locale would drop them."""
    assert shown == spaced(i18n.format_money(Money.parse(money), "en"))


@pytest.mark.parametrize(
    ("amount", "measure", "shown"),
    [
        (3, Measure.EACH, "3"),
        (12_000, Measure.EACH, "12.000"),
        (250, Measure.GRAM, "250 g"),
        (1250, Measure.GRAM, "1,25 kg"),
        (1501, Measure.MILLILITRE, "1,501 l"),
        (9, Measure.MILLIMETRE, "9 mm"),
        (125, Measure.MILLIMETRE, "12,5 cm"),
        (-1500, Measure.MILLIMETRE, "-1,5 m"),
    ],
)
def test_quantities_use_the_unit_people_use(amount: int, measure: Measure, shown: str) -> None:
    """Smallest units become kilograms, litres and metres without losing any."""
    assert shown == spaced(i18n.format_quantity(amount, measure, "es")).replace("L", "l")


@pytest.mark.parametrize(
    ("metres", "shown"),
    [(0, "0 m"), (999, "999 m"), (1449, "1,4 km"), (1450, "1,5 km"), (1_049_999, "1.050 km")],
)
def test_distances_are_rounded_as_people_say_them(metres: int, shown: str) -> None:
    """Metres up to a kilometre, then kilometres to a hundred metres."""
    assert shown == spaced(i18n.format_distance(metres, "es"))


@pytest.mark.parametrize(
    ("style", "english", "spanish"),
    [
        ("time", "12:30 PM", "12:30"),
        ("day", "Sat, Nov 21", "sáb, 21 nov"),
        ("date", "Nov 21, 2026", "21 nov 2026"),
        ("short", "11/21/26, 12:30 PM", "21/11/26, 12:30"),
        ("medium", "Nov 21, 2026, 12:30 PM", "21 nov 2026, 12:30"),
        (
            "full",
            "Saturday, November 21, 2026, 12:30 PM",
            "sábado, 21 de noviembre de 2026, 12:30",
        ),
    ],
)
def test_instants_show_the_wall_clock(style: Any, english: str, spanish: str) -> None:
    """An instant in UTC is read by the clock of the zone, in the words of the locale."""
    assert english == spaced(i18n.format_instant(AT, "en", MADRID, style))
    assert spanish == spaced(i18n.format_instant(AT, "es", MADRID, style))


def test_spans_name_the_day_once() -> None:
    """A slot is a day with two times."""
    until = AT + timedelta(hours=1)
    assert "Sat, Nov 21, 12:30–1:30 PM" == spaced(i18n.format_span(AT, until, "en", MADRID))
    assert "sáb, 21 nov, 12:30–13:30" == spaced(i18n.format_span(AT, until, "es", MADRID))


def test_rates_are_percentages() -> None:
    """Exact up to four decimals, rounded half up beyond."""
    assert "12.5%" == i18n.format_rate(Rate.percent("12.5"), "en")
    assert "33.3333%" == i18n.format_rate(Rate.parse("1/3"), "en")
    assert "21 %" == spaced(i18n.format_rate(Rate.percent(21), "es"))


def test_numbers_keep_their_decimals() -> None:
    """A number is never rounded on its way to the reader."""
    assert "1.234,56789" == i18n.format_number(Decimal("1234.56789"), "es")


def test_lists_end_as_the_language_ends_them() -> None:
    """The last two are joined by the language's own word."""
    assert "a, b, and c" == i18n.format_list(["a", "b", "c"], "en")
    assert "a, b y c" == i18n.format_list(["a", "b", "c"], "es")
    assert "" == i18n.format_list([], "es")


def test_texts_by_language_fall_back() -> None:
    """The locale's own text comes first, then the language's, then English, then any."""
    names = {"en": "jumper", "en-US": "sweater", "es": "jersey"}
    assert "sweater" == i18n.localised(names, "en-US")
    assert "jersey" == i18n.localised(names, "es-MX")
    assert "jumper" == i18n.localised(names, "de")
    assert "Kleid" == i18n.localised({"de": "Kleid"}, "es")
    assert i18n.localised({}, "es") is None


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: i18n.format_money(Money.of(1, "EUR"), "xx-YY"), "locale"),
        (lambda: i18n.format_money(Money.of(1, "EUR"), "../etc"), "locale"),
        (lambda: i18n.format_money(Money.of(1, "EUR"), ""), "locale"),
        (lambda: i18n.format_money(Money.of(1, "EUR"), None), "locale"),  # type: ignore[arg-type]
        (lambda: i18n.format_money(Money.of(10**30, "EUR"), "es"), "number"),
        (lambda: i18n.format_number(1.5, "es"), "number"),  # type: ignore[arg-type]
        (lambda: i18n.format_quantity(1.5, Measure.GRAM, "es"), "amount"),  # type: ignore[arg-type]
        (lambda: i18n.format_distance(1.5, "es"), "metres"),  # type: ignore[arg-type]
        (lambda: i18n.format_instant(AT, "es", "Mars/Base"), "zone"),
        (lambda: i18n.format_instant(AT.replace(tzinfo=None), "es", MADRID), "at"),
        (lambda: i18n.format_instant(AT, "es", MADRID, "loud"), "style"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_shown_is_refused(call: Callable[[], str], field: str) -> None:
    """An unknown locale or zone, a float or a naive instant is named by its field."""
    with pytest.raises(InvalidValue) as caught:
        call()
    assert field == caught.value.field


def test_an_unknown_locale_is_named() -> None:
    """The error shows what was asked for."""
    with pytest.raises(InvalidValue, match="'xx-YY'"):
        i18n.format_list([], "xx-YY")
