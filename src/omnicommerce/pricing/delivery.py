"""What delivery costs before promotions: rates as data, methods, and the deliveries of a basket.

Amounts are minor units of the one currency of the prices, weights are grams. Units and
weight are those of goods that need shipping; the caller leaves out the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from omnicommerce.kernel.documents import register_atoms
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import ALWAYS, Predicate
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode

__all__ = [
    "BasePlusPerUnit",
    "DeliveryLine",
    "DeliveryMethod",
    "DeliveryRate",
    "FirstThenAdditional",
    "Flat",
    "PerUnit",
    "PercentOfItems",
    "Threshold",
    "WeightBand",
    "WeightBands",
    "delivery_line",
    "delivery_price",
]


def _require_count(value: object, field: str, what: str) -> None:
    if type(value) is not int or value < 0:
        raise InvalidValue(field, f"must be a whole number of {what}, not negative: {value!r}")


def _amount(_: object, attribute: attrs.Attribute[int], value: object) -> None:
    _require_count(value, attribute.name, "minor units")


def _positive_amount(_: object, attribute: attrs.Attribute[int], value: object) -> None:
    if type(value) is not int or value < 1:
        raise InvalidValue(
            attribute.name, f"must be a positive whole number of minor units, not {value!r}"
        )


@attrs.frozen
class Flat:
    """Cost ``amount``, whatever is delivered; 0 is free delivery."""

    amount: int = attrs.field(validator=_amount)


@attrs.frozen
class PerUnit:
    """Cost ``amount`` for each unit."""

    amount: int = attrs.field(validator=_amount)


@attrs.frozen(kw_only=True)
class FirstThenAdditional:
    """Cost ``first`` for the first unit and ``additional`` for each further one.

    Args:
        first: For the first unit, and each that starts anew.
        additional: For every other unit.
        restart_every: Start anew with ``first`` after so many units: a parcel
            holds no more. 0: never.
    """

    first: int = attrs.field(validator=_amount)
    additional: int = attrs.field(validator=_amount)
    restart_every: int = attrs.field(default=0)

    @restart_every.validator
    def _check_restart(self, attribute: attrs.Attribute[int], value: object) -> None:
        _require_count(value, attribute.name, "units")


@attrs.frozen(kw_only=True)
class Threshold:
    """Cost ``below`` while the items are worth less than ``minimum``, then ``at_or_above``."""

    minimum: int = attrs.field(validator=_positive_amount)
    below: int = attrs.field(validator=_amount)
    at_or_above: int = attrs.field(default=0, validator=_amount)


@attrs.frozen
class PercentOfItems:
    """Cost a share of what the items are worth, rounded once; at most 100%."""

    rate: Rate = attrs.field()

    @rate.validator
    def _check_rate(self, attribute: attrs.Attribute[Rate], value: object) -> None:
        if type(value) is not Rate or not 0 <= value.value <= 1:
            raise InvalidValue(attribute.name, f"must be a rate of 0% to 100%, not {value!s}")


@attrs.frozen(kw_only=True)
class BasePlusPerUnit:
    """Cost ``base``, and ``per_unit`` more for each unit."""

    base: int = attrs.field(validator=_amount)
    per_unit: int = attrs.field(validator=_amount)


@attrs.frozen(kw_only=True)
class WeightBand:
    """What a parcel of at most ``up_to`` grams costs."""

    up_to: int = attrs.field(validator=valid_quantity)
    price: int = attrs.field(validator=_amount)


def _bands(value: Iterable[WeightBand]) -> tuple[WeightBand, ...]:
    return tuple(value)


@attrs.frozen
class WeightBands:
    """Cost what the first band says whose ``up_to`` is not below the weight.

    What is heavier than the last band goes as several parcels: as many of the
    last band as are full, and one for the rest, if there is a rest.
    """

    bands: tuple[WeightBand, ...] = attrs.field(converter=_bands)

    @bands.validator
    def _check_bands(self, attribute: attrs.Attribute[Any], bands: tuple[WeightBand, ...]) -> None:
        if not bands:
            raise InvalidValue(attribute.name, "must not be empty")
        for number, band in enumerate(bands):
            if type(band) is not WeightBand:
                raise InvalidValue(attribute.name, f"must be weight bands, not {band!r}")
            if number and band.up_to <= bands[number - 1].up_to:
                raise InvalidValue(
                    attribute.name,
                    f"must have rising up_to: {band.up_to} follows {bands[number - 1].up_to}",
                )

    def price(self, weight: int) -> int:
        """Return what so many grams cost, in minor units."""
        last = self.bands[-1]
        if weight <= last.up_to:
            return self._one(weight)
        full, rest = divmod(weight, last.up_to)
        return full * last.price + (self._one(rest) if rest else 0)

    def _one(self, weight: int) -> int:
        return next(band.price for band in self.bands if weight <= band.up_to)


DeliveryRate: TypeAlias = (
    Flat
    | PerUnit
    | FirstThenAdditional
    | Threshold
    | PercentOfItems
    | BasePlusPerUnit
    | WeightBands
)

register_atoms(DeliveryRate)


def delivery_price(
    rate: DeliveryRate, *, units: int, items_minor: int, weight: int, rounding: RoundingMode
) -> int:
    """Return what delivery costs by a rate, before promotions.

    Without any unit to ship the rate still answers: per unit nothing, flat its
    amount. Whether there is a delivery at all is decided before.

    Args:
        rate: The rate.
        units: Units that need shipping.
        items_minor: What the items are worth, in minor units.
        weight: Grams of the units that need shipping.
        rounding: How a share of the items is rounded.

    Returns:
        Minor units, never negative.

    Raises:
        InvalidValue: Units, worth or weight are no whole number, or negative.

    Example:
        >>> parcels = WeightBands(
        ...     [WeightBand(up_to=1000, price=395), WeightBand(up_to=5000, price=695)]
        ... )
        >>> delivery_price(
        ...     parcels, units=3, items_minor=0, weight=5800, rounding=RoundingMode.HALF_UP
        ... )
        1090
    """
    _require_count(units, "units", "units")
    _require_count(items_minor, "items_minor", "minor units")
    _require_count(weight, "weight", "grams")
    match rate:
        case Flat(amount):
            price = amount
        case PerUnit(amount):
            price = amount * units
        case FirstThenAdditional():
            price = _first_then_additional(rate, units)
        case Threshold():
            price = rate.at_or_above if items_minor >= rate.minimum else rate.below
        case PercentOfItems(share):
            price = share.of(items_minor, rounding)
        case BasePlusPerUnit():
            price = rate.base + rate.per_unit * units
        case WeightBands():
            price = rate.price(weight)
    return price


def _first_then_additional(rate: FirstThenAdditional, units: int) -> int:
    parcel = rate.restart_every or max(units, 1)
    firsts = -(-units // parcel)
    return firsts * rate.first + (units - firsts) * rate.additional


def _frozen_texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(texts))


@attrs.frozen(kw_only=True)
class DeliveryMethod:
    """A way of delivery that the shop offers, and what it costs.

    Args:
        method_id: Its identity; promotions and deliveries name it.
        name: What people read, by locale.
        rate: What it costs before promotions.
        tax_class: By which tax class it is taxed; None: not taxed.
        when: In which situations it is offered.
    """

    method_id: str = attrs.field(validator=valid_id)
    rate: DeliveryRate = attrs.field()
    name: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_texts, hash=False)
    tax_class: str | None = attrs.field(default=None, validator=attrs.validators.optional(valid_id))
    when: Predicate = ALWAYS

    @rate.validator
    def _check_rate(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, DeliveryRate):
            raise InvalidValue(attribute.name, f"must be a delivery rate, not {value!r}")


def _not_negative(_: object, attribute: attrs.Attribute[Money], value: object) -> None:
    if type(value) is not Money or value.minor < 0:
        raise InvalidValue(attribute.name, f"must be money, not negative: {value!r}")


@attrs.frozen
class DeliveryLine:
    """One delivery of a basket, as it is priced before promotions.

    Args:
        delivery_id: Its identity within the basket.
        method: The id of its `DeliveryMethod`.
        amount: What it costs.
        tax_class: By which tax class it is taxed; None: not taxed.
        includes_tax: Whether the amount is with tax; None: as the shop's prices are.

    Raises:
        InvalidValue: An identity that is none, or an amount that is negative or no money.
    """

    delivery_id: str = attrs.field(validator=valid_id)
    method: str = attrs.field(validator=valid_id)
    amount: Money = attrs.field(validator=_not_negative)
    tax_class: str | None = attrs.field(default=None, validator=attrs.validators.optional(valid_id))
    includes_tax: bool | None = attrs.field(default=None)

    @includes_tax.validator
    def _check_includes_tax(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is not None and type(value) is not bool:
            raise InvalidValue(attribute.name, f"must be True, False or None, not {value!r}")


def delivery_line(
    method: DeliveryMethod,
    *,
    delivery_id: str,
    items_amount: Money,
    units: int,
    weight: int,
    rounding: RoundingMode,
    includes_tax: bool | None = None,
) -> DeliveryLine:
    """Return the delivery of a basket by a method.

    Args:
        method: The method chosen.
        delivery_id: Identity of the delivery within the basket.
        items_amount: What the items are worth.
        units: Units that need shipping.
        weight: Their grams.
        rounding: How a share of the items is rounded.
        includes_tax: Whether the amount is with tax; None: as the shop's prices are.

    Raises:
        InvalidValue: As `delivery_price`.

    Example:
        >>> post = DeliveryMethod(method_id="post", rate=Threshold(minimum=5000, below=495))
        >>> delivery_line(
        ...     post,
        ...     delivery_id="d1",
        ...     items_amount=Money.of("49.99", "EUR"),
        ...     units=1,
        ...     weight=400,
        ...     rounding=RoundingMode.HALF_UP,
        ... ).amount
        Money('4.95 EUR')
    """
    minor = delivery_price(
        method.rate, units=units, items_minor=items_amount.minor, weight=weight, rounding=rounding
    )
    amount = Money(minor, items_amount.currency)
    return DeliveryLine(delivery_id, method.method_id, amount, method.tax_class, includes_tax)
