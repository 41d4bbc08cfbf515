"""A ledger that needs little of its store: read views, let the rules plan, write the plan.

The verbs are the same for every store. An adapter gives a `LedgerReader`, and
says how a command is carried out once and how a plan is written.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.ids import require_id
from omnicommerce.kernel.quantity import LARGEST_QUANTITY, require_quantity
from omnicommerce.ledger import decide
from omnicommerce.ledger.model import (
    AccountKey,
    Beyond,
    Command,
    Demand,
    Hold,
    Lapsed,
    Lot,
    LotTerms,
    Moved,
    Swept,
    Verb,
)
from omnicommerce.ledger.plan import Plan, View
from omnicommerce.ledger.ports import Ledger

__all__ = ["LedgerReader", "PlannedLedger"]


class LedgerReader(Protocol):
    """Read what one decision needs; nobody else may change it before the plan is written."""

    @abstractmethod
    def views(self, wanted: Mapping[AccountKey, int | None], at: datetime) -> Sequence[View]:
        """Return accounts in key order, empty ones for those that do not exist.

        Args:
            wanted: What is to be taken of each: where that takes more than is
                free, the view lists the holds that are due. None: it need not.
            at: The instant of the command.
        """

    @abstractmethod
    def group(self, group: str) -> tuple[tuple[Hold, ...], Sequence[View]]:
        """Return a group's holds in key order, and their accounts."""

    @abstractmethod
    def due_holds(self, at: datetime, limit: int) -> tuple[Sequence[Hold], Sequence[View]]:
        """Return the holds that have been due longest, and their accounts."""

    @abstractmethod
    def due_lots(self, at: datetime, limit: int) -> tuple[Sequence[Lot], Sequence[View]]:
        """Return the lots that lapsed longest ago, and their accounts."""


R = TypeVar("R", bound=LedgerReader)


class PlannedLedger(Ledger, Generic[R]):
    """The changing verbs of a `Ledger`, over views of a store."""

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
        wanted = decide.sum_demands(demands)

        def plan(reader: R) -> Plan:
            if reader.group(group)[0]:
                raise decide.group_exists(group)
            views = reader.views({d.account: d.quantity for d in wanted}, by.at)
            return decide.hold(group, wanted, views=views, expires_at=expires_at, by=by)

        require_id(group, "group")
        return self._once(decide.fingerprint(Verb.HOLD, by, wanted, group=group), by, plan)

    def extend(self, group: str, *, expires_at: datetime | None, by: Command) -> Moved:
        """Move the expiry of a group; see the port."""

        def plan(reader: R) -> Plan:
            holds, _ = _group(reader, group)
            return decide.extend(holds, expires_at=expires_at, by=by)

        require_id(group, "group")
        return self._once(decide.fingerprint(Verb.EXTEND, by, group=group), by, plan)

    def capture(self, group: str, *, by: Command, demands: Iterable[Demand] | None = None) -> Moved:
        """Make held units final; see the port."""
        wanted = None if demands is None else decide.sum_demands(demands)

        def plan(reader: R) -> Plan:
            holds, views = _group(reader, group)
            return decide.capture(holds, wanted, views=views, by=by)

        require_id(group, "group")
        return self._once(decide.fingerprint(Verb.CAPTURE, by, wanted, group=group), by, plan)

    def release(self, group: str, *, by: Command, demands: Iterable[Demand] | None = None) -> Moved:
        """Give held units back; see the port."""
        wanted = None if demands is None else decide.sum_demands(demands)

        def plan(reader: R) -> Plan:
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

        def plan(reader: R) -> Plan:
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

        def plan(reader: R) -> Plan:
            found = reader.views({target: None, source: quantity}, by.at)
            views = {view.account.key: view for view in found}
            return decide.transfer(views[source], views[target], quantity, by=by)

        return self._once(decide.fingerprint(Verb.TRANSFER, by, demands), by, plan)

    def adjust(
        self,
        account: AccountKey,
        change: int,
        *,
        by: Command,
        beyond: Beyond = Beyond.REFUSE,
        least: int | None = None,
    ) -> Moved:
        """Correct a balance; see the port."""
        demand = Demand(account, abs(decide.require_change(change)))
        sign = 1 if change > 0 else -1
        more = {} if least is None else {"least": decide.require_floor(least, "least")}
        return self._once(
            decide.fingerprint(Verb.ADJUST, by, [demand], sign=sign, beyond=beyond, **more),
            by,
            lambda reader: decide.adjust(
                _view(reader, account, by, -change), change, by=by, beyond=beyond, least=least
            ),
        )

    def count(
        self, account: AccountKey, counted: int, *, by: Command, expected: int | None = None
    ) -> Moved:
        """Make the balance what was counted; see the port."""
        subject, units = Demand(account, 1), decide.require_counted(counted)
        more = {} if expected is None else {"expected": decide.require_floor(expected, "expected")}
        return self._once(
            decide.fingerprint(Verb.ADJUST, by, [subject], counted=units, **more),
            by,
            lambda reader: decide.count(
                _view(reader, account, by, LARGEST_QUANTITY), units, by=by, expected=expected
            ),
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
        reader = self._reader()
        holds, views = reader.due_holds(by.at, limit)
        self._book(decide.expire(holds, views=views, at=by.at), reader, by)
        reader = self._reader()
        lots, views = reader.due_lots(by.at, limit - len(holds))
        self._book(decide.lapse(lots, views=views, at=by.at), reader, by)
        return Swept(holds=len(holds), lots=len(lots))

    @abstractmethod
    def _reader(self) -> R:
        """Return a reader for one decision."""

    @abstractmethod
    def _once(self, request: str, by: Command, decide_on: Callable[[R], Plan]) -> Moved:
        """Carry out a command whose key is new; return the first answer to one that is not.

        Args:
            request: The command's fingerprint, kept with its answer.
            by: The command.
            decide_on: Plans it from what a reader sees.
        """

    @abstractmethod
    def _book(self, plan: Plan, reader: R, by: Command) -> None:
        """Write a plan that answers no command, such as what a sweep ended."""


def _view(
    reader: LedgerReader, account: AccountKey, by: Command, wanted: int | None = None
) -> View:
    return reader.views({account: wanted}, by.at)[0]


def _group(reader: LedgerReader, group: str) -> tuple[tuple[Hold, ...], Sequence[View]]:
    holds, views = reader.group(group)
    return decide.require_group(group, holds), views
