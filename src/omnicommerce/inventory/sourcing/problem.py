"""A request as whole numbers: rows that want units, places that have them, costs as one number.

The ranks of a policy become the digits of one whole number, the most important one first, so
that comparing two plans is comparing two numbers, exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import attrs

from omnicommerce.inventory.sourcing.eligibility import OwnRules
from omnicommerce.inventory.sourcing.figures import depends_on_level, parcel_figure, unit_figure
from omnicommerce.inventory.sourcing.model import (
    Candidate,
    CapacityUnit,
    DemandLine,
    Level,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.objectives import Objective

__all__ = ["Problem", "Row", "Scale", "problem_of"]


@attrs.frozen
class Row:
    """What one SKU wants: of all lines that may split together, or of one that may not.

    Args:
        sku: Position of the SKU.
        quantity: Units wanted.
        lines: The lines, by identity.
        whole: Whether all that is given must come from one place.
    """

    sku: int
    quantity: int
    lines: tuple[DemandLine, ...]
    whole: bool


@attrs.frozen
class Scale:
    """How scores become one number, and back.

    Args:
        weights: By rank: what one of it is worth.
        short: What one unit that is short is worth: more than everything else together.
        shifts: By rank: what is taken from each unit's figure so that none is negative.
        units: How many units are wanted.
    """

    weights: tuple[int, ...]
    short: int
    shifts: tuple[int, ...]
    units: int

    def scores(self, value: int) -> tuple[int, ...]:
        """Return units short and the score of each rank that a value stands for.

        What is lower as a value is lower as scores; a value between those of two plans gives
        scores between theirs.
        """
        missing, rest = divmod(value, self.short)
        found = [missing]
        for weight, shift in zip(self.weights, self.shifts, strict=True):
            digit, rest = divmod(rest, weight)
            found.append(digit + shift * (self.units - missing))
        return tuple(found)


@attrs.frozen(eq=False)
class Problem:
    """Minimise the costs of the places used and the units given; places stand in order of identity.

    Args:
        rows: What is wanted.
        wanted: By SKU, the units wanted in all rows.
        stock: By SKU, what each place has, where it has any.
        unit: By SKU, what a unit from each of these places costs.
        fixed: By place, what using it costs.
        room: By place, how many units it can take on.
        most: How many places a plan may use.
        scale: How costs become scores.
        may_collide: Whether rows can want the same units or room; else they are independent.
    """

    rows: tuple[Row, ...]
    wanted: tuple[int, ...]
    stock: tuple[Mapping[int, int], ...]
    unit: tuple[Mapping[int, int], ...]
    fixed: Mapping[int, int]
    room: Mapping[int, int]
    most: int
    scale: Scale
    may_collide: bool = attrs.field(init=False)

    @may_collide.default
    def _may_rows_collide(self) -> bool:
        return len(self.rows) > len(self.wanted) or any(
            room < self.scale.units for room in self.room.values()
        )

    @property
    def units(self) -> int:
        """How many units are wanted."""
        return self.scale.units

    def only(self, places: Sequence[int]) -> Problem:
        """Return the problem with some of its places, and ties decided.

        Costs are doubled as often as there are places, and a place costs a power of two more:
        so of plans that are equally good the one is best whose last place, then whose last but
        one and so on, comes first by identity.
        """
        kept = {place: turn for turn, place in enumerate(sorted(places))}
        bits = len(kept)
        return attrs.evolve(
            self,
            stock=tuple({j: row[j] for j in kept if j in row} for row in self.stock),
            unit=tuple({j: row[j] << bits for j in kept if j in row} for row in self.unit),
            fixed={j: (self.fixed[j] << bits) + (1 << turn) for j, turn in kept.items()},
            room={j: self.room[j] for j in kept},
            scale=attrs.evolve(
                self.scale,
                short=self.scale.short << bits,
                weights=tuple(weight << bits for weight in self.scale.weights),
            ),
        )


def problem_of(
    request: SourcingRequest,
    policy: SourcingPolicy,
    candidates: Mapping[int, Candidate],
    own_rules: OwnRules,
    running: Collection[str] = (),
) -> Problem:
    """Return the problem of a request.

    Args:
        request: What is wanted.
        policy: What matters.
        candidates: Those that may take part, by their turn among all in order of identity.
        own_rules: Functions for opaque conditions.
        running: Locations from which a parcel leaves in any case, so that it costs nothing.
    """
    rows, skus = _rows(request.lines)
    wanted = [0] * len(skus)
    for row in rows:
        wanted[row.sku] += row.quantity
    declined = {(one.location_id, one.sku) for one in request.declined}
    levels: list[dict[int, Level]] = [
        {
            j: level
            for j, candidate in candidates.items()
            if (level := candidate.levels.get(sku)) is not None
            and level.free > 0
            and (candidate.location_id, sku) not in declined
        }
        for sku in skus
    ]
    units = sum(wanted)
    room = {
        j: candidate.capacity.left
        if candidate.capacity is not None and candidate.capacity.counts is CapacityUnit.UNITS
        else units
        for j, candidate in candidates.items()
    }
    fixed, unit, scale = _costs(request, policy, candidates, levels, own_rules, units)
    paid = {j for j, candidate in candidates.items() if candidate.location_id in running}
    fixed.update(dict.fromkeys(paid, 0))
    return Problem(
        rows=rows,
        wanted=tuple(wanted),
        stock=tuple({j: level.free for j, level in found.items()} for found in levels),
        unit=unit,
        fixed=fixed,
        room=room,
        most=min(policy.max_parcels or units, units),
        scale=scale,
    )


def _rows(lines: Sequence[DemandLine]) -> tuple[tuple[Row, ...], list[str]]:
    """Return the rows in order of SKU and line, and the SKUs."""
    ordered = sorted(lines, key=lambda line: (line.sku, line.may_split, line.line_id))
    skus = sorted({line.sku for line in lines})
    turns = {sku: turn for turn, sku in enumerate(skus)}
    rows = [
        Row(turns[line.sku], line.quantity, (line,), whole=True)
        for line in ordered
        if not line.may_split
    ]
    for sku in skus:
        members = tuple(line for line in ordered if line.sku == sku and line.may_split)
        if members:
            quantity = sum(line.quantity for line in members)
            rows.append(Row(turns[sku], quantity, members, whole=False))
    return tuple(rows), list(skus)


def _costs(
    request: SourcingRequest,
    policy: SourcingPolicy,
    candidates: Mapping[int, Candidate],
    levels: Sequence[Mapping[int, Level]],
    own_rules: OwnRules,
    units: int,
) -> tuple[dict[int, int], tuple[dict[int, int], ...], Scale]:
    """Put the figures of all ranks together, the last rank first."""
    fixed = dict.fromkeys(candidates, 0)
    unit: list[dict[int, int]] = [dict.fromkeys(found, 0) for found in levels]
    weights: list[int] = []
    shifts: list[int] = []
    weight = 1
    for objective in reversed(policy.objectives):
        parcels = {
            j: parcel_figure(objective, candidate, request, own_rules)
            for j, candidate in candidates.items()
        }
        figures = _unit_figures(objective, request, candidates, levels)
        lowest = min((min(row.values()) for row in figures if row), default=0)
        highest = max((max(row.values()) for row in figures if row), default=0)
        for j, figure in parcels.items():
            fixed[j] += figure * weight
        if lowest or highest:
            for row, own in zip(unit, figures, strict=True):
                for j, figure in own.items():
                    row[j] += (figure - lowest) * weight
        weights.append(weight)
        shifts.append(lowest)
        weight *= 1 + sum(parcels.values()) + units * (highest - lowest)
    scale = Scale(tuple(reversed(weights)), weight, tuple(reversed(shifts)), units)
    return fixed, tuple(unit), scale


def _unit_figures(
    objective: Objective,
    request: SourcingRequest,
    candidates: Mapping[int, Candidate],
    levels: Sequence[Mapping[int, Level]],
) -> list[dict[int, int]]:
    """Return what a unit of each SKU from each place counts."""
    if depends_on_level(objective):
        return [
            {j: unit_figure(objective, candidates[j], level, request) for j, level in row.items()}
            for row in levels
        ]
    nothing = Level(0)
    same = {j: unit_figure(objective, one, nothing, request) for j, one in candidates.items()}
    if not any(same.values()):
        return [{} for _ in levels]
    return [{j: same[j] for j in row} for row in levels]
