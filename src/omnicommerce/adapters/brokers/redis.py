"""Events into a Redis stream, with redis-py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from omnicommerce.adapters.brokers.urls import split_options, whole_number
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.relay.cloud_event import CloudEvent
from omnicommerce.relay.errors import BrokerUnavailable
from omnicommerce.relay.model import Sent
from omnicommerce.relay.ports import Publisher

__all__ = ["RedisPublisher", "open_url"]

_LONGEST: Final = 1_000_000


class RedisPublisher(Publisher):
    """Append events to one stream, as the fields ``id``, ``type``, ``subject`` and ``event``.

    ``event`` is the CloudEvent in JSON. Redis answers when the event is in its
    memory; whether it outlives a crash of the server depends on its
    ``appendfsync``. The stream is cut to about ``maxlen`` entries, so a
    consumer that is further behind than that loses events.

    Args:
        client: A connection of redis-py's; closed with the publisher.
        stream: Key of the stream.
        maxlen: About how many entries the stream keeps.
    """

    def __init__(
        self, client: redis.Redis, *, stream: str = "omnicommerce", maxlen: int = _LONGEST
    ) -> None:
        self._client = client
        self._stream = stream
        self._maxlen = maxlen

    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        """Append the events in one round trip.

        Raises:
            BrokerUnavailable: Redis cannot be reached.
        """
        pipeline = self._client.pipeline(transaction=False)
        for event in events:
            pipeline.xadd(self._stream, _fields(event), maxlen=self._maxlen, approximate=True)
        try:
            answers = pipeline.execute(raise_on_error=False)
        except redis.RedisError as error:
            raise BrokerUnavailable(f"Redis cannot be reached: {error}") from error
        pairs = list(zip(events, answers, strict=True))
        errors = [answer for _, answer in pairs if isinstance(answer, Exception)]
        return Sent(
            accepted=frozenset(e.id for e, answer in pairs if not isinstance(answer, Exception)),
            trouble=f"Redis took no event: {errors[0]}" if errors else None,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _fields(event: CloudEvent) -> dict[Any, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "event": event.to_json(),
    }


def open_url(url: str, *, timeout: timedelta) -> RedisPublisher:
    """Make the publisher of a URL such as ``redis://host:6379/0?stream=shop&maxlen=100000``.

    Raises:
        InvalidValue: The URL or an option cannot be read.
    """
    rest, options = split_options(url, ("stream", "maxlen"))
    maxlen = whole_number(options, "maxlen", _LONGEST)
    seconds = timeout.total_seconds()
    try:
        client = redis.Redis.from_url(
            rest,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise InvalidValue("url", str(error)) from None
    return RedisPublisher(client, stream=options.get("stream", "omnicommerce"), maxlen=maxlen)
