"""Publishers against real brokers on this machine, skipped where one is not running.

There is no Kafka server here. Its publisher is tested with the real client
against the mock cluster that librdkafka has inside, and with a stand-in for the
client where the mock cannot fail as wanted.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import attrs
import pytest

from omnicommerce.adapters.brokers import open_publisher
from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.kernel.errors import AdapterError, InvalidValue
from omnicommerce.relay import BrokerUnavailable, CloudEvent, Effect, Inbox, Publisher, Sent
from tests.relay.outboxes import NOON, make_relay, write

HOST = "127.0.0.1"
SOON = timedelta(seconds=2)
NOBODY = f"{HOST}:1"


def _require(port: int, name: str) -> None:
    try:
        socket.create_connection((HOST, port), timeout=2).close()
    except OSError:
        pytest.skip(f"no {name} on {HOST}:{port}")


def _events(count: int = 3, kind: str = "omnicommerce.order.placed") -> list[CloudEvent]:
    return [
        CloudEvent(
            id=f"e{number}",
            source=f"/shops/{uuid4().hex}",
            type=kind,
            subject=f"order_{number}",
            time=NOON,
            data={"note": "ñ 日本 😀"},
            sequence=number,
        )
        for number in range(1, count + 1)
    ]


def _accepted(events: list[CloudEvent]) -> Sent:
    return Sent(accepted=frozenset(event.id for event in events))


@pytest.fixture
def name() -> str:
    """Give a name that nobody else uses on a shared broker."""
    return f"octest{uuid4().hex[:12]}"


@attrs.frozen
class Broker:
    """A broker with a place for this test, and how to read what was published there."""

    url: str
    kind: str
    read: Callable[[], list[CloudEvent]]


@pytest.fixture
def redis_broker(name: str) -> Iterator[Broker]:
    """Give a stream of Redis."""
    _require(6379, "Redis")
    import redis

    client = redis.Redis(HOST)

    def read() -> list[CloudEvent]:
        entries: Any = client.xrange(name)
        return [CloudEvent.from_json(fields[b"event"]) for _, fields in entries]

    yield Broker(f"redis://{HOST}:6379/0?stream={name}&maxlen=1000", "omnicommerce.test", read)
    client.delete(name)
    client.close()


@pytest.fixture
def rabbit_broker(name: str) -> Iterator[Broker]:
    """Give an exchange of RabbitMQ with one queue for everything."""
    _require(5672, "RabbitMQ")
    import pika

    connection = pika.BlockingConnection(pika.ConnectionParameters(HOST))
    channel = connection.channel()
    channel.exchange_declare(name, exchange_type="topic", durable=True)
    channel.queue_declare(name)
    channel.queue_bind(name, name, "omnicommerce.#")

    def read() -> list[CloudEvent]:
        found: list[CloudEvent] = []
        while True:
            method, properties, body = channel.basic_get(name, auto_ack=True)
            if method is None:
                return found
            event = CloudEvent.from_json(body)
            assert properties.content_type == "application/cloudevents+json"
            assert (properties.message_id, properties.delivery_mode) == (event.id, 2)
            found.append(event)

    yield Broker(f"amqp://guest:guest@{HOST}:5672/%2f?exchange={name}", "omnicommerce.test", read)
    channel.queue_delete(name)
    channel.exchange_delete(name)
    connection.close()


@pytest.fixture
def nats_broker(name: str) -> Iterator[Broker]:
    """Give a stream of NATS; the publisher makes it."""
    _require(4222, "NATS")
    import nats
    from nats.js.errors import NotFoundError

    async def fetched() -> list[CloudEvent]:
        client = await nats.connect(f"nats://{HOST}:4222")
        count = (await client.jsm().stream_info(name)).state.messages
        consumer = await client.jetstream().pull_subscribe(f"{name}.>", stream=name)
        messages = await consumer.fetch(count, timeout=5)
        await client.close()
        assert all(message.headers is not None for message in messages)
        return [CloudEvent.from_json(message.data) for message in messages]

    async def delete() -> None:
        client = await nats.connect(f"nats://{HOST}:4222")
        with contextlib.suppress(NotFoundError):
            await client.jsm().delete_stream(name)
        await client.close()

    url = f"nats://{HOST}:4222?stream={name}&subjects={name}.%3E"
    yield Broker(url, f"{name}.test", lambda: asyncio.run(fetched()))
    asyncio.run(delete())


@pytest.fixture(params=["redis", "rabbit", "nats"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Give each broker that is there in turn."""
    found: Broker = request.getfixturevalue(f"{request.param}_broker")
    return found


