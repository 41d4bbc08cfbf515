"""What consumers have seen, in memory."""

from __future__ import annotations

from datetime import datetime

from omnicommerce.adapters.memory.table import Table, UndoLog

__all__ = ["MemoryInbox"]

_Key = tuple[str, str]


class MemoryInbox:
    """`omnicommerce.relay.ports.InboxRecord` in memory."""

    def __init__(self, log: UndoLog) -> None:
        self._messages: Table[_Key, tuple[str, str, datetime]] = Table(
            "inbox", log, consumer=lambda row: row[0]
        )
        self._newest: Table[_Key, int] = Table("inbox_subjects", log)

    def take(self, consumer: str, message: str, *, at: datetime) -> bool:
        """Remember the message, and tell whether it was new."""
        if self._messages.get((consumer, message)) is not None:
            return False
        self._messages.put((consumer, message), (consumer, message, at))
        return True

    def advance(self, consumer: str, subject: str, sequence: int) -> bool:
        """Remember the newest sequence of a subject, and tell whether this one is newer."""
        newest = self._newest.get((consumer, subject))
        if newest is not None and newest >= sequence:
            return False
        self._newest.put((consumer, subject), sequence)
        return True

    def forget(self, consumer: str, before: datetime, *, limit: int) -> int:
        """Forget a consumer's messages of before an instant."""
        old = [row for row in self._messages.find("consumer", consumer) if row[2] < before]
        old.sort(key=lambda row: row[2])
        for _, message, _ in old[:limit]:
            self._messages.remove((consumer, message))
        return len(old[:limit])
