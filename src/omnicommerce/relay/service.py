"""The relay: events from the outbox to a broker, at least once, each subject's in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from omnicommerce.kernel.clock import Clock, SystemClock
from omnicommerce.kernel.errors import AdapterError, Conflict, InvalidValue
from omnicommerce.kernel.ids import IdFactory, RandomIds
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.relay.cloud_event import CloudEvent
from omnicommerce.relay.decide import jittered, judge, waves
from omnicommerce.relay.envelope import Envelope
from omnicommerce.relay.model import Backlog, Leased, RelayPolicy, Round, Sent, SetAside
from omnicommerce.relay.ports import Publisher, RelayStores, Stop
from omnicommerce.relay.tidying import forget_older

__all__ = ["Relay"]

Watch = Callable[[Round], None]


class Relay:
    """Send a shop's events to a broker.

    Any number of relays may work on one outbox, in threads, processes and on
    several machines whose clocks agree to within a fraction of the lease. An
    event is sent again when a relay dies between the broker's confirmation and
    its own mark, so consumers should have an `Inbox`. Each subject's events
    leave in the order of their sequence; while one of them is refused, later
    ones of its subject wait and all others go on.

    Args:
        store: Where the outbox is.
        publisher: Hands events to the broker; this relay's alone.
        envelope: What the events of the shop have in common.
        policy: Batches, leases and pauses.
        clock: Tells the time; the machine's by default.
        ids: Makes the tokens of leases; random by default.
    """

    def __init__(
        self,
        store: Transactions[RelayStores],
        publisher: Publisher,
        envelope: Envelope,
        *,
        policy: RelayPolicy | None = None,
        clock: Clock | None = None,
        ids: IdFactory | None = None,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._envelope = envelope
        self._policy = policy or RelayPolicy()
        self._clock: Clock = clock or SystemClock()
        self._ids: IdFactory = ids or RandomIds()

    def run_once(self) -> Round:
        """Lease a batch, publish it, and write what became of it.

        A broker that is away is told in the answer and is no error.

        Raises:
            AdapterError: The store failed. What was leased is leased again when
                the lease is over, though it may have been published.
            Conflict: Others were faster for longer than the store's patience.
        """
        token = self._ids.new("lease")
        at = self._clock.now()
        until = at + self._policy.lease
        limit = self._policy.batch
        leased = self._store.run(
            lambda unit: unit.deliveries.lease(token, at=at, until=until, limit=limit)
        )
        if not leased:
            return Round()
        sent = self._publish(leased, at + self._policy.lease / 2)
        verdicts = judge(leased, sent, self._policy, at=self._clock.now())
        self._store.run(lambda unit: unit.deliveries.settle(token, verdicts))
        return Round(
            leased=len(leased),
            published=len(sent.accepted),
            refused=len(sent.refused),
            aside=sum(verdict.is_aside for verdict in verdicts),
            trouble=sent.trouble,
        )

    def run(self, stop: Stop, *, watch: Watch | None = None) -> None:
        """Work until told to stop; a store or broker that is away is waited for.

        Args:
            stop: When to stop: after the round at hand.
            watch: Called after each round.
        """
        idle = failures = 0
        while not stop.is_set():
            done = self._round()
            if watch is not None:
                watch(done)
            failures = failures + 1 if done.trouble else 0
            idle = 0 if done.leased else idle + 1
            if failures:
                seed = self._ids.new("pause")
                stop.wait(jittered(failures, self._policy, seed=seed).total_seconds())
            elif idle:
                stop.wait(self._idle_pause(idle).total_seconds())

    def drain(self, stop: Stop, *, watch: Watch | None = None) -> None:
        """Work until nothing can be sent any more, or told to stop.

        Events that were refused and wait for their next try are left waiting.

        Raises:
            AdapterError: The store failed.
            Conflict: Others were faster for longer than the store's patience.
        """
        while not stop.is_set():
            done = self.run_once()
            if watch is not None:
                watch(done)
            if not done.leased or done.trouble:
                return

    def backlog(self) -> Backlog:
        """Count what waits."""
        at = self._clock.now()
        return self._store.run(lambda unit: unit.deliveries.backlog(at))

    def aside(self, *, limit: int = 100) -> tuple[SetAside, ...]:
        """Return events that were refused too often, oldest first."""
        return self._store.run(lambda unit: unit.deliveries.aside(limit=limit))

    def requeue(self, event_ids: Iterable[str]) -> int:
        """Try events that were set aside anew, and tell how many of them there were.

        Later events of their subjects may have been published in the meantime.
        """
        wanted = tuple(event_ids)
        return self._store.run(lambda unit: unit.deliveries.requeue(wanted))

    def tidy(self, older_than: timedelta, *, batch: int = 500) -> int:
        """Forget events that were published longer ago, and tell how many.

        Args:
            older_than: How long published events are kept.
            batch: Most rows of one transaction.

        Raises:
            InvalidValue: A negative duration, or an empty batch.
        """
        return forget_older(
            lambda before: self._store.run(lambda unit: unit.deliveries.tidy(before, limit=batch)),
            at=self._clock.now(),
            older_than=older_than,
            batch=batch,
        )

    def _round(self) -> Round:
        try:
            return self.run_once()
        except (AdapterError, Conflict) as error:
            return Round(trouble=str(error))

    def _idle_pause(self, idle: int) -> timedelta:
        """Return a pause that grows to the longest within a few rounds."""
        return self._policy.idle_pause / (1 << max(0, 4 - idle))

    def _publish(self, leased: Sequence[Leased], late: datetime) -> Sent:
        sent = Sent()
        stuck: set[str] = set()
        for wave in waves(leased):
            if sent.trouble is not None or self._clock.now() >= late:
                break
            wanted = [event for event in wave if event.subject not in stuck]
            answer = self._wrap_and_send(wanted)
            sent = sent.plus(answer)
            stuck |= {event.subject for event in wanted if event.event_id not in answer.accepted}
        return sent

    def _wrap_and_send(self, wanted: Sequence[Leased]) -> Sent:
        wrapped: list[CloudEvent] = []
        damaged: dict[str, str] = {}
        for event in wanted:
            try:
                wrapped.append(self._envelope.wrap(event))
            except InvalidValue as error:
                damaged[event.event_id] = str(error)
        sent = self._send(wrapped) if wrapped else Sent()
        return Sent(refused=damaged).plus(sent)

    def _send(self, events: Sequence[CloudEvent]) -> Sent:
        """Publish a batch; where that fails in a way nobody foresaw, each event by itself."""
        try:
            return self._publisher.publish(events)
        except AdapterError as error:
            return Sent(trouble=str(error))
        except Exception as error:  # noqa: BLE001 - one event must not stop the others
            if len(events) == 1:
                return Sent(refused={events[0].id: f"{type(error).__name__}: {error}"})
        sent = Sent()
        for event in events:
            sent = sent.plus(self._send([event]))
        return sent