@pytest.fixture
def opened() -> Iterator[Callable[[str], Publisher]]:
    """Give a function that opens publishers, which are closed at the end."""
    made: list[Publisher] = []

    def open_one(url: str) -> Publisher:
        made.append(open_publisher(url, timeout=SOON))
        return made[-1]

    yield open_one
    for publisher in made:
        publisher.close()


def test_what_is_confirmed_is_there(broker: Broker, opened: Callable[[str], Publisher]) -> None:
    """Every event comes out of the broker as it went in, also over a second connection."""
    events = _events(kind=broker.kind)
    first = opened(broker.url)
    assert first.publish(events[:2]) == _accepted(events[:2])
    first.close()
    assert first.publish(events[2:]) == _accepted(events[2:])
    assert sorted(event.id for event in broker.read()) == ["e1", "e2", "e3"]


def test_from_outbox_to_read_model(broker: Broker, opened: Callable[[str], Publisher]) -> None:
    """Relay, broker and inbox together: each subject in order, each event once in effect."""
    store: Any = MemoryStore()
    write(store, "a1", "b1", "a2", "a3", "b2")
    publisher = opened(broker.url)
    relay = make_relay(store, Retyped(publisher, broker.kind))
    assert relay.run_once().published == 5
    inbox: Inbox[Any] = Inbox(store, "dashboard")
    model: dict[str, list[str]] = {}
    delivered = broker.read()
    assert len(delivered) == 5

    def show(event: CloudEvent) -> Callable[[Any], None]:
        return lambda _: model.setdefault(event.subject, []).append(event.id)

    effects = [inbox.receive(event, show(event)) for event in [*delivered, *delivered]]
    assert model == {"a": ["a1", "a2", "a3"], "b": ["b1", "b2"]}
    assert effects == [Effect.APPLIED] * 5 + [Effect.DUPLICATE] * 5


class Retyped:
    """Publish under another type, so that tests on one broker stay apart."""

    def __init__(self, publisher: Publisher, kind: str) -> None:
        self._publisher = publisher
        self._kind = kind

    def publish(self, events: Any) -> Sent:
        """Publish the events as another kind."""
        return self._publisher.publish([attrs.evolve(event, type=self._kind) for event in events])

    def close(self) -> None:
        """Leave it to whoever opened it."""


@pytest.mark.parametrize(
    "url",
    [
        f"redis://{NOBODY}/0",
        f"amqp://guest:guest@{NOBODY}/%2f",
        f"nats://{NOBODY}",
        f"kafka://{NOBODY}/topic",
    ],
)
def test_a_broker_that_is_not_there(url: str, opened: Callable[[str], Publisher]) -> None:
    """It is trouble, which costs no event its tries, and says which broker."""
    name = {"redis": "Redis", "amqp": "RabbitMQ", "nats": "NATS", "kafka": "Kafka"}
    store = MemoryStore()
    write(store, "a1", "b1")
    relay = make_relay(store, opened(url))
    done = relay.run_once()
    assert (done.leased, done.published, done.refused) == (2, 0, 0)
    assert done.trouble is not None
    assert done.trouble.startswith(name[url.partition(":")[0]])
    assert relay.backlog().retrying == 0


def test_redis_that_takes_nothing(redis_broker: Broker, opened: Callable[[str], Publisher]) -> None:
    """A key of another kind is the operator's to mend, not any event's fault."""
    import redis

    stream = redis_broker.url.split("stream=")[1].split("&")[0]
    with redis.Redis(HOST) as client:
        client.set(stream, "not a stream")
    sent = opened(redis_broker.url).publish(_events())
    assert sent.accepted == frozenset()
    assert sent.refused == {}
    assert "WRONGTYPE" in str(sent.trouble)


def test_redis_cuts_its_stream(redis_broker: Broker, opened: Callable[[str], Publisher]) -> None:
    """The stream does not grow for ever: it keeps about as many entries as it is told."""
    publisher = opened(redis_broker.url.replace("maxlen=1000", "maxlen=100"))
    for _ in range(5):
        publisher.publish(_events(100))
    assert 100 <= len(redis_broker.read()) <= 250


def test_rabbit_returns_what_nobody_is_bound_for(
    rabbit_broker: Broker, opened: Callable[[str], Publisher]
) -> None:
    """With ``mandatory`` an event for no queue is refused; others of the batch are published."""
    events = _events(2, rabbit_broker.kind) + _events(1, "elsewhere.test")
    events[2] = attrs.evolve(events[2], id="e3")
    sent = opened(rabbit_broker.url + "&mandatory=true").publish(events)
    assert sent.accepted == {"e1", "e2"}
    assert sent.refused == {"e3": "no queue is bound for elsewhere.test"}
    assert opened(rabbit_broker.url).publish(events[2:]) == _accepted(events[2:])


