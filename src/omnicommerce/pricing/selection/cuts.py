"""Cutting planes: what whole numbers know and the linear relaxation does not.

A row of an optimal tableau with a fractional value gives multipliers for the rows of the
problem. Their sum, with every coefficient and the right side rounded down, holds for every
solution in whole numbers, but not for the fractional one (Gomory 1958, Chvátal 1973). It is
how "seven units make at most two sets of three" enters the bound. Fractional cuts have a bad
name because floating point spoils them; in exact arithmetic they do most of the work here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.tableau import UNBOUNDED, Tableau

__all__ = ["Family", "add_cuts", "drop_loose_rows"]

_AT_ONCE: Final = 6
_FINE: Final = 1 << 40


class _Cut(NamedTuple):
    """``coefficients · x <= right`` over the columns, x above their lower bounds.

    ``depth`` ranks cuts: the squared distance to the fractional solution, as a whole number.
    """

    depth: int
    right: int
    coefficients: tuple[int, ...]
    slack: int


class Family(NamedTuple):
    """Classes that columns of one size are made of, as "any three of these" makes them."""

    classes: tuple[int, ...]
    size: int


def add_cuts(tableau: Tableau, families: Iterable[Family], budget: Budget) -> bool:
    """Add the deepest cuts that the solution of an optimal tableau breaks.

    Args:
        tableau: Optimal; changed in place, and no longer optimal if there was a cut.
        families: Where to look for staircases.
        budget: Making the cuts is paid from it.

    Returns:
        Whether there was any.
    """
    budget.spend(2 * tableau.entries)
    values = tableau.above_low()
    cuts: set[_Cut] = set()
    for family in families:
        cuts.update(_staircase(tableau, family, values))
    for row, level in enumerate(tableau.level):
        if level % tableau.scale:
            budget.spend(2 * (tableau.entries + len(tableau.columns)))
            cuts.update(_cut(tableau, row, turn, values) for turn in (1, -1))
    deepest = sorted((cut for cut in cuts if cut.depth), reverse=True)[:_AT_ONCE]
    if deepest:
        _append(tableau, deepest)
    return bool(deepest)


def _staircase(tableau: Tableau, family: Family, values: list[int]) -> Iterator[_Cut]:
    """Yield a broken cut for each number of the dearest classes of a family.

    So many units make at most so many sets: with "cheapest of three free" on a row of
    prices there is one such cut for every step down.
    """
    taken: dict[int, int] = {}
    units = 0
    for k in sorted(family.classes, key=lambda k: (tableau.reduced[~k], k)):
        units += tableau.right[k]
        for j, a in tableau.rows[k]:
            taken[j] = taken.get(j, 0) + a
        whole = units // family.size * tableau.scale
        if whole * family.size != units * tableau.scale:
            used = sum([n // family.size * values[j] for j, n in taken.items()])
            if used > whole:
                sums = [taken.get(j, 0) for j in range(len(values))]
                yield _rounded_down(tableau, sums, family.size, units, values)


def _cut(tableau: Tableau, row: int, turn: int, values: list[int]) -> _Cut:
    """Return the cut of a row of the tableau, or of that row times -1."""
    scale, factors = tableau.scale, tableau.inverse[row]
    right, multipliers = 0, []
    for i, factor in enumerate(factors):
        raised = tableau.raised[~i]
        multiplier = -(-factor * turn % scale) if raised else factor * turn % scale
        multipliers.append(multiplier)
        if multiplier:
            # A slack at its upper bound means the row holds as an equality the other way round.
            right += multiplier * tableau.right[i]
            right -= multiplier * tableau.span[~i] if raised else 0
    sums = [0] * len(tableau.columns)
    for multiplier, entries in zip(multipliers, tableau.rows, strict=True):
        if multiplier:
            for j, a in entries:
                sums[j] += multiplier * a
    for j, up in enumerate(tableau.raised[: len(sums)]):
        if up:
            # Its upper bound is a row too, with the multiplier that makes the sum whole.
            multiplier = -sums[j] % scale
            sums[j] += multiplier
            right += multiplier * tableau.span[j]
    return _rounded_down(tableau, sums, scale, right, values)


def _rounded_down(
    tableau: Tableau, sums: list[int], divisor: int, right: int, values: list[int]
) -> _Cut:
    """Return ``sums · x <= right`` divided and rounded down; fixed columns need no coefficient."""
    scale, right = tableau.scale, right // divisor
    coefficients = tuple(
        [a // divisor if span else 0 for a, span in zip(sums, tableau.span, strict=False)]
    )
    slack = right * scale - sum([a * x for a, x in zip(coefficients, values, strict=True) if a])
    if slack >= 0:
        return _Cut(0, right, coefficients, slack)
    size = sum([a * a for a in coefficients])
    return _Cut(slack * slack * _FINE // (scale * scale * max(1, size)), right, coefficients, slack)


def _append(tableau: Tableau, cuts: list[_Cut]) -> None:
    """Add rows with basic slacks; lists that copies share are replaced."""
    tableau.columns = tableau.columns[:]
    tableau.rows = tableau.rows[:]
    tableau.right, tableau.level = tableau.right[:], tableau.level[:]
    tableau.reduced, tableau.nudged = tableau.reduced[:], tableau.nudged[:]
    old, start = tableau.inverse, len(tableau.rows)
    added = []
    for at, cut in enumerate(cuts, start):
        line = [(j, a) for j, a in enumerate(cut.coefficients) if a]
        for j, a in line:
            tableau.columns[j] += ((at, a),)
        tableau.entries += len(line)
        tableau.rows.append(line)
        tableau.right.append(cut.right)
        tableau.level.append(cut.slack)
        tableau.basis.append(~at)
        _new_slack(tableau, at)
        added.append(_combination(tableau, line, old))
    width = len(cuts)
    tableau.inverse = [row + [0] * width for row in old]
    for place, row in enumerate(added):
        own = [0] * width
        own[place] = tableau.scale
        tableau.inverse.append(row + own)


def _new_slack(tableau: Tableau, at: int) -> None:
    """Make room for the slack of a new row, basic in that row."""
    columns = len(tableau.columns)
    tableau.low.insert(columns, 0)
    tableau.span.insert(columns, UNBOUNDED)
    tableau.reduced.insert(columns, 0)
    tableau.nudged.insert(columns, 0)
    tableau.raised.insert(columns, False)
    tableau.place.insert(columns, at)


def _combination(tableau: Tableau, line: list[tuple[int, int]], old: list[list[int]]) -> list[int]:
    """Return the row of the inverse for a cut: its basic columns, expressed in the old rows."""
    row = [0] * len(old)
    for j, a in line:
        place = tableau.place[j]
        if place >= 0:
            row = [x - a * y for x, y in zip(row, old[place], strict=True)]
    return row


def drop_loose_rows(tableau: Tableau, keep: int) -> None:
    """Drop the cuts that do not bind, so that the basis stays small.

    Args:
        tableau: Optimal; changed in place.
        keep: How many of the first rows are the problem's own and stay.
    """
    loose = [i for i in range(keep, len(tableau.rows)) if tableau.place[~i] >= 0]
    if not loose:
        return
    gone = set(loose)
    places = {tableau.place[~i] for i in loose}
    kept = [i for i in range(len(tableau.rows)) if i not in gone]
    renamed = {i: at for at, i in enumerate(kept)}
    tableau.inverse = [
        [row[i] for i in kept] for at, row in enumerate(tableau.inverse) if at not in places
    ]
    tableau.level = [x for at, x in enumerate(tableau.level) if at not in places]
    tableau.basis = [
        v if v >= 0 else ~renamed[~v] for at, v in enumerate(tableau.basis) if at not in places
    ]
    _drop_slacks(tableau, kept, renamed)


def _drop_slacks(tableau: Tableau, kept: list[int], renamed: dict[int, int]) -> None:
    """Drop rows and their slacks from everything kept by row or by variable."""
    tableau.rows = [tableau.rows[i] for i in kept]
    tableau.right = [tableau.right[i] for i in kept]
    tableau.columns = [
        tuple([(renamed[i], a) for i, a in entries if i in renamed]) for entries in tableau.columns
    ]
    tableau.entries = sum(map(len, tableau.columns))
    columns = len(tableau.columns)
    order = [*range(columns), *(~i for i in reversed(kept))]
    tableau.low = [tableau.low[v] for v in order]
    tableau.span = [tableau.span[v] for v in order]
    tableau.raised = [tableau.raised[v] for v in order]
    tableau.reduced = [tableau.reduced[v] for v in order]
    tableau.nudged = [tableau.nudged[v] for v in order]
    tableau.place = [-1] * len(order)
    for place, variable in enumerate(tableau.basis):
        tableau.place[variable] = place
