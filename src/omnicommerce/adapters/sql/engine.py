"""Engines as the store needs them: isolation, durability, and waits that end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

import sqlalchemy as sa

from omnicommerce.adapters.sql.failures import brief, translate
from omnicommerce.kernel.errors import AdapterError, InvalidValue, StoreUnavailable

__all__ = [
    "PATIENCE",
    "READY",
    "Drivers",
    "Synchronous",
    "connect",
    "make_engine",
    "require_patience",
]

Synchronous = Literal["normal", "full"]

PATIENCE: Final = timedelta(seconds=10)
"""How long to wait for locks, and to repeat after conflicts."""

READY: Final = {"omnicommerce": True}
"""Marks the engines made here: their connections come with the right isolation."""


class Drivers(NamedTuple):
    """Which drivers engines are made with.

    Attributes:
        create: Makes an engine; `sqlalchemy.create_engine` or the like.
        names: SQLAlchemy's name of database and driver, by the scheme of a URL.
        extras: What to install for the driver, by the name of the database.
    """

    create: Callable[..., sa.Engine]
    names: Mapping[str, str]
    extras: Mapping[str, str]


_BLOCKING: Final = Drivers(
    create=sa.create_engine,
    names={
        "postgres": "postgresql+psycopg",
        "postgresql": "postgresql+psycopg",
        "mysql": "mariadb+pymysql",
        "mariadb": "mariadb+pymysql",
        "sqlite": "sqlite",
    },
    extras={"postgresql": "postgres", "mariadb": "mariadb"},
)


def make_engine(
    url: str | sa.URL,
    *,
    patience: timedelta = PATIENCE,
    synchronous: Synchronous = "full",
    drivers: Drivers = _BLOCKING,
    **options: Any,
) -> sa.Engine:
    """Make an engine for SQLite, PostgreSQL or MariaDB.

    Args:
        url: Such as ``sqlite:///shop.db``, ``postgresql://user@host/shop`` or
            ``mariadb://user@host/shop``; drivers are chosen here.
        patience: Longest wait for a lock.
        synchronous: SQLite's: ``full`` survives a power cut, ``normal`` may
            lose the last commits to one, but is never inconsistent.
        drivers: Which drivers to use; by default those that block.
        options: Passed on to `sqlalchemy.create_engine`.

    Raises:
        InvalidValue: The URL names another database, or cannot be read.
        AdapterError: The driver is not installed.
    """
    parsed = _parse(url, drivers.names)
    backend = parsed.get_backend_name()
    seconds = require_patience(patience)
    options = {"pool_reset_on_return": None, "execution_options": READY, **options}
    create = drivers.create
    try:
        if backend == "sqlite":
            return _sqlite(create, parsed, seconds, synchronous, options)
        make = _postgres if backend == "postgresql" else _mariadb
        return make(create, parsed, seconds, options)
    except ModuleNotFoundError as error:
        extra = drivers.extras[backend]
        raise AdapterError(
            f"{error.name} is missing: pip install 'omnicommerce[{extra}]'"
        ) from error


def _parse(url: str | sa.URL, names: Mapping[str, str]) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise InvalidValue("url", "is no database URL such as 'sqlite:///shop.db'") from None
    backend, _, driver = parsed.drivername.partition("+")
    if backend not in names:
        raise InvalidValue("url", f"{backend!r} is not one of {', '.join(sorted(names))}")
    chosen = names[backend]
    if driver:
        chosen = f"{chosen.partition('+')[0]}+{driver}"
    return parsed.set(drivername=chosen)


_Create = Callable[..., sa.Engine]


def _sqlite(
    create: _Create,
    url: sa.URL,
    patience: float,
    synchronous: Synchronous,
    options: dict[str, Any],
) -> sa.Engine:
    in_memory = url.database in {None, "", ":memory:"}
    if in_memory:
        options = {"poolclass": sa.StaticPool, **options}
    engine = create(
        url,
        **_with({"timeout": patience, "check_same_thread": False}, options),
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        if not in_memory:
            connection.execute("PRAGMA journal_mode = WAL")

    return engine


def _postgres(create: _Create, url: sa.URL, patience: float, options: dict[str, Any]) -> sa.Engine:
    return create(
        url,
        isolation_level="READ COMMITTED",
        **_with(
            {
                "connect_timeout": max(2, int(patience)),
                "options": f"-c lock_timeout={int(patience * 1000)}",
            },
            options,
        ),
    )


def _mariadb(create: _Create, url: sa.URL, patience: float, options: dict[str, Any]) -> sa.Engine:
    seconds = max(1, int(patience))
    return create(
        url,
        isolation_level="READ COMMITTED",
        **_with(
            {
                "charset": "utf8mb4",
                "connect_timeout": max(2, seconds),
                "init_command": f"SET SESSION innodb_lock_wait_timeout = {seconds}",
            },
            options,
        ),
    )


def _with(arguments: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Add the driver's arguments to the options; the caller's win."""
    return {**options, "connect_args": {**arguments, **options.get("connect_args", {})}}


def connect(engine: sa.Engine) -> sa.Connection:
    """Open a connection.

    Raises:
        StoreUnavailable: The database cannot be reached, or does not let us in.
        AdapterError: It is another kind of server.
    """
    try:
        return engine.connect()
    except sa.exc.OperationalError as error:
        raise StoreUnavailable(f"the database lets nobody in: {brief(error)}") from error
    except sa.exc.SQLAlchemyError as error:
        raise translate(error) from error


def require_patience(patience: object) -> float:
    """Return a patience in seconds.

    Raises:
        InvalidValue: Not a positive timedelta.
    """
    if not isinstance(patience, timedelta) or patience <= timedelta(0):
        raise InvalidValue("patience", f"must be a positive timedelta, not {patience!r}")
    return patience.total_seconds()
