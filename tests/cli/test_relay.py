"""``omnicommerce relay``: what it prints, how it stops, and what it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from omnicommerce.adapters.sql import SqlStore
from omnicommerce.adapters.sql.tables import outbox
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.relay import CloudEvent, Verdict
from tests.cli.conftest import Call
from tests.relay.outboxes import LEASE, NOON, make_relay, write

PROGRAM = "from omnicommerce.cli import main; main()"


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Any]:
    """Give a shop's store with three events in its outbox."""
    opened = SqlStore.open(sqlite_url)
    write(opened, "a1", "a2", "b1")
    yield opened
    opened.close()


def _set_aside(store: Any) -> None:
    """Set the first event aside."""

    def work(unit: Any) -> None:
        (first,) = unit.deliveries.lease("t", at=NOON, until=NOON + LEASE, limit=1)
        verdict = Verdict(sequence=first.sequence, tries=12, reason="[too large]")
        unit.deliveries.settle("t", [verdict])

    store.run(work)


@pytest.mark.usefixtures("store")
def test_draining_prints_what_waits(call: Call, sqlite_url: str) -> None:
    """With ``--to -`` each event is a line of JSON, and figures go to standard error."""
    arguments = ("relay", "--database", sqlite_url, "--to", "-", "--drain", "--source", "/alma")
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    events = [CloudEvent.from_json(line) for line in result.stdout.splitlines()]
    assert [event.id for event in events] == ["a1", "b1", "a2"]
    assert {event.source for event in events} == {"/alma"}
    assert "3 published, 0 refused, 0 set aside" in result.stderr
    assert "0 waiting" in result.stderr
    assert call(*arguments).stdout == ""


@pytest.mark.usefixtures("store")
def test_without_a_broker_it_only_looks(call: Call, sqlite_url: str) -> None:
    """What waits is counted, and stays."""
    for _ in range(2):
        result = call("relay", "--database", sqlite_url)
        assert result.exit_code == 0
        assert "3 waiting, 0 of them to be retried, the oldest for" in result.stdout


def test_what_was_set_aside_is_shown_and_requeued(call: Call, sqlite_url: str, store: Any) -> None:
    """A person sees the reason, mends it, and has the event tried anew."""
    _set_aside(store)
    shown = call("relay", "--database", sqlite_url).stdout
    assert "1 set aside" in shown
    assert "[too large]" in shown
    document = json.loads(call("relay", "--database", sqlite_url, "--json").stdout)
    assert document["waiting"] == {
        "pending": 2,
        "leased": 0,
        "retrying": 0,
        "aside": 1,
        "lag_seconds": document["waiting"]["lag_seconds"],
    }
    (event,) = document["set_aside"]
    assert (event["event_id"], event["tries"], event["reason"]) == ("a1", 12, "[too large]")
    again = call("relay", "--database", sqlite_url, "--requeue", "--json")
    document = json.loads(again.stdout)
    assert (document["requeued"], document["set_aside"]) == (1, [])
    assert document["waiting"]["pending"] == 3
    _set_aside(store)
    assert "1 requeued" in call("relay", "--database", sqlite_url, "--requeue").stdout


def test_old_events_are_forgotten(call: Call, sqlite_url: str, store: Any) -> None:
    """Published events go after so many days, others never."""
    past = datetime(2020, 1, 1, tzinfo=UTC)
    make_relay(store, clock=ManualClock(past)).run_once()
    write(store, "c1")
    call("relay", "--database", sqlite_url, "--keep-days", "36500")
    assert _published(store) == 3
    call("relay", "--database", sqlite_url, "--keep-days", "1")
    assert _published(store) == 0
    assert make_relay(store).backlog().pending == 1


def _published(store: Any) -> int:
    with store._engine.connect() as connection:
        query = sa.select(sa.func.count(outbox.c.published_at))
        return int(connection.execute(query).scalar_one())


def test_a_broker_that_is_away_is_said(call: Call, sqlite_url: str, store: Any) -> None:
    """Draining ends with the code of an adapter that failed, and nothing is lost."""
    away = ("relay", "--database", sqlite_url, "--to", "redis://127.0.0.1:1/0", "--drain")
    result = call(*away)
    assert result.exit_code == 5
    assert "[adapter.broker_unavailable]" in result.stderr
    assert "Redis cannot be reached" in result.stderr
    assert make_relay(store).backlog().pending == 3


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--to", "-", "--json"), "standard output"),
        (("--to", "http://host", "--json"), "amqp://"),
        (("--source", " ", "--json"), "source"),
    ],
)
def test_a_call_that_makes_no_sense(
    call: Call, sqlite_url: str, arguments: tuple[str, ...], problem: str
) -> None:
    """It is refused with what is wrong, before anything is sent."""
    result = call("relay", "--database", sqlite_url, *arguments)
    assert result.exit_code == 2
    assert problem in json.dumps(json.loads(result.stdout)["error"], ensure_ascii=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("store")
def test_a_signal_stops_it_in_good_order(sqlite_url: str, number: signal.Signals) -> None:
    """It ends after the batch in hand, says what it did, and exits as usual."""
    command = ["-c", PROGRAM, "relay", "--database", sqlite_url, "--to", "-"]
    with subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"TERM": "dumb"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(number)
        said = process.stderr.read()
        assert process.wait(30) == 0, said
    assert [CloudEvent.from_json(line).id for line in lines] == ["a1", "b1", "a2"]
    assert "3 published, 0 refused, 0 set aside" in said
    assert "0 waiting" in said
