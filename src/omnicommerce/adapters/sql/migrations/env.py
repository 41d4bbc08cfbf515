"""Alembic's entry: run the revisions over the connection that `upgrade` brings."""

from __future__ import annotations

from alembic import context

from omnicommerce.adapters.sql.migrations import VERSION_TABLE
from omnicommerce.adapters.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
