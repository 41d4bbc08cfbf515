"""Locations and what they have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId, Sku, valid_id
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import AccountKey

__all__ = ["Availability", "Location", "Point", "StoreOption", "metres_between", "stock_account"]

_EARTH_RADIUS_METRES: Final = 6_371_008.8  # IUGG mean radius
_MICRODEGREES: Final = 1_000_000


def _within(limit_degrees: int) -> Callable[[object, attrs.Attribute[int], Any], None]:
    def check(_: object, attribute: attrs.Attribute[int], value: Any) -> None:
        if type(value) is not int or abs(value) > limit_degrees * _MICRODEGREES:
            raise InvalidValue(
                attribute.name,
                f"must be whole microdegrees within ±{limit_degrees}°, not {value!r}",
            )

    return check


@attrs.frozen
class Point:
    """A place on the map in whole millionths of a degree (WGS 84).

    Example:
        >>> Point(40_416_800, -3_703_800)
        Point(latitude=40416800, longitude=-3703800)
    """

    latitude: int = attrs.field(validator=_within(90))
    longitude: int = attrs.field(validator=_within(180))


@attrs.frozen(kw_only=True)
class Location:
    """A place that has stock; a store also sells and hands over.

    Args:
        location_id: Identity, such as ``madrid-gran-via``.
        name: What customers call it.
        zone: Price zone it belongs to, if any.
        is_store: Whether customers can collect there.
        point: Where it is, for "the nearest store".
        time_zone: IANA zone of its opening hours and slots.
        country: Where it is, in two capital letters: what is collected there is priced
            and taxed there; None: where the shop is at home.
        region: In which part of the country, where its tax differs.
    """

    location_id: LocationId = attrs.field(validator=valid_id)
    name: str
    zone: str | None = None
    is_store: bool = True
    point: Point | None = None
    time_zone: str = "UTC"
    country: str | None = None
    region: str | None = attrs.field(default=None, validator=attrs.validators.optional(valid_id))


@attrs.frozen(kw_only=True)
class Availability:
    """What one location can promise of one SKU, and how that figure comes about.

    ``available = on_hand - held - safety_stock``, never below zero; all in the
    SKU's smallest unit.
    """

    sku: Sku
    location_id: LocationId
    on_hand: int
    held: int
    safety_stock: int
    available: int

    @property
    def reason(self) -> Reason:
        """The figure explained."""
        return Reason(
            "inventory.availability",
            {
                "sku": self.sku,
                "location": self.location_id,
                "on_hand": self.on_hand,
                "held": self.held,
                "safety_stock": self.safety_stock,
                "available": self.available,
            },
        )


@attrs.frozen(kw_only=True)
class StoreOption:
    """A store considered for a pick-up: how far it is and what it lacks."""

    location: Location
    metres: int | None
    lacking: tuple[Availability, ...] = ()

    @property
    def can_serve(self) -> bool:
        """Tell whether everything is there."""
        return not self.lacking


def stock_account(sku: str, location_id: str) -> AccountKey:
    """Return the ledger account that counts this SKU at this location."""
    return AccountKey("stock", sku, location_id)


def metres_between(here: Point, there: Point) -> int:
    """Return the great-circle distance in whole metres (haversine formula)."""
    first, second = (math.radians(p.latitude / _MICRODEGREES) for p in (here, there))
    turn = math.radians((there.longitude - here.longitude) / _MICRODEGREES)
    chord = (
        math.sin((second - first) / 2) ** 2
        + math.cos(first) * math.cos(second) * math.sin(turn / 2) ** 2
    )
    return round(2 * _EARTH_RADIUS_METRES * math.asin(min(1.0, math.sqrt(chord))))
