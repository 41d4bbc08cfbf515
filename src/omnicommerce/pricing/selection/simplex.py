"""A linear relaxation solved exactly: the bounded dual simplex.

Every basis that the dual simplex visits is dual feasible, so `Tableau.objective` over
`Tableau.scale` bounds the optimum from above at any moment, also when the budget ends.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeAlias

from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.tableau import Tableau

__all__ = ["Outcome", "reoptimise"]


class Outcome(Enum):
    """How solving a relaxation ended."""

    OPTIMAL = "optimal"
    BEATEN = "beaten"
    SPENT = "spent"


class _Step(NamedTuple):
    """A basic variable that leaves, and one that enters at some pivot row."""

    row: int
    above: bool
    entering: int
    line: list[int]


def reoptimise(tableau: Tableau, budget: Budget, floor: int | None = None) -> Outcome:
    """Pivot until the relaxation is optimal, or its objective falls below a floor.

    Among equal prices a simplex can walk in circles. Second costs, scattered at random as
    it were, decide where the first are equal, so that circles do not arise; if one did, it
    would end with the budget.

    Args:
        tableau: Dual feasible; changed in place.
        budget: What the pivots may cost.
        floor: A value of the objective that a solution must reach to be of use.

    Returns:
        `Outcome.BEATEN` when no solution reaches the floor, or there is none.
    """
    while True:
        if floor is not None and tableau.objective < floor * tableau.scale:
            return Outcome.BEATEN
        leaving = _leaving(tableau)
        if leaving is None:
            return Outcome.OPTIMAL
        if budget.is_spent:
            return Outcome.SPENT
        budget.spend(_work(tableau))
        step = _step(tableau, *leaving)
        if step is None:
            return Outcome.BEATEN
        _pivot(tableau, step)


def _work(tableau: Tableau) -> int:
    """Return how many multiplications a pivot takes, those of long numbers counted longer."""
    size = len(tableau.inverse)
    return (size * size + tableau.entries) * (1 + tableau.scale.bit_length() // 64)


def _leaving(tableau: Tableau) -> tuple[int, int] | None:
    """Return the row furthest out of its bounds, and how far: above if positive."""
    scale, span, basis = tableau.scale, tableau.span, tableau.basis
    worst, found, most = 0, -1, 0
    for row, x in enumerate(tableau.level):
        if x < 0:
            if -x > most:
                worst, found, most = x, row, -x
        elif x > 0:
            width = span[basis[row]]
            if width >= 0 and x - width * scale > most:
                worst = most = x - width * scale
                found = row
    return (found, worst) if found >= 0 else None


def _step(tableau: Tableau, row: int, excess: int) -> _Step | None:
    """Choose what enters; on the way, variables that cannot settle the row change bounds."""
    line = _line(tableau, row)
    ratios = _ratios(tableau, line, above=excess > 0)
    left = abs(excess)
    flips: list[int] = []
    while ratios:
        best = _least(ratios)
        _, slope, _, entering = best
        width = tableau.span[entering]
        if width < 0 or width * slope >= left:
            tableau.flip(flips)
            return _Step(row, excess > 0, entering, line)
        left -= width * slope
        flips.append(entering)
        ratios.remove(best)
    return None


def _line(tableau: Tableau, row: int) -> list[int]:
    """Return a row of the tableau over all variables."""
    factors = tableau.inverse[row]
    line = [0] * len(tableau.columns)
    for factor, entries in zip(factors, tableau.rows, strict=True):
        if factor:
            for j, a in entries:
                line[j] += factor * a
    line += factors[::-1]
    return line


_Ratio: TypeAlias = tuple[int, int, int, int]
"""First cost, slope, second cost, variable."""


def _ratios(tableau: Tableau, line: list[int], *, above: bool) -> list[_Ratio]:
    """Return what each variable that can mend the row costs, and how much it mends."""
    place, span, raised = tableau.place, tableau.span, tableau.raised
    reduced, nudged = tableau.reduced, tableau.nudged
    columns, total = len(tableau.columns), len(line)
    found = []
    for at, slope in enumerate(line):
        if slope and span[at] and place[at] < 0:
            up = raised[at]
            if (slope > 0) is not (up is above):
                name = at if at < columns else at - total
                if up:
                    found.append((reduced[at], abs(slope), nudged[at], name))
                else:
                    found.append((-reduced[at], abs(slope), -nudged[at], name))
    return found


def _least(ratios: list[_Ratio]) -> _Ratio:
    """Return the one with the least cost per slope."""
    best = ratios[0]
    cost, slope, nudge, _ = best
    for ratio in ratios:
        sign = ratio[0] * slope - cost * ratio[1]
        if sign < 0 or (sign == 0 and ratio[2] * slope < nudge * ratio[1]):
            best = ratio
            cost, slope, nudge, _ = best
    return best


def _pivot(tableau: Tableau, step: _Step) -> None:
    """Exchange a basic variable for another; all numbers stay whole."""
    row, entering, leaving = step.row, step.entering, tableau.basis[step.row]
    scale, image = tableau.scale, tableau.image(entering)
    sign = 1 if image[row] > 0 else -1
    pivot = abs(image[row])
    excess = tableau.level[row] - (tableau.span[leaving] * scale if step.above else 0)
    start = tableau.span[entering] if tableau.raised[entering] else 0
    cost = sign * tableau.reduced[entering]
    tableau.objective = (tableau.objective * pivot + cost * excess) // scale
    tableau.level = [
        (x * pivot - sign * g * excess) // scale for x, g in zip(tableau.level, image, strict=True)
    ]
    tableau.level[row] = pivot * start + sign * excess
    tableau.inverse = _replaced(tableau.inverse, image, row, scale)
    tableau.reduced = _repriced(tableau.reduced, step, cost, pivot, scale)
    nudge = sign * tableau.nudged[entering]
    tableau.nudged = _repriced(tableau.nudged, step, nudge, pivot, scale)
    tableau.raised[leaving], tableau.raised[entering] = step.above, False
    tableau.basis[row], tableau.place[entering], tableau.place[leaving] = entering, row, -1
    tableau.scale = pivot


def _repriced(costs: list[int], step: _Step, cost: int, pivot: int, scale: int) -> list[int]:
    """Return reduced costs after a pivot."""
    if cost:
        return [(d * pivot - cost * a) // scale for d, a in zip(costs, step.line, strict=True)]
    return costs if pivot == scale else [d * pivot // scale for d in costs]


def _replaced(inverse: list[list[int]], image: list[int], row: int, scale: int) -> list[list[int]]:
    """Return the inverse after a pivot; rows that do not change are shared."""
    sign = 1 if image[row] > 0 else -1
    pivot = abs(image[row])
    line = inverse[row]
    result = []
    for values, g in zip(inverse, image, strict=True):
        if not g:
            same = pivot == scale
            result.append(values if same else [x * pivot // scale for x in values])
        else:
            factor = g * sign
            result.append(
                [(x * pivot - factor * y) // scale for x, y in zip(values, line, strict=True)]
            )
    result[row] = line if sign > 0 else [-x for x in line]
    return result
