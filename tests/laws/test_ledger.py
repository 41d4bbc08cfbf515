"""The ledger's laws on sums, bounds, demands, races and keys.

As invariants of the research: loyalty I1 to I7, inventory I1 to I4 and I6.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.kernel.errors import KeyReused
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import (
    AccountKey,
    Command,
    Demand,
    LotTerms,
    Moved,
)
from omnicommerce.testing.ledger_requests import (
    ACCOUNTS,
    Failure,
    Request,
    Step,
    attempt,
    journal,
    look,
    play,
    report,
    stories,
)
from tests.laws.ledger_story import (
    DRESS,
    LATER,
    NO_OWING,
    POINTS,
    all_holds,
    available,
    by_,
    call,
    end_of,
    groups_of,
    stocked,
)


class TestSums:
    """Nothing is made or lost: every figure follows from the journal."""

    @given(stories())
    def test_every_posting_sums_to_zero(self, story: tuple[Step, ...]) -> None:
        """Loyalty I1: per kind, what accounts have is what their counters gave, moves cancel."""
        store = MemoryStore()
        play(store, story)
        counters = report(store).counters
        for kind in {account.kind for account in ACCOUNTS}:
            given_out = sum(total for (of, _), total in counters.items() if of == kind)
            rows = store.run(lambda unit: list(unit.ledger.books().accounts()))
            assert given_out == sum(row[1] for row in rows if row[0].kind == kind)
            assert counters.get((kind, "moved"), 0) == 0

    @given(stories())
    def test_balance_is_fold_of_ledger_and_of_lots(self, story: tuple[Step, ...]) -> None:
        """Loyalty I2: balance = entries = remaining of lots - deficit; 0 <= remaining <= issued."""
        store = MemoryStore()
        play(store, story)
        entries = journal(store)
        for key, balance, held, _, deficit in store.run(
            lambda u: list(u.ledger.books().accounts())
        ):
            lots = call(store, "lots", key)
            assert balance == sum(e.balance_change for e in entries if e.account == key)
            assert held == sum(e.held_change for e in entries if e.account == key)
            assert all(0 <= lot.held <= lot.remaining <= lot.issued for lot in lots)
            if lots:
                assert balance == sum(lot.remaining for lot in lots) - deficit

    @given(stories())
    def test_counter_is_fold_of_its_rows(self, story: tuple[Step, ...]) -> None:
        """Inventory I4: held = open units of holds, on hand = sum of movements; audit is clean."""
        store = MemoryStore()
        play(store, story)
        holds = all_holds(store)
        for key, _, held, _, _ in store.run(lambda unit: list(unit.ledger.books().accounts())):
            assert held == sum(hold.open for hold in holds if hold.account == key)
        assert report(store).discrepancies == ()


class TestBounds:
    """Nothing is promised twice."""

    @given(stories())
    def test_captured_and_held_never_exceed_issued(self, story: tuple[Step, ...]) -> None:
        """Loyalty I3: in every lot, held + captured <= issued + restored; available >= 0."""
        store = MemoryStore()
        asked = play(store, story)
        parts = [part for hold in all_holds(store) for part in hold.parts]
        for account in ACCOUNTS:
            for lot in call(store, "lots", account):
                mine = [part for part in parts if part.lot_id == lot.lot_id]
                assert sum(p.open + p.captured - p.restored for p in mine) <= lot.issued
        assert all(
            standing.available >= 0 for standing in look(store, end_of(asked)).standings.values()
        )

    @given(stories(NO_OWING))
    def test_reserved_never_exceeds_on_hand(self, story: tuple[Step, ...]) -> None:
        """Inventory I1 and I2: with no owing allowed, 0 <= held <= balance - floor at each step."""
        store = MemoryStore()
        for number in range(len(story) + 1):
            _check_bounds(store, story[:number][-1:], number)

    @given(stories(NO_OWING), st.lists(st.sampled_from(("web", "till", "app")), min_size=1))
    def test_channels_share_one_bound(self, story: tuple[Step, ...], channels: list[str]) -> None:
        """Inventory I6: whoever promises, all channels together promise what is there at most."""
        store = MemoryStore()
        play(store, story)
        for turn, channel in enumerate(channels):
            demand = [Demand(DRESS, 2)]
            by = Command(f"{channel}-{turn}", channel, LATER)
            hold = Request("hold", (f"{channel}-{turn}", demand), (("expires_in", None),))
            attempt(store, hold, by)
        standing = look(store, LATER).standings[DRESS]
        assert standing.held <= standing.balance - standing.floor


def _check_bounds(store: MemoryStore, steps: tuple[Step, ...], number: int) -> None:
    for step in steps:
        by = by_(f"key-{number}", minutes=number + step.minutes)
        attempt(store, step.request, by)
        for standing in look(store, by.at).standings.values():
            assert 0 <= standing.held <= standing.balance - standing.floor


class TestDemands:
    """All or nothing, and judged on sums."""

    @given(stories(), st.lists(st.integers(1, 4), min_size=1, max_size=5))
    def test_splitting_a_line_changes_no_verdict(
        self, story: tuple[Step, ...], quantities: list[int]
    ) -> None:
        """Inventory I3: demand is judged on the sum per account, never per line."""
        split, whole = MemoryStore(), MemoryStore()
        end = end_of(play(split, story))
        play(whole, story)
        by = Command("last", "test", end)
        lines = tuple(Demand(DRESS, quantity) for quantity in quantities)
        sum_line = (Demand(DRESS, sum(quantities)),)
        never = (("expires_in", None),)
        answers = [
            attempt(store, Request("hold", ("last", demands), never), by)
            for store, demands in ((split, lines), (whole, sum_line))
        ]
        assert answers[0] == answers[1]
        assert journal(split) == journal(whole)

    @given(stories(), st.integers(1, 40))
    def test_refusal_changes_nothing_and_says_why(
        self, story: tuple[Step, ...], wanted: int
    ) -> None:
        """Loyalty I5: held where releasing all holds would have been enough, else insufficient."""
        store = MemoryStore()
        asked = play(store, story)
        end = end_of(asked)
        demands = tuple(Demand(account, wanted) for account in ACCOUNTS)
        before = journal(store)
        hold = Request("hold", ("last", demands), (("expires_in", None),))
        outcome = attempt(store, hold, Command("last", "test", end))
        assume(isinstance(outcome, Failure))
        assert isinstance(outcome, Failure)
        assert journal(store) == before
        for group in groups_of(asked):
            attempt(store, Request("release", (group,)), Command(f"end-{group}", "test", end))
        for short in outcome.shortages:
            would_do = short.wanted <= look(store, end).standings[short.account].available
            assert short.reason.code == ("ledger.held" if would_do else "ledger.insufficient")

    def test_all_shortages_are_named(self) -> None:
        """A refused group names every account that is short, and takes from none."""
        store = stocked(3)
        other = AccountKey("stock", "hat", "leon")
        demands = [Demand(DRESS, 4), Demand(other, 1)]
        with pytest.raises(Shortage) as caught:
            call(store, "hold", "group", demands, expires_at=None, by=by_("hold"))
        assert [short.account for short in caught.value.shortages] == [DRESS, other]
        assert available(store) == 3


class TestRaces:
    """Exactly as many succeed as there are units."""

    @pytest.mark.parametrize(("racers", "capacity"), [(16, 5), (8, 8), (4, 9), (12, 1)])
    def test_exactly_capacity_racers_win(self, racers: int, capacity: int) -> None:
        """Loyalty I4: of k racers for n units exactly min(k, n) succeed; losers change nothing."""
        store = stocked(capacity)
        start = threading.Barrier(racers)
        verdicts: list[bool] = []

        def race(number: int) -> None:
            start.wait()
            request = Request(
                "hold", (f"racer-{number}", (Demand(DRESS, 1),)), (("expires_in", None),)
            )
            outcome = attempt(store, request, by_(f"racer-{number}"))
            verdicts.append(isinstance(outcome, Moved))

        threads = [threading.Thread(target=race, args=(number,)) for number in range(racers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = min(racers, capacity)
        assert Counter(verdicts) == Counter({True: winners, False: racers - winners})
        assert len(all_holds(store)) == winners
        assert available(store) == capacity - winners
        assert report(store).is_clean


class TestKeys:
    """A key means one request, for ever."""

    @given(stories(), st.randoms(use_true_random=False))
    def test_replaying_any_commands_changes_nothing(
        self, story: tuple[Step, ...], dice: Any
    ) -> None:
        """Loyalty I6: commands delivered again, in any order, return their first answers."""
        store = MemoryStore()
        asked = [step for step in play(store, story) if isinstance(step.outcome, Moved)]
        before = journal(store)
        dice.shuffle(asked)
        for step in asked:
            later = attrs.evolve(step.by, at=LATER)
            assert attempt(store, step.request, later) == step.outcome
        assert journal(store) == before

    def test_key_with_other_payload_is_refused(self) -> None:
        """Loyalty I6: a key stands for one request; another one under it is an error."""
        store = stocked()
        with pytest.raises(KeyReused):
            call(store, "credit", DRESS, 4, by=by_("stocked"))
        with pytest.raises(KeyReused):
            call(store, "credit", DRESS, 3, by=attrs.evolve(by_("stocked"), cause="other"))
        assert available(store) == 3

    def test_refused_command_does_not_use_up_its_key(self) -> None:
        """Loyalty I6: what was refused may be tried again under the same key."""
        store = stocked(1)
        with pytest.raises(Shortage):
            call(store, "debit", DRESS, 2, by=by_("sale"))
        call(store, "credit", DRESS, 1, by=by_("delivery"))
        call(store, "debit", DRESS, 2, by=by_("sale"))
        assert available(store) == 0

    @given(st.integers(1, 5))
    def test_keys_distinguish_cycles(self, cycles: int) -> None:
        """Loyalty I7: complete, cancel, complete pays net once, and history keeps every cycle."""
        store = MemoryStore()
        for cycle in range(cycles):
            if cycle:
                back = by_(f"cancel-{cycle}")
                call(store, "debit", POINTS, 10, by=back, origin="order-1")
            terms = LotTerms(origin="order-1")
            call(store, "credit", POINTS, 10, by=by_(f"done-{cycle}"), terms=terms)
        assert available(store, POINTS) == 10
        assert len(journal(store)) == 2 * cycles - 1
