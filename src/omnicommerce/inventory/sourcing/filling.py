"""Giving units out when the places are known: each row for itself, or all of them together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from omnicommerce.inventory.sourcing.problem import Problem, Row

__all__ = ["ANYWHERE", "Answer", "Given", "Limits", "evaluated", "fill", "fits", "torn_row"]

Given: TypeAlias = "dict[tuple[int, int], int]"
"""Units by row and place."""

Limits: TypeAlias = Mapping[int, frozenset[int]]
"""By row: the only places it may take from."""

ANYWHERE: Final[Limits] = MappingProxyType({})


class Answer(NamedTuple):
    """A plan as whole numbers: what it costs, and what it gives."""

    value: int
    given: Given


def fill(problem: Problem, shares: Mapping[int, int], limits: Limits) -> Answer:
    """Give each row what costs least, as if it were alone.

    No plan that uses only these places costs less, their fixed costs apart. Whether this is a
    plan, `fits` tells.

    Args:
        problem: What is wanted and who has it.
        shares: The places that may be used, and what a unit from each costs in addition.
        limits: Rows that may not take from everywhere.
    """
    value = 0
    given: Given = {}
    for r, row in enumerate(problem.rows):
        stock, unit = problem.stock[row.sku], problem.unit[row.sku]
        usable = limits.get(r, min(stock, shares, key=len))
        ways = [(unit[j] + shares[j], j) for j in usable if j in shares and j in stock]
        if row.whole:
            value += _from_one(problem, row, r, ways, given)
            continue
        left = row.quantity
        for cost, j in sorted(ways):
            taken = min(left, stock[j])
            value += cost * taken
            given[r, j] = taken
            left -= taken
            if not left:
                break
        value += left * problem.scale.short
    return Answer(value, given)


def _from_one(problem: Problem, row: Row, r: int, ways: list[tuple[int, int]], given: Given) -> int:
    """Give a row that must stay whole what one place has, and return what that costs."""
    stock, short = problem.stock[row.sku], problem.scale.short
    best, place = row.quantity * short, -1
    for cost, j in ways:
        taken = min(row.quantity, stock[j])
        value = cost * taken + short * (row.quantity - taken)
        if value < best or (value == best and j < place):
            best, place = value, j
    if place >= 0:
        given[r, place] = min(row.quantity, stock[place])
    return best


def fits(problem: Problem, given: Given) -> bool:
    """Tell whether no place gives more than it has or can take on, and no whole row is torn."""
    if not problem.may_collide:
        return True
    room: dict[int, int] = {}
    stock: dict[tuple[int, int], int] = {}
    for (r, j), units in given.items():
        room[j] = room.get(j, 0) + units
        shelf = problem.rows[r].sku, j
        stock[shelf] = stock.get(shelf, 0) + units
    return (
        all(units <= problem.room[j] for j, units in room.items())
        and all(units <= problem.stock[sku][j] for (sku, j), units in stock.items())
        and torn_row(problem, given) is None
    )


def torn_row(problem: Problem, given: Given) -> int | None:
    """Return the first row that must stay whole and comes from several places."""
    places: dict[int, int] = {}
    for r, _ in given:
        places[r] = places.get(r, 0) + 1
    torn = [r for r, count in places.items() if count > 1 and problem.rows[r].whole]
    return min(torn, default=None)


def evaluated(problem: Problem, places: Collection[int]) -> Answer:
    """Return a plan over some places at its full cost: the best one if rows do not collide."""
    shares = dict.fromkeys(places, 0)
    answer = fill(problem, shares, ANYWHERE)
    if not fits(problem, answer.given):
        answer = _one_after_another(problem, shares)
    used = {j for _, j in answer.given}
    return Answer(answer.value + sum([problem.fixed[j] for j in used]), answer.given)


def _one_after_another(problem: Problem, places: Mapping[int, int]) -> Answer:
    """Give each row what those before it left; rows that must stay whole come first."""
    stock = {(sku, j): row[j] for sku, row in enumerate(problem.stock) for j in places if j in row}
    room = {j: problem.room[j] for j in places}
    value = 0
    given: Given = {}
    order = sorted(range(len(problem.rows)), key=lambda r: (not problem.rows[r].whole, r))
    for r in order:
        row = problem.rows[r]
        unit = problem.unit[row.sku]
        left = row.quantity
        fit = {j: min(left, stock.get((row.sku, j), 0), room[j]) for j in places}
        most = max(fit.values(), default=0)
        ways = sorted((unit[j], j) for j, units in fit.items() if units)
        for cost, j in [way for way in ways if fit[way[1]] == most][:1] if row.whole else ways:
            taken = min(left, fit[j])
            if taken:
                given[r, j] = taken
                value += cost * taken
                stock[row.sku, j] -= taken
                room[j] -= taken
                left -= taken
        value += left * problem.scale.short
    return Answer(value, given)
