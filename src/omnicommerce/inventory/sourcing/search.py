"""Branch and bound over the places: use it or leave it, and which one a whole row comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from omnicommerce.inventory.sourcing.bounds import counted_bound, coverage, shares_of
from omnicommerce.inventory.sourcing.filling import (
    ANYWHERE,
    Answer,
    Limits,
    evaluated,
    fill,
    fits,
    torn_row,
)
from omnicommerce.inventory.sourcing.flow import cheapest_flow
from omnicommerce.inventory.sourcing.problem import Problem

__all__ = ["Searched", "nothing_given", "searched", "steps_of_a_node"]

_FLOW: Final = 10
"""Nodes that a flow counts as."""

_PAIRS: Final = 100
"""So many pairs of a row and a place make a node count once more."""


class Searched(NamedTuple):
    """What a search found.

    Args:
        best: The best plan.
        bound: What no plan is below.
        nodes: How many steps it took.
    """

    best: Answer
    bound: int
    nodes: int


class _Node(NamedTuple):
    """A part of all plans: they pay for some places, leave others, and keep rows to places."""

    bound: int
    opened: frozenset[int]
    closed: frozenset[int]
    limits: Limits


def steps_of_a_node(problem: Problem) -> int:
    """Return how many steps a node counts as: the more rows and places, the more work it is."""
    return 1 + len(problem.rows) * len(problem.fixed) // _PAIRS


def nothing_given(problem: Problem) -> Answer:
    """Return the plan that leaves everything short."""
    return Answer(problem.units * problem.scale.short, {})


def searched(problem: Problem, start: Answer, budget: int) -> Searched:
    """Return the best plan, or the best one found within a budget of nodes.

    Args:
        problem: With ties decided: no two sets of places cost the same.
        start: A plan to begin with.
        budget: How many nodes to look at.
    """
    return _Search(problem, start).run(budget)


class _Search:
    """One search, depth first; a place is tried as used before it is tried as left out."""

    def __init__(self, problem: Problem, start: Answer) -> None:
        self.problem = problem
        self.best = start
        self.shares = shares_of(problem, coverage(problem))
        self.tried: set[frozenset[int]] = set()
        self.nodes = 0
        self.step = steps_of_a_node(problem)
        self.open = [_Node(0, frozenset(), frozenset(), ANYWHERE)]

    def run(self, budget: int) -> Searched:
        """Look at nodes until none is left or the budget is spent."""
        while self.open and self.nodes < budget:
            node = self.open.pop()
            self.nodes += self.step
            if node.bound < self.best.value:
                self._look_at(node)
        bound = min((node.bound for node in self.open), default=self.best.value)
        return Searched(self.best, min(bound, self.best.value), self.nodes)

    def _look_at(self, node: _Node) -> None:
        """Bound a node, take the plan that its bound suggests, and divide it."""
        problem = self.problem
        shares = {j: 0 if j in node.opened else share for j, share in self.shares.items()}
        free = [j for j in shares if j not in node.opened and j not in node.closed]
        if len(node.opened) >= problem.most:
            free = []
        usable = {j: shares[j] for j in [*sorted(node.opened), *free]}
        plain = fill(problem, dict.fromkeys(usable, 0), node.limits)
        bound = max(node.bound, counted_bound(problem, node.opened, free, plain))
        if bound >= self.best.value:
            return
        paid = sum([problem.fixed[j] for j in node.opened])
        relaxed = fill(problem, usable, node.limits)
        bound = max(bound, relaxed.value + paid)
        is_plan = fits(problem, relaxed.given)
        self._try(frozenset([j for _, j in relaxed.given]))
        if bound < self.best.value and not is_plan:
            self.nodes += _FLOW
            relaxed, is_plan = self._flow(node, usable)
            bound = max(bound, relaxed.value + paid)
        if bound < self.best.value:
            self._divide(node, relaxed, bound, is_plan=is_plan)

    def _flow(self, node: _Node, usable: Mapping[int, int]) -> tuple[Answer, bool]:
        def allows(r: int, j: int) -> bool:
            return r not in node.limits or j in node.limits[r]

        relaxed = Answer(*cheapest_flow(self.problem, usable, allows))
        return relaxed, torn_row(self.problem, relaxed.given) is None

    def _try(self, places: frozenset[int]) -> None:
        """Take the plan over some places if it is the best so far."""
        if len(places) <= self.problem.most and places not in self.tried:
            self.tried.add(places)
            self._take(evaluated(self.problem, places))

    def _take(self, found: Answer) -> None:
        if found.value < self.best.value:
            self.best = found

    def _divide(self, node: _Node, relaxed: Answer, bound: int, *, is_plan: bool) -> None:
        """Put the parts of a node aside; of one that is a plan there are none."""
        units: dict[int, int] = {}
        for (_, j), count in relaxed.given.items():
            if j not in node.opened:
                units[j] = units.get(j, 0) + count
        if units:
            most = min(units, key=lambda j: (-units[j], j))
            one = frozenset({most})
            self.open.append(_Node(bound, node.opened, node.closed | one, node.limits))
            self.open.append(_Node(bound, node.opened | one, node.closed, node.limits))
        elif is_plan:
            self._take(Answer(full_cost(self.problem, relaxed), relaxed.given))
        else:
            self._divide_row(node, relaxed, bound)

    def _divide_row(self, node: _Node, relaxed: Answer, bound: int) -> None:
        """Keep a torn row to one place, or from it."""
        row = torn_row(self.problem, relaxed.given)
        if row is None:
            return
        now = node.limits.get(row, frozenset(self.problem.stock[self.problem.rows[row].sku]))
        places = {j: units for (r, j), units in relaxed.given.items() if r == row}
        one = frozenset({min(places, key=lambda j: (-places[j], j))})
        for kept in (now - one, one):
            limits = {**node.limits, row: kept}
            self.open.append(_Node(bound, node.opened, node.closed, limits))


def full_cost(problem: Problem, answer: Answer) -> int:
    """Return the full cost of a plan whose units bear no shares: only places used are paid."""
    value = sum(
        problem.unit[problem.rows[r].sku][j] * units for (r, j), units in answer.given.items()
    )
    short = problem.units - sum(answer.given.values())
    return value + short * problem.scale.short + sum(problem.fixed[j] for j in _used(answer))


def _used(answer: Answer) -> set[int]:
    return {j for _, j in answer.given}