def test_rabbit_refuses_what_a_full_queue_rejects(
    rabbit_broker: Broker, name: str, opened: Callable[[str], Publisher]
) -> None:
    """A negative confirm is no confirm."""
    import pika

    connection = pika.BlockingConnection(pika.ConnectionParameters(HOST))
    channel = connection.channel()
    full = {"x-max-length": 1, "x-overflow": "reject-publish"}
    channel.queue_declare(f"{name}-full", exclusive=True, arguments=full)
    channel.queue_bind(f"{name}-full", name, "#")
    publisher = opened(rabbit_broker.url)
    sent = Sent()
    for event in _events(9):
        sent = sent.plus(publisher.publish([event]))
    connection.close()
    assert sent.trouble is None
    assert len(sent.accepted) + len(sent.refused) == 9
    assert set(sent.refused.values()) == {"a queue of RabbitMQ did not take it"}


def test_rabbit_comes_back_after_a_lost_connection(
    rabbit_broker: Broker, opened: Callable[[str], Publisher]
) -> None:
    """A connection that died while the relay was idle is replaced without trouble."""
    publisher: Any = opened(rabbit_broker.url)
    publisher.publish(_events(1))
    publisher._connection._impl._transport._sock.shutdown(socket.SHUT_RDWR)
    assert publisher.publish(_events(2)) == _accepted(_events(2))
    publisher._connection.close()
    assert publisher.publish(_events(2)) == _accepted(_events(2))


def test_rabbit_makes_a_lost_exchange_again(
    rabbit_broker: Broker, name: str, opened: Callable[[str], Publisher]
) -> None:
    """An exchange that somebody deleted is trouble once, and there again the next time."""
    import pika

    publisher = opened(rabbit_broker.url)
    publisher.publish(_events(1))
    connection = pika.BlockingConnection(pika.ConnectionParameters(HOST))
    connection.channel().exchange_delete(name)
    connection.close()
    sent = publisher.publish(_events())
    assert (sent.accepted, sent.refused) == (frozenset(), {})
    assert "no exchange" in str(sent.trouble)
    assert publisher.publish(_events()) == _accepted(_events())


def test_rabbit_that_is_slow_is_trouble(rabbit_broker: Broker, name: str) -> None:
    """A batch ends in time, and what was confirmed until then counts."""
    import pika

    from omnicommerce.adapters.brokers.rabbitmq import RabbitPublisher

    parameters = pika.URLParameters(rabbit_broker.url.split("?")[0])
    publisher = RabbitPublisher(parameters, exchange=name, timeout=timedelta(microseconds=1))
    sent = publisher.publish(_events(100))
    publisher.close()
    assert len(sent.accepted) < 100
    assert f"confirmed {len(sent.accepted)} events" in str(sent.trouble)


def test_rabbit_with_an_exchange_of_another_type(
    rabbit_broker: Broker, name: str, opened: Callable[[str], Publisher]
) -> None:
    """It is trouble that says what is wrong."""
    import pika

    connection = pika.BlockingConnection(pika.ConnectionParameters(HOST))
    connection.channel().exchange_declare(f"{name}-fan", exchange_type="fanout", auto_delete=False)
    sent = opened(f"{rabbit_broker.url}-fan").publish(_events())
    connection.channel().exchange_delete(f"{name}-fan")
    connection.close()
    assert sent.refused == {}
    assert "inequivalent arg 'type'" in str(sent.trouble)


def test_nats_keeps_what_is_sent_twice_once(
    nats_broker: Broker, opened: Callable[[str], Publisher]
) -> None:
    """The identity goes along, so that JetStream drops a duplicate by itself."""
    events = _events(kind=nats_broker.kind)
    publisher = opened(nats_broker.url)
    assert publisher.publish(events) == _accepted(events)
    assert publisher.publish(events) == _accepted(events)
    assert len(nats_broker.read()) == 3


def test_nats_refuses_what_it_cannot_take(
    nats_broker: Broker, opened: Callable[[str], Publisher]
) -> None:
    """Too large, a type that is no subject, or one that no stream takes: only that event."""
    large, strange, stray, fine = _events(4, nats_broker.kind)
    large = attrs.evolve(large, data="x" * 2_000_000)
    strange = attrs.evolve(strange, type=f"{nats_broker.kind} > *")
    stray = attrs.evolve(stray, type=f"stray{uuid4().hex}.test")
    sent = opened(nats_broker.url).publish([large, strange, stray, fine])
    assert sent.accepted == {fine.id}
    assert sent.trouble is None
    assert "maximum payload" in sent.refused[large.id]
    assert "cannot be a subject" in sent.refused[strange.id]
    assert sent.refused[stray.id] == f"no stream of NATS takes {stray.type}"


