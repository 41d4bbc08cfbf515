from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests import databases, postgres_server
from tests.databases import Server

REAL = ("sqlite", "postgres", "mariadb")


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_begins_with_an_empty_database(database_url: str, attempt: int) -> None:
    """What one test leaves, tables and connections too, the next one does not find."""
    if database_url == "memory:":
        return
    engine = sa.create_engine(database_url)
    assert [] == sa.inspect(engine).get_table_names(), attempt
    with engine.begin() as connection:
        connection.execute(sa.text("create table left_over (id int primary key)"))
    abandoned = engine.connect()
    abandoned.execute(sa.text("select * from left_over"))  # holds a lock until thrown out
    abandoned.invalidate()
    abandoned.close()
    engine.dispose()


def test_a_busy_postgres_is_emptied(postgres_server: Server, database_prefix: str) -> None:
    """A connection idle in a transaction is thrown out instead of being waited for."""
    with databases.create(postgres_server, f"{database_prefix}_busy") as database:
        _leave_a_transaction_open_and_empty(database.url)


@pytest.mark.mariadb
def test_a_busy_mariadb_is_emptied(mariadb_server: Server, database_prefix: str) -> None:
    """A connection idle in a transaction is thrown out instead of being waited for."""
    with databases.create(mariadb_server, f"{database_prefix}_busy") as database:
        _leave_a_transaction_open_and_empty(database.url)


def _leave_a_transaction_open_and_empty(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("create table busy (id int primary key)"))
    idle = engine.connect()
    idle.execute(sa.text("insert into busy values (1)"))
    databases.empty(url)
    assert [] == sa.inspect(engine).get_table_names()
    idle.invalidate()
    idle.close()


def test_sqlite_is_in_wal_mode(sqlite_url: str) -> None:
    """The summary says WAL, so WAL it is."""
    with sa.create_engine(sqlite_url, poolclass=sa.NullPool).connect() as connection:
        assert connection.scalar(sa.text("pragma journal_mode")) == "wal"


def test_an_unknown_source_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in the variable fails the tests, it does not pick a server at random."""
    monkeypatch.setenv(postgres_server.VARIABLE, "whel")
    with (
        pytest.raises(postgres_server.NoServer, match="must be a URL or one of running"),
        postgres_server.postgres_server(),
    ):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("source", ["installed", "wheel"])
def test_a_server_is_started_where_none_runs(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way to a PostgreSQL of our own leads to one."""
    monkeypatch.setenv(postgres_server.VARIABLE, source)
    with postgres_server.postgres_server() as (url, origin):
        assert databases.postgres(url, origin).label.startswith("PostgreSQL ")
