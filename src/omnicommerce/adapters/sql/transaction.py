"""One database transaction: runs statements, and remembers when it can no longer be kept."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

import sqlalchemy as sa

from omnicommerce.adapters.sql.failures import is_duplicate, translate
from omnicommerce.kernel.errors import OmnicommerceError

__all__ = ["Transaction"]

_FREEZE: Final = {
    "postgresql": (sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"),),
    "mariadb": (
        sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
        sa.text("START TRANSACTION WITH CONSISTENT SNAPSHOT"),
    ),
}
"""SQLite's transactions always read one moment."""


class Transaction:
    """Run statements in one transaction.

    A failed statement or a refusal *dooms* it: whatever the caller catches,
    further statements raise the same error and nothing is kept.

    Args:
        connection: With its transaction begun.
        careful: Whether an earlier run of the unit of work met a conflict, so
            that shortcuts which may end in one are better not taken.
    """

    def __init__(self, connection: sa.Connection, *, careful: bool = False) -> None:
        self.connection = connection
        self.dialect: str = connection.dialect.name
        self.careful = careful
        self.doom: OmnicommerceError | None = None
        self.fresh: bool = True

    def require_alive(self) -> None:
        """Raise what doomed it, if anything did."""
        if self.doom is not None:
            raise self.doom

    def fail(self, error: OmnicommerceError) -> NoReturn:
        """Raise an error after which nothing of the transaction may be kept."""
        self.doom = error
        raise error

    def execute(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> sa.CursorResult[*tuple[Any, ...]]:
        """Run one statement.

        Raises:
            Conflict: Another unit of work was faster.
            StoreUnavailable: The database vanished.
            AdapterError: It refused the statement for another reason.
        """
        self.require_alive()
        self.fresh = False
        try:
            return self._send(statement, parameters)
        except sa.exc.SQLAlchemyError as error:
            self.doom = translate(error)
            raise self.doom from error

    def rows(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Sequence[Any]]:
        """Run a query and return its rows."""
        return self.execute(statement, parameters).all()

    def insert_once(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> bool:
        """Insert one row unless its key is taken, and tell whether it was inserted."""
        self.require_alive()
        self.fresh = False
        try:
            return self._send(statement, parameters).rowcount == 1
        except sa.exc.IntegrityError as error:
            if self.dialect == "mariadb" and is_duplicate(error):
                return False
            self.doom = translate(error)
            raise self.doom from error
        except sa.exc.SQLAlchemyError as error:
            self.doom = translate(error)
            raise self.doom from error

    def freeze(self) -> None:
        """Let all that is read from now on be of one moment, if nothing was run yet."""
        self.require_alive()
        if self.fresh:
            for statement in _FREEZE.get(self.dialect, ()):
                self.execute(statement)

    def _send(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | None
    ) -> sa.CursorResult[*tuple[Any, ...]]:
        """Send one statement; plain text goes straight to the driver, which halves its cost."""
        if parameters is None or not isinstance(statement, sa.TextClause):
            return self.connection.execute(statement, parameters)
        text, order = _for_driver(statement, self.connection.dialect)
        values = dict(parameters) if order is None else tuple(parameters[name] for name in order)
        return self.connection.exec_driver_sql(text, values)


@functools.lru_cache(maxsize=512)
def _for_driver(
    statement: sa.TextClause, dialect: sa.Dialect
) -> tuple[str, tuple[str, ...] | None]:
    """Return a statement as the driver reads it, and its parameters' order if they have no names.

    None of its parameters has a type of its own: all are text, whole numbers or NULL.
    """
    compiled = statement.compile(dialect=dialect)
    order = compiled.positiontup if compiled.positional else None
    return compiled.string, None if order is None else tuple(order)
