"""Searching places in question: all of them together, or neighbourhoods of the best plan so far."""

from __future__ import annotations

from typing import Final

from omnicommerce.inventory.sourcing.filling import Answer
from omnicommerce.inventory.sourcing.problem import Problem
from omnicommerce.inventory.sourcing.reduction import Reduced
from omnicommerce.inventory.sourcing.search import Searched, searched, steps_of_a_node

__all__ = ["EXACT_PLACES", "best_of"]

EXACT_PLACES: Final = 10
"""So many places in question are always searched to the end."""

_TO_THE_END: Final = 3 * 2**EXACT_PLACES
"""More nodes than so few places can have: only whole lines and scarce room can ask for more."""

_FRESH_AT_LEAST: Final = 4
"""So many places that the best plan does not use are in every neighbourhood."""


def best_of(problem: Problem, cut: Reduced, nodes: int) -> Searched:
    """Return the best plan that was found, and what none can be below.

    Few places in question are searched to the end. Of many, those of the best plan so far are
    searched together with a few others at a time, the most promising first, until nothing gets
    better or the budget is spent. A better plan puts more places out of question. A plan either
    uses only places that were searched together, or one of those apart from them.

    Args:
        problem: With all its places.
        cut: What is in question.
        nodes: How many nodes to look at where there are many places.
    """
    best, bound, spent = cut.start, cut.bound, 0
    ranked = sorted(cut.least, key=lambda j: (cut.least[j], j))
    waiting: list[int] = ranked
    while True:
        left = [j for j in ranked if cut.least[j] <= best.value]
        if len(left) <= EXACT_PLACES:
            found = _to_the_end(problem, best, left)
            return found._replace(nodes=spent + found.nodes)
        waiting = [j for j in waiting if cut.least[j] <= best.value]
        if best.value <= bound or spent >= nodes or not waiting:
            return Searched(best, min(bound, best.value), spent)
        used = _used(best)
        size = max(_FRESH_AT_LEAST, EXACT_PLACES - len(used))
        fresh = [j for j in waiting if j not in used][:size]
        found = _together(problem, best, fresh, nodes - spent)
        spent += found.nodes
        apart = [cut.least[j] for j in left if j not in fresh and j not in used]
        bound = max(bound, min([found.bound, *apart]))
        waiting = [j for j in waiting if j not in fresh and j not in used]
        if found.best.value < best.value:
            best, waiting = found.best, ranked


def _used(answer: Answer) -> set[int]:
    return {j for _, j in answer.given}


def _to_the_end(problem: Problem, best: Answer, left: list[int]) -> Searched:
    """Return the first of the best plans: it uses only places that are left in question."""
    bits = len(left)
    small = problem.only(left)
    start = Answer((best.value + 1) << bits, best.given)
    found = searched(small, start, _TO_THE_END * steps_of_a_node(small))
    bound = min(found.bound >> bits, best.value)
    if found.best.value >= start.value:
        return Searched(best, bound, found.nodes)
    return Searched(Answer(found.best.value >> bits, found.best.given), bound, found.nodes)


def _together(problem: Problem, best: Answer, others: list[int], nodes: int) -> Searched:
    """Search the places of a plan and some others, with ties decided; values are as before."""
    used = _used(best)
    places = sorted({*others, *used})
    bits = len(places)
    ties = sum(1 << places.index(j) for j in used)
    start = Answer((best.value << bits) + ties, best.given)
    found = searched(problem.only(places), start, nodes)
    answer = Answer(found.best.value >> bits, found.best.given)
    return Searched(answer, found.bound >> bits, found.nodes)
