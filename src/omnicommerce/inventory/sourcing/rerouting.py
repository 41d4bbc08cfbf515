"""Another way for an open order: which of its units could better come from elsewhere.

What is picked stays where it is, and its parcel leaves in any case. What is held but not picked
counts as free where it is held, for this order only: nobody else's units are touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from omnicommerce.inventory.sourcing.decide import NO_RULES, source
from omnicommerce.inventory.sourcing.eligibility import OwnRules
from omnicommerce.inventory.sourcing.holding import stock_demands
from omnicommerce.inventory.sourcing.judging import judged
from omnicommerce.inventory.sourcing.model import (
    Allocation,
    Candidate,
    CapacityUnit,
    DemandLine,
    Level,
    SourcingPlan,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.objectives import Stay
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.ledger.model import Demand

__all__ = ["Move", "OpenAllocation", "Rerouting", "reroute"]


@attrs.frozen(kw_only=True, order=True)
class OpenAllocation:
    """Units of an open order that are held at a location and have not left it.

    Args:
        line_id: Of the order.
        sku: What.
        location_id: Where it is held.
        quantity: How many.
        picked: How many of them are picked: those stay.
        may_move: Whether the others may move; off for what a person put on hold.
    """

    line_id: str
    sku: Sku
    location_id: LocationId
    quantity: int = attrs.field(validator=valid_quantity)
    picked: int = attrs.field(default=0)
    may_move: bool = True

    @picked.validator
    def _check_picked(self, _: object, picked: Any) -> None:
        if type(picked) is not int or not 0 <= picked <= self.quantity:
            raise InvalidValue("picked", f"must be from 0 to {self.quantity}, not {picked!r}")

    def allocation(self, quantity: int) -> Allocation:
        """Return some of these units as an allocation."""
        return Allocation(
            line_id=self.line_id, sku=self.sku, location_id=self.location_id, quantity=quantity
        )


@attrs.frozen(kw_only=True, order=True)
class Move:
    """Units of a line that would come from another location."""

    line_id: str
    sku: Sku
    source: LocationId
    target: LocationId
    quantity: int


@attrs.frozen(kw_only=True)
class Rerouting:
    """A proposal for an open order.

    Args:
        moves: What would move.
        added: Units that were short and are found now.
        released: Units that may not stay where they are, and that nobody else has.
        allocations: Where everything comes from afterwards, picked units included.
        before: Scores as it stands; see `Certificate`.
        after: Scores as proposed.
        plan: The decision about what can move, with its trace; None where nothing can.
    """

    moves: tuple[Move, ...] = ()
    added: tuple[Allocation, ...] = ()
    released: tuple[Allocation, ...] = ()
    allocations: tuple[Allocation, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    plan: SourcingPlan | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is proposed."""
        return bool(self.moves or self.added or self.released)

    @property
    def gain(self) -> tuple[int, ...]:
        """By how much each score gets better; the first that is not 0 decides."""
        return tuple(was - now for was, now in zip(self.before, self.after, strict=True))

    @property
    def given_up(self) -> tuple[Demand, ...]:
        """What the ledger releases: by SKU and location, the units that leave and none come for."""
        return stock_demands(self._net(-1))

    @property
    def taken_up(self) -> tuple[Demand, ...]:
        """What the ledger holds instead: by SKU and location, the units that come in addition."""
        return stock_demands(self._net(1))

    def _net(self, sign: int) -> tuple[Allocation, ...]:
        """Return by SKU and location what changes in one direction, whatever its line."""
        coming = [*(_at(move, move.target) for move in self.moves), *self.added]
        going = [*(_at(move, move.source) for move in self.moves), *self.released]
        change: dict[Allocation, int] = {}
        for way, allocations in ((sign, coming), (-sign, going)):
            for one in allocations:
                key = attrs.evolve(one, line_id="", quantity=0)
                change[key] = change.get(key, 0) + way * one.quantity
        return tuple(attrs.evolve(key, quantity=n) for key, n in change.items() if n > 0)


def _at(move: Move, location_id: LocationId) -> Allocation:
    return Allocation(
        line_id=move.line_id, sku=move.sku, location_id=location_id, quantity=move.quantity
    )


