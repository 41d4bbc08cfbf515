"""Aggregates as rows: key columns to find them by, a version, and one JSON document."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.kernel.documents import StoredKind, pack, unpack
from omnicommerce.kernel.errors import NotFound, StaleVersion

__all__ = ["Aggregates", "Found", "Mapped", "Versioned"]


class Versioned(Protocol):
    """An attrs class that counts the changes saved."""

    @property
    @abstractmethod
    def version(self) -> int:
        """How often it was saved."""


A = TypeVar("A", bound=Versioned)

Found: TypeAlias = sa.Select[Any, Any]
"""A query of version and document."""


class Mapped(Generic[A]):
    """How one kind of aggregate lies in its table; made once, at import.

    Args:
        table: With the identity as its only primary key, ``version`` and ``document``.
        kind: Name of the stored document, and what errors call it.
        stored: Version and class of the document, and how older ones are read.
        columns: Returns the other columns: what it is found by.
    """

    def __init__(
        self,
        table: sa.Table,
        kind: str,
        stored: StoredKind,
        columns: Callable[[A], Mapping[str, Any]],
    ) -> None:
        (key,) = table.primary_key.columns
        self.kind = kind
        self.key: str = key.name
        self._stored = stored
        self._columns = columns
        self._kinds = {kind: stored}
        self.select: Found = sa.select(table.c.version, table.c.document)
        self.select_one: Found = self.select.where(key == sa.bindparam("identity"))
        self.insert: sa.Insert = sa.insert(table)
        self.update: sa.Update = sa.update(table).where(
            key == sa.bindparam("identity"), table.c.version == sa.bindparam("read_version")
        )

    def row(self, aggregate: A, version: int) -> dict[str, Any]:
        """Return the row of an aggregate at a version."""
        document = pack(self.kind, self._stored.version, aggregate)
        identity = getattr(aggregate, self.key)
        return {
            self.key: identity,
            "version": version,
            "document": document,
            **self._columns(aggregate),
        }

    def aggregate(self, row: Sequence[Any]) -> A:
        """Read version and document."""
        version, document = row
        found: A = attrs.evolve(unpack(document, self._kinds), version=version)
        return found


class Aggregates(Generic[A]):
    """What every repository of whole aggregates does, in one transaction."""

    def __init__(self, transaction: Transaction, mapped: Mapped[A]) -> None:
        self._transaction = transaction
        self._mapped = mapped

    def get(self, identity: str) -> A:
        """Return the aggregate, or raise `NotFound`."""
        found = self.find(self._mapped.select_one, identity=identity)
        if not found:
            raise NotFound(self._mapped.kind, identity)
        return found[0]

    def find(self, query: Found, **parameters: Any) -> tuple[A, ...]:
        """Return the aggregates that a query over ``Mapped.select`` finds, in its order."""
        rows = self._transaction.rows(query, parameters)
        return tuple(self._mapped.aggregate(row) for row in rows)

    def find_one(self, query: Found, **parameters: Any) -> A | None:
        """Return the first aggregate that a query finds."""
        found = self.find(query, **parameters)
        return found[0] if found else None

    def add(self, aggregate: A) -> None:
        """Keep a new aggregate.

        Raises:
            Conflict: Its identity or a unique column is taken.
        """
        row = self._mapped.row(aggregate, aggregate.version)
        self._transaction.execute(self._mapped.insert, row)

    def save(self, aggregate: A) -> A:
        """Replace the aggregate read at its version; return it one version later.

        Raises:
            NotFound: There is none.
            StaleVersion: It was changed since.
            Conflict: A unique column is taken.
        """
        saved: A = attrs.evolve(_whole(aggregate), version=aggregate.version + 1)
        row = self._mapped.row(saved, saved.version)
        identity = row.pop(self._mapped.key)
        changed = self._transaction.execute(
            self._mapped.update, {**row, "identity": identity, "read_version": aggregate.version}
        )
        if changed.rowcount != 1:
            self.get(identity)
            raise StaleVersion(self._mapped.kind, identity, aggregate.version)
        return saved


def _whole(aggregate: Any) -> Any:
    return aggregate
