"""What the shipping entries of a case cost before promotions, and how they are taxed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing import Basket, PriceBook, Situation, price
from omnicommerce.pricing.delivery import (
    BasePlusPerUnit,
    DeliveryRate,
    FirstThenAdditional,
    Flat,
    PercentOfItems,
    PerUnit,
    Threshold,
    WeightBand,
    WeightBands,
    delivery_price,
)
from tests.peer_cases.amounts import Scale, count
from tests.peer_cases.reading import Case, Part, Unsupported

__all__ = ["delivery_amount"]


def delivery_amount(part: Part, case: Case, book: PriceBook, items: Basket) -> int:
    """Return what a shipping entry costs, in minor units."""
    rate = part.get("rate")
    if rate is None:
        return case.scale.minor(part["price"])
    shipped = [line for line in case.bought if line.get("requires_shipping") is not False]
    unit = _weight_unit([*_weights(shipped), *_limits(rate)])
    return delivery_price(
        _rate_of(rate, case.scale, unit),
        units=sum(count(line["qty"]) for line in shipped),
        items_minor=price(book, items, _ANYWHERE).base_minor,
        weight=int(sum(_weights(shipped)) * unit),
        rounding=RoundingMode.HALF_UP,
    )


_ANYWHERE: Final = Situation(channel="shop", at=datetime(2024, 1, 1, tzinfo=UTC))


def _weights(lines: Iterable[Part]) -> list[Fraction]:
    return [Fraction(line.get("weight") or 0) * count(line["qty"]) for line in lines]


def _limits(rate: Part) -> list[Fraction]:
    return [Fraction(band["up_to"]) for band in rate.get("bands") or ()]


def _weight_unit(weights: Iterable[Fraction]) -> int:
    """Return into how many parts a unit of weight is cut so that all weights are whole."""
    return math.lcm(*[weight.denominator for weight in weights])


def _rate_of(rate: Part, scale: Scale, unit: int) -> DeliveryRate:
    kind = rate["type"]
    if kind == "weight_bands":
        return _weight_bands(rate, scale, unit)
    if kind not in _RATES:
        raise Unsupported(f"shipping rate {kind!r} is not in the format")
    return _RATES[kind](rate, scale)


def _weight_bands(rate: Part, scale: Scale, unit: int) -> DeliveryRate:
    limits: dict[int, int] = {}
    for band in rate["bands"]:
        limits.setdefault(int(Fraction(band["up_to"]) * unit), scale.minor(band["price"]))
    if not limits:
        return Flat(0)
    return WeightBands(
        [WeightBand(up_to=up_to, price=amount) for up_to, amount in sorted(limits.items())]
    )


def _first_then_additional(rate: Part, scale: Scale) -> DeliveryRate:
    return FirstThenAdditional(
        first=scale.minor(rate["first"]),
        additional=scale.minor(rate["additional"]),
        restart_every=count(rate.get("restart_every") or 0),
    )


def _threshold(rate: Part, scale: Scale) -> DeliveryRate:
    least = scale.at_least(rate["from"])
    at_or_above = scale.minor(rate["at_or_above"])
    if least < 1:
        return Flat(at_or_above)
    return Threshold(minimum=least, below=scale.minor(rate["below"]), at_or_above=at_or_above)


def _base_plus_per_unit(rate: Part, scale: Scale) -> DeliveryRate:
    return BasePlusPerUnit(base=scale.minor(rate["base"]), per_unit=scale.minor(rate["per_unit"]))


_RATES: Final[dict[str, Callable[[Part, Scale], DeliveryRate]]] = {
    "flat": lambda rate, scale: Flat(scale.minor(rate["amount"])),
    "per_unit": lambda rate, scale: PerUnit(scale.minor(rate["amount"])),
    "first_then_additional": _first_then_additional,
    "threshold": _threshold,
    "percent_of_items": lambda rate, _: PercentOfItems(Rate.percent(rate["percent"])),
    "base_plus_per_unit": _base_plus_per_unit,
}
