"""How many statements each verb sends: that, not their size, is what a network makes one pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from omnicommerce.adapters.sql import SqlStore
from omnicommerce.adapters.sql.engine import make_engine
from omnicommerce.ledger.model import AccountKey, Demand, LotTerms
from tests.concurrency.race import LATER, NOON, by, try_hold
from tests.stores import ledger_stores

_SKUS = [AccountKey("stock", f"SKU-{number:03}", "madrid") for number in range(50)]
_POINTS = AccountKey("points", "clara", "club")

_EXPECTED = {
    "sqlite": {
        "hold": 4,
        "hold again": 2,
        "extend": 4,
        "capture": 5,
        "release": 5,
        "restore": 5,
        "credit": 4,
        "hold with lots": 10,
        "hold with lots, some held": 11,
        "standings": 1,
    },
    "postgresql": {
        "hold": 1,
        "hold again": 2,
        "extend": 2,
        "capture": 2,
        "release": 2,
        "restore": 2,
        "credit": 2,
        "hold with lots": 3,
        "hold with lots, some held": 4,
        "standings": 1,
    },
}
_EXPECTED["mariadb"] = _EXPECTED["sqlite"]


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[SqlStore, sa.Engine]]:
    """Give an empty store of each real kind, and its engine."""
    url = str(request.getfixturevalue(f"{request.param}_url"))
    engine = make_engine(url)
    with ledger_stores(url) as open_store:
        open_store()
        yield SqlStore.open(engine), engine
    engine.dispose()


@contextmanager
def _counted(engine: sa.Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def see(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement != "BEGIN IMMEDIATE":
            seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", see)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", see)


@pytest.mark.parametrize("lines", [1, 5, 50])
def test_statements_per_verb(opened: tuple[SqlStore, sa.Engine], lines: int) -> None:
    """The number of statements is the same for one line and for fifty."""
    store, engine = opened
    skus = _SKUS[:lines]
    demands = [Demand(sku, 2) for sku in skus]
    for sku in skus:
        _credit(store, sku)
    terms = LotTerms(origin="order")
    store.run(lambda unit: unit.ledger.credit(_POINTS, 500, by=by("points"), terms=terms))
    later = NOON + timedelta(hours=2)
    verbs: dict[str, Callable[[Any], Any]] = {
        "extend": lambda ledger: ledger.extend("group-a", expires_at=later, by=by("extend")),
        "capture": lambda ledger: ledger.capture("group-a", by=by("capture")),
        "restore": lambda ledger: ledger.restore("group-a", by=by("restore")),
        "release": lambda ledger: ledger.release("group-b", by=by("release")),
        "credit": lambda ledger: ledger.credit(skus[0], 1, by=by("once more")),
        "standings": lambda ledger: ledger.standings(skus, at=NOON),
    }

    counts = {}
    with _counted(engine) as seen:
        for name, key in (("hold", "a"), ("hold again", "a"), ("hold", "b")):
            seen.clear()
            try_hold(store, key, *demands)
            counts[name] = len(seen)
        for name, verb in verbs.items():
            seen.clear()
            store.run(partial(_ask, verb))
            counts[name] = len(seen)
        for name, key in (("hold with lots", "c"), ("hold with lots, some held", "d")):
            seen.clear()
            try_hold(store, key, Demand(_POINTS, 70))
            counts[name] = len(seen)

    assert counts == _EXPECTED[engine.dialect.name]


def _ask(verb: Callable[[Any], Any], unit: Any) -> Any:
    return verb(unit.ledger)


def _credit(store: SqlStore, sku: AccountKey) -> None:
    store.run(lambda unit: unit.ledger.credit(sku, 100, by=by(sku.subject)))


def test_ended_holds_do_not_slow_a_hold(sqlite_url: str) -> None:
    """What ended is not read again: the due holds are found by an index that has no others."""
    engine = make_engine(sqlite_url)
    store = SqlStore.open(engine)
    _credit(store, _SKUS[0])
    assert try_hold(store, "x", Demand(_SKUS[0], 100))
    with _counted(engine) as seen:
        assert try_hold(store, "y", Demand(_SKUS[0], 1), at=LATER + timedelta(hours=2))
    due = next(statement for statement in seen if "due_at <=" in statement)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {due}", ("[]", 0))
        plan = " ".join(str(row) for row in rows)
    assert "ix_oc_hold_account_due_at (account=? AND due_at<?)" in plan
    engine.dispose()
