"""The schema by revisions, shipped with the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from omnicommerce.adapters.sql.engine import connect
from omnicommerce.adapters.sql.failures import translate
from omnicommerce.kernel.errors import AdapterError

__all__ = ["HEAD", "VERSION_TABLE", "check", "current", "upgrade"]

HEAD: Final = "0002"
"""The revision this release works with."""

VERSION_TABLE: Final = "oc_schema"

_CURRENT: Final = sa.text(f"SELECT version_num FROM {VERSION_TABLE}")
_LOCKS: Final = {
    "postgresql": ("SELECT pg_advisory_xact_lock(7306086967)", None),
    "mariadb": ("SELECT GET_LOCK('omnicommerce', 60)", "SELECT RELEASE_LOCK('omnicommerce')"),
}
"""How each server lets one upgrade at a time; a file of SQLite has one writer anyway."""


def current(engine: sa.Engine) -> str | None:
    """Return the revision of a database; None if it has no tables of ours.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    with connect(engine) as connection:
        return _current(connection)


def _current(connection: sa.Connection) -> str | None:
    try:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        revision: str | None = connection.scalar(_CURRENT)
    except sa.exc.SQLAlchemyError as error:
        raise translate(error) from error
    return revision


def check(engine: sa.Engine) -> None:
    """Make sure that a database has the schema of this release.

    Raises:
        AdapterError: It has none, an older one or one this release does not know.
    """
    found = current(engine)
    if found == HEAD:
        return
    if found is None:
        raise AdapterError(f"the database has no tables of ours yet: {_HOW}")
    if found < HEAD:
        raise AdapterError(f"the database is at revision {found}, older than {HEAD}: {_HOW}")
    raise AdapterError(
        f"the database is at revision {found}, which this release does not know (it knows up to"
        f" {HEAD}): install a newer omnicommerce"
    )


_HOW: Final = "run `omnicommerce db upgrade --database URL`, or open with upgrade=True"


def upgrade(engine: sa.Engine) -> None:
    """Bring a database up to the schema of this release, from nothing if it is empty.

    Raises:
        AdapterError: The database is of a newer release, or refuses a change.
        StoreUnavailable: It cannot be reached.
    """
    with connect(engine) as connection, _alone(connection):
        found = _current(connection)
        if found is not None and found > HEAD:
            raise AdapterError(f"the database is at revision {found}, newer than {HEAD}")
        if found != HEAD:
            _run(connection)


def _run(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a third of a second that opening rarely needs
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """Begin a transaction in which nobody else upgrades, and commit it."""
    lock, unlock = _LOCKS.get(connection.dialect.name, (None, None))
    try:
        with connection.begin():
            connection.exec_driver_sql(lock or "BEGIN IMMEDIATE")
            try:
                yield
            finally:
                if unlock is not None:
                    connection.exec_driver_sql(unlock)
    except sa.exc.SQLAlchemyError as error:
        raise translate(error) from error
