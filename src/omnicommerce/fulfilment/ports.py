"""What the pick-up room needs from a store and from the outside."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import attrs

from omnicommerce.fulfilment.model import Pickup
from omnicommerce.kernel.ids import LocationId, OrderId

__all__ = ["Message", "MessageSender", "PickupRepository"]


class PickupRepository(Protocol):
    """Keep pick-ups; one per order and store."""

    @abstractmethod
    def get(self, pickup_id: str) -> Pickup:
        """Return the pick-up, or raise `NotFound`."""

    @abstractmethod
    def of_order(self, order_id: OrderId) -> tuple[Pickup, ...]:
        """Return an order's pick-ups in order of identity."""

    @abstractmethod
    def open_at(self, location_id: LocationId, *, limit: int = 100) -> tuple[Pickup, ...]:
        """Return what is requested or ready at the store, earliest ``ready_by`` first."""

    @abstractmethod
    def overdue(self, at: datetime, *, limit: int = 100) -> tuple[Pickup, ...]:
        """Return ready pick-ups whose ``collect_until`` has come, oldest first."""

    @abstractmethod
    def add(self, pickup: Pickup) -> None:
        """Keep a new pick-up at version 0, or raise `Conflict` if its identity is taken."""

    @abstractmethod
    def save(self, pickup: Pickup) -> Pickup:
        """Replace the pick-up read at ``pickup.version``; return it one version later.

        Raises:
            StaleVersion: It was changed since.
        """


@attrs.frozen(kw_only=True)
class Message:
    """Something to tell a customer, as data: the sender renders it in their language.

    Args:
        message_id: Sending twice under one identity must reach the customer once.
        template: What to say, such as ``pickup.ready``; see ``omnicommerce.i18n``.
        recipient: Where to: an e-mail address.
        locale: In which language.
        parameters: The figures of the text.
    """

    message_id: str
    template: str
    recipient: str
    locale: str
    parameters: Mapping[str, Any]


class MessageSender(Protocol):
    """Deliver messages; given to `Commerce.open`, called outside of any transaction."""

    @abstractmethod
    def send(self, message: Message) -> None:
        """Hand the message to whatever delivers it; raising means that it was not."""
