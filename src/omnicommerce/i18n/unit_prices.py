"""Unit prices as people of a locale write them: 3,98 €/kg."""

from __future__ import annotations

from typing import Final

from babel.units import format_compound_unit

from omnicommerce.i18n.formats import format_money, format_number
from omnicommerce.i18n.locales import locale_of
from omnicommerce.kernel.quantity import Measure, Quantity
from omnicommerce.pricing.unit_price import UnitPrice

__all__ = ["format_unit_price"]

_UNITS: Final[dict[Measure, tuple[str, str]]] = {
    Measure.GRAM: ("mass-gram", "mass-kilogram"),
    Measure.MILLILITRE: ("volume-milliliter", "volume-liter"),
    Measure.MILLIMETRE: ("length-millimeter", "length-meter"),
}
"""The smallest unit of a measure, and the one of a thousand."""

_THOUSAND: Final = 1000


def format_unit_price(price: UnitPrice, locale: str) -> str:
    """Return a unit price for display; of pieces, the bare amount, or the amount for so many.

    Raises:
        InvalidValue: An unknown locale.

    Example:
        >>> from omnicommerce.kernel.money import Money
        >>> jam = UnitPrice(Money.of("3.98", "EUR"), Quantity.of(1, "kg"))
        >>> format_unit_price(jam, "es").replace("\N{NO-BREAK SPACE}", " ")
        '3,98 €/kg'
    """
    amount = format_money(price.amount, locale)
    if price.per.measure is Measure.EACH:
        many = price.per.amount != 1
        return f"{amount}/{format_number(price.per.amount, locale)}" if many else amount
    number, unit = _reference(price.per)
    shown = format_compound_unit(
        amount,
        denominator_value=number,
        denominator_unit=unit,
        length="short",
        locale=locale_of(locale),
    )
    return str(shown)


def _reference(per: Quantity) -> tuple[int, str]:
    """Return a reference quantity in the unit that people would use."""
    small, large = _UNITS[per.measure]
    if per.amount % _THOUSAND:
        return per.amount, small
    return per.amount // _THOUSAND, large
