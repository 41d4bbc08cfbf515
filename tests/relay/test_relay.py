"""What a relay does with events, brokers and stores that misbehave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from omnicommerce.adapters.brokers.in_process import InProcessBroker
from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.errors import InvalidValue, StoreUnavailable
from omnicommerce.relay import CloudEvent, Relay, RelayPolicy, Round, Sent
from omnicommerce.relay.decide import jittered, waves
from omnicommerce.relay.model import LONGEST_REASON, Leased
from tests.relay.outboxes import NOON, SHOP, StopAfter, ids_by_subject, make_relay, write


def test_events_become_cloud_events(store: Any) -> None:
    """What a broker gets says whose event it is, what happened, to what, when, in which order."""
    broker = InProcessBroker()
    write(store, "a1")
    assert make_relay(store, broker).run_once() == Round(leased=1, published=1)
    (event,) = broker.events
    assert (event.id, event.source, event.subject) == ("a1", "/shops/alma", "a")
    assert (event.type, event.time) == ("omnicommerce.order.placed", NOON)
    assert event.data == {"note": "ñ, 日本, 😀"}
    assert event.sequence is not None
    assert event.sequence > 0
    assert CloudEvent.from_json(event.to_json()) == event


def test_each_subject_keeps_its_order_whatever_the_broker_does(store: Any) -> None:
    """A wave holds one event of each subject, and the next goes only when it is confirmed."""
    batches: list[list[str]] = []

    class Watched(InProcessBroker):
        def publish(self, events: Sequence[CloudEvent]) -> Sent:
            batches.append([event.id for event in events])
            return super().publish(list(reversed(events)))

    broker = Watched()
    write(store, "a1", "a2", "b1", "a3", "b2", "c1")
    make_relay(store, broker).run_once()
    assert batches == [["a1", "b1", "c1"], ["a2", "b2"], ["a3"]]
    assert ids_by_subject(broker.events) == {
        "a": ["a1", "a2", "a3"],
        "b": ["b1", "b2"],
        "c": ["c1"],
    }


def test_only_the_subject_of_a_refused_event_waits(store: Any) -> None:
    """Later events of its subject stay behind it; others go on, and order survives the retry."""
    clock, broker = ManualClock(NOON), InProcessBroker()
    relay = make_relay(store, broker, clock=clock)
    broker.refuses = lambda event: "not now" if event.id == "a1" else None
    write(store, "a1", "a2", "b1", "b2")
    assert relay.run_once() == Round(leased=4, published=2, refused=1)
    write(store, "a3", "c1")
    assert relay.run_once() == Round(leased=1, published=1)
    broker.refuses = lambda _: None
    clock.advance(timedelta(seconds=1))
    assert relay.run_once() == Round(leased=3, published=3)
    assert ids_by_subject(broker.events)["a"] == ["a1", "a2", "a3"]


def test_a_broker_that_is_away_costs_no_event_its_tries(store: Any) -> None:
    """Nothing is refused while the broker is away, and everything goes when it is back."""
    broker = InProcessBroker()
    relay = make_relay(store, broker, tries=1)
    write(store, "a1", "a2")
    broker.away = True
    for _ in range(5):
        done = relay.run_once()
        assert (done.leased, done.published, done.refused) == (2, 0, 0)
        assert done.trouble is not None
        assert "told to be away" in done.trouble
    broker.away = False
    assert relay.run_once() == Round(leased=2, published=2)


def test_what_a_broker_confirmed_before_it_went_is_published(store: Any) -> None:
    """Of a batch that broke off, only what was not confirmed is sent again."""

    class Breaking(InProcessBroker):
        def publish(self, events: Sequence[CloudEvent]) -> Sent:
            if len(self.events) == 0:
                return super().publish(events[:1]).plus(Sent(trouble="connection lost"))
            return super().publish(events)

    broker = Breaking()
    relay = make_relay(store, broker)
    write(store, "a1", "b1", "c1", "a2")
    assert relay.run_once() == Round(leased=4, published=1, trouble="connection lost")
    assert relay.run_once() == Round(leased=3, published=3)
    assert sorted(event.id for event in broker.events) == ["a1", "a2", "b1", "c1"]


def test_a_publisher_that_breaks_over_one_event_loses_no_other(store: Any) -> None:
    """An exception nobody foresaw is counted against the event that causes it alone."""

    class Fragile(InProcessBroker):
        def publish(self, events: Sequence[CloudEvent]) -> Sent:
            if any(event.id == "b1" for event in events):
                raise ZeroDivisionError("x" * 1000)
            return super().publish(events)

    broker = Fragile()
    relay = make_relay(store, broker, tries=1)
    write(store, "a1", "b1", "c1")
    assert relay.run_once() == Round(leased=3, published=2, refused=1, aside=1)
    (aside,) = relay.aside()
    assert aside.reason.startswith("ZeroDivisionError: xxx")
    assert len(aside.reason) == LONGEST_REASON


def test_an_event_that_is_damaged_is_set_aside(sql_store: Any) -> None:
    """Stored text that is no JSON object stops itself and nothing else."""
    from omnicommerce.adapters.sql.tables import outbox

    write(sql_store, "a1", "b1", "c1")
    with sql_store._engine.begin() as connection:
        for event_id, text in (("a1", "{"), ("b1", "[]")):
            damage = outbox.update().where(outbox.c.event_id == event_id).values(data=text)
            connection.execute(damage)
    broker = InProcessBroker()
    relay = make_relay(sql_store, broker, tries=1)
    assert relay.run_once() == Round(leased=3, published=1, refused=2, aside=2)
    reasons = [aside.reason for aside in relay.aside()]
    assert "is not JSON" in reasons[0]
    assert "must be a JSON object, not list" in reasons[1]


def test_nothing_is_published_in_the_second_half_of_a_lease(store: Any) -> None:
    """A relay that was held up leaves the rest to whoever may lease it next."""
    clock = ManualClock(NOON)

    class Slow(InProcessBroker):
        def publish(self, events: Sequence[CloudEvent]) -> Sent:
            clock.advance(timedelta(seconds=30))
            return super().publish(events)

    broker = Slow()
    relay = make_relay(store, broker, clock=clock, lease=timedelta(minutes=1))
    write(store, "a1", "a2", "b1")
    assert relay.run_once() == Round(leased=3, published=2)
    assert ids_by_subject(broker.events) == {"a": ["a1"], "b": ["b1"]}
    assert relay.run_once() == Round(leased=1, published=1)


def test_running_waits_longer_the_longer_nothing_happens() -> None:
    """Idle pauses grow to the policy's, and end when there is something to do."""
    store = MemoryStore()
    relay = make_relay(store, idle_pause=timedelta(seconds=2))
    stop = StopAfter(6)
    rounds: list[Round] = []
    write(store, "a1")
    relay.run(stop, watch=rounds.append)
    assert stop.waits == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]
    assert rounds[0] == Round(leased=1, published=1)
    assert rounds[1:] == [Round()] * 6


