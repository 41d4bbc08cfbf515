"""A ledger too simple to be wrong: it ends by the clock before each command, and keeps no sums."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from omnicommerce.ledger.model import AccountKey, Beyond, Command, Demand, Lapsed
from omnicommerce.testing.ledger_requests import Request

_NEVER = datetime.max.replace(tzinfo=UTC)


@attrs.define
class NaiveLot:
    """The units of a lot that nobody holds."""

    lot_id: str
    origin: str
    begins: datetime | None
    ends: datetime | None
    free: int

    def is_lapsed(self, at: datetime) -> bool:
        """Tell whether it lapsed."""
        return self.ends is not None and at >= self.ends

    def is_active(self, at: datetime) -> bool:
        """Tell whether it can be held."""
        return not self.is_lapsed(at) and (self.begins is None or at >= self.begins)


@attrs.define
class NaivePart:
    """Units of one hold in one lot, or in an account without lots."""

    lot: NaiveLot | None
    open: int
    captured: int = 0


@attrs.define
class NaiveHold:
    """One account's share of a group."""

    ends: datetime | None
    parts: list[NaivePart]


@attrs.define
class NaiveAccount:
    """A list of what came and went, or a list of lots."""

    lotted: bool | None = None
    history: list[int] = attrs.Factory(list)
    lots: list[NaiveLot] = attrs.Factory(list)
    floor: int = 0
    deficit: int = 0


class RefusedNaively(Exception):
    """The naive ledger says no."""


