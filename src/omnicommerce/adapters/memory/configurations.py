"""The configurations that priced orders, over a dictionary."""

from __future__ import annotations

from omnicommerce.adapters.memory.table import Table, UndoLog
from omnicommerce.checkout.model import StoredConfiguration
from omnicommerce.kernel.errors import NotFound

__all__ = ["MemoryConfigurations"]


class MemoryConfigurations:
    """`omnicommerce.checkout.ports.ConfigurationRepository` in memory."""

    def __init__(self, log: UndoLog) -> None:
        self._rows: Table[str, StoredConfiguration] = Table("configurations", log)

    def has(self, version: str) -> bool:
        """Tell whether the configuration of a version is kept."""
        return self._rows.get(version) is not None

    def get(self, version: str) -> StoredConfiguration:
        """Return the configuration of a version, or raise `NotFound`."""
        found = self._rows.get(version)
        if found is None:
            raise NotFound("configuration", version)
        return found

    def keep(self, stored: StoredConfiguration) -> None:
        """Keep a configuration; of one that is kept already, nothing changes."""
        if not self.has(stored.version):
            self._rows.put(stored.version, stored)
