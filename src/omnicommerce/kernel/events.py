"""Events: what happened, in the past tense, written in the same transaction."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Protocol

import attrs

__all__ = ["Event", "Outbox"]


@attrs.frozen(kw_only=True)
class Event:
    """A fact about one aggregate; each capability's ``events`` module has its own kinds.

    Args:
        event_id: Unique identity, made before the transaction.
        subject: The aggregate it is about, such as ``order_0001``.
        at: When it happened.
    """

    kind: ClassVar[str] = "event"

    event_id: str
    subject: str
    at: datetime


class Outbox(Protocol):
    """Keep events in the transaction that caused them; a relay sends them later.

    Called by services inside a unit of work. An event is kept exactly when the
    rest of its unit of work is.
    """

    @abstractmethod
    def add(self, event: Event) -> None:
        """Keep an event with the rest of this unit of work."""
