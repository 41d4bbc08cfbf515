"""What no plan can be better than: units that cost at least so much, places that must be used."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping
from itertools import accumulate

from omnicommerce.inventory.sourcing.filling import Answer
from omnicommerce.inventory.sourcing.problem import Problem

__all__ = ["Needs", "counted_bound", "coverage", "shares_of", "units_short"]


def coverage(problem: Problem) -> dict[int, int]:
    """Return how many of the wanted units each place could give alone."""
    found = dict.fromkeys(problem.fixed, 0)
    for wanted, stock in zip(problem.wanted, problem.stock, strict=True):
        for j, units in stock.items():
            found[j] += min(wanted, units)
    return {j: min(units, problem.room[j]) for j, units in found.items()}


def shares_of(problem: Problem, covered: Mapping[int, int]) -> dict[int, int]:
    """Return what each unit of a place bears of its fixed cost, if it gives all it can."""
    return {j: problem.fixed[j] // units for j, units in covered.items() if units}


def units_short(problem: Problem, answer: Answer) -> int:
    """Return how many of the wanted units an answer does not give."""
    return problem.units - sum(answer.given.values())


class Needs:
    """How many more places some units need at least, and what those cost at least.

    Args:
        covered: By place that may still be used, how many of the units it can give at most.
        problem: Where it has its fixed costs.
    """

    def __init__(self, covered: Mapping[int, int], problem: Problem) -> None:
        most_first = sorted((units for units in covered.values() if units), reverse=True)
        self.reach: list[int] = [0, *accumulate(most_first)]
        costs = sorted(problem.fixed[j] for j, units in covered.items() if units)
        self.cost: list[int] = [0, *accumulate(costs)]

    def of(self, units: int, most: int) -> tuple[int, int]:
        """Return the units that stay short, and the least cost of places for the others.

        Args:
            units: That are to be given.
            most: How many more places may be used.
        """
        reachable = self.reach[min(most, len(self.reach) - 1)]
        given = min(max(units, 0), reachable)
        return max(units, 0) - given, self.cost[bisect_left(self.reach, given)]


def counted_bound(
    problem: Problem, opened: Collection[int], free: Collection[int], plain: Answer
) -> int:
    """Return what a plan costs at least that uses some places and perhaps some others.

    Args:
        problem: What is wanted and who has it.
        opened: Places that it pays for.
        free: Places that it may use.
        plain: `fill` over all of them, fixed costs left out.
    """
    rest: list[int] = []
    missing = 0
    for wanted, stock in zip(problem.wanted, problem.stock, strict=True):
        left = max(0, wanted - sum([stock[j] for j in opened if j in stock]))
        lacking = max(0, left - sum([stock[j] for j in free if j in stock]))
        missing += lacking
        rest.append(left - lacking)
    covered = dict.fromkeys(free, 0)
    for left, stock in zip(rest, problem.stock, strict=True):
        if left:
            for j in free:
                if j in stock:
                    covered[j] += min(left, stock[j])
    covered = {j: min(units, problem.room[j]) for j, units in covered.items()}
    more, cost = Needs(covered, problem).of(sum(rest), problem.most - len(opened))
    short = missing + more
    value = problem.scale.short * short + cost + sum([problem.fixed[j] for j in opened])
    if units_short(problem, plain) == short:
        value += plain.value - problem.scale.short * short
    return value