class NaiveLedger:
    """Carry out requests, raising `RefusedNaively` where a ledger must refuse."""

    def __init__(self) -> None:
        self.accounts: dict[AccountKey, NaiveAccount] = {}
        self.groups: dict[str, dict[AccountKey, NaiveHold]] = {}
        self.done: set[str] = set()

    def account(self, key: AccountKey) -> NaiveAccount:
        """Return the account, an empty one if there is none."""
        return self.accounts.setdefault(key, NaiveAccount())

    def ask(self, request: Request, by: Command) -> None:
        """Carry out a request unless its key was carried out before."""
        self.settle(by.at)
        if by.key in self.done or request.verb == "sweep":
            return
        getattr(self, request.verb)(*request.arguments, by=by, **dict(request.options))
        self.done.add(by.key)

    def settle(self, at: datetime) -> None:
        """End what the clock has ended."""
        for group in self.groups.values():
            for hold in group.values():
                if hold.ends is not None and at >= hold.ends:
                    self._free(hold)
        for account in self.accounts.values():
            for lot in account.lots:
                lot.free = 0 if lot.is_lapsed(at) else lot.free

    @staticmethod
    def _free(hold: NaiveHold) -> None:
        for part in hold.parts:
            if part.lot is not None:
                part.lot.free += part.open
            part.open = 0

    def held(self, key: AccountKey) -> int:
        """Count the units that holds claim."""
        holds = [group[key] for group in self.groups.values() if key in group]
        return sum(part.open for hold in holds for part in hold.parts)

    def available(self, key: AccountKey, at: datetime) -> int:
        """Count the units that a new hold may take."""
        account = self.account(key)
        if account.lotted:
            free = sum(lot.free for lot in account.lots if lot.is_active(at))
            return max(0, free - account.deficit)
        return max(0, sum(account.history) - self.held(key) - account.floor)

    def balance(self, key: AccountKey) -> int:
        """Count everything on the account."""
        account = self.account(key)
        if account.lotted:
            return sum(lot.free for lot in account.lots) + self.held(key) - account.deficit
        return sum(account.history)

    @staticmethod
    def _pick(lots: list[NaiveLot], quantity: int) -> list[tuple[NaiveLot, int]]:
        picked = []
        for lot in sorted(lots, key=lambda lot: (lot.ends or _NEVER, lot.lot_id)):
            taken = min(quantity, lot.free)
            lot.free -= taken
            quantity -= taken
            if taken:
                picked.append((lot, taken))
        return picked

    def _repay(self, account: NaiveAccount, quantity: int) -> int:
        repaid = min(account.deficit, quantity)
        account.deficit -= repaid
        return quantity - repaid

    def credit(self, key: AccountKey, quantity: int, *, by: Command, terms: Any = None) -> None:
        """Put value in."""
        account = self.account(key)
        account.lotted = terms is not None
        if terms is None:
            account.history.append(quantity)
            return
        request = Request("credit", (key, quantity), (("terms", terms),))
        origin, begins, ends = _dates(request, by)
        lot = NaiveLot(f"{by.key}#1", origin, begins, ends, quantity)
        if lot.is_active(by.at):
            lot.free = self._repay(account, quantity)
        if lot.free:
            account.lots.append(lot)

    def debit(
        self,
        key: AccountKey,
        quantity: int,
        *,
        by: Command,
        beyond: Beyond,
        origin: str | None,
    ) -> None:
        """Take value out."""
        account = self.account(key)
        if account.lotted is None and beyond is Beyond.DEFICIT:
            account.lotted = origin is not None
        if not account.lotted:
            self._take(key, quantity, by, beyond)
            return
        own = [lot for lot in account.lots if lot.origin == origin]
        others = [lot for lot in account.lots if lot.origin != origin and lot.is_active(by.at)]
        spare = max(0, sum(lot.free for lot in others) - account.deficit)
        from_own = min(quantity, sum(lot.free for lot in own))
        from_others = min(quantity - from_own, spare)
        missing = quantity - from_own - from_others
        if missing and beyond is Beyond.REFUSE:
            raise RefusedNaively
        self._pick(own, from_own)
        self._pick(others, from_others)
        account.deficit += missing

    def _take(self, key: AccountKey, quantity: int, by: Command, beyond: Beyond) -> None:
        if quantity > self.available(key, by.at) and beyond is Beyond.REFUSE:
            raise RefusedNaively
        self.account(key).history.append(-quantity)

    def adjust(
        self, key: AccountKey, change: int, *, by: Command, beyond: Beyond, least: int | None = None
    ) -> None:
        """Correct a balance."""
        if change < 0:
            if least is not None and sum(self.account(key).history) + change < least:
                raise RefusedNaively
            self._take(key, -change, by, beyond)
        else:
            self.account(key).history.append(change)
        self.account(key).lotted = False

    def count(
        self, key: AccountKey, counted: int, *, by: Command, expected: int | None = None
    ) -> None:
        """Make the balance what was counted, if it is what was expected."""
        change = counted - sum(self.account(key).history)
        if expected is not None and counted - change != expected:
            raise RefusedNaively
        if change:
            self.adjust(key, change, by=by, beyond=Beyond.DEFICIT)
        self.account(key).lotted = False

    def set_floor(self, key: AccountKey, floor: int, *, by: Command) -> None:
        """Keep units back."""
        del by
        self.account(key).floor = floor
        self.account(key).lotted = False

    def transfer(
        self, source: AccountKey, target: AccountKey, quantity: int, *, by: Command
    ) -> None:
        """Move value."""
        if self.available(source, by.at) < quantity:
            raise RefusedNaively
        here, there = self.account(source), self.account(target)
        there.lotted = here.lotted
        if not here.lotted:
            here.history.append(-quantity)
            there.history.append(quantity)
            return
        turn = 1
        active = [lot for lot in here.lots if lot.is_active(by.at)]
        for lot, taken in self._pick(active, quantity):
            left = self._repay(there, taken)
            if left:
                there.lots.append(attrs.evolve(lot, lot_id=f"{by.key}#{turn}", free=left))
                turn += 1

    def hold(
        self, group: str, demands: tuple[Demand, ...], *, by: Command, expires_in: int | None
    ) -> None:
        """Claim all or none."""
        wanted = _summed(demands)
        if any(quantity > self.available(key, by.at) for key, quantity in wanted.items()):
            raise RefusedNaively
        ends = Request("hold", (), (("expires_in", expires_in),))
        self.groups[group] = {
            key: NaiveHold(_expiry(ends, by), self._claim(key, quantity, by.at))
            for key, quantity in wanted.items()
        }

    def _claim(self, key: AccountKey, quantity: int, at: datetime) -> list[NaivePart]:
        account = self.account(key)
        if not account.lotted:
            return [NaivePart(None, quantity)]
        active = [lot for lot in account.lots if lot.is_active(at)]
        return [NaivePart(lot, taken) for lot, taken in self._pick(active, quantity)]

    def _open(self, group: str) -> dict[AccountKey, int]:
        holds = self.groups[group]
        return {key: sum(part.open for part in hold.parts) for key, hold in holds.items()}

    def extend(self, group: str, *, by: Command, expires_in: int | None) -> None:
        """Move the expiry."""
        running = [key for key, units in self._open(group).items() if units]
        if not running:
            raise RefusedNaively
        request = Request("extend", (), (("expires_in", expires_in),))
        for key in running:
            self.groups[group][key].ends = _expiry(request, by)

    def capture(self, group: str, *, by: Command, demands: Any) -> None:
        """Make units final."""
        if demands is None and not any(self._open(group).values()):
            raise RefusedNaively
        for key, quantity in self._wanted(group, demands, self._open(group)).items():
            if not self.account(key).lotted:
                self.account(key).history.append(-quantity)
            left = quantity
            for part in self.groups[group][key].parts:
                taken = min(left, part.open)
                left -= taken
                part.open -= taken
                part.captured += taken
        del by

    def release(self, group: str, *, by: Command, demands: Any) -> None:
        """Give units back."""
        for key, quantity in self._wanted(group, demands, self._open(group)).items():
            left = quantity
            for part in reversed(self.groups[group][key].parts):
                taken = min(left, part.open)
                left -= taken
                part.open -= taken
                if part.lot is not None:
                    part.lot.free += taken
        self.settle(by.at)

    def restore(self, group: str, *, by: Command, demands: Any, lapsed: Lapsed) -> None:
        """Put captured units back."""
        holds = self.groups[group]
        captured = {key: sum(part.captured for part in h.parts) for key, h in holds.items()}
        wanted = self._wanted(group, demands, captured)
        moves = [
            (key, part, taken)
            for key, quantity in wanted.items()
            for part, taken in _backwards(holds[key].parts, quantity)
        ]
        dead = any(part.lot is not None and part.lot.is_lapsed(by.at) for _, part, _ in moves)
        if dead and lapsed is Lapsed.REFUSE:
            raise RefusedNaively
        for key, part, taken in moves:
            part.captured -= taken
            if part.lot is None:
                self.account(key).history.append(taken)
            elif not part.lot.is_lapsed(by.at):
                part.lot.free += self._repay(self.account(key), taken)

    @staticmethod
    def _wanted(group: str, demands: Any, room: dict[AccountKey, int]) -> dict[AccountKey, int]:
        del group
        if demands is None:
            return room
        wanted = _summed(demands)
        if any(quantity > room.get(key, 0) for key, quantity in wanted.items()):
            raise RefusedNaively
        return wanted


def _backwards(parts: list[NaivePart], quantity: int) -> list[tuple[NaivePart, int]]:
    taken = []
    for part in reversed(parts):
        taken.append((part, min(quantity, part.captured)))
        quantity -= taken[-1][1]
    return [(part, units) for part, units in taken if units]


def _summed(demands: tuple[Demand, ...]) -> dict[AccountKey, int]:
    wanted: dict[AccountKey, int] = {}
    for demand in demands:
        wanted[demand.account] = wanted.get(demand.account, 0) + demand.quantity
    return dict(sorted(wanted.items()))


class _Recorder:
    """Stands in for a ledger, to see which instants a request names."""

    def __getattr__(self, verb: str) -> Any:
        return lambda *_, **options: options


def _expiry(request: Request, by: Command) -> datetime | None:
    recorded: Any = request.ask(_Recorder(), by)
    expires_at: datetime | None = recorded["expires_at"]
    return expires_at


def _dates(request: Request, by: Command) -> tuple[str, datetime | None, datetime | None]:
    recorded: Any = request.ask(_Recorder(), by)
    terms = recorded["terms"]
    return terms.origin, terms.activates_at, terms.expires_at
