"""Read views of accounts and holds, locked against everybody else who wants to change them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from omnicommerce.adapters.sql.coding import (
    account_key,
    account_of,
    account_text,
    as_rows,
    hold_of,
    keys_rows,
    lot_of,
    part_of,
)
from omnicommerce.adapters.sql.instants import to_micros
from omnicommerce.adapters.sql.reads import reads
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writing import AsRead
from omnicommerce.ledger.model import Account, AccountKey, Hold, HoldPart, Lot, Standing
from omnicommerce.ledger.plan import View
from omnicommerce.ledger.standing import must_end_due, standing

__all__ = ["Reader"]

_HOLD_WIDTH = 8
_PART_WIDTH = 8
_ACCOUNT_WIDTH = 6


class Reader:
    """Read for one decision, and remember what was read."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._sql = reads(transaction.dialect)
        self.read: AsRead = AsRead()

    def views(self, wanted: Mapping[AccountKey, int | None], at: datetime) -> list[View]:
        """Lock accounts in key order and read them.

        Args:
            wanted: What is to be taken of each, to know whether its due holds
                must be ended; None: they need not.
            at: The instant of the command.
        """
        rows = self._transaction.rows(self._sql.accounts, {"rows": keys_rows(sorted(wanted))})
        return self.views_of([account_of(row) for row in rows], wanted, at)

    def views_of(
        self, accounts: Iterable[Account], wanted: Mapping[AccountKey, int | None], at: datetime
    ) -> list[View]:
        """Complete accounts that are locked already, with empty ones for those not found."""
        found = {account.key: account for account in accounts}
        self.read.accounts.update(found)
        lots = self._open_lots([account.key for account in found.values() if account.lotted])
        short = [
            key
            for key, account in found.items()
            if account.held and (units := wanted[key]) is not None and must_end_due(account, units)
        ]
        due = self._due(short, at)
        return [
            View(
                account=found.get(key, Account(key=key)),
                lots=tuple(lots.get(key, ())),
                due=tuple(due.get(key, ())),
            )
            for key in sorted(wanted)
        ]

    def group(self, group: str) -> tuple[tuple[Hold, ...], list[View]]:
        """Lock a group's holds and accounts; read them, and the lots the holds lie on."""
        rows = self._transaction.rows(self._sql.group, {"group": group})
        accounts = [account_of(row[_HOLD_WIDTH:]) for row in rows]
        self.read.accounts.update((account.key, account) for account in accounts)
        holds, lots = self._with_parts([row[:_HOLD_WIDTH] for row in rows], accounts)
        views = [View(account=account, lots=tuple(lots[account.key])) for account in accounts]
        return holds, views

    def holds(self, group: str) -> tuple[Hold, ...]:
        """Read a group's holds, without locks."""
        rows = self._transaction.rows(self._sql.holds, {"group": group})
        return self.complete(rows)

    def complete(self, rows: Sequence[Sequence[Any]]) -> tuple[Hold, ...]:
        """Complete rows of holds with their parts."""
        return self._with_parts(rows)[0]

    def due_holds(self, at: datetime, limit: int) -> tuple[tuple[Hold, ...], list[View]]:
        """Lock the accounts of the holds that are due longest, and read both."""
        moment = to_micros(at)
        rows = self._transaction.rows(self._sql.due_holds, {"at": moment, "limit": limit})
        if not rows:
            return (), []
        accounts = self._locked({account_key(text) for _, text in rows})
        named = {"rows": as_rows(tuple(row) for row in rows), "at": moment}
        found = self._transaction.rows(self._sql.named_holds, named)
        holds, lots = self._with_parts(found, accounts)
        views = [View(account=account, lots=tuple(lots[account.key])) for account in accounts]
        return holds, views

    def due_lots(self, at: datetime, limit: int) -> tuple[tuple[Lot, ...], list[View]]:
        """Lock the accounts of the lots that lapsed longest ago, and read both."""
        moment = to_micros(at)
        rows = self._transaction.rows(self._sql.due_lots, {"at": moment, "limit": limit})
        if not rows:
            return (), []
        accounts = self._locked({account_key(text) for text, _ in rows})
        named = {"rows": as_rows(tuple(row) for row in rows), "at": moment}
        lots = [lot_of(row) for row in self._transaction.rows(self._sql.named_lots, named)]
        self._remember_lots(lots)
        views = [
            View(account=account, lots=tuple(lot for lot in lots if lot.account == account.key))
            for account in accounts
        ]
        return tuple(lots), views

    def standings(self, keys: Iterable[AccountKey], at: datetime) -> dict[AccountKey, Standing]:
        """Read how accounts stand, as of one moment and without locks."""
        wanted = sorted(set(keys))
        parameters = {"rows": keys_rows(wanted), "at": to_micros(at)}
        accounts: dict[AccountKey, Account] = {key: Account(key=key) for key in wanted}
        lots: defaultdict[AccountKey, list[Lot]] = defaultdict(list)
        for row in self._transaction.rows(self._sql.standings, parameters):
            account = account_of(row[:_ACCOUNT_WIDTH])
            due, *lot, lot_due = row[_ACCOUNT_WIDTH:]
            accounts[account.key] = attrs.evolve(account, held=account.held - int(due))
            if lot[0] is not None:
                stored = lot_of(lot)
                lots[account.key].append(attrs.evolve(stored, held=stored.held - int(lot_due)))
        return {
            key: standing(View(account=account, lots=tuple(lots[key])), at)
            for key, account in accounts.items()
        }

    def lots(self, key: AccountKey) -> list[Lot]:
        """Read all lots of an account, in no order."""
        rows = self._transaction.rows(self._sql.lots, {"account": account_text(key)})
        return [lot_of(row) for row in rows]

    def _locked(self, keys: set[AccountKey]) -> list[Account]:
        rows = self._transaction.rows(self._sql.accounts, {"rows": keys_rows(sorted(keys))})
        accounts = [account_of(row) for row in rows]
        self.read.accounts.update((account.key, account) for account in accounts)
        return accounts

    def _open_lots(self, keys: Sequence[AccountKey]) -> Mapping[AccountKey, list[Lot]]:
        if not keys:
            return {}
        rows = self._transaction.rows(self._sql.open_lots, {"rows": keys_rows(keys)})
        lots = [lot_of(row) for row in rows]
        self._remember_lots(lots)
        return _by_account(lots)

    def _due(self, keys: Sequence[AccountKey], at: datetime) -> Mapping[AccountKey, list[Hold]]:
        if not keys:
            return {}
        parameters = {"rows": keys_rows(sorted(keys)), "at": to_micros(at)}
        rows = self._transaction.rows(self._sql.due, parameters)
        due: defaultdict[AccountKey, list[Hold]] = defaultdict(list)
        accounts = [account for key, account in self.read.accounts.items() if key in set(keys)]
        for hold in self._with_parts(rows, accounts)[0]:
            due[hold.account].append(hold)
        return due

    def _with_parts(
        self, rows: Sequence[Sequence[Any]], accounts: Iterable[Account] | None = None
    ) -> tuple[tuple[Hold, ...], Mapping[AccountKey, list[Lot]]]:
        """Complete holds with their parts, and return the lots these lie on too.

        Args:
            rows: The holds.
            accounts: Their accounts, if known: those without lots have no parts.
        """
        lotted = None if accounts is None else {account_text(a.key) for a in accounts if a.lotted}
        named = [(row[0], row[1]) for row in rows if lotted is None or row[1] in lotted]
        found = self._transaction.rows(self._sql.parts, {"rows": as_rows(named)}) if named else []
        parts: defaultdict[tuple[str, str], list[HoldPart]] = defaultdict(list)
        lots: dict[str, Lot] = {}
        for row in found:
            parts[row[0], row[1]].append(part_of(row[:_PART_WIDTH]))
            lots[row[2]] = lot_of(row[_PART_WIDTH:])
        holds = tuple(hold_of(row, tuple(parts[row[0], row[1]])) for row in rows)
        self.read.holds.update(((hold.group, hold.account), hold) for hold in holds)
        self._remember_lots(lots.values())
        return holds, _by_account(lots.values())

    def _remember_lots(self, lots: Iterable[Lot]) -> None:
        self.read.lots.update((lot.lot_id, lot) for lot in lots)


def _by_account(lots: Iterable[Lot]) -> Mapping[AccountKey, list[Lot]]:
    sorted_out: defaultdict[AccountKey, list[Lot]] = defaultdict(list)
    for lot in lots:
        sorted_out[lot.account].append(lot)
    return sorted_out