def test_running_survives_brokers_and_stores_that_are_away() -> None:
    """Pauses double up to the longest while something is away, and the relay goes on after."""
    store = MemoryStore()
    broker = InProcessBroker()
    broker.away = True
    write(store, "a1")
    policy: dict[str, Any] = {
        "first_pause": timedelta(seconds=1),
        "longest_pause": timedelta(seconds=6),
    }
    stop = StopAfter(5)
    make_relay(store, broker, **policy).run(stop)
    longest = (1, 2, 4, 6, 6)
    assert all(most / 2 <= wait <= most for wait, most in zip(stop.waits, longest, strict=True))

    class Gone:
        def run(self, _: Any) -> Any:
            raise StoreUnavailable("the database is gone")

    rounds: list[Round] = []
    make_relay(Gone(), broker, **policy).run(StopAfter(2), watch=rounds.append)
    assert [done.trouble for done in rounds] == [
        "the database is gone [adapter.store_unavailable]"
    ] * 2


def test_draining_ends_when_nothing_can_be_sent() -> None:
    """It stops at an empty outbox, at a broker that is away, and when told to."""
    store, broker = MemoryStore(), InProcessBroker()
    relay = make_relay(store, broker, batch=2)
    rounds: list[Round] = []
    write(store, "a1", "a2", "a3")
    relay.drain(StopAfter(1), watch=rounds.append)
    assert [done.published for done in rounds] == [2, 1, 0]
    write(store, "a4")
    relay.drain(StopAfter(0))
    assert len(broker.events) == 3
    broker.away = True
    relay.drain(StopAfter(1), watch=rounds.append)
    assert rounds[-1].trouble is not None


def test_pauses_of_events_that_failed_together_differ() -> None:
    """The jitter follows from the event, takes up to half, and never exceeds the longest pause."""
    policy = RelayPolicy()
    pauses = {jittered(3, policy, seed=f"event-{number}") for number in range(50)}
    assert len(pauses) == 50
    assert all(timedelta(seconds=2) <= pause <= timedelta(seconds=4) for pause in pauses)
    assert jittered(3, policy, seed="e") == jittered(3, policy, seed="e")
    assert jittered(10_000, policy, seed="e") <= policy.longest_pause


def test_waves_hold_each_event_once() -> None:
    """Together they are the events, and in none a subject is twice."""
    events = [
        Leased(sequence=n, event_id=f"e{n}", kind="k", subject="xyz"[n % 3], at=NOON, data="{}")
        for n in range(10)
    ]
    found = waves(reversed(events))
    assert sorted(event.sequence for wave in found for event in wave) == list(range(10))
    for wave in found:
        assert len({event.subject for event in wave}) == len(wave)


@pytest.mark.parametrize("field", ["batch", "lease", "tries", "first_pause", "idle_pause"])
def test_a_policy_wants_something_of_everything(field: str) -> None:
    """A figure of nothing is refused by its name."""
    nothing: Any = 0 if field in {"batch", "tries"} else timedelta(0)
    with pytest.raises(InvalidValue, match=field):
        RelayPolicy(**{field: nothing})


def test_a_relay_reads_the_machines_clock_by_default() -> None:
    """Without a clock or a policy it works as well."""
    store, broker = MemoryStore(), InProcessBroker()
    write(store, "a1")
    assert Relay(store, broker, SHOP).run_once() == Round(leased=1, published=1)
