"""The dictionaries of the ledger."""

from __future__ import annotations

from omnicommerce.adapters.memory.table import Table, UndoLog
from omnicommerce.ledger.decide import Answered
from omnicommerce.ledger.model import Account, AccountKey, Entry, Hold, Lot

__all__ = ["LedgerTables"]


class LedgerTables:
    """Accounts, lots, holds, journal and answered keys."""

    def __init__(self, log: UndoLog) -> None:
        self.accounts: Table[AccountKey, Account] = Table("accounts", log)
        self.lots: Table[str, Lot] = Table(
            "lots",
            log,
            account=lambda lot: lot.account,
            mortal=lambda lot: (lot.expires_at is not None and lot.remaining > 0) or None,
        )
        self.holds: Table[tuple[str, AccountKey], Hold] = Table(
            "holds",
            log,
            group=lambda hold: hold.group,
            claims=lambda hold: hold.account if hold.open else None,
            open=lambda hold: hold.open > 0 or None,
        )
        self.entries: Table[int, Entry] = Table("entries", log, account=lambda e: e.account)
        self.answers: Table[str, Answered] = Table("answers", log)
