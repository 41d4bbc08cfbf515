"""How full a database is, and what waits in it: for whoever looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql import migrations, tables
from omnicommerce.adapters.sql.engine import connect
from omnicommerce.adapters.sql.failures import translate
from omnicommerce.adapters.sql.instants import from_micros, to_micros

__all__ = ["Statistics", "statistics_of"]


@attrs.frozen(kw_only=True)
class Statistics:
    """What a database holds at one instant.

    Args:
        revision: Of its schema; None: it has no tables of ours.
        rows: How many rows each table has, by name.
        open_holds: Holds that still claim something.
        due_holds: Those of them that have expired and wait for `Commerce.tidy`.
        oldest_due: Since when the oldest of these has been due.
        waiting_events: Events that no relay has sent yet.
        oldest_event: When the oldest of these happened.
    """

    revision: str | None
    rows: Mapping[str, int]
    open_holds: int
    due_holds: int
    oldest_due: datetime | None
    waiting_events: int
    oldest_event: datetime | None


def statistics_of(engine: sa.Engine, *, at: datetime) -> Statistics:
    """Count what is in a database of this release's schema.

    Args:
        engine: The database.
        at: The instant by which holds are due.

    Raises:
        AdapterError: Its schema is not that of this release.
        StoreUnavailable: It cannot be reached.
    """
    migrations.check(engine)
    hold, event = tables.hold.c, tables.outbox.c
    is_open = hold.quantity > hold.captured + hold.released + hold.expired
    is_due = hold.due_at <= to_micros(at)
    waits = event.published_at.is_(None)
    with connect(engine) as connection:
        try:
            (open_holds,) = connection.execute(_counting(is_open)).one()
            due, oldest = connection.execute(_counting(is_due, hold.due_at)).one()
            waiting, first = connection.execute(_counting(waits, event.at)).one()
            rows = {
                table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                for table in tables.metadata.sorted_tables
            }
        except sa.exc.SQLAlchemyError as error:
            raise translate(error) from error
    return Statistics(
        revision=migrations.HEAD,
        rows=dict(sorted(rows.items())),
        open_holds=open_holds,
        due_holds=due,
        oldest_due=from_micros(oldest),
        waiting_events=waiting,
        oldest_event=from_micros(first),
    )


def _counting(
    condition: sa.ColumnElement[bool], *earliest: sa.ColumnElement[int]
) -> sa.Select[Any]:
    columns: list[Any] = [sa.func.count(), *map(sa.func.min, earliest)]
    return sa.select(*columns).where(condition)
