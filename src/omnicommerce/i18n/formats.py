"""Money, quantities, instants and rates as people of a locale write them; never a float."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

from babel import Locale
from babel.dates import (
    format_date,
    format_datetime,
    format_interval,
    format_skeleton,
    format_time,
    get_datetime_format,
)
from babel.lists import format_list as join_list
from babel.numbers import NumberPattern, format_currency, format_decimal, format_percent
from babel.units import format_unit

from omnicommerce.i18n.locales import locale_of, zone_of
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode, round_ratio

__all__ = [
    "InstantStyle",
    "format_distance",
    "format_instant",
    "format_list",
    "format_money",
    "format_number",
    "format_quantity",
    "format_rate",
    "format_span",
]

InstantStyle = Literal["time", "day", "date", "short", "medium", "full"]
"""``time`` 12:30 · ``day`` Sat 21 Nov · ``date`` 21 Nov 2026 · the others: date and time."""

_MOST_DIGITS: Final = 24
_KILOMETRE: Final = 1000
_UNITS: Final[dict[Measure, tuple[tuple[int, int, str], ...]]] = {
    Measure.GRAM: ((1000, 3, "mass-kilogram"), (1, 0, "mass-gram")),
    Measure.MILLILITRE: ((1000, 3, "volume-liter"), (1, 0, "volume-milliliter")),
    Measure.MILLIMETRE: (
        (1000, 3, "length-meter"),
        (10, 1, "length-centimeter"),
        (1, 0, "length-millimeter"),
    ),
}
"""From how many smallest units on which unit is shown, and its decimals."""


def format_money(money: Money, locale: str) -> str:
    """Return an amount with its currency's symbol and all decimals of its minor unit.

    Raises:
        InvalidValue: An unknown locale, or more digits than can be shown.

    Example:
        >>> format_money(Money.of("1234.50", "EUR"), "en")
        '€1,234.50'
    """
    where = locale_of(locale)
    exponent = money.currency.exponent
    return format_currency(
        _decimal(money.minor, exponent),
        money.currency.code,
        format=_currency_pattern(where, exponent),
        locale=where,
        currency_digits=False,
    )


@lru_cache(maxsize=256)
def _currency_pattern(locale: Locale, exponent: int) -> NumberPattern:
    """Return the locale's pattern with the decimals of ISO 4217; CLDR drops some in daily use."""
    pattern: NumberPattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (exponent, exponent)
    return pattern


def _decimal(units: int, exponent: int) -> Decimal:
    """Return ``units / 10**exponent`` exactly, whatever the ambient context."""
    digits = tuple(map(int, str(abs(units))))
    if len(digits) > _MOST_DIGITS:
        raise InvalidValue("number", f"has more than {_MOST_DIGITS} digits")
    return Decimal((int(units < 0), digits, -exponent))


def format_number(number: int | Decimal, locale: str) -> str:
    """Return a number with the locale's digits and separators; decimals are kept.

    Raises:
        InvalidValue: A float or other inexact number, or an unknown locale.
    """
    if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
        raise InvalidValue("number", f"needs int or Decimal, never a float: {number!r}")
    exact = _decimal(number, 0) if isinstance(number, int) else number
    return format_decimal(exact, locale=locale_of(locale), decimal_quantization=False)


def format_quantity(amount: int, measure: Measure, locale: str) -> str:
    """Return a quantity in the unit people would use, without loss.

    Args:
        amount: In the smallest unit of the measure.
        measure: What is counted; ``each`` shows the bare number.
        locale: Whom it is for.

    Raises:
        InvalidValue: Not an int, or an unknown locale.

    Example:
        >>> format_quantity(1250, Measure.GRAM, "es")
        '1,25 kg'
    """
    if type(amount) is not int:
        raise InvalidValue("amount", f"must be a whole number (int), not {amount!r}")
    if measure is Measure.EACH:
        return format_number(amount, locale)
    _, exponent, unit = next(
        (row for row in _UNITS[measure] if abs(amount) >= row[0]), _UNITS[measure][-1]
    )
    return _with_unit(_decimal(amount, exponent), unit, locale)


