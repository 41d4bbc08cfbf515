"""The books of the memory ledger, for the auditor."""

from __future__ import annotations

from collections.abc import Iterator

from omnicommerce.adapters.memory.ledger_tables import LedgerTables
from omnicommerce.ledger.model import AccountKey, Entry, Hold, Lot

__all__ = ["MemoryBooks"]


class MemoryBooks:
    """`omnicommerce.ledger.ports.LedgerBooks` in memory; read them within one unit of work."""

    def __init__(self, tables: LedgerTables) -> None:
        self._tables = tables

    def accounts(self) -> Iterator[tuple[AccountKey, int, int, int, int]]:
        """Yield the stored figures of every account."""
        for row in sorted(self._tables.accounts, key=lambda account: account.key):
            yield row.key, row.balance, row.held, row.floor, row.deficit

    def all_lots(self) -> Iterator[Lot]:
        """Yield every lot, in key order of accounts."""
        yield from sorted(self._tables.lots, key=lambda lot: (lot.account, lot.lot_id))

    def all_holds(self) -> Iterator[Hold]:
        """Yield every hold."""
        yield from self._tables.holds

    def all_entries(self) -> Iterator[Entry]:
        """Yield the journal in sequence."""
        yield from sorted(self._tables.entries, key=lambda entry: entry.sequence)
