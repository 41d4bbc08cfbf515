"""The ledger's laws on holds, crashes and the clock: loyalty I8 and I14, inventory I5 and I13."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.ledger.errors import HoldEnded
from omnicommerce.ledger.model import (
    Command,
    Demand,
    HoldState,
    Moved,
)
from omnicommerce.testing.ledger_requests import (
    ACCOUNTS,
    BEGINNING,
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
    POINTS,
    Crasher,
    CrashError,
    all_holds,
    available,
    by_,
    call,
    end_of,
    groups_of,
    stocked,
)


class TestHolds:
    """Each hold ends exactly once."""

    @given(stories())
    def test_every_unit_ends_exactly_once(self, story: tuple[Step, ...]) -> None:
        """Loyalty I8, inventory I5: captured + released + expired <= quantity, at the end equal."""
        store = MemoryStore()
        asked = play(store, story)
        for hold in all_holds(store):
            assert hold.captured + hold.released + hold.expired <= hold.quantity
        for group in groups_of(asked):
            attempt(store, Request("release", (group,)), Command(f"end-{group}", "test", LATER))
        for hold in all_holds(store):
            assert hold.captured + hold.released + hold.expired == hold.quantity
            assert hold.state is not HoldState.HELD
        assert sum(entry.held_change for entry in journal(store)) == 0

    @given(stories(), st.data())
    def test_failed_payment_leaves_everything_as_before(
        self, story: tuple[Step, ...], data: st.DataObject
    ) -> None:
        """Loyalty I8: hold and release together change no standing and no lot."""
        store = MemoryStore()
        end = end_of(play(store, story))
        attempt(store, Request("sweep", (1000,)), Command("sweep", "test", end))
        before = look(store, end)
        free = {key: s.available for key, s in before.standings.items() if s.available}
        assume(free)
        demands = tuple(Demand(key, data.draw(st.integers(1, most))) for key, most in free.items())
        call(store, "hold", "pay", demands, expires_at=None, by=Command("hold", "test", end))
        call(store, "release", "pay", by=Command("release", "test", end))
        assert look(store, end) == before

    @given(stories(), st.data())
    def test_capture_and_restore_are_identity(
        self, story: tuple[Step, ...], data: st.DataObject
    ) -> None:
        """Captured value restored in any parts is back in its lots with their dates."""
        store = MemoryStore()
        end = end_of(play(store, story))
        attempt(store, Request("sweep", (1000,)), Command("sweep", "test", end))
        before = look(store, end)
        most = before.standings[POINTS].available
        assume(most and not before.standings[POINTS].deficit)
        demand = Demand(POINTS, data.draw(st.integers(1, most)))
        by = Command("hold", "test", end)
        call(store, "hold", "pay", [demand], expires_at=None, by=by)
        call(store, "capture", "pay", by=Command("capture", "test", end))
        left = demand.quantity
        while left:
            part = data.draw(st.integers(1, left))
            left -= part
            by = Command(f"restore-{left}", "test", end)
            call(store, "restore", "pay", by=by, demands=[Demand(POINTS, part)])
        assert look(store, end) == before

    @given(stories(length=8))
    def test_crash_between_any_two_steps_is_all_or_nothing(self, story: tuple[Step, ...]) -> None:
        """Loyalty I8: crash before any write, or before the commit, and nothing has happened."""
        crasher = Crasher()
        store = MemoryStore(on_step=crasher)
        asked = play(store, story[:-1])
        groups = groups_of(asked)
        by = Command("last", "test", end_of(asked))
        before = look(store, by.at, groups), journal(store), report(store)
        for step in itertools.count(1):
            crasher.left = step
            with suppress(CrashError):
                attempt(store, story[-1].request, by)
            if crasher.left:
                break
            assert (look(store, by.at, groups), journal(store), report(store)) == before
        crasher.left = 0
        assert report(store).is_clean


class TestClock:
    """The clock decides; the sweep only tidies."""

    @given(stories(), st.sets(st.integers(0, 30)), st.integers(1, 3))
    def test_sweeps_at_any_times_change_no_answer(
        self, story: tuple[Step, ...], places: set[int], limit: int
    ) -> None:
        """Loyalty I14: swept at any times, in any portions, the ledger answers as unswept."""
        lazy, tidy = MemoryStore(), MemoryStore()
        at = BEGINNING
        for number, step in enumerate(story):
            at += timedelta(minutes=step.minutes)
            if step.request.verb == "sweep":
                continue
            by = Command(f"key-{number}", "test", at)
            if number in places:
                attempt(tidy, Request("sweep", (limit,)), by)
            assert attempt(lazy, step.request, by) == attempt(tidy, step.request, by)
            assert look(lazy, at).standings == look(tidy, at).standings
        for store in (lazy, tidy):
            attempt(store, Request("sweep", (1000,)), Command("sweep", "test", at))
        assert {k: _figures(v) for k, v in look(lazy, at).lots.items()} == {
            k: _figures(v) for k, v in look(tidy, at).lots.items()
        }

    @given(stories())
    def test_each_lot_lapses_once_and_none_escapes(self, story: tuple[Step, ...]) -> None:
        """Loyalty I14: after a sweep nothing lapsed is left free, a second one finds nothing."""
        store = MemoryStore()
        play(store, story)
        swept = call(store, "sweep", LATER)
        assert swept.holds + swept.lots < 1000
        again = call(store, "sweep", LATER)
        assert (again.holds, again.lots) == (0, 0)
        for account in ACCOUNTS:
            for lot in call(store, "lots", account):
                assert not (lot.free and lot.is_lapsed(LATER))

    @given(stories(), st.integers(0, 60))
    def test_nothing_lapsed_or_pending_is_held(self, story: tuple[Step, ...], minutes: int) -> None:
        """Loyalty I14: a new hold lies only on lots that are active at its instant."""
        store = MemoryStore()
        at = end_of(play(store, story)) + timedelta(minutes=minutes)
        most = look(store, at).standings[POINTS].available
        assume(most)
        by = Command("last", "test", at)
        call(store, "hold", "last", [Demand(POINTS, most)], expires_at=None, by=by)
        lots = {lot.lot_id: lot for lot in call(store, "lots", POINTS)}
        (hold,) = call(store, "holds", "last")
        assert all(lots[part.lot_id].is_active(at) for part in hold.parts)

    @given(st.integers(1, 9), st.integers(1, 30), st.integers(0, 60))
    @example(units=1, minutes=10, later=10)
    def test_expired_hold_blocks_nobody_and_a_living_one_everybody(
        self, units: int, minutes: int, later: int
    ) -> None:
        """Inventory I13: a hold blocks all others until its expiry, and nobody from then on."""
        store = stocked(units)
        until = BEGINNING + timedelta(minutes=minutes)
        demand = [Demand(DRESS, units)]
        call(store, "hold", "first", demand, expires_at=until, by=by_("first"))
        request = Request("hold", ("second", tuple(demand)), (("expires_in", None),))
        outcome = attempt(store, request, by_("second", later))
        assert isinstance(outcome, Moved) == (later >= minutes)
        if later >= minutes:
            with pytest.raises(HoldEnded):
                call(store, "capture", "first", by=by_("late", later))
        else:
            call(store, "capture", "first", by=by_("in time", later))
            assert available(store, minutes=later) == 0

    def test_extended_hold_outlives_its_first_expiry(self) -> None:
        """Inventory I13: a hold extended for a payment attempt does not expire before its end."""
        store = stocked(1)
        demand = [Demand(DRESS, 1)]
        soon, late = (BEGINNING + timedelta(minutes=minutes) for minutes in (10, 30))
        call(store, "hold", "pay", demand, expires_at=soon, by=by_("hold"))
        call(store, "extend", "pay", expires_at=late, by=by_("extend", 9))
        assert available(store, minutes=20) == 0
        call(store, "sweep", BEGINNING + timedelta(minutes=20))
        call(store, "capture", "pay", by=by_("capture", 29))
        assert call(store, "holds", "pay")[0].state is HoldState.CAPTURED


def _figures(lots: tuple[Any, ...]) -> list[tuple[str, int, int]]:
    return [(lot.lot_id, lot.remaining, lot.held) for lot in lots]
