"""The SQL store: SQLAlchemy Core on SQLite, PostgreSQL and MariaDB.

Imported only when a database is opened, because it loads SQLAlchemy.
"""

from __future__ import annotations

from omnicommerce.adapters.sql.store import SqlStore
from omnicommerce.adapters.sql.unit_of_work import SqlUnitOfWork

__all__ = ["SqlStore", "SqlUnitOfWork"]