def format_distance(metres: int, locale: str) -> str:
    """Return a distance: whole metres below a kilometre, then kilometres to the nearest 100 m.

    Example:
        >>> format_distance(1449, "en")
        '1.4 km'
    """
    if type(metres) is not int:
        raise InvalidValue("metres", f"must be a whole number (int), not {metres!r}")
    if abs(metres) < _KILOMETRE:
        return _with_unit(_decimal(metres, 0), "length-meter", locale)
    hundreds = round_ratio(metres, 100, RoundingMode.HALF_UP)
    return _with_unit(_decimal(hundreds, 1), "length-kilometer", locale)


def _with_unit(value: Decimal, unit: str, locale: str) -> str:
    return format_unit(value, unit, length="short", locale=locale_of(locale))


def format_rate(rate: Rate, locale: str) -> str:
    """Return a rate as a percentage of at most four decimals, rounded half up.

    Example:
        >>> format_rate(Rate.percent("12.5"), "es").replace("\N{NO-BREAK SPACE}", " ")
        '12,5 %'
    """
    millionths = _decimal(rate.of(1_000_000, RoundingMode.HALF_UP), 6)
    where = locale_of(locale)
    pattern: NumberPattern = copy.copy(where.percent_formats[None])
    pattern.frac_prec = (0, 4)
    return format_percent(millionths, format=pattern, locale=where)


def format_instant(at: datetime, locale: str, zone: str, style: InstantStyle = "medium") -> str:
    """Return an instant as the wall clock of a zone shows it.

    Args:
        at: An aware instant.
        locale: Whom it is for.
        zone: IANA name of the zone.
        style: How much of it to show; see `InstantStyle`.

    Raises:
        InvalidValue: A naive instant, an unknown locale, zone or style.

    Example:
        >>> from datetime import UTC
        >>> format_instant(datetime(2026, 11, 21, 11, 30, tzinfo=UTC), "es", "Europe/Madrid")
        '21 nov 2026, 12:30'
    """
    where = locale_of(locale)
    wall = require_instant(at).astimezone(zone_of(zone))
    match style:
        case "time":
            return format_time(wall, "short", locale=where)
        case "day":
            return format_skeleton("MMMEd", wall, locale=where)
        case "date":
            return format_date(wall, "medium", locale=where)
        case "short":
            return format_datetime(wall, "short", locale=where)
        case "medium" | "full":
            return _joined(format_date(wall, style, locale=where), wall, style, where)
        case _:
            raise InvalidValue("style", f"{style!r} is not one of {InstantStyle.__args__}")


def _joined(day: str, wall: datetime, style: Literal["medium", "full"], locale: Locale) -> str:
    pattern = str(get_datetime_format(style, locale=locale)).replace("'", "")
    return pattern.replace("{0}", format_time(wall, "short", locale=locale)).replace("{1}", day)


def format_span(starts_at: datetime, ends_at: datetime, locale: str, zone: str) -> str:
    """Return a stretch of some hours, such as a slot: the day, then from when until when.

    Raises:
        InvalidValue: A naive instant, an unknown locale or zone.
    """
    where = locale_of(locale)
    tz = zone_of(zone)
    starts, ends = require_instant(starts_at), require_instant(ends_at)
    has_halves = "a" in where.time_formats["short"].pattern
    hours = format_interval(starts, ends, "hm" if has_halves else "Hm", tzinfo=tz, locale=where)
    return f"{format_instant(starts, locale, zone, 'day')}, {hours}"


def format_list(items: Iterable[str], locale: str) -> str:
    """Return texts joined as people list them: ``a, b, and c``.

    Example:
        >>> format_list(["blanco", "negro"], "es")
        'blanco y negro'
    """
    return join_list(list(items), locale=locale_of(locale))
