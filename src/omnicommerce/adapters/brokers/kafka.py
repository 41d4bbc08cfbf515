"""Events to a topic of Kafka, with confluent-kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from confluent_kafka import KafkaError, KafkaException, Producer

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.relay.cloud_event import CONTENT_TYPE, CloudEvent
from omnicommerce.relay.errors import BrokerUnavailable
from omnicommerce.relay.model import Sent
from omnicommerce.relay.ports import Publisher

__all__ = ["KafkaPublisher", "open_url"]

_THIS_EVENT: Final = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError.INVALID_RECORD}
)


class KafkaPublisher(Publisher):
    """Publish events to one topic, keyed by their subject, confirmed by all replicas in sync.

    Events of one subject share a partition and so keep their order. The
    producer is idempotent: its own retries do not double an event.

    Args:
        servers: Such as ``host:9092``, several with commas between them.
        topic: Where the events go.
        timeout: How long to wait for delivery reports.
        settings: librdkafka's, over the ones made here.
        producer: Makes the client.
    """

    def __init__(
        self,
        servers: str,
        *,
        topic: str = "omnicommerce",
        timeout: timedelta = timedelta(seconds=10),
        settings: Mapping[str, Any] | None = None,
        producer: Callable[..., Any] = Producer,
    ) -> None:
        self._topic = topic
        self._timeout = timeout.total_seconds()
        self._settings: dict[str, Any] = {
            "bootstrap.servers": servers,
            "client.id": "omnicommerce",
            "acks": "all",
            "enable.idempotence": True,
            "message.timeout.ms": int(self._timeout * 1000),
            "log_level": 0,
            "error_cb": self._hear,
            **(settings or {}),
        }
        self._heard = ""
        self._make = producer
        self._producer: Any = None

    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        """Publish all events at once, and wait for their delivery reports.

        Raises:
            BrokerUnavailable: The settings make no producer.
        """
        producer, self._heard = self._opened(), ""
        reports: dict[str, KafkaError | None] = {}
        for event in events:
            try:
                self._produce(producer, event, reports)
            except KafkaException as error:
                reports[event.id] = error.args[0]
            except BufferError:
                break
        if producer.flush(self._timeout):
            producer.purge()
            producer.flush(0)
        sent = Sent()
        for event in events:
            sent = sent.plus(self._judged(event, reports))
        if sent.trouble is not None:
            self._producer = None
        return sent

    def close(self) -> None:
        """Let go of the producer; everything was waited for already."""
        self._producer = None

    def _hear(self, error: KafkaError) -> None:
        """Remember what the client says by the way: a report may only tell that time is up."""
        self._heard = f"; {error.str()}"

    def _judged(self, event: CloudEvent, reports: Mapping[str, KafkaError | None]) -> Sent:
        if event.id not in reports:
            return Sent(trouble=f"Kafka gave no delivery report in time{self._heard}")
        error = reports[event.id]
        if error is None:
            return Sent(accepted=frozenset({event.id}))
        if error.code() in _THIS_EVENT:
            return Sent(refused={event.id: f"Kafka does not take it: {error.str()}"})
        return Sent(trouble=f"Kafka took no event: {error.str()}{self._heard}")

    def _opened(self) -> Any:
        if self._producer is None:
            try:
                self._producer = self._make(self._settings)
            except KafkaException as error:
                raise BrokerUnavailable(f"Kafka's client refuses its settings: {error}") from error
        return self._producer

    def _produce(
        self, producer: Any, event: CloudEvent, reports: dict[str, KafkaError | None]
    ) -> None:
        def report(error: KafkaError | None, _: object) -> None:
            reports[event.id] = error

        producer.produce(
            self._topic,
            value=event.to_json().encode(),
            key=(event.subject or event.id).encode(),
            timestamp=int(event.time.timestamp() * 1000),
            headers={"content-type": CONTENT_TYPE},
            on_delivery=report,
        )


def open_url(url: str, *, timeout: timedelta) -> KafkaPublisher:
    """Make the publisher of a URL such as ``kafka://host:9092/topic?security.protocol=SSL``.

    The options are librdkafka's.

    Raises:
        InvalidValue: The URL names no server.
    """
    parts = urlsplit(url)
    if not parts.netloc:
        raise InvalidValue("url", "names no server")
    return KafkaPublisher(
        parts.netloc,
        topic=parts.path.strip("/") or "omnicommerce",
        timeout=timeout,
        settings=dict(parse_qsl(parts.query)),
    )
