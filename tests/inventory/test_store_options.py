"""Which store can serve whom."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.inventory.decide import store_options
from omnicommerce.inventory.model import Location, Point, metres_between, stock_account
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId
from omnicommerce.ledger.model import Standing

SOL = Point(40_416_800, -3_703_800)
POINTS = {
    "gran-via": Point(40_420_000, -3_705_000),
    "serrano": Point(40_428_000, -3_687_000),
    "sants": Point(41_379_000, 2_140_000),
}


def store(name: str, *, is_store: bool = True, point: Point | None = None) -> Location:
    """Return a location."""
    return Location(
        location_id=LocationId(name),
        name=name.title(),
        is_store=is_store,
        point=point or POINTS.get(name),
    )


def standing(sku: str, location: str, available: int) -> Standing:
    """Return how a stock account stands."""
    return Standing(account=stock_account(sku, location), balance=available, available=available)


def test_the_nearest_store_that_has_everything_comes_first() -> None:
    """A nearer store that lacks something comes after a farther one that has it all."""
    found = [standing("DRESS", "serrano", 1), standing("DRESS", "sants", 5)]
    options = store_options(
        [store(name) for name in POINTS],
        {"DRESS": 1},
        {entry.account: entry for entry in found},
        near=SOL,
    )
    assert [option.location.location_id for option in options] == ["serrano", "sants", "gran-via"]
    assert [option.can_serve for option in options] == [True, True, False]
    assert options[2].lacking[0].available == 0


def test_warehouses_are_no_pickup_points() -> None:
    """A location that is no store is not offered."""
    assert store_options([store("depot", is_store=False)], {"DRESS": 1}, {}) == ()


@given(
    levels=st.dictionaries(st.sampled_from(sorted(POINTS)), st.integers(0, 3)),
    wanted=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_the_ranking_does_not_depend_on_the_order_of_stores(
    levels: dict[str, int], wanted: int, seed: int
) -> None:
    """Shuffled candidates give the same ranking, and only able ones can serve (I16, I30)."""
    stores = [store(name) for name in POINTS]
    shuffled = random.Random(seed).sample(stores, len(stores))
    found = {stock_account("D", n): standing("D", n, q) for n, q in levels.items()}
    options = store_options(stores, {"D": wanted}, found, near=SOL)
    assert store_options(shuffled, {"D": wanted}, found, near=SOL) == options
    for option in options:
        assert option.can_serve == (levels.get(option.location.location_id, 0) >= wanted)


def test_distances_are_those_of_the_map() -> None:
    """Madrid to Barcelona is about 505 km along the great circle; nowhere is 0 m away."""
    assert 500_000 < metres_between(SOL, POINTS["sants"]) < 510_000
    assert metres_between(SOL, SOL) == 0


@pytest.mark.parametrize("latitude", [90_000_001, -90_000_001, 40.4, True])
def test_places_off_the_map_are_refused(latitude: object) -> None:
    """A point is whole microdegrees within the globe."""
    with pytest.raises(InvalidValue):
        Point(latitude, 0)  # type: ignore[arg-type]  # the misuse under test
