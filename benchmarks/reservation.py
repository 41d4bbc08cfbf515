"""What a reservation costs beside exactly the same statements without the engine.

A reservation is one unit of work: a ledger hold of one line or of five, and its commit.
It updates the accounts and writes holds, journal and key. Its statements are caught once
from a real run and then sent again, with new keys put in, in two other ways:

- *raw*: by the bare driver (sqlite3, psycopg, pymysql) on one open connection;
- *Core*: by prebuilt SQLAlchemy statements in a transaction of the same pool.

All three take turns and write to the same rows. Throughput compares the wall time of
engine and raw driver with one client; client CPU compares engine and Core.
"""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from benchmarks import databases
from benchmarks.measure import Row, Timing, interleaved, ratio, wall_ratio
from omnicommerce.adapters.sql import SqlStore, SqlUnitOfWork, tables
from omnicommerce.adapters.sql.coding import account_text
from omnicommerce.adapters.sql.engine import make_engine
from omnicommerce.ledger.model import AccountKey, Command, Demand

__all__ = ["rows"]

NOON: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
LINES: Final = (1, 5)
THROUGHPUT_LIMITS: Final = {
    "PostgreSQL": 1.6,
    "MariaDB": 1.6,
    "SQLite FULL": 2.2,
    "SQLite NORMAL": 6.0,
}
CPU_LIMIT: Final = 1.25
PASSES: Final = 25

Reserve = Callable[[], object]


class Sent(NamedTuple):
    """One statement: as the driver got it, and as one would prebuild it with SQLAlchemy Core.

    Args:
        text: The driver's text.
        values: The driver's parameters.
        statement: The same with named parameters.
        named: Those parameters.
    """

    text: str
    values: Any
    statement: sa.TextClause
    named: dict[str, Any]


def rows(database: str | None = None) -> Iterator[Row]:
    """Yield throughput and client CPU of a reservation, for each database and number of lines."""
    with databases.chosen(database) as urls:
        for url in urls:
            for label, options in _variants(url):
                yield from _of_one(label, make_engine(url, **options))


def _variants(url: str) -> list[tuple[str, dict[str, Any]]]:
    backend = sa.make_url(url).get_backend_name()
    if backend != "sqlite":
        return [(databases.label_of(url), {})]
    return [(f"SQLite {how.upper()}", {"synchronous": how}) for how in ("full", "normal")]


def _of_one(label: str, engine: sa.Engine) -> Iterator[Row]:
    store = SqlStore.open(engine)
    try:
        for lines in LINES:
            with _stocked(store, engine, lines) as shop:
                _check_equal(shop)
                found = interleaved(shop.ways, passes=PASSES)
            yield from _figures(f"{label}, {lines} line{'s' * (lines > 1)}", label, found)
    finally:
        engine.dispose()


def _figures(name: str, label: str, found: Mapping[str, Timing]) -> Iterator[Row]:
    engine, raw, core = found["engine"], found["raw"], found["core"]
    yield Row(
        f"reservation, {name}, wall",
        round(wall_ratio(engine, raw), 3),
        "raw driver",
        THROUGHPUT_LIMITS[label],
        detail=f"{engine.wall_median:,.0f} µs / {raw.wall_median:,.0f} µs",
        goal=True,
    )
    yield Row(
        f"reservation, {name}, client CPU",
        round(ratio(engine, core), 3),
        "prebuilt Core",
        CPU_LIMIT,
        detail=f"{engine.median:,.0f} µs / {core.median:,.0f} µs; raw {raw.median:,.0f} µs",
        goal=True,
    )


