"""The most that applications of offers can give, and a proof of it.

Which promotions a basket gets when the customer is to pay as little as possible is a
weighted packing of multisets: every application takes some units and gives an amount, no
unit is taken twice. `pack` finds the best packing and says how good any packing could be.

It knows nothing of promotions, prices or money; it reads no clock and throws no dice, so the
same packing is found in every process and on every machine. Work is counted in nodes. When
they run out, the best packing found so far comes with the bound proved so far.

How: the problem falls into components that are solved one by one; each is an integer
programme, whose linear relaxation is solved exactly on integers (`simplex`), sharpened by
cutting planes (`cuts`), and branched on where that is not enough (`search`). How many units
there are makes no difference, only how many classes and columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.exclusive import best_region
from omnicommerce.pricing.selection.model import Application, Candidate
from omnicommerce.pricing.selection.problem import Problem, Settled, distinct, rivals_of
from omnicommerce.pricing.selection.rests import Curve, Rest, curve_of
from omnicommerce.pricing.selection.solve import solved

__all__ = ["Column", "Packing", "pack"]


class Column(NamedTuple):
    """One way to apply an offer once.

    Args:
        offer: Which offer; the smaller one wins a tie.
        uses: Classes and how many units of each, at least 1, by class.
        value: What one application gives, in minor units, more than 0.
    """

    offer: int
    uses: tuple[tuple[int, int], ...]
    value: int


class Packing(NamedTuple):
    """How often each column is applied, and what that is worth.

    Args:
        counts: By column, in the order given.
        value: Of the applications and of the units left, in minor units.
        bound: No packing is worth more; this is proved.
        nodes: The work it took.
        is_canonical: Whether, of all packings of this value, this one is proved to come
            first: fewest offers, then the smallest offers, then the smallest counts with
            columns ordered by offer, uses and falling value.
    """

    counts: tuple[int, ...]
    value: int
    bound: int
    nodes: int
    is_canonical: bool

    @property
    def gap(self) -> int:
        """How much better a packing might be, in minor units; 0 if this one is the best."""
        return self.bound - self.value

    @property
    def is_optimal(self) -> bool:
        """Whether it is proved that no packing is worth more."""
        return not self.gap


def pack(
    units: Sequence[int],
    columns: Sequence[Column],
    *,
    limits: Mapping[int, int] | None = None,
    rest: Sequence[Rest] | None = None,
    conflicts: Collection[tuple[int, int]] = (),
    nodes: int = 60_000,
) -> Packing:
    """Return the packing with the greatest value of its columns and of the units left.

    Args:
        units: How many units there are of each class.
        columns: The ways to apply offers, in any order.
        limits: At most so many applications, by offer; the others have no limit.
        rest: By class, what units are worth that no column takes: an int for each unit, a
            table for 0, 1, 2... units, or a `rests.Tail`. By default nothing.
        conflicts: Pairs of offers of which only one may be applied.
        nodes: What finding and proving the best value may cost. One node is some 50
            microseconds. Finding the canonical one among equals may cost as much again.

    Raises:
        InvalidValue: Units are negative, a column is malformed, a table does not fit its
            class, or an offer excludes itself.

    Example:
        Two units of the first class and one of the second; a pair of the first gives 500,
        one of each gives 400 twice over, but there is only one unit of the second.

        >>> pair, mixed = Column(0, ((0, 2),), 500), Column(1, ((0, 1), (1, 1)), 400)
        >>> best = pack([2, 1], [pair, mixed])
        >>> best.counts, best.value, best.is_optimal
        ((1, 0), 500, True)
        >>> pack([2, 1], [pair, mixed], rest=[150, 0]).counts
        (0, 1)
    """
    _check(units, columns, conflicts)
    fitting = _fitting(units, columns, limits or {})
    used = {k for application, _ in fitting for k, _ in application.uses}
    curves = _curves(units, rest, used)
    usable = distinct(_paying(fitting, curves))
    problem = Problem(
        applications=tuple([application for application, _ in usable]),
        units=tuple(units),
        curves=tuple(curves),
        limits=limits or {},
        rivals=rivals_of({application.offer for application, _ in usable}, conflicts),
    )
    settled, spent = _settled(problem, nodes)
    counts = [0] * len(columns)
    for (_, given), count in zip(usable, settled.best.counts, strict=True):
        counts[given] = count
    return Packing(tuple(counts), settled.best.value, settled.bound, spent, settled.is_first)


def _check(
    units: Sequence[int], columns: Sequence[Column], conflicts: Collection[tuple[int, int]]
) -> None:
    """Refuse what no packing problem looks like."""
    if any(count < 0 for count in units):
        raise InvalidValue("units", "there cannot be fewer than none of a class")
    for at, (_, uses, value) in enumerate(columns):
        last = -1
        for k, a in uses:
            if k <= last or a < 1:
                raise InvalidValue(f"columns[{at}].uses", "needs units of each class, by class")
            last = k
        if not 0 <= last < len(units):
            raise InvalidValue(f"columns[{at}].uses", "needs classes that there are")
        if value <= 0:
            raise InvalidValue(f"columns[{at}].value", f"must be more than 0, not {value}")
    if any(one == other for one, other in conflicts):
        raise InvalidValue("conflicts", "no offer excludes itself")


def _fitting(
    units: Sequence[int], columns: Sequence[Column], limits: Mapping[int, int]
) -> list[tuple[Application, int]]:
    """Return the columns that can be applied at all, with their given places."""
    fitting = []
    for given, (offer, uses, value) in enumerate(columns):
        if limits.get(offer, 1) < 1:
            continue
        for k, a in uses:
            if units[k] < a:
                break
        else:
            fitting.append((Application(offer, uses, value), given))
    return fitting


def _curves(
    units: Sequence[int], rest: Sequence[Rest] | None, used: Collection[int]
) -> list[Curve]:
    """Return what the units left of each class are worth."""
    rests = [0] * len(units) if rest is None else rest
    if len(rests) != len(units):
        raise InvalidValue("rest", f"needs one for each of {len(units)} classes")
    return [
        curve_of(each, count, f"rest[{k}]", is_used=k in used)
        for k, (each, count) in enumerate(zip(rests, units, strict=True))
    ]


def _paying(
    columns: Sequence[tuple[Application, int]], curves: Sequence[Curve]
) -> Iterator[tuple[Application, int]]:
    """Yield the columns that may give more than their units give when they are left.

    Units left over are worth, where the rest is concave, at least as much each as the last
    of them. A column that gives no more than this can be taken out of any packing: the value
    does not fall, no offer is added, no limit or conflict broken, no count raised. So the
    canonical packing has none of it.
    """
    least = [curve.least if curve.is_exact else None for curve in curves]
    for column in columns:
        application, _ = column
        gain: int | None = application.value
        for k, a in application.uses:
            each = least[k]
            gain = None if gain is None or each is None else gain - each * a
        if gain is None or gain > 0:
            yield column


def _settled(problem: Problem, nodes: int) -> tuple[Settled, int]:
    """Solve component after component; return the whole and the nodes it took.

    Each may spend its share of the nodes that are left, so what one does not need goes to
    those after it.
    """
    counts = [0] * len(problem.applications)
    value = bound = problem.untouched()
    is_first, left, spent = True, nodes, 0
    parts = problem.components()
    for at, part in enumerate(parts):
        share = left // (len(parts) - at)
        budget, ties = Budget(share), Budget(share)
        result = _component(part.problem, budget, ties)
        part.put(result.best.counts, counts)
        value, bound = value + result.best.value, bound + result.bound
        is_first = is_first and result.is_first
        left -= share - budget.left
        spent += 2 * share - budget.left - ties.left
    return Settled(Candidate(value, tuple(counts)), bound, is_first), spent


def _component(problem: Problem, budget: Budget, ties: Budget) -> Settled:
    if any(application.offer in problem.rivals for application in problem.applications):
        return best_region(problem, budget, ties)
    return solved(problem, budget, ties)
