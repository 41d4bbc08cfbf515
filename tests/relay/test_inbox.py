"""The consumer's end: duplicates and disorder reach the same read model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.adapters.memory import MemoryStore, MemoryUnit
from omnicommerce.adapters.sql import SqlStore
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.ledger.model import AccountKey, Command
from omnicommerce.relay import CloudEvent, Effect, Inbox
from omnicommerce.relay.model import LONGEST_MESSAGE
from tests.concurrency.race import at_once
from tests.crash import crashes
from tests.relay.outboxes import NOON
from tests.stores import ledger_stores

ORDERS = AccountKey("stock", "ORDERS-SEEN", "dashboard")


def _event(number: int, subject: str = "order_1", amount: int = 1) -> CloudEvent:
    return CloudEvent(
        id=f"e{number}",
        source="/shops/alma",
        type="omnicommerce.order.placed",
        subject=subject,
        time=NOON,
        sequence=number,
        data={"amount": amount},
    )


def _add_up(event: CloudEvent, attempt: object = 0) -> Callable[[Any], object]:
    """Count an event's amount; each attempt has a key of its own, so the ledger takes them all."""
    by = Command(f"{event.id}/{attempt}", "dashboard", NOON)
    return lambda unit: unit.ledger.credit(ORDERS, event.data["amount"], by=by)


def _seen(store: Any) -> int:
    balance: int = store.run(lambda unit: unit.ledger.standings([ORDERS], at=NOON))[ORDERS].balance
    return balance


def _inbox(store: Any, consumer: str = "dashboard", clock: ManualClock | None = None) -> Inbox[Any]:
    return Inbox(store, consumer, clock=clock or ManualClock(NOON))


def test_an_event_takes_effect_once(store: Any) -> None:
    """However often it is delivered, and for each consumer by itself."""
    inbox = _inbox(store)
    effects = [inbox.receive(_event(1), _add_up(_event(1), n)) for n in range(3)]
    assert effects == [Effect.APPLIED, Effect.DUPLICATE, Effect.DUPLICATE]
    assert _seen(store) == 1
    assert _inbox(store, "mailer").receive(_event(1), _add_up(_event(1), "m")) is Effect.APPLIED
    other = attrs.evolve(_event(1), source="/shops/other")
    assert inbox.receive(other, _add_up(other, "o")) is Effect.APPLIED
    assert _seen(store) == 3


def test_a_change_that_fails_takes_no_event(store: Any) -> None:
    """What the consumer could not do is delivered again and done then."""
    inbox = _inbox(store)

    def fail(unit: Any) -> None:
        _add_up(_event(1))(unit)
        raise InvalidValue("data", "the dashboard does not understand it")

    with pytest.raises(InvalidValue):
        inbox.receive(_event(1), fail)
    assert _seen(store) == 0
    assert inbox.receive(_event(1), _add_up(_event(1))) is Effect.APPLIED
    assert _seen(store) == 1


def test_the_newest_state_wins(store: Any) -> None:
    """What is older than something received before is skipped, subject by subject."""
    inbox = _inbox(store)
    effects = []
    for number, subject in ((2, "order_1"), (1, "order_1"), (1, "order_1"), (3, "order_2")):
        event = _event(number, subject)
        effects.append(inbox.receive(event, _add_up(event), newest_only=True))
    assert effects == [Effect.APPLIED, Effect.OUTDATED, Effect.DUPLICATE, Effect.APPLIED]
    newer = _event(4, "order_1")
    assert inbox.receive(newer, _add_up(newer), newest_only=True) is Effect.APPLIED


