"""Databases as fixtures, and a line at the end that says which ones really ran."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import databases
from tests.databases import Database, Server
from tests.postgres_server import postgres_server as start_postgres

_MEMORY = Database("memory:", "memory")
_NO_MARIADB = f"no MariaDB: set {databases.MARIADB_VARIABLE}, or start one on 127.0.0.1:3306"
_ORDER = ("memory", "SQLite", "PostgreSQL", "MariaDB", "no MariaDB")
_SEEN = pytest.StashKey[set[str]]()


@pytest.fixture(scope="session")
def database_prefix(request: pytest.FixtureRequest) -> str:
    """Name this run's databases so that no other run or worker uses them."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    return f"omnicommerce_test_{uuid4().hex[:8]}_{worker}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Give a PostgreSQL that lets us create databases; fail where there is none."""
    with start_postgres() as (url, origin):
        yield databases.postgres(url, origin)


@pytest.fixture(scope="session")
def mariadb_server(request: pytest.FixtureRequest) -> Server:
    """Give a MariaDB that lets us create databases; skip where there is none."""
    server = databases.find_mariadb()
    if server is None:
        _saw(request, _NO_MARIADB)
        pytest.skip(_NO_MARIADB)
    return server


@pytest.fixture(scope="session")
def postgres_url(
    postgres_server: Server, database_prefix: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Give one PostgreSQL database for the whole run; its users clear what they leave."""
    with databases.create(postgres_server, f"{database_prefix}_run") as database:
        yield _saw(request, database.label, database.url)


@pytest.fixture(scope="session")
def mariadb_url(
    mariadb_server: Server, database_prefix: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Give one MariaDB database for the whole run; its users clear what they leave."""
    with databases.create(mariadb_server, f"{database_prefix}_run") as database:
        yield _saw(request, database.label, database.url)


@pytest.fixture
def sqlite_url(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Give a new SQLite file in WAL mode."""
    database = databases.sqlite(tmp_path / "shop.db")
    return _saw(request, database.label, database.url)


@pytest.fixture(scope="session")
def _each_postgres(postgres_server: Server, database_prefix: str) -> Iterator[Database]:
    with databases.create(postgres_server, f"{database_prefix}_each") as database:
        yield database


@pytest.fixture(scope="session")
def _each_mariadb(mariadb_server: Server, database_prefix: str) -> Iterator[Database]:
    with databases.create(mariadb_server, f"{database_prefix}_each") as database:
        yield database


@pytest.fixture(
    params=[
        pytest.param(name, marks=getattr(pytest.mark, name))
        for name in ("memory", "sqlite", "postgres", "mariadb")
    ],
)
def database_url(request: pytest.FixtureRequest) -> str:
    """Give an empty database of each kind in turn; ``memory:`` is the memory adapter."""
    if request.param == "memory":
        return _saw(request, _MEMORY.label, _MEMORY.url)
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    database: Database = request.getfixturevalue(f"_each_{request.param}")
    databases.empty(database.url)
    return _saw(request, database.label, database.url)


def _saw(request: pytest.FixtureRequest, label: str, url: str = "") -> str:
    """Remember for the summary that a test used this database."""
    request.config.stash[_SEEN].add(label)
    return url


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no database seen."""
    config.stash[_SEEN] = set()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the main process what this worker saw."""
    if hasattr(session.config, "workeroutput"):
        seen = session.config.stash[_SEEN]
        session.config.workeroutput["databases"] = sorted(seen)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Collect what a worker saw."""
    node.config.stash[_SEEN].update(getattr(node, "workeroutput", {}).get("databases", []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print which databases the tests really ran on."""
    seen = config.stash[_SEEN]
    if seen:
        labels = [label for kind in _ORDER for label in sorted(seen) if label.startswith(kind)]
        terminalreporter.write_line(f"databases: {', '.join(labels)}")
