"""Several relays at once, commits that come late, and relays that are killed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from omnicommerce.adapters.brokers.in_process import InProcessBroker
from omnicommerce.adapters.sql import SqlStore, SqlUnitOfWork, deliveries
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.kernel.clock import ManualClock, SystemClock
from omnicommerce.kernel.ids import RandomIds
from omnicommerce.relay import Relay, RelayPolicy
from tests.crash import crashes, processes
from tests.relay.outboxes import (
    LEASE,
    NOON,
    SHOP,
    FileBroker,
    Happened,
    LockedBroker,
    first_times,
    ids_by_subject,
    make_relay,
    write,
)
from tests.stores import ledger_stores

SUBJECTS = "abcdefgh"
EACH = 12


@pytest.fixture(params=[True, False], ids=["skips locked", "waits for locks"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Lease as the database can, and as one does that cannot pass over locked rows."""
    if not request.param:
        monkeypatch.setattr(deliveries, "skips_locked", lambda _: False)
    return bool(request.param)


def _expected() -> dict[str, list[str]]:
    return {
        subject: [f"{subject}{number}" for number in range(1, EACH + 1)] for subject in SUBJECTS
    }


def _write_all(store: Any, subjects: str) -> None:
    for number in range(1, EACH + 1):
        write(store, *(f"{subject}{number}" for subject in subjects))


@pytest.mark.usefixtures("way")
def test_relays_in_threads_share_the_work(sql_store: Any) -> None:
    """Four relays send each event once and each subject in order, while events are written."""
    broker, done = LockedBroker(), threading.Event()

    def relay() -> None:
        one = Relay(sql_store, broker, SHOP, policy=RelayPolicy(batch=5), clock=SystemClock())
        while not done.is_set():
            one.run_once()
            if len(broker.events) >= len(SUBJECTS) * EACH:
                done.set()

    threads = [threading.Thread(target=relay) for _ in range(4)]
    threads += [
        threading.Thread(target=_write_all, args=(sql_store, half))
        for half in (SUBJECTS[:4], SUBJECTS[4:])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ids_by_subject(broker.events) == _expected()
    assert make_relay(sql_store).backlog().pending == 0


def _drain(url: str, path: Path) -> None:
    """Relay in a process of its own until nothing is left."""
    store = SqlStore.open(url)
    relay = Relay(store, FileBroker(path), SHOP, policy=RelayPolicy(batch=5), ids=RandomIds())
    while relay.backlog().pending:
        relay.run_once()
    store.close()


def test_relays_in_processes_share_the_work(sql_url: str, tmp_path: Path) -> None:
    """Three processes send each event once and each subject in order."""
    with ledger_stores(sql_url) as opened:
        _write_all(opened(), SUBJECTS)
    broker = FileBroker(tmp_path / "published")
    relays = [processes.Process(target=_drain, args=(sql_url, broker._path)) for _ in range(3)]
    for process in relays:
        process.start()
    for process in relays:
        process.join(60)
    assert [process.exitcode for process in relays] == [0, 0, 0]
    assert sorted(broker.lines()) == sorted(each for ids in _expected().values() for each in ids)
    assert first_times(broker.lines()) == _expected()


@pytest.mark.parametrize("server", ["postgres", "mariadb"])
def test_a_late_commit_is_not_skipped(server: str, request: pytest.FixtureRequest) -> None:
    """An event with an early sequence that is committed late is published when it is there."""
    url = request.getfixturevalue(f"{server}_url")
    with ledger_stores(url) as opened:
        store: Any = opened()
        broker = InProcessBroker()
        relay = make_relay(store, broker)
        with store._engine.connect() as connection, connection.begin():
            slow = SqlUnitOfWork(Transaction(connection))
            slow.outbox.add(Happened(event_id="early1", subject="early", at=NOON))
            slow.finish()
            write(store, "late1")
            assert relay.run_once().published == 1
            assert relay.run_once().leased == 0
        assert relay.run_once().published == 1
        assert [event.id for event in broker.events] == ["late1", "early1"]
        late, early = (event.sequence or 0 for event in broker.events)
        assert 0 < early < late


@pytest.mark.parametrize("server", ["postgres", "mariadb"])
def test_two_relays_never_hold_two_events_of_a_subject(
    server: str, request: pytest.FixtureRequest
) -> None:
    """Whoever leases while another relay's lease is not committed lets go of what is behind it."""
    url = request.getfixturevalue(f"{server}_url")
    with ledger_stores(url) as opened:
        store: Any = opened()
        write(store, "a1", "a2", "b1")
        with store._engine.connect() as connection, connection.begin():
            first = SqlUnitOfWork(Transaction(connection)).deliveries
            until = NOON + LEASE
            mine = first.lease("first", at=NOON, until=until, limit=1)
            theirs = store.run(
                lambda unit: unit.deliveries.lease("second", at=NOON, until=until, limit=5)
            )
        assert [event.event_id for event in mine] == ["a1"]
        assert [event.event_id for event in theirs] == ["b1"]
        assert make_relay(store).backlog().leased == 2


@pytest.mark.usefixtures("way")
def test_a_lease_costs_few_statements(sql_store: Any) -> None:
    """A round of any size takes four statements to lease and one to settle."""
    write(sql_store, *(f"{subject}1" for subject in SUBJECTS))
    seen: list[str] = []

    def count(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith(("BEGIN", "SET ")):
            seen.append(statement.split(maxsplit=1)[0])

    sa.event.listen(sql_store._engine, "before_cursor_execute", count)
    assert make_relay(sql_store).run_once().published == len(SUBJECTS)
    assert seen == ["SELECT", "SELECT", "UPDATE", "SELECT", "UPDATE"]


def _one_round(url: str, path: Path) -> Callable[[], object]:
    """Write two more events, and relay at an instant when earlier leases are over."""
    store = SqlStore.open(url)
    runs = path.with_suffix(".runs")
    with runs.open("a") as file:
        file.write("x")
    turn = len(runs.read_text())
    write(store, f"a{turn}", f"b{turn}")
    clock = ManualClock(NOON + turn * 2 * LEASE)
    return make_relay(store, FileBroker(path), clock=clock, ids=RandomIds()).run_once


def test_a_killed_relay_loses_nothing(sql_url: str, tmp_path: Path) -> None:
    """Killed before any statement, every event is sent at least once, each subject in order."""
    broker = FileBroker(tmp_path / "published")
    with ledger_stores(sql_url) as opened:
        store = opened()
        runs = list(crashes(_one_round, sql_url, broker._path))
        before = len(broker.lines())
        late = ManualClock(NOON + timedelta(days=1))
        last = make_relay(store, broker, clock=late, ids=RandomIds())
        while last.run_once().leased:
            pass
        expected = {
            subject: [f"{subject}{turn}" for turn in range(1, len(runs) + 1)] for subject in "ab"
        }
        assert first_times(broker.lines()) == expected
        assert last.backlog().pending == 0
    assert runs[-1].completed
    assert len(runs) > 8
    assert before > 2 * len(runs)  # a relay killed before its mark makes the next send again
