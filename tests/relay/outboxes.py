"""Outboxes under test: events in them, relays over them, and what a broker got."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import attrs

from omnicommerce.adapters.brokers.in_process import InProcessBroker
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.events import Event
from omnicommerce.kernel.ids import SequentialIds
from omnicommerce.relay import CloudEvent, Envelope, Publisher, Relay, RelayPolicy, Sent

__all__ = [
    "LEASE",
    "NOON",
    "SHOP",
    "FileBroker",
    "Happened",
    "LockedBroker",
    "StopAfter",
    "first_times",
    "ids_by_subject",
    "make_relay",
    "write",
]

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP: Final = Envelope(source="/shops/alma")


@attrs.frozen(kw_only=True)
class Happened(Event):
    """Something to relay."""

    kind: ClassVar[str] = "order.placed"

    note: str = "ñ, 日本, 😀"


def write(store: Any, *event_ids: str, at: datetime = NOON) -> None:
    """Write events in one unit of work; ``a2`` is about the subject ``a``."""

    def work(unit: Any) -> None:
        for event_id in event_ids:
            subject = event_id.rstrip("0123456789")
            unit.outbox.add(Happened(event_id=event_id, subject=subject, at=at))

    store.run(work)


def make_relay(
    store: Any,
    publisher: Publisher | None = None,
    *,
    clock: ManualClock | None = None,
    ids: Any = None,
    **policy: Any,
) -> Relay:
    """Make a relay whose clock stands still."""
    return Relay(
        store,
        publisher or InProcessBroker(),
        SHOP,
        policy=RelayPolicy(**policy),
        clock=clock or ManualClock(NOON),
        ids=ids or SequentialIds(),
    )


def ids_by_subject(events: Iterable[CloudEvent]) -> dict[str, list[str]]:
    """Return each subject's events in the order they were published."""
    found: dict[str, list[str]] = {}
    for event in events:
        found.setdefault(event.subject, []).append(event.id)
    return found


class StopAfter:
    """Say stop after so many waits, and remember how long they would have been."""

    def __init__(self, waits: int) -> None:
        self.waits: list[float] = []
        self._left = waits

    def is_set(self) -> bool:
        """Tell whether it was waited often enough."""
        return self._left <= 0

    def wait(self, timeout: float) -> bool:
        """Count a wait."""
        self.waits.append(timeout)
        self._left -= 1
        return self.is_set()


class LockedBroker(InProcessBroker):
    """An in-process broker for several threads."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        """Take one batch at a time."""
        with self._lock:
            return super().publish(events)


class FileBroker:
    """Append each event's id to a file, for broker and relays that are several processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        """Write one line for each event, at once."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write("".join(f"{event.id}\n" for event in events))
        return Sent(accepted=frozenset(event.id for event in events))

    def close(self) -> None:
        """Do nothing: the file is closed already."""

    def lines(self) -> list[str]:
        """Return the ids in the order they came."""
        return self._path.read_text(encoding="utf-8").split() if self._path.exists() else []


def first_times(event_ids: Iterable[str]) -> dict[str, list[str]]:
    """Return each subject's events in the order they came for the first time."""
    found: dict[str, list[str]] = {}
    for event_id in dict.fromkeys(event_ids):
        found.setdefault(event_id.rstrip("0123456789"), []).append(event_id)
    return found


LEASE: Final = timedelta(minutes=1)
"""The lease of a policy that says nothing else."""
