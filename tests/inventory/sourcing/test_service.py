"""Plans, moves and group promises on every store's ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import attrs
import pytest

from omnicommerce.inventory.model import stock_account
from omnicommerce.inventory.sourcing.decide import source
from omnicommerce.inventory.sourcing.errors import SourcingRefused
from omnicommerce.inventory.sourcing.grouping import Claim, LocationGroup, group_free
from omnicommerce.inventory.sourcing.holding import capacity_account, plan_demands
from omnicommerce.inventory.sourcing.model import (
    Allocation,
    Candidate,
    Capacity,
    DemandLine,
    SourcingPlan,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.objectives import FromCollectionPoint, Splits
from omnicommerce.inventory.sourcing.rerouting import OpenAllocation, Rerouting, reroute
from omnicommerce.inventory.sourcing.service import Sourcing
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.ledger.errors import HoldEnded, Shortage
from omnicommerce.ledger.model import AccountKey, Command, Demand
from tests.concurrency.race import at_once, require_clean
from tests.stores import ledger_stores

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOON = NOON + timedelta(minutes=30)
MADRID = LocationGroup(group_id="madrid", members=map(LocationId, "abc"))
QUEUE = capacity_account("a", "2026-11-23")
NEAREST_FIRST = SourcingPolicy()


@attrs.frozen
class World:
    """A store with stock, and the use cases over it."""

    store: Any
    clock: ManualClock
    sourcing: Sourcing

    def receive(self, account: AccountKey, units: int) -> None:
        """Put units in."""
        by = Command(f"in-{account.subject}-{account.scope}", "receipt", NOON)
        self.store.run(lambda unit: unit.ledger.adjust(account, units, by=by))

    def free(self, *places: str, sku: str = "D") -> list[int]:
        """Return what is free of a SKU at some places."""
        accounts = [stock_account(sku, place) for place in places]
        at = self.clock.now()
        found = self.store.run(lambda unit: unit.ledger.standings(accounts, at=at))
        return [found[account].available for account in accounts]

    def open(self, *groups: str) -> dict[tuple[str, str], int]:
        """Return what holds have open, by SKU and place."""
        found: dict[tuple[str, str], int] = {}
        for group in groups:
            for one in self.store.run(lambda unit, name=group: unit.ledger.holds(name)):
                if one.open:
                    key = one.account.subject, one.account.scope
                    found[key] = found.get(key, 0) + one.open
        return found

    def request(self, **quantities: int) -> SourcingRequest:
        """Return a request over three places, the first being nearest, with what is free now."""
        lines = [
            DemandLine(line_id=sku, sku=Sku(sku), quantity=quantity)
            for sku, quantity in quantities.items()
        ]
        candidates = [
            Candidate(
                location_id=LocationId(name),
                levels={},
                metres=10 * turn,
                capacity=Capacity(left=0, account=QUEUE) if name == "a" else None,
            )
            for turn, name in enumerate("abc", 1)
        ]
        return self.sourcing.look_up(SourcingRequest(lines=lines, candidates=candidates))

    def hold(self, plan: SourcingPlan, request: SourcingRequest, group: str = "order-1") -> None:
        """Hold a plan for half an hour."""
        self.sourcing.hold(plan, request.candidates, group=group, expires_at=SOON, cause="order-1")

    def apply(self, found: Rerouting, *holds: str, group: str = "moved") -> tuple[str, ...]:
        """Do what was proposed."""
        return self.sourcing.move(
            holds,
            given_up=found.given_up,
            taken_up=found.taken_up,
            group=group,
            cause="order-1",
        )

    def require_clean(self) -> None:
        """Fail unless the books agree with the journal (I4)."""
        require_clean(self.store)


@contextmanager
def opened(url: str, stock: Mapping[str, int], queue: int = 9) -> Iterator[World]:
    """Open a world with dresses and a queue at the first place."""
    with ledger_stores(url) as new_store:
        store, clock = new_store(), ManualClock(NOON)
        world = World(store, clock, Sourcing(store, clock))
        for place, units in stock.items():
            world.receive(stock_account("D", place), units)
        world.receive(QUEUE, queue)
        yield world
        world.require_clean()


def test_the_plan_that_was_checked_is_held(database_url: str) -> None:
    """Exactly the plan's units are held, with the capacity; once, however often it is asked."""
    with opened(database_url, {"a": 2, "b": 5}) as world:
        request = world.request(D=4)
        request = attrs.evolve(request, collect_at=LocationId("a"))
        plan = source(request, SourcingPolicy(objectives=(FromCollectionPoint(), Splits())))
        for _ in range(2):
            world.hold(plan, request)
        assert world.open("order-1") == {
            ("a", "2026-11-23"): 1,
            ("D", "a"): 2,
            ("D", "b"): 2,
        }
        assert world.open("order-1") == {
            (demand.account.subject, demand.account.scope): demand.quantity
            for demand in plan_demands(plan, request.candidates)
        }
        assert world.free("a", "b") == [0, 3]


