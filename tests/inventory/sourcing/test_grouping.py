"""Promises of a group of locations: sums, spreading, making room."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.inventory.model import stock_account
from omnicommerce.inventory.sourcing.errors import SourcingRefused
from omnicommerce.inventory.sourcing.grouping import (
    Claim,
    LocationGroup,
    group_free,
    make_room,
    room_at,
    spread,
)
from omnicommerce.inventory.sourcing.model import Allocation
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.ledger.model import AccountKey, Standing

NAMES = ("a", "b", "c", "d")
levels = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9))


def group(*members: str) -> LocationGroup:
    """Return a group of locations."""
    return LocationGroup(group_id="madrid", members=map(LocationId, members or NAMES))


def standings(free: dict[str, int], sku: str = "D") -> dict[AccountKey, Standing]:
    """Return how stock accounts stand."""
    return {
        (key := stock_account(sku, name)): Standing(account=key, balance=n, available=n)
        for name, n in free.items()
    }


def claim(holds: str, where: str, quantity: int, *members: str) -> Claim:
    """Return a provisional claim on dresses."""
    return Claim(
        holds=holds,
        sku=Sku("D"),
        location_id=LocationId(where),
        quantity=quantity,
        group=group(*members),
    )


def wanting(where: str, quantity: int) -> Allocation:
    """Return what is wanted of a location."""
    return Allocation(line_id="", sku=Sku("D"), location_id=LocationId(where), quantity=quantity)


@given(free=levels, wanted=st.integers(1, 40))
def test_a_groups_availability_is_the_sum_of_its_members(free: dict[str, int], wanted: int) -> None:
    """A group can promise exactly what its members can, and after a promise so much less (I19)."""
    before = group_free(group(), "D", standings(free))
    assert before == sum(free.values())
    if wanted > before:
        with pytest.raises(SourcingRefused) as refusal:
            spread(group(), {"D": wanted}, standings(free))
        assert refusal.value.reasons[0].parameters["available"] == before
        return
    demands = spread(group(), {"D": wanted}, standings(free))
    after = dict(free)
    for demand in demands:
        after[demand.account.scope] -= demand.quantity
        assert after[demand.account.scope] >= 0
    assert group_free(group(), "D", standings(after)) == before - wanted


@given(free=levels, wanted=st.integers(1, 36))
def test_a_promise_leaves_the_members_as_even_as_can_be(free: dict[str, int], wanted: int) -> None:
    """No member that gave is left with over one unit less than another one has (I19)."""
    if wanted > sum(free.values()):
        return
    after = {name: free.get(name, 0) for name in NAMES}
    gave = set()
    for demand in spread(group(), {"D": wanted}, standings(free)):
        after[demand.account.scope] -= demand.quantity
        gave.add(demand.account.scope)
    assert all(after[name] >= max(after.values()) - 1 for name in gave)


def test_several_skus_are_all_or_none() -> None:
    """Every SKU that is lacking is named, and nothing is spread."""
    with pytest.raises(SourcingRefused) as refusal:
        spread(group("a"), {"D": 3, "E": 1, "F": 2}, standings({"a": 1}) | standings({"a": 1}, "E"))
    assert [reason.parameters["sku"] for reason in refusal.value.reasons] == ["D", "F"]


@given(
    free=levels,
    lying=st.lists(st.integers(1, 4), max_size=4),
    wanted=st.integers(1, 12),
)
def test_room_is_made_by_moving_claims_and_never_lost(
    free: dict[str, int], lying: list[int], wanted: int
) -> None:
    """Claims move to where units are free; no promise shrinks, nobody is oversold (I14, I19)."""
    claims = [claim(f"hold-{turn}", "a", units) for turn, units in enumerate(lying)]
    elsewhere = sum(free.get(name, 0) for name in "bcd")
    room = free.get("a", 0) + min(elsewhere, sum(lying))
    assert room_at(LocationId("a"), "D", claims, standings(free)) == room
    if wanted > room:
        with pytest.raises(SourcingRefused):
            make_room(wanting("a", wanted), claims, standings(free))
        return
    shifts = make_room(wanting("a", wanted), claims, standings(free))
    assert sum(one.quantity for one in shifts) == max(0, wanted - free.get("a", 0))
    for name in "bcd":
        taken = sum(one.quantity for one in shifts if one.target == name)
        assert taken <= free.get(name, 0)
    for one in claims:
        own = sum(shift.quantity for shift in shifts if shift.holds == one.holds)
        assert own <= one.quantity
    assert make_room(wanting("a", wanted), claims[::-1], standings(free)) == shifts


def test_a_claim_moves_within_its_own_group() -> None:
    """Another group's members are no way out, however much they have."""
    claims = [claim("h", "a", 2, "a", "b")]
    free = standings({"b": 1, "c": 9})
    assert room_at(LocationId("a"), "D", claims, free) == 1
    with pytest.raises(SourcingRefused, match="over_free"):
        make_room(wanting("a", 2), claims, free)


def test_groups_that_cannot_be_are_refused() -> None:
    """A group has members, and they are several texts."""
    nobody: tuple[Any, ...] = ([], "madrid")
    for members in nobody:
        with pytest.raises(InvalidValue, match=r"members|location"):
            LocationGroup(group_id="g", members=members)
