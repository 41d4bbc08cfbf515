"""From plans to demands and packages."""

from __future__ import annotations

import random

import pytest

from omnicommerce.inventory.model import Location, Point, stock_account
from omnicommerce.inventory.sourcing.candidates import candidate_of, figures_of, with_figures
from omnicommerce.inventory.sourcing.decide import source
from omnicommerce.inventory.sourcing.holding import capacity_account, plan_demands, stock_demands
from omnicommerce.inventory.sourcing.judging import judged
from omnicommerce.inventory.sourcing.model import (
    Allocation,
    Candidate,
    Capacity,
    CapacityUnit,
    DemandLine,
    Level,
    LocationKind,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.packages import packages
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.ledger.model import Demand, Standing
from tests.inventory.sourcing.worlds import random_policy, random_request

DAY = "2026-11-23"


def gives(line: str, sku: str, where: str, quantity: int) -> Allocation:
    """Return an allocation."""
    return Allocation(line_id=line, sku=Sku(sku), location_id=LocationId(where), quantity=quantity)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_held_is_what_was_decided(seed: int) -> None:
    """Demands are the plan's units by SKU and location, summed over lines (I3, I16)."""
    dice = random.Random(seed)
    request = random_request(dice, lines=6, skus=3, places=6)
    plan = source(request, random_policy(dice))
    demands = plan_demands(plan, request.candidates)
    held = {(d.account.subject, d.account.scope): d.quantity for d in demands}
    assert len(held) == len(demands)
    assert [d.account for d in demands] == sorted(d.account for d in demands)
    units: dict[tuple[str, str], int] = {}
    for one in plan.allocations:
        units[one.sku, one.location_id] = units.get((one.sku, one.location_id), 0) + one.quantity
    assert held == units


def test_capacity_that_the_ledger_counts_is_held_with_the_stock() -> None:
    """An order counts one, or each of its units, on the account that the candidate names."""
    accounts = {name: capacity_account(name, DAY) for name in ("by-order", "by-unit")}
    kinds = {"by-order": CapacityUnit.ORDERS, "by-unit": CapacityUnit.UNITS}
    request = SourcingRequest(
        lines=[DemandLine(line_id="1", sku=Sku("D"), quantity=5)],
        candidates=[
            Candidate(
                location_id=LocationId(name),
                levels={"D": Level(3)},
                capacity=Capacity(left=4, counts=kinds[name], account=account),
            )
            for name, account in accounts.items()
        ],
    )
    plan = source(request, SourcingPolicy())
    assert plan_demands(plan, request.candidates) == (
        Demand(accounts["by-order"], 1),
        Demand(accounts["by-unit"], 2),
        Demand(stock_account("D", "by-order"), 3),
        Demand(stock_account("D", "by-unit"), 2),
    )


def test_nothing_is_held_for_nothing() -> None:
    """A plan without allocations has no demands."""
    assert stock_demands([]) == ()


def test_candidates_come_from_the_map_and_the_ledger() -> None:
    """Distance, kind, free units and capacity come from what the shop knows."""
    sol, sants = Point(40_416_800, -3_703_800), Point(41_379_000, 2_140_000)
    depot = Location(
        location_id=LocationId("depot"), name="Depot", is_store=False, point=sants, zone="east"
    )
    account = capacity_account("depot", DAY)
    found = candidate_of(
        depot,
        near=sol,
        parcel_cost=499,
        levels={"D": Level(99, age_days=7)},
        capacity=Capacity(left=9, account=account),
    )
    assert (found.kind, found.zone, found.parcel_cost) == (LocationKind.WAREHOUSE, "east", 499)
    assert found.metres is not None
    assert 500_000 < found.metres < 510_000
    assert candidate_of(depot).metres is None
    request = SourcingRequest(
        lines=[DemandLine(line_id=sku, sku=Sku(sku), quantity=1) for sku in "DE"],
        candidates=[found],
    )
    stock = [stock_account(sku, "depot") for sku in "DE"]
    assert figures_of(request) == (account, *stock)
    figures = {
        key: Standing(account=key, available=units)
        for key, units in ((account, 2), (stock[0], 4), (stock[1], 6))
    }
    (now,) = with_figures(request, figures).candidates
    assert dict(now.levels) == {"D": Level(4, age_days=7), "E": Level(6)}
    assert now.capacity == Capacity(left=2, account=account)
    (later,) = with_figures(request, {}).candidates
    assert later.levels["D"].free == 0
    assert later.capacity == Capacity(left=0, account=account)


LINES = (
    DemandLine(line_id="1", sku=Sku("POT"), quantity=3, unit_grams=900),
    DemandLine(line_id="2", sku=Sku("CUP"), quantity=4, unit_grams=200),
    DemandLine(line_id="3", sku=Sku("ICE"), quantity=1, unit_grams=50, shipping_group="cold"),
)


def test_packages_keep_groups_apart_and_the_limit() -> None:
    """Heavy units first, each into the first package that can bear it; cold goods on their own."""
    allocations = [
        gives("1", "POT", "a", 3),
        gives("2", "CUP", "a", 3),
        gives("2", "CUP", "b", 1),
        gives("3", "ICE", "a", 1),
    ]
    found = packages(allocations, LINES, most_grams=2000)
    told = [
        (p.location_id, p.shipping_group, p.grams, [(c.sku, c.quantity) for c in p.contents])
        for p in found
    ]
    assert told == [
        ("a", None, 2000, [("POT", 2), ("CUP", 1)]),
        ("a", None, 1300, [("POT", 1), ("CUP", 2)]),
        ("a", "cold", 50, [("ICE", 1)]),
        ("b", None, 200, [("CUP", 1)]),
    ]
    assert len(packages(allocations, LINES)) == 3


@pytest.mark.parametrize("seed", range(40))
def test_packages_lose_nothing(seed: int) -> None:
    """Every unit is in exactly one package; only a single unit may be above the limit."""
    dice = random.Random(seed)
    lines = [
        DemandLine(
            line_id=str(number),
            sku=Sku(f"S{number}"),
            quantity=dice.randint(1, 9),
            unit_grams=dice.choice([0, 30, 700, 2600]),
            shipping_group=dice.choice([None, "cold"]),
        )
        for number in range(5)
    ]
    allocations = [
        gives(line.line_id, line.sku, dice.choice("ab"), line.quantity) for line in lines
    ]
    found = packages(allocations, lines, most_grams=2000)
    packed: dict[tuple[str, str], int] = {}
    for package in found:
        units = sum(one.quantity for one in package.contents)
        assert package.grams <= 2000 or units == 1
        for one in package.contents:
            key = one.line_id, one.location_id
            packed[key] = packed.get(key, 0) + one.quantity
    assert packed == {(one.line_id, one.location_id): one.quantity for one in allocations}
    assert packages(dice.sample(allocations, 5), lines, most_grams=2000) == found


def test_packages_know_their_lines() -> None:
    """A line that is missing, and a limit that nothing could keep, are refused."""
    with pytest.raises(InvalidValue, match="lines"):
        packages([gives("9", "POT", "a", 1)], LINES)
    with pytest.raises(InvalidValue, match="most_grams"):
        packages([], LINES, most_grams=0)


def test_a_plan_made_by_hand_is_judged() -> None:
    """Each rule that it breaks is named, and its scores are those of any plan."""
    request = SourcingRequest(
        lines=[
            DemandLine(line_id="1", sku=Sku("D"), quantity=2, may_split=False),
            DemandLine(line_id="2", sku=Sku("D"), quantity=2),
        ],
        candidates=[
            Candidate(
                location_id=LocationId(name),
                levels={"D": Level(2)},
                metres=metres,
                capacity=Capacity(left=left, counts=CapacityUnit.UNITS),
            )
            for name, metres, left in (("a", 5, 9), ("b", 7, 1), ("c", 1, 0))
        ],
    )
    policy = SourcingPolicy(max_parcels=1)
    by_hand = [
        gives("1", "D", "a", 1),
        gives("1", "D", "b", 2),
        gives("2", "D", "a", 2),
        gives("2", "D", "c", 1),
    ]
    judgement = judged(request, policy, by_hand)
    assert not judgement.is_allowed
    assert [reason.code for reason in judgement.reasons] == [
        "sourcing.too_much",
        "sourcing.torn",
        "sourcing.too_much",
        "sourcing.too_many_parcels",
        "sourcing.over_free",
        "sourcing.no_capacity",
        "sourcing.no_capacity",
        "sourcing.no_capacity",
    ]
    fine = judged(request, SourcingPolicy(allow_partial=True), [gives("2", "D", "a", 2)])
    assert (fine.is_allowed, fine.scores) == (True, (2, 1, 5))
    assert [r.code for r in judged(request, policy, []).reasons] == ["sourcing.short"] * 2
    for wrong in (gives("9", "D", "a", 1), gives("1", "E", "a", 1), gives("1", "D", "moon", 1)):
        with pytest.raises(InvalidValue, match="allocations"):
            judged(request, policy, [wrong])
