"""The SQL store for an event loop: the same store over async drivers, and nothing blocks.

SQLAlchemy's greenlet bridge lets the synchronous code wait for coroutines, so
there is one store and not two. What waits by itself (the writers' queue, the
pause before another try) does so through `TASKS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_, greenlet_spawn

from omnicommerce.adapters.sql.engine import PATIENCE, Drivers, Synchronous, make_engine
from omnicommerce.adapters.sql.store import SqlStore
from omnicommerce.adapters.sql.waiting import Flag, Signal, Waiting
from omnicommerce.kernel.errors import InvalidValue

__all__ = ["TASKS", "make_async_engine", "open_sql_store"]

_COUNTERPARTS: Final = {"pymysql": "asyncmy", "pysqlite": "aiosqlite"}
"""Of the blocking store's drivers, so that a URL serves both; psycopg is its own."""


class _TaskFlag:
    """A flag of the task and what it awaits; it leaves nothing in their context."""

    @property
    def busy(self) -> bool:
        return self in _RAISED.get()

    @busy.setter
    def busy(self, busy: bool) -> None:
        others = _RAISED.get() - {self}
        _RAISED.set(others | {self} if busy else others)


_RAISED: Final[ContextVar[frozenset[_TaskFlag]]] = ContextVar("raised", default=frozenset())


class _TaskSignal:
    """A signal that a task waits for."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._set = False

    def set(self) -> None:
        self._set = True
        self._loop.call_soon_threadsafe(self._event.set)

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float) -> bool:
        return await_(self._wait(timeout))

    async def _wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - as threading.Event has it
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return self._set
        return True


class _Tasks(Waiting):
    """Tasks await, inside a greenlet that SQLAlchemy spawned."""

    def flag(self) -> Flag:
        return _TaskFlag()

    def signal(self) -> Signal:
        return _TaskSignal()

    def sleep(self, seconds: float) -> None:
        await_(asyncio.sleep(seconds))

    def lock(self, acquire: Callable[[bool], bool]) -> None:
        at_once, blocking = False, True
        if not acquire(at_once):
            await_(_to_the_end(lambda: asyncio.to_thread(acquire, blocking)))

    def finish(self, call: Callable[[], None]) -> None:
        await_(_to_the_end(lambda: greenlet_spawn(call)))


TASKS: Final[Waiting] = _Tasks()


async def _to_the_end(begin: Callable[[], Any]) -> None:
    """Await a coroutine to its end; if we are cancelled meanwhile, be so afterwards."""
    task = asyncio.ensure_future(begin())
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        await task
        return
    if not task.cancelled():
        task.exception()  # seen: the cancellation goes before it
    raise cancelled


def _create(url: sa.URL, **options: Any) -> sa.Engine:
    backend, _, driver = url.drivername.partition("+")
    url = url.set(drivername=f"{backend}+{_COUNTERPARTS.get(driver, driver)}")
    try:
        return create_async_engine(url, **options).sync_engine
    except sa.exc.InvalidRequestError as error:
        raise InvalidValue("url", f"the driver {url.drivername!r} is not an async one") from error


_DRIVERS: Final = Drivers(
    create=_create,
    names={
        "postgres": "postgresql+psycopg",
        "postgresql": "postgresql+psycopg",
        "mysql": "mariadb+asyncmy",
        "mariadb": "mariadb+asyncmy",
        "sqlite": "sqlite+aiosqlite",
    },
    extras={"postgresql": "async,postgres", "mariadb": "async", "sqlite": "async"},
)


def make_async_engine(
    url: str | sa.URL,
    *,
    patience: timedelta = PATIENCE,
    synchronous: Synchronous = "full",
    **options: Any,
) -> AsyncEngine:
    """Make an async engine, as `make_engine` makes blocking ones.

    The drivers are aiosqlite, psycopg and asyncmy. A URL that names pysqlite or
    PyMySQL, as the blocking store may want it, gets their async counterpart.

    Args:
        url: Such as ``sqlite:///shop.db`` or ``postgresql://user@host/shop``.
        patience: Longest wait for a lock.
        synchronous: SQLite's durability; see `make_engine`.
        options: Passed on to `sqlalchemy.ext.asyncio.create_async_engine`.

    Raises:
        InvalidValue: The URL names another database or a driver that blocks, or
            cannot be read.
        AdapterError: The driver is not installed.
    """
    return AsyncEngine(
        make_engine(url, patience=patience, synchronous=synchronous, drivers=_DRIVERS, **options)
    )


async def open_sql_store(
    database: str | sa.URL | AsyncEngine,
    *,
    patience: timedelta = PATIENCE,
    synchronous: Synchronous = "full",
    upgrade: bool = False,
    **options: Any,
) -> SqlStore:
    """Open a store that waits by awaiting; only code inside a greenlet can use it.

    `omnicommerce.adapters.aio.AsyncCommerce` runs services there.

    Args:
        database: A URL, or an async engine that is used as it is.
        patience: How long to wait for locks and to repeat after conflicts.
        synchronous: SQLite's durability; see `make_engine`.
        upgrade: Whether to bring an older schema up to date.
        options: Passed on to `sqlalchemy.ext.asyncio.create_async_engine`.

    Raises:
        AdapterError: The schema is older and ``upgrade`` is false, or of a
            newer release; or a driver is missing.
        StoreUnavailable: The database cannot be reached.
        InvalidValue: The URL names no database we know, or a driver that blocks.
    """
    owned = not isinstance(database, AsyncEngine)
    if not isinstance(database, AsyncEngine):
        database = make_async_engine(
            database, patience=patience, synchronous=synchronous, **options
        )
    return await greenlet_spawn(
        SqlStore.over,
        database.sync_engine,
        patience=patience,
        upgrade=upgrade,
        waiting=TASKS,
        owned=owned,
    )
