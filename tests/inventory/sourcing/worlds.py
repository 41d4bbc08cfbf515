"""Small shops with places and demands at random, and the best plan by trying them all."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from omnicommerce.inventory.sourcing.model import (
    Candidate,
    Capacity,
    CapacityUnit,
    DemandLine,
    Level,
    LocationKind,
    SourcingPlan,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.objectives import (
    Cost,
    Distance,
    FromCollectionPoint,
    LeadTime,
    Load,
    MarkdownRisk,
    MostStock,
    Objective,
    Prefer,
    Priority,
    Score,
    SingleObjective,
    Splits,
    StockAge,
    Weighted,
    WeightedTerm,
)
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.kernel.predicates import OneOf

__all__ = [
    "best_scores",
    "figure",
    "is_allowed",
    "plan_scores",
    "random_policy",
    "random_request",
    "shuffled",
    "tiny",
    "units_of",
]

SINGLE: tuple[SingleObjective, ...] = (
    Splits(),
    Distance(),
    Cost(),
    LeadTime(),
    Load(),
    Priority(),
    StockAge(),
    MarkdownRisk(),
    MostStock(),
    FromCollectionPoint(),
    Prefer(OneOf("country", {"ES"})),
    Score("returns"),
)


def random_policy(dice: random.Random, **fixed: object) -> SourcingPolicy:
    """Return a policy of one to four ranks."""
    ranks: list[Objective] = list(dice.sample(SINGLE, dice.randint(1, 3)))
    if dice.random() < 0.4:
        terms = [WeightedTerm(one, dice.randint(1, 5)) for one in dice.sample(SINGLE, 3)]
        ranks.insert(dice.randrange(len(ranks) + 1), Weighted(tuple(terms)))
    return SourcingPolicy(
        objectives=tuple(ranks),
        max_parcels=dice.choice([None, None, 1, 2, 3]),
        allow_partial=dice.random() < 0.6,
        **fixed,  # type: ignore[arg-type]  # what a test fixes
    )


def random_request(
    dice: random.Random,
    *,
    lines: int,
    skus: int,
    places: int,
    most: int = 3,
    tight: float = 0.3,
) -> SourcingRequest:
    """Return a demand, and places that overlap.

    Args:
        dice: What decides.
        lines: How many lines.
        skus: Of how many SKUs.
        places: How many candidates.
        most: Most units of a line, and of a level.
        tight: How often lines stay whole and places run out of room.
    """
    names = [f"sku-{number}" for number in range(skus)]
    demand = tuple(
        DemandLine(
            line_id=f"line-{number}",
            sku=Sku(dice.choice(names)),
            quantity=dice.randint(1, most),
            may_split=dice.random() >= tight,
        )
        for number in range(lines)
    )
    candidates = tuple(_candidate(dice, number, names, most, tight) for number in range(places))
    return SourcingRequest(
        lines=demand,
        candidates=candidates,
        collect_at=candidates[0].location_id if candidates else None,
    )


def _candidate(
    dice: random.Random, number: int, skus: Sequence[str], most: int, tight: float
) -> Candidate:
    small = [0, 1, 1, 2, 5]
    capacity = None
    if dice.random() < tight:
        capacity = Capacity(left=dice.randint(0, 4), counts=dice.choice(list(CapacityUnit)))
    return Candidate(
        location_id=LocationId(f"place-{number:02d}"),
        levels={
            sku: Level(dice.randint(-1, most + 1), dice.choice(small), dice.choice(small))
            for sku in skus
            if dice.random() < 0.75
        },
        kind=dice.choice(list(LocationKind)),
        country=dice.choice(["ES", "PT"]),
        metres=dice.choice([None, 0, 10, 10, 25, 70]),
        parcel_cost=dice.choice([0, 3, 3, 4, 9]),
        unit_cost=dice.choice(small),
        lead_minutes=dice.choice(small),
        load=dice.choice(small),
        priority=dice.choice(small),
        capacity=capacity,
        scores={"returns": dice.choice(small)} if dice.random() < 0.5 else {},
    )


def tiny(dice: random.Random) -> SourcingRequest:
    """Return a request whose plans can all be tried."""
    return random_request(
        dice, lines=dice.randint(1, 3), skus=dice.randint(1, 3), places=dice.randint(0, 4)
    )


def shuffled(request: SourcingRequest, dice: random.Random) -> SourcingRequest:
    """Return a request in another order."""
    return SourcingRequest(
        lines=tuple(dice.sample(request.lines, len(request.lines))),
        candidates=tuple(dice.sample(request.candidates, len(request.candidates))),
        channel=request.channel,
        collect_at=request.collect_at,
        at=request.at,
        declined=tuple(dice.sample(request.declined, len(request.declined))),
    )


Units = dict[tuple[str, str], int]
"""By line and location."""


def figure(objective: Objective, place: Candidate, free: Level | None, home: str | None) -> int:
    """Return what a parcel counts, or with a level what a unit counts."""
    if isinstance(objective, Weighted):
        return sum(t.weight * figure(t.objective, place, free, home) for t in objective.terms)
    if free is None:
        far = 20_100_000 if place.metres is None else place.metres
        parcel = {
            "splits": 1,
            "distance": far,
            "cost": place.parcel_cost,
            "lead_time": place.lead_minutes,
            "load": place.load,
            "prefer": int(place.country != "ES"),
            "score": place.scores.get("returns", 0),
        }
        return parcel.get(objective.label, 0)
    unit = {
        "cost": place.unit_cost,
        "priority": place.priority,
        "stock_age": -free.age_days,
        "markdown_risk": -free.markdown_risk,
        "most_stock": -free.free,
        "from_collection_point": int(place.location_id != home),
    }
    return unit.get(objective.label, 0)


def plan_scores(request: SourcingRequest, policy: SourcingPolicy, units: Units) -> tuple[int, ...]:
    """Return units short and the score of each rank, counted by hand."""
    places = {str(place.location_id): place for place in request.candidates}
    lines = {line.line_id: line for line in request.lines}
    scores = [sum(line.quantity for line in request.lines) - sum(units.values())]
    for rank in policy.objectives:
        home = request.collect_at
        parcels = sum(figure(rank, places[j], None, home) for j in {j for _, j in units})
        each = sum(
            count * figure(rank, places[j], places[j].levels[lines[i].sku], home)
            for (i, j), count in units.items()
        )
        scores.append(parcels + each)
    return tuple(scores)


def is_allowed(request: SourcingRequest, policy: SourcingPolicy, units: Units) -> bool:
    """Tell whether a plan keeps every rule, counted by hand."""
    used = {j for _, j in units}
    if policy.max_parcels is not None and len(used) > policy.max_parcels:
        return False
    known = {str(place.location_id) for place in request.candidates}
    return (
        used <= known
        and all(_keeps_line(line, units) for line in request.lines)
        and all(_keeps_place(request, place, units) for place in request.candidates)
    )


def _keeps_line(line: DemandLine, units: Units) -> bool:
    own = [count for (i, _), count in units.items() if i == line.line_id]
    return sum(own) <= line.quantity and (line.may_split or len(own) < 2)


def _keeps_place(request: SourcingRequest, place: Candidate, units: Units) -> bool:
    skus = {line.line_id: line.sku for line in request.lines}
    taken = {i: n for (i, j), n in units.items() if j == place.location_id}
    capacity = place.capacity
    if taken and capacity is not None:
        wanted = sum(taken.values()) if capacity.counts is CapacityUnit.UNITS else 1
        if wanted > capacity.left:
            return False
    for sku in {skus[i] for i in taken}:
        there = place.levels[sku].free if sku in place.levels else 0
        if sum(n for i, n in taken.items() if skus[i] == sku) > there:
            return False
    return True


def _spreads(total: int, places: Sequence[str]) -> Iterator[dict[str, int]]:
    for counts in itertools.product(range(total + 1), repeat=len(places)):
        if sum(counts) <= total:
            yield {place: count for place, count in zip(places, counts, strict=True) if count}


def best_scores(
    request: SourcingRequest, policy: SourcingPolicy
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the best scores of all plans, and the places of the first of the best plans."""
    places = sorted(place.location_id for place in request.candidates)
    options = [list(_spreads(line.quantity, places)) for line in request.lines]
    best: tuple[tuple[int, ...], tuple[str, ...]] | None = None
    for choice in itertools.product(*options):
        units = {
            (line.line_id, place): count
            for line, spread in zip(request.lines, choice, strict=True)
            for place, count in spread.items()
        }
        if is_allowed(request, policy, units):
            used = tuple(sorted({place for _, place in units}, reverse=True))
            found = plan_scores(request, policy, units), used
            best = found if best is None else min(best, found)
    assert best is not None
    return best


def units_of(plan: SourcingPlan) -> Units:
    """Return what a plan takes from where."""
    return {(one.line_id, one.location_id): one.quantity for one in plan.allocations}
