"""The auditor finds what was broken by hand, says which figure, and never edits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.adapters.memory.ledger_tables import LedgerTables
from omnicommerce.ledger.audit import Compensation, audit
from omnicommerce.ledger.model import AccountKey, Command, Counter, Demand, LotTerms
from omnicommerce.testing.ledger_requests import BEGINNING

COAT = AccountKey("stock", "coat", "leon")
POINTS = AccountKey("points", "ana")


def _shop() -> LedgerTables:
    store = MemoryStore()

    def work(unit: Any) -> None:
        ledger = unit.ledger
        terms = LotTerms(origin="order-1", expires_at=BEGINNING + timedelta(days=9))
        ledger.credit(COAT, 9, by=Command("a", "t", BEGINNING))
        ledger.credit(POINTS, 9, by=Command("b", "t", BEGINNING), terms=terms)
        both = [Demand(COAT, 3), Demand(POINTS, 3)]
        ledger.hold("group", both, expires_at=None, by=Command("c", "t", BEGINNING))
        ledger.capture("group", by=Command("d", "t", BEGINNING), demands=[Demand(POINTS, 1)])

    store.run(work)
    return store._tables.ledger


def _change(table: str, key: Any, **figures: Any) -> Callable[[LedgerTables], None]:
    def change(tables: LedgerTables) -> None:
        rows = getattr(tables, table)
        rows.put(key, attrs.evolve(rows.get(key), **figures))

    return change


def _audit(tables: LedgerTables) -> Any:
    from omnicommerce.adapters.memory.books import MemoryBooks

    return audit(MemoryBooks(tables))


def test_an_untouched_ledger_is_clean() -> None:
    """What only verbs have written adds up."""
    found = _audit(_shop())
    assert found.is_clean
    assert (found.accounts, found.lots, found.holds) == (2, 1, 2)
    assert found.counters["points", Counter.ISSUED] == 9


@pytest.mark.parametrize(
    ("breakage", "codes"),
    [
        (_change("accounts", COAT, balance=8), {"audit.balance"}),
        (_change("accounts", COAT, held=4), {"audit.held", "audit.claims"}),
        (_change("accounts", POINTS, deficit=1), {"audit.lots", "audit.deficit"}),
        (_change("lots", "b#1", remaining=9), {"audit.lots", "audit.lot_remaining"}),
        (_change("lots", "b#1", held=1), {"audit.lots", "audit.lot_held"}),
        (_change("lots", "b#1", issued=7), {"audit.lot_issued", "audit.lot_bounds"}),
        (_change("holds", ("group", COAT), released=1), {"audit.claims", "audit.hold_journal"}),
        (
            _change("holds", ("group", COAT), released=4),
            {"audit.claims", "audit.hold_journal", "audit.hold_bounds"},
        ),
        (
            _change("holds", ("group", POINTS), quantity=4),
            {"audit.claims", "audit.hold_journal", "audit.hold_parts"},
        ),
        (
            _change("entries", 1, balance_change=8),
            {"audit.balance"},
        ),
        (_change("entries", 1, counter="moved"), {"audit.moved"}),
        (_change("entries", 1, counter="lost"), {"audit.counter"}),
        (
            _change("entries", 1, account=AccountKey("stock", "hat")),
            {"audit.balance", "audit.no_account"},
        ),
    ],
)
def test_every_broken_figure_is_found(
    breakage: Callable[[LedgerTables], None], codes: set[str]
) -> None:
    """A figure changed behind the ledger's back is named, and nothing is edited."""
    tables = _shop()
    breakage(tables)
    before = tables.accounts.as_mapping()
    found = _audit(tables)
    assert {discrepancy.reason.code for discrepancy in found.discrepancies} == codes
    assert tables.accounts.as_mapping() == before


def test_the_compensation_mends_the_figure() -> None:
    """A compensation says by how much a stored figure has to change to equal the journal."""
    tables = _shop()
    _change("accounts", COAT, balance=7)(tables)
    (discrepancy,) = _audit(tables).discrepancies
    assert discrepancy.proposal == Compensation(account=COAT, figure="balance", change=2)
    assert dict(discrepancy.reason.parameters) == {
        "kind": "stock",
        "subject": "coat",
        "scope": "leon",
        "stored": 7,
        "folded": 9,
    }
