"""A basis of a linear relaxation with everything computed from it, in whole numbers.

Maximise ``costs · x`` where ``columns · x <= right`` and ``low <= x <= low + span``.

Nothing is ever rounded. The inverse of the basis is kept as its adjugate over its
determinant (``scale``), and a pivot divides by the determinant before it, which always
divides (Edmonds 1967, Bareiss 1968). There is no tolerance to choose and the path taken is
the same on every machine.

Variables: column j is ``j``, the slack of row i is ``~i``. Lists over variables hold the
columns and then the slacks backwards, so that either index finds its place, and rows can
be added without renaming anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import attrs

__all__ = ["UNBOUNDED", "Entry", "Tableau"]

Entry: TypeAlias = tuple[int, int]
"""Row and coefficient in a column, or column and coefficient in a row."""

UNBOUNDED: Final = -1
"""The span of a variable without upper bound."""


_WORTH_DROPPING: Final = 8


_SCATTER: Final = 7_368_787
_NUDGES: Final = 10_007
"""Second costs are scattered numbers below this: the n-th is ``n * _SCATTER % _NUDGES``."""


@attrs.define(eq=False)
class Tableau:
    """A dual feasible basis with everything computed from it.

    Args:
        columns: For each column its entries (row, coefficient).
        rows: The same by row: entries (column, coefficient).
        names: What each column is called outside.
        right: Right sides, less what the lower bounds take.
        low: Lower bound of each variable.
        span: Upper bound less lower bound, or `UNBOUNDED`; 0 is a fixed variable.
        raised: Whether a variable out of the basis is at its upper bound.
        reduced: Reduced costs times ``scale``; at most 0 at a lower bound.
        nudged: The same for second costs that only decide between equals.
        inverse: Inverse of the basis times ``scale``, by rows.
        level: Values of the basic variables above their lower bounds, times ``scale``.
        basis: The basic variable of each row of ``inverse``.
        place: The row of ``inverse`` where a variable is basic, or -1.
        scale: The determinant of the basis, at least 1.
        objective: Costs of the current solution times ``scale``.
    """

    columns: list[tuple[Entry, ...]]
    rows: list[list[Entry]]
    names: list[int]
    right: list[int]
    low: list[int]
    span: list[int]
    raised: list[bool]
    reduced: list[int]
    nudged: list[int]
    inverse: list[list[int]]
    level: list[int]
    basis: list[int]
    place: list[int]
    scale: int = 1
    objective: int = 0
    entries: int = 0

    @classmethod
    def of_rows(cls, right: Sequence[int]) -> Tableau:
        """Return the tableau without columns, where every slack is basic."""
        size = len(right)
        return cls(
            columns=[],
            rows=[[] for _ in right],
            names=[],
            right=list(right),
            low=[0] * size,
            span=[UNBOUNDED] * size,
            raised=[False] * size,
            reduced=[0] * size,
            nudged=[0] * size,
            inverse=[[int(i == k) for k in range(size)] for i in range(size)],
            level=list(right),
            basis=[~i for i in range(size)],
            place=list(range(size - 1, -1, -1)),
        )

    def copy(self) -> Tableau:
        """Return a tableau to go on from: what is only ever replaced whole is shared."""
        return Tableau(
            columns=self.columns,
            rows=self.rows,
            names=self.names,
            right=self.right,
            low=self.low[:],
            span=self.span[:],
            raised=self.raised[:],
            reduced=self.reduced,
            nudged=self.nudged,
            inverse=self.inverse,
            level=self.level,
            basis=self.basis[:],
            place=self.place[:],
            scale=self.scale,
            objective=self.objective,
            entries=self.entries,
        )

    def entries_of(self, variable: int) -> tuple[Entry, ...]:
        """Return the column of a variable in the rows."""
        return self.columns[variable] if variable >= 0 else ((~variable, 1),)

    def image(self, variable: int) -> list[int]:
        """Return inverse times column: how the basic variables answer to this one."""
        return self.times(self.entries_of(variable))

    def times(self, entries: Sequence[Entry]) -> list[int]:
        """Return inverse times a sparse vector over the rows."""
        if len(entries) == 1:
            ((i, a),) = entries
            return [row[i] * a for row in self.inverse]
        if len(entries) == 2:  # noqa: PLR2004 - most columns are pairs; this halves their cost
            (i, a), (k, c) = entries
            return [row[i] * a + row[k] * c for row in self.inverse]
        return [sum([row[i] * a for i, a in entries]) for row in self.inverse]

    def priced(self, entries: Iterable[Entry], cost: int) -> int:
        """Return the reduced cost, times ``scale``, that a column would have."""
        reduced = self.reduced
        return cost * self.scale + sum([reduced[~i] * a for i, a in entries])

    def add_columns(self, new: Sequence[tuple[int, tuple[Entry, ...], int, int]]) -> None:
        """Add columns (name, entries, cost, upper bound) where they are dual feasible.

        Not for a tableau with copies: they share what this changes.
        """
        at, raised = len(self.columns), []
        for name, entries, cost, high in new:
            reduced = self.priced(entries, cost)
            nudge = name * _SCATTER % _NUDGES
            nudged = nudge * self.scale + sum([self.nudged[~i] * a for i, a in entries])
            self.columns.append(entries)
            self.names.append(name)
            for i, a in entries:
                self.rows[i].append((at, a))
            self.entries += len(entries)
            self.low.insert(at, 0)
            self.span.insert(at, high)
            self.reduced.insert(at, reduced)
            self.nudged.insert(at, nudged)
            self.place.insert(at, -1)
            self.raised.insert(at, False)
            if (reduced, nudged) > (0, 0):
                raised.append(at)
            at += 1
        self.flip(raised)

    def flip(self, variables: Iterable[int]) -> None:
        """Move variables out of the basis from one bound to the other."""
        total: dict[int, int] = {}
        for variable in variables:
            up = self.raised[variable]
            change = -self.span[variable] if up else self.span[variable]
            self.raised[variable] = not up
            self.objective += self.reduced[variable] * change
            for i, a in self.entries_of(variable):
                total[i] = total.get(i, 0) + a * change
        if total:
            moved = self.times(list(total.items()))
            self.level = [x - y for x, y in zip(self.level, moved, strict=True)]

    def drop_fixed(self) -> None:
        """Forget the columns that are fixed at zero, if there are enough of them to matter."""
        kept = [
            j for j in range(len(self.columns)) if self.span[j] or self.low[j] or self.place[j] >= 0
        ]
        gone = len(self.columns) - len(kept)
        if gone < _WORTH_DROPPING or gone * 4 < len(self.columns):
            return
        renamed = {j: at for at, j in enumerate(kept)}
        slacks = range(len(self.columns), len(self.span))
        for name in ("low", "span", "raised", "reduced", "nudged", "place"):
            values = getattr(self, name)
            setattr(self, name, [values[v] for v in (*kept, *slacks)])
        self.columns = [self.columns[j] for j in kept]
        self.names = [self.names[j] for j in kept]
        self.rows = [[(renamed[j], a) for j, a in entries if j in renamed] for entries in self.rows]
        self.basis = [renamed[v] if v >= 0 else v for v in self.basis]
        self.entries = sum(map(len, self.columns))

    def _move(self, variable: int, change: int) -> None:
        """Change the value of a variable out of the basis."""
        image = self.image(variable)
        self.level = [x - change * g for x, g in zip(self.level, image, strict=True)]
        self.objective += self.reduced[variable] * change

    def set_high(self, variable: int, high: int) -> None:
        """Lower the upper bound of a variable."""
        span = high - self.low[variable]
        if self.raised[variable]:
            self._move(variable, span - self.span[variable])
        self.span[variable] = span

    def set_low(self, variable: int, low: int) -> None:
        """Raise the lower bound of a variable."""
        change = low - self.low[variable]
        self.low[variable] = low
        self.right = self.right[:]
        for i, a in self.entries_of(variable):
            self.right[i] -= a * change
        if self.span[variable] >= 0:
            self.span[variable] -= change
        row = self.place[variable]
        if row >= 0:
            self.level = self.level[:]
            self.level[row] -= self.scale * change
        elif not self.raised[variable]:
            self._move(variable, change)
        if self.span[variable] == 0:
            self.raised[variable] = False

    def above_low(self) -> list[int]:
        """Return the value of each column above its lower bound, times ``scale``."""
        scale = self.scale
        values = [
            span * scale if up else 0
            for span, up, _ in zip(self.span, self.raised, self.columns, strict=False)
        ]
        for row, variable in enumerate(self.basis):
            if variable >= 0:
                values[variable] = self.level[row]
        return values

    @property
    def is_whole(self) -> bool:
        """Whether every variable has a whole value."""
        scale = self.scale
        return not any(x % scale for x in self.level)
