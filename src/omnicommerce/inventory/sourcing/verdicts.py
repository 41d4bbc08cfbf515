"""What became of each candidate: chosen, beaten or rejected, with its scores and the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from omnicommerce.inventory.sourcing.filling import Answer
from omnicommerce.inventory.sourcing.model import (
    Candidate,
    Certificate,
    Considered,
    SourcingPolicy,
    SourcingRequest,
    Verdict,
)
from omnicommerce.inventory.sourcing.problem import Problem
from omnicommerce.inventory.sourcing.reduction import Reduced
from omnicommerce.kernel.reasons import Reason

__all__ = ["Decided", "considered", "plan_reasons"]


@attrs.frozen(eq=False)
class Decided:
    """Everything that the verdicts speak of.

    Args:
        request: What was wanted.
        policy: What matters.
        candidates: In order of identity; a place is a position here.
        against: By place, why it may not take part.
        problem: The request as whole numbers.
        cut: What was put aside before the search.
        best: The plan.
        is_refused: Whether the policy refuses it because something is short.
    """

    request: SourcingRequest
    policy: SourcingPolicy
    candidates: Sequence[Candidate]
    against: Mapping[int, tuple[Reason, ...]]
    problem: Problem
    cut: Reduced
    best: Answer
    is_refused: bool

    def name(self, place: int) -> str:
        """Return the identity of a place."""
        return self.candidates[place].location_id


def considered(decided: Decided) -> tuple[Considered, ...]:
    """Return every candidate with its verdict, in order of identity."""
    given = {} if decided.is_refused else _given(decided.problem, decided.best)
    alone = _alone(decided.problem)
    best = decided.problem.scale.scores(decided.best.value)
    found = []
    for place, reasons in decided.against.items():
        if reasons:
            one = Considered(
                location_id=decided.candidates[place].location_id,
                verdict=Verdict.REJECTED,
                reasons=reasons,
            )
        else:
            one = _able(decided, place, given, alone[place], best)
        found.append(one)
    return tuple(found)


def _able(
    decided: Decided,
    place: int,
    given: Mapping[int, tuple[int, int]],
    alone: tuple[int, int],
    best: tuple[int, ...],
) -> Considered:
    """Return the verdict on a candidate that may take part."""
    units, value = given.get(place, alone)
    scores = _scores(decided.problem, units, value)
    if place in given:
        verdict, reason = Verdict.CHOSEN, Reason("sourcing.chosen", _figures(decided, place, units))
    else:
        verdict = Verdict.REJECTED if decided.is_refused else Verdict.BEATEN
        reason = _beaten(decided, place, units, scores, best)
    return Considered(
        location_id=decided.candidates[place].location_id,
        verdict=verdict,
        units=units,
        scores=scores[1:],
        reasons=(reason,),
    )


def _figures(decided: Decided, place: int, units: int) -> dict[str, str | int]:
    return {"location": decided.name(place), "units": units, "wanted": decided.problem.units}


def _beaten(
    decided: Decided, place: int, units: int, scores: tuple[int, ...], best: tuple[int, ...]
) -> Reason:
    """Say why a candidate that could give something does not."""
    if decided.is_refused:
        return Reason("sourcing.not_enough", _figures(decided, place, units))
    if place in decided.cut.dominated:
        other = decided.name(decided.cut.dominated[place])
        figures = {"location": decided.name(place), "store": other}
        return Reason("sourcing.dominated", figures)
    pairs = zip(decided.policy.objectives, scores[1:], best[1:], strict=True)
    worse = next(((o, mine, ours) for o, mine, ours in pairs if mine != ours), None)
    if units < decided.problem.units or worse is None or worse[1] < worse[2]:
        return Reason("sourcing.not_needed", _figures(decided, place, units))
    return Reason(
        "sourcing.beaten",
        {
            "location": decided.name(place),
            "objective": worse[0].label,
            "score": worse[1],
            "best": worse[2],
        },
    )


def _given(problem: Problem, answer: Answer) -> dict[int, tuple[int, int]]:
    """Return by place the units that a plan takes from there, and what they cost with the place."""
    found: dict[int, tuple[int, int]] = {}
    for (r, j), count in sorted(answer.given.items()):
        units, value = found.get(j, (0, problem.fixed[j]))
        found[j] = units + count, value + count * problem.unit[problem.rows[r].sku][j]
    return found


def _alone(problem: Problem) -> dict[int, tuple[int, int]]:
    """Return by place the units that it could give alone, and what they cost with the place."""
    room = dict(problem.room)
    value = dict(problem.fixed)
    for wanted, stock, unit in zip(problem.wanted, problem.stock, problem.unit, strict=True):
        for j, there in stock.items():
            units = min(wanted, there)
            units = min(units, room[j])
            room[j] -= units
            value[j] += units * unit[j]
    return {j: (problem.room[j] - left, value[j]) for j, left in room.items()}


def _scores(problem: Problem, units: int, value: int) -> tuple[int, ...]:
    """Return the scores of some units of a place, those that are short first."""
    return problem.scale.scores(value + (problem.units - units) * problem.scale.short)


def plan_reasons(decided: Decided, certificate: Certificate) -> tuple[Reason, ...]:
    """Return what is to be said of the plan as a whole: what is short, and what is proved."""
    problem = decided.problem
    given = [0] * len(problem.wanted)
    for (r, _), units in decided.best.given.items():
        given[problem.rows[r].sku] += units
    skus = sorted({line.sku for line in decided.request.lines})
    short = [
        Reason("sourcing.short", {"sku": sku, "wanted": wanted, "found": found})
        for sku, wanted, found in zip(skus, problem.wanted, given, strict=True)
        if found < wanted
    ]
    return (*short, _proof(decided.policy, certificate))


def _proof(policy: SourcingPolicy, certificate: Certificate) -> Reason:
    labels = ["short", *(objective.label for objective in policy.objectives)]
    pairs = zip(labels, certificate.found, certificate.bound, strict=True)
    gap = next((entry for entry in pairs if entry[1] != entry[2]), None)
    if gap is None:
        return Reason("sourcing.proved")
    figures = {"objective": gap[0], "score": gap[1], "best": gap[2]}
    return Reason("sourcing.bounded", figures)
