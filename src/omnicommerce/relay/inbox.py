"""The consumer's end: whatever is delivered twice or out of order takes effect once."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from omnicommerce.kernel.clock import Clock, SystemClock
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import require_id
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.relay.cloud_event import CloudEvent
from omnicommerce.relay.model import LONGEST_MESSAGE
from omnicommerce.relay.ports import InboxStores
from omnicommerce.relay.tidying import forget_older

__all__ = ["Effect", "Inbox"]

U = TypeVar("U", bound=InboxStores)


class Effect(enum.Enum):
    """What a delivery did."""

    APPLIED = "applied"
    """It was new, and the consumer's change was made."""

    DUPLICATE = "duplicate"
    """It had been applied, or been found outdated, before."""

    OUTDATED = "outdated"
    """A later event of its subject had been applied before."""


class Inbox(Generic[U]):
    """Let each event take effect once for one consumer, however often it is delivered.

    The event is remembered in the unit of work that makes the consumer's own
    change, so both are kept or neither. Acknowledge a delivery to the broker
    when `receive` has returned.

    Args:
        store: Where the consumer's changes go.
        consumer: Its name; each consumer sees each event once.
        clock: Tells the time; the machine's by default.

    Raises:
        InvalidValue: The name cannot be one.
    """

    def __init__(
        self, store: Transactions[U], consumer: str, *, clock: Clock | None = None
    ) -> None:
        self._store = store
        self._consumer = require_id(consumer, "consumer")
        self._clock: Clock = clock or SystemClock()

    def receive(
        self, event: CloudEvent, change: Callable[[U], object], *, newest_only: bool = False
    ) -> Effect:
        """Make the consumer's change unless the event was received before.

        Args:
            event: As it was delivered.
            change: Makes the change in the unit of work it is given. It may be
                run again from the start; see `Transactions.run`.
            newest_only: Also skip an event when a later one of its subject was
                received before: for consumers that keep the state an event
                brings, not for those that add events up.

        Raises:
            InvalidValue: The event's identity is too long; or ``newest_only``,
                and the event says neither subject nor sequence.
        """
        key = event.key
        if len(key) > LONGEST_MESSAGE:
            raise InvalidValue("id", f"with its source longer than {LONGEST_MESSAGE} characters")
        place = _place(event) if newest_only else None
        at = self._clock.now()

        def work(unit: U) -> Effect:
            if not unit.inbox.take(self._consumer, key, at=at):
                return Effect.DUPLICATE
            if place is not None and not unit.inbox.advance(self._consumer, *place):
                return Effect.OUTDATED
            change(unit)
            return Effect.APPLIED

        return self._store.run(work)

    def tidy(self, older_than: timedelta, *, batch: int = 500) -> int:
        """Forget this consumer's messages that came longer ago, and tell how many.

        Args:
            older_than: Longer than anything may take to be delivered again.
            batch: Most rows of one transaction.

        Raises:
            InvalidValue: A negative duration, or an empty batch.
        """
        return forget_older(
            lambda before: self._store.run(
                lambda unit: unit.inbox.forget(self._consumer, before, limit=batch)
            ),
            at=self._clock.now(),
            older_than=older_than,
            batch=batch,
        )


def _place(event: CloudEvent) -> tuple[str, int]:
    """Return the subject, told apart from other sources' subjects, and the sequence.

    Raises:
        InvalidValue: The event lacks one of them.
    """
    if not event.subject:
        raise InvalidValue("subject", "the event names none, so nothing tells which is newer")
    if event.sequence is None:
        raise InvalidValue("sequence", "the event has none, so nothing tells which is newer")
    subject = f"{event.source} {event.subject}"
    if len(subject) > LONGEST_MESSAGE:
        raise InvalidValue("subject", f"with its source longer than {LONGEST_MESSAGE} characters")
    return subject, event.sequence