def reroute(
    request: SourcingRequest,
    policy: SourcingPolicy,
    held: Iterable[OpenAllocation],
    *,
    own_rules: OwnRules = NO_RULES,
) -> Rerouting:
    """Propose a better plan for what can still move of an open order.

    Nothing moves unless the scores get better, or it may not stay: its location declined it,
    or is not eligible any more. What may not stay and nobody has is released. With
    ``max_parcels``, parcels that leave in any case count in full.

    Args:
        request: The order's open lines; candidates with what is free for anybody, and declines.
            A capacity that is given counts this order's parcels as taken.
        policy: What matters; with ``allow_partial`` or not, an open order may be short.
        held: What the order holds, by line and location.
        own_rules: Functions for `Opaque` conditions, by name.

    Raises:
        InvalidValue: Units are held for an unknown line, of another SKU, at a location that is
            no candidate, or more than the line wants.
    """
    mine = tuple(sorted(held))
    _require_known(request, mine)
    kept, movable = _parted(request, mine)
    whole = _credited(request, mine)
    loose = attrs.evolve(policy, allow_partial=True)
    now = _merged([*kept, *movable])
    before = judged(whole, loose, now, own_rules=own_rules).scores
    nothing = Rerouting(allocations=now, before=before, after=before)
    wish = _wish(whole, kept)
    if wish is None:
        return nothing
    plan = _replanned(wish, policy, frozenset(one.location_id for one in kept), own_rules)
    proposed = _least_swapped(wish, movable, plan.allocations)
    then = _merged([*kept, *proposed])
    after = judged(whole, loose, then, own_rules=own_rules).scores
    free_count = attrs.evolve(loose, max_parcels=None)
    must_move = not judged(wish, free_count, movable, own_rules=own_rules).is_allowed
    if after >= before and not must_move:
        return attrs.evolve(nothing, plan=plan)
    moves, added, released = _differences(movable, proposed)
    return Rerouting(
        moves=moves,
        added=added,
        released=released,
        allocations=then,
        before=before,
        after=after,
        plan=plan,
    )


def _require_known(request: SourcingRequest, held: Iterable[OpenAllocation]) -> None:
    lines = {line.line_id: line for line in request.lines}
    places = {candidate.location_id for candidate in request.candidates}
    units = dict.fromkeys(lines, 0)
    for one in held:
        if one.line_id not in lines or lines[one.line_id].sku != one.sku:
            raise InvalidValue("held", f"no line {one.line_id!r} wants {one.sku!r}")
        if one.location_id not in places:
            raise InvalidValue("held", f"{one.location_id!r} is no candidate")
        units[one.line_id] += one.quantity
        if units[one.line_id] > lines[one.line_id].quantity:
            raise InvalidValue("held", f"line {one.line_id!r} holds more than it wants")


def _parted(
    request: SourcingRequest, held: Iterable[OpenAllocation]
) -> tuple[tuple[Allocation, ...], tuple[Allocation, ...]]:
    """Return what stays and what may move; a line that may not split stays if a unit of it does."""
    mine = tuple(held)
    stays = {one.line_id for one in mine if one.picked or not one.may_move}
    whole = {line.line_id for line in request.lines if not line.may_split}
    kept, movable = [], []
    for one in mine:
        fixed = one.picked if one.may_move and one.line_id not in stays & whole else one.quantity
        if fixed:
            kept.append(one.allocation(fixed))
        if fixed < one.quantity:
            movable.append(one.allocation(one.quantity - fixed))
    return tuple(kept), _merged(movable)


def _merged(allocations: Iterable[Allocation]) -> tuple[Allocation, ...]:
    """Return allocations with those of one line and location put together, in order."""
    units: dict[Allocation, int] = {}
    for one in allocations:
        key = attrs.evolve(one, quantity=0)
        units[key] = units.get(key, 0) + one.quantity
    return tuple(sorted(attrs.evolve(key, quantity=count) for key, count in units.items()))


def _credited(request: SourcingRequest, held: Iterable[OpenAllocation]) -> SourcingRequest:
    """Return the request with the order's own units free to it, and its parcels taken back."""
    own: dict[tuple[str, str], int] = {}
    for one in held:
        own[one.location_id, one.sku] = own.get((one.location_id, one.sku), 0) + one.quantity
    return attrs.evolve(
        request,
        candidates=tuple(
            _credited_one(
                candidate,
                {sku: n for (place, sku), n in own.items() if place == candidate.location_id},
            )
            for candidate in request.candidates
        ),
    )


def _credited_one(candidate: Candidate, own: Mapping[str, int]) -> Candidate:
    if not own:
        return candidate
    levels = dict(candidate.levels)
    for sku, units in own.items():
        level = levels.get(sku, Level(0))
        levels[sku] = attrs.evolve(level, free=max(0, level.free) + units, held=units)
    capacity = candidate.capacity
    if capacity is not None:
        back = sum(own.values()) if capacity.counts is CapacityUnit.UNITS else 1
        capacity = attrs.evolve(capacity, left=capacity.left + back)
    return attrs.evolve(candidate, levels=levels, capacity=capacity)


