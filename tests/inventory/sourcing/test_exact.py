"""Plans of small requests beside all plans there are, tried one by one."""

from __future__ import annotations

import random

import attrs
import pytest

from omnicommerce.inventory.sourcing.decide import EXACT_PLACES, source
from omnicommerce.inventory.sourcing.judging import judged
from omnicommerce.inventory.sourcing.model import (
    Candidate,
    DemandLine,
    Level,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.objectives import Cost, Distance, Splits
from omnicommerce.kernel.ids import LocationId, Sku
from tests.inventory.sourcing.worlds import (
    best_scores,
    is_allowed,
    plan_scores,
    random_policy,
    random_request,
    shuffled,
    tiny,
    units_of,
)

BATCH = 250


@pytest.mark.parametrize("batch", range(10))
def test_no_plan_is_better(batch: int) -> None:
    """Every small plan is the first of the best ones, and is proved to be (I16).

    Beside a search that tries every plan: lines that may not split, scarce room, several lines of
    one SKU, limits on parcels and explicit shortfalls, under one to four ranks of all objectives.
    """
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        dice = random.Random(seed)
        request, policy = tiny(dice), random_policy(dice)
        plan = source(request, policy)
        scores, places = best_scores(request, policy)
        assert plan.certificate.found == scores, seed
        assert plan.certificate.is_optimal, seed
        if scores[0] and not policy.allow_partial:
            assert not plan.allocations
            continue
        assert plan_scores(request, policy, units_of(plan)) == scores, seed
        assert tuple(sorted(plan.locations, reverse=True)) == places, seed


@pytest.mark.parametrize("seed", range(120))
def test_a_plan_keeps_every_rule(seed: int) -> None:
    """Units and shortfall add up to the demand; no place gives more than it has (I16, I3).

    The places are eligible, their capacity is kept, and a plan that is judged by hand breaks no
    rule and has the scores that its certificate says.
    """
    dice = random.Random(seed)
    lines, skus, places = ((8, 5, 14), (11, 11, 12))[seed % 2]
    request = random_request(dice, lines=lines, skus=skus, places=places, most=4)
    policy = random_policy(dice)
    plan = source(request, policy)
    assert is_allowed(request, policy, units_of(plan))
    for line in request.lines:
        given = sum(one.quantity for one in plan.allocations if one.line_id == line.line_id)
        short = sum(one.quantity for one in plan.shortfalls if one.line_id == line.line_id)
        assert given + short == line.quantity
    verdict = judged(request, attrs.evolve(policy, allow_partial=True), plan.allocations)
    assert verdict.is_allowed
    if plan.allocations:
        assert verdict.scores == plan.certificate.found


@pytest.mark.parametrize("seed", range(60))
def test_the_order_of_the_input_does_not_matter(seed: int) -> None:
    """Shuffled lines and candidates give the same plan, trace included (I16)."""
    dice = random.Random(seed)
    request = random_request(dice, lines=7, skus=5, places=dice.choice([6, 18]))
    policy = random_policy(dice)
    assert source(shuffled(request, dice), policy) == source(request, policy)


@pytest.mark.parametrize("seed", range(40))
def test_splitting_a_line_changes_no_verdict(seed: int) -> None:
    """Two lines of one SKU are judged together: halves get what the whole gets (I3)."""
    dice = random.Random(seed)
    request = random_request(dice, lines=3, skus=3, places=6, tight=0)
    policy = random_policy(dice)
    halves = [
        attrs.evolve(line, line_id=f"{line.line_id}{half}", quantity=quantity)
        for line in request.lines
        for half, quantity in (("a", line.quantity // 2), ("b", -(-line.quantity // 2)))
        if quantity
    ]
    whole = source(request, policy)
    parts = source(attrs.evolve(request, lines=halves), policy)
    assert parts.certificate.found == whole.certificate.found
    assert parts.locations == whole.locations


@pytest.mark.parametrize("seed", range(30))
def test_scaling_changes_no_choice(seed: int) -> None:
    """Ten times the demand over ten times the stock comes from the same places."""
    dice = random.Random(seed)
    request = random_request(dice, lines=4, skus=4, places=7, tight=0)
    policy = SourcingPolicy(objectives=(Splits(), Distance()), allow_partial=True)
    tenfold = attrs.evolve(
        request,
        lines=[attrs.evolve(line, quantity=10 * line.quantity) for line in request.lines],
        candidates=[
            attrs.evolve(
                place,
                levels={sku: Level(10 * level.free) for sku, level in place.levels.items()},
            )
            for place in request.candidates
        ],
    )
    assert source(tenfold, policy).locations == source(request, policy).locations


@pytest.mark.parametrize("seed", range(25))
def test_the_stated_size_is_always_exact(seed: int) -> None:
    """Twenty lines over ten places are proved whatever the ranks, if lines may be split."""
    dice = random.Random(seed)
    request = random_request(dice, lines=20, skus=20, places=EXACT_PLACES, tight=0)
    plan = source(request, attrs.evolve(random_policy(dice), nodes=1))
    assert plan.certificate.is_optimal


def wanting(quantity: int) -> DemandLine:
    """Return a line of dresses."""
    return DemandLine(line_id="1", sku=Sku("DRESS"), quantity=quantity)


def having(name: str, free: int, **figures: int) -> Candidate:
    """Return a place with dresses."""
    return Candidate(location_id=LocationId(name), levels={"DRESS": Level(free)}, **figures)  # type: ignore[arg-type]  # figures are numbers


def test_equal_plans_are_decided_by_identity() -> None:
    """Of places that are equally good, the first by identity gives."""
    request = SourcingRequest(
        lines=[wanting(3)], candidates=[having("c", 3), having("a", 3), having("b", 3)]
    )
    assert source(request, SourcingPolicy()).locations == ("a",)


def test_a_unit_that_is_short_weighs_more_than_everything() -> None:
    """However dear the last place is, it gives before anything stays short."""
    request = SourcingRequest(
        lines=[wanting(5)],
        candidates=[having("near", 4, metres=1), having("far", 1, metres=900_000)],
    )
    plan = source(request, SourcingPolicy(objectives=(Distance(),), allow_partial=True))
    assert plan.is_complete
    assert plan.locations == ("far", "near")


def test_all_or_nothing_says_what_is_lacking() -> None:
    """Without partial plans nothing is allocated, everything is short, and a reason says why."""
    request = SourcingRequest(lines=[wanting(5)], candidates=[having("a", 4)])
    plan = source(request, SourcingPolicy())
    assert plan.allocations == ()
    assert [(one.line_id, one.quantity) for one in plan.shortfalls] == [("1", 5)]
    assert plan.reasons[0].code == "sourcing.short"
    assert dict(plan.reasons[0].parameters) == {"sku": "DRESS", "wanted": 5, "found": 4}


def test_thirteen_units_over_ten_and_fifteen() -> None:
    """Each location gives its part and no more, where others once allocated the whole twice."""
    request = SourcingRequest(
        lines=[wanting(13)],
        candidates=[having("a", 10, unit_cost=1), having("b", 15, unit_cost=2)],
    )
    plan = source(request, SourcingPolicy(objectives=(Cost(),)))
    assert {one.location_id: one.quantity for one in plan.allocations} == {"a": 10, "b": 3}
