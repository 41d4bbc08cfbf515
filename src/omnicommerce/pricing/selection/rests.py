"""What units are worth that no application takes, and a concave line that is never below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["Bend", "Curve", "Rest", "Tail", "curve_of"]

_TABULATED_UP_TO: Final = 512
"""So many units of a `Tail` are looked at one by one; of more only those that matter."""

_LOOKED_AT: Final = 64
"""So many numbers of left units are looked at for the least deficit where there is no table."""


class Tail(NamedTuple):
    """What any number of left units is worth, without a table of them all.

    Args:
        value: Units to minor units, with ``value(0) == 0``. Up to 512 units of a class that
            columns use are asked for one by one, of more only a few.
        per_unit: ``value(r) <= per_unit * r`` for every r. It matters for more than 512
            units: the nearer it is, the nearer is the bound.

    Example:
        >>> tenth = Tail(lambda units: units * 199 // 10, Fraction(199, 10))
        >>> tenth.value(3)
        59
    """

    value: Callable[[int], int]
    per_unit: Fraction | int


Rest: TypeAlias = int | Sequence[int] | Tail
"""Minor units per unit left, or a table of the value of 0, 1, 2... left units, or a `Tail`.

The number costs least, whatever the units; reading a table takes time in proportion to its
length. A value that is not concave in the units left (a step at the third unit) or not quite
straight (a percentage rounded per line) is solved exactly too, but may cost nodes.
"""


@attrs.frozen(eq=False)
class Curve:
    """The value of left units under a concave majorant.

    Args:
        units: How many units there are.
        value: What so many left units are worth, in minor units.
        slopes: The majorant from 0: how many units at how much each, falling.
        is_exact: Whether value and majorant are the same everywhere.
    """

    units: int
    value: Callable[[int], int]
    slopes: tuple[tuple[int, Fraction], ...]
    is_exact: bool

    @property
    def least(self) -> int:
        """What the last unit of a concave rest is worth: no other is worth less."""
        return self.slopes[-1][1].numerator if self.slopes else 0


@attrs.frozen(eq=False)
class Bend:
    """How far a rest lies below its majorant, in parts of a minor unit.

    Args:
        curve: The rest.
        slopes: Those of its majorant in parts of a minor unit, rounded up.
        scale: Parts of a minor unit.
        table: By number of left units, if there are few enough.
    """

    curve: Curve
    slopes: tuple[int, ...]
    scale: int
    table: tuple[int, ...] | None

    @classmethod
    def of(cls, curve: Curve, slopes: tuple[int, ...], scale: int) -> Bend:
        """Return the bend of a curve."""
        bare = cls(curve, slopes, scale, None)
        if curve.units > _TABULATED_UP_TO:
            return bare
        table = tuple([bare.deficit(left) for left in range(curve.units + 1)])
        return cls(curve, slopes, scale, table)

    def deficit(self, left: int) -> int:
        """Return the deficit at so many left units."""
        if self.table is not None:
            return self.table[left]
        total, rest = -self.scale * self.curve.value(left), left
        for (length, _), slope in zip(self.curve.slopes, self.slopes, strict=True):
            total += slope * min(rest, length)
            rest -= min(rest, length)
        return total

    def least(self, fewest: int, most: int) -> int:
        """Return a deficit that no number of left units between two bounds goes below."""
        if not fewest:
            return 0
        if self.table is not None:
            return min(self.table[fewest : most + 1])
        if most - fewest >= _LOOKED_AT:
            return 0
        return min([self.deficit(left) for left in range(fewest, most + 1)])


def curve_of(rest: Rest, units: int, field: str, *, is_used: bool = True) -> Curve:
    """Return the curve of a rest for the units there are.

    Args:
        rest: Any representation.
        units: Multiplicity of the class.
        field: What to call it in errors.
        is_used: Whether columns use the class; of one that they do not, only the value of
            all its units matters.

    Raises:
        InvalidValue: A table is too short or does not start with 0, or a `Tail` is worth
            more than it says.
    """
    if isinstance(rest, int):
        each = rest
        return Curve(units, lambda left: each * left, ((units, Fraction(each)),), is_exact=True)
    if isinstance(rest, Tail):
        value = _watched(rest, field)
        if units > _TABULATED_UP_TO or not is_used:
            return Curve(units, value, ((units, Fraction(rest.per_unit)),), is_exact=False)
        rest = [value(left) for left in range(units + 1)]
    if len(rest) <= units or rest[0] != 0:
        raise InvalidValue(field, f"needs the value of 0 to {units} units, and 0 for none")
    return _tabulated(rest, units)


def _watched(tail: Tail, field: str) -> Callable[[int], int]:
    """Return the value of a tail, worked out once: above its line every proof would be wrong."""
    known: dict[int, int] = {}

    def value(left: int) -> int:
        worth = known.get(left)
        if worth is None:
            worth = known[left] = tail.value(left)
            if worth > tail.per_unit * left:
                raise InvalidValue(field, f"{left} units are worth {worth}, above the line")
        return worth

    return value


def _tabulated(table: Sequence[int], units: int) -> Curve:
    """Return the curve of a table: its own steps if they fall, or else its upper hull."""
    steps = [after - before for before, after in pairwise(table[: units + 1])]
    if all(first >= second for first, second in pairwise(steps)):
        slopes = tuple((length, Fraction(step)) for step, length in _runs(steps))
        return Curve(units, table.__getitem__, slopes, is_exact=True)
    corners = _upper_hull(table, units)
    hull = tuple(
        (right - left, Fraction(table[right] - table[left], right - left))
        for left, right in pairwise(corners)
    )
    return Curve(units, table.__getitem__, hull, is_exact=False)


def _runs(steps: list[int]) -> list[tuple[int, int]]:
    """Return each step with how often it follows itself."""
    runs: list[tuple[int, int]] = []
    for step in steps:
        if runs and runs[-1][0] == step:
            runs[-1] = (step, runs[-1][1] + 1)
        else:
            runs.append((step, 1))
    return runs


def _upper_hull(table: Sequence[int], units: int) -> list[int]:
    """Return where the least concave majorant of a table has its corners."""
    corners: list[int] = []
    for at in range(units + 1):
        while len(corners) > 1 and _is_under(table, corners[-2], corners[-1], at):
            corners.pop()
        corners.append(at)
    return corners


def _is_under(table: Sequence[int], first: int, middle: int, last: int) -> bool:
    """Whether a corner is not above the line from its neighbour to a later point."""
    return (table[middle] - table[first]) * (last - first) <= (table[last] - table[first]) * (
        middle - first
    )
