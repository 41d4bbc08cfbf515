"""How each database says what all three can do: rows as one parameter, locks, joins in updates.

Sets of rows travel as one JSON text, whatever their number: an array of arrays,
in the order of the columns. The order of the rows is kept as ``turn``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final, Protocol

import sqlalchemy as sa

from omnicommerce.adapters.sql.columns import MARIADB_BYTES

__all__ = ["DIALECTS", "Dialect", "Wanted"]

Wanted = Sequence[sa.Column[object]]
"""The columns of a set of rows."""


class Dialect(Protocol):
    """One database's way of saying it.

    Args:
        name: SQLAlchemy's name of it.
        lock: Locks all rows of a SELECT until the transaction ends.
        lock_hold: Locks the rows of ``h`` only, where that can be said.
        lock_account: Locks the rows of ``a`` only, where that can be said.
        join: A join that reads its left side first, so that rows are locked in that order.
        group: ``oc_hold AS h`` and ``oc_account AS a`` joined; accounts are locked
            before holds where the database lets us choose.
        ignore: Makes an INSERT do nothing if the key is taken; empty: it fails.
        writes_at_once: Whether one statement can write many tables.
    """

    name: str
    lock: str
    lock_hold: str
    lock_account: str
    join: str
    group: str
    ignore: str
    writes_at_once: bool

    @abstractmethod
    def rows(self, parameter: str, columns: Sequence[tuple[str, sa.Column[object]]]) -> str:
        """Return a table expression over the JSON text of a parameter."""

    @abstractmethod
    def update(self, table: str, source: str, sets: Sequence[str], where: str) -> str:
        """Return an update of ``table AS t`` joined with ``source AS w``.

        ``sets`` are like ``held = w.held``; ``where`` joins and guards.
        """


def _is_text(column: sa.Column[object]) -> bool:
    return isinstance(column.type, sa.String)


class _Postgres:
    name = "postgresql"
    lock = "FOR UPDATE"
    lock_hold = "FOR UPDATE OF h"
    lock_account = "FOR UPDATE OF a"
    join = "JOIN"
    group = "oc_account AS a JOIN oc_hold AS h ON a.account = h.account"
    ignore = "ON CONFLICT DO NOTHING"
    writes_at_once = True

    def rows(self, parameter: str, columns: Sequence[tuple[str, sa.Column[object]]]) -> str:
        picked = ", ".join(
            f"value->>{place} AS {label}"
            if _is_text(column)
            else f"CAST(value->>{place} AS bigint) AS {label}"
            for place, (label, column) in enumerate(columns)
        )
        return (
            f"(SELECT turn, {picked} FROM json_array_elements(CAST(:{parameter} AS json))"
            " WITH ORDINALITY AS e(value, turn))"
        )

    def update(self, table: str, source: str, sets: Sequence[str], where: str) -> str:
        return f"UPDATE {table} AS t SET {', '.join(sets)} FROM {source} AS w WHERE {where}"


class _Sqlite:
    name = "sqlite"
    lock = lock_hold = lock_account = ""
    join = "JOIN"
    group = "oc_account AS a JOIN oc_hold AS h ON a.account = h.account"
    ignore = "ON CONFLICT DO NOTHING"
    writes_at_once = False

    def rows(self, parameter: str, columns: Sequence[tuple[str, sa.Column[object]]]) -> str:
        picked = ", ".join(
            f"json_extract(value, '$[{place}]') AS {label}"
            for place, (label, _) in enumerate(columns)
        )
        return f"(SELECT key + 1 AS turn, {picked} FROM json_each(:{parameter}))"

    def update(self, table: str, source: str, sets: Sequence[str], where: str) -> str:
        return f"UPDATE {table} AS t SET {', '.join(sets)} FROM {source} AS w WHERE {where}"


class _Mariadb:
    name = "mariadb"
    lock = lock_hold = lock_account = "FOR UPDATE"
    join = "STRAIGHT_JOIN"
    group = "oc_hold AS h STRAIGHT_JOIN oc_account AS a ON a.account = h.account"
    ignore = ""
    writes_at_once = False

    def rows(self, parameter: str, columns: Sequence[tuple[str, sa.Column[object]]]) -> str:
        picked = ", ".join(
            f"{label} {self._type(column)} PATH '$[{place}]'"
            for place, (label, column) in enumerate(columns)
        )
        return f"JSON_TABLE(:{parameter}, '$[*]' COLUMNS(turn FOR ORDINALITY, {picked}))"

    def _type(self, column: sa.Column[object]) -> str:
        if not _is_text(column):
            return "BIGINT"
        length = getattr(column.type, "length", None)
        kind = f"VARCHAR({length})" if length else "MEDIUMTEXT"
        return f"{kind} CHARACTER SET utf8mb4 COLLATE {MARIADB_BYTES}"

    def update(self, table: str, source: str, sets: Sequence[str], where: str) -> str:
        assignments = ", ".join(f"t.{assignment}" for assignment in sets)
        return f"UPDATE {source} AS w STRAIGHT_JOIN {table} AS t SET {assignments} WHERE {where}"


DIALECTS: Final[dict[str, Dialect]] = {
    "postgresql": _Postgres(),
    "sqlite": _Sqlite(),
    "mariadb": _Mariadb(),
}
