from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from omnicommerce.adapters.aio import awaited
from omnicommerce.adapters.sql import SqlStore, SqlUnitOfWork, aio
from omnicommerce.adapters.sql.aio import make_async_engine, open_sql_store
from omnicommerce.adapters.sql.engine import make_engine
from omnicommerce.adapters.sql.tables import metadata
from omnicommerce.kernel.errors import Conflict, InvalidValue, Misuse
from omnicommerce.testing.ledger_machine import ledger_machine
from tests.concurrency.race import DRESS, NOON, by
from tests.crash import processes

T = TypeVar("T")

_TICKS = 100
_FOREVER = 30


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[SqlStore]:
    """Open a store with five dresses."""
    store = await open_sql_store(url, patience=timedelta(seconds=_FOREVER))
    try:
        await greenlet_spawn(store.run, _credit("receive", 5))
        yield store
    finally:
        await greenlet_spawn(store.close)


def _credit(key: str, units: int = 1) -> Callable[[SqlUnitOfWork], object]:
    return lambda unit: unit.ledger.credit(DRESS, units, by=by(key))


async def _balance(store: SqlStore) -> int:
    def read(unit: SqlUnitOfWork) -> int:
        return unit.ledger.standings([DRESS], at=NOON)[DRESS].balance

    return await greenlet_spawn(store.run, read)


class _Pool:
    """Watches a store's connections."""

    def __init__(self, store: SqlStore) -> None:
        pool = store._engine.pool
        assert isinstance(pool, sa.AsyncAdaptedQueuePool)
        self._pool, self.lost = pool, 0
        sa.event.listen(store._engine, "invalidate", self._lose)

    def _lose(self, *_: Any) -> None:
        self.lost += 1

    @property
    def lent(self) -> int:
        """The connections that somebody has."""
        return self._pool.checkedout()


@contextmanager
def _somebody_has_the_dresses(url: str) -> Iterator[None]:
    """Hold the database's own lock on what the tests write."""
    if url.startswith("sqlite"):
        path = sa.make_url(url).database
        assert path is not None
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
        return
    engine = make_engine(url)
    with engine.connect() as other:
        other.exec_driver_sql("select * from oc_account for update")
        yield
    engine.dispose()


class _Statements:
    """Watches the statements that a store has sent and not seen answered."""

    def __init__(self, store: SqlStore) -> None:
        self._sent = self._answered = 0
        sa.event.listen(store._engine, "before_cursor_execute", self._send)
        sa.event.listen(store._engine, "after_cursor_execute", self._answer)

    def _send(self, *_: Any) -> None:
        self._sent += 1

    def _answer(self, *_: Any) -> None:
        self._answered += 1

    async def stuck(self) -> None:
        """Return when the loop has turned many times since a statement was sent in vain."""
        ticks, seen = 0, -1
        while ticks < _TICKS:
            await asyncio.sleep(0)
            waits = self._sent > self._answered and self._sent == seen
            ticks, seen = (ticks + 1 if waits else 0), self._sent


async def _within(wait: Any) -> Any:
    """Give up where something has gone wrong, instead of waiting forever."""
    async with asyncio.timeout(_FOREVER):
        return await wait


def test_the_loop_goes_on_while_a_lock_is_waited_for(empty_url: str) -> None:
    """The loop turns a hundred times while one statement waits for another connection."""

    async def scenario() -> None:
        async with _opened(empty_url) as store:
            statements = _Statements(store)
            with _somebody_has_the_dresses(empty_url):
                writing = asyncio.create_task(greenlet_spawn(store.run, _credit("more")))
                await _within(statements.stuck())
                assert not writing.done()
            await _within(writing)
            assert await _balance(store) == 6

    asyncio.run(scenario())


def _keep_the_seat(url: str, pipe: Connection) -> None:
    """Stay inside a unit of work until told to leave it."""

    def wait(unit: SqlUnitOfWork) -> None:
        unit.ledger.credit(DRESS, 1, by=by("other process"))
        pipe.send("seated")
        pipe.recv()

    store = SqlStore.open(url)
    store.run(wait)
    store.close()


@contextmanager
def _another_process_writes(url: str) -> Iterator[Callable[[], None]]:
    """Have another process take its turn; give a function that ends it."""
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_keep_the_seat, args=(url, theirs))
    process.start()
    assert ours.poll(_FOREVER)
    ours.recv()
    yield lambda: ours.send("leave")
    process.join(_FOREVER)


async def _turns(many: int = _TICKS) -> None:
    for _ in range(many):
        await asyncio.sleep(0)


def test_the_loop_goes_on_while_another_process_writes(sqlite_url: str) -> None:
    """A task waits for its turn on SQLite behind another process, and holds up nobody."""

    async def scenario() -> None:
        async with _opened(sqlite_url) as store:
            with _another_process_writes(sqlite_url) as leave:
                writing = asyncio.create_task(greenlet_spawn(store.run, _credit("more")))
                await _turns()
                assert not writing.done()
                leave()
                await _within(writing)
            assert await _balance(store) == 7

    asyncio.run(scenario())


