"""Stored events as CloudEvents."""

from __future__ import annotations

import json
from typing import Final

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.relay.cloud_event import CloudEvent
from omnicommerce.relay.model import Leased

__all__ = ["Envelope"]

_IN_CONTEXT: Final = frozenset({"event_id", "subject", "at"})


@attrs.frozen(kw_only=True)
class Envelope:
    """What all events of a shop have in common when they leave it.

    Args:
        source: The shop, as a URI reference that never changes, such as
            ``/shops/alma``: consumers tell events apart by source and id.
        prefix: Goes before the kind of an event to make its type.
        schemas: Where the schemas of the data are, if anywhere: the type and
            ``.json`` are appended.

    Raises:
        InvalidValue: A value is blank or longer than 120 characters.

    Example:
        >>> from datetime import UTC, datetime
        >>> at = datetime(2026, 11, 22, 12, tzinfo=UTC)
        >>> data = '{"at":"2026-11-22T12:00:00Z","cart_id":"cart_1"}'
        >>> stored = Leased(
        ...     sequence=7, event_id="e1", kind="order.placed", subject="order_1", at=at, data=data
        ... )
        >>> event = Envelope(source="/shops/alma").wrap(stored)
        >>> event.type, event.data
        ('omnicommerce.order.placed', {'cart_id': 'cart_1'})
    """

    source: str = attrs.field(validator=valid_id)
    prefix: str = attrs.field(default="omnicommerce", validator=valid_id)
    schemas: str | None = None

    def wrap(self, stored: Leased) -> CloudEvent:
        """Return a stored event with its context; the context is not repeated in the data.

        Raises:
            InvalidValue: What is stored is no JSON object.
        """
        try:
            data = json.loads(stored.data)
        except ValueError as error:
            raise InvalidValue("data", f"is not JSON: {error}") from None
        if not isinstance(data, dict):
            raise InvalidValue("data", f"must be a JSON object, not {type(data).__name__}")
        kind = f"{self.prefix}.{stored.kind}"
        return CloudEvent(
            id=stored.event_id,
            source=self.source,
            type=kind,
            subject=stored.subject,
            time=stored.at,
            data={name: value for name, value in data.items() if name not in _IN_CONTEXT},
            dataschema=None if self.schemas is None else f"{self.schemas}{kind}.json",
            sequence=stored.sequence,
        )