def test_a_plan_that_somebody_overtook_holds_nothing(database_url: str) -> None:
    """What was sold since the plan was made refuses all of it, and the next plan goes elsewhere."""
    with opened(database_url, {"a": 3, "b": 3}) as world:
        request = world.request(D=3)
        plan = source(request, NEAREST_FIRST)
        assert plan.locations == ("a",)
        by = Command("till", "sale", NOON)
        world.store.run(lambda unit: unit.ledger.debit(stock_account("D", "a"), 1, by=by))
        with pytest.raises(Shortage):
            world.hold(plan, request)
        assert world.open("order-1") == {}
        again = world.request(D=3)
        world.hold(source(again, NEAREST_FIRST), again)
        assert world.open("order-1") == {("D", "b"): 3}


def test_a_full_queue_is_no_candidate_and_no_hold(database_url: str) -> None:
    """Capacity is looked up, and held with the stock: two plans cannot take the last place."""
    with opened(database_url, {"a": 9, "b": 9}, queue=1) as world:
        request = world.request(D=1)
        plan = source(request, NEAREST_FIRST)
        world.hold(plan, request)
        with pytest.raises(Shortage):
            world.hold(plan, request, "order-2")
        assert source(world.request(D=1), NEAREST_FIRST).locations == ("b",)


def test_a_plan_without_units_is_not_held(database_url: str) -> None:
    """The refusal carries the plan's own reasons."""
    with opened(database_url, {"a": 1}) as world:
        request = world.request(D=3)
        with pytest.raises(SourcingRefused, match=r"sourcing\.short"):
            world.hold(source(request, NEAREST_FIRST), request)


def held_units(world: World, *groups: str) -> list[OpenAllocation]:
    """Return what an order holds of stock."""
    return [
        OpenAllocation(line_id=sku, sku=Sku(sku), location_id=LocationId(place), quantity=units)
        for (sku, place), units in world.open(*groups).items()
        if sku == "D"
    ]


def test_an_open_order_moves_as_a_whole(database_url: str) -> None:
    """Released here and held there in one go, with the same expiry; once under its name (I14)."""
    with opened(database_url, {"b": 3}) as world:
        request = world.request(D=3)
        world.hold(source(request, NEAREST_FIRST), request)
        world.receive(stock_account("D", "a"), 5)
        found = reroute(world.request(D=3), NEAREST_FIRST, held_units(world, "order-1"))
        assert found.gain == (0, 0, 10)
        for _ in range(2):
            assert world.apply(found, "order-1") == ("order-1", "moved")
        assert world.open("order-1") == {}
        assert world.open("moved") == {("D", "a"): 3}
        assert world.free("a", "b") == [2, 3]
        (hold,) = world.store.run(lambda unit: unit.ledger.holds("moved"))
        assert hold.expires_at == SOON
        with pytest.raises(KeyReused):
            world.sourcing.move(
                ["order-1"],
                given_up=[],
                taken_up=[Demand(stock_account("D", "a"), 1)],
                group="moved",
                cause="order-1",
            )


@pytest.mark.parametrize(("here", "there"), [("b", "a"), ("a", "b")])
def test_a_move_that_finds_nothing_changes_nothing(
    database_url: str, here: str, there: str
) -> None:
    """If the target cannot, the source keeps everything, whichever comes first by name (I14)."""
    with opened(database_url, {here: 3, there: 3}) as world:
        demands = [Demand(stock_account("D", here), 3)]
        by = Command("order-1", "order-1", NOON)
        world.store.run(lambda unit: unit.ledger.hold("order-1", demands, expires_at=SOON, by=by))
        sold = Command("till", "sale", NOON)
        world.store.run(lambda unit: unit.ledger.debit(stock_account("D", there), 1, by=sold))
        with pytest.raises(Shortage):
            world.sourcing.move(
                ["order-1"],
                given_up=demands,
                taken_up=[Demand(stock_account("D", there), 3)],
                group="moved",
                cause="order-1",
            )
        assert world.open("order-1", "moved") == {("D", here): 3}
        assert world.free(here, there) == [0, 2]


