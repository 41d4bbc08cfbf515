"""Offers that exclude each other: the best region without a conflict.

A region is a set of offers that may be applied. Solved as if there were no conflicts it
gives a bound. Where its solution applies two rivals, the region is divided: one without the
first of them, and one without the rivals of the first. The region with the highest bound
comes next, so that no region is divided that a solution already beats.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final, NamedTuple

import attrs

from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.greedy import best_first
from omnicommerce.pricing.selection.model import Candidate, Model
from omnicommerce.pricing.selection.problem import Problem, Settled
from omnicommerce.pricing.selection.solve import solved

__all__ = ["best_region"]

_NONE: Final[frozenset[int]] = frozenset()


class _Region(NamedTuple):
    """Ordered by the bound, highest first, then by when it was made."""

    negative_bound: int
    number: int
    allowed: frozenset[int]
    relaxed: Candidate


@attrs.define(eq=False)
class _Search:
    """Regions still open, and the best solution so far.

    ``unproved`` is the bound of regions given up on without a conflict.
    """

    problem: Problem
    model: Model
    best: Candidate
    unproved: int
    open: list[_Region] = attrs.Factory(list)
    is_first: bool = True
    made: int = 0

    @property
    def bound(self) -> int:
        """What no solution is above."""
        top = -self.open[0].negative_bound if self.open else self.unproved
        return max(self.best.value, self.unproved, top)


def best_region(problem: Problem, budget: Budget, ties: Budget) -> Settled:
    """Return the best solution of a problem with conflicts.

    Args:
        problem: One component.
        budget: What finding and proving the optimum may cost.
        ties: What finding the first of the optimal solutions may cost.
    """
    model = problem.model()
    best = best_first(model, problem.rivals)
    search = _Search(problem, model, best, unproved=best.value)
    everything = frozenset(application.offer for application in problem.applications)
    _add(search, everything, None, budget)
    while search.open and -search.open[0].negative_bound >= search.best.value:
        purse = budget if search.bound > search.best.value else ties
        if purse.is_spent:
            search.is_first = False
            break
        _settle(search, heappop(search.open), purse, ties)
    return Settled(search.best, search.bound, search.is_first and search.bound == search.best.value)


def _add(search: _Search, allowed: frozenset[int], ceiling: int | None, budget: Budget) -> None:
    """Solve a region without its conflicts, and keep it if it can be of use."""
    result = _relaxed(search, allowed, budget, None)
    bound = result.bound if ceiling is None else min(ceiling, result.bound)
    if bound >= search.best.value:
        search.made += 1
        heappush(search.open, _Region(-bound, search.made, allowed, result.best))


def _relaxed(
    search: _Search, allowed: frozenset[int], budget: Budget, ties: Budget | None
) -> Settled:
    """Return the solution of a region without its conflicts, in the terms of the problem."""
    applications = search.problem.applications
    chosen = [j for j, application in enumerate(applications) if application.offer in allowed]
    region = search.problem.part(chosen, rivals=False)
    inside, counts = [0] * len(chosen), [0] * len(applications)
    gap, is_first = 0, True
    for part in region.problem.components():
        result = solved(part.problem, budget, ties)
        part.put(result.best.counts, inside)
        gap += result.bound - result.best.value
        is_first = is_first and result.is_first
    region.put(inside, counts)
    best = search.model.candidate(counts)
    return Settled(best, best.value + gap, is_first)


def _settle(search: _Search, region: _Region, budget: Budget, ties: Budget) -> None:
    """Divide a region at a conflict, or take its solution if there is none."""
    bound = -region.negative_bound
    offer = _clashing(search, region.relaxed)
    if offer is None:
        _take(search, region.relaxed)
        offer = _first_of(search, region, bound, ties)
    if offer is not None:
        rivals = search.problem.rivals[offer]
        for allowed in (region.allowed - {offer}, region.allowed - rivals):
            _add(search, allowed, bound, budget)


def _first_of(search: _Search, region: _Region, bound: int, ties: Budget) -> int | None:
    """Take the first solution of a region; return an offer that clashes, if it does."""
    if bound > region.relaxed.value:
        search.unproved = max(search.unproved, bound)
        search.is_first = False
        return None
    result = _relaxed(search, region.allowed, ties, ties)
    search.is_first = search.is_first and result.is_first
    offer = _clashing(search, result.best)
    if offer is None:
        _take(search, result.best)
    return offer if result.is_first else None


def _clashing(search: _Search, candidate: Candidate) -> int | None:
    """Return the offer of a solution with the most rivals in it, of those the first."""
    offers = search.model.offers_of(candidate)
    rivals = search.problem.rivals
    worst = max(
        offers, key=lambda o: (len(rivals.get(o, _NONE).intersection(offers)), -o), default=None
    )
    if worst is None or rivals.get(worst, _NONE).isdisjoint(offers):
        return None
    return worst


def _take(search: _Search, candidate: Candidate) -> None:
    """Keep a solution without conflicts if it comes before the best one."""
    if _key(search, candidate) < _key(search, search.best):
        search.best = candidate


def _key(
    search: _Search, candidate: Candidate
) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
    offers = search.model.offers_of(candidate)
    return -candidate.value, len(offers), offers, candidate.counts
