"""What happens to pick-ups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import attrs

from omnicommerce.kernel.events import Event
from omnicommerce.kernel.money import Money

__all__ = ["PickupHandedOver", "PickupMissed", "PickupReady", "PickupRequested"]


@attrs.frozen(kw_only=True)
class PickupRequested(Event):
    """A store has something to prepare."""

    kind: ClassVar[str] = "pickup.requested"

    order_id: str
    location_id: str
    ready_by: datetime


@attrs.frozen(kw_only=True)
class PickupReady(Event):
    """Everything waits on the shelf; the code itself is only in the message."""

    kind: ClassVar[str] = "pickup.ready"

    order_id: str
    location_id: str
    collect_until: datetime


@attrs.frozen(kw_only=True)
class PickupHandedOver(Event):
    """The customer came: what they kept, what they declined, what goes back to them."""

    kind: ClassVar[str] = "pickup.handed_over"

    order_id: str
    kept: Mapping[str, int]
    declined: Mapping[str, int]
    refund_amount: Money


@attrs.frozen(kw_only=True)
class PickupMissed(Event):
    """Nobody came in time; everything goes back."""

    kind: ClassVar[str] = "pickup.missed"

    order_id: str
    refund_amount: Money
