"""What every store promises a relay; the same tests on memory and each database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnicommerce.adapters.brokers.in_process import InProcessBroker
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.relay import Backlog, Relay, Round, Verdict
from tests.relay.outboxes import LEASE, NOON, ids_by_subject, make_relay, write


def _lease(store: Any, token: str, *, at: Any = NOON, limit: int = 100) -> list[str]:
    leased = store.run(
        lambda unit: unit.deliveries.lease(token, at=at, until=at + LEASE, limit=limit)
    )
    return [event.event_id for event in leased]


def _settle(store: Any, token: str, *verdicts: Verdict) -> int:
    return int(store.run(lambda unit: unit.deliveries.settle(token, verdicts)))


def _sequences(store: Any, token: str, **options: Any) -> dict[str, int]:
    leased = store.run(
        lambda unit: unit.deliveries.lease(
            token, at=options.get("at", NOON), until=options.get("at", NOON) + LEASE, limit=100
        )
    )
    return {event.event_id: event.sequence for event in leased}


def test_what_was_written_is_leased_in_order(store: Any) -> None:
    """A lease brings the events as they were written, oldest first, at most as many as asked."""
    write(store, "a1", "b1")
    write(store, "a2")
    leased = store.run(
        lambda unit: unit.deliveries.lease("t", at=NOON, until=NOON + LEASE, limit=2)
    )
    assert ["a1", "b1"] == [event.event_id for event in leased]
    assert leased[0].sequence < leased[1].sequence
    assert (leased[0].kind, leased[0].subject, leased[0].at) == ("order.placed", "a", NOON)
    assert leased[0].tries == 0


def test_an_event_is_leased_by_one_at_a_time(store: Any) -> None:
    """While a lease lasts nobody else gets its events; when it is over, anybody does."""
    write(store, "a1", "b1")
    assert ["a1", "b1"] == _lease(store, "first")
    assert [] == _lease(store, "second", at=NOON + LEASE - timedelta(microseconds=1))
    assert ["a1", "b1"] == _lease(store, "second", at=NOON + LEASE)


def test_a_lease_that_was_taken_over_settles_nothing(store: Any) -> None:
    """A relay that comes back late cannot mark what another one has in hand."""
    write(store, "a1")
    sequence = _sequences(store, "first")["a1"]
    late = NOON + LEASE
    assert ["a1"] == _lease(store, "second", at=late)
    assert _settle(store, "first", Verdict(sequence=sequence, published_at=late)) == 0
    assert _settle(store, "second", Verdict(sequence=sequence, published_at=late)) == 1
    assert [] == _lease(store, "third", at=late + 2 * LEASE)


def test_later_events_of_a_subject_wait_for_earlier_ones(store: Any) -> None:
    """Behind a leased or retried event nothing of its subject is leased; all else is."""
    write(store, "a1", "a2", "b1")
    assert ["a1"] == _lease(store, "first", limit=1)
    assert ["b1"] == _lease(store, "second")
    sequence = _sequences(store, "third", at=NOON + LEASE)["a1"]
    later = NOON + 2 * LEASE
    _settle(store, "third", Verdict(sequence=sequence, due_at=later, tries=1, reason="no"))
    assert [] == _lease(store, "fourth", at=NOON + LEASE)


def test_a_retry_brings_its_followers(store: Any) -> None:
    """When an event is due again, it is leased before the later ones of its subject."""
    write(store, "a1", "a2", "a3")
    sequence = _sequences(store, "first")["a1"]
    due = NOON + timedelta(seconds=5)
    _settle(store, "first", Verdict(sequence=sequence, due_at=due, tries=3, reason="no"))
    over = NOON + LEASE
    leased = store.run(
        lambda unit: unit.deliveries.lease("t", at=over, until=over + LEASE, limit=9)
    )
    assert [("a1", 3), ("a2", 0), ("a3", 0)] == [(e.event_id, e.tries) for e in leased]


def test_what_waits_behind_a_refused_event_takes_nobodys_place(store: Any) -> None:
    """However many events wait behind one of their subject, others are leased."""
    write(store, *(f"a{number}" for number in range(20)), "b1")
    sequence = _sequences(store, "first")["a0"]
    over = NOON + LEASE
    verdict = Verdict(sequence=sequence, due_at=over + LEASE, tries=1, reason="no")
    _settle(store, "first", verdict)
    assert ["b1"] == _lease(store, "second", at=over, limit=3)


def test_what_waited_longest_is_not_starved(store: Any) -> None:
    """Events whose lease is over come before new ones, however many new ones there are."""
    write(store, "a1")
    _lease(store, "died")
    write(store, *(f"b{number}" for number in range(20)))
    assert _lease(store, "next", at=NOON + LEASE, limit=5)[0] == "a1"


def test_the_backlog_is_counted(store: Any) -> None:
    """Pending, leased, retrying and set-aside events, and how long the oldest waits."""
    assert Backlog() == make_relay(store).backlog()
    write(store, "a1", at=NOON - timedelta(minutes=3))
    write(store, "b1", "c1", "d1")
    found = _sequences(store, "t")
    _settle(
        store,
        "t",
        Verdict(sequence=found["b1"], due_at=NOON + LEASE, tries=1, reason="no"),
        Verdict(sequence=found["c1"], tries=12, reason="never"),
        Verdict(sequence=found["d1"], published_at=NOON),
    )
    backlog = make_relay(store).backlog()
    expected = Backlog(
        pending=2, leased=1, retrying=1, aside=1, oldest_at=NOON - timedelta(minutes=3)
    )
    assert expected == backlog
    assert backlog.lag(NOON) == timedelta(minutes=3)
    assert backlog.lag(NOON - timedelta(days=1)) == timedelta(0)


def test_what_is_set_aside_can_be_seen_and_requeued(store: Any) -> None:
    """A poison event stands aside with its reason, lets others pass, and can be tried anew."""
    write(store, "a1", "a2", "b1")
    broker = InProcessBroker()
    clock = ManualClock(NOON)
    broker.refuses = lambda event: "too large" if event.id == "a1" else None
    relay = make_relay(store, broker, clock=clock, tries=2)
    assert relay.run_once() == Round(leased=3, published=1, refused=1)
    assert ids_by_subject(broker.events) == {"b": ["b1"]}
    clock.advance(LEASE)
    assert relay.run_once() == Round(leased=2, refused=1, aside=1)
    assert relay.run_once() == Round(leased=1, published=1)
    (aside,) = relay.aside()
    assert (aside.event_id, aside.subject, aside.tries) == ("a1", "a", 2)
    assert (aside.reason, aside.kind, aside.at) == ("too large", "order.placed", NOON)

    assert relay.requeue(["a2", "nobody"]) == 0
    assert relay.requeue([]) == 0
    assert relay.requeue(["a1"]) == 1
    assert relay.aside() == ()
    broker.refuses = lambda _: None
    assert relay.run_once() == Round(leased=1, published=1)
    assert ids_by_subject(broker.events) == {"a": ["a2", "a1"], "b": ["b1"]}


def test_published_events_are_forgotten_when_they_are_old(store: Any) -> None:
    """Tidying takes published events only, in batches, and never reuses a sequence."""
    clock = ManualClock(NOON)
    relay = make_relay(store, clock=clock)
    write(store, *(f"a{number}" for number in range(7)))
    relay.run_once()
    clock.advance(timedelta(days=8))
    write(store, "b1")
    relay.run_once()
    write(store, "c1")
    assert relay.tidy(timedelta(days=7), batch=3) == 7
    assert relay.tidy(timedelta(days=7)) == 0
    assert relay.backlog().pending == 1


def test_sequences_go_on_when_everything_was_forgotten(store: Any) -> None:
    """A consumer that keeps the newest must never see a sequence for the second time."""
    clock = ManualClock(NOON)
    broker = InProcessBroker()
    relay = make_relay(store, broker, clock=clock)
    for number in range(3):
        write(store, f"a{number}1", f"a{number}2")
        relay.run_once()
        clock.advance(timedelta(days=1))
        relay.tidy(timedelta(0))
    sequences = [event.sequence or 0 for event in broker.events]
    assert sequences == sorted(set(sequences))


def test_a_lease_never_begins_in_the_middle_of_a_subject(store: Any) -> None:
    """An event that comes first by its due date still waits for an earlier one of its subject."""
    write(store, "a1", "a2")
    found = _sequences(store, "first")
    never_leased = datetime(1970, 1, 1, tzinfo=UTC)
    _settle(
        store,
        "first",
        Verdict(sequence=found["a1"], due_at=never_leased),
        Verdict(sequence=found["a2"], due_at=NOON),
    )
    assert ["a1"] == _lease(store, "second", limit=1)
    assert [] == _lease(store, "third")


@pytest.mark.parametrize(("older_than", "batch"), [(timedelta(seconds=-1), 5), (timedelta(0), 0)])
def test_tidying_wants_sense(older_than: timedelta, batch: int) -> None:
    """A negative age or an empty batch is the caller's mistake."""
    from omnicommerce.adapters.memory import MemoryStore

    relay: Relay = make_relay(MemoryStore())
    with pytest.raises(InvalidValue):
        relay.tidy(older_than, batch=batch)


def test_a_unit_of_work_that_fails_leaves_the_outbox_as_it_was(store: Any) -> None:
    """Leases and verdicts are part of their transaction."""
    write(store, "a1")

    def fail(unit: Any) -> None:
        unit.deliveries.lease("t", at=NOON, until=NOON + LEASE, limit=5)
        raise InvalidValue("at", "breaks off")

    with pytest.raises(InvalidValue):
        store.run(fail)
    assert ["a1"] == _lease(store, "next")
