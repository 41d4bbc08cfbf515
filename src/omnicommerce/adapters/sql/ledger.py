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
from omnicommerce.kernel.quantity import LARGEST_QUANTITY, require_quantity
from omnicommerce.ledger import decide
from omnicommerce.ledger.lots import lot_order
from omnicommerce.ledger.model import (
    AccountKey,
    Beyond,
    Command,
    Demand,
    Entry,
    Hold,
    Lapsed,
    Lot,
    LotTerms,
    Moved,
    Standing,
    Swept,
    Verb,
)
from omnicommerce.ledger.plan import Plan, View
from omnicommerce.ledger.ports import Ledger, LedgerBooks
from omnicommerce.ledger.requests import Answered, answer_from_json

__all__ = ["SqlLedger"]

_UNCLAIM: Final = sa.text("DELETE FROM oc_command WHERE command_key = :key")


class SqlLedger(Ledger):
    """`omnicommerce.ledger.ports.Ledger` over one database transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def credit(
        self, account: AccountKey, quantity: int, *, by: Command, terms: LotTerms | None = None
    ) -> Moved:
        """Put value in; see the port."""
        demand = Demand(account, quantity)
        origin = None if terms is None else terms.origin
        return self._once(
            decide.fingerprint(Verb.CREDIT, by, [demand], origin=origin),
            by,
            lambda reader: decide.credit(_view(reader, account, by), quantity, by=by, terms=terms),
        )

    def debit(
        self,
        account: AccountKey,
        quantity: int,
        *,
        by: Command,
        beyond: Beyond = Beyond.REFUSE,
        origin: str | None = None,
    ) -> Moved:
        """Take available value out; see the port."""
        demand = Demand(account, quantity)
        if origin is not None:
            require_id(origin, "origin")
        return self._once(
            decide.fingerprint(Verb.DEBIT, by, [demand], beyond=beyond, origin=origin),
            by,
            lambda reader: decide.debit(
                _view(reader, account, by, quantity), quantity, by=by, beyond=beyond, origin=origin
            ),
        )

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

    def extend(self, group: str, *, expires_at: datetime | None, by: Command) -> Moved:
        """Move the expiry of a group; see the port."""

        def plan(reader: Reader) -> Plan:
            holds, _ = _group(reader, group)
            return decide.extend(holds, expires_at=expires_at, by=by)

        require_id(group, "group")
        return self._once(decide.fingerprint(Verb.EXTEND, by, group=group), by, plan)

    def capture(self, group: str, *, by: Command, demands: Iterable[Demand] | None = None) -> Moved:
        """Make held units final; see the port."""
        wanted = None if demands is None else decide.sum_demands(demands)

        def plan(reader: Reader) -> Plan:
            holds, views = _group(reader, group)
            return decide.capture(holds, wanted, views=views, by=by)

        require_id(group, "group")
        return self._once(decide.fingerprint(Verb.CAPTURE, by, wanted, group=group), by, plan)

    def release(self, group: str, *, by: Command, demands: Iterable[Demand] | None = None) -> Moved:
        """Give held units back; see the port."""
        wanted = None if demands is None else decide.sum_demands(demands)

        def plan(reader: Reader) -> Plan:
            holds, views = _group(reader, group)
            return decide.release(holds, wanted, views=views, by=by)

        require_id(group, "group")
        return self._once(decide.fingerprint(Verb.RELEASE, by, wanted, group=group), by, plan)

    def restore(
        self,
        group: str,
        *,
        by: Command,
        demands: Iterable[Demand] | None = None,
        lapsed: Lapsed = Lapsed.LAPSE,
    ) -> Moved:
        """Put captured units back; see the port."""
        wanted = None if demands is None else decide.sum_demands(demands)

        def plan(reader: Reader) -> Plan:
            holds, views = _group(reader, group)
            return decide.restore(holds, wanted, views=views, lapsed=lapsed, by=by)

        require_id(group, "group")
        request = decide.fingerprint(Verb.RESTORE, by, wanted, group=group, lapsed=lapsed)
        return self._once(request, by, plan)

    def transfer(
        self, source: AccountKey, target: AccountKey, quantity: int, *, by: Command
    ) -> Moved:
        """Move available value; see the port."""
        # Kept in this order, not sorted: there and back are two requests.
        demands = [Demand(source, quantity), Demand(target, quantity)]

        def plan(reader: Reader) -> Plan:
            found = reader.views({target: None, source: quantity}, by.at)
            views = {view.account.key: view for view in found}
            return decide.transfer(views[source], views[target], quantity, by=by)

        return self._once(decide.fingerprint(Verb.TRANSFER, by, demands), by, plan)

    def adjust(
        self, account: AccountKey, change: int, *, by: Command, beyond: Beyond = Beyond.REFUSE
    ) -> Moved:
        """Correct a balance; see the port."""
        demand = Demand(account, abs(decide.require_change(change)))
        sign = 1 if change > 0 else -1
        return self._once(
            decide.fingerprint(Verb.ADJUST, by, [demand], sign=sign, beyond=beyond),
            by,
            lambda reader: decide.adjust(
                _view(reader, account, by, -change), change, by=by, beyond=beyond
            ),
        )

    def count(self, account: AccountKey, counted: int, *, by: Command) -> Moved:
        """Make the balance what was counted; see the port."""
        subject, units = Demand(account, 1), decide.require_counted(counted)
        return self._once(
            decide.fingerprint(Verb.ADJUST, by, [subject], counted=units),
            by,
            lambda reader: decide.count(_view(reader, account, by, LARGEST_QUANTITY), units, by=by),
        )

    def set_floor(self, account: AccountKey, floor: int, *, by: Command) -> Moved:
        """Keep units back from everybody; see the port."""
        subject = Demand(account, 1)
        return self._once(
            decide.fingerprint(Verb.FLOOR, by, [subject], floor=decide.require_floor(floor)),
            by,
            lambda reader: decide.set_floor(_view(reader, account, by), floor, by=by),
        )

    def sweep(self, at: datetime, *, limit: int = 1000) -> Swept:
        """Book what the clock has ended; see the port."""
        by = decide.sweeping(require_instant(at))
        require_quantity(limit, "limit")
        reader = Reader(self._transaction)
        holds, views = reader.due_holds(by.at, limit)
        self._book(decide.expire(holds, views=views, at=by.at), reader, by)
        reader = Reader(self._transaction)
        lots, views = reader.due_lots(by.at, limit - len(holds))
        self._book(decide.lapse(lots, views=views, at=by.at), reader, by)
        return Swept(holds=len(holds), lots=len(lots))

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

    def _book(self, plan: Plan, reader: Reader, by: Command) -> None:
        if plan.effects:
            write_plan(self._transaction, plan, reader.read, by=by, request=None)


def _view(reader: Reader, account: AccountKey, by: Command, wanted: int | None = None) -> View:
    return reader.views({account: wanted}, by.at)[0]


def _group(reader: Reader, group: str) -> tuple[tuple[Hold, ...], list[View]]:
    holds, views = reader.group(group)
    return decide.require_group(group, holds), views


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
