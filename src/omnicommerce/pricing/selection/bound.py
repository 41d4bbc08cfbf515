"""The bound at the root: a relaxation solved, sharpened by cuts, and what it rules out.

With reduced costs d of an optimal relaxation, a solution with x_j above its lower bound is
worth at most ``objective - |d_j| x_j``. Columns for which that is less than what is already
known are out of the game, for good and for ties as well: it is < and not <=.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest
from typing import Final

import attrs

from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.cuts import add_cuts, drop_loose_rows
from omnicommerce.pricing.selection.greedy import filled
from omnicommerce.pricing.selection.model import Candidate, Model
from omnicommerce.pricing.selection.simplex import Outcome, reoptimise
from omnicommerce.pricing.selection.tableau import Tableau

__all__ = ["Root", "counts_in", "narrow", "root_of", "rounded"]

_AT_FIRST: Final = 120
_AT_ONCE: Final = 40
"""So many columns are in the first relaxation, and so many are taken in at a time."""

_PATIENCE: Final = 4
"""So many rounds of cuts in a row may close less than a fiftieth of the gap."""


@attrs.define(eq=False)
class Root:
    """What the root of the search knows.

    Args:
        tableau: The last relaxation, with every column that may matter.
        best: The best solution found.
        bound: What no solution is above, in minor units.
        is_solved: Whether the tableau is optimal, so that one can branch from it.
    """

    tableau: Tableau
    best: Candidate
    bound: int
    is_solved: bool


def root_of(model: Model, best: Candidate, budget: Budget) -> Root:
    """Return the relaxation of a model with all the cuts that help.

    Args:
        model: The problem.
        best: A solution to begin with.
        budget: What it may cost.
    """
    tableau = Tableau.of_rows(model.right)
    waiting = sorted(range(len(model.columns)), key=lambda j: (-_share(model, j), j))
    entering, waiting = waiting[:_AT_FIRST], waiting[_AT_FIRST:]
    while entering:
        _take_in(tableau, model, entering)
        if reoptimise(tableau, budget) is Outcome.SPENT:
            return Root(tableau, best, _unsolved(tableau, model, waiting), is_solved=False)
        budget.spend(len(waiting) * 4)
        prices = [(tableau.priced(model.columns[j], model.costs[j]), -j) for j in waiting]
        entering = [-j for price, j in nlargest(_AT_ONCE, prices) if price > 0]
        taken = set(entering)
        waiting = [j for j in waiting if j not in taken]
    root = Root(tableau, best, model.bound_of(tableau.objective, tableau.scale), is_solved=True)
    _add_near(root, model, waiting)
    _sharpen(root, model, budget)
    return root


def _unsolved(tableau: Tableau, model: Model, waiting: Iterable[int]) -> int:
    """Return a bound when there was no budget for a better one.

    It is the lower of two: each unit at the most it gets from any column; or what the
    relaxation has come to, with all the columns still waiting that look good to it.
    """
    classes = len(model.units)
    prices = [0] * len(model.right)
    for entries, cost in zip(model.columns, model.costs, strict=True):
        rows = [(i, a) for i, a in entries if i < classes] or list(entries)
        size = sum([a for _, a in rows])
        for i, _ in rows:
            prices[i] = max(prices[i], -(-cost // size))
    shared = sum([price * right for price, right in zip(prices, model.right, strict=True)])
    reached = tableau.objective + sum(
        [max(0, tableau.priced(model.columns[j], model.costs[j])) * model.highs[j] for j in waiting]
    )
    return min(model.bound_of(shared, 1), model.bound_of(reached, tableau.scale))


def _share(model: Model, j: int) -> int:
    """Return what a column gives per unit it takes, in fine parts."""
    size = sum([a for i, a in model.columns[j] if i < len(model.units)])
    return (model.costs[j] << 10) // max(1, size)


def _take_in(tableau: Tableau, model: Model, columns: Iterable[int]) -> None:
    tableau.add_columns([(j, model.columns[j], model.costs[j], model.highs[j]) for j in columns])


def _add_near(root: Root, model: Model, waiting: Iterable[int]) -> None:
    """Take in the columns that the relaxation does without, but a solution might not."""
    tableau = root.tableau
    gap = tableau.objective - model.floor_of(root.best.value) * tableau.scale
    near = [j for j in waiting if -tableau.priced(model.columns[j], model.costs[j]) <= gap]
    _take_in(tableau, model, near)


def _sharpen(root: Root, model: Model, budget: Budget) -> None:
    """Add cuts in rounds until they prove the best solution, or no longer help."""
    tableau, idle = root.tableau, 0
    while root.bound > root.best.value and idle < _PATIENCE:
        root.best = max(root.best, rounded(model, tableau), key=lambda c: c.value)
        narrow(tableau, model.floor_of(root.best.value))
        tableau.drop_fixed()
        if root.bound == root.best.value or tableau.is_whole:
            return
        if not add_cuts(tableau, model.families, budget):
            return
        before = root.bound
        root.is_solved = reoptimise(tableau, budget) is Outcome.OPTIMAL
        root.bound = min(before, model.bound_of(tableau.objective, tableau.scale))
        if not root.is_solved:
            return
        drop_loose_rows(tableau, len(model.right))
        idle = 0 if (before - root.bound) * 50 > before - root.best.value else idle + 1


def rounded(model: Model, tableau: Tableau) -> Candidate:
    """Return the relaxation rounded down and filled up; as it is if it is whole."""
    counts = counts_in(model, tableau)
    if tableau.is_whole:
        return model.candidate(counts)
    fractions = [
        (-(value % tableau.scale), name)
        for name, value in zip(tableau.names, tableau.above_low(), strict=True)
        if name < len(counts)
    ]
    order = [name for _, name in sorted(fractions)]
    known = set(order)
    order += [j for j in range(len(counts)) if j not in known]
    return filled(model, counts, order, {})


def counts_in(model: Model, tableau: Tableau) -> list[int]:
    """Return the counts of the applications in a relaxation, rounded down."""
    counts = [0] * len(model.applications)
    values = tableau.above_low()
    for name, low, value in zip(tableau.names, tableau.low, values, strict=False):
        if name < len(counts):
            counts[name] = low + value // tableau.scale
    return counts


def narrow(tableau: Tableau, floor: int) -> None:
    """Bring the bounds of variables together where further out no solution reaches a floor.

    Args:
        tableau: Optimal; changed in place, its solution stays.
        floor: The objective that matters.
    """
    gap = tableau.objective - floor * tableau.scale
    columns, total = len(tableau.columns), len(tableau.span)
    for at, cost in enumerate(tableau.reduced):
        if not cost or not tableau.span[at]:
            continue
        most = gap // abs(cost)
        if 0 <= tableau.span[at] <= most:
            continue
        if not tableau.raised[at]:
            tableau.span[at] = most
        else:
            variable = at if at < columns else at - total
            tableau.set_low(variable, tableau.low[variable] + tableau.span[variable] - most)
