"""Branch and cut: what the root leaves open is divided until every part is settled."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final, NamedTuple

import attrs

from omnicommerce.pricing.selection.bound import Root, narrow, rounded
from omnicommerce.pricing.selection.branching import parts_of, range_left, strongest_split
from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.cuts import add_cuts, drop_loose_rows
from omnicommerce.pricing.selection.model import Candidate, Model
from omnicommerce.pricing.selection.simplex import Outcome, reoptimise
from omnicommerce.pricing.selection.tableau import Tableau

__all__ = ["Tree", "reaches", "searched"]

_ROUNDS: Final = 2
"""So many rounds of cuts at each node but the root."""

_TIED_AT_MOST: Final = 64
"""With more ties than this it is better to look for them from the root."""


class Tree(NamedTuple):
    """What a search found.

    Args:
        best: The best solution.
        bound: What no solution is above.
        tied: Relaxations that between them hold every solution as good as the best one.
    """

    best: Candidate
    bound: int
    tied: tuple[Tableau, ...]


class _Node(NamedTuple):
    """Ordered by the bound, highest first, then the latest first."""

    negative_bound: int
    negative_number: int
    tableau: Tableau


def searched(root: Root, model: Model, budget: Budget) -> Tree:
    """Return the best solution below a root, and the bound that was proved.

    From a node one goes on to its part with more applications; where that ends, to the
    node with the highest bound.

    Args:
        root: With an optimal tableau, which stays as it is.
        model: The problem.
        budget: When it ends, the bound is that of the nodes still open.
    """
    search = _Search(model, budget, root.best)
    node: _Node | None = _Node(-root.bound, 0, root.tableau.copy())
    while not search.is_cut_short and (node is not None or search.open):
        node = search.after(node or heappop(search.open))
    bounds = [-other.negative_bound for other in search.open]
    few = len(search.tied) <= _TIED_AT_MOST
    tied = tuple(search.tied) if few else (root.tableau,)
    return Tree(search.best, max([search.best.value, *bounds]), tied)


@attrs.define(eq=False)
class _Search:
    """The nodes still open, and the best solution so far."""

    model: Model
    budget: Budget
    best: Candidate
    open: list[_Node] = attrs.Factory(list)
    tied: list[Tableau] = attrs.Factory(list)
    made: int = 0
    is_cut_short: bool = False

    def after(self, node: _Node) -> _Node | None:
        """Settle or divide a node; return the part to go on with."""
        tableau = node.tableau
        outcome = reaches(tableau, self.model, self.best.value, self.budget)
        if outcome is Outcome.BEATEN:
            return None
        bound = min(-node.negative_bound, _upper_bound(self.model, tableau))
        if outcome is Outcome.SPENT:
            self.is_cut_short = True
            heappush(self.open, _Node(-bound, node.negative_number, tableau))
            return None
        self._take(rounded(self.model, tableau))
        split = None
        if bound > self.best.value:
            split = strongest_split(self.model, tableau, self.best.value, self.budget)
        if split is None:
            if bound == self.best.value:
                self.tied.append(tableau)
            return None
        *others, first = [self._part(part, bound) for part in parts_of(tableau, split)]
        for other in others:
            heappush(self.open, other)
        return first

    def _part(self, tableau: Tableau, bound: int) -> _Node:
        self.made += 1
        return _Node(-bound, -self.made, tableau)

    def _take(self, found: Candidate) -> None:
        """Keep a solution that is better than the best one; what tied with that no longer does."""
        if found.value > self.best.value:
            self.best, self.tied = found, []


def reaches(tableau: Tableau, model: Model, value: int, budget: Budget) -> Outcome:
    """Solve a relaxation with a few cuts, and narrow it to the solutions that reach a value.

    Returns:
        `Outcome.BEATEN` when no solution reaches it.
    """
    floor = model.floor_of(value)
    for rounds_left in range(_ROUNDS, -1, -1):
        outcome = reoptimise(tableau, budget, floor)
        if outcome is not Outcome.OPTIMAL:
            return outcome
        drop_loose_rows(tableau, len(model.right))
        narrow(tableau, floor)
        if _upper_bound(model, tableau) < value:
            return Outcome.BEATEN
        tableau.drop_fixed()
        if not rounds_left or tableau.is_whole or not add_cuts(tableau, model.families, budget):
            break
    return Outcome.OPTIMAL


def _upper_bound(model: Model, tableau: Tableau) -> int:
    """Return the most that a node can reach: its relaxation less the least deficits."""
    deficits = sum([b.least(*range_left(model, tableau, k)) for k, b in model.bends.items()])
    return model.bound_of(tableau.objective, tableau.scale, deficits)
