"""The packing beside HiGHS, a solver of integer programmes in floating point."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from benchmarks.adversarial import adversarial, expanded
from omnicommerce.pricing.selection.budget import Budget
from omnicommerce.pricing.selection.model import Application, Model, model_of
from omnicommerce.pricing.selection.packing import Column
from omnicommerce.pricing.selection.rests import curve_of
from omnicommerce.pricing.selection.simplex import Outcome, reoptimise
from omnicommerce.pricing.selection.tableau import Tableau
from tests.pricing.packing_problems import Problem, some_rest

highspy = pytest.importorskip("highspy")


def maximiser() -> Any:
    """Return HiGHS, silent, maximising, exact to the unit."""
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5)):
        solver.setOptionValue(option, value)
    solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
    return solver


def used(solver: Any, columns: Sequence[Column], counts: Sequence[Any], k: int) -> Any:
    """Return how many units of a class the counts use, as an expression."""
    return solver.qsum(
        a * count
        for column, count in zip(columns, counts, strict=True)
        for class_, a in column.uses
        if class_ == k
    )


def highest(problem: Problem) -> int:
    """Return the best value by HiGHS, with a binary for each conflict and each number left."""
    solver = maximiser()
    most = sum(problem.units)
    counts = [solver.addIntegral(lb=0, ub=most, obj=c.value) for c in problem.columns]
    for k, units in enumerate(problem.units):
        left = [solver.addBinary(obj=problem.rest[k][n]) for n in range(units + 1)]
        number_left = solver.qsum(n * x for n, x in enumerate(left))
        solver.addConstr(used(solver, problem.columns, counts, k) + number_left == units)
        solver.addConstr(solver.qsum(left) == 1)
    by_offer: dict[int, list[Any]] = {column.offer: [] for column in problem.columns}
    for column, count in zip(problem.columns, counts, strict=True):
        by_offer[column.offer].append(count)
    for offer in by_offer.keys() & problem.limits.keys():
        solver.addConstr(solver.qsum(by_offer[offer]) <= problem.limits[offer])
    for one, other in problem.conflicts:
        if one in by_offer and other in by_offer:
            chosen = solver.addBinary()
            solver.addConstr(solver.qsum(by_offer[one]) - most * chosen <= 0)
            solver.addConstr(solver.qsum(by_offer[other]) + most * chosen <= most)
    solver.run()
    value: float = solver.getObjectiveValue()
    return round(value)


def medium_problem(seed: int) -> Problem:
    """Return an adversarial basket with limits, conflicts and rests of all shapes."""
    dice = random.Random(seed)
    basket = adversarial(seed, 12, 30, 10)
    kind = seed % 4
    shapes = ["nothing", "straight", "concave", "any"]
    return Problem(
        basket.units,
        expanded(basket),
        limits={offer: dice.randint(1, 3) for offer in range(10) if kind and dice.random() < 0.4},
        rest=[some_rest(dice, shapes[kind], 200, count) for count in basket.units],
        conflicts=[
            (one, other)
            for one in range(10)
            for other in range(one)
            if kind % 2 and dice.random() < 0.1
        ],
    )


@pytest.mark.parametrize("seed", range(24))
def test_a_solver_finds_nothing_better(seed: int) -> None:
    """HiGHS and the packing agree on baskets too large for brute force."""
    problem = medium_problem(seed)
    packing = problem.packed()
    assert packing.is_optimal
    assert highest(problem) == packing.value


def model_without_rests(units: Sequence[int], columns: Sequence[Column]) -> Model:
    """Return the integer programme of some columns."""
    curves = [curve_of(0, count, "rest") for count in units]
    return model_of([Application(*column) for column in columns], units, curves, {})


@pytest.mark.parametrize("seed", range(10))
def test_the_relaxation_is_exact(seed: int) -> None:
    """The simplex on integers has the optimum that HiGHS has in floating point."""
    basket = adversarial(seed, 10, 30, 8)
    columns = expanded(basket)
    model = model_without_rests(basket.units, columns)
    tableau = Tableau.of_rows(model.right)
    names = range(len(columns))
    tableau.add_columns(list(zip(names, model.columns, model.costs, model.highs, strict=True)))
    assert reoptimise(tableau, Budget(10**6)) is Outcome.OPTIMAL
    solver = maximiser()
    counts = [
        solver.addVariable(lb=0, ub=high, obj=column.value)
        for column, high in zip(columns, model.highs, strict=True)
    ]
    for k, units in enumerate(basket.units):
        solver.addConstr(used(solver, columns, counts, k) <= units)
    solver.run()
    exact = float(Fraction(tableau.objective, tableau.scale))
    assert exact == pytest.approx(solver.getObjectiveValue(), abs=1e-4)
