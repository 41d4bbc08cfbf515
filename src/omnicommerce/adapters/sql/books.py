"""The whole ledger, read in pages, for the auditor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from omnicommerce.adapters.sql.coding import account_key, account_text, entry_of, lot_of
from omnicommerce.adapters.sql.reading import Reader
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.ledger.model import AccountKey, Entry, Hold, Lot
from omnicommerce.ledger.ports import LedgerBooks

__all__ = ["SqlBooks", "read_entries"]

_PAGE: Final = 2000
_ENTRY: Final = (
    "sequence, account, verb, balance_change, held_change, counter, command_key, cause, at,"
    " group_id, lot_id"
)
_ENTRIES: Final = sa.text(
    f"SELECT {_ENTRY} FROM oc_entry WHERE sequence > :after ORDER BY sequence LIMIT :limit"
)
_ENTRIES_OF: Final = sa.text(
    f"SELECT {_ENTRY} FROM oc_entry WHERE account = :account AND sequence > :after"
    " ORDER BY sequence LIMIT :limit"
)
_ACCOUNTS: Final = sa.text(
    "SELECT account, balance, held, floor, deficit FROM oc_account WHERE account > :after"
    " ORDER BY account LIMIT :limit"
)
_LOTS: Final = sa.text(
    "SELECT account, lot_id, origin, issued, remaining, held, activates_at, expires_at FROM oc_lot"
    " WHERE account > :after OR (account = :after AND lot_id > :lot)"
    " ORDER BY account, lot_id LIMIT :limit"
)
_GROUPS: Final = sa.text(
    "SELECT DISTINCT group_id FROM oc_hold WHERE group_id > :after ORDER BY group_id LIMIT :limit"
)
_HOLDS: Final = sa.text("SELECT group_id, account FROM oc_hold WHERE group_id > :after")


def read_entries(
    transaction: Transaction, account: AccountKey | None, *, after: int, limit: int
) -> tuple[Entry, ...]:
    """Read journal entries in sequence, of one account or of all."""
    parameters: dict[str, Any] = {"after": after, "limit": limit}
    if account is None:
        rows = transaction.rows(_ENTRIES, parameters)
    else:
        rows = transaction.rows(_ENTRIES_OF, {**parameters, "account": account_text(account)})
    return tuple(entry_of(row) for row in rows)


class SqlBooks(LedgerBooks):
    """`omnicommerce.ledger.ports.LedgerBooks` over one database transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        transaction.freeze()

    def accounts(self) -> Iterator[tuple[AccountKey, int, int, int, int]]:
        """Yield the stored figures of every account."""
        for row in self._pages(_ACCOUNTS, {"after": ""}, lambda row: {"after": row[0]}):
            yield account_key(row[0]), row[1], row[2], row[3], row[4]

    def all_lots(self) -> Iterator[Lot]:
        """Yield every lot, in key order of accounts."""
        first = {"after": "", "lot": ""}
        for row in self._pages(_LOTS, first, lambda row: {"after": row[0], "lot": row[1]}):
            yield lot_of(row)

    def all_holds(self) -> Iterator[Hold]:
        """Yield every hold, group by group."""
        reader = Reader(self._transaction)
        for row in self._pages(_GROUPS, {"after": ""}, lambda row: {"after": row[0]}):
            yield from reader.holds(row[0])

    def all_entries(self) -> Iterator[Entry]:
        """Yield the journal in sequence."""
        for row in self._pages(_ENTRIES, {"after": 0}, lambda row: {"after": row[0]}):
            yield entry_of(row)

    def _pages(
        self,
        statement: sa.TextClause,
        after: Mapping[str, Any],
        next_after: Callable[[sa.Row[Any]], Mapping[str, Any]],
    ) -> Iterator[sa.Row[Any]]:
        """Yield all rows, asking for those after the last one of each page."""
        while rows := self._transaction.rows(statement, {**after, "limit": _PAGE}):
            yield from rows
            if len(rows) < _PAGE:
                return
            after = next_after(rows[-1])
