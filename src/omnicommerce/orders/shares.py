"""Unit shares: what each unit of a line cost, kept so small that 6,000 units take a few numbers.

Shares are *runs*: pairs of a number of units and the minor units of each. They
are fixed when an order is placed and never worked out again, so that any
sequence of returns refunds exactly what was paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias, TypeVar

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = [
    "Runs",
    "UnitShares",
    "added",
    "even_runs",
    "even_shares",
    "first_units",
    "proportional",
    "some_units",
]

K = TypeVar("K")

Runs: TypeAlias = tuple[tuple[int, int], ...]
"""Units in a row that have the same share: ``((1, 34), (2, 33))`` are 34, 33 and 33."""


@attrs.frozen
class UnitShares:
    """What each unit of a line cost, and what each adjustment changed on it.

    Units are given back in the order of the runs.

    Args:
        amounts: What each unit cost after promotions, as prices are entered.
        adjustments: What changed on each unit, one item for each adjustment of the
            line, in its order; negative figures are discounts.
        paid: What each unit cost with everything, such as a tax that prices are
            without; nothing: the same as the amounts.
        taxes: The tax of each unit, in what was paid; nothing: it is not known.
    """

    amounts: Runs
    adjustments: tuple[Runs, ...] = ()
    paid: Runs = ()
    taxes: Runs = ()

    @property
    def refunds(self) -> Runs:
        """What each unit refunds when it is given back."""
        return self.paid or self.amounts

    def require(
        self, *, units: int, amount: int, changes: Sequence[int], paid: int, tax: int
    ) -> None:
        """Make sure that the shares are those of a line with these figures.

        Raises:
            InvalidValue: They cover other units, or do not sum to its amounts.
        """
        if len(self.adjustments) != len(changes):
            raise InvalidValue("shares", f"{len(changes)} adjustments need as many shares")
        wholes = [(self.amounts, amount), (self.refunds, paid)]
        wholes += zip(self.adjustments, changes, strict=True)
        if self.taxes:
            wholes.append((self.taxes, tax))
        for runs, whole in wholes:
            covered = sum(count for count, _ in runs)
            if covered != units or first_units(runs, units) != whole:
                raise InvalidValue("shares", f"{runs} are not {units} units of {whole} together")


def even_runs(amount: int, units: int) -> Runs:
    """Split an amount evenly, the larger shares first; negative amounts mirror positive ones.

    Example:
        >>> even_runs(100, 3), even_runs(-100, 3), even_runs(90, 3)
        (((1, 34), (2, 33)), ((1, -34), (2, -33)), ((3, 30),))
    """
    each, larger = divmod(abs(amount), units)
    sign = -1 if amount < 0 else 1
    return _joined(((larger, sign * (each + 1)), (units - larger, sign * each)))


def even_shares(before: int, changes: Iterable[int], units: int) -> UnitShares:
    """Return the shares of units that are all alike.

    What a unit costs before and after each change is an even split of what the
    line costs; its share of the change is the difference. So the shares of one
    unit sum to its amount, as those of one change sum to the change.

    Args:
        before: What the line costs before promotions, in minor units.
        changes: What each promotion changes, in its turn.
        units: How many units the line has.

    Example:
        >>> shares = even_shares(100, [-10], 3)
        >>> shares.amounts, shares.adjustments
        (((3, 30),), (((1, -4), (2, -3)),))
    """
    adjustments: list[Runs] = []
    left = before
    for change in changes:
        adjustments.append(_difference(left, left + change, units))
        left += change
    return UnitShares(even_runs(left, units), tuple(adjustments))


def _difference(before: int, after: int, units: int) -> Runs:
    """Return what each unit changes by, from an even split of one amount to that of another."""
    if before < 0 or after < 0:
        return added(even_runs(after, units), even_runs(before, units), -1)
    each, larger = divmod(before, units)
    then, more = divmod(after, units)
    by = then - each
    if larger == more:
        return ((units, by),)
    few, many, edge = (larger, more, by + 1) if larger < more else (more, larger, by - 1)
    if not few:
        return ((many, edge), (units - many, by))
    return ((few, by), (many - few, edge), (units - many, by))


def first_units(runs: Runs, units: int) -> int:
    """Return what the first units have together.

    Example:
        >>> first_units(((1, 34), (2, 33)), 2)
        67
    """
    total = 0
    for count, each in runs:
        taken = min(count, units)
        total += taken * each
        units -= taken
    return total


def some_units(runs: Runs, start: int, stop: int) -> Runs:
    """Return the shares of the units from start to stop.

    Example:
        >>> some_units(((1, 34), (5, 33)), 0, 3)
        ((1, 34), (2, 33))
    """
    found, position = [], 0
    for count, each in runs:
        taken = min(stop, position + count) - max(start, position)
        found.append((max(0, taken), each))
        position += count
    return _joined(found)


def added(first: Runs, second: Runs, sign: int = 1) -> Runs:
    """Add unit by unit, run by run; with sign -1 the second is taken off the first.

    Example:
        >>> added(((1, 34), (2, 33)), ((2, 7), (1, 6)))
        ((1, 41), (1, 40), (1, 39))
    """
    ends = sorted({*_ends(first), *_ends(second)})
    found, start = [], 0
    for end in ends:
        ((units, each),) = some_units(first, start, end)
        ((_, more),) = some_units(second, start, end)
        found.append((units, each + sign * more))
        start = end
    return _joined(found)


def _ends(runs: Runs) -> Iterable[int]:
    position = 0
    for count, _ in runs:
        position += count
        yield position


def _joined(runs: Iterable[tuple[int, int]]) -> Runs:
    """Leave out empty runs and join equal neighbours."""
    found: list[tuple[int, int]] = []
    for count, each in runs:
        if found and found[-1][1] == each:
            found[-1] = (found[-1][0] + count, each)
        elif count:
            found.append((count, each))
    return tuple(found)


def proportional(total: int, weights: Mapping[K, int]) -> dict[K, int]:
    """Split a total in proportion to weights so that no share ever falls as the total grows.

    Webster's method (Sainte-Laguë), ties to the smaller key. Unlike the largest
    remainder of `omnicommerce.kernel.allocation` it is *house monotone*: what a
    growing total adds to each share depends on where the total starts and ends,
    and not on the steps in between. A total that is the sum of the weights gives
    each key its weight.

    Args:
        total: Minor units to split, zero or more.
        weights: Non-negative weight by key, one of them positive; keys must be sortable.

    Example:
        >>> proportional(10, {"card": 60, "points": 30})
        {'card': 7, 'points': 3}
    """
    shares = dict.fromkeys(weights, 0)
    if not total:
        return shares
    whole = sum(weights.values())
    sure = 2 * total - len(weights)
    for key, weight in weights.items():
        shares[key] = max(0, -((whole - weight * sure) // (2 * whole)))
    able = sorted(key for key in shares if weights[key])  # type: ignore[type-var]  # keys sort
    for _ in range(total - sum(shares.values())):
        shares[min(able, key=lambda key: Fraction(2 * shares[key] + 1, weights[key]))] += 1
    return shares
