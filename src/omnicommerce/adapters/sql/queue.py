"""A fair queue for the one writer that SQLite allows.

SQLite's own waiting is a poll without an order, and under load some writers
never get a turn. Here writers wait in line: threads and tasks of one process first come,
first served, and processes through two locks on a file beside the database. Who
is next holds the *turnstile* while it waits for the *seat*, so that whoever
leaves the seat cannot take it again before the next one.

An operating system without such locks falls back on the line of the threads
and SQLite's own waiting.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

from omnicommerce.adapters.sql.waiting import THREADS, Signal, Waiting
from omnicommerce.kernel.errors import Conflict, StoreUnavailable

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]  # absent there

__all__ = ["WriterQueue", "queue_for"]

_TURNSTILE: Final = 0
_SEAT: Final = 1


class _Line:
    """A lock that is given in the order of asking."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[Signal] = deque()

    @contextmanager
    def turn(self, patience: float, waiting: Waiting) -> Iterator[None]:
        self._enter(patience, waiting)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, patience: float, waiting: Waiting) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = waiting.signal()
            self._waiting.append(mine)
        try:
            called = mine.wait(patience)
        except BaseException:
            self._give_up(mine)
            raise
        if not called:
            self._give_up(mine)
            raise Conflict("waited too long for the turn to write")

    def _give_up(self, mine: Signal) -> None:
        with self._guard:
            if not mine.is_set():
                self._waiting.remove(mine)
                return
        self._leave()

    def _leave(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


class WriterQueue:
    """The line of everybody who wants to write to one SQLite database."""

    def __init__(self, path: Path | None) -> None:
        self._line = _Line()
        self._path = path
        self._file: int | None = None

    @contextmanager
    def turn(self, patience: float, waiting: Waiting = THREADS) -> Iterator[None]:
        """Wait for the turn, and keep it for the length of the block.

        Args:
            patience: Seconds to wait for the others of this process.
            waiting: How to wait.

        Raises:
            Conflict: The others took longer than that.
            StoreUnavailable: The folder of the database cannot be written to.
        """
        with self._line.turn(patience, waiting), self._seat(waiting):
            yield

    def _seat(self, waiting: Waiting) -> AbstractContextManager[None]:
        if self._path is None or fcntl is None:
            return nullcontext()
        return self._locked(self._descriptor(self._path), waiting)

    @contextmanager
    def _locked(self, file: int, waiting: Waiting) -> Iterator[None]:
        try:
            waiting.lock(lambda blocking: _take_seat(file, blocking=blocking))
            yield
        finally:
            fcntl.lockf(file, fcntl.LOCK_UN, 1, _SEAT)

    def _descriptor(self, path: Path) -> int:
        """Open the file once: closing any descriptor of it would drop the process's locks."""
        if self._file is None:
            try:
                self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            except OSError as error:
                raise StoreUnavailable(f"cannot write beside the database: {error}") from error
        return self._file


def _take_seat(file: int, *, blocking: bool) -> bool:
    """Take the seat, and tell whether we have it; who blocks does in the end."""
    how = fcntl.LOCK_EX if blocking else fcntl.LOCK_EX | fcntl.LOCK_NB
    try:
        fcntl.lockf(file, how, 1, _TURNSTILE)
        try:
            fcntl.lockf(file, how, 1, _SEAT)
        finally:
            fcntl.lockf(file, fcntl.LOCK_UN, 1, _TURNSTILE)
    except BlockingIOError:
        return False
    return True


_QUEUES: Final[dict[tuple[int, str], WriterQueue]] = {}
_QUEUES_GUARD: Final = threading.Lock()


def queue_for(database: str | None) -> WriterQueue:
    """Return this process's queue for a database file; a new one for a database in memory."""
    if not database or database == ":memory:" or database.startswith("file:"):
        return WriterQueue(None)
    path = Path(database).resolve()
    with _QUEUES_GUARD:
        key = (os.getpid(), str(path))
        if key not in _QUEUES:
            _QUEUES[key] = WriterQueue(path.with_name(path.name + "-queue"))
        return _QUEUES[key]
