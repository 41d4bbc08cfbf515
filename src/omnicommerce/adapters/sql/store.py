"""The SQL store: runs units of work, whole or not at all, again where another was faster."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Final, Self, TypeVar

import sqlalchemy as sa

from omnicommerce.adapters.sql import migrations
from omnicommerce.adapters.sql.engine import (
    PATIENCE,
    READY,
    Synchronous,
    connect,
    make_engine,
    require_patience,
)
from omnicommerce.adapters.sql.failures import Duplicate, translate
from omnicommerce.adapters.sql.queue import WriterQueue, queue_for
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.unit_of_work import SqlUnitOfWork
from omnicommerce.adapters.sql.waiting import THREADS, Waiting
from omnicommerce.kernel.errors import (
    Conflict,
    Misuse,
    OutcomeUnknown,
    StaleVersion,
    StoreUnavailable,
)
from omnicommerce.kernel.unit_of_work import Transactions

__all__ = ["SqlStore"]

T = TypeVar("T")

_RECONNECTS: Final = 2
_FEW: Final = 8
_MANY: Final = 1_000
_FIRST_WAIT: Final = 0.002
_LONGEST_WAIT: Final = 0.25


class SqlStore(Transactions[SqlUnitOfWork]):
    """A shop's store on SQLite, PostgreSQL or MariaDB.

    Open it with `open`. One store serves any number of threads; a unit of work
    belongs to the thread that runs it. On an event loop a task stands for the
    thread; `omnicommerce.adapters.sql.aio` opens stores for those.

    Args:
        engine: An engine for one of the three; it stays the caller's to dispose of.
        patience: How long to wait for locks and to repeat after conflicts.
        waiting: How to wait; by default the thread blocks.
    """

    def __init__(
        self, engine: sa.Engine, *, patience: timedelta = PATIENCE, waiting: Waiting = THREADS
    ) -> None:
        self._engine = engine
        self._patience = require_patience(patience)
        self._owns_engine = False
        self._waiting = waiting
        self._here = waiting.flag()
        is_sqlite = engine.dialect.name == "sqlite"
        self._queue = queue_for(engine.url.database) if is_sqlite else None
        self._line = WriterQueue(None)
        if not is_sqlite and not engine.get_execution_options().keys() & READY:
            self._engine = engine.execution_options(isolation_level="READ COMMITTED")

    @classmethod
    def open(
        cls,
        database: str | sa.URL | sa.Engine,
        *,
        patience: timedelta = PATIENCE,
        synchronous: Synchronous = "full",
        upgrade: bool = False,
        **options: Any,
    ) -> Self:
        """Open a store, and make its tables if the database is empty.

        Args:
            database: A URL, or an engine that is used as it is.
            patience: How long to wait for locks and to repeat after conflicts.
            synchronous: SQLite's durability; see `make_engine`.
            upgrade: Whether to bring an older schema up to date.
            options: Passed on to `sqlalchemy.create_engine`.

        Raises:
            AdapterError: The schema is older and ``upgrade`` is false, or of a
                newer release; or a driver is missing.
            StoreUnavailable: The database cannot be reached.
            InvalidValue: The URL names no database we know.
        """
        owned = not isinstance(database, sa.Engine)
        if not isinstance(database, sa.Engine):
            database = make_engine(database, patience=patience, synchronous=synchronous, **options)
        return cls.over(database, patience=patience, upgrade=upgrade, owned=owned)

    @classmethod
    def over(
        cls,
        engine: sa.Engine,
        *,
        patience: timedelta = PATIENCE,
        upgrade: bool = False,
        waiting: Waiting = THREADS,
        owned: bool = False,
    ) -> Self:
        """Open a store over an engine, as `open` does.

        Args:
            engine: An engine for one of the three.
            patience: How long to wait for locks and to repeat after conflicts.
            upgrade: Whether to bring an older schema up to date.
            waiting: How to wait; by default the thread blocks.
            owned: Whether closing the store closes the engine's connections.

        Raises:
            AdapterError: The schema is older and ``upgrade`` is false, or of a
                newer release.
            StoreUnavailable: The database cannot be reached.
        """
        store = cls(engine, patience=patience, waiting=waiting)
        store._owns_engine = owned
        store._make_ready(upgrade=upgrade)
        return store

    def _make_ready(self, *, upgrade: bool) -> None:
        try:
            if upgrade or migrations.current(self._engine) is None:
                with self._turn():
                    migrations.upgrade(self._engine)
            migrations.check(self._engine)
        except BaseException:
            self.close()
            raise

    @property
    def in_transaction(self) -> bool:
        """Whether this thread or task is inside a unit of work, where no outside call belongs."""
        return self._here.busy

    def close(self) -> None:
        """Close the connections of a store that opened its own."""
        if self._owns_engine:
            self._engine.dispose()

    def run(self, work: Callable[[SqlUnitOfWork], T]) -> T:
        """Run ``work`` in one transaction; see `Transactions.run`.

        Raises:
            Misuse: This thread is inside a unit of work already.
            Conflict: It kept failing for longer than ``patience``.
            StoreUnavailable: The database vanished; nothing was kept.
            OutcomeUnknown: It vanished while committing.
        """
        if self.in_transaction:
            raise Misuse("this thread runs a unit of work already; use that one")
        self._here.busy = True
        try:
            return self._run(work)
        finally:
            self._here.busy = False

    def _run(self, work: Callable[[SqlUnitOfWork], T]) -> T:
        deadline = time.monotonic() + self._patience
        wait = _FIRST_WAIT
        for again in itertools.count():
            try:
                return self._attempt(work, careful=again > 0)
            except (Conflict, StoreUnavailable) as failure:
                if again >= _repeats(failure) or time.monotonic() + wait > deadline:
                    raise
            self._waiting.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - jitter, not a secret
            wait = min(2 * wait, _LONGEST_WAIT)
        raise AssertionError("a count does not end")  # pragma: no cover

    def _attempt(self, work: Callable[[SqlUnitOfWork], T], *, careful: bool) -> T:
        with self._turn(again=careful), connect(self._engine) as connection:
            with self._begun(connection):
                transaction = Transaction(connection, careful=careful)
                unit = SqlUnitOfWork(transaction)
                answer = work(unit)
                unit.finish()
            self._commit(connection)
            return answer

    def _turn(self, *, again: bool = False) -> AbstractContextManager[None]:
        """Wait for the turn to write on SQLite; elsewhere only for the turn to try again.

        Those who met a conflict would meet each other again.
        """
        queue = self._queue or (self._line if again else None)
        return nullcontext() if queue is None else queue.turn(self._patience, self._waiting)

    @contextmanager
    def _begun(self, connection: sa.Connection) -> Iterator[None]:
        """Begin a transaction, and end it if the block fails."""
        try:
            connection.begin()
            if self._queue is not None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.SQLAlchemyError as error:
            raise translate(error) from error
        try:
            yield
        except BaseException:
            self._roll_back(connection)
            raise

    def _commit(self, connection: sa.Connection) -> None:
        try:
            self._waiting.finish(connection.commit)
        except sa.exc.SQLAlchemyError as error:
            self._roll_back(connection)
            failure = translate(error)
            if isinstance(failure, StoreUnavailable):
                raise OutcomeUnknown(
                    "the database vanished while committing; repeat the command with the same key"
                ) from error
            raise failure from error

    def _roll_back(self, connection: sa.Connection) -> None:
        """Undo what can be undone; where the connection is broken, the database does it."""
        try:
            self._waiting.finish(connection.rollback)
        except sa.exc.SQLAlchemyError:
            connection.invalidate()


def _repeats(failure: Conflict | StoreUnavailable) -> int:
    """Return how often a unit of work is worth repeating after this failure.

    A row that exists or an aggregate that changed may be the caller's own
    mistake, which no patience mends.
    """
    if isinstance(failure, StoreUnavailable):
        return _RECONNECTS
    return _FEW if isinstance(failure, (Duplicate, StaleVersion)) else _MANY
