"""Real databases for the tests: made for one run, emptied in between, dropped at its end."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

__all__ = ["Database", "Server", "create", "empty", "find_mariadb", "sqlite"]

MARIADB_VARIABLE = "OMNICOMMERCE_TEST_MARIADB"
_MARIADB_ON_LOOPBACK = "mariadb+pymysql://root@127.0.0.1:3306/?charset=utf8mb4"


@dataclass(frozen=True)
class Server:
    """A server that lets us create databases, as ``label`` calls it in the summary."""

    url: sa.URL
    label: str


@dataclass(frozen=True)
class Database:
    """One database, as the fixtures hand it out."""

    url: str
    label: str


def postgres(url: sa.URL, origin: str) -> Server:
    """Name a PostgreSQL by its version and where it comes from."""
    with _admin(url) as connection:
        version = str(connection.scalar(sa.text("show server_version"))).split()[0]
    return Server(url, f"PostgreSQL {version} ({origin})")


def find_mariadb() -> Server | None:
    """Find a MariaDB; None if there is none, an error if the one that is named fails."""
    named = os.environ.get(MARIADB_VARIABLE)
    url = sa.make_url(named or _MARIADB_ON_LOOPBACK).set(drivername="mariadb+pymysql")
    try:
        with _admin(url) as connection:
            version = str(connection.scalar(sa.text("select version()"))).split("-")[0]
    except (sa.exc.OperationalError, sa.exc.InvalidRequestError):
        if named:
            raise
        return None
    return Server(url, f"MariaDB {version} ({MARIADB_VARIABLE if named else 'running server'})")


def sqlite(path: Path) -> Database:
    """Make an SQLite file that is in WAL mode for good."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
    return Database(f"sqlite:///{path}", f"SQLite {sqlite3.sqlite_version} (file, WAL)")


@contextmanager
def create(server: Server, name: str) -> Iterator[Database]:
    """Create a database, and drop it whoever may still be connected."""
    is_postgres = server.url.get_backend_name() == "postgresql"
    with _admin(server.url) as connection:
        if is_postgres:
            connection.execute(sa.text(f"create database {name} encoding 'UTF8'"))
            # What a crash of the server may lose is not under test, and waiting for disks is slow.
            connection.execute(sa.text(f"alter database {name} set synchronous_commit = off"))
        else:
            connection.execute(sa.text(f"create database {name} character set utf8mb4"))
    url = server.url.set(database=name).render_as_string(hide_password=False)
    try:
        yield Database(url, server.label)
    finally:
        empty(url)
        with _admin(server.url) as connection:
            connection.execute(sa.text(f"drop database {name}"))


def empty(url: str) -> None:
    """Throw out all connections and all tables of a database on a server."""
    parsed = sa.make_url(url)
    _EMPTY[parsed.get_backend_name()](parsed)


def _empty_postgres(url: sa.URL) -> None:
    with _admin(url) as connection:
        connection.execute(
            sa.text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()",
            ),
        )
        connection.execute(sa.text("drop schema public cascade"))
        connection.execute(sa.text("create schema public"))


def _empty_mariadb(url: sa.URL) -> None:
    name = url.database
    others = sa.text("select id from information_schema.processlist where db = :name")
    with _admin(url.set(database="")) as connection:
        for thread in connection.scalars(others, {"name": name}).all():
            connection.execute(sa.text(f"kill soft connection {thread}"))
        connection.execute(sa.text(f"drop database {name}"))
        connection.execute(sa.text(f"create database {name} character set utf8mb4"))


_EMPTY: dict[str, Callable[[sa.URL], None]] = {
    "postgresql": _empty_postgres,
    "mariadb": _empty_mariadb,
}


@contextmanager
def _admin(url: sa.URL) -> Iterator[sa.Connection]:
    """Connect without a transaction, as creating and dropping databases asks for."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
