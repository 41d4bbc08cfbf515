"""Quantities: whole numbers in the smallest unit of a measure."""

from __future__ import annotations

import enum
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["LARGEST_QUANTITY", "Measure", "Quantity", "require_quantity", "valid_quantity"]

LARGEST_QUANTITY: Final = 1_000_000_000
"""More than this of anything, in its smallest unit, is taken for a mistake."""


class Measure(enum.StrEnum):
    """What one unit of a quantity is."""

    EACH = "each"
    GRAM = "gram"
    MILLILITRE = "millilitre"
    MILLIMETRE = "millimetre"


_UNITS: Final[dict[str, tuple[Measure, int]]] = {
    "each": (Measure.EACH, 1),
    "g": (Measure.GRAM, 1),
    "kg": (Measure.GRAM, 1000),
    "ml": (Measure.MILLILITRE, 1),
    "l": (Measure.MILLILITRE, 1000),
    "mm": (Measure.MILLIMETRE, 1),
    "cm": (Measure.MILLIMETRE, 10),
    "m": (Measure.MILLIMETRE, 1000),
}


def require_quantity(value: object, field: str = "quantity") -> int:
    """Return ``value`` if it is a sane quantity: a positive int, not absurdly large.

    Raises:
        InvalidValue: Zero, negative, a bool, a float, or over `LARGEST_QUANTITY`.
    """
    if type(value) is not int:
        raise InvalidValue(field, f"must be a whole number (int), not {value!r}")
    if value < 1:
        raise InvalidValue(field, f"must be at least 1, not {value}")
    if value > LARGEST_QUANTITY:
        raise InvalidValue(field, f"{value} is more than {LARGEST_QUANTITY}, surely a mistake")
    return value


def valid_quantity(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse a field that is no sane quantity: an attrs validator."""
    require_quantity(value, attribute.name)


@attrs.frozen
class Quantity:
    """An integer amount in the smallest unit of its measure.

    Example:
        >>> Quantity.of("1.25", "kg")
        Quantity(amount=1250, measure=<Measure.GRAM: 'gram'>)
    """

    amount: int
    measure: Measure = Measure.EACH

    @classmethod
    def of(cls, amount: str | int | Decimal, unit: str) -> Quantity:
        """Read an amount in a unit such as ``kg``, ``l`` or ``cm``.

        Raises:
            InvalidValue: An unknown unit, a float, or finer than the smallest unit.
        """
        if unit not in _UNITS:
            raise InvalidValue("unit", f"{unit!r} is not one of {', '.join(_UNITS)}")
        measure, factor = _UNITS[unit]
        if isinstance(amount, bool) or not isinstance(amount, (str, int, Decimal)):
            raise InvalidValue("amount", f"needs str, int or Decimal, never a float: {amount!r}")
        try:
            exact = Decimal(amount) * factor
        except InvalidOperation:
            raise InvalidValue("amount", f"{amount!r} is not a number") from None
        if not exact.is_finite() or exact != exact.to_integral_value():
            raise InvalidValue("amount", f"{amount} {unit} is not a whole number of {measure}s")
        return cls(int(exact), measure)

    def _same(self, other: Quantity) -> int:
        if self.measure is not other.measure:
            raise InvalidValue("measure", f"{self.measure} cannot meet {other.measure}")
        return other.amount

    def __add__(self, other: Quantity) -> Quantity:
        """Add a quantity of the same measure."""
        return Quantity(self.amount + self._same(other), self.measure)

    def __sub__(self, other: Quantity) -> Quantity:
        """Subtract a quantity of the same measure."""
        return Quantity(self.amount - self._same(other), self.measure)

    def __lt__(self, other: Quantity) -> bool:
        """Compare quantities of the same measure."""
        return self.amount < self._same(other)

    def __le__(self, other: Quantity) -> bool:
        """Compare quantities of the same measure."""
        return self.amount <= self._same(other)
