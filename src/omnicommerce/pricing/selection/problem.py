"""A packing problem, and the parts that it falls into."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import attrs

from omnicommerce.pricing.selection.model import Application, Candidate, Model, model_of
from omnicommerce.pricing.selection.rests import Curve

__all__ = ["Part", "Problem", "Settled", "distinct", "rivals_of"]


class Settled(NamedTuple):
    """What is known about a problem when the work on it ends.

    Args:
        best: The best solution found; its value is that of the classes in the problem.
        bound: What no solution is above, in minor units.
        is_first: Whether it is proved to come first among the solutions of its value.
        is_only: Whether it is proved to be the only one of its value.
    """

    best: Candidate
    bound: int
    is_first: bool
    is_only: bool = False


@attrs.frozen(eq=False)
class Problem:
    """Which applications to make, of those whose classes are positions in ``units``.

    Args:
        applications: In canonical order, each of which fits.
        units: Multiplicity of each class.
        curves: What is left of each class is worth.
        limits: At most so many applications by offer, each at least 1.
        rivals: For each offer that excludes others, those it does.
    """

    applications: tuple[Application, ...]
    units: tuple[int, ...]
    curves: tuple[Curve, ...]
    limits: Mapping[int, int]
    rivals: Mapping[int, frozenset[int]]

    def model(self) -> Model:
        """Return the integer programme, in which conflicts are left out."""
        return model_of(self.applications, self.units, self.curves, self.limits)

    def untouched(self) -> int:
        """Return what the classes are worth that no application uses."""
        used = {k for application in self.applications for k, _ in application.uses}
        return sum(
            curve.value(count)
            for k, (curve, count) in enumerate(zip(self.curves, self.units, strict=True))
            if k not in used
        )

    def part(self, positions: Sequence[int], *, rivals: bool = True) -> Part:
        """Return the problem of some of the applications and the classes they use."""
        chosen = [self.applications[j] for j in positions]
        classes = sorted({k for application in chosen for k, _ in application.uses})
        renamed = {k: at for at, k in enumerate(classes)}
        problem = Problem(
            applications=tuple(
                Application(offer, tuple([(renamed[k], a) for k, a in uses]), value)
                for offer, uses, value in chosen
            ),
            units=tuple(self.units[k] for k in classes),
            curves=tuple(self.curves[k] for k in classes),
            limits=self.limits,
            rivals=self.rivals if rivals else {},
        )
        return Part(problem, tuple(positions))

    def components(self) -> list[Part]:
        """Return the parts that share no class, no offer and no conflict."""
        return self._parts({application.offer for application in self.applications})

    def blocks(self) -> list[Part]:
        """Return the parts that share no class and no limit, though perhaps an offer."""
        return self._parts(self.limits)

    def _parts(self, joining: Collection[int]) -> list[Part]:
        """Return the parts when the columns of some offers stay together."""
        groups = Groups()
        for offer, uses, _ in self.applications:
            groups.join([k for k, _ in uses])
            if offer in joining:
                groups.join([uses[0][0], ~offer, *[~o for o in self.rivals.get(offer, ())]])
        members: dict[int, list[int]] = {}
        for j, (_, uses, _) in enumerate(self.applications):
            members.setdefault(groups.label[uses[0][0]], []).append(j)
        if len(members) == 1 and all(k in groups.label for k in range(len(self.units))):
            return [Part(self, tuple(range(len(self.applications))))]
        return [self.part(positions) for positions in members.values()]


class Groups:
    """Numbers that belong together; the larger of two groups that meet keeps its label.

    Example:
        >>> groups = Groups()
        >>> groups.join([1, 2])
        >>> groups.join([3])
        >>> groups.join([2, 3])
        >>> groups.label[1] == groups.label[3]
        True
    """

    def __init__(self) -> None:
        self.label: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}

    def join(self, numbers: Sequence[int]) -> None:
        """Put numbers into one group."""
        label = self.label
        first = label.get(numbers[0])
        if first is None:
            first = label[numbers[0]] = numbers[0]
            self._members[first] = [first]
        for number in numbers:
            other = label.get(number)
            if other is None:
                label[number] = first
                self._members[first].append(number)
            elif other != first:
                first = self._merge(first, other)

    def _merge(self, one: int, other: int) -> int:
        members = self._members
        if len(members[one]) < len(members[other]):
            one, other = other, one
        moved = members.pop(other)
        members[one] += moved
        self.label.update(dict.fromkeys(moved, one))
        return one


class Part(NamedTuple):
    """A problem that is part of another, and where its applications are in that one."""

    problem: Problem
    positions: tuple[int, ...]

    def put(self, counts: Sequence[int], into: list[int]) -> None:
        """Put counts of the part where they belong in the whole."""
        for position, count in zip(self.positions, counts, strict=True):
            into[position] = count


def distinct(columns: Iterable[tuple[Application, int]]) -> list[tuple[Application, int]]:
    """Return columns in canonical order, of those with the same offer and uses the best one.

    The order is by offer, then uses, then the dearer first; with each column goes its
    place in the order given. A column beside another with the same offer and the same uses
    is never of use: the dearer one fits wherever it does, counts against the same limit and
    the same conflicts, and leaves the same units.

    A column that merely uses *more* than a dearer one of its offer is dominated as well,
    but only while left units are never worth less when there are more of them; the
    relaxation prices such columns out for nothing, so that case is not made here.
    """
    best: dict[tuple[int, tuple[tuple[int, int], ...]], tuple[Application, int]] = {}
    for column in sorted(columns, key=_order):
        application, _ = column
        key = (application.offer, application.uses)
        known = best.get(key)
        if known is None or known[0].value == application.value:
            best[key] = column
    return list(best.values())


def _order(column: tuple[Application, int]) -> tuple[int, tuple[tuple[int, int], ...], int, int]:
    application, given = column
    return application.offer, application.uses, -application.value, given


def rivals_of(
    offers: Collection[int], conflicts: Iterable[tuple[int, int]]
) -> dict[int, frozenset[int]]:
    """Return for each offer that excludes others those it does, of the offers there are."""
    rivals: dict[int, set[int]] = {}
    for one, other in conflicts:
        if one in offers and other in offers:
            rivals.setdefault(one, set()).add(other)
            rivals.setdefault(other, set()).add(one)
    return {offer: frozenset(others) for offer, others in sorted(rivals.items())}
