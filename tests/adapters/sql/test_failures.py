from __future__ import annotations

import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa

from omnicommerce.adapters.sql.failures import Duplicate, translate
from omnicommerce.kernel.errors import AdapterError, Conflict, OmnicommerceError, StoreUnavailable


def _postgres(state: str) -> Exception:
    error: Any = Exception("what the server says\nand more")
    error.sqlstate = state
    return error  # type: ignore[no-any-return]  # an Exception with one more attribute


def _mariadb(number: int) -> Exception:
    return Exception(number, "what the server says")


def _sqlite(code: int) -> Exception:
    error: Any = sqlite3.OperationalError("what the library says")
    error.sqlite_errorcode = code
    return error  # type: ignore[no-any-return]  # an Exception with one more attribute


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (_postgres("40001"), Conflict),
        (_postgres("40P01"), Conflict),
        (_postgres("55P03"), Conflict),
        (_postgres("23505"), Duplicate),
        (_postgres("57P01"), StoreUnavailable),
        (_postgres("08006"), StoreUnavailable),
        (_postgres("23514"), AdapterError),
        (_mariadb(1213), Conflict),
        (_mariadb(1205), Conflict),
        (_mariadb(1020), Conflict),
        (_mariadb(1062), Duplicate),
        (_mariadb(2013), StoreUnavailable),
        (_mariadb(1047), StoreUnavailable),
        (_mariadb(1064), AdapterError),
        (_sqlite(sqlite3.SQLITE_BUSY), Conflict),
        (_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), Conflict),
        (_sqlite(sqlite3.SQLITE_CONSTRAINT_UNIQUE), Duplicate),
        (_sqlite(sqlite3.SQLITE_FULL), StoreUnavailable),
        (_sqlite(sqlite3.SQLITE_IOERR_WRITE), StoreUnavailable),
        (_sqlite(sqlite3.SQLITE_CORRUPT), AdapterError),
    ],
)
def test_each_code_has_its_family(cause: Exception, expected: type[OmnicommerceError]) -> None:
    """A faster neighbour is a Conflict; a lost store is told from one that refuses."""
    error = translate(sa.exc.OperationalError("select 1", {}, cause))
    assert type(error) is expected
    assert "\n" not in str(error)


def test_a_full_pool_is_no_store() -> None:
    """Waiting in vain for a free connection means that the store is unavailable."""
    assert isinstance(translate(sa.exc.TimeoutError("pool")), StoreUnavailable)
