"""Revision 0002: an outbox that was filled before there was a relay."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from omnicommerce.adapters.brokers.in_process import InProcessBroker
from omnicommerce.adapters.sql import SqlStore, migrations
from omnicommerce.adapters.sql.engine import make_engine
from tests.relay.outboxes import make_relay, write

_OLD_ROW = sa.text(
    "INSERT INTO oc_outbox (event_id, kind, subject, at, data)"
    " VALUES ('old1', 'order.placed', 'old', 1, '{}')"
)


def _first_schema(url: str) -> None:
    """Make the schema of revision 0001 with one event in it."""
    engine = make_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(_OLD_ROW)
    engine.dispose()


def test_events_of_before_are_relayed(empty_url: str) -> None:
    """After the upgrade, what had been waiting is published before what comes."""
    _first_schema(empty_url)
    store = SqlStore.open(empty_url, upgrade=True)
    write(store, "new1")
    broker = InProcessBroker()
    assert make_relay(store, broker).run_once().published == 2
    assert [event.id for event in broker.events] == ["old1", "new1"]
    store.close()


def test_an_upgrade_that_broke_off_goes_on(empty_url: str) -> None:
    """Steps that a server kept of a broken upgrade are not done twice."""
    _first_schema(empty_url)
    engine = make_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE oc_outbox ADD COLUMN due_at BIGINT DEFAULT 0"))
        connection.execute(
            sa.text("CREATE INDEX ix_oc_outbox_due_at ON oc_outbox (due_at, sequence)")
        )
    engine.dispose()
    store = SqlStore.open(empty_url, upgrade=True)
    assert make_relay(store).run_once().published == 1
    store.close()
