"""The columns of "any three of these": every way to choose so many units from some classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from omnicommerce.pricing.selection.model import Uses

__all__ = ["COLUMNS_AT_MOST", "Picks", "number_of_picks", "pick", "picked"]

COLUMNS_AT_MOST: Final = 5_000
"""`picked` makes no more columns than this for one offer.

Three of 30 classes are 4,960 ways at most, four of 17 are 4,845. A packing takes some 40
microseconds for every column before it has begun to search.
"""


class Picks(NamedTuple):
    """The ways to choose that were made, and how many were not.

    If any were left out, the bound of a packing with these columns does not hold for the
    offer: its applications can give more by at most what one application gives at best,
    times how often the units suffice (units of the classes // count). Add that to the
    bound, and the gap is honest again.
    """

    uses: tuple[Uses, ...]
    left_out: int


def picked(
    units: Sequence[int], prices: Sequence[int], classes: Sequence[int], count: int
) -> Picks:
    """Return the first ways of `pick`, at most `COLUMNS_AT_MOST`, and how many are left out.

    Args:
        units: Multiplicity of each class.
        prices: Price of each class, in minor units.
        classes: The classes to choose from.
        count: How many units to choose, at least 1.

    Example:
        >>> picked([2, 1, 1], [500, 400, 300], [0, 1], 2)
        Picks(uses=(((0, 2),), ((0, 1), (1, 1))), left_out=0)
    """
    uses = tuple(islice(pick(units, prices, classes, count), COLUMNS_AT_MOST))
    if len(uses) < COLUMNS_AT_MOST:
        return Picks(uses, 0)
    return Picks(uses, number_of_picks(units, classes, count) - len(uses))


def number_of_picks(units: Sequence[int], classes: Sequence[int], count: int) -> int:
    """Return in how many ways so many units can be chosen, without choosing them.

    Example:
        >>> number_of_picks([200] * 30, range(30), 3)
        4960
    """
    ways = [1] + [0] * count
    for k in set(classes):
        most = units[k]
        ways = [sum(ways[max(0, n - most) : n + 1]) for n in range(count + 1)]
    return ways[count]


def pick(
    units: Sequence[int], prices: Sequence[int], classes: Sequence[int], count: int
) -> Iterator[Uses]:
    """Yield every multiset of so many units from some classes, as pairs (class, units).

    Neighbours in price come first: all of one class, then of two adjacent ones, and so on.
    "The cheapest is free" gives most with neighbours, so that a caller who has to stop
    early has the best columns, and some for every class.

    Args:
        units: Multiplicity of each class; no class is chosen more often.
        prices: Price of each class, in minor units; among equals the smaller class first.
        classes: The classes to choose from.
        count: How many units to choose, at least 1.

    Example:
        >>> list(pick([1, 2], [300, 500], [0, 1], 2))
        [((1, 2),), ((0, 1), (1, 1))]
    """
    ranked = sorted({k for k in classes if units[k]}, key=lambda k: (-prices[k], k))
    for spread in range(len(ranked) if count > 1 else 1):
        for first in range(len(ranked) - spread):
            window = ranked[first : first + spread + 1]
            yield from _spanning(units, window, count)


def _spanning(units: Sequence[int], window: list[int], count: int) -> Iterator[Uses]:
    """Yield the multisets that have the first and the last class of a window in them."""
    least = dict.fromkeys((window[0], window[-1]), 1)
    rooms = [units[k] - least.get(k, 0) for k in window]
    for extra in _spread(rooms, count - len(least)):
        chosen = ((k, n + least.get(k, 0)) for k, n in zip(window, extra, strict=True))
        yield tuple(sorted((k, n) for k, n in chosen if n))


def _spread(rooms: Sequence[int], count: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to put so many units into rooms, the first ones fullest first."""
    if len(rooms) == 1:
        if count <= rooms[0]:
            yield (count,)
        return
    for here in range(min(rooms[0], count), -1, -1):
        for others in _spread(rooms[1:], count - here):
            yield (here, *others)
