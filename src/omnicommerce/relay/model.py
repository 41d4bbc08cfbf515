"""What a relay handles: leased events, what became of them, and how much waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = [
    "LONGEST_MESSAGE",
    "LONGEST_REASON",
    "Backlog",
    "Leased",
    "RelayPolicy",
    "Round",
    "Sent",
    "SetAside",
    "Verdict",
]

LONGEST_MESSAGE: Final = 400
"""Characters of a source and an id, or a subject, together: what an inbox can remember."""

LONGEST_REASON: Final = 400
"""Characters that are kept of the reason why an event was refused."""


def _positive(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value <= type(value)(0):
        raise InvalidValue(attribute.name, f"must be more than nothing, not {value!r}")


@attrs.frozen(kw_only=True)
class RelayPolicy:
    """How a relay works.

    Args:
        batch: Most events leased at once.
        lease: How long leased events are left to the relay that has them. No
            publishing begins in its second half, so that half of it must be
            longer than a broker takes to answer or to be given up.
        tries: After so many refusals an event is set aside.
        first_pause: Before the second try, and after the broker went away.
        longest_pause: Pauses double up to this.
        idle_pause: How long to wait when nothing is left to send, at most.

    Raises:
        InvalidValue: A figure is not more than nothing.
    """

    batch: int = attrs.field(default=100, validator=_positive)
    lease: timedelta = attrs.field(default=timedelta(minutes=1), validator=_positive)
    tries: int = attrs.field(default=12, validator=_positive)
    first_pause: timedelta = attrs.field(default=timedelta(seconds=1), validator=_positive)
    longest_pause: timedelta = attrs.field(default=timedelta(minutes=5), validator=_positive)
    idle_pause: timedelta = attrs.field(default=timedelta(seconds=1), validator=_positive)


@attrs.frozen(kw_only=True)
class Leased:
    """An event of the outbox, as it was written there.

    Args:
        sequence: Its place in the outbox: later events of a subject have larger ones.
        event_id: Its identity.
        kind: What happened, such as ``order.placed``.
        subject: The aggregate it is about.
        at: When it happened.
        data: The event as JSON text.
        tries: How often it was refused already.
    """

    sequence: int
    event_id: str
    kind: str
    subject: str
    at: datetime
    data: str
    tries: int = 0


@attrs.frozen(kw_only=True)
class Sent:
    """What a publisher knows of a batch; of what is in neither, it knows nothing.

    Args:
        accepted: Identities of the events that the broker has confirmed.
        refused: By identity, why the broker will not take this very event.
        trouble: Why the broker takes nothing at the moment; None if it does.
    """

    accepted: frozenset[str] = frozenset()
    refused: Mapping[str, str] = attrs.field(factory=dict)
    trouble: str | None = None

    def plus(self, later: Sent) -> Sent:
        """Return what is known of both batches."""
        return Sent(
            accepted=self.accepted | later.accepted,
            refused={**self.refused, **later.refused},
            trouble=self.trouble or later.trouble,
        )


@attrs.frozen(kw_only=True)
class Verdict:
    """What becomes of a leased event: published, due again, or set aside if neither.

    Args:
        sequence: Which event.
        published_at: When the broker had confirmed it.
        due_at: When it may be leased again.
        tries: How often it was refused.
        reason: Why it was refused last.
    """

    sequence: int
    published_at: datetime | None = None
    due_at: datetime | None = None
    tries: int = 0
    reason: str | None = None

    @property
    def is_aside(self) -> bool:
        """Whether nobody tries any more."""
        return self.published_at is None and self.due_at is None


@attrs.frozen(kw_only=True)
class SetAside:
    """An event that was refused too often; it waits for a person.

    Args:
        sequence: Its place in the outbox.
        event_id: Its identity: what `Relay.requeue` takes.
        kind: What happened.
        subject: The aggregate it is about.
        at: When it happened.
        tries: How often it was refused.
        reason: Why it was refused last.
    """

    sequence: int
    event_id: str
    kind: str
    subject: str
    at: datetime
    tries: int
    reason: str


@attrs.frozen(kw_only=True)
class Backlog:
    """How much waits in an outbox.

    Args:
        pending: Events that are neither published nor set aside.
        leased: Of these, how many a relay has in hand.
        retrying: Of these, how many wait because they were refused.
        aside: Events that were set aside.
        oldest_at: When the oldest pending event happened.
    """

    pending: int = 0
    leased: int = 0
    retrying: int = 0
    aside: int = 0
    oldest_at: datetime | None = None

    def lag(self, at: datetime) -> timedelta:
        """Return how long the oldest pending event has been waiting; zero if none is."""
        return timedelta(0) if self.oldest_at is None else max(timedelta(0), at - self.oldest_at)


@attrs.frozen(kw_only=True)
class Round:
    """What one round of a relay did.

    Args:
        leased: Events taken from the outbox.
        published: Of these, how many the broker confirmed.
        refused: Of these, how many it refused.
        aside: Of these, how many were refused once too often.
        trouble: What kept the relay from working, if anything did.
    """

    leased: int = 0
    published: int = 0
    refused: int = 0
    aside: int = 0
    trouble: str | None = None