@given(st.data())
def test_duplicates_and_disorder_reach_the_same_read_model(data: st.DataObject) -> None:
    """I49: a consumer of any deliveries of the same events ends as one that gets each in order."""
    events = [_event(n, f"order_{n % 3}", amount=n * n) for n in range(1, 8)]
    again = data.draw(st.lists(st.sampled_from(events), max_size=8))
    deliveries = data.draw(st.permutations(events + again))

    def consume(delivered: list[CloudEvent]) -> tuple[int, dict[str, int]]:
        store = MemoryStore()
        counting, mirroring = _inbox(store, "counting"), _inbox(store, "mirroring")
        newest: dict[str, int] = {}

        def mirror(event: CloudEvent) -> Callable[[MemoryUnit], object]:
            return lambda _: newest.update({event.subject: event.data["amount"]})

        for attempt, event in enumerate(delivered):
            counting.receive(event, _add_up(event, attempt))
            mirroring.receive(event, mirror(event), newest_only=True)
        return _seen(store), newest

    assert consume(events) == consume(deliveries)


def test_one_of_many_who_receive_at_once_applies(store: Any) -> None:
    """Eight deliveries of one event at the same moment are one effect."""
    inbox = _inbox(store)
    actions = [lambda n=n: inbox.receive(_event(1), _add_up(_event(1), n)) for n in range(8)]
    effects = at_once(actions)
    assert sorted(effect.value for effect in effects) == ["applied"] + ["duplicate"] * 7
    assert _seen(store) == 1


def test_the_newest_of_many_at_once_is_applied(store: Any) -> None:
    """Whatever comes first, the last sequence is never taken for outdated."""
    inbox = _inbox(store)
    actions = [
        lambda n=n: inbox.receive(_event(n), _add_up(_event(n)), newest_only=True)
        for n in range(1, 9)
    ]
    effects = at_once(actions)
    assert effects[-1] is Effect.APPLIED
    assert set(effects) <= {Effect.APPLIED, Effect.OUTDATED}
    assert _seen(store) == effects.count(Effect.APPLIED)


def _receive(url: str) -> Callable[[], object]:
    inbox = _inbox(SqlStore.open(url))
    return lambda: inbox.receive(_event(1), _add_up(_event(1)), newest_only=True)


def test_a_killed_consumer_applies_once(sql_url: str) -> None:
    """Killed before any statement and tried again, the event has taken effect exactly once."""
    with ledger_stores(sql_url) as opened:
        store = opened()
        seen = [_seen(store) for _ in crashes(_receive, sql_url)]
        assert seen[0] == 0
        assert seen == sorted(seen)
        assert seen[-1] == 1


def test_messages_are_forgotten_when_they_are_old(store: Any) -> None:
    """Tidying forgets the consumer's own messages, in batches; newest sequences stay."""
    clock = ManualClock(NOON)
    inbox, other = _inbox(store, clock=clock), _inbox(store, "mailer", clock=clock)
    for number in range(5):
        inbox.receive(_event(number), _add_up(_event(number)), newest_only=True)
    other.receive(_event(1), _add_up(_event(1), "m"))
    clock.advance(timedelta(days=8))
    inbox.receive(_event(9), _add_up(_event(9)))
    assert inbox.tidy(timedelta(days=7), batch=2) == 5
    assert inbox.tidy(timedelta(days=7)) == 0
    assert other.receive(_event(1), _add_up(_event(1), "n")) is Effect.DUPLICATE
    assert inbox.receive(_event(3), _add_up(_event(3), "x"), newest_only=True) is Effect.OUTDATED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"sequence": None}, "sequence"),
        ({"id": "x" * LONGEST_MESSAGE}, "id"),
        ({"subject": "x" * LONGEST_MESSAGE}, "subject"),
    ],
)
def test_an_event_that_cannot_be_placed(change: dict[str, Any], field: str) -> None:
    """Who wants only the newest needs events that say which they are."""
    event = attrs.evolve(_event(1), **change)
    inbox = _inbox(MemoryStore())
    with pytest.raises(InvalidValue) as caught:
        inbox.receive(event, lambda _: None, newest_only=True)
    assert caught.value.field == field


def test_a_consumer_needs_a_name() -> None:
    """A blank one is refused."""
    with pytest.raises(InvalidValue, match="consumer"):
        _inbox(MemoryStore(), " ")
