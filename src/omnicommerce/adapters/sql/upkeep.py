"""A database in the hands of whoever looks after it: its schema, its books, what waits."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql import migrations, tables
from omnicommerce.adapters.sql.engine import connect, make_engine
from omnicommerce.adapters.sql.failures import translate
from omnicommerce.adapters.sql.instants import from_micros, to_micros
from omnicommerce.adapters.sql.store import SqlStore
from omnicommerce.ledger.audit import AuditReport, audit

__all__ = ["Statistics", "Upkeep"]


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


class Upkeep:
    """A shop's database in the hands of whoever looks after it.

    Args:
        url: Where the shop lives; see `make_engine`.

    Raises:
        InvalidValue: The URL names a database that we do not know.
        AdapterError: The driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)

    def upgrade(self) -> str | None:
        """Bring the schema up to that of this release; return the revision it had.

        Raises:
            AdapterError: The database is of a newer release, or refuses a change.
            StoreUnavailable: It cannot be reached.
        """
        before = migrations.current(self._engine)
        migrations.upgrade(self._engine)
        return before

    def audit(self) -> AuditReport:
        """Compare the ledger's books; see `omnicommerce.ledger.audit`.

        Raises:
            AdapterError: The schema is not that of this release.
            StoreUnavailable: The database cannot be reached.
        """
        migrations.check(self._engine)
        with closing(SqlStore.open(self._engine)) as store:
            return store.run(lambda unit: audit(unit.ledger.books()))

    def statistics(self, *, at: datetime) -> Statistics:
        """Count what is in the database, and what is due at an instant.

        Raises:
            AdapterError: The schema is not that of this release.
            StoreUnavailable: The database cannot be reached.
        """
        migrations.check(self._engine)
        hold, event = tables.hold.c, tables.outbox.c
        is_open = hold.quantity > hold.captured + hold.released + hold.expired
        is_due = hold.due_at <= to_micros(at)
        waits = event.published_at.is_(None)
        with connect(self._engine) as connection:
            try:
                open_holds, _ = connection.execute(_counting(is_open, hold.due_at)).one()
                due, oldest = connection.execute(_counting(is_due, hold.due_at)).one()
                waiting, first = connection.execute(_counting(waits, event.at)).one()
                rows = {
                    table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
                    or 0
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

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()


def _counting(
    condition: sa.ColumnElement[bool], instant: sa.ColumnElement[int]
) -> sa.Select[int, int]:
    """Count rows, and find the earliest instant of them."""
    return sa.select(sa.func.count(), sa.func.min(instant)).where(condition)
