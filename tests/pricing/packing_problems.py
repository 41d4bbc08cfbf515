"""Small packing problems, and every one of their solutions by brute force."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from omnicommerce.pricing.selection.packing import Column, Packing, pack


class Problem(NamedTuple):
    """Arguments of `pack`, with rests as tables."""

    units: list[int]
    columns: list[Column]
    limits: dict[int, int]
    rest: list[list[int]]
    conflicts: list[tuple[int, int]]

    def packed(self, **options: Any) -> Packing:
        """Return what `pack` makes of it."""
        return pack(
            self.units,
            self.columns,
            **{
                "limits": self.limits,
                "rest": self.rest,
                "conflicts": self.conflicts,
                **options,
            },
        )


class Solution(NamedTuple):
    """Compares as packings do: the smallest is the best one, and of those the canonical one."""

    negative_value: int
    offers_quantity: int
    offers: tuple[int, ...]
    in_order: tuple[int, ...]
    counts: tuple[int, ...]


def every_solution(problem: Problem) -> Iterator[Solution]:
    """Yield all there are, by trying every count of every column."""
    order = sorted(
        range(len(problem.columns)),
        key=lambda j: (
            problem.columns[j].offer,
            problem.columns[j].uses,
            -problem.columns[j].value,
            j,
        ),
    )
    counts = [0] * len(order)

    def fill(at: int, left: list[int]) -> Iterator[Solution]:
        if at == len(order):
            solution = judged(problem, counts, left, order)
            if solution is not None:
                yield solution
            return
        left = list(left)
        counts[order[at]] = 0
        while True:
            yield from fill(at + 1, left)
            counts[order[at]] += 1
            for k, a in problem.columns[order[at]].uses:
                left[k] -= a
            if min(left) < 0:
                break
        counts[order[at]] = 0

    yield from fill(0, problem.units)


def judged(
    problem: Problem, counts: Sequence[int], left: Sequence[int], order: Sequence[int]
) -> Solution | None:
    """Return a solution, or None if a limit or a conflict forbids it."""
    applied: Counter[int] = Counter()
    for column, count in zip(problem.columns, counts, strict=True):
        if count:
            applied[column.offer] += count
    if any(count > problem.limits.get(offer, count) for offer, count in applied.items()):
        return None
    if any(one in applied and other in applied for one, other in problem.conflicts):
        return None
    value = sum(c.value * n for c, n in zip(problem.columns, counts, strict=True))
    value += sum(table[n] for table, n in zip(problem.rest, left, strict=True))
    offers = tuple(sorted(applied))
    in_order = tuple(counts[j] for j in order)
    return Solution(-value, len(offers), offers, in_order, tuple(counts))


def small_problem(dice: random.Random) -> Problem:
    """Return a problem of at most seven units; half of them are full of ties."""
    classes = dice.randint(1, 4)
    units = [dice.randint(0, 3) for _ in range(classes)]
    while sum(units) > 7:
        units[dice.randrange(classes)] = 0
    top = 4 if dice.random() < 0.5 else 300
    columns = []
    for _ in range(dice.randint(0, 7)):
        used = sorted(dice.sample(range(classes), dice.randint(1, min(3, classes))))
        uses = tuple((k, dice.randint(1, 2)) for k in used)
        columns.append(Column(dice.randint(0, 4), uses, dice.randint(1, top)))
    shape = dice.choice(["nothing", "straight", "concave", "any", "any"])
    return Problem(
        units,
        columns,
        limits={offer: dice.randint(0, 3) for offer in range(5) if dice.random() < 0.3},
        rest=[some_rest(dice, shape, top // 3, count) for count in units],
        conflicts=[
            (one, other) for one in range(5) for other in range(one) if dice.random() < 0.15
        ],
    )


def some_rest(dice: random.Random, shape: str, top: int, units: int) -> list[int]:
    """Return a table of what left units are worth."""
    if shape == "nothing":
        return [0] * (units + 1)
    if shape == "any":
        return [0, *(dice.randint(-top, 3 * top) for _ in range(units))]
    steps = sorted((dice.randint(-top, top) for _ in range(units)), reverse=True)
    if shape == "straight" and steps:
        steps = [steps[0]] * units
    return [sum(steps[:left]) for left in range(units + 1)]


def leftover(problem: Problem, counts: Sequence[int]) -> list[int]:
    """Return the units of each class that counts leave."""
    left = list(problem.units)
    for column, count in zip(problem.columns, counts, strict=True):
        for k, a in column.uses:
            left[k] -= a * count
    return left


def worth(problem: Problem, counts: Sequence[int]) -> int:
    """Return the value of counts."""
    applied = sum(c.value * n for c, n in zip(problem.columns, counts, strict=True))
    left = leftover(problem, counts)
    return applied + sum(table[n] for table, n in zip(problem.rest, left, strict=True))


def applied(columns: Sequence[Column], packing: Packing) -> set[int]:
    """Return the offers that are applied."""
    return {column.offer for column, n in zip(columns, packing.counts, strict=True) if n}
