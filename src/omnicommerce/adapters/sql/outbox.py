"""Events beside what they tell of, in the same transaction."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.coding import as_rows
from omnicommerce.adapters.sql.dialects import DIALECTS
from omnicommerce.adapters.sql.instants import to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writes import Piece
from omnicommerce.kernel.documents import canonical
from omnicommerce.kernel.events import Event, Outbox

__all__ = ["SqlOutbox"]

_EVENTS: Final = Piece(
    name="events",
    table=tables.outbox,
    columns=("event_id", "kind", "subject", "at", "data"),
)
_INSERTS: Final = {name: sa.text(_EVENTS.sql(dialect)) for name, dialect in DIALECTS.items()}


class SqlOutbox(Outbox):
    """`omnicommerce.kernel.events.Outbox` over one database transaction.

    Events are written together, when the unit of work has done everything else.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._events: list[Event] = []

    def add(self, event: Event) -> None:
        """Keep an event with the rest of this unit of work."""
        self._events.append(event)

    def flush(self) -> None:
        """Write the events that were added."""
        if self._events:
            rows = as_rows(_row(event) for event in self._events)
            self._transaction.execute(_INSERTS[self._transaction.dialect], {"events": rows})
            self._events.clear()


def _row(event: Event) -> tuple[Any, ...]:
    return event.event_id, event.kind, event.subject, to_micros(event.at), canonical(event)
