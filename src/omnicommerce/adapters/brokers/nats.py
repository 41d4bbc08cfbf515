"""Events into a JetStream of NATS, with nats-py in an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import nats
import nats.errors
from nats.aio.client import Client
from nats.js.errors import BadRequestError, NoStreamResponseError, NotFoundError

from omnicommerce.adapters.brokers.urls import split_options
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.relay.cloud_event import CONTENT_TYPE, CloudEvent
from omnicommerce.relay.errors import BrokerUnavailable
from omnicommerce.relay.model import Sent
from omnicommerce.relay.ports import Publisher

__all__ = ["NatsPublisher", "open_url"]

T = TypeVar("T")

_OURS: Final = ("stream", "subjects")
_THIS_EVENT: Final = (nats.errors.MaxPayloadError, BadRequestError)


class NatsPublisher(Publisher):
    """Publish events to a JetStream; the subject is the event's type.

    An event's id goes along as ``Nats-Msg-Id``: what is sent again within the
    stream's duplicate window is kept once. An event that no stream takes
    counts as refused.

    Args:
        url: A server, or several with commas between them.
        stream: A stream that is made if it is not there; None: all are made by others.
        subjects: What that stream takes, with commas between them.
        timeout: How long to wait for the server.
    """

    def __init__(
        self,
        url: str,
        *,
        stream: str | None = None,
        subjects: str = "omnicommerce.>",
        timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        self._servers = url.split(",")
        self._stream = stream
        self._subjects = subjects.split(",")
        self._timeout = timeout.total_seconds()
        self._heard = ""
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        """Publish all events at once, and wait for their acknowledgements.

        Raises:
            BrokerUnavailable: No server can be reached.
        """
        return self._wait(self._publish(events))

    def close(self) -> None:
        """Close the connection, and end the thread of its loop."""
        if self._loop is None or self._thread is None:
            return
        try:
            self._wait(self._disconnect())
        finally:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run work in the loop, which lives in a thread of its own."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="omnicommerce-nats", daemon=True
            )
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _publish(self, events: Sequence[CloudEvent]) -> Sent:
        self._heard = ""
        try:
            client = await asyncio.wait_for(self._connected(), self._timeout)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            await self._disconnect()
            raise BrokerUnavailable(
                f"NATS cannot be reached: {_brief(error)}{self._heard}"
            ) from error
        answers = await asyncio.gather(
            *(self._publish_one(client, event) for event in events), return_exceptions=True
        )
        sent = Sent()
        for event, answer in zip(events, answers, strict=True):
            sent = sent.plus(_judged(event, answer))
        if sent.trouble is not None:
            await self._disconnect()
        return sent

    async def _publish_one(self, client: Client, event: CloudEvent) -> None:
        if any(mark in event.type for mark in " \t\r\n*>") or ".." in event.type:
            raise InvalidValue("type", f"{event.type!r} cannot be a subject of NATS")
        await client.jetstream().publish(
            event.type,
            event.to_json().encode(),
            timeout=self._timeout,
            headers={"Nats-Msg-Id": event.key, "content-type": CONTENT_TYPE},
        )

    async def _hear(self, error: Exception) -> None:
        """Remember what goes wrong beside the call that waits: it may only see a timeout."""
        self._heard = f"; {_brief(error)}"

    async def _connected(self) -> Client:
        if self._client is not None and self._client.is_connected:
            return self._client
        await self._disconnect()
        self._client = await nats.connect(
            self._servers,
            allow_reconnect=False,
            connect_timeout=max(1, int(self._timeout)),
            max_reconnect_attempts=0,
            error_cb=self._hear,
        )
        if self._stream is not None:
            await self._make_stream(self._client, self._stream)
        return self._client

    async def _make_stream(self, client: Client, name: str) -> None:
        manager = client.jsm()
        try:
            await manager.stream_info(name)
        except NotFoundError:
            await manager.add_stream(name=name, subjects=self._subjects)

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None and not client.is_closed:
            await client.close()


def _judged(event: CloudEvent, answer: BaseException | None) -> Sent:
    if answer is None:
        return Sent(accepted=frozenset({event.id}))
    if isinstance(answer, NoStreamResponseError):
        return Sent(refused={event.id: f"no stream of NATS takes {event.type}"})
    if isinstance(answer, (InvalidValue, *_THIS_EVENT)):
        return Sent(refused={event.id: f"NATS does not take it: {_brief(answer)}"})
    return Sent(trouble=f"NATS gave no acknowledgement: {_brief(answer)}")


def _brief(error: BaseException) -> str:
    return str(error) or type(error).__name__


def open_url(url: str, *, timeout: timedelta) -> NatsPublisher:
    """Make the publisher of a URL such as ``nats://host:4222?stream=shop``.

    Raises:
        InvalidValue: The URL names no server, or an unknown option.
    """
    rest, options = split_options(url, _OURS)
    parts = urlsplit(rest)
    if not parts.netloc:
        raise InvalidValue("url", "names no server")
    if parts.query:
        raise InvalidValue("url", f"the options are {' and '.join(_OURS)}, not {parts.query}")
    servers = ",".join(f"{parts.scheme}://{server}" for server in parts.netloc.split(","))
    return NatsPublisher(servers, timeout=timeout, **options)
