"""The ledger over dictionaries: read views, let the pure functions decide, write the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from omnicommerce.adapters.memory.books import MemoryBooks
from omnicommerce.adapters.memory.ledger_tables import LedgerTables
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.ids import require_id
from omnicommerce.kernel.quantity import LARGEST_QUANTITY, require_quantity
from omnicommerce.ledger import decide
from omnicommerce.ledger.decide import Answered, Plan, View
from omnicommerce.ledger.lots import lot_order
from omnicommerce.ledger.model import (
    Account,
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
from omnicommerce.ledger.ports import LedgerBooks

__all__ = ["MemoryLedger"]


class MemoryLedger:
    """`omnicommerce.ledger.ports.Ledger` in memory, for one unit of work."""

    def __init__(self, tables: LedgerTables) -> None:
        self._tables = tables
        self.refusal: Refused | None = None

    def credit(
        self, account: AccountKey, quantity: int, *, by: Command, terms: LotTerms | None = None
    ) -> Moved:
        """Put value in; see the port."""
        demand = Demand(account, quantity)
        origin = None if terms is None else terms.origin
        return self._once(
            decide.fingerprint(Verb.CREDIT, by, [demand], origin=origin),
            by,
            lambda: decide.credit(self._view(account, by.at), quantity, by=by, terms=terms),
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
            lambda: decide.debit(
                self._view(account, by.at, quantity), quantity, by=by, beyond=beyond, origin=origin
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

        def plan() -> Plan:
            if self._tables.holds.find("group", group):
                raise decide.group_exists(group)
            views = [self._view(demand.account, by.at, demand.quantity) for demand in wanted]
            return decide.hold(group, wanted, views=views, expires_at=expires_at, by=by)

        return self._once(decide.fingerprint(Verb.HOLD, by, wanted, group=group), by, plan)

    def extend(self, group: str, *, expires_at: datetime | None, by: Command) -> Moved:
        """Move the expiry of a group; see the port."""
        return self._once(
            decide.fingerprint(Verb.EXTEND, by, group=require_id(group, "group")),
            by,
            lambda: decide.extend(self._group(group), expires_at=expires_at, by=by),
        )

    def capture(self, group: str, *, by: Command, demands: Iterable[Demand] | None = None) -> Moved:
        """Make held units final; see the port."""
        wanted = None if demands is None else decide.sum_demands(demands)

        def plan() -> Plan:
            holds = self._group(group)
            return decide.capture(holds, wanted, views=self._views(holds, by.at), by=by)

        require_id(group, "group")
        return self._once(decide.fingerprint(Verb.CAPTURE, by, wanted, group=group), by, plan)

    def release(self, group: str, *, by: Command, demands: Iterable[Demand] | None = None) -> Moved:
        """Give held units back; see the port."""
        wanted = None if demands is None else decide.sum_demands(demands)

        def plan() -> Plan:
            holds = self._group(group)
            return decide.release(holds, wanted, views=self._views(holds, by.at), by=by)

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

        def plan() -> Plan:
            holds = self._group(group)
            views = self._views(holds, by.at)
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
        return self._once(
            decide.fingerprint(Verb.TRANSFER, by, demands),
            by,
            lambda: decide.transfer(
                self._view(source, by.at, quantity), self._view(target, by.at), quantity, by=by
            ),
        )

    def adjust(
        self, account: AccountKey, change: int, *, by: Command, beyond: Beyond = Beyond.REFUSE
    ) -> Moved:
        """Correct a balance; see the port."""
        demand = Demand(account, abs(decide.require_change(change)))
        sign = 1 if change > 0 else -1
        return self._once(
            decide.fingerprint(Verb.ADJUST, by, [demand], sign=sign, beyond=beyond),
            by,
            lambda: decide.adjust(
                self._view(account, by.at, -change), change, by=by, beyond=beyond
            ),
        )

    def count(self, account: AccountKey, counted: int, *, by: Command) -> Moved:
        """Make the balance what was counted; see the port."""
        subject, units = Demand(account, 1), decide.require_counted(counted)
        return self._once(
            decide.fingerprint(Verb.ADJUST, by, [subject], counted=units),
            by,
            lambda: decide.count(self._view(account, by.at, LARGEST_QUANTITY), units, by=by),
        )

    def set_floor(self, account: AccountKey, floor: int, *, by: Command) -> Moved:
        """Keep units back from everybody; see the port."""
        subject = Demand(account, 1)
        return self._once(
            decide.fingerprint(Verb.FLOOR, by, [subject], floor=decide.require_floor(floor)),
            by,
            lambda: decide.set_floor(self._view(account, by.at), floor, by=by),
        )

    def sweep(self, at: datetime, *, limit: int = 1000) -> Swept:
        """Book what the clock has ended; see the port."""
        self._refuse_if_doomed()
        by = decide.sweeping(require_instant(at))
        require_quantity(limit, "limit")
        due = sorted(
            (hold for hold in self._tables.holds.find("open", key=True) if hold.is_due(by.at)),
            key=_due_order,
        )[:limit]
        self._write(decide.expire(due, views=self._views(due, by.at), at=by.at), by)
        lots = sorted(
            (lot for lot in self._tables.lots.find("mortal", key=True) if _has_lapsed(lot, by.at)),
            key=lot_order,
        )[: limit - len(due)]
        views = [self._view(key, by.at) for key in sorted({lot.account for lot in lots})]
        self._write(decide.lapse(lots, views=views, at=by.at), by)
        return Swept(holds=len(due), lots=len(lots))

    def standings(
        self, accounts: Iterable[AccountKey], *, at: datetime
    ) -> Mapping[AccountKey, Standing]:
        """Return how each account stands; see the port."""
        instant = require_instant(at)
        return {
            key: decide.standing(self._view(key, instant, due=True), instant)
            for key in sorted(set(accounts))
        }

    def holds(self, group: str) -> tuple[Hold, ...]:
        """Return the holds of a group; see the port."""
        return tuple(sorted(self._tables.holds.find("group", group), key=lambda h: h.account))

    def lots(self, account: AccountKey) -> tuple[Lot, ...]:
        """Return an account's lots; see the port."""
        return tuple(sorted(self._tables.lots.find("account", account), key=lot_order))

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

    def _once(self, request: str, by: Command, plan: Callable[[], Plan]) -> Moved:
        """Carry out a command whose key is new; return the first answer to one that is not."""
        self._refuse_if_doomed()
        answered = self._tables.answers.get(by.key)
        if answered is not None:
            return answered.again(by, request)
        try:
            decided = plan()
        except Refused as refusal:
            self.refusal = refusal
            raise
        self._write(decided, by)
        self._tables.answers.put(by.key, Answered(request, decided.moved))
        return decided.moved

    def _refuse_if_doomed(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    def _write(self, plan: Plan, by: Command) -> None:
        for account in plan.accounts:
            self._tables.accounts.put(account.key, account)
        for lot in plan.lots:
            self._tables.lots.put(lot.lot_id, lot)
        for hold in plan.holds:
            self._tables.holds.put((hold.group, hold.account), hold)
        for effect in plan.effects:
            sequence = len(self._tables.entries) + 1
            self._tables.entries.put(sequence, effect.entry(sequence, by))

    def _group(self, group: str) -> tuple[Hold, ...]:
        return decide.require_group(group, self.holds(group))

    def _views(self, holds: Iterable[Hold], at: datetime) -> list[View]:
        return [self._view(key, at) for key in sorted({hold.account for hold in holds})]

    def _view(
        self, key: AccountKey, at: datetime, wanted: int | None = None, *, due: bool = False
    ) -> View:
        """Read an account; with the due holds if ``wanted`` units need them, or if ``due``."""
        account = self._tables.accounts.get(key) or Account(key=key)
        ended: list[Hold] = []
        if due or (wanted is not None and decide.must_end_due(account, wanted)):
            claims = self._tables.holds.find("claims", key)
            ended = sorted((hold for hold in claims if hold.is_due(at)), key=_due_order)
        return View(account=account, lots=self.lots(key), due=tuple(ended))


def _due_order(hold: Hold) -> tuple[datetime | None, str, AccountKey]:
    return hold.expires_at, hold.group, hold.account


def _has_lapsed(lot: Lot, at: datetime) -> bool:
    return lot.free > 0 and lot.is_lapsed(at)
