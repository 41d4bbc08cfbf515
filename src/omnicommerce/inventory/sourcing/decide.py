"""The decision: which locations give what, why, and what is proved of it.

Exact means: no plan has better scores, and of equally good ones it is the first in an order
that is written down (see `Problem.only`). Up to `EXACT_PLACES` places that are still in question
after those were put aside that cannot be in a best plan, every plan is exact if lines may be
split and no place runs out of room; beyond that the plan is the best one that was found, and its
certificate bounds what any plan can reach.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from omnicommerce.inventory.sourcing.eligibility import OwnRules, reasons_against
from omnicommerce.inventory.sourcing.filling import Answer
from omnicommerce.inventory.sourcing.improving import EXACT_PLACES, best_of
from omnicommerce.inventory.sourcing.model import (
    Allocation,
    Certificate,
    Shortfall,
    SourcingPlan,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.problem import Problem, problem_of
from omnicommerce.inventory.sourcing.reduction import reduced
from omnicommerce.inventory.sourcing.verdicts import Decided, considered, plan_reasons
from omnicommerce.kernel.ids import LocationId

__all__ = ["EXACT_PLACES", "NO_RULES", "source"]

NO_RULES: Final[OwnRules] = MappingProxyType({})


def source(
    request: SourcingRequest,
    policy: SourcingPolicy,
    *,
    own_rules: OwnRules = NO_RULES,
    running: Collection[LocationId] = (),
) -> SourcingPlan:
    """Choose locations for a demand; pure, and independent of the order of lines and candidates.

    Args:
        request: What is wanted, and who may give it.
        policy: What matters.
        own_rules: Functions for `Opaque` conditions, by name.
        running: Locations from which a parcel of this order leaves in any case: another one
            counts nothing.

    Returns:
        A plan: each line's units from locations and the explicit shortfall add up to what is
        wanted; no location gives more than it has free or can take on.

    Raises:
        InvalidValue: A condition asks for a function or an instant that nobody gave.
    """
    ordered = sorted(request.candidates, key=lambda candidate: candidate.location_id)
    against = {j: reasons_against(one, request, policy, own_rules) for j, one in enumerate(ordered)}
    able = {j: ordered[j] for j, reasons in against.items() if not reasons}
    problem = problem_of(request, policy, able, own_rules, running)
    cut = reduced(problem)
    found = best_of(problem, cut, policy.nodes)
    value = found.best.value
    certificate = Certificate(
        found=problem.scale.scores(value),
        bound=problem.scale.scores(min(value, max(found.bound, cut.bound))),
        nodes=found.nodes,
    )
    decided = Decided(
        request=request,
        policy=policy,
        candidates=ordered,
        against=against,
        problem=problem,
        cut=cut,
        best=found.best,
        is_refused=value >= problem.scale.short and not policy.allow_partial,
    )
    given = {} if decided.is_refused else _by_line(problem, found.best)
    allocations = _allocations(request, given, [one.location_id for one in ordered])
    return SourcingPlan(
        allocations=allocations,
        shortfalls=_shortfalls(request, allocations),
        certificate=certificate,
        considered=considered(decided),
        reasons=plan_reasons(decided, certificate),
    )


def _by_line(problem: Problem, answer: Answer) -> dict[str, dict[int, int]]:
    """Hand the units of each row to its lines, in order of line and place."""
    found: dict[str, dict[int, int]] = {}
    for r, row in enumerate(problem.rows):
        places = sorted((j, units) for (own, j), units in answer.given.items() if own == r)
        queue = [[j, units] for j, units in places]
        for line in row.lines:
            left = line.quantity
            share = found.setdefault(line.line_id, {})
            while left and queue:
                taken = min(left, queue[0][1])
                share[queue[0][0]] = share.get(queue[0][0], 0) + taken
                queue[0][1] -= taken
                left -= taken
                if not queue[0][1]:
                    queue.pop(0)
    return found


def _allocations(
    request: SourcingRequest, given: Mapping[str, Mapping[int, int]], names: list[LocationId]
) -> tuple[Allocation, ...]:
    lines = {line.line_id: line for line in request.lines}
    return tuple(
        sorted(
            Allocation(
                line_id=line_id, sku=lines[line_id].sku, location_id=names[j], quantity=units
            )
            for line_id, places in given.items()
            for j, units in places.items()
        )
    )


def _shortfalls(
    request: SourcingRequest, allocations: tuple[Allocation, ...]
) -> tuple[Shortfall, ...]:
    found: dict[str, int] = {}
    for one in allocations:
        found[one.line_id] = found.get(one.line_id, 0) + one.quantity
    return tuple(
        sorted(
            Shortfall(
                line_id=line.line_id,
                sku=line.sku,
                quantity=line.quantity - found.get(line.line_id, 0),
            )
            for line in request.lines
            if line.quantity > found.get(line.line_id, 0)
        )
    )
