"""How a store waits: a thread of its own may block, a task lets its event loop go on."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Final, Protocol

__all__ = ["THREADS", "Flag", "Signal", "Waiting"]


class Signal(Protocol):
    """Something that one waits for until another one sets it; `threading.Event` is one."""

    @abstractmethod
    def set(self) -> None:
        """Let the one who waits go on; may be called from any thread."""

    @abstractmethod
    def is_set(self) -> bool:
        """Tell whether it was set."""

    @abstractmethod
    def wait(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds, and tell whether it was set."""


class Flag(Protocol):
    """Whether the thread or task that asks is inside a unit of work."""

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether it is."""

    @busy.setter
    @abstractmethod
    def busy(self, busy: bool) -> None: ...


class Waiting(Protocol):
    """What a store does while it cannot go on."""

    @abstractmethod
    def flag(self) -> Flag:
        """Return a flag that each thread or task has for itself, down at first."""

    @abstractmethod
    def signal(self) -> Signal:
        """Return a signal for the one who asks to wait for."""

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """Wait."""

    @abstractmethod
    def lock(self, acquire: Callable[[bool], bool]) -> None:
        """Wait for a lock.

        Args:
            acquire: Takes the lock and tells whether it did; told true, it
                blocks until it has it, told false, it only tries.
        """

    @abstractmethod
    def finish(self, call: Callable[[], None]) -> None:
        """Call into the database, to the end even if the caller is cancelled meanwhile."""


class _ThreadFlag(threading.local):
    busy = False


class _Threads(Waiting):
    """Threads block."""

    def flag(self) -> Flag:
        return _ThreadFlag()

    def signal(self) -> Signal:
        return threading.Event()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def lock(self, acquire: Callable[[bool], bool]) -> None:
        acquire(True)  # noqa: FBT003 - the one argument of a callback

    def finish(self, call: Callable[[], None]) -> None:
        call()


THREADS: Final[Waiting] = _Threads()
