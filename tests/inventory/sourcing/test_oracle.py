"""Plans too large for trying all of them, beside HiGHS, a solver of integer programmes."""

from __future__ import annotations

import random
from typing import Any

import attrs
import pytest

from omnicommerce.inventory.sourcing.decide import EXACT_PLACES, source
from omnicommerce.inventory.sourcing.model import (
    CapacityUnit,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.objectives import (
    Cost,
    Distance,
    MarkdownRisk,
    Objective,
    Splits,
    StockAge,
    Weighted,
    WeightedTerm,
)
from tests.inventory.sourcing.worlds import figure, random_request

highspy = pytest.importorskip("highspy")

MIX = Weighted((WeightedTerm(Cost(), 7), WeightedTerm(Distance()), WeightedTerm(StockAge(), 2)))
RANKS: tuple[tuple[Objective, ...], ...] = (
    (Cost(),),
    (Splits(), Cost()),
    (MIX,),
    (MarkdownRisk(), Splits()),
    (Distance(), Splits()),
)


class Programme:
    """A request as an integer programme; ranks are solved one after another."""

    def __init__(self, request: SourcingRequest, most: int | None) -> None:
        self.request = request
        self.solver = highspy.Highs()
        for option, value in (("output_flag", False), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5)):
            self.solver.setOptionValue(option, value)
        self.places = [
            place for place in request.candidates if place.capacity is None or place.capacity.left
        ]
        self.used = [self.solver.addBinary() for _ in self.places]
        self.units = {
            (i, j): self.solver.addIntegral(lb=0, ub=line.quantity)
            for i, line in enumerate(request.lines)
            for j, place in enumerate(self.places)
            if line.sku in place.levels and place.levels[line.sku].free > 0
        }
        self._lines()
        self._places()
        if most is not None:
            self.solver.addConstr(self._sum(self.used) <= most)

    def _sum(self, terms: Any) -> Any:
        return self.solver.qsum(terms)

    def _lines(self) -> None:
        for i, line in enumerate(self.request.lines):
            own = {j: x for (row, j), x in self.units.items() if row == i}
            if own:
                self.solver.addConstr(self._sum(own.values()) <= line.quantity)
            if own and not line.may_split:
                chosen = {j: self.solver.addBinary() for j in own}
                self.solver.addConstr(self._sum(chosen.values()) <= 1)
                for j, x in own.items():
                    self.solver.addConstr(x - line.quantity * chosen[j] <= 0)

    def _places(self) -> None:
        lines = self.request.lines
        for j, place in enumerate(self.places):
            own = {i: x for (i, column), x in self.units.items() if column == j}
            for i, x in own.items():
                self.solver.addConstr(x - lines[i].quantity * self.used[j] <= 0)
            for sku in {lines[i].sku for i in own}:
                same = [x for i, x in own.items() if lines[i].sku == sku]
                self.solver.addConstr(self._sum(same) <= place.levels[sku].free)
            capacity = place.capacity
            if own and capacity is not None and capacity.counts is CapacityUnit.UNITS:
                self.solver.addConstr(self._sum(own.values()) <= capacity.left)

    def short(self) -> Any:
        """Return the units that are short."""
        return sum(line.quantity for line in self.request.lines) - self._sum(self.units.values())

    def score(self, rank: Objective) -> Any:
        """Return the score of a rank."""
        home = self.request.collect_at
        lines = self.request.lines
        return self._sum(
            [figure(rank, self.places[j], None, home) * y for j, y in enumerate(self.used)]
        ) + self._sum(
            [
                figure(rank, self.places[j], self.places[j].levels[lines[i].sku], home) * x
                for (i, j), x in self.units.items()
            ]
        )

    def least(self, expression: Any) -> int:
        """Return the least value of an expression, and keep to it from now on."""
        self.solver.minimize(expression)
        value: int = round(self.solver.getObjectiveValue())
        self.solver.addConstr(expression <= value)
        return value


def best(request: SourcingRequest, policy: SourcingPolicy) -> tuple[int, ...]:
    """Return the best scores by HiGHS."""
    programme = Programme(request, policy.max_parcels)
    ranks = [programme.score(rank) for rank in policy.objectives]
    return tuple(programme.least(each) for each in (programme.short(), *ranks))


def situation(
    seed: int, places: int, tight: float, lines: int = 8
) -> tuple[SourcingRequest, SourcingPolicy]:
    """Return a request over so many places; a third have no limits."""
    dice = random.Random(seed)
    request = random_request(dice, lines=lines, skus=lines, places=places, most=4, tight=tight)
    return request, SourcingPolicy(
        objectives=RANKS[seed % len(RANKS)],
        allow_partial=True,
        max_parcels=dice.choice([None, None, 3]),
    )


@pytest.mark.parametrize("seed", range(30))
def test_a_solver_finds_nothing_better(seed: int) -> None:
    """Up to the stated size HiGHS finds the same scores (I16)."""
    request, policy = situation(seed, EXACT_PLACES, tight=0.25 if seed % 3 else 0)
    plan = source(request, policy)
    assert plan.certificate.is_optimal
    assert plan.certificate.found == best(request, policy)


@pytest.mark.parametrize("seed", range(30))
def test_beyond_it_the_bound_is_never_wrong(seed: int) -> None:
    """Over three times as many places, the best scores lie between the bound and the plan's."""
    request, policy = situation(seed, 3 * EXACT_PLACES, tight=0.25 if seed % 3 else 0)
    certificate = source(request, policy).certificate
    assert certificate.bound <= best(request, policy) <= certificate.found


@pytest.mark.parametrize("seed", range(30))
def test_plans_over_nearly_all_places_are_bounded(seed: int) -> None:
    """Where the plan itself uses about as many places as can be searched, the bound is true."""
    request, policy = situation(seed, EXACT_PLACES + 2, 0.25 if seed % 3 else 0, lines=11)
    certificate = source(request, policy).certificate
    assert certificate.bound <= best(request, policy) <= certificate.found


def test_a_search_that_is_cut_short_says_so() -> None:
    """With one node of budget the bound stays true, and some plan is not proved."""
    proved = 0
    for seed in range(20):
        request, policy = situation(seed, 3 * EXACT_PLACES, tight=0.2)
        certificate = source(request, attrs.evolve(policy, nodes=1)).certificate
        assert certificate.bound <= source(request, policy).certificate.found
        proved += certificate.is_optimal
    assert proved < 20
