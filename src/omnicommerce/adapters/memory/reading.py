"""Read views of accounts and holds from dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from omnicommerce.adapters.memory.ledger_tables import LedgerTables
from omnicommerce.ledger.lots import lot_order
from omnicommerce.ledger.model import Account, AccountKey, Hold, Lot, Standing
from omnicommerce.ledger.plan import View
from omnicommerce.ledger.standing import must_end_due, standing

__all__ = ["MemoryReader"]


class MemoryReader:
    """`omnicommerce.ledger.planned.LedgerReader` over dictionaries."""

    def __init__(self, tables: LedgerTables) -> None:
        self._tables = tables

    def views(self, wanted: Mapping[AccountKey, int | None], at: datetime) -> list[View]:
        """Read accounts, with the due holds of those that have too little."""
        return [self._view(key, at, wanted[key]) for key in sorted(wanted)]

    def group(self, group: str) -> tuple[tuple[Hold, ...], list[View]]:
        """Read a group's holds and accounts."""
        holds = tuple(sorted(self._tables.holds.find("group", group), key=lambda h: h.account))
        return holds, self._plain({hold.account for hold in holds})

    def due_holds(self, at: datetime, limit: int) -> tuple[list[Hold], list[View]]:
        """Read the holds that have been due longest, and their accounts."""
        open_holds = self._tables.holds.find("open", key=True)
        due = sorted((hold for hold in open_holds if hold.is_due(at)), key=_due_order)[:limit]
        return due, self._plain({hold.account for hold in due})

    def due_lots(self, at: datetime, limit: int) -> tuple[list[Lot], list[View]]:
        """Read the lots that lapsed longest ago, and their accounts."""
        mortal = self._tables.lots.find("mortal", key=True)
        lapsed = (lot for lot in mortal if lot.free > 0 and lot.is_lapsed(at))
        lots = sorted(lapsed, key=lot_order)[:limit]
        return lots, self._plain({lot.account for lot in lots})

    def standing(self, key: AccountKey, at: datetime) -> Standing:
        """Read how an account stands by the clock."""
        return standing(
            View(account=self._account(key), lots=self.lots(key), due=self._due(key, at)), at
        )

    def lots(self, key: AccountKey) -> tuple[Lot, ...]:
        """Read all lots of an account."""
        return tuple(sorted(self._tables.lots.find("account", key), key=lot_order))

    def _view(self, key: AccountKey, at: datetime, wanted: int | None) -> View:
        account = self._account(key)
        is_short = wanted is not None and must_end_due(account, wanted)
        return View(
            account=account, lots=self.lots(key), due=self._due(key, at) if is_short else ()
        )

    def _plain(self, keys: Iterable[AccountKey]) -> list[View]:
        return [View(account=self._account(key), lots=self.lots(key)) for key in sorted(keys)]

    def _account(self, key: AccountKey) -> Account:
        return self._tables.accounts.get(key) or Account(key=key)

    def _due(self, key: AccountKey, at: datetime) -> tuple[Hold, ...]:
        claims = self._tables.holds.find("claims", key)
        return tuple(sorted((hold for hold in claims if hold.is_due(at)), key=_due_order))


def _due_order(hold: Hold) -> tuple[datetime | None, str, AccountKey]:
    return hold.expires_at, hold.group, hold.account
