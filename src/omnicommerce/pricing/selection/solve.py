"""Solving a problem without conflicts: blocks first, then bound, branches and ties."""

from __future__ import annotations

from typing import Final

from omnicommerce.pricing.selection.bound import root_of
from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.canonical import canonical
from omnicommerce.pricing.selection.greedy import best_first
from omnicommerce.pricing.selection.model import Candidate
from omnicommerce.pricing.selection.problem import Problem, Settled
from omnicommerce.pricing.selection.search import Tree, searched

__all__ = ["solved"]

_TRIED_AT_MOST: Final = 512
"""So many counts of a single application are simply tried."""


def solved(problem: Problem, budget: Budget, ties: Budget | None) -> Settled:
    """Return the best solution of a problem without conflicts.

    Blocks that share no class are solved on their own even if they share an offer: only
    when there are ties can "fewest offers" make them depend on each other, and then the
    ties are settled once more, for all blocks together.

    Args:
        problem: One component, unless ties do not matter.
        budget: What finding and proving the optimum may cost.
        ties: What finding the first of the optimal solutions may cost; None leaves it.
    """
    blocks = problem.blocks()
    if len(blocks) == 1:
        return _whole(problem, budget, ties)
    counts = [0] * len(problem.applications)
    results = []
    for block in blocks:
        results.append(_whole(block.problem, budget, ties))
        block.put(results[-1].best.counts, counts)
    best = Candidate(sum([result.best.value for result in results]), tuple(counts))
    bound = sum([result.bound for result in results])
    is_only = all(result.is_only for result in results)
    if bound > best.value or is_only or ties is None:
        return Settled(best, bound, is_first=is_only, is_only=is_only)
    model = problem.model()
    root = root_of(model, best, ties)
    if not root.is_solved:
        return Settled(best, bound, is_first=False)
    return canonical(best, (root.tableau,), model, ties)


def _whole(problem: Problem, budget: Budget, ties: Budget | None) -> Settled:
    """Return the best solution of a block."""
    alone = _alone(problem)
    if alone is not None:
        return alone
    model = problem.model()
    root = root_of(model, best_first(model, {}), budget)
    tree = Tree(root.best, root.bound, (root.tableau,))
    if root.is_solved and root.bound > root.best.value:
        tree = searched(root, model, budget)
    if not root.is_solved or tree.bound > tree.best.value or ties is None:
        return Settled(tree.best, tree.bound, is_first=False)
    return canonical(tree.best, tree.tied, model, ties)


def _alone(problem: Problem) -> Settled | None:
    """Return the solution of a single application, which needs no search."""
    if len(problem.applications) != 1:
        return None
    ((offer, uses, value),) = problem.applications
    curves = problem.curves
    most = min([problem.units[k] // a for k, a in uses])
    most = min(most, problem.limits.get(offer, most))
    counts = range(most + 1)
    if all(curve.is_exact and len(curve.slopes) == 1 for curve in curves):
        counts = counts[-1:]  # each gives the same, and more than its units do when left
    if len(counts) > _TRIED_AT_MOST:
        return None
    worth = [
        value * n + sum([curves[k].value(problem.units[k] - a * n) for k, a in uses])
        for n in counts
    ]
    best = max(worth)
    found = Candidate(best, (counts[worth.index(best)],))
    return Settled(found, best, is_first=True, is_only=worth.count(best) == 1)
