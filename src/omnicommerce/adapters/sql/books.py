"""The whole ledger, read in pages, for the auditor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
_HOLDS: Final = sa.text(
    "SELECT group_id, account, quantity, captured, released, expired, restored, expires_at"
    " FROM oc_hold WHERE group_id > :after OR (group_id = :after AND account > :account)"
    " ORDER BY group_id, account LIMIT :limit"
)


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
        for page in self._pages(_ACCOUNTS, {"after": ""}, lambda row: {"after": row[0]}):
            for row in page:
                yield account_key(row[0]), row[1], row[2], row[3], row[4]

    def all_lots(self) -> Iterator[Lot]:
        """Yield every lot, in key order of accounts."""
        first = {"after": "", "lot": ""}
        for page in self._pages(_LOTS, first, lambda row: {"after": row[0], "lot": row[1]}):
            yield from map(lot_of, page)

    def all_holds(self) -> Iterator[Hold]:
        """Yield every hold, group by group."""
        first = {"after": "", "account": ""}
        pages = self._pages(_HOLDS, first, lambda row: {"after": row[0], "account": row[1]})
        for page in pages:
            yield from Reader(self._transaction).complete(page)

    def all_entries(self) -> Iterator[Entry]:
        """Yield the journal in sequence."""
        for page in self._pages(_ENTRIES, {"after": 0}, lambda row: {"after": row[0]}):
            yield from map(entry_of, page)

    def _pages(
        self,
        statement: sa.TextClause,
        after: Mapping[str, Any],
        next_after: Callable[[Sequence[Any]], Mapping[str, Any]],
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """Yield all pages, each of the rows after the last one of the page before."""
        while rows := self._transaction.rows(statement, {**after, "limit": _PAGE}):
            yield rows
            if len(rows) < _PAGE:
                return
            after = next_after(rows[-1])
