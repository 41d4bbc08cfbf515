"""Stores under test, by the URL that the database fixtures hand out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from omnicommerce.adapters.memory import MemoryStore

__all__ = ["ledger_stores"]


@contextmanager
def ledger_stores(url: str) -> Iterator[Callable[[], Any]]:
    """Give a function that opens the store of a database, each time empty."""
    if url == "memory:":
        yield MemoryStore
        return
    from omnicommerce.adapters.sql import SqlStore
    from omnicommerce.adapters.sql.tables import metadata

    store = SqlStore.open(url)

    def emptied() -> SqlStore:
        with store._engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        return store

    try:
        yield emptied
    finally:
        store.close()
