"""Pure decisions about pick-ups: slots, codes and transitions."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from omnicommerce.fulfilment.model import (
    PICKUP_TRANSITIONS,
    Pickup,
    PickupPoint,
    PickupStatus,
    Slot,
)
from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.reasons import Reason

__all__ = [
    "MOST_WRONG_CODES",
    "PickupRefused",
    "advance",
    "check_code",
    "end",
    "make_ready",
    "offered_slots",
    "slot_at",
]

MOST_WRONG_CODES: Final = 5
"""Wrong codes after which only a new code helps."""

_HORIZON: Final = timedelta(days=30)


class PickupRefused(Refused):
    """The pick-up cannot happen like this."""

    code = "refused.pickup"


def slot_at(point: PickupPoint, starts_at: datetime, *, at: datetime) -> Slot:
    """Return the point's slot that starts at an instant.

    Raises:
        PickupRefused: No slot starts then, the store is closed during a part of
            it, it is too soon to have everything ready, or over 30 days away.
    """
    slot = Slot(starts_at, starts_at + point.slot_length)
    parameters = {"location": point.location_id, "slot": slot.starts_at.isoformat()}
    midnight = datetime.combine(slot.starts_at.date(), datetime.min.time(), UTC)
    if (slot.starts_at - midnight) % point.slot_length:
        raise PickupRefused(Reason("pickup.no_such_slot", parameters))
    if not _is_open(point, slot):
        raise PickupRefused(Reason("pickup.closed", parameters))
    if slot.starts_at < at + point.preparation:
        raise PickupRefused(Reason("pickup.too_soon", parameters))
    if slot.starts_at > at + _HORIZON:
        raise PickupRefused(Reason("pickup.too_far", parameters))
    return slot


def offered_slots(point: PickupPoint, *, at: datetime, most: int = 8) -> tuple[Slot, ...]:
    """Return the next slots that `slot_at` would accept, places left or not."""
    earliest = at + point.preparation
    midnight = datetime.combine(earliest.astimezone(UTC).date(), datetime.min.time(), UTC)
    turn = -((midnight - earliest) // point.slot_length)
    slots: list[Slot] = []
    while len(slots) < most:
        starts_at = midnight + turn * point.slot_length
        if starts_at > at + _HORIZON:
            break
        slot = Slot(starts_at, starts_at + point.slot_length)
        if _is_open(point, slot):
            slots.append(slot)
        turn += 1
    return tuple(slots)


def _is_open(point: PickupPoint, slot: Slot) -> bool:
    if not point.opening.contains(slot.starts_at):
        return False
    changes = point.opening.boundaries(slot.starts_at, slot.ends_at)
    return all(point.opening.contains(change) for change in changes if change < slot.ends_at)


def advance(pickup: Pickup, status: PickupStatus) -> Pickup:
    """Move the pick-up to another status.

    Raises:
        PickupRefused: The table of transitions has no such step.
    """
    if status not in PICKUP_TRANSITIONS[pickup.status]:
        raise PickupRefused(
            Reason(
                "pickup.state",
                {
                    "pickup": pickup.pickup_id,
                    "status": str(pickup.status),
                    "wanted": str(status),
                },
            )
        )
    return attrs.evolve(pickup, status=status)


def make_ready(pickup: Pickup, code: str, *, at: datetime) -> Pickup:
    """Put the goods on the shelf under a code; a pick-up that is ready gets a new code.

    Raises:
        PickupRefused: It has ended.
    """
    if pickup.status is not PickupStatus.READY:
        pickup = attrs.evolve(advance(pickup, PickupStatus.READY), ready_at=at)
    return attrs.evolve(pickup, code_hash=_hash(pickup, code), wrong_codes=0)


def check_code(pickup: Pickup, code: str, location_id: str) -> tuple[Pickup, Reason | None]:
    """Tell why a code does not open this pick-up at this store: None if it does.

    The pick-up returned counts the wrong code and must be saved even so. Codes
    are compared in constant time.
    """
    if pickup.status is not PickupStatus.READY or pickup.code_hash is None:
        return pickup, Reason(
            "pickup.not_ready", {"pickup": pickup.pickup_id, "status": str(pickup.status)}
        )
    if pickup.location_id != location_id:
        return pickup, Reason(
            "pickup.wrong_store", {"location": location_id, "expected": pickup.location_id}
        )
    if pickup.wrong_codes >= MOST_WRONG_CODES:
        return pickup, Reason("pickup.locked", {"pickup": pickup.pickup_id})
    if not hmac.compare_digest(pickup.code_hash, _hash(pickup, code)):
        left = MOST_WRONG_CODES - pickup.wrong_codes - 1
        counted = attrs.evolve(pickup, wrong_codes=pickup.wrong_codes + 1)
        return counted, Reason("pickup.wrong_code", {"left": left})
    return pickup, None


def end(pickup: Pickup, status: PickupStatus, *, at: datetime) -> Pickup:
    """End the pick-up; its code opens nothing any more.

    Raises:
        PickupRefused: It cannot end like this from where it stands.
    """
    return attrs.evolve(advance(pickup, status), ended_at=at, code_hash=None)


def _hash(pickup: Pickup, code: str) -> str:
    normal = "".join(str(code).split()).casefold()
    return hmac.new(pickup.pickup_id.encode(), normal.encode(), hashlib.sha256).hexdigest()
