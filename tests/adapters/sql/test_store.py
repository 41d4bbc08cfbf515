from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from omnicommerce.adapters.sql import SqlStore, migrations
from omnicommerce.adapters.sql.engine import make_engine
from omnicommerce.commerce import Store
from omnicommerce.customers.model import Customer
from omnicommerce.kernel.errors import (
    AdapterError,
    Conflict,
    InvalidValue,
    Misuse,
    NotFound,
    StaleVersion,
)
from omnicommerce.kernel.events import Event
from omnicommerce.kernel.ids import CustomerId
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import Demand
from tests.concurrency.race import DRESS, NOON, SHOES, by, standing

_CLARA = Customer(customer_id=CustomerId("customer_1"), name="Clara", email="clara@example.org")


@pytest.fixture
def store(empty_url: str) -> Iterator[SqlStore]:
    """Give a store on an empty database, with five dresses."""
    opened = SqlStore.open(empty_url, patience=timedelta(seconds=2))
    opened.run(lambda unit: unit.ledger.credit(DRESS, 5, by=by("receive")))
    yield opened
    opened.close()


def _count(store: SqlStore, table: str) -> int:
    query = sa.text(f"select count(*) from {table}")  # noqa: S608 - a literal of this file
    return store.run(lambda unit: int(unit.transaction.rows(query)[0][0]))


def test_opening_an_empty_database_makes_its_tables(empty_url: str) -> None:
    """An empty database is ready after opening, and opening again changes nothing."""
    for _ in range(2):
        store = SqlStore.open(empty_url)
        assert standing(store, DRESS).balance == 0
        store.close()


def test_many_open_an_empty_database_at_once(empty_url: str) -> None:
    """Threads that open an empty database at the same moment all get a working store."""
    gate = threading.Barrier(4)
    balances = []

    def start() -> None:
        gate.wait(10)
        store = SqlStore.open(empty_url)
        balances.append(standing(store, DRESS).balance)
        store.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert balances == [0] * 4


def _pretend(url: str, revision: str) -> sa.Engine:
    engine = make_engine(url)
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text("update oc_schema set version_num = :revision"), {"revision": revision}
        )
    return engine


def test_a_newer_schema_is_refused(empty_url: str) -> None:
    """A database of a newer release is left alone, with a clear error."""
    engine = _pretend(empty_url, "9999")
    with pytest.raises(AdapterError, match="newer"):
        SqlStore.open(engine, upgrade=True)
    with pytest.raises(AdapterError, match="9999"):
        SqlStore.open(engine)
    engine.dispose()


def test_an_older_schema_asks_to_be_upgraded(empty_url: str) -> None:
    """A database of an older release is not changed unasked; the error says what to do."""
    engine = _pretend(empty_url, "0000")
    with pytest.raises(AdapterError, match="upgrade"):
        SqlStore.open(engine)
    engine.dispose()


def test_it_is_a_store_of_commerce(empty_url: str) -> None:
    """The SQL store has all that checkout and its rooms ask of a unit of work."""
    store: Store = SqlStore.open(empty_url)
    assert store.run(lambda stores: stores.ledger.holds("none")) == ()
    store.close()


def test_an_engine_of_the_caller_stays_open(empty_url: str) -> None:
    """A store over the caller's own engine works, and closing it leaves the engine usable."""
    engine = sa.create_engine(make_engine(empty_url).url)
    store = SqlStore.open(engine)
    store.run(lambda unit: unit.ledger.credit(DRESS, 5, by=by("receive")))
    store.close()
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select balance from oc_account")) == 5
    engine.dispose()


@pytest.mark.parametrize("url", ["nonsense", "oracle://shop", "sqlserver+x://y", ""])
def test_other_databases_are_refused(url: str) -> None:
    """A URL that names no database we know is the caller's mistake."""
    with pytest.raises(InvalidValue, match="url"):
        SqlStore.open(url)


@pytest.mark.parametrize("patience", [timedelta(0), timedelta(seconds=-1), 3])
def test_patience_is_a_positive_duration(patience: Any) -> None:
    """No patience is the caller's mistake."""
    with pytest.raises(InvalidValue, match="patience"):
        SqlStore.open("sqlite://", patience=patience)


def test_a_database_in_memory_works() -> None:
    """SQLite without a file keeps its rows as long as the store is open."""
    store = SqlStore.open("sqlite://")
    store.run(lambda unit: unit.ledger.credit(DRESS, 5, by=by("receive")))
    assert standing(store, DRESS).available == 5
    store.close()


def test_units_of_work_do_not_nest(store: SqlStore) -> None:
    """A unit of work inside another one would wait for itself, so it is refused."""

    def outer(_: Any) -> None:
        assert store.in_transaction
        store.run(lambda _: None)

    with pytest.raises(Misuse, match="already"):
        store.run(outer)
    assert not store.in_transaction


def test_an_error_keeps_nothing(store: SqlStore) -> None:
    """Whatever the work raises, nothing of it is kept."""

    def work(unit: Any) -> None:
        unit.ledger.credit(DRESS, 5, by=by("more"))
        unit.customers.add(_CLARA)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run(work)

    assert standing(store, DRESS).balance == 5
    assert _count(store, "oc_customer") == 0


