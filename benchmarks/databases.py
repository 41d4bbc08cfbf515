"""Databases to measure on: the one that is named, or what this machine has, left as found."""

from __future__ import annotations

import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

__all__ = ["LABELS", "chosen", "label_of"]

LABELS: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}

_LOOPBACK: Final = (
    "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "mariadb+pymysql://root@127.0.0.1:3306/?charset=utf8mb4",
)


def label_of(url: str) -> str:
    """Return what people call the database at a URL."""
    backend = sa.make_url(url).get_backend_name()
    return LABELS[{"postgres": "postgresql", "mysql": "mariadb"}.get(backend, backend)]


@contextmanager
def chosen(url: str | None) -> Iterator[tuple[str, ...]]:
    """Give the databases to measure on.

    Args:
        url: The only one; None: a temporary SQLite file, and a database of its
            own on each server that answers on loopback. Those are dropped again.
    """
    if url is not None:
        yield (url,)
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omnicommerce-")))
        servers = [stack.enter_context(_created(sa.make_url(server))) for server in _LOOPBACK]
        yield (f"sqlite:///{folder / 'shop.db'}", *(found for found in servers if found))


@contextmanager
def _created(server: sa.URL) -> Iterator[str | None]:
    """Create a database on a server, and drop it; None if the server does not answer."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"omnicommerce_bench_{uuid.uuid4().hex[:8]}"
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    except sa.exc.OperationalError:
        label = LABELS[server.get_backend_name()]
        print(f"no {label} at {server.host}:{server.port}: not measured", file=sys.stderr)
        yield None
        return
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name}"))
