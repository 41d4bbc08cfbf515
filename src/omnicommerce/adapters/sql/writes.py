"""The statements that write a plan: one per table touched, or one for all where CTEs can write.

Changed rows are written whole, and only where the stored figures are still
those that were read: the count of rows says whether the decision held.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.dialects import DIALECTS, Dialect

__all__ = ["CLAIM", "PIECES", "Piece", "all_at_once", "claim", "one_by_one"]

CLAIM: Final = "command"
"""Name of the row that a command's key is claimed with."""

_FIGURES: Final = ("balance", "held", "floor", "deficit")
_COUNTERS: Final = ("captured", "released", "expired", "restored")


@attrs.frozen(kw_only=True)
class Piece:
    """Rows to write to one table.

    Args:
        name: Also the name of the parameter that brings the rows.
        table: Where they go.
        columns: What each row brings, in this order.
        key: Columns that find the row to change; none: rows are new.
        check: Columns whose figures as read follow in each row and must still be stored.
    """

    name: str
    table: sa.Table
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    check: tuple[str, ...] = ()

    def source(self, dialect: Dialect) -> str:
        """Return the rows as a table expression."""
        brought = [(label, self.table.c[label]) for label in self.columns]
        read = [(f"was_{label}", self.table.c[label]) for label in self.check]
        return dialect.rows(self.name, brought + read)

    def sql(self, dialect: Dialect, condition: str = "") -> str:
        """Return the statement; an extra condition starts with AND."""
        if not self.key:
            listed = ", ".join(self.columns)
            picked = ", ".join(f"w.{label}" for label in self.columns)
            return (
                f"INSERT INTO {self.table.name} ({listed}) SELECT {picked}"
                f" FROM {self.source(dialect)} AS w WHERE 1 = 1{condition} ORDER BY w.turn"
            )
        sets = [f"{label} = w.{label}" for label in self.columns if label not in self.key]
        found = [f"t.{label} = w.{label}" for label in self.key]
        checked = [f"t.{label} = w.was_{label}" for label in self.check]
        where = " AND ".join(found + checked) + condition
        return dialect.update(self.table.name, self.source(dialect), sets, where)


PIECES: Final[dict[str, Piece]] = {
    piece.name: piece
    for piece in (
        Piece(
            name="new_accounts",
            table=tables.account,
            columns=("account", "kind", "subject", "scope", "lotted", *_FIGURES),
        ),
        Piece(
            name="accounts",
            table=tables.account,
            columns=("account", *_FIGURES),
            key=("account",),
            check=_FIGURES,
        ),
        Piece(
            name="new_lots",
            table=tables.lot,
            columns=(
                *("account", "lot_id", "origin", "issued", "remaining", "held"),
                *("activates_at", "expires_at", "due_at"),
            ),
        ),
        Piece(
            name="lots",
            table=tables.lot,
            columns=("account", "lot_id", "remaining", "held", "due_at"),
            key=("account", "lot_id"),
            check=("remaining", "held"),
        ),
        Piece(
            name="new_holds",
            table=tables.hold,
            columns=("group_id", "account", "quantity", "expires_at", "due_at"),
        ),
        Piece(
            name="holds",
            table=tables.hold,
            columns=("group_id", "account", *_COUNTERS, "expires_at", "due_at"),
            key=("group_id", "account"),
            check=_COUNTERS,
        ),
        Piece(
            name="new_parts",
            table=tables.hold_part,
            columns=("group_id", "account", "lot_id", "turn_in_hold", "quantity"),
        ),
        Piece(
            name="parts",
            table=tables.hold_part,
            columns=("group_id", "account", "lot_id", *_COUNTERS),
            key=("group_id", "account", "lot_id"),
            check=_COUNTERS,
        ),
        Piece(
            name="entries",
            table=tables.entry,
            columns=(
                *("account", "verb", "balance_change", "held_change", "counter"),
                *("command_key", "cause", "at", "group_id", "lot_id"),
            ),
        ),
    )
}


_COMMAND: Final = "INSERT INTO oc_command (command_key, fingerprint, answer, at)"
_CAST: Final = (
    "CAST(:key AS text), CAST(:fingerprint AS text), CAST(:answer AS text), CAST(:at AS bigint)"
)


def claim(dialect: Dialect, condition: str = "") -> str:
    """Return the statement that claims a command's key, unless somebody has it.

    Only where CTEs can write may it depend on a condition.
    """
    if condition:
        return f"{_COMMAND} SELECT {_CAST} WHERE {condition} {dialect.ignore}"
    return f"{_COMMAND} VALUES (:key, :fingerprint, :answer, :at) {dialect.ignore}"


@functools.cache
def one_by_one(name: str) -> dict[str, sa.TextClause]:
    """Return each piece's statement for a database that writes one table at a time."""
    dialect = DIALECTS[name]
    return {piece.name: sa.text(piece.sql(dialect)) for piece in PIECES.values()}


@functools.cache
def all_at_once(pieces: Sequence[str], *, claimed: bool) -> sa.TextClause:
    """Return PostgreSQL's one statement for several pieces.

    It answers with the claim's count of rows (1 with no claim) and each piece's.
    Without its claim nothing is written.
    """
    dialect = DIALECTS["postgresql"]
    steps = [f"command AS ({claim(dialect, 'true')} RETURNING 1)"] if claimed else []
    condition = " AND EXISTS (SELECT 1 FROM command)" if claimed else ""
    steps += [f"{name} AS ({PIECES[name].sql(dialect, condition)} RETURNING 1)" for name in pieces]
    counts = ["(SELECT count(*) FROM command)" if claimed else "1"]
    counts += [f"(SELECT count(*) FROM {name})" for name in pieces]
    return sa.text(f"WITH {', '.join(steps)} SELECT {', '.join(counts)}")