def test_who_is_cancelled_in_the_line_leaves_it(sqlite_url: str) -> None:
    """Tasks cancelled behind another process give their turns back, first in line or not."""

    async def scenario() -> None:
        async with _opened(sqlite_url) as store:
            with _another_process_writes(sqlite_url) as leave:
                tasks = [
                    asyncio.create_task(greenlet_spawn(store.run, _credit(f"task {number}")))
                    for number in range(3)
                ]
                await _turns()
                tasks[0].cancel()
                tasks[1].cancel()
                await _turns()
                assert tasks[1].cancelled()
                leave()
                await _within(asyncio.wait(tasks))
                assert [task.cancelled() for task in tasks] == [True, True, False]
            assert await _balance(store) == 7

    asyncio.run(scenario())


def test_tasks_and_threads_share_one_line(sqlite_url: str) -> None:
    """A store that blocks and one that awaits write to one file from one process."""

    async def scenario() -> None:
        blocking = SqlStore.open(sqlite_url)
        async with _opened(sqlite_url) as store:
            await asyncio.gather(
                *(greenlet_spawn(store.run, _credit(f"task {n}")) for n in range(8)),
                *(asyncio.to_thread(blocking.run, _credit(f"thread {n}")) for n in range(8)),
            )
            assert await _balance(store) == 21
        blocking.close()

    asyncio.run(scenario())


async def _cancel_once(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await _within(asyncio.wait({task}))


async def _cancel_again_and_again(task: asyncio.Task[Any]) -> None:
    """Cancel at every turn of the loop, as AnyIO's scopes do, and so Starlette's."""
    async with asyncio.timeout(_FOREVER):
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)


_CANCELS = [
    pytest.param(_cancel_once, id="once"),
    pytest.param(_cancel_again_and_again, id="again and again"),
]


@pytest.mark.parametrize("cancel", _CANCELS)
def test_a_cancelled_transaction_is_undone(empty_url: str, cancel: Callable[..., Any]) -> None:
    """A task cancelled between statements keeps nothing and gives its connection back."""

    async def scenario() -> None:
        async with _opened(empty_url) as store:
            inside, pool = asyncio.Event(), _Pool(store)

            def work(unit: SqlUnitOfWork) -> None:
                _credit("never")(unit)
                inside.set()
                awaited(asyncio.Event().wait())

            task = asyncio.create_task(greenlet_spawn(store.run, work))
            await _within(inside.wait())
            await cancel(task)
            assert task.cancelled()
            assert (pool.lent, pool.lost) == (0, 0)
            assert await _balance(store) == 5
            await _within(greenlet_spawn(store.run, _credit("more")))
            assert await _balance(store) == 6

    asyncio.run(scenario())


def test_a_task_cancelled_in_a_statement_is_undone(empty_url: str) -> None:
    """A task cancelled while the database makes it wait keeps nothing, nor its connection."""

    async def scenario() -> None:
        async with _opened(empty_url) as store:
            statements, pool = _Statements(store), _Pool(store)
            with _somebody_has_the_dresses(empty_url):
                task = asyncio.create_task(greenlet_spawn(store.run, _credit("never")))
                await _within(statements.stuck())
                task.cancel()
                await _turns()
            await _within(asyncio.wait({task}))
            assert task.cancelled()
            assert (pool.lent, pool.lost) == (0, 1)
            await _within(greenlet_spawn(store.run, _credit("more")))
            assert await _balance(store) == 6

    asyncio.run(scenario())


@pytest.mark.parametrize("cancel", _CANCELS)
def test_a_commit_that_began_ends(empty_url: str, cancel: Callable[..., Any]) -> None:
    """Cancelled while committing, a task is cancelled, but the commit is not cut in two."""

    async def scenario() -> None:
        async with _opened(empty_url) as store:
            committing, pool = asyncio.Event(), _Pool(store)
            sa.event.listen(store._engine, "commit", lambda _: committing.set(), once=True)
            task = asyncio.create_task(greenlet_spawn(store.run, _credit("more")))
            await _within(committing.wait())
            await cancel(task)
            assert task.cancelled()
            assert (pool.lent, pool.lost) == (0, 0)
            assert await _balance(store) == 6

    asyncio.run(scenario())


def _blocks(_: float) -> None:
    raise AssertionError("the thread of the loop sleeps")


