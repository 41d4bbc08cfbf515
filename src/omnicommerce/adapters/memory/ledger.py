"""The ledger over dictionaries: read views, let the pure functions plan, write the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from omnicommerce.adapters.memory.books import MemoryBooks
from omnicommerce.adapters.memory.ledger_tables import LedgerTables
from omnicommerce.adapters.memory.reading import MemoryReader
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import Refused
from omnicommerce.ledger.model import AccountKey, Command, Entry, Hold, Lot, Moved, Standing
from omnicommerce.ledger.plan import Plan
from omnicommerce.ledger.planned import PlannedLedger
from omnicommerce.ledger.ports import LedgerBooks
from omnicommerce.ledger.requests import Answered

__all__ = ["MemoryLedger"]


class MemoryLedger(PlannedLedger[MemoryReader]):
    """`omnicommerce.ledger.ports.Ledger` in memory, for one unit of work."""

    def __init__(self, tables: LedgerTables) -> None:
        self._tables = tables
        self.refusal: Refused | None = None

    def standings(
        self, accounts: Iterable[AccountKey], *, at: datetime
    ) -> Mapping[AccountKey, Standing]:
        """Return how each account stands; see the port."""
        instant, reader = require_instant(at), self._reader()
        return {key: reader.standing(key, instant) for key in sorted(set(accounts))}

    def holds(self, group: str) -> tuple[Hold, ...]:
        """Return the holds of a group; see the port."""
        return self._reader().group(group)[0]

    def lots(self, account: AccountKey) -> tuple[Lot, ...]:
        """Return an account's lots; see the port."""
        return self._reader().lots(account)

    def entries(
        self, account: AccountKey | None = None, *, after: int = 0, limit: int = 1000
    ) -> tuple[Entry, ...]:
        """Return journal entries; see the port."""
        entries = self._tables.entries
        found = entries if account is None else entries.find("account", account)
        later = sorted((e for e in found if e.sequence > after), key=lambda e: e.sequence)
        return tuple(later[:limit])

    def books(self) -> LedgerBooks:
        """Return a reader over everything; see the port."""
        return MemoryBooks(self._tables)

    def _reader(self) -> MemoryReader:
        if self.refusal is not None:
            raise self.refusal
        return MemoryReader(self._tables)

    def _once(self, request: str, by: Command, decide_on: Callable[[MemoryReader], Plan]) -> Moved:
        reader = self._reader()
        answered = self._tables.answers.get(by.key)
        if answered is not None:
            return answered.again(by, request)
        try:
            plan = decide_on(reader)
        except Refused as refusal:
            self.refusal = refusal
            raise
        self._book(plan, reader, by)
        self._tables.answers.put(by.key, Answered(request, plan.moved))
        return plan.moved

    def _book(self, plan: Plan, reader: MemoryReader, by: Command) -> None:
        del reader
        for account in plan.accounts:
            self._tables.accounts.put(account.key, account)
        for lot in plan.lots:
            self._tables.lots.put(lot.lot_id, lot)
        for hold in plan.holds:
            self._tables.holds.put((hold.group, hold.account), hold)
        for effect in plan.effects:
            sequence = len(self._tables.entries) + 1
            self._tables.entries.put(sequence, effect.entry(sequence, by))
