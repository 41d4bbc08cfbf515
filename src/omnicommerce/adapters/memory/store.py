"""A shop in memory: units of work, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from omnicommerce.adapters.memory.table import OnStep, UndoLog
from omnicommerce.adapters.memory.unit_of_work import MemoryTables, MemoryUnit
from omnicommerce.kernel.errors import InvalidValue, Misuse

__all__ = ["MemoryStore"]

T = TypeVar("T")


class MemoryStore:
    """Run units of work in memory, one after the other, from any number of threads.

    Args:
        on_step: Called before every write and before the commit with the
            step's name, such as ``holds.put``. What it raises ends the unit of
            work as a crash there would, so a test can crash between any two
            steps.

    Example:
        >>> from datetime import UTC, datetime
        >>> from omnicommerce.ledger.model import AccountKey, Command
        >>> store = MemoryStore()
        >>> dress = AccountKey("stock", "DRESS-M", "madrid")
        >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        >>> received = Command("delivery-7", "delivery", noon)
        >>> answer = store.run(lambda unit: unit.ledger.credit(dress, 3, by=received))
        >>> store.run(lambda unit: unit.ledger.standings([dress], at=noon))[dress].available
        3
    """

    def __init__(self, *, on_step: OnStep | None = None) -> None:
        self._log = UndoLog(on_step)
        self._tables = MemoryTables(self._log)
        self._lock = threading.RLock()
        self._running = False

    @classmethod
    def open(cls, url: str) -> MemoryStore:
        """Open a new, empty store; the URL is ``memory:``.

        Raises:
            InvalidValue: The URL says more than that.
        """
        if url.rstrip("/") != "memory:":
            raise InvalidValue("url", f"must be memory:, not {url!r}")
        return cls()

    def run(self, work: Callable[[MemoryUnit], T]) -> T:
        """Run ``work`` and keep what it did when it returns, nothing when it raises.

        Raises:
            Misuse: Called from within a unit of work: they do not nest.
        """
        with self._lock:
            if self._running:
                raise Misuse("a unit of work cannot be run inside another one of the same store")
            self._running = True
            try:
                return self._run(work)
            finally:
                self._log.rollback()
                self._running = False

    def _run(self, work: Callable[[MemoryUnit], T]) -> T:
        unit = MemoryUnit.over(self._tables)
        answer = work(unit)
        if unit.ledger.refusal is not None:
            raise unit.ledger.refusal
        self._log.commit()
        return answer

    def close(self) -> None:
        """Do nothing: what is in memory needs no closing."""
