"""The configurations that priced orders, each a compressed document."""

from __future__ import annotations

import zlib
from typing import Final

import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.instants import from_micros, to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.checkout.model import StoredConfiguration
from omnicommerce.kernel.errors import NotFound

__all__ = ["SqlConfigurations"]

_TABLE: Final = tables.configuration
_THIS: Final = _TABLE.c.version == sa.bindparam("version")
_HAS: Final = sa.select(_TABLE.c.created_at).where(_THIS)
_GET: Final = sa.select(_TABLE.c.created_at, _TABLE.c.document).where(_THIS)
_KEEP: Final = sa.insert(_TABLE)


class SqlConfigurations:
    """`omnicommerce.checkout.ports.ConfigurationRepository` over SQL.

    A hundred thousand price rows are some ten megabytes of text, more than a server
    takes in one statement, and compress to a tenth of that.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def has(self, version: str) -> bool:
        """Tell whether the configuration of a version is kept."""
        return bool(self._transaction.rows(_HAS, {"version": version}))

    def get(self, version: str) -> StoredConfiguration:
        """Return the configuration of a version, or raise `NotFound`."""
        rows = self._transaction.rows(_GET, {"version": version})
        if not rows:
            raise NotFound("configuration", version)
        created_at, document = rows[0]
        return StoredConfiguration(
            version=version,
            document=zlib.decompress(document).decode(),
            created_at=from_micros(int(created_at)),
        )

    def keep(self, stored: StoredConfiguration) -> None:
        """Keep a configuration; of one that is kept already, nothing changes.

        Raises:
            Conflict: Another unit of work keeps it right now; then this one is run again.
        """
        if not self.has(stored.version):
            row = {
                "version": stored.version,
                "created_at": to_micros(stored.created_at),
                "document": zlib.compress(stored.document.encode()),
            }
            self._transaction.execute(_KEEP, row)
