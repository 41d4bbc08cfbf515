"""The command ``omnicommerce relay``: events from a shop's outbox to a message broker."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Final

import typer

from omnicommerce.adapters.brokers import open_publisher
from omnicommerce.adapters.brokers.in_process import InProcessBroker
from omnicommerce.cli.console import print_json, stderr, stdout
from omnicommerce.cli.failures import failures_told
from omnicommerce.cli.relay_report import Tally, print_report, to_document
from omnicommerce.commerce import open_store
from omnicommerce.kernel.clock import SystemClock
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.relay import (
    BrokerUnavailable,
    CloudEvent,
    Envelope,
    Publisher,
    Relay,
    Round,
    Sent,
)

__all__ = ["relay"]

_STDOUT: Final = "-"
_TIDY_EVERY: Final = timedelta(hours=1)
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_REQUEUED_AT_ONCE: Final = 500


def relay(
    database: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Where the shop lives, such as postgresql://user@host/shop."
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The broker: nats://, amqp://, redis:// or kafka://; - prints events. "
            "Without it, only what waits is shown.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="URI", help="The shop, as events name it; never change it.")
    ] = "/omnicommerce",
    drain: Annotated[
        bool, typer.Option("--drain", help="Stop when nothing is left that can be sent.")
    ] = False,
    requeue: Annotated[
        bool, typer.Option("--requeue", help="First let events that were set aside be tried anew.")
    ] = False,
    keep_days: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Forget events that were published more than N days ago; by default none.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document at the end.")
    ] = False,
) -> None:
    """Send a shop's events to a broker, at least once, each subject's in order.

    Any number of relays may run at once. SIGINT or SIGTERM stops one after the
    batch in hand.
    """
    with failures_told(as_json=as_json):
        if to == _STDOUT and as_json:
            raise InvalidValue("to", "events and the document cannot both go to standard output")
        store = open_store(database, {})
        try:
            with _publisher(to) as publisher:
                one = Relay(store, publisher, Envelope(source=source))
                tally = _work(one, sends=to is not None, drain=drain, again=requeue, keep=keep_days)
            waiting, aside = one.backlog(), one.aside()
        finally:
            store.close()
        if as_json:
            print_json(to_document(tally, waiting, aside, at=SystemClock().now()))
        else:
            console = stderr() if to == _STDOUT else stdout()
            print_report(console, tally, waiting, aside, at=SystemClock().now())
        if drain and tally.trouble is not None:
            raise BrokerUnavailable(tally.trouble)


@contextmanager
def _publisher(to: str | None) -> Iterator[Publisher]:
    """Open the publisher; one that is never asked if nothing is to be sent."""
    publisher: Publisher
    if to is None:
        publisher = InProcessBroker()
    else:
        publisher = _Printer() if to == _STDOUT else open_publisher(to)
    try:
        yield publisher
    finally:
        publisher.close()


class _Printer(Publisher):
    """Print each event as one line of JSON."""

    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        for event in events:
            typer.echo(event.to_json())
        return Sent(accepted=frozenset(event.id for event in events))

    def close(self) -> None:
        return


def _work(one: Relay, *, sends: bool, drain: bool, again: bool, keep: int | None) -> Tally:
    """Do what was asked for, until it is done or a signal comes."""
    tally = Tally()
    if again:
        tally.requeued = _requeue(one)
    tidy = _Tidying(one, keep)
    tidy()
    if not sends:
        return tally
    console = stderr()
    with _told_to_stop() as stop, console.status("Waiting for events") as status:

        def watch(done: Round) -> None:
            if done.trouble is not None and done.trouble != tally.trouble:
                console.print(done.trouble, style="yellow", soft_wrap=True, markup=False)
            tally.add(done)
            status.update(tally.line())
            tidy()

        (one.drain if drain else one.run)(stop, watch=watch)
    return tally


def _requeue(one: Relay) -> int:
    total = 0
    while aside := one.aside(limit=_REQUEUED_AT_ONCE):
        total += one.requeue(event.event_id for event in aside)
    return total


class _Tidying:
    """Forget old events now and then."""

    def __init__(self, one: Relay, keep: int | None) -> None:
        self._relay = one
        self._keep = keep
        self._clock = SystemClock()
        self._next = self._clock.now()

    def __call__(self) -> None:
        at = self._clock.now()
        if self._keep is not None and at >= self._next:
            self._relay.tidy(timedelta(days=self._keep))
            self._next = at + _TIDY_EVERY


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Give an event that the first signal sets; a second one ends the process as usual."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def told(_number: int, _frame: object) -> None:
        stop.set()
        restore()

    for number in _SIGNALS:
        signal.signal(number, told)
    try:
        yield stop
    finally:
        restore()