def test_a_move_takes_no_other_orders_units(database_url: str) -> None:
    """Units that a pick-up was promised stay its own while another order moves (I9)."""
    with opened(database_url, {"a": 2, "b": 3}) as world:
        by = Command("pick-up", "pick-up", NOON)
        mine = [Demand(stock_account("D", "a"), 2)]
        world.store.run(lambda unit: unit.ledger.hold("pick-up", mine, expires_at=None, by=by))
        request = world.request(D=1)
        world.hold(source(request, NEAREST_FIRST), request)
        assert not reroute(world.request(D=1), NEAREST_FIRST, held_units(world, "order-1")).changes
        with pytest.raises(Shortage):
            world.sourcing.move(
                ["order-1"],
                given_up=[Demand(stock_account("D", "b"), 1)],
                taken_up=[Demand(stock_account("D", "a"), 1)],
                group="stolen",
                cause="order-1",
            )
        assert world.open("pick-up") == {("D", "a"): 2}


def test_units_of_several_holds_move_together(database_url: str) -> None:
    """What an order holds under several names moves as one, once, and ends with the first (I14)."""
    with opened(database_url, {"a": 9, "b": 9}) as world:
        account = stock_account("D", "b")
        for turn, units in ((1, 1), (2, 2)):
            by = Command(f"hold-{turn}", "order-1", NOON)
            ends = SOON + timedelta(hours=turn)
            demands = [Demand(account, units)]
            world.store.run(partial(_hold, by=by, demands=demands, expires_at=ends))
        for _ in range(2):
            names = world.sourcing.move(
                ["hold-1", "hold-2"],
                given_up=[Demand(account, 1), Demand(account, 1)],
                taken_up=[Demand(stock_account("D", "a"), 2)],
                group="moved",
                cause="order-1",
            )
        assert names == ("hold-1", "hold-2", "moved")
        assert world.open("hold-1") == {}
        assert world.open("hold-2") == {("D", "b"): 1}
        assert world.free("a", "b") == [7, 8]
        (hold,) = world.store.run(lambda unit: unit.ledger.holds("moved"))
        assert hold.expires_at == SOON + timedelta(hours=1)


def _hold(unit: Any, *, by: Command, demands: list[Demand], expires_at: datetime) -> None:
    unit.ledger.hold(by.key, demands, expires_at=expires_at, by=by)


def test_what_is_not_held_cannot_move(database_url: str) -> None:
    """Too much, an expired hold, an unknown hold, no hold: each is refused and nothing moves."""
    with opened(database_url, {"a": 5, "b": 5}) as world:
        here, there = (Demand(stock_account("D", place), 2) for place in "ba")
        by = Command("order-1", "order-1", NOON)
        world.store.run(lambda unit: unit.ledger.hold("order-1", [here], expires_at=SOON, by=by))

        def move(*holds: str, units: int = 2) -> None:
            world.sourcing.move(
                holds,
                given_up=[Demand(here.account, units)],
                taken_up=[there],
                group="moved",
                cause="order-1",
            )

        with pytest.raises(HoldEnded):
            move("order-1", units=3)
        with pytest.raises(NotFound):
            move("order-9")
        with pytest.raises(InvalidValue, match="holds"):
            move()
        world.clock.advance(timedelta(hours=1))
        with pytest.raises(HoldEnded):
            move("order-1")
        assert world.free("a", "b") == [5, 5]


def promise(world: World, units: int, name: str = "promise") -> tuple[Claim, ...]:
    """Promise dresses from anywhere in Madrid."""
    return world.sourcing.promise({"D": units}, MADRID, name=name, expires_at=SOON, cause="order-1")


def test_a_group_promises_what_its_members_have(database_url: str) -> None:
    """Nobody can sell a member's units under a promise; the sum is right at any time (I19)."""
    with opened(database_url, {"a": 2, "b": 3, "c": 1}) as world:
        for _ in range(2):
            claims = promise(world, 4)
            assert sum(claim.quantity for claim in claims) == 4
        left = world.free("a", "b", "c")
        assert sum(left) == 2
        assert max(left) == 1
        with pytest.raises(SourcingRefused):
            promise(world, 3, "more")
        with pytest.raises(KeyReused):
            promise(world, 1)
        for place, units in zip("abc", left, strict=True):
            by = Command(f"till-{place}", "sale", NOON)
            account = stock_account("D", place)
            with pytest.raises(Shortage):
                world.store.run(
                    lambda unit, account=account, units=units, by=by: unit.ledger.debit(
                        account, units + 1, by=by
                    )
                )
        world.clock.advance(timedelta(hours=1))
        assert world.free("a", "b", "c") == [2, 3, 1]


