"""Column types that mean the same on SQLite, PostgreSQL and MariaDB.

Migrations use them too, so a change here would change history: add, never edit.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

__all__ = [
    "COUNT",
    "DOCUMENT",
    "INSTANT",
    "MARIADB",
    "MARIADB_BYTES",
    "PACKED",
    "SEQUENCE",
    "TABLE",
    "name",
]

MARIADB_BYTES: Final = "utf8mb4_nopad_bin"
"""MariaDB's collation that compares code points and counts spaces, as the others do."""

MARIADB: Final = ("mysql", "mariadb")

COUNT: Final = sa.BigInteger()
"""Units, signed."""

INSTANT: Final = sa.BigInteger()
"""Microseconds since 1970 in UTC."""

SEQUENCE: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A counted identity; SQLite counts only its own INTEGER."""

DOCUMENT: Final = sa.Text().with_variant(
    mysql.MEDIUMTEXT(charset="utf8mb4", collation=MARIADB_BYTES), *MARIADB
)
"""JSON text, written and read whole."""

PACKED: Final = sa.LargeBinary().with_variant(mysql.LONGBLOB(), *MARIADB)
"""Compressed text, written and read whole."""

TABLE: Final = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": MARIADB_BYTES,
}
"""Options of every table."""


def name(length: int = 120) -> sa.types.TypeEngine[str]:
    """Return a text type whose values compare by code point everywhere."""
    return (
        sa.String(length)
        .with_variant(sa.String(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, charset="utf8mb4", collation=MARIADB_BYTES), *MARIADB)
    )