class Shop:
    """Accounts of its own in a store, and the three ways to reserve from them."""

    def __init__(self, store: SqlStore, engine: sa.Engine, lines: int) -> None:
        self.name = f"bench-{uuid.uuid4().hex[:12]}"
        accounts = [AccountKey("stock", f"{self.name}-{line}", "madrid") for line in range(lines)]
        self.texts = [account_text(account) for account in accounts]
        self.engine = engine
        self._store = store
        self._demands = [Demand(account, 1) for account in accounts]
        self._numbers = itertools.count(1)
        for account in accounts:
            store.run(partial(self._receive, account))
        self.raw = engine.raw_connection()
        sent, name = self._caught()
        self.ways: dict[str, Reserve] = {
            "raw": self._raw_way(sent, name),
            "core": self._core_way(sent, name),
            "engine": self.reserve,
        }

    def reserve(self) -> str:
        """Reserve through the engine; return the name of the reservation."""
        name = self._next()
        until = NOON + timedelta(hours=1)
        by = Command(f"{name}-hold", name, NOON)
        self._store.run(lambda unit: unit.ledger.hold(name, self._demands, expires_at=until, by=by))
        return name

    def close(self) -> None:
        """Delete everything that the ways wrote."""
        self.raw.close()
        keys = tables.command.c.command_key
        with self.engine.begin() as connection:
            for table in (tables.entry, tables.hold, tables.account):
                connection.execute(sa.delete(table).where(table.c.account.in_(self.texts)))
            connection.execute(sa.delete(tables.command).where(keys.startswith(self.name)))

    def written(self) -> tuple[int, ...]:
        """Count keys, holds and journal entries, and sum what is held."""
        held = sa.func.sum(tables.account.c.held)
        count = sa.func.count()
        keys = tables.command.c.command_key
        with self.engine.connect() as connection:
            return tuple(
                int(connection.scalar(query) or 0)
                for query in (
                    sa.select(count).where(keys.startswith(self.name)),
                    sa.select(count).where(tables.hold.c.account.in_(self.texts)),
                    sa.select(count).where(tables.entry.c.account.in_(self.texts)),
                    sa.select(held).where(tables.account.c.account.in_(self.texts)),
                )
            )

    def _receive(self, account: AccountKey, unit: SqlUnitOfWork) -> None:
        by = Command(f"{self.name}-receive-{account.subject}", self.name, NOON)
        unit.ledger.credit(account, 10**9, by=by)

    def _next(self) -> str:
        return f"{self.name}-{next(self._numbers):012}"

    def _caught(self) -> tuple[list[Sent], str]:
        """Return the statements of one reservation, and its name."""
        sent: list[Sent] = []

        def see(_: Any, __: Any, text: str, values: Any, *___: Any) -> None:
            sent.append(_sent(text, values))

        self.reserve()
        sa.event.listen(self.engine, "before_cursor_execute", see)
        name = self.reserve()
        sa.event.remove(self.engine, "before_cursor_execute", see)
        return sent, name

    def _raw_way(self, sent: list[Sent], caught: str) -> Reserve:
        connection = self.raw.driver_connection
        assert connection is not None

        def reserve() -> None:
            name = self._next()
            cursor = connection.cursor()
            for text, values, _, _ in sent:
                cursor.execute(text, _renamed(values, caught, name))
                if cursor.description is not None:
                    cursor.fetchall()
            cursor.close()
            connection.commit()

        return reserve

    def _core_way(self, sent: list[Sent], caught: str) -> Reserve:
        def reserve() -> None:
            name = self._next()
            with self.engine.begin() as connection:
                for text, _, statement, named in sent:
                    if not named:
                        connection.exec_driver_sql(text)
                        continue
                    result = connection.execute(statement, _renamed(named, caught, name))
                    _ = result.all() if result.returns_rows else result.rowcount

        return reserve


@contextmanager
def _stocked(store: SqlStore, engine: sa.Engine, lines: int) -> Iterator[Shop]:
    shop = Shop(store, engine, lines)
    try:
        yield shop
    finally:
        shop.close()


def _sent(text: str, values: Any) -> Sent:
    if isinstance(values, Mapping):
        named = dict(values)
        colons = re.sub(r"%\((\w+)\)s", r":\1", text).replace("%%", "%")
    else:
        named = {f"value_{place}": value for place, value in enumerate(values)}
        places = iter(named)
        colons = re.sub(r"\?", lambda _: f":{next(places)}", text)
    return Sent(text, values, sa.text(colons), named)


def _renamed(values: Any, old: str, new: str) -> Any:
    """Put another reservation's name into parameters."""
    if isinstance(values, Mapping):
        return {
            name: value.replace(old, new) if isinstance(value, str) else value
            for name, value in values.items()
        }
    return tuple(value.replace(old, new) if isinstance(value, str) else value for value in values)


def _check_equal(shop: Shop) -> None:
    """Make sure that each way writes as many rows of each kind as the engine."""
    lines = len(shop.texts)
    for reserve in shop.ways.values():
        before = shop.written()
        reserve()
        written = zip(before, shop.written(), strict=True)
        assert [after - earlier for earlier, after in written] == [1, lines, lines, lines]