def _wish(whole: SourcingRequest, kept: Iterable[Allocation]) -> SourcingRequest | None:
    """Return what is left to decide: everything but what stays, which is taken from the levels."""
    fixed = tuple(kept)
    lines = tuple(_rest_of(line, fixed) for line in whole.lines)
    open_lines = tuple(line for line in lines if line is not None)
    if not open_lines:
        return None
    return attrs.evolve(
        whole,
        lines=open_lines,
        candidates=tuple(_without(candidate, fixed) for candidate in whole.candidates),
    )


def _rest_of(line: DemandLine, kept: Iterable[Allocation]) -> DemandLine | None:
    stays = sum(one.quantity for one in kept if one.line_id == line.line_id)
    if stays >= line.quantity or (stays and not line.may_split):
        return None
    return attrs.evolve(line, quantity=line.quantity - stays) if stays else line


def _without(candidate: Candidate, kept: Iterable[Allocation]) -> Candidate:
    """Return a candidate less what stays there."""
    own = [one for one in kept if one.location_id == candidate.location_id]
    if not own:
        return candidate
    levels = dict(candidate.levels)
    for one in own:
        level = levels[one.sku]
        levels[one.sku] = attrs.evolve(
            level, free=level.free - one.quantity, held=level.held - one.quantity
        )
    capacity = candidate.capacity
    if capacity is not None and capacity.counts is CapacityUnit.UNITS:
        units = sum(one.quantity for one in own)
        capacity = attrs.evolve(capacity, left=capacity.left - units)
    return attrs.evolve(candidate, levels=levels, capacity=capacity)


def _replanned(
    wish: SourcingRequest,
    policy: SourcingPolicy,
    running: frozenset[LocationId],
    own_rules: OwnRules,
) -> SourcingPlan:
    """Source what can move; between plans equally good, the one that moves least."""
    most = policy.max_parcels
    if most is not None and running:
        most -= len(running)
        if most < 1:
            most = None
            inside = tuple(one for one in wish.candidates if one.location_id in running)
            wish = attrs.evolve(wish, candidates=inside)
    inner = attrs.evolve(
        policy, allow_partial=True, max_parcels=most, objectives=(*policy.objectives, Stay())
    )
    return source(wish, inner, own_rules=own_rules, running=running)


def _least_swapped(
    wish: SourcingRequest, now: Iterable[Allocation], planned: Iterable[Allocation]
) -> tuple[Allocation, ...]:
    """Hand what is planned to lines of one SKU so that each keeps what it has, as far as it can.

    Lines that may not split keep their own plan.
    """
    free = {line.line_id for line in wish.lines if line.may_split}
    found = [one for one in planned if one.line_id not in free]
    pool: dict[tuple[Sku, LocationId], int] = {}
    given: dict[str, int] = {}
    for one in planned:
        if one.line_id in free:
            place = one.sku, one.location_id
            pool[place] = pool.get(place, 0) + one.quantity
            given[one.line_id] = given.get(one.line_id, 0) + one.quantity
    here = [one for one in sorted(now) if one.line_id in free]
    anywhere = [
        Allocation(line_id=line.line_id, sku=sku, location_id=location_id, quantity=line.quantity)
        for line in sorted(wish.lines, key=lambda line: line.line_id)
        for sku, location_id in sorted(pool)
        if sku == line.sku and line.line_id in free
    ]
    for one in (*here, *anywhere):
        place = one.sku, one.location_id
        units = min(one.quantity, pool.get(place, 0), given.get(one.line_id, 0))
        if units:
            found.append(attrs.evolve(one, quantity=units))
            pool[place] -= units
            given[one.line_id] -= units
    return _merged(found)


def _differences(
    before: Iterable[Allocation], after: Iterable[Allocation]
) -> tuple[tuple[Move, ...], tuple[Allocation, ...], tuple[Allocation, ...]]:
    """Return moves, units found in addition and units given up, line by line."""
    change: dict[Allocation, int] = {}
    for sign, allocations in ((-1, before), (1, after)):
        for one in allocations:
            key = attrs.evolve(one, quantity=0)
            change[key] = change.get(key, 0) + sign * one.quantity
    coming = {key: count for key, count in sorted(change.items()) if count > 0}
    moves: list[Move] = []
    released: list[Allocation] = []
    for leaving, count in sorted(change.items()):
        left = -count
        for target in [one for one in coming if one.line_id == leaving.line_id and left > 0]:
            moved = min(left, coming[target])
            if moved:
                moves.append(
                    Move(
                        line_id=leaving.line_id,
                        sku=leaving.sku,
                        source=leaving.location_id,
                        target=target.location_id,
                        quantity=moved,
                    )
                )
                coming[target] -= moved
                left -= moved
        if left > 0:
            released.append(attrs.evolve(leaving, quantity=left))
    added = [attrs.evolve(key, quantity=count) for key, count in coming.items() if count]
    return tuple(sorted(moves)), tuple(added), tuple(released)
