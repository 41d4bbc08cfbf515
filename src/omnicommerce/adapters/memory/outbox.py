"""Events in memory, and how far they have got on their way out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import attrs

from omnicommerce.adapters.memory.table import Table, UndoLog
from omnicommerce.kernel.documents import canonical
from omnicommerce.kernel.events import Event
from omnicommerce.relay.model import Backlog, Leased, SetAside, Verdict

__all__ = ["MemoryDeliveries", "MemoryOutbox"]


@attrs.frozen(kw_only=True)
class _Row:
    """An event of the outbox; while it is pending, a ``due_at`` of None: nobody had it yet."""

    sequence: int
    event: Event
    state: str = "pending"
    due_at: datetime | None = None
    lease: str | None = None
    tries: int = 0
    published_at: datetime | None = None
    reason: str | None = None

    def is_due(self, at: datetime) -> bool:
        return self.due_at is None or self.due_at <= at


class MemoryOutbox:
    """`omnicommerce.kernel.events.Outbox` in memory; `MemoryDeliveries` relays from here."""

    def __init__(self, log: UndoLog) -> None:
        self.rows: Table[int, _Row] = Table(
            "outbox",
            log,
            state=lambda row: row.state,
            event=lambda row: row.event.event_id,
        )
        self._forgotten = 0

    def add(self, event: Event) -> None:
        """Keep an event with the rest of this unit of work."""
        sequence = self.newest + 1
        self.rows.put(sequence, _Row(sequence=sequence, event=event))

    @property
    def newest(self) -> int:
        """The last sequence that was given; 0 if none was."""
        return len(self.rows) + self._forgotten

    def pending(self) -> tuple[tuple[int, Event], ...]:
        """Return the events that are still to be published with their sequence, oldest first."""
        return tuple((row.sequence, row.event) for row in self.in_state("pending"))

    def in_state(self, state: str) -> list[_Row]:
        """Return the rows in a state in order of their sequence."""
        return sorted(self.rows.find("state", state), key=lambda row: row.sequence)

    def put(self, row: _Row) -> None:
        """Write a row over what is there."""
        self.rows.put(row.sequence, row)

    def remove(self, row: _Row) -> None:
        """Take a row out; its sequence is never used again."""
        self.rows.remove(row.sequence)
        self._forgotten += 1


class MemoryDeliveries:
    """`omnicommerce.relay.ports.Deliveries` over a memory outbox."""

    def __init__(self, outbox: MemoryOutbox) -> None:
        self._outbox = outbox

    def lease(self, token: str, *, at: datetime, until: datetime, limit: int) -> tuple[Leased, ...]:
        """Lease events that are due and behind no other pending one of their subject."""
        free = list(_not_behind(self._outbox.in_state("pending"), at))
        first = sorted(free, key=lambda row: row.due_at is None)
        taken = _whole(free, {row.sequence for row in first[:limit]}) or free[:limit]
        for row in taken:
            self._outbox.put(attrs.evolve(row, due_at=until, lease=token))
        return tuple(_leased(row) for row in taken)

    def settle(self, token: str, verdicts: Collection[Verdict]) -> int:
        """Write what became of events, where the lease is still this one."""
        count = 0
        for verdict in verdicts:
            row = self._outbox.rows.get(verdict.sequence)
            if row is not None and row.lease == token:
                self._outbox.put(_settled(row, verdict))
                count += 1
        return count

    def aside(self, *, limit: int = 100) -> tuple[SetAside, ...]:
        """Return events that were set aside, oldest first."""
        return tuple(_set_aside(row) for row in self._outbox.in_state("aside")[:limit])

    def requeue(self, event_ids: Collection[str]) -> int:
        """Make events that were set aside due again."""
        rows = [
            row
            for event_id in set(event_ids)
            for row in self._outbox.rows.find("event", event_id)
            if row.state == "aside"
        ]
        for row in rows:
            self._outbox.put(_Row(sequence=row.sequence, event=row.event))
        return len(rows)

    def backlog(self, at: datetime) -> Backlog:
        """Count what waits."""
        pending = self._outbox.in_state("pending")
        waiting = [row for row in pending if not row.is_due(at)]
        leased = sum(row.lease is not None for row in waiting)
        return Backlog(
            pending=len(pending),
            leased=leased,
            retrying=len(waiting) - leased,
            aside=len(self._outbox.in_state("aside")),
            oldest_at=min((row.event.at for row in pending), default=None),
        )

    def tidy(self, before: datetime, *, limit: int) -> int:
        """Forget events that were published before an instant."""
        old = [
            row
            for row in self._outbox.in_state("published")
            if row.published_at is not None
            and row.published_at < before
            and row.sequence < self._outbox.newest
        ][:limit]
        for row in old:
            self._outbox.remove(row)
        return len(old)


def _not_behind(pending: Iterable[_Row], at: datetime) -> Iterable[_Row]:
    """Return rows that are due and have no earlier row of their subject that is not."""
    blocked: set[str] = set()
    for row in pending:
        if not row.is_due(at):
            blocked.add(row.event.subject)
        elif row.event.subject not in blocked:
            yield row


def _whole(free: Iterable[_Row], chosen: Collection[int]) -> list[_Row]:
    """Return the free rows in order, without those behind one that was not chosen."""
    behind: set[str] = set()
    kept = []
    for row in free:
        if row.sequence not in chosen:
            behind.add(row.event.subject)
        elif row.event.subject not in behind:
            kept.append(row)
    return kept


def _settled(row: _Row, verdict: Verdict) -> _Row:
    state = "aside" if verdict.is_aside else "pending" if verdict.due_at else "published"
    return _Row(
        sequence=row.sequence,
        event=row.event,
        state=state,
        due_at=verdict.due_at,
        tries=verdict.tries,
        published_at=verdict.published_at,
        reason=verdict.reason,
    )


def _leased(row: _Row) -> Leased:
    return Leased(
        sequence=row.sequence,
        event_id=row.event.event_id,
        kind=row.event.kind,
        subject=row.event.subject,
        at=row.event.at,
        data=canonical(row.event),
        tries=row.tries,
    )


def _set_aside(row: _Row) -> SetAside:
    return SetAside(
        sequence=row.sequence,
        event_id=row.event.event_id,
        kind=row.event.kind,
        subject=row.event.subject,
        at=row.event.at,
        tries=row.tries,
        reason=row.reason or "",
    )