@pytest.fixture
def kafka() -> Iterator[Any]:
    """Give a publisher whose client talks to the mock cluster inside it."""
    from omnicommerce.adapters.brokers.kafka import KafkaPublisher

    publisher = KafkaPublisher("mock", settings={"test.mock.num.brokers": 1}, timeout=5 * SOON)
    yield publisher
    publisher.close()


def test_kafka_confirms_what_a_consumer_reads(kafka: Any) -> None:
    """Events of a subject are in one partition, in order, keyed by it."""
    from confluent_kafka import Consumer

    store = MemoryStore()
    write(store, "a1", "a2", "b1", "a3")
    assert make_relay(store, kafka).run_once().published == 4
    server = next(iter(kafka._producer.list_topics(timeout=10).brokers.values()))
    consumer = Consumer(
        {
            "bootstrap.servers": f"{server.host}:{server.port}",
            "group.id": "test",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe(["omnicommerce"])
    messages: list[Any] = []
    while len(messages) < 4:
        message = consumer.poll(20)
        assert message is not None
        assert message.error() is None
        messages.append(message)
    consumer.close()
    found: dict[bytes, list[str]] = {}
    for message in messages:
        event = CloudEvent.from_json(message.value())
        found.setdefault(message.key(), []).append(event.id)
        assert message.headers() == [("content-type", b"application/cloudevents+json")]
    assert found == {b"a": ["a1", "a2", "a3"], b"b": ["b1"]}
    assert len({message.partition() for message in messages if message.key() == b"a"}) == 1


def test_kafka_refuses_what_is_too_large(kafka: Any) -> None:
    """Only that event: the others of the batch are confirmed."""
    large, *others = _events()
    large = attrs.evolve(large, data="x" * 2_000_000)
    sent = kafka.publish([large, *others])
    assert sent.accepted == {event.id for event in others}
    assert "too large" in sent.refused[large.id].lower()


class StuckProducer:
    """Kafka's client at its boundary: a full queue, and reports that never come."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.queued: list[Any] = []
        self.calls: list[str] = []

    def produce(self, _: str, **message: Any) -> None:
        """Take two messages, then be full."""
        if len(self.queued) == 2:
            raise BufferError("Local: Queue full")
        self.queued.append(message)

    def flush(self, _: float) -> int:
        """Report the first message only."""
        self.calls.append("flush")
        if self.queued:
            self.queued[0]["on_delivery"](None, None)
        return len(self.queued) - 1

    def purge(self) -> None:
        """Throw the rest away."""
        self.calls.append("purge")
        self.queued.clear()


def test_kafka_that_reports_nothing_is_trouble() -> None:
    """What was reported counts; the rest is purged, so that it cannot arrive after a retry."""
    from omnicommerce.adapters.brokers.kafka import KafkaPublisher

    made: list[StuckProducer] = []

    def make(settings: dict[str, Any]) -> StuckProducer:
        made.append(StuckProducer(settings))
        return made[-1]

    publisher = KafkaPublisher("host:9092", producer=make, settings={"linger.ms": 5})
    sent = publisher.publish(_events())
    assert sent.accepted == {"e1"}
    assert sent.refused == {}
    assert sent.trouble == "Kafka gave no delivery report in time"
    assert made[0].calls == ["flush", "purge", "flush"]
    wanted = {"bootstrap.servers": "host:9092", "acks": "all", "linger.ms": 5}
    assert wanted.items() <= made[0].settings.items()
    assert made[0].settings["enable.idempotence"] is True
    publisher.publish(_events())
    assert len(made) == 2


def test_kafka_with_impossible_settings() -> None:
    """The client's own words say which setting it does not know."""
    publisher = open_publisher("kafka://host:9092/topic?no.such=setting")
    with pytest.raises(BrokerUnavailable, match=r"no\.such"):
        publisher.publish(_events())


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://host", "must begin with one of amqp://"),
        ("redis://host/0?stream=a&stream=b", "an option twice"),
        ("redis://host/0?maxlen=-1", "maxlen must be a whole number"),
        ("redis://host/0?db=x", "url"),
        ("amqp://host?mandatory=yes", "mandatory must be true or false"),
        ("amqp://guest:guest@host/%2f?speed=9", "speed"),
        ("nats://host?speed=9", "not speed=9"),
        ("nats:///", "names no server"),
        ("kafka:///topic", "names no server"),
    ],
)
def test_a_url_that_makes_no_sense(url: str, problem: str) -> None:
    """It is refused before anything connects, with what is wrong."""
    with pytest.raises(InvalidValue, match=problem):
        open_publisher(url)


def test_a_missing_client_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lacks it is told what to install."""
    import importlib

    def missing(_: str) -> Any:
        raise ModuleNotFoundError("No module named 'pika'", name="pika")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(AdapterError, match=r"pip install 'omnicommerce\[rabbitmq\]'"):
        open_publisher("amqp://host")
