"""A broker in this process: for tests, examples, and shops that are one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omnicommerce.relay.cloud_event import CloudEvent
from omnicommerce.relay.errors import BrokerUnavailable
from omnicommerce.relay.model import Sent
from omnicommerce.relay.ports import Publisher

__all__ = ["InProcessBroker"]


def _take_all(_: CloudEvent) -> str | None:
    return None


class InProcessBroker(Publisher):
    """Keep what is published in a list, and hand it to a consumer if there is one.

    Args:
        deliver: Called with each event that is accepted.

    Example:
        >>> from datetime import UTC, datetime
        >>> broker = InProcessBroker()
        >>> at = datetime(2026, 11, 22, tzinfo=UTC)
        >>> sent = broker.publish([CloudEvent(id="e1", source="/shop", type="test", time=at)])
        >>> sorted(sent.accepted), len(broker.events)
        (['e1'], 1)
    """

    def __init__(self, deliver: Callable[[CloudEvent], object] | None = None) -> None:
        self.events: list[CloudEvent] = []
        self.refuses: Callable[[CloudEvent], str | None] = _take_all
        self.away: bool = False
        self._deliver = deliver

    def publish(self, events: Sequence[CloudEvent]) -> Sent:
        """Keep the events but those that ``refuses`` gives a reason for.

        Raises:
            BrokerUnavailable: It is told to be ``away``.
        """
        if self.away:
            raise BrokerUnavailable("the broker in this process is told to be away")
        refused = {event.id: reason for event in events if (reason := self.refuses(event))}
        accepted = [event for event in events if event.id not in refused]
        for event in accepted:
            self.events.append(event)
            if self._deliver is not None:
                self._deliver(event)
        return Sent(accepted=frozenset(event.id for event in accepted), refused=refused)

    def close(self) -> None:
        """Do nothing: there is no connection."""
