"""The figures behind the pictures of drift: shares by zone and period, and sizes of spreads."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Final, TypeAlias

import attrs

from omnicommerce.insight.comparison import Comparison
from omnicommerce.insight.drift import DriftReport
from omnicommerce.insight.observed import natural_order

__all__ = ["ALL_PLACES", "Counts", "Grid", "Sizes", "darkest", "grid_of", "share", "sizes_of"]

Counts: TypeAlias = tuple[int, int]
"""How many were audited, and how many of them differ."""

ALL_PLACES: Final = "all places"
_ALIKE: Final = 0.02
_STEPS: Final = (1, 2, 5)


def share(counts: Counts) -> float | None:
    """Return the share that differs; None where nothing was audited.

    Example:
        >>> share((4, 1)), share((0, 0))
        (0.25, None)
    """
    audited, differing = counts
    return differing / audited if audited else None


@attrs.frozen(kw_only=True)
class Grid:
    """How much differs by row, a zone or all places, and period.

    Attributes:
        rows: Zones in their order, or only ``all places``.
        left_out: How many zones there was no room for: those least audited.
        periods: Every period, in order.
        cells: The counts by row and period.
    """

    rows: tuple[str, ...]
    left_out: int
    periods: tuple[str, ...]
    cells: Mapping[tuple[str, str], Counts]

    def over(self, row: str, periods: Iterable[str]) -> Counts:
        """Return the counts of a row over some periods."""
        found = [self.cells.get((row, period), (0, 0)) for period in periods]
        return sum(audited for audited, _ in found), sum(differing for _, differing in found)


def darkest(cells: Iterable[Counts]) -> float:
    """Return the share from which on all are drawn alike; 0 where nothing differs.

    One in fifty of what was audited is beyond it: otherwise cells with a
    handful of prices, all or nothing, would make the others pale.
    """
    counted = list(cells)
    room = _ALIKE * sum(audited for audited, _ in counted)
    shares = sorted((differing / audited, audited) for audited, differing in counted if differing)
    while len(shares) > 1 and (room := room - shares[-1][1]) > 0:
        shares.pop()
    return shares[-1][0] if shares else 0.0


def grid_of(report: DriftReport, kind: str, *, in_zones: bool, most_rows: int) -> Grid:
    """Return the counts of one kind of price, by zone or for all places together."""
    tallies = [t for t in report.tallies if t.kind == kind and (t.zone is not None) is in_zones]
    audited: Counter[str] = Counter()
    for tally in tallies:
        audited[tally.zone or ALL_PLACES] += tally.audited
    kept = sorted(audited, key=lambda row: (-audited[row], natural_order(row)))[:most_rows]
    return Grid(
        rows=tuple(sorted(kept, key=natural_order)),
        left_out=len(audited) - len(kept),
        periods=tuple(sorted({t.period for t in report.tallies}, key=natural_order)),
        cells={(t.zone or ALL_PLACES, t.period): (t.audited, t.disparities) for t in tallies},
    )


@attrs.frozen(kw_only=True)
class Sizes:
    """How many differences there are of which size.

    Attributes:
        bounds: The least and the largest spread of each size, in minor units:
            1, 2, 3 to 5, 6 to 10, 11 to 20, and so on.
        counts: By kind of price, how many spreads are of each size.
    """

    bounds: tuple[tuple[int, int], ...]
    counts: Mapping[str, tuple[int, ...]]


def sizes_of(disparities: Sequence[Comparison], kinds: Sequence[str]) -> Sizes:
    """Sort spreads by size, from the smallest size there is to the largest."""
    spreads = [(one.kind, one.spread_amount) for one in disparities]
    bounds = tuple(_bounds(spread for _, spread in spreads))
    largest = [most for _, most in bounds]
    counted = Counter((kind, bisect_left(largest, spread)) for kind, spread in spreads)
    return Sizes(
        bounds=bounds,
        counts={kind: tuple(counted[kind, size] for size in range(len(bounds))) for kind in kinds},
    )


def _bounds(spreads: Iterable[int]) -> Iterator[tuple[int, int]]:
    found = sorted(spreads)
    least = 1
    for turn in count():
        if not found or least > found[-1]:
            return
        most = _STEPS[turn % 3] * 10 ** (turn // 3)
        if most >= found[0]:
            yield least, most
        least = most + 1
