"""Fewer places before the search: those that cannot be in a best plan are put aside, with proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from omnicommerce.inventory.sourcing.bounds import (
    Needs,
    counted_bound,
    coverage,
    shares_of,
    units_short,
)
from omnicommerce.inventory.sourcing.filling import ANYWHERE, Answer, evaluated, fill
from omnicommerce.inventory.sourcing.problem import Problem
from omnicommerce.inventory.sourcing.search import nothing_given

__all__ = ["Reduced", "greedy_places", "reduced"]

_LEFT_OUT_AT_MOST: Final = 4
"""Of choices with more places than this none is tried without one of them."""

_TOGETHER_AT_MOST: Final = 1_000
"""With more places than this their pairs are not looked at."""


class _Masks(NamedTuple):
    """SKUs as bits, by place: those of which it has any, and those of which it has enough."""

    has: dict[int, int]
    enough: dict[int, int]


class Reduced(NamedTuple):
    """What is left of a problem.

    Args:
        covered: By place, how many of the wanted units it could give alone.
        least: By place that is left, what a plan with it costs at least.
        dominated: By place put aside for another one that is as good in everything: that one.
        start: A good plan.
        bound: What every plan costs at least.
    """

    covered: Mapping[int, int]
    least: Mapping[int, int]
    dominated: Mapping[int, int]
    start: Answer
    bound: int


def reduced(problem: Problem) -> Reduced:
    """Put aside what cannot be part of the first of the best plans.

    A place goes if a plan with it costs more than a plan that is known, or if another one can
    give everything that it can and costs no more: then it could take its part in any plan.
    """
    covered = coverage(problem)
    useful = [j for j, units in covered.items() if units]
    plain = fill(problem, dict.fromkeys(useful, 0), ANYWHERE)
    relaxed = fill(problem, shares_of(problem, covered), ANYWHERE)
    start = _start(problem, covered, (plain, relaxed))
    bound = max(counted_bound(problem, (), useful, plain), relaxed.value)
    masks = _masks(problem)
    least = _least(problem, covered, plain, masks)
    left = {j: value for j, value in least.items() if value <= start.value}
    dominated = _dominated(problem, left, masks)
    kept = {j: value for j, value in left.items() if j not in dominated}
    return Reduced(covered, kept, dominated, start, max(bound, min(least.values(), default=0)))


def _start(problem: Problem, covered: Mapping[int, int], bounds: Iterable[Answer]) -> Answer:
    """Return the best of some plans: what bounds use, the cheapest place that has all, greed."""
    choices = [greedy_places(problem, by_cost=by_cost) for by_cost in (True, False)]
    used = [tuple(sorted({j for _, j in answer.given})) for answer in bounds]
    choices += [places for places in used if len(places) <= problem.most]
    whole = [j for j, units in covered.items() if units == problem.units]
    if whole:
        choices.append((min(whole, key=lambda j: (_alone(problem, j), j)),))
    plans = [evaluated(problem, choice) for choice in choices if choice]
    plans += [
        evaluated(problem, [other for other in choice if other != j])
        for choice in choices
        for j in choice
        if 1 < len(choice) <= _LEFT_OUT_AT_MOST
    ]
    return min([*plans, nothing_given(problem)], key=lambda plan: plan.value)


def _alone(problem: Problem, j: int) -> int:
    """Return what it costs when one place gives everything."""
    units = zip(problem.wanted, problem.unit, strict=True)
    return problem.fixed[j] + sum([wanted * unit[j] for wanted, unit in units])


def greedy_places(problem: Problem, *, by_cost: bool) -> tuple[int, ...]:
    """Return places taken one by one: the one that costs least per unit, or that gives most."""
    rest = list(problem.wanted)
    chosen: list[int] = []
    while any(rest) and len(chosen) < problem.most:
        units: dict[int, int] = {}
        costs: dict[int, int] = {}
        for wanted, stock, unit in zip(rest, problem.stock, problem.unit, strict=True):
            for j, there in stock.items() if wanted else ():
                taken = min(there, wanted)
                units[j] = units.get(j, 0) + taken
                costs[j] = costs.get(j, 0) + taken * unit[j]
        best = -1
        for j in units:
            if j in chosen or not problem.room[j]:
                continue
            if best < 0 or _is_better(problem, units, costs, j, best, by_cost=by_cost):
                best = j
        if best < 0:
            break
        chosen.append(best)
        for sku, stock in enumerate(problem.stock):
            rest[sku] -= min(rest[sku], stock.get(best, 0))
    return tuple(chosen)


def _is_better(
    problem: Problem,
    units: Mapping[int, int],
    costs: Mapping[int, int],
    one: int,
    other: int,
    *,
    by_cost: bool,
) -> bool:
    mine, theirs = problem.fixed[one] + costs[one], problem.fixed[other] + costs[other]
    gives, gave = min(units[one], problem.room[one]), min(units[other], problem.room[other])
    if by_cost:
        return (mine * gave, one) < (theirs * gives, other)
    return (-gives, mine, one) < (-gave, theirs, other)


def _least(
    problem: Problem, covered: Mapping[int, int], plain: Answer, masks: _Masks
) -> dict[int, int]:
    """Return what a plan with each place costs at least."""
    useful = {j: units for j, units in covered.items() if units}
    missing = sum(
        max(0, wanted - sum(stock.values()))
        for wanted, stock in zip(problem.wanted, problem.stock, strict=True)
    )
    needs = Needs(useful, problem)
    together = _together(problem, sorted(useful), masks) if not missing else {}
    least: dict[int, int] = {}
    for j, units in useful.items():
        more, cost = needs.of(problem.units - missing - units, problem.most - 1)
        short = missing + more
        if j in together and not more and problem.most > 1 and units < problem.units:
            cost = max(cost, together[j])
        value = problem.scale.short * short + problem.fixed[j] + cost
        if units_short(problem, plain) == short:
            value += plain.value - problem.scale.short * short
        least[j] = value
    return least


def _together(problem: Problem, places: Sequence[int], masks: _Masks) -> dict[int, int]:
    """Return what the others cost at least that a place needs beside it to give everything.

    That is one other which has what this one lacks, or any two others.
    """
    if not 1 < len(places) <= _TOGETHER_AT_MOST:
        return {}
    cheap = sorted(places, key=lambda j: (problem.fixed[j], j))
    two = problem.fixed[cheap[0]] + problem.fixed[cheap[1]]
    has, enough = masks
    holders = [[(j, ~has[j]) for j in cheap if j in stock] for stock in problem.stock]
    rarest = sorted(range(len(holders)), key=lambda sku: (len(holders[sku]), sku))
    found = {}
    for j in places:
        has_enough = enough.get(j, 0)
        lacking = [sku for sku in rarest if not has_enough >> sku & 1]
        bits = sum(1 << sku for sku in lacking)
        able = (k for k, has_not in (holders[lacking[0]] if lacking else ()) if not bits & has_not)
        partner = next((k for k in able if k != j and _fill_up(problem, j, k, lacking)), None)
        found[j] = two if partner is None else min(two, problem.fixed[partner])
    return found


def _fill_up(problem: Problem, one: int, other: int, skus: Iterable[int]) -> bool:
    """Tell whether two places have enough of some SKUs between them."""
    return all(
        problem.stock[sku].get(one, 0) + problem.stock[sku][other] >= problem.wanted[sku]
        for sku in skus
    )


def _masks(problem: Problem) -> _Masks:
    """Return by place the SKUs of which it has any, and those of which it has enough, as bits."""
    has: dict[int, int] = {}
    enough: dict[int, int] = {}
    for sku, (wanted, stock) in enumerate(zip(problem.wanted, problem.stock, strict=True)):
        for j, units in stock.items():
            has[j] = has.get(j, 0) | 1 << sku
            if units >= wanted:
                enough[j] = enough.get(j, 0) | 1 << sku
    return _Masks(has, enough)


def _dominated(problem: Problem, places: Iterable[int], masks: _Masks) -> dict[int, int]:
    """Return by place one that has enough of all it has, at no higher cost in anything."""
    has, enough = masks
    found: dict[int, int] = {}
    standing: list[tuple[int, int]] = []
    for j in sorted(places, key=lambda j: (problem.fixed[j], j)):
        had = has[j]
        rivals = (k for k, lacks in standing if not had & lacks)
        by = next((k for k in rivals if _is_no_dearer(problem, k, j)), None)
        if by is not None:
            found[j] = by
        elif problem.room[j] >= problem.units and j in enough:
            standing.append((j, ~enough[j]))
    return found


def _is_no_dearer(problem: Problem, one: int, other: int) -> bool:
    return all(unit[one] <= unit[other] for unit in problem.unit if other in unit)
