"""The ledger's lots (loyalty I2, I9), units of work, and bad input."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from omnicommerce.adapters.memory import MemoryStore, MemoryUnit
from omnicommerce.kernel.errors import InvalidValue, Misuse, NotFound, Refused
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import (
    AccountKey,
    Beyond,
    Command,
    Demand,
    Lapsed,
    LotTerms,
    Verb,
)
from omnicommerce.ledger.ports import Ledger
from omnicommerce.testing.ledger_requests import (
    BEGINNING,
    journal,
    report,
)
from tests.laws.ledger_story import (
    DRESS,
    LATER,
    POINTS,
    CrashError,
    available,
    by_,
    call,
    stocked,
)


class TestLots:
    """Value with an age."""

    def _points(self, *lots: tuple[int, int | None, int | None]) -> MemoryStore:
        store = MemoryStore()
        for number, (quantity, begins, ends) in enumerate(lots):
            terms = LotTerms(
                origin=f"order-{number}",
                activates_at=None if begins is None else BEGINNING + timedelta(minutes=begins),
                expires_at=None if ends is None else BEGINNING + timedelta(minutes=ends),
            )
            call(store, "credit", POINTS, quantity, by=by_(f"earn-{number}"), terms=terms)
        return store

    def test_earliest_expiry_is_spent_first(self) -> None:
        """Holds lie on the lots that expire first; those that never expire come last."""
        store = self._points((5, None, None), (5, None, 60), (5, None, 30))
        demand = [Demand(POINTS, 12)]
        call(store, "hold", "pay", demand, expires_at=None, by=by_("hold"))
        (hold,) = call(store, "holds", "pay")
        assert [(part.lot_id, part.quantity) for part in hold.parts] == [
            ("earn-2#1", 5),
            ("earn-1#1", 5),
            ("earn-0#1", 2),
        ]

    def test_held_value_may_be_captured_after_its_lot_lapsed(self) -> None:
        """What was held in time stays good while its hold lives."""
        store = self._points((5, None, 30))
        demand = [Demand(POINTS, 3)]
        call(store, "hold", "pay", demand, expires_at=None, by=by_("hold"))
        call(store, "sweep", BEGINNING + timedelta(minutes=40))
        call(store, "capture", "pay", by=by_("capture", 41))
        assert [lot.remaining for lot in call(store, "lots", POINTS)] == [0]

    def test_restore_never_moves_a_date(self) -> None:
        """Restored into a lot that lapsed, value lapses at once, or the restore is refused."""
        store = self._points((5, None, 30))
        demand = [Demand(POINTS, 3)]
        call(store, "hold", "pay", demand, expires_at=None, by=by_("hold"))
        call(store, "capture", "pay", by=by_("capture"))
        with pytest.raises(Refused, match=r"ledger\.lot_lapsed"):
            call(store, "restore", "pay", by=by_("no", 31), lapsed=Lapsed.REFUSE)
        call(store, "restore", "pay", by=by_("yes", 31))
        assert available(store, POINTS, 31) == 0
        verbs = [entry.verb for entry in call(store, "entries", POINTS)][-2:]
        assert verbs == [Verb.RESTORE, Verb.LAPSE]

    def test_clawback_while_pending_touches_nothing_else(self) -> None:
        """Loyalty I9: pending value is not available; taking it back leaves the rest alone."""
        store = self._points((5, None, None), (7, 60, None))
        assert available(store, POINTS) == 5
        back = by_("cancel")
        call(store, "debit", POINTS, 7, by=back, origin="order-1", beyond=Beyond.DEFICIT)
        standing = call(store, "standings", [POINTS], at=BEGINNING)[POINTS]
        assert (standing.available, standing.pending, standing.deficit) == (5, 0, 0)

    def test_deficit_is_repaid_first(self) -> None:
        """Loyalty I2: what is owed is repaid by the next credit, and its lot holds the rest."""
        store = self._points((5, None, None))
        owing = by_("clawback")
        answer = call(store, "debit", POINTS, 8, by=owing, beyond=Beyond.DEFICIT)
        assert answer.beyond == (Demand(POINTS, 3),)
        terms = LotTerms(origin="order-9")
        call(store, "credit", POINTS, 10, by=by_("earn again"), terms=terms)
        assert available(store, POINTS) == 7
        assert {lot.issued for lot in call(store, "lots", POINTS)} == {5, 7}

    def test_transfer_keeps_origin_and_dates(self) -> None:
        """Moved value is as old as before."""
        store = self._points((5, None, 30), (5, None, 60))
        ben = AccountKey("points", "ben")
        call(store, "transfer", POINTS, ben, 7, by=by_("give"))
        here, there = (call(store, "lots", account) for account in (POINTS, ben))
        assert [lot.remaining for lot in here] == [0, 3]
        assert [(lot.origin, lot.expires_at, lot.remaining) for lot in there] == [
            (lot.origin, lot.expires_at, moved) for lot, moved in zip(here, (5, 2), strict=True)
        ]


class TestUnits:
    """A unit of work is kept whole or not at all."""

    def test_caught_refusal_dooms_the_unit(self) -> None:
        """A refusal that was caught still ends the unit: nothing of it is kept."""
        store = stocked(3)

        def work(unit: MemoryUnit) -> None:
            unit.ledger.debit(DRESS, 1, by=by_("first"))
            with pytest.raises(Shortage):
                unit.ledger.debit(DRESS, 9, by=by_("second"))
            with pytest.raises(Shortage):
                unit.ledger.debit(DRESS, 1, by=by_("third"))

        with pytest.raises(Shortage):
            store.run(work)
        assert available(store) == 3

    def test_failing_work_keeps_nothing(self) -> None:
        """Whatever work raises, what it did is taken back."""
        store = stocked(3)

        def work(unit: MemoryUnit) -> None:
            unit.ledger.debit(DRESS, 1, by=by_("first"))
            raise CrashError

        with pytest.raises(CrashError):
            store.run(work)
        assert available(store) == 3
        assert report(store).entries == 1

    def test_units_do_not_nest(self) -> None:
        """A unit of work inside another of the same store is a mistake, not a deadlock."""
        store = MemoryStore()
        with pytest.raises(Misuse):
            store.run(lambda _: store.run(lambda _: None))


class TestBadInput:
    """What cannot be is refused at the door, and changes nothing."""

    @pytest.mark.parametrize("quantity", [0, -1, True, 1.0, "1", 10**10, float("nan")])
    def test_quantity(self, quantity: Any) -> None:
        """Quantities are positive ints of sane size."""
        store = stocked()
        for verb, arguments in (
            ("credit", (DRESS, quantity)),
            ("debit", (DRESS, quantity)),
            ("transfer", (DRESS, AccountKey("stock", "coat", "leon"), quantity)),
        ):
            with pytest.raises(InvalidValue):
                call(store, verb, *arguments, by=by_("bad"))
        assert available(store) == 3

    @pytest.mark.parametrize(
        "call",
        [
            lambda ledger: ledger.hold("g", [], expires_at=None, by=by_("k")),
            lambda ledger: ledger.hold("", [Demand(DRESS, 1)], expires_at=None, by=by_("k")),
            lambda ledger: ledger.hold("g", ["dress"], expires_at=None, by=by_("k")),
            lambda ledger: ledger.hold("g", [Demand(DRESS, 1)], expires_at=BEGINNING, by=by_("k")),
            lambda ledger: ledger.hold(
                "g", [Demand(DRESS, 1)], expires_at=LATER.replace(tzinfo=None), by=by_("k")
            ),
            lambda ledger: ledger.credit("dress", 1, by=by_("k")),
            lambda ledger: ledger.credit(DRESS, 1, by=by_("k"), terms=LotTerms(origin="o")),
            lambda ledger: ledger.adjust(DRESS, 0, by=by_("k")),
            lambda ledger: ledger.adjust(DRESS, 1.5, by=by_("k")),
            lambda ledger: ledger.set_floor(DRESS, None, by=by_("k")),
            lambda ledger: ledger.transfer(DRESS, DRESS, 1, by=by_("k")),
            lambda ledger: ledger.transfer(DRESS, POINTS, 1, by=by_("k")),
            lambda ledger: ledger.sweep(LATER.replace(tzinfo=None)),
            lambda ledger: ledger.sweep(LATER, limit=0),
            lambda ledger: ledger.standings([DRESS], at=LATER.replace(tzinfo=None)),
            lambda _: Command("k", "c", LATER.replace(tzinfo=None)),
            lambda _: Command("", "c", LATER),
            lambda _: LotTerms(origin="o", activates_at=LATER, expires_at=LATER),
        ],
    )
    def test_impossible_calls(self, call: Any) -> None:
        """Empty or foreign demands, blank names, naive or past instants: a clear error."""
        store = stocked()
        before = journal(store)
        with pytest.raises(InvalidValue):
            store.run(lambda unit: call(unit.ledger))
        assert journal(store) == before

    @pytest.mark.parametrize("verb", ["capture", "release", "restore"])
    def test_unknown_group(self, verb: str) -> None:
        """Nothing can be done with a group that was never held."""
        with pytest.raises(NotFound):
            call(MemoryStore(), verb, "nobody", by=by_("k"))


def test_port_is_satisfied() -> None:
    """The memory store and its ledger are what the ports ask for."""
    store = MemoryStore()

    def ledger(unit: MemoryUnit) -> Ledger:
        return unit.ledger

    transactions: Transactions[MemoryUnit] = store
    assert transactions.run(ledger).standings([], at=BEGINNING) == {}