def test_a_promise_is_pinned_by_moving_it(database_url: str) -> None:
    """Sourcing decides among all members with the promised units; the rest moves there (I14)."""
    with opened(database_url, {"a": 4, "b": 4, "c": 4}) as world:
        promise(world, 4)
        found = reroute(world.request(D=4), NEAREST_FIRST, held_units(world, "promise"))
        assert {one.location_id for one in found.allocations} == {"a"}
        world.apply(found, "promise", group="pinned")
        assert world.open("promise", "pinned") == {("D", "a"): 4}
        assert world.free("a", "b", "c") == [0, 4, 4]


def test_a_pick_up_gets_room_where_a_promise_lies(database_url: str) -> None:
    """A provisional claim makes way for who needs this very place, and is kept elsewhere (I19)."""
    with opened(database_url, {"a": 2, "b": 2}) as world:
        claims = promise(world, 2)
        assert world.free("a", "b") == [1, 1]
        wanted = Allocation(line_id="1", sku=Sku("D"), location_id=LocationId("a"), quantity=2)
        for _ in range(2):
            names = world.sourcing.make_room(wanted, claims, key="room", cause="pick-up")
            assert names == {"promise": "room:1"}
        assert world.free("a", "b") == [2, 0]
        assert world.open("promise", "room:1") == {("D", "b"): 2}


def test_claims_tell_where_a_promise_lies(database_url: str) -> None:
    """After any moves, the open units of all its holds are the promise."""
    with opened(database_url, {"a": 1, "b": 1, "c": 2}) as world:
        claims = promise(world, 2)
        assert claims == world.sourcing.claims(["promise"], MADRID)
        at_c = Allocation(line_id="1", sku=Sku("D"), location_id=LocationId("c"), quantity=2)
        names = world.sourcing.make_room(at_c, claims, key="room", cause="pick-up")
        now = world.sourcing.claims(["promise", *names.values()], MADRID)
        assert sum(claim.quantity for claim in now) == 2
        assert "c" not in {claim.location_id for claim in now}
        assert world.free("c") == [2]
        with pytest.raises(SourcingRefused):
            world.sourcing.make_room(
                attrs.evolve(at_c, quantity=3), now, key="more", cause="pick-up"
            )


def test_promises_and_sales_at_once_oversell_nothing(database_url: str) -> None:
    """Eight promises of two and four sales race for twelve units: each unit goes once (I1, I19)."""
    with opened(database_url, {"a": 4, "b": 4, "c": 4}) as world:

        def promised(turn: int) -> bool:
            try:
                return bool(promise(world, 2, f"promise-{turn}"))
            except SourcingRefused:
                return False

        def sold(turn: int) -> bool:
            account = stock_account("D", "abc"[turn % 3])
            by = Command(f"till-{turn}", "sale", NOON)
            try:
                world.store.run(lambda unit: unit.ledger.debit(account, 1, by=by))
            except Shortage:
                return False
            return True

        tasks = [partial(promised, turn) for turn in range(8)]
        tasks += [partial(sold, turn) for turn in range(4)]
        answers = at_once(tasks)
        taken = 2 * sum(answers[:8]) + sum(answers[8:])
        standings = world.store.run(
            lambda unit: unit.ledger.standings(MADRID.accounts(["D"]), at=NOON)
        )
        assert group_free(MADRID, "D", standings) == 12 - taken
        assert 10 <= taken <= 12


def test_crossing_moves_end_well(database_url: str) -> None:
    """Two orders that change places at once both arrive, or one of them stays as it was (I14)."""
    with opened(database_url, {"a": 3, "b": 3}) as world:
        for name, place in (("one", "a"), ("two", "b")):
            demands = [Demand(stock_account("D", place), 2)]
            by = Command(name, name, NOON)
            world.store.run(
                lambda unit, name=name, demands=demands, by=by: unit.ledger.hold(
                    name, demands, expires_at=SOON, by=by
                )
            )

        def cross(name: str, here: str, there: str) -> bool:
            try:
                world.sourcing.move(
                    [name],
                    given_up=[Demand(stock_account("D", here), 1)],
                    taken_up=[Demand(stock_account("D", there), 1)],
                    group=f"{name}-moved",
                    cause=name,
                )
            except Shortage:
                return False
            return True

        at_once([lambda: cross("one", "a", "b"), lambda: cross("two", "b", "a")])
        assert sum(world.open("one", "one-moved").values()) == 2
        assert sum(world.open("two", "two-moved").values()) == 2
        assert sum(world.free("a", "b")) == 2