def test_a_conflict_is_tried_again_and_others_go_on(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two tries of a unit of work the loop turns, and its thread does not sleep."""

    async def scenario() -> None:
        async with _opened(empty_url) as store:
            turns = 0
            seen: list[int] = []

            async def count() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            def work(unit: SqlUnitOfWork) -> None:
                _credit("more")(unit)
                seen.append(turns)
                if len(seen) < 3:
                    raise Conflict("somebody was faster")

            monkeypatch.setattr("time.sleep", _blocks)
            counting = asyncio.create_task(count())
            await _within(greenlet_spawn(store.run, work))
            counting.cancel()
            assert len(seen) == 3
            assert seen == sorted(set(seen))
            assert await _balance(store) == 6

    asyncio.run(scenario())


def test_units_of_work_interleave_but_do_not_nest(empty_url: str) -> None:
    """Many tasks of a thread are each in a unit of work, and none of them in two."""

    async def scenario() -> None:
        async with _opened(empty_url) as store:

            def nested(_: SqlUnitOfWork) -> None:
                assert store.in_transaction
                store.run(_credit("never"))

            def in_a_coroutine(_: SqlUnitOfWork) -> None:
                awaited(greenlet_spawn(store.run, _credit("never")))

            for work in (nested, in_a_coroutine):
                with pytest.raises(Misuse, match="already"):
                    await greenlet_spawn(store.run, work)
            assert not store.in_transaction
            await asyncio.gather(
                *(greenlet_spawn(store.run, _credit(f"task {n}")) for n in range(8))
            )
            assert await _balance(store) == 13

    asyncio.run(scenario())


def test_waiting_for_the_turn_ends_with_patience(sqlite_url: str) -> None:
    """A task that waits too long for another one gets a Conflict, and the line goes on."""

    async def scenario() -> None:
        async with _opened(sqlite_url) as store:
            inside, leave = asyncio.Event(), asyncio.Event()

            def stay(unit: SqlUnitOfWork) -> None:
                _credit("stay")(unit)
                inside.set()
                awaited(leave.wait())

            staying = asyncio.create_task(greenlet_spawn(store.run, stay))
            await _within(inside.wait())
            hasty = await open_sql_store(
                AsyncEngine(store._engine), patience=timedelta(seconds=0.05)
            )
            with pytest.raises(Conflict, match="turn to write"):
                await greenlet_spawn(hasty.run, _credit("never"))
            leave.set()
            await _within(staying)
            assert await _balance(store) == 6

    asyncio.run(scenario())


class _OnALoop:
    """An async store as blocking code sees it: every unit of work is one run of the loop."""

    def __init__(self, runner: asyncio.Runner, store: SqlStore) -> None:
        self._runner, self._store = runner, store

    def run(self, work: Callable[[SqlUnitOfWork], T]) -> T:
        """Run one unit of work to its end."""
        answer: T = self._runner.run(greenlet_spawn(self._store.run, work))
        return answer


def test_its_ledger_is_the_memory_ledger(empty_url: str) -> None:
    """The machine that compares every adapter with the memory ledger sees no difference here."""
    with asyncio.Runner() as runner:
        store = runner.run(open_sql_store(empty_url))

        def emptied() -> _OnALoop:
            def empty(unit: SqlUnitOfWork) -> None:
                for table in reversed(metadata.sorted_tables):
                    unit.transaction.execute(table.delete())

            subject = _OnALoop(runner, store)
            subject.run(empty)
            return subject

        run_state_machine_as_test(ledger_machine(emptied))
        runner.run(greenlet_spawn(store.close))


def test_many_open_an_empty_database_at_once(empty_url: str) -> None:
    """Tasks that open an empty database at the same moment all get a working store."""

    async def start() -> int:
        store = await open_sql_store(empty_url)
        balance = await _balance(store)
        await greenlet_spawn(store.close)
        return balance

    async def scenario() -> None:
        assert await asyncio.gather(*(start() for _ in range(4))) == [0] * 4

    asyncio.run(scenario())


def test_an_engine_of_the_caller_stays_open(empty_url: str) -> None:
    """A store over the caller's own engine works, and closing it leaves the engine usable."""

    async def scenario() -> None:
        engine = make_async_engine(empty_url)
        store = await open_sql_store(engine)
        await greenlet_spawn(store.run, _credit("receive", 5))
        await greenlet_spawn(store.close)
        async with engine.connect() as connection:
            assert await connection.scalar(sa.text("select balance from oc_account")) == 5
        await engine.dispose()

    asyncio.run(scenario())


def test_a_database_in_memory() -> None:
    """SQLite in memory has one connection, which all tasks take in turns."""

    async def scenario() -> None:
        store = await open_sql_store("sqlite://")
        await asyncio.gather(*(greenlet_spawn(store.run, _credit(f"task {n}")) for n in range(4)))
        assert await _balance(store) == 4
        await greenlet_spawn(store.close)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///shop.db", "sqlite+aiosqlite"),
        ("sqlite+pysqlite:///shop.db", "sqlite+aiosqlite"),
        ("postgres://user@host/shop", "postgresql+psycopg"),
        ("mysql://user@host/shop", "mariadb+asyncmy"),
        ("mariadb+pymysql://user@host/shop", "mariadb+asyncmy"),
    ],
)
def test_a_url_of_the_blocking_store_works_here(url: str, driver: str) -> None:
    """One URL serves both stores: the async driver is chosen here."""
    engine = make_async_engine(url)
    assert engine.url.drivername == driver
    assert engine.dialect.is_async


def test_a_driver_that_blocks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver without an async counterpart is an error that names it."""
    monkeypatch.setattr(aio, "_COUNTERPARTS", {})
    with pytest.raises(InvalidValue, match=r"mariadb\+pymysql"):
        make_async_engine("mariadb+pymysql://user@host/shop")
