"""Use cases of sourcing: look up what is free, hold a plan, move what is held, promise as a group.

Every use case is one unit of work: all of it happens, or nothing. Each may be repeated under its
key, and then changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from omnicommerce.inventory.model import stock_account
from omnicommerce.inventory.ports import InventoryStores
from omnicommerce.inventory.sourcing.candidates import figures_of, with_figures
from omnicommerce.inventory.sourcing.errors import SourcingRefused
from omnicommerce.inventory.sourcing.grouping import (
    Claim,
    LocationGroup,
    make_room,
    spread,
)
from omnicommerce.inventory.sourcing.holding import plan_demands
from omnicommerce.inventory.sourcing.model import (
    Allocation,
    Candidate,
    SourcingPlan,
    SourcingRequest,
)
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.errors import Conflict, InvalidValue, KeyReused, NotFound
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import Command, Demand, Hold
from omnicommerce.ledger.ports import Ledger
from omnicommerce.ledger.requests import sum_demands

__all__ = ["Sourcing"]


@attrs.frozen
class Sourcing:
    """Plans become holds, and holds move.

    Args:
        transactions: Where units of work run.
        clock: Read once per command.
    """

    transactions: Transactions[InventoryStores]
    clock: Clock

    def look_up(self, request: SourcingRequest) -> SourcingRequest:
        """Return the request with what its candidates have free now, as the ledger counts it.

        Age, risk and everything else stay as given; so do capacities without an account.
        """
        at = self.clock.now()
        accounts = figures_of(request)
        standings = self.transactions.run(lambda s: s.ledger.standings(accounts, at=at))
        return with_figures(request, standings)

    def hold(
        self,
        plan: SourcingPlan,
        candidates: Iterable[Candidate],
        *,
        group: str,
        expires_at: datetime | None,
        cause: str,
    ) -> None:
        """Hold what a plan says, all of it or nothing.

        The ledger judges the plan again in the same transaction: where somebody was faster
        since it was made, nothing is held, and a new plan is due.

        Args:
            plan: What was decided.
            candidates: Those of its request: their capacities name the accounts to hold.
            group: A new name for this hold; also the key under which this may be repeated.
            expires_at: First instant at which it no longer blocks anybody; None: never.
            cause: What it is for, such as an order's id.

        Raises:
            SourcingRefused: The plan gives nothing.
            Shortage: Something that it takes is not there any more.
            KeyReused: The name belongs to another hold.
        """
        demands = plan_demands(plan, candidates)
        if not demands:
            raise SourcingRefused(*plan.reasons)
        by = Command(group, cause, self.clock.now())

        def work(stores: InventoryStores) -> None:
            stores.ledger.hold(group, demands, expires_at=expires_at, by=by)

        self.transactions.run(work)

    def move(
        self,
        holds: Sequence[str],
        *,
        given_up: Iterable[Demand],
        taken_up: Iterable[Demand],
        group: str,
        cause: str,
    ) -> tuple[str, ...]:
        """Release some units of some holds and hold others instead, or change nothing.

        The new hold ends when the first of those ends that gave something up.

        Args:
            holds: The names of the holds that have the units.
            given_up: What they release.
            taken_up: What is held instead.
            group: A new name for that; also the key under which this may be repeated.
            cause: What it is for, such as an order's id.

        Returns:
            The names of all holds from now on.

        Raises:
            Shortage: Something is not free where it is wanted; nothing moved.
            HoldEnded: Less is held than is to be given up.
            InvalidValue: There is nothing to take up, or no hold was named.
        """
        wanted = sum_demands(taken_up)
        out = tuple(given_up)
        out = sum_demands(out) if out else ()
        if not holds:
            raise InvalidValue("holds", "must name at least one hold")
        at = self.clock.now()

        def work(stores: InventoryStores) -> None:
            if not _is_done(stores.ledger, group, wanted):
                _move(stores.ledger, holds, out, wanted, _Name(group, cause, at))

        self.transactions.run(work)
        return (*holds, group)

    def promise(
        self,
        wanted: Mapping[str, int],
        group: LocationGroup,
        *,
        name: str,
        expires_at: datetime | None,
        cause: str,
    ) -> tuple[Claim, ...]:
        """Promise units of a group of locations without saying which member gives them.

        Args:
            wanted: Units by SKU.
            group: Who promises.
            name: A new name for the hold; also the key under which this may be repeated.
            expires_at: First instant at which it no longer blocks anybody; None: never.
            cause: What it is for, such as an order's id.

        Returns:
            On which members the promise lies for now.

        Raises:
            SourcingRefused: The group has less than is wanted.
            KeyReused: The name belongs to another promise.
        """
        at = self.clock.now()
        accounts = group.accounts(wanted)

        def work(stores: InventoryStores) -> tuple[Claim, ...]:
            ledger = stores.ledger
            if not _is_promised(ledger.holds(name), name, wanted):
                demands = spread(group, wanted, ledger.standings(accounts, at=at))
                try:
                    ledger.hold(name, demands, expires_at=expires_at, by=Command(name, cause, at))
                except Shortage as shortage:
                    raise Conflict("a member sold units that the group promises") from shortage
            return _claims(ledger, [name], group)

        return self.transactions.run(work)

    def claims(self, holds: Sequence[str], group: LocationGroup) -> tuple[Claim, ...]:
        """Return where the promises of some holds lie by now."""
        return self.transactions.run(lambda stores: _claims(stores.ledger, holds, group))

    def make_room(
        self, wanted: Allocation, claims: Iterable[Claim], *, key: str, cause: str
    ) -> Mapping[str, str]:
        """Move provisional claims off a location until it has free what is wanted of it.

        Args:
            wanted: A SKU, a location, and how many units it is to have free.
            claims: The provisional claims on it.
            key: Makes the names of the new holds.
            cause: What it is for, such as an order's id.

        Returns:
            By the name of a hold that gave something up, the name of the one that has it now.

        Raises:
            SourcingRefused: Not even that makes enough room; nothing moved.
        """
        at = self.clock.now()
        known = tuple(claims)
        turns = {holds: turn for turn, holds in enumerate(sorted({one.holds for one in known}), 1)}
        names = {holds: f"{key}:{turn}" for holds, turn in turns.items()}
        groups = {claim.group.group_id: claim.group for claim in known}.values()
        accounts = {account for group in groups for account in group.accounts([wanted.sku])}
        accounts.add(stock_account(wanted.sku, wanted.location_id))

        def work(stores: InventoryStores) -> Mapping[str, str]:
            ledger = stores.ledger
            done = {holds: name for holds, name in names.items() if ledger.holds(name)}
            if done:
                return done
            shifts = make_room(wanted, known, ledger.standings(sorted(accounts), at=at))
            for holds in sorted({shift.holds for shift in shifts}):
                mine = [shift for shift in shifts if shift.holds == holds]
                out = [Demand(stock_account(one.sku, one.source), one.quantity) for one in mine]
                into = [Demand(stock_account(one.sku, one.target), one.quantity) for one in mine]
                name = _Name(names[holds], cause, at)
                _move(ledger, [holds], sum_demands(out), sum_demands(into), name)
                done[holds] = names[holds]
            return done

        return self.transactions.run(work)


@attrs.frozen
class _Name:
    """The name of a new hold, what it is for, and when."""

    group: str
    cause: str
    at: datetime

    def command(self, step: str) -> Command:
        """Return the command of one step."""
        return Command(f"{self.group}:{step}", self.cause, self.at)


def _is_done(ledger: Ledger, group: str, wanted: Sequence[Demand]) -> bool:
    """Tell whether a move was made before: its new hold is there.

    Raises:
        KeyReused: The name belongs to another hold.
    """
    found = ledger.holds(group)
    if found and tuple(Demand(one.account, one.quantity) for one in found) != tuple(wanted):
        raise KeyReused(group)
    return bool(found)


def _is_promised(holds: Iterable[Hold], name: str, wanted: Mapping[str, int]) -> bool:
    units: dict[str, int] = {}
    for one in holds:
        units[one.account.subject] = units.get(one.account.subject, 0) + one.quantity
    if units and units != dict(wanted):
        raise KeyReused(name)
    return bool(units)


def _move(
    ledger: Ledger,
    holds: Sequence[str],
    given_up: Sequence[Demand],
    taken_up: Sequence[Demand],
    name: _Name,
) -> None:
    """Release and hold, in the order of accounts where one lies wholly before the other."""
    found = [one for group in holds for one in _required(ledger, group)]
    out = _by_hold(found, given_up, name.at)
    giving = [one for one in found if one.group in out and not one.is_due(name.at)]
    until = min((one.expires_at for one in giving if one.expires_at is not None), default=None)

    def release() -> None:
        for turn, (group, demands) in enumerate(out.items(), 1):
            ledger.release(group, by=name.command(f"out{turn}"), demands=demands)

    leaving = [demand.account for demand in given_up]
    if leaving and max(demand.account for demand in taken_up) < min(leaving):
        ledger.hold(name.group, taken_up, expires_at=until, by=name.command("in"))
        release()
    else:
        release()
        ledger.hold(name.group, taken_up, expires_at=until, by=name.command("in"))


def _required(ledger: Ledger, group: str) -> tuple[Hold, ...]:
    found = ledger.holds(group)
    if not found:
        raise NotFound("hold group", group)
    return found


def _by_hold(
    holds: Iterable[Hold], given_up: Iterable[Demand], at: datetime
) -> dict[str, list[Demand]]:
    """Share what is given up among holds, the first that have it first.

    What nobody has is asked of the last one, so that the ledger says what is missing.
    """
    known = tuple(holds)
    shares: dict[str, list[Demand]] = {}
    for demand in given_up:
        left = demand.quantity
        for one in known:
            usable = one.account == demand.account and not one.is_due(at)
            units = min(left, one.open) if usable else 0
            if units:
                shares.setdefault(one.group, []).append(Demand(demand.account, units))
                left -= units
        if left:
            shares.setdefault(known[-1].group, []).append(Demand(demand.account, left))
    return shares


def _claims(ledger: Ledger, holds: Sequence[str], group: LocationGroup) -> tuple[Claim, ...]:
    return tuple(
        Claim(
            holds=one.group,
            sku=Sku(one.account.subject),
            location_id=LocationId(one.account.scope),
            quantity=one.open,
            group=group,
        )
        for name in holds
        for one in ledger.holds(name)
        if one.account.kind == "stock" and one.open
    )
