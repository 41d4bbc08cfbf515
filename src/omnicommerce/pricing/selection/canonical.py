"""Among solutions of the same value, the one that everybody finds.

The order is: fewest offers, then the smallest offers, then the smallest counts by column in
canonical order. Both passes look only where the relaxation still reaches the optimum, which
without ties is a single solution and costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import attrs

from omnicommerce.pricing.selection.bound import counts_in
from omnicommerce.pricing.selection.branching import parts_of, split_of
from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.model import Candidate, Model
from omnicommerce.pricing.selection.problem import Settled
from omnicommerce.pricing.selection.search import reaches
from omnicommerce.pricing.selection.simplex import Outcome
from omnicommerce.pricing.selection.tableau import Tableau

__all__ = ["canonical"]


class _Node(NamedTuple):
    """A part of the optimal solutions; those that lack a kept offer are in another part."""

    tableau: Tableau
    kept: frozenset[int]


def canonical(best: Candidate, tied: Sequence[Tableau], model: Model, budget: Budget) -> Settled:
    """Return the first of the solutions as good as the best one.

    Args:
        best: An optimal solution.
        tied: Relaxations that between them hold every optimal solution.
        model: The problem.
        budget: When it ends, the first solution that was found.
    """
    search = _Search(model, budget, best)
    search.fewest_offers([_Node(tableau.copy(), frozenset()) for tableau in tied])
    if search.is_proved and search.has_more:
        for tableau in tied:
            search.smallest_counts(tableau.copy())
    only = search.is_proved and search.met == 1 and not search.has_more
    return Settled(search.best, search.best.value, search.is_proved, is_only=only)


@attrs.define(eq=False)
class _Search:
    """The first optimal solution so far.

    ``met`` counts the solutions met; ``has_more`` says that they need not be all there are.
    """

    model: Model
    budget: Budget
    best: Candidate
    is_proved: bool = True
    has_more: bool = False
    met: int = 0

    def solve(self, tableau: Tableau) -> bool:
        """Solve a relaxation; return whether optimal solutions may be in it."""
        outcome = reaches(tableau, self.model, self.best.value, self.budget)
        if outcome is Outcome.SPENT:
            self.is_proved = False
        return outcome is Outcome.OPTIMAL

    def rank(self) -> tuple[int, list[int]]:
        """Return what the offers of the best solution are compared by."""
        return _rank(self.model.offers_of(self.best))

    def fewest_offers(self, stack: list[_Node]) -> None:
        """Find the first set of offers; without loose variables that is every solution."""
        while stack and self.is_proved:
            tableau, kept = stack.pop()
            if _rank(kept) >= self.rank():
                self.has_more = True
                continue
            if not self.solve(tableau):
                continue
            split = split_of(self.model, tableau)
            if split is not None:
                stack += [_Node(part, kept) for part in parts_of(tableau, split)]
                continue
            found = self.model.candidate(counts_in(self.model, tableau))
            self.take(found)
            if any(_loose(tableau)):
                self.has_more = True
                stack += _without_one(tableau, kept, self.model, self.model.offers_of(found))

    def take(self, found: Candidate) -> None:
        """Keep a solution if it comes before the best one."""
        self.met += 1
        key = (_rank(self.model.offers_of(found)), found.counts)
        if key < (self.rank(), self.best.counts):
            self.best = found

    def smallest_counts(self, region: Tableau) -> None:
        """Find the smallest counts, in one relaxation, for the offers of the best solution.

        The first count above its least is asked to be lower; once that worked, twice as many
        counts at a time are asked to be at their least.
        """
        others = set(_offers(self.model, region)).difference(self.model.offers_of(self.best))
        found = self.any_in(region) if _ban(region, self.model, others) else None
        together = 1
        while found is not None and self.is_proved:
            columns = _reducible(self.model, region, found)
            if not columns:
                self.take(found)
                return
            first = columns[0]
            middle = (region.low[first] + found.counts[region.names[first]]) // 2
            part = region.copy()
            for column in columns[:together]:
                part.set_high(column, middle if together == 1 else region.low[column])
            lower = self.any_in(part)
            if lower is not None:
                region, found, together = part, lower, together * 2
            elif together > 1:
                together = 1
            else:
                region.set_low(first, middle + 1)

    def any_in(self, region: Tableau) -> Candidate | None:
        """Return an optimal solution in a relaxation, which is solved and narrowed."""
        stack = [region]
        while stack and self.is_proved:
            tableau = stack.pop()
            if not self.solve(tableau):
                continue
            split = split_of(self.model, tableau)
            if split is None:
                return self.model.candidate(counts_in(self.model, tableau))
            stack += parts_of(tableau, split)
        return None


def _reducible(model: Model, tableau: Tableau, found: Candidate) -> list[int]:
    """Return the open columns in order, from the first whose count is above its least."""
    count = len(model.applications)
    free = sorted(
        (name, j) for j, name in enumerate(tableau.names) if name < count and tableau.span[j]
    )
    settled = 0
    while settled < len(free) and found.counts[free[settled][0]] == tableau.low[free[settled][1]]:
        settled += 1
    return [j for _, j in free[settled:]]


def _loose(tableau: Tableau) -> Iterator[bool]:
    """Yield whether each variable out of the basis could still move."""
    for place, span in zip(tableau.place, tableau.span, strict=True):
        yield place < 0 and span != 0


def _rank(offers: frozenset[int] | tuple[int, ...]) -> tuple[int, list[int]]:
    """Return what sets of offers are compared by."""
    return len(offers), sorted(offers)


def _without_one(
    tableau: Tableau, kept: frozenset[int], model: Model, offers: tuple[int, ...]
) -> Iterator[_Node]:
    """Yield a part without each offer of a solution that may be missing."""
    for offer in offers:
        if offer not in kept:
            part = tableau.copy()
            if _ban(part, model, {offer}):
                yield _Node(part, kept)
            kept |= {offer}


def _ban(tableau: Tableau, model: Model, offers: Collection[int | None]) -> bool:
    """Fix the columns of offers at zero; False if one of them cannot be."""
    for j, offer in enumerate(_offers(model, tableau)):
        if offer is not None and offer in offers:
            if tableau.low[j]:
                return False
            if tableau.span[j]:
                tableau.set_high(j, 0)
    return True


def _offers(model: Model, tableau: Tableau) -> list[int | None]:
    """Return the offer of each column, None for left units."""
    count = len(model.applications)
    return [model.applications[name].offer if name < count else None for name in tableau.names]