def test_a_refusal_dooms_the_unit_even_if_caught(store: SqlStore) -> None:
    """After a refusal nothing is kept, and every further verb raises it again."""
    again = []

    def work(unit: Any) -> None:
        unit.ledger.credit(DRESS, 1, by=by("more"))
        for key in ("first", "second"):
            try:
                unit.ledger.hold(key, [Demand(SHOES, 1)], expires_at=None, by=by(key))
            except Shortage as refusal:
                again.append(refusal)

    with pytest.raises(Shortage) as caught:
        store.run(work)

    assert again == [caught.value, caught.value]
    assert standing(store, DRESS).balance == 5


def test_a_failed_statement_dooms_the_unit_even_if_caught(store: SqlStore) -> None:
    """A unit whose statement failed never commits half, whatever the caller catches."""

    def work(unit: Any) -> None:
        unit.ledger.credit(DRESS, 1, by=by("more"))
        with suppress(AdapterError):
            unit.transaction.execute(sa.text("select nonsense from nowhere"))

    with pytest.raises(AdapterError, match="refused a statement") as caught:
        store.run(work)

    assert isinstance(caught.value.__cause__, sa.exc.DBAPIError)
    assert standing(store, DRESS).balance == 5


def test_a_conflict_is_run_again(store: SqlStore) -> None:
    """A unit that meets a conflict is run again from the start."""
    runs = []

    def work(unit: Any) -> str:
        unit.ledger.credit(DRESS, 1, by=by("more"))
        runs.append(unit)
        if len(runs) < 3:
            raise Conflict("somebody was faster")
        return "done"

    assert store.run(work) == "done"
    assert len(runs) == 3
    assert standing(store, DRESS).balance == 6


def test_a_lasting_conflict_ends_with_patience(store: SqlStore) -> None:
    """A unit that always meets a conflict gives up when patience ends."""

    def work(_: Any) -> None:
        raise Conflict("always")

    with pytest.raises(Conflict, match="always"):
        store.run(work)


def test_a_misuse_after_a_claim_frees_the_key(store: SqlStore) -> None:
    """A hold under an old group's name fails and leaves its key free for another command."""

    def hold(group: str, key: str) -> None:
        def work(unit: Any) -> None:
            unit.ledger.hold(group, [Demand(DRESS, 1)], expires_at=None, by=by(key))

        store.run(work)

    hold("group", "first")

    def twice(unit: Any) -> None:
        with pytest.raises(InvalidValue, match="exists already"):
            unit.ledger.hold("group", [Demand(DRESS, 1)], expires_at=None, by=by("second"))
        unit.ledger.hold("other", [Demand(DRESS, 1)], expires_at=None, by=by("second"))

    store.run(twice)

    assert standing(store, DRESS).held == 2


def test_events_are_kept_with_their_unit(store: SqlStore) -> None:
    """An event is in the outbox exactly if the rest of its unit of work was kept."""
    event = Event(event_id="event_1", subject="order_ñ_1", at=NOON)

    def work(unit: Any, *, fail: bool) -> None:
        unit.outbox.add(event)
        unit.ledger.credit(DRESS, 1, by=by("more"))
        if fail:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run(lambda unit: work(unit, fail=True))
    assert _count(store, "oc_outbox") == 0
    store.run(lambda unit: work(unit, fail=False))

    query = sa.text("select event_id, kind, subject, data from oc_outbox")
    (row,) = store.run(lambda unit: unit.transaction.rows(query))
    assert tuple(row[:3]) == ("event_1", "event", "order_ñ_1")
    assert "2026-11-21T12:00:00Z" in row[3]


def test_an_aggregate_is_saved_at_the_version_it_was_read(store: SqlStore) -> None:
    """Saving counts the version up; saving an old version again is StaleVersion."""
    store.run(lambda unit: unit.customers.add(_CLARA))
    saved = store.run(lambda unit: unit.customers.save(_CLARA))

    assert saved.version == 1
    assert store.run(lambda unit: unit.customers.get(_CLARA.customer_id)) == saved
    assert store.run(lambda unit: unit.customers.find_by_email(_CLARA.email)) == saved
    assert store.run(lambda unit: unit.customers.find_by_email("x@example.org")) is None
    with pytest.raises(StaleVersion):
        store.run(lambda unit: unit.customers.save(_CLARA))
    with pytest.raises(NotFound):
        store.run(lambda unit: unit.customers.get(CustomerId("nobody")))


def test_a_second_aggregate_with_the_same_key_is_a_conflict(store: SqlStore) -> None:
    """One customer per address: the second is a Conflict, and the first stays."""
    store.run(lambda unit: unit.customers.add(_CLARA))
    other = Customer(customer_id=CustomerId("customer_2"), name="Other", email=_CLARA.email)
    with pytest.raises(Conflict):
        store.run(lambda unit: unit.customers.add(other))
    assert _count(store, "oc_customer") == 1


@pytest.mark.parametrize(
    "text",
    ["a", "á", "A", "Á", "a b", "\uff46", "😀", "\U0001d49c", "\\", "'", '"', "%s", "?", ":x"],
)
def test_keys_are_kept_and_compared_by_code_point(store: SqlStore, text: str) -> None:
    """No two different texts are one key: no case, accent or width is folded."""
    from omnicommerce.ledger.model import AccountKey

    account = AccountKey("stock", text)
    other = AccountKey("stock", f"{text}!")
    store.run(lambda unit: unit.ledger.credit(account, 1, by=by(f"key {text}")))
    store.run(lambda unit: unit.ledger.credit(other, 2, by=by(f"key {text}!")))
    assert standing(store, account).balance == 1
    assert store.run(lambda unit: unit.ledger.entries(account))[0].key == f"key {text}"
