"""How to divide a node: by a column's count or by the units left of a class."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nlargest
from typing import Final, NamedTuple

from omnicommerce.pricing.selection.bound import counts_in
from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.model import Model
from omnicommerce.pricing.selection.simplex import Outcome, reoptimise
from omnicommerce.pricing.selection.tableau import Tableau

__all__ = ["Split", "parts_of", "range_left", "split_of", "strongest_split"]

_TRIED: Final = 5
"""So many columns are tried before one is chosen: a good choice halves the tree."""

_FINE: Final = 1 << 10


class Split(NamedTuple):
    """A variable with the ranges that divide its own, the one to look at first last."""

    variable: int
    ranges: tuple[tuple[int, int | None], ...]


def split_of(model: Model, tableau: Tableau) -> Split | None:
    """Return how to split a node, or None when its relaxation is an exact solution.

    The column furthest from a whole number is split; where all are whole, the class whose
    rest is furthest below its majorant.
    """
    return next(_fractional(tableau, 1), None) or _bent(model, tableau)


def strongest_split(model: Model, tableau: Tableau, value: int, budget: Budget) -> Split | None:
    """Return the split, of some, whose parts are bounded furthest down.

    Args:
        model: The problem.
        tableau: Optimal; it stays as it is.
        value: Parts that do not reach it are as good as gone.
        budget: Trying is paid from it.
    """
    splits = list(_fractional(tableau, _TRIED))
    if len(splits) < 2:  # noqa: PLR2004 - nothing to choose from
        return splits[0] if splits else _bent(model, tableau)
    floor = model.floor_of(value)
    return max(splits, key=lambda split: _strength(tableau, split, floor, budget))


def _strength(tableau: Tableau, split: Split, floor: int, budget: Budget) -> int:
    """Return the product of how far the bounds of the parts fall."""
    above = _FINE * tableau.objective // tableau.scale
    product = 1
    for part in parts_of(tableau, split):
        beaten = reoptimise(part, budget, floor) is Outcome.BEATEN
        below = _FINE * floor if beaten else _FINE * part.objective // part.scale
        product *= above - below + 1
    return product


def _fractional(tableau: Tableau, most: int) -> Iterator[Split]:
    """Yield splits at the columns that are furthest from whole numbers."""
    scale = tableau.scale
    parts = [level % scale for level in tableau.level]
    open_rows = [
        (min(part, scale - part), row)
        for row, part in enumerate(parts)
        if part and tableau.basis[row] >= 0
    ]
    for _, row in nlargest(most, open_rows):
        variable = tableau.basis[row]
        low = tableau.low[variable]
        below = low + tableau.level[row] // scale
        yield Split(variable, ((low, below), (below + 1, None)))


def _bent(model: Model, tableau: Tableau) -> Split | None:
    """Return the split at the number of left units with the most avoidable deficit."""
    left = model.left(counts_in(model, tableau))
    worst, chosen = 0, -1
    for k, bend in model.bends.items():
        fewest, most = range_left(model, tableau, k)
        excess = bend.deficit(left[k]) - bend.least(fewest, most)
        if excess > worst:
            worst, chosen = excess, k
    if chosen < 0:
        return None
    fewest, most = range_left(model, tableau, chosen)
    at = left[chosen]
    ranges = ((fewest, at - 1), (at + 1, most), (at, at))
    return Split(~chosen, tuple([pair for pair in ranges if pair[0] <= pair[1]]))


def range_left(model: Model, tableau: Tableau, k: int) -> tuple[int, int]:
    """Return the fewest and the most units of a class that a node may leave."""
    low, span = tableau.low[~k], tableau.span[~k]
    return low, model.units[k] if span < 0 else min(model.units[k], low + span)


def parts_of(tableau: Tableau, split: Split) -> list[Tableau]:
    """Return a tableau for each part of a split."""
    return [_part(tableau, split.variable, low, high) for low, high in split.ranges]


def _part(tableau: Tableau, variable: int, low: int, high: int | None) -> Tableau:
    part = tableau.copy()
    if high is not None:
        span = part.span[variable]
        if span < 0 or high < part.low[variable] + span:
            part.set_high(variable, high)
    if low > part.low[variable]:
        part.set_low(variable, low)
    return part
