"""The unit of work: everything of one command, kept or not kept as a whole."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, TypeVar

__all__ = ["Transactions"]

T = TypeVar("T")
U_co = TypeVar("U_co", covariant=True)


class Transactions(Protocol[U_co]):
    """Run units of work against one shop's store.

    ``U`` is what the command needs of the store: a small Protocol that names
    the repositories it touches. The adapters' unit of work satisfies them all.
    """

    @abstractmethod
    def run(self, work: Callable[[U_co], T]) -> T:
        """Run ``work`` in one transaction and return what it returned.

        Everything it did is kept when it returns and nothing when it raises.
        ``work`` is run again from the start when the store reports a conflict
        (a deadlock, a serialisation failure, a busy file), so it must not touch
        anything but the unit of work: no payment, no message, no clock.

        Raises:
            Conflict: It kept failing for longer than the adapter's budget.
            StoreUnavailable: The store vanished; nothing was kept.
            OutcomeUnknown: The store vanished while committing; repeat the
                command with the same key to learn what happened.
        """
