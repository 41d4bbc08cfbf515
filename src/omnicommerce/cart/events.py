"""What happens to carts."""

from __future__ import annotations

from typing import ClassVar

import attrs

from omnicommerce.kernel.events import Event

__all__ = ["CartClaimed", "CartHandedOver", "CartStarted", "CartsMerged"]


@attrs.frozen(kw_only=True)
class CartStarted(Event):
    """Somebody began to shop."""

    kind: ClassVar[str] = "cart.started"

    owner: str
    channel: str


@attrs.frozen(kw_only=True)
class CartClaimed(Event):
    """A guest signed in, and their cart became the customer's."""

    kind: ClassVar[str] = "cart.claimed"

    owner: str


@attrs.frozen(kw_only=True)
class CartsMerged(Event):
    """What a guest had chosen went into the customer's cart, which is the subject."""

    kind: ClassVar[str] = "cart.merged"

    source_id: str
    policy: str


@attrs.frozen(kw_only=True)
class CartHandedOver(Event):
    """Somebody else opened the cart with its code."""

    kind: ClassVar[str] = "cart.handed_over"

    taken_by: str
