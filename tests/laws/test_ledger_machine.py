"""The ledger of every adapter, compared with the one in memory; and that one with a naive one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from omnicommerce.adapters.memory import MemoryStore, MemoryUnit
from omnicommerce.adapters.memory.ledger import MemoryLedger
from omnicommerce.adapters.memory.reading import MemoryReader
from omnicommerce.ledger.model import Command, Hold
from omnicommerce.testing.ledger_machine import ledger_machine
from omnicommerce.testing.ledger_requests import (
    Failure,
    LedgerStore,
    Outcome,
    Request,
    look,
    report,
)
from tests.laws.naive_ledger import NaiveLedger, RefusedNaively
from tests.stores import ledger_stores


def test_every_adapter_is_the_memory_ledger(database_url: str) -> None:
    """Any schedule has the same answers, errors, standings, holds, lots and journal everywhere."""
    with ledger_stores(database_url) as open_store:
        run_state_machine_as_test(ledger_machine(open_store))


_REFUSALS = {"Shortage", "HoldEnded", "NotAsExpected", "Refused"}

_opens_memory: Callable[[], LedgerStore] = MemoryStore


class NaiveComparison(ledger_machine(_opens_memory)):  # type: ignore[misc]  # a class made by a function
    """Compare the memory ledger with one that ends everything by the clock at once."""

    def __init__(self) -> None:
        super().__init__()
        self.naive = NaiveLedger()

    def ask(self, request: Request, by: Command | None = None) -> Outcome:
        """Ask the naive ledger too: it must refuse exactly what the ledger refuses."""
        outcome: Outcome = super().ask(request, by)
        command = by or self.asked[-1].by
        refused = isinstance(outcome, Failure) and outcome.error in _REFUSALS
        if isinstance(outcome, Failure) and not refused:
            return outcome
        naively_refused = False
        try:
            self.naive.ask(request, command)
        except RefusedNaively:
            naively_refused = True
        assert refused == naively_refused, f"{request} by {command}: {outcome}"
        return outcome

    @invariant()
    def standings_are_the_naive_ones(self) -> None:
        """Loyalty I2 and I14: cached figures equal those recomputed from history, swept or not."""
        self.naive.settle(self.now)
        for key, standing in look(self.subject, self.now).standings.items():
            account = self.naive.account(key)
            owed = account.deficit if account.lotted else max(0, -self.naive.balance(key))
            assert standing.balance == self.naive.balance(key)
            assert standing.held == self.naive.held(key)
            assert standing.available == self.naive.available(key, self.now)
            assert standing.floor == account.floor
            assert standing.deficit == owed

    @invariant()
    def books_add_up(self) -> None:
        """Loyalty I1 and I2, inventory I4: every counter is the fold of its rows, at every step."""
        found = report(self.subject)
        assert found.discrepancies == ()
        balances = sum(
            row[1] for row in self.subject.run(lambda u: list(u.ledger.books().accounts()))
        )
        assert sum(found.counters.values()) == balances


def test_the_memory_ledger_is_the_naive_one() -> None:
    """Loyalty I1, I2, I14 and inventory I4: the reference itself equals a naive recomputation."""
    run_state_machine_as_test(NaiveComparison)


class _BlockingReader(MemoryReader):
    """A reader with a fault: holds that are due go on blocking until somebody sweeps."""

    def _due(self, *_: Any) -> tuple[Hold, ...]:
        return ()


class _Blocking(MemoryLedger):
    def _reader(self) -> MemoryReader:
        return _BlockingReader(self._tables)


class _BlockingStore(MemoryStore):
    def run(self, work: Callable[[MemoryUnit], Any]) -> Any:
        """Run with the faulty ledger."""
        return super().run(
            lambda unit: work(attrs.evolve(unit, ledger=_Blocking(self._tables.ledger)))
        )


def test_the_machine_finds_a_planted_fault() -> None:
    """Inventory I13: a ledger whose expired holds block somebody is found out."""
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            ledger_machine(_BlockingStore),
            settings=settings(max_examples=200, phases=[Phase.generate], database=None),
        )
