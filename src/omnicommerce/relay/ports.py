"""What a relay and an inbox need from outside: a store, a broker, and a word to stop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from omnicommerce.relay.cloud_event import CloudEvent
from omnicommerce.relay.model import Backlog, Leased, Sent, SetAside, Verdict

__all__ = ["Deliveries", "InboxRecord", "InboxStores", "Publisher", "RelayStores", "Stop"]


class Publisher(Protocol):
    """Hand events to a broker; one relay calls it from one thread, outside any transaction.

    Unlike `Outbox`, which keeps events for later, it tells of each event what
    became of it now. An event counts as accepted only when the broker has
    confirmed that it keeps it.
    """

    @abstractmethod
    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        """Publish a batch, in any order, and wait for the broker's confirmations.

        It must end by itself: within half the lease of the relay's policy.

        Raises:
            AdapterError: The broker takes nothing at the moment. Of what may
                have been taken before, nothing is known.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection."""


class Deliveries(Protocol):
    """The outbox as relays see it: which events still have to be published.

    An event is leased to one relay at a time, and only if no earlier event of
    its subject is pending elsewhere. What to lease is found by the state of the
    rows, never by a last sequence seen: an event that was written early and
    committed late is found when it is there.
    """

    @abstractmethod
    def lease(self, token: str, *, at: datetime, until: datetime, limit: int) -> tuple[Leased, ...]:
        """Lease events, those first that were leased before, in order of their sequence.

        Args:
            token: Proves the lease to `settle`; never used before.
            at: Now: leases that ended by then are over.
            until: When this one ends.
            limit: Most events.
        """

    @abstractmethod
    def settle(self, token: str, verdicts: Collection[Verdict]) -> int:
        """Write what became of leased events, and tell how many were still leased by this token."""

    @abstractmethod
    def aside(self, *, limit: int = 100) -> tuple[SetAside, ...]:
        """Return events that were set aside, oldest first."""

    @abstractmethod
    def requeue(self, event_ids: Collection[str]) -> int:
        """Let events that were set aside be tried anew, and tell how many were."""

    @abstractmethod
    def backlog(self, at: datetime) -> Backlog:
        """Count what waits."""

    @abstractmethod
    def tidy(self, before: datetime, *, limit: int) -> int:
        """Forget events that were published before an instant, and tell how many: up to limit.

        The newest event of all is kept, so that sequences go on from there.
        """


class InboxRecord(Protocol):
    """What consumers have seen, in the transaction of their own changes."""

    @abstractmethod
    def take(self, consumer: str, message: str, *, at: datetime) -> bool:
        """Remember a message, and tell whether this consumer sees it for the first time.

        Who takes the same message at the same time waits until this unit of
        work ends.
        """

    @abstractmethod
    def advance(self, consumer: str, subject: str, sequence: int) -> bool:
        """Remember the newest sequence of a subject, and tell whether this one is newer."""

    @abstractmethod
    def forget(self, consumer: str, before: datetime, *, limit: int) -> int:
        """Forget what a consumer took before an instant, and tell how many: up to limit."""


class RelayStores(Protocol):
    """The part of a unit of work that a relay uses."""

    @property
    @abstractmethod
    def deliveries(self) -> Deliveries:
        """The outbox, to be relayed."""


class InboxStores(Protocol):
    """The part of a unit of work that an inbox uses."""

    @property
    @abstractmethod
    def inbox(self) -> InboxRecord:
        """What was seen."""


class Stop(Protocol):
    """Say when to stop, and wait no longer than that; `threading.Event` is one."""

    @abstractmethod
    def is_set(self) -> bool:
        """Tell whether to stop."""

    @abstractmethod
    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, or until it is time to stop; tell whether it is."""
