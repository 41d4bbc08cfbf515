"""One component as an integer programme: rows, columns, and what the majorants add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Final, NamedTuple, TypeAlias

import attrs

from omnicommerce.pricing.selection.cuts import Family
from omnicommerce.pricing.selection.rests import Bend, Curve
from omnicommerce.pricing.selection.tableau import Entry

__all__ = ["Application", "Candidate", "Model", "Uses", "model_of"]

_FINEST: Final = 1 << 24
"""Slopes with a larger common denominator are rounded up, which keeps every bound true."""

Uses: TypeAlias = tuple[Entry, ...]
"""Classes and how many units of each."""


class Application(NamedTuple):
    """A column as the model sees it: classes are positions in the model."""

    offer: int
    uses: Uses
    value: int


class Candidate(NamedTuple):
    """A solution: its exact value in minor units and how often each application is made."""

    value: int
    counts: tuple[int, ...]


@attrs.frozen(eq=False)
class Model:
    """Maximise ``costs · x + constant`` subject to ``columns · x <= right``, ``x <= highs``.

    The objective is in minor units times ``scale``, and never below the true value; where
    it is above (`Bend.deficit`), a rest is below its majorant. The first columns are the
    applications; those after them are left units worth more than the last ones of
    their class.

    Args:
        applications: In canonical order.
        units: Multiplicity of each class.
        limits: At most so many applications by offer.
        curves: What is left of each class is worth.
        columns: Entries (row, coefficient) of each column; row k is class k, limits follow.
        costs: What one more of each column adds to the objective.
        highs: The most of each column.
        right: Right side of each row.
        scale: Parts of a minor unit.
        constant: Objective of doing nothing, but for the columns of left units.
        grain: The objective of a solution, without the constant, is a multiple of this.
        families: Classes and sizes of the columns of an offer, for cuts.
        bends: By class, of those whose rest is somewhere below its majorant.
    """

    applications: tuple[Application, ...]
    units: tuple[int, ...]
    limits: Mapping[int, int]
    curves: tuple[Curve, ...]
    columns: tuple[tuple[Entry, ...], ...]
    costs: tuple[int, ...]
    highs: tuple[int, ...]
    right: tuple[int, ...]
    scale: int
    constant: int
    grain: int
    families: tuple[Family, ...]
    bends: Mapping[int, Bend]

    def left(self, counts: Sequence[int]) -> list[int]:
        """Return how many units of each class some counts of the applications leave."""
        left = list(self.units)
        for (_, uses, _), count in zip(self.applications, counts, strict=False):
            if count:
                for k, a in uses:
                    left[k] -= a * count
        return left

    def candidate(self, counts: Sequence[int]) -> Candidate:
        """Return a solution with its exact value."""
        kept = tuple(counts[: len(self.applications)])
        value = sum([a.value * n for a, n in zip(self.applications, kept, strict=True) if n])
        value += sum([c.value(n) for c, n in zip(self.curves, self.left(kept), strict=True)])
        return Candidate(value, kept)

    def offers_of(self, candidate: Candidate) -> tuple[int, ...]:
        """Return the offers that a solution applies, in order."""
        pairs = zip(self.applications, candidate.counts, strict=True)
        return tuple(sorted({application.offer for application, count in pairs if count}))

    def floor_of(self, value: int) -> int:
        """Return the objective, without the constant, that a solution of a value has at least."""
        return -((self.constant - value * self.scale) // self.grain) * self.grain

    def bound_of(self, objective: int, over: int, deficits: int = 0) -> int:
        """Return the most minor units that an objective ``objective / over`` can stand for.

        Args:
            objective: Of a relaxation, without the constant, times ``over``.
            over: At least 1.
            deficits: By how much the true value is less in any case.
        """
        whole = objective // (over * self.grain) * self.grain
        return (whole - deficits + self.constant) // self.scale


def model_of(
    applications: Sequence[Application],
    units: Sequence[int],
    curves: Sequence[Curve],
    limits: Mapping[int, int],
) -> Model:
    """Return the model of applications over classes.

    Args:
        applications: In canonical order, each fits into the units.
        units: Multiplicity of each class.
        curves: One for each class.
        limits: At most so many applications by offer, each at least 1.
    """
    scale = lcm(*{slope.denominator for curve in curves for _, slope in curve.slopes})
    scale = min(scale, _FINEST)
    slopes = [tuple([_up(slope * scale) for _, slope in curve.slopes]) for curve in curves]
    base = [steps[-1] if steps else 0 for steps in slopes]
    rows = _Rows(
        columns=[list(a.uses) for a in applications],
        costs=[a.value * scale - sum([base[k] * n for k, n in a.uses]) for a in applications],
        highs=[_most(a, units, limits) for a in applications],
        right=list(units),
    )
    _limit(applications, limits, rows)
    for k, curve in enumerate(curves):
        _pay_left(k, curve, slopes[k], applications, rows)
    return Model(
        applications=tuple(applications),
        units=tuple(units),
        limits=limits,
        curves=tuple(curves),
        columns=tuple(map(tuple, rows.columns)),
        costs=tuple(rows.costs),
        highs=tuple(rows.highs),
        right=tuple(rows.right),
        scale=scale,
        constant=sum([each * count for each, count in zip(base, units, strict=True)]),
        grain=gcd(*rows.costs) or 1,
        families=_families(applications),
        bends={
            k: Bend.of(curve, slopes[k], scale)
            for k, curve in enumerate(curves)
            if not curve.is_exact
        },
    )


class _Rows(NamedTuple):
    """A programme as it is being built."""

    columns: list[list[Entry]]
    costs: list[int]
    highs: list[int]
    right: list[int]


def _pay_left(
    k: int,
    curve: Curve,
    slopes: Sequence[int],
    applications: Sequence[Application],
    rows: _Rows,
) -> None:
    """Add columns for the left units of a class that are worth more than its last ones."""
    row = k
    if len(slopes) > 1 and not curve.is_exact:
        # Row k keeps the number of left units as its slack: branching needs it bare.
        row = len(rows.right)
        rows.right.append(curve.units)
        for column, application in zip(rows.columns, applications, strict=False):
            column += [(row, a) for used, a in application.uses if used == k]
    for (length, _), slope in zip(curve.slopes[:-1], slopes[:-1], strict=True):
        rows.columns.append([(row, 1)])
        rows.costs.append(slope - slopes[-1])
        rows.highs.append(length)


def _up(slope: Fraction) -> int:
    """Return a slope rounded up: a majorant may only rise."""
    return -(-slope.numerator // slope.denominator)


def _most(application: Application, units: Sequence[int], limits: Mapping[int, int]) -> int:
    """Return how often an application fits when it is alone."""
    most = min(units[k] // a for k, a in application.uses)
    return min(most, limits.get(application.offer, most))


def _limit(applications: Sequence[Application], limits: Mapping[int, int], rows: _Rows) -> None:
    """Add a row for each limit that several columns could break together."""
    members: dict[int, list[int]] = {}
    for j, application in enumerate(applications):
        if application.offer in limits:
            members.setdefault(application.offer, []).append(j)
    for offer, own in members.items():
        if sum([rows.highs[j] for j in own]) > limits[offer]:
            for j in own:
                rows.columns[j].append((len(rows.right), 1))
            rows.right.append(limits[offer])


def _families(applications: Sequence[Application]) -> tuple[Family, ...]:
    """Return the classes of each offer with more than one column, by how many units it takes."""
    classes: dict[tuple[int, int], set[int]] = {}
    columns: dict[tuple[int, int], int] = {}
    for offer, uses, _ in applications:
        key = offer, sum([a for _, a in uses])
        classes.setdefault(key, set()).update([k for k, _ in uses])
        columns[key] = columns.get(key, 0) + 1
    return tuple(
        dict.fromkeys(
            Family(tuple(sorted(own)), size)
            for (offer, size), own in classes.items()
            if size > 1 and columns[offer, size] > 1
        )
    )
