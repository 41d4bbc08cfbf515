"""Pick-up points and pick-ups."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CustomerId, LocationId, OrderId, Sku, valid_id
from omnicommerce.kernel.window import Window
from omnicommerce.ledger.model import AccountKey

__all__ = [
    "PICKUP_TRANSITIONS",
    "Pickup",
    "PickupLine",
    "PickupPoint",
    "PickupStatus",
    "Slot",
    "slot_account",
]


@attrs.frozen(kw_only=True)
class PickupPoint:
    """How customers collect at one location.

    Args:
        location_id: The store.
        opening: When it hands over, in the store's own zone; `Window.always` by default.
        preparation: Time needed from order to shelf.
        slot_length: Length of a slot; slots start at multiples of it from midnight UTC.
        slot_capacity: Pick-ups per slot; None: no slots, come when it is ready.
        keep: How long prepared goods wait after their slot before they count as missed.
    """

    location_id: LocationId = attrs.field(validator=valid_id)
    opening: Window = attrs.field(factory=Window.always)
    preparation: timedelta = timedelta(hours=2)
    slot_length: timedelta = timedelta(hours=1)
    slot_capacity: int | None = None
    keep: timedelta = timedelta(days=5)

    def __attrs_post_init__(self) -> None:
        """Refuse points nobody could collect at."""
        if self.slot_capacity is not None and self.slot_capacity < 1:
            raise InvalidValue("slot_capacity", "must be at least 1, or left out")
        day = timedelta(days=1)
        if not timedelta(minutes=5) <= self.slot_length <= day or day % self.slot_length:
            raise InvalidValue("slot_length", "must divide a day and be at least 5 minutes")
        if self.preparation < timedelta(0) or self.keep < timedelta(0):
            raise InvalidValue("preparation", "preparation and keep must not be negative")


@attrs.frozen(order=True)
class Slot:
    """A stretch of time in which a store expects customers: half-open, in UTC."""

    starts_at: datetime = attrs.field(converter=require_instant)
    ends_at: datetime = attrs.field(converter=require_instant)


class PickupStatus(enum.StrEnum):
    """Where a pick-up stands."""

    PLANNED = "planned"
    REQUESTED = "requested"
    READY = "ready"
    COLLECTED = "collected"
    DECLINED = "declined"
    MISSED = "missed"
    CANCELLED = "cancelled"


PICKUP_TRANSITIONS: Final[Mapping[PickupStatus, frozenset[PickupStatus]]] = {
    PickupStatus.PLANNED: frozenset({PickupStatus.REQUESTED, PickupStatus.CANCELLED}),
    PickupStatus.REQUESTED: frozenset({PickupStatus.READY, PickupStatus.CANCELLED}),
    PickupStatus.READY: frozenset(
        {
            PickupStatus.COLLECTED,
            PickupStatus.DECLINED,
            PickupStatus.MISSED,
            PickupStatus.CANCELLED,
        }
    ),
    PickupStatus.COLLECTED: frozenset(),
    PickupStatus.DECLINED: frozenset(),
    PickupStatus.MISSED: frozenset(),
    PickupStatus.CANCELLED: frozenset(),
}
"""Planned: not paid. Collected: something was kept. Declined: nothing was. Missed: nobody came."""


@attrs.frozen(kw_only=True)
class PickupLine:
    """What lies ready for one order line; quantities in smallest units."""

    line_id: str
    sku: Sku
    quantity: int


@attrs.frozen(kw_only=True)
class Pickup:
    """One customer collecting one order at one store.

    Args:
        pickup_id: Identity.
        order_id: The order.
        location_id: The store that has the goods; no other hands them over.
        customer_id: Whose order it is, if known.
        slot: When the customer comes, if the store has slots.
        takes_place: Whether the slot's places are counted, and this takes one.
        ready_by: When the store promised to have everything on the shelf.
        collect_until: First instant at which the goods count as missed.
        lines: What is to be prepared.
        status: Where it stands.
        code_hash: Keyed hash of the current code; the code itself is never stored.
        wrong_codes: Wrong codes tried since the current code was issued.
        ready_at: When the store had it ready.
        ended_at: When it ended, however it did.
        version: Counts the changes saved.
    """

    pickup_id: str
    order_id: OrderId
    location_id: LocationId
    customer_id: CustomerId | None
    slot: Slot | None
    takes_place: bool = False
    ready_by: datetime
    collect_until: datetime
    lines: tuple[PickupLine, ...]
    status: PickupStatus = PickupStatus.PLANNED
    code_hash: str | None = None
    wrong_codes: int = 0
    ready_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the store has something to do: it is paid and has not ended."""
        return self.status in {PickupStatus.REQUESTED, PickupStatus.READY}


def slot_account(location_id: str, slot: Slot) -> AccountKey:
    """Return the ledger account that counts the places left in this slot."""
    return AccountKey("slot", location_id, slot.starts_at.strftime("%Y-%m-%dT%H:%MZ"))
