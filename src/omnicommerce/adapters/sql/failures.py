"""What a driver's error means to the engine: a conflict, a lost store, or a broken one."""

from __future__ import annotations

import sqlite3
from typing import Final

import sqlalchemy as sa

from omnicommerce.kernel.errors import AdapterError, Conflict, OmnicommerceError, StoreUnavailable

__all__ = ["Duplicate", "brief", "is_duplicate", "translate"]

_CONFLICTS: Final = frozenset(
    {
        "40001",  # serialisation failure
        "40P01",  # deadlock
        "55P03",  # waited too long for a lock
        1020,  # record has changed since last read
        1205,  # lock wait timeout
        1213,  # deadlock, or certification failure of a Galera cluster
    }
)
_LOST: Final = frozenset({
    "57P01", "57P02", "57P03", "53300",  # shutting down, crashed, starting up, full
    1040, 1047, 1053, 1317, 1927, 2002, 2003, 2006, 2013, 2055,
})  # fmt: skip
_DUPLICATES: Final = frozenset({"23505", 1062})
_SQLITE_CONFLICTS: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    }
)
_SQLITE_DUPLICATES: Final = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    }
)
_SQLITE_LOST: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
    }
)


class Duplicate(Conflict):
    """Another unit of work made this row first, or the caller makes it twice."""


def translate(error: sa.exc.SQLAlchemyError) -> OmnicommerceError:
    """Return the engine's error for a driver's; the caller raises it ``from`` the driver's."""
    if isinstance(error, sa.exc.DBAPIError):
        if error.connection_invalidated or _is_lost(error):
            return StoreUnavailable(f"the database is gone: {brief(error)}")
        if is_duplicate(error):
            return Duplicate(f"another row has this key: {brief(error)}")
        if _is_conflict(error):
            return Conflict(f"another unit of work was faster: {brief(error)}")
    elif isinstance(error, sa.exc.TimeoutError):
        return StoreUnavailable(f"no free connection: {brief(error)}")
    return AdapterError(f"the database refused a statement: {brief(error)}")


def is_duplicate(error: sa.exc.DBAPIError) -> bool:
    """Tell whether a row with this key exists already."""
    return _code(error) in _DUPLICATES or _sqlite_code(error) in _SQLITE_DUPLICATES


def brief(error: sa.exc.SQLAlchemyError) -> str:
    """Return the first line of what the driver says."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def _is_conflict(error: sa.exc.DBAPIError) -> bool:
    return _code(error) in _CONFLICTS or _sqlite_code(error) & 0xFF in _SQLITE_CONFLICTS


def _is_lost(error: sa.exc.DBAPIError) -> bool:
    code = _code(error)
    connecting = isinstance(code, str) and code.startswith("08")
    return connecting or code in _LOST or _sqlite_code(error) & 0xFF in _SQLITE_LOST


def _code(error: sa.exc.DBAPIError) -> object:
    """Return PostgreSQL's SQLSTATE or MariaDB's error number."""
    cause = error.orig
    if cause is None or isinstance(cause, sqlite3.Error):
        return None
    number = cause.args[0] if cause.args else None
    return number if isinstance(number, int) else getattr(cause, "sqlstate", None)


def _sqlite_code(error: sa.exc.DBAPIError) -> int:
    return int(getattr(error.orig, "sqlite_errorcode", 0))
