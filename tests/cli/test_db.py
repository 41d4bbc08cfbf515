"""The command that looks after a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from omnicommerce.adapters.sql import SqlStore, migrations, tables
from omnicommerce.adapters.sql.engine import make_engine
from omnicommerce.cart.events import CartStarted
from omnicommerce.ledger.model import AccountKey, Command, Demand
from tests.cli.conftest import Call

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DRESSES = AccountKey("stock", "DRESS", "madrid")


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """Give the URL of each real database in turn, as new."""
    from tests import databases

    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    database = request.getfixturevalue(f"_each_{request.param}")
    databases.empty(database.url)
    return str(database.url)


def _some_trade(unit: Any) -> None:
    unit.ledger.adjust(DRESSES, 5, by=Command("receipt", "receipt", NOON))
    for name, hours in (("soon", 1), ("later", 24 * 365 * 50)):
        until = NOON + timedelta(hours=hours)
        by = Command(f"hold-{name}", "order", NOON)
        unit.ledger.hold(name, [Demand(DRESSES, 2)], expires_at=until, by=by)
    started = CartStarted(event_id="1", subject="cart", at=NOON, owner="clara", channel="web")
    unit.outbox.add(started)


def _trade(url: str) -> None:
    store = SqlStore.open(url)
    store.run(_some_trade)
    store.close()


def told(call: Call, *arguments: object) -> Any:
    """Call the command for JSON, and return what it told."""
    result = call("db", *arguments, "--json")
    assert result.exit_code == 0, result.stdout
    return json.loads(result.stdout)


def test_an_empty_database_gets_the_schema(call: Call, url: str) -> None:
    """The schema is made once, and then it is there."""
    assert told(call, "upgrade", "--database", url) == {"before": None, "revision": migrations.HEAD}
    again = told(call, "upgrade", "--database", url)
    assert again == {"before": migrations.HEAD, "revision": migrations.HEAD}


def test_what_is_in_it_is_counted(call: Call, url: str) -> None:
    """Rows of each table, and since when something waits."""
    _trade(url)
    found = told(call, "stats", "--database", url)
    assert found["rows"]["oc_account"] == 1
    assert found["rows"]["oc_hold"] == 2
    assert (found["open_holds"], found["due_holds"]) == (2, 1)
    assert found["oldest_due"] == "2026-11-20 13:00:00+00:00"
    assert (found["waiting_events"], found["oldest_event"]) == (1, "2026-11-20 12:00:00+00:00")
    words = " ".join(call("db", "stats", "--database", url).stdout.split())
    assert "expired, to be tidied │ 1, since 2026-11-20 13:00 UTC" in words


def test_books_that_agree_pass(call: Call, url: str) -> None:
    """The auditor's figures are told, and that nothing is wrong."""
    _trade(url)
    found = told(call, "check", "--database", url)
    assert (found["accounts"], found["holds"], found["discrepancies"]) == (1, 2, [])
    assert call("db", "check", "--database", url).stdout.endswith("They agree.\n")


def test_books_that_somebody_edited_do_not(call: Call, sqlite_url: str) -> None:
    """Every discrepancy is told in a sentence, nothing is changed, and the exit code is 1."""
    _trade(sqlite_url)
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(sa.update(tables.account).values(balance=99))
    engine.dispose()
    result = call("db", "check", "--database", sqlite_url)
    assert result.exit_code == 1
    assert "99" in result.stdout
    assert result.stdout.endswith("They do not agree; nothing was changed.\n")
    document = json.loads(call("db", "check", "--database", sqlite_url, "--json").stdout)
    assert [found["code"] for found in document["discrepancies"]] == ["audit.balance"]


@pytest.mark.parametrize("action", ["check", "stats"])
def test_only_upgrade_makes_tables(call: Call, sqlite_url: str, action: str) -> None:
    """A database without a schema is refused with what to do."""
    result = call("db", action, "--database", sqlite_url)
    assert result.exit_code == 5
    assert "no tables" in result.stderr
    engine = make_engine(sqlite_url)
    assert migrations.current(engine) is None
    engine.dispose()


def test_a_person_reads_what_was_done(call: Call, sqlite_url: str) -> None:
    """From nothing the first time, nothing to do the second."""
    upgrade = partial(call, "db", "upgrade", "--database", sqlite_url)
    assert "from nothing" in upgrade().stdout
    assert "is that of this release" in upgrade().stdout
