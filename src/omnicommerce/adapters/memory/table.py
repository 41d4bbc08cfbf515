"""A dictionary that can take back what a unit of work did to it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Generic, TypeVar

__all__ = ["OnStep", "Table", "UndoLog"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

OnStep = Callable[[str], None]
"""Called with the name of a step before it is done; raising crashes the unit of work there."""


def _nothing(_: str) -> None:
    return


class UndoLog:
    """How to take back the writes of the current unit of work, last one first."""

    def __init__(self, on_step: OnStep | None = None) -> None:
        self.on_step: OnStep = on_step or _nothing
        self._undo: list[Callable[[], None]] = []

    def record(self, step: str, undo: Callable[[], None]) -> None:
        """Announce a write that is about to be done, and remember how to take it back."""
        self.on_step(step)
        self._undo.append(undo)

    def commit(self) -> None:
        """Forget how to take back."""
        self.on_step("commit")
        self._undo.clear()

    def rollback(self) -> None:
        """Take everything back since the last commit."""
        while self._undo:
            self._undo.pop()()


class Table(Generic[K, V]):
    """Immutable values by key, found by indexes too.

    Args:
        name: Names its steps to the crash hook, as ``name.put``.
        log: The undo log shared by all tables of a store.
        indexes: By name, the function that gives a value's index key; None
            leaves the value out of that index.
    """

    def __init__(
        self,
        name: str,
        log: UndoLog,
        **indexes: Callable[[V], Hashable | None],
    ) -> None:
        self._name = name
        self._log = log
        self._rows: dict[K, V] = {}
        self._keys = indexes
        self._indexes: dict[str, dict[Hashable, dict[K, None]]] = {name: {} for name in indexes}

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._rows)

    def __iter__(self) -> Iterator[V]:
        """Walk a copy of the values, in no particular order."""
        return iter(tuple(self._rows.values()))

    def get(self, key: K) -> V | None:
        """Return the value, or None."""
        return self._rows.get(key)

    def find(self, index: str, key: Hashable) -> list[V]:
        """Return the values under a key of an index, in no particular order."""
        return [self._rows[found] for found in self._indexes[index].get(key, ())]

    def put(self, key: K, value: V) -> None:
        """Write a value over what is there."""
        before = self._rows.get(key)
        self._log.record(f"{self._name}.put", lambda: self._swap(key, value, before))
        self._swap(key, before, value)

    def remove(self, key: K) -> None:
        """Take a value out, if it is there."""
        before = self._rows.get(key)
        if before is not None:
            self._log.record(f"{self._name}.remove", lambda: self._swap(key, None, before))
            self._swap(key, before, None)

    def as_mapping(self) -> Mapping[K, V]:
        """Return a copy, for comparisons in tests."""
        return dict(self._rows)

    def _swap(self, key: K, old: V | None, new: V | None) -> None:
        if old is not None:
            self._reindex(key, old, there=False)
        if new is None:
            del self._rows[key]
        else:
            self._rows[key] = new
            self._reindex(key, new, there=True)

    def _reindex(self, key: K, value: V, *, there: bool) -> None:
        for name, key_of in self._keys.items():
            place = key_of(value)
            if place is None:
                continue
            if there:
                self._indexes[name].setdefault(place, {})[key] = None
            else:
                del self._indexes[name][place][key]
                if not self._indexes[name][place]:
                    del self._indexes[name][place]
