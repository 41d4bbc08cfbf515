"""The ledger over SQL: read under locks, let the pure functions decide, write in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from omnicommerce.adapters.sql.books import SqlBooks, read_entries
from omnicommerce.adapters.sql.quick import HoldRequest, Quick, quick_hold
from omnicommerce.adapters.sql.reading import Reader
from omnicommerce.adapters.sql.reads import reads
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writing import write_plan
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import AdapterError, Misuse, Refused
from omnicommerce.kernel.ids import require_id
from omnicommerce.ledger import decide
from omnicommerce.ledger.lots import lot_order
from omnicommerce.ledger.model import (
    AccountKey,
    Command,
    Demand,
    Entry,
    Hold,
    Lot,
    Moved,
    Standing,
    Verb,
)
from omnicommerce.ledger.plan import Plan
from omnicommerce.ledger.planned import PlannedLedger
from omnicommerce.ledger.ports import LedgerBooks
from omnicommerce.ledger.requests import Answered, answer_from_json

__all__ = ["SqlLedger"]

_UNCLAIM: Final = sa.text("DELETE FROM oc_command WHERE command_key = :key")


class SqlLedger(PlannedLedger[Reader]):
    """`omnicommerce.ledger.ports.Ledger` over one database transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def hold(
        self,
        group: str,
        demands: Iterable[Demand],
        *,
        expires_at: datetime | None,
        by: Command,
    ) -> Moved:
        """Claim all the demands, or none of them; see the port."""
        require_id(group, "group")
        wanted = decide.sum_demands(demands)
        request = decide.fingerprint(Verb.HOLD, by, wanted, group=group)
        self._transaction.require_alive()
        try:
            until = decide.require_expiry(expires_at, by)
        except Misuse as no:
            return self._first_answer(request, by, no)
        holding = HoldRequest(
            group=group, demands=wanted, expires_at=until, by=by, fingerprint=request
        )
        quick = quick_hold(self._transaction, holding)
        if quick.held:
            return holding.answer
        if quick.known:
            return self._answer(request, by)
        return self._once(
            request, by, lambda reader: _hold(reader, holding, quick), claimed=quick.claimed
        )

    def standings(
        self, accounts: Iterable[AccountKey], *, at: datetime
    ) -> Mapping[AccountKey, Standing]:
        """Return how each account stands; see the port."""
        return Reader(self._transaction).standings(accounts, require_instant(at))

    def holds(self, group: str) -> tuple[Hold, ...]:
        """Return the holds of a group; see the port."""
        return Reader(self._transaction).holds(group)

    def lots(self, account: AccountKey) -> tuple[Lot, ...]:
        """Return an account's lots; see the port."""
        return tuple(sorted(Reader(self._transaction).lots(account), key=lot_order))

    def entries(
        self, account: AccountKey | None = None, *, after: int = 0, limit: int = 1000
    ) -> tuple[Entry, ...]:
        """Return journal entries; see the port."""
        return read_entries(self._transaction, account, after=after, limit=limit)

    def books(self) -> LedgerBooks:
        """Return a reader over everything; see the port.

        The view is one consistent moment if this is the unit of work's first call.
        """
        return SqlBooks(self._transaction)

    def _once(
        self,
        request: str,
        by: Command,
        decide_on: Callable[[Reader], Plan],
        *,
        claimed: bool = False,
    ) -> Moved:
        """Carry out a command whose key is new; return the first answer to one that is not.

        The key is looked up only where that may matter: after a no, or when it
        turns out to be taken. ``claimed`` tells that it is ours already.
        """
        self._transaction.require_alive()
        reader = Reader(self._transaction)
        try:
            plan = decide_on(reader)
        except (Misuse, Refused) as no:
            if not claimed:
                return self._first_answer(request, by, no)
            if isinstance(no, Refused):
                self._transaction.fail(no)
            self._transaction.execute(_UNCLAIM, {"key": by.key})
            raise
        key = None if claimed else request
        if not write_plan(self._transaction, plan, reader.read, by=by, request=key):
            return self._answer(request, by)
        return plan.moved

    def _first_answer(self, request: str, by: Command, no: Misuse | Refused) -> Moved:
        """Return the answer of the key's first use; if there was none, the no stands."""
        answered = self._answered(by)
        if answered is not None:
            return answered.again(by, request)
        if isinstance(no, Refused):
            self._transaction.fail(no)
        raise no

    def _answer(self, request: str, by: Command) -> Moved:
        answered = self._answered(by)
        if answered is None:
            raise AdapterError(f"the key {by.key!r} is taken, but has no answer")
        return answered.again(by, request)

    def _answered(self, by: Command) -> Answered | None:
        statement = reads(self._transaction.dialect).command
        rows = self._transaction.rows(statement, {"key": by.key})
        if not rows:
            return None
        fingerprint, answer = rows[0]
        return Answered(fingerprint, answer_from_json(answer))

    def _reader(self) -> Reader:
        return Reader(self._transaction)

    def _book(self, plan: Plan, reader: Reader, by: Command) -> None:
        if plan.effects:
            write_plan(self._transaction, plan, reader.read, by=by, request=None)


def _hold(reader: Reader, holding: HoldRequest, quick: Quick) -> Plan:
    """Judge a hold that the database did not take at once."""
    is_new = quick.new_group if quick.new_group is not None else not reader.holds(holding.group)
    if not is_new:
        raise decide.group_exists(holding.group)
    wanted: dict[AccountKey, int | None] = {d.account: d.quantity for d in holding.demands}
    at = holding.by.at
    if quick.accounts is None:
        views = reader.views(wanted, at)
    else:
        views = reader.views_of(quick.accounts, wanted, at)
    return decide.hold(
        holding.group, holding.demands, views=views, expires_at=holding.expires_at, by=holding.by
    )
