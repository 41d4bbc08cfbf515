"""The database goes away in the middle of a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from omnicommerce.adapters.sql import SqlStore
from omnicommerce.kernel.errors import AdapterError, OutcomeUnknown, StoreUnavailable
from omnicommerce.ledger.model import Demand
from tests.concurrency.race import DRESS, SHOES, by, require_clean, standing
from tests.stores import ledger_stores

_DEMANDS = (Demand(DRESS, 1), Demand(SHOES, 1))


@pytest.fixture(params=["postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """Give the URL of each server's database in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """Give a store with one dress and one pair of shoes."""
    with ledger_stores(url) as open_store:
        opened: SqlStore = open_store()
        opened.run(lambda unit: unit.ledger.credit(DRESS, 1, by=by("dress")))
        opened.run(lambda unit: unit.ledger.credit(SHOES, 1, by=by("shoes")))
        yield opened


@pytest.fixture
def cut(url: str) -> Iterator[Callable[[sa.Connection], None]]:
    """Give a function that ends a connection from outside."""
    parsed = sa.make_url(url)
    engine = sa.create_engine(parsed, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def end(connection: sa.Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        with engine.connect() as other:
            if engine.dialect.name == "postgresql":
                pid = raw.info.backend_pid
                other.exec_driver_sql(f"select pg_terminate_backend({pid}, 5000)")
            else:
                other.exec_driver_sql(f"kill hard connection {raw.thread_id()}")

    yield end
    engine.dispose()


def _hold(unit: Any, key: str = "hold") -> Any:
    return unit.ledger.hold(f"group {key}", _DEMANDS, expires_at=None, by=by(key))


def test_one_lost_connection_is_made_good(store: SqlStore, cut: Callable[..., None]) -> None:
    """A connection that is cut between two statements costs a second run, and has one effect."""
    runs = []

    def work(unit: Any) -> Any:
        runs.append(unit)
        unit.ledger.standings([DRESS], at=by("x").at)
        if len(runs) == 1:
            cut(unit.transaction.connection)
        return _hold(unit)

    store.run(work)

    assert len(runs) == 2
    assert standing(store, DRESS).held == 1
    require_clean(store)


def test_a_store_that_stays_away_keeps_nothing(store: SqlStore, cut: Callable[..., None]) -> None:
    """A connection cut after each hold ends in StoreUnavailable, and nothing was held."""

    def work(unit: Any) -> None:
        _hold(unit)
        cut(unit.transaction.connection)
        unit.ledger.release("group hold", by=by("release"))

    with pytest.raises(StoreUnavailable) as caught:
        store.run(work)

    assert isinstance(caught.value.__cause__, sa.exc.DBAPIError)
    assert standing(store, DRESS).held == 0
    require_clean(store)


def test_a_cut_commit_is_unknown_until_repeated(store: SqlStore, cut: Callable[..., None]) -> None:
    """A commit that loses its connection is OutcomeUnknown; the same key then tells."""

    def work(unit: Any) -> Any:
        answer = _hold(unit)
        cut(unit.transaction.connection)
        return answer

    with pytest.raises(OutcomeUnknown):
        store.run(work)

    answer = store.run(_hold)
    assert [demand.quantity for demand in answer.quantities] == [1, 1]
    assert standing(store, DRESS).held == 1
    require_clean(store)


def test_a_server_that_is_not_there() -> None:
    """Opening a store where nobody listens is StoreUnavailable at once."""
    with pytest.raises(StoreUnavailable):
        SqlStore.open("postgresql://nobody@127.0.0.1:9/none", patience=timedelta(seconds=2))
    with pytest.raises(StoreUnavailable):
        SqlStore.open("mariadb://nobody@127.0.0.1:9/none", patience=timedelta(seconds=2))


def test_a_folder_that_is_not_there(tmp_path: Any) -> None:
    """A file that cannot be opened is an error of the adapter, and named."""
    with pytest.raises(AdapterError, match="unable to open"):
        SqlStore.open(f"sqlite:///{tmp_path}/missing/shop.db")
