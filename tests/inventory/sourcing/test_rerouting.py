"""Another way for an open order: what moves, what stays, and what it gains."""

from __future__ import annotations

import random

import attrs
import pytest

from omnicommerce.inventory.sourcing.batch import OpenOrder, reroute_all
from omnicommerce.inventory.sourcing.decide import source
from omnicommerce.inventory.sourcing.model import (
    Candidate,
    Capacity,
    Declined,
    DemandLine,
    Level,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.objectives import Cost, Distance, Splits
from omnicommerce.inventory.sourcing.rerouting import Move, OpenAllocation, reroute
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId, OrderId, Sku
from tests.inventory.sourcing.worlds import random_policy, random_request

NEAR = SourcingPolicy(objectives=(Splits(), Distance()))


def line(name: str, quantity: int, *, may_split: bool = True) -> DemandLine:
    """Return a line; its SKU is its name in capitals."""
    return DemandLine(line_id=name, sku=Sku(name.upper()), quantity=quantity, may_split=may_split)


def place(name: str, metres: int = 0, capacity: Capacity | None = None, **free: int) -> Candidate:
    """Return a place with free units by SKU."""
    levels = {sku.upper(): Level(units) for sku, units in free.items()}
    return Candidate(location_id=LocationId(name), levels=levels, metres=metres, capacity=capacity)


def held(
    name: str, where: str, quantity: int, picked: int = 0, *, may_move: bool = True
) -> OpenAllocation:
    """Return held units of a line."""
    return OpenAllocation(
        line_id=name,
        sku=Sku(name.upper()),
        location_id=LocationId(where),
        quantity=quantity,
        picked=picked,
        may_move=may_move,
    )


def moved(name: str, source_id: str, target: str, quantity: int) -> Move:
    """Return a move of a line."""
    return Move(
        line_id=name,
        sku=Sku(name.upper()),
        source=LocationId(source_id),
        target=LocationId(target),
        quantity=quantity,
    )


def test_two_parcels_become_one() -> None:
    """When a place has got the rest, the order is merged there, and the gain is a parcel."""
    request = SourcingRequest(
        lines=[line("a", 1), line("b", 1)], candidates=[place("x", 5, b=1), place("y", 9)]
    )
    found = reroute(request, NEAR, [held("a", "x", 1), held("b", "y", 1)])
    assert found.moves == (moved("b", "y", "x", 1),)
    assert found.gain == (0, 1, 9)
    assert [(d.account.scope, d.quantity) for d in found.given_up] == [("y", 1)]
    assert [(d.account.scope, d.quantity) for d in found.taken_up] == [("x", 1)]


def test_what_is_picked_stays_and_its_parcel_is_paid() -> None:
    """Units join a parcel that leaves anyhow, though another place is nearer."""
    request = SourcingRequest(
        lines=[line("a", 2), line("b", 1)],
        candidates=[place("x", 50, b=1), place("y", 20), place("z", 1, a=2, b=1)],
    )
    found = reroute(request, NEAR, [held("a", "x", 2, picked=2), held("b", "y", 1)])
    assert found.moves == (moved("b", "y", "x", 1),)
    assert found.after == (0, 1, 50)


def test_nothing_moves_for_nothing() -> None:
    """An equally good plan elsewhere is no reason to move."""
    request = SourcingRequest(lines=[line("a", 1)], candidates=[place("p", 5, a=9), place("q", 5)])
    found = reroute(request, NEAR, [held("a", "q", 1)])
    assert not found.changes
    assert found.before == found.after


def test_only_what_gains_moves() -> None:
    """One line gets nearer; the other one, which would be as good elsewhere, stays."""
    policy = SourcingPolicy(objectives=(Cost(),))
    figures = ((place("dear"), 9), (place("cheap", a=5), 1), (place("z"), 1), (place("y", b=5), 1))
    places = [attrs.evolve(one, unit_cost=cost) for one, cost in figures]
    request = SourcingRequest(lines=[line("a", 2), line("b", 2)], candidates=places)
    found = reroute(request, policy, [held("a", "dear", 2), held("b", "z", 2)])
    assert found.moves == (moved("a", "dear", "cheap", 2),)


def test_a_store_that_declines_is_left() -> None:
    """What is declined moves even where that is worse; what nobody has is released."""
    request = SourcingRequest(
        lines=[line("a", 2), line("b", 1)],
        candidates=[place("x", 1), place("y", 90, a=5)],
        declined=[Declined(location_id=LocationId("x"), sku=Sku(sku)) for sku in ("A", "B")],
    )
    found = reroute(request, NEAR, [held("a", "x", 2), held("b", "x", 1)])
    assert found.moves == (moved("a", "x", "y", 2),)
    assert [(one.line_id, one.quantity) for one in found.released] == [("b", 1)]
    assert found.gain[0] == -1


def test_what_was_short_is_found_later() -> None:
    """Units that nobody had when the order was made are taken up when somebody has them."""
    request = SourcingRequest(lines=[line("a", 3)], candidates=[place("x", 1, a=4)])
    found = reroute(request, NEAR, [held("a", "x", 1)])
    assert [(one.location_id, one.quantity) for one in found.added] == [("x", 2)]
    assert found.gain == (2, 0, 0)


def test_what_a_person_put_on_hold_stays() -> None:
    """Units that may not move do not, whatever would be better."""
    request = SourcingRequest(
        lines=[line("a", 1), line("b", 1)], candidates=[place("x", 5, b=1), place("y", 9)]
    )
    found = reroute(request, NEAR, [held("a", "x", 1), held("b", "y", 1, may_move=False)])
    assert not found.changes


def test_a_whole_line_with_a_picked_unit_stays_whole() -> None:
    """A line that may not split is not torn by moving what is not picked."""
    request = SourcingRequest(
        lines=[line("a", 3, may_split=False)], candidates=[place("x", 90), place("y", 1, a=9)]
    )
    assert not reroute(request, NEAR, [held("a", "x", 3, picked=1)]).changes
    assert reroute(request, NEAR, [held("a", "x", 3)]).moves == (moved("a", "x", "y", 3),)


def test_the_orders_own_place_in_the_queue_is_its_own() -> None:
    """A place that can take on no more orders keeps the one that it has."""
    full = Capacity(left=0)
    request = SourcingRequest(
        lines=[line("a", 1)],
        candidates=[place("x", 5, capacity=full), place("y", 1, a=1, capacity=full)],
    )
    assert not reroute(request, NEAR, [held("a", "x", 1)]).changes


def test_parcels_that_leave_anyhow_count() -> None:
    """With two parcels on their way and no third allowed, units only join one of them."""
    request = SourcingRequest(
        lines=[line("a", 1), line("b", 1), line("c", 1)],
        candidates=[place("x", 5), place("y", 9, c=1), place("z", 1, c=1), place("w", 99)],
    )
    policy = attrs.evolve(NEAR, max_parcels=2, objectives=(Distance(),))
    mine = [held("a", "x", 1, 1), held("b", "y", 1, 1), held("c", "w", 1)]
    assert reroute(request, policy, mine).moves == (moved("c", "w", "y", 1),)


@pytest.mark.parametrize("seed", range(150))
def test_a_proposal_keeps_what_is_promised(seed: int) -> None:
    """Whatever is held and picked, a proposal takes no unit that is not free (I9, I14).

    Beyond this order's own units, every location gives at most what it has free for anybody;
    picked units stay; given up and taken up agree line by line with what is short; and scores
    never get worse unless something had to move.
    """
    dice = random.Random(seed)
    request = random_request(dice, lines=4, skus=3, places=6, tight=0.2)
    policy = attrs.evolve(random_policy(dice), allow_partial=True)
    plan = source(request, policy)
    mine = [
        OpenAllocation(
            line_id=one.line_id,
            sku=one.sku,
            location_id=one.location_id,
            quantity=one.quantity,
            picked=dice.choice([0, 0, one.quantity]),
            may_move=dice.random() < 0.9,
        )
        for one in plan.allocations
    ]
    now = [_later(candidate, mine, dice) for candidate in request.candidates]
    later = attrs.evolve(request, candidates=now)
    found = reroute(later, policy, mine)
    free = {
        (str(candidate.location_id), sku): max(0, level.free)
        for candidate in now
        for sku, level in candidate.levels.items()
    }
    for demand in found.taken_up:
        assert demand.quantity <= free.get((demand.account.scope, demand.account.subject), 0)
    held_units = {(one.line_id, one.location_id): one.quantity for one in mine}
    for one in mine:
        kept = sum(
            each.quantity
            for each in found.allocations
            if (each.line_id, each.location_id) == (one.line_id, one.location_id)
        )
        assert kept >= one.picked
    change = sum(one.quantity for one in found.allocations) - sum(held_units.values())
    assert change == sum(d.quantity for d in found.taken_up) - sum(
        d.quantity for d in found.given_up
    )
    assert found.after <= found.before
    assert reroute(later, policy, reversed(mine)) == found


def _later(candidate: Candidate, mine: list[OpenAllocation], dice: random.Random) -> Candidate:
    """Return a place some time later: less what the order holds, and other units come or gone."""
    levels = {}
    for sku, level in candidate.levels.items():
        own = sum(
            one.quantity
            for one in mine
            if one.location_id == candidate.location_id and one.sku == sku
        )
        levels[sku] = attrs.evolve(level, free=level.free - own + dice.randint(-1, 3))
    capacity = candidate.capacity
    if capacity is not None:
        capacity = Capacity(left=dice.randint(0, 3), counts=capacity.counts)
    return attrs.evolve(candidate, levels=levels, capacity=capacity)


@pytest.mark.parametrize(
    "wrong",
    [
        held("b", "x", 1),
        held("a", "moon", 1),
        held("a", "x", 4),
        attrs.evolve(held("a", "x", 1), sku=Sku("B")),
    ],
)
def test_what_the_order_cannot_hold_is_refused(wrong: OpenAllocation) -> None:
    """Units of unknown lines or places, of other SKUs, or too many are a caller's mistake."""
    request = SourcingRequest(lines=[line("a", 3)], candidates=[place("x", a=1)])
    with pytest.raises(InvalidValue, match="held"):
        reroute(request, NEAR, [wrong])


def test_more_cannot_be_picked_than_is_held() -> None:
    """The error names the field."""
    with pytest.raises(InvalidValue, match="picked"):
        held("a", "x", 1, picked=2)


def test_orders_take_turns() -> None:
    """Of two orders that would both like the last near unit, the first in turn gets it (I14)."""
    candidates = [place("near", 1, a=1), place("far", 90)]
    orders = [
        OpenOrder(
            order_id=OrderId(name),
            request=SourcingRequest(lines=[line("a", 1)], candidates=candidates),
            held=[held("a", "far", 1)],
            turn=turn,
        )
        for name, turn in (("late", 2), ("early", 1))
    ]
    found = reroute_all(orders, NEAR)
    assert list(found) == ["early", "late"]
    assert found[OrderId("early")].moves == (moved("a", "far", "near", 1),)
    assert not found[OrderId("late")].changes
    assert reroute_all(reversed(orders), NEAR) == found
    with pytest.raises(InvalidValue, match="twice"):
        reroute_all([orders[0], orders[0]], NEAR)


def test_what_one_order_gives_up_the_next_one_takes() -> None:
    """A chain of moves: the second order comes to where the first one leaves."""
    candidates = [place("best", 1, a=1), place("good", 5), place("bad", 90)]
    orders = [
        OpenOrder(
            order_id=OrderId(name),
            request=SourcingRequest(lines=[line("a", 1)], candidates=candidates),
            held=[held("a", where, 1)],
        )
        for name, where in (("1", "good"), ("2", "bad"))
    ]
    found = reroute_all(orders, NEAR)
    assert found[OrderId("1")].moves == (moved("a", "good", "best", 1),)
    assert found[OrderId("2")].moves == (moved("a", "bad", "good", 1),)


@pytest.mark.parametrize("seed", range(25))
def test_a_batch_never_promises_a_unit_twice(seed: int) -> None:
    """After all proposals, in turn, no location gave more than it had free (I1, I14)."""
    dice = random.Random(seed)
    free = {(where, sku): dice.randint(0, 2) for where in "wxyz" for sku in "AB"}
    orders = []
    for number in range(6):
        candidates = [
            Candidate(
                location_id=LocationId(where),
                levels={sku: Level(free[where, sku]) for sku in "AB"},
                metres=dice.randint(1, 99),
                capacity=Capacity(left=dice.randint(0, 2)),
            )
            for where in "wxyz"
        ]
        lines = [line("a", dice.randint(1, 3)), line("b", dice.randint(1, 2))]
        mine = [held(each.line_id, dice.choice("wxyz"), each.quantity) for each in lines]
        request = SourcingRequest(lines=lines, candidates=candidates)
        orders.append(OpenOrder(order_id=OrderId(f"o{number}"), request=request, held=mine))
    found = reroute_all(orders, NEAR)
    for proposal in found.values():
        for sign, demands in ((1, proposal.given_up), (-1, proposal.taken_up)):
            for demand in demands:
                where = demand.account.scope, demand.account.subject
                free[where] += sign * demand.quantity
                assert free[where] >= 0
