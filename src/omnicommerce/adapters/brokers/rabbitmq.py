"""Events to a topic exchange of RabbitMQ, with pika."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pika
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    NackError,
    UnroutableError,
)

from omnicommerce.adapters.brokers.urls import split_options, truth
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.relay.cloud_event import CONTENT_TYPE, CloudEvent
from omnicommerce.relay.model import Sent
from omnicommerce.relay.ports import Publisher

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

__all__ = ["RabbitPublisher", "open_url"]

_THIS_EVENT: Final = frozenset({311, 406})
"""Reply codes that are about the message: too large, or not as the server wants it."""


class RabbitPublisher(Publisher):
    """Publish events, persistent and confirmed, to a durable topic exchange.

    The routing key is the event's type, so a queue bound with
    ``omnicommerce.order.#`` gets all that happens to orders. The exchange is
    made if it is not there; queues are the consumers' to make.

    Args:
        parameters: How pika connects.
        exchange: Name of the exchange.
        mandatory: Whether an event that no queue is bound for counts as
            refused; otherwise it is published to nobody.
        timeout: How long one batch may take.
    """

    def __init__(
        self,
        parameters: pika.connection.Parameters,
        *,
        exchange: str = "omnicommerce",
        mandatory: bool = False,
        timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        self._parameters = parameters
        self._exchange = exchange
        self._mandatory = mandatory
        self._timeout = timeout.total_seconds()
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None

    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        """Publish the events one by one, each confirmed before the next."""
        deadline = time.monotonic() + self._timeout
        accepted: set[str] = set()
        refused: dict[str, str] = {}
        trouble = None
        for event in events:
            if time.monotonic() > deadline:
                trouble = f"RabbitMQ confirmed {len(accepted)} events in {self._timeout} seconds"
                break
            try:
                reason = self._publish(event)
            except (AMQPError, OSError) as error:
                self.close()
                trouble = f"RabbitMQ cannot be reached: {_brief(error)}"
                break
            if reason is None:
                accepted.add(event.id)
            else:
                refused[event.id] = reason
        return Sent(accepted=frozenset(accepted), refused=refused, trouble=trouble)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None and connection.is_open:
            try:
                connection.close()
            except (AMQPError, OSError):
                return  # it is closed either way

    def _publish(self, event: CloudEvent) -> str | None:
        """Publish an event, and return why the broker will not take it, if so."""
        channel = self._open_channel()
        properties = pika.BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=pika.DeliveryMode.Persistent.value,
            message_id=event.id,
            type=event.type,
            timestamp=int(event.time.timestamp()),
        )
        body = event.to_json().encode()
        try:
            channel.basic_publish(
                self._exchange, event.type, body, properties, mandatory=self._mandatory
            )
        except UnroutableError:
            return f"no queue is bound for {event.type}"
        except NackError:
            return "a queue of RabbitMQ did not take it"
        except ChannelClosedByBroker as error:
            if error.reply_code not in _THIS_EVENT:
                raise
            self._channel = None
            return f"RabbitMQ does not take it: {error.reply_text}"
        return None

    def _open_channel(self) -> BlockingChannel:
        """Return the channel; one whose connection was lost while idle is replaced."""
        if self._connection is not None and not self._is_alive(self._connection):
            self.close()
        if self._connection is None:
            self._connection = pika.BlockingConnection(self._parameters)
        if self._channel is None or not self._channel.is_open:
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
            self._channel.exchange_declare(self._exchange, exchange_type="topic", durable=True)
        return self._channel

    def _is_alive(self, connection: pika.BlockingConnection) -> bool:
        """Answer heartbeats that came meanwhile, and tell whether the connection is still there."""
        if not connection.is_open:
            return False
        try:
            connection.process_data_events(0)
        except (AMQPError, OSError):
            return False
        return bool(connection.is_open)


def _brief(error: Exception) -> str:
    return str(error) or type(error).__name__


def open_url(url: str, *, timeout: timedelta) -> RabbitPublisher:
    """Make the publisher of a URL such as ``amqp://user:secret@host/vhost?exchange=shop``.

    Other options than ``exchange`` and ``mandatory=true`` are pika's.

    Raises:
        InvalidValue: The URL or an option cannot be read.
    """
    rest, options = split_options(url, ("exchange", "mandatory"))
    mandatory = truth(options, "mandatory")
    seconds = timeout.total_seconds()
    try:
        parameters = pika.URLParameters(rest)
    except (TypeError, ValueError) as error:
        raise InvalidValue("url", f"cannot be read: {error}") from None
    parameters.socket_timeout = parameters.stack_timeout = seconds
    parameters.blocked_connection_timeout = seconds
    return RabbitPublisher(
        parameters,
        exchange=options.get("exchange", "omnicommerce"),
        mandatory=mandatory,
        timeout=timeout,
    )
