"""Ten thousand attempts by sixteen processes on a thousand units: exactly a thousand are sold.

An attempt is two units of work, as a checkout has them: hold a unit for a while, then take
it. Who is refused goes on with the next attempt. In the second run a killer ends processes
at any moment with ``kill -9``; another one takes over where the dead one was, and repeats
its last attempt with the same keys. What the dead ones held comes back when it expires,
and the last attempts are made then.

*lost* are units that are neither sold nor there any more, *leaked* those that are still
held after every hold has expired.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Any, Final, NamedTuple

from benchmarks import databases
from benchmarks.measure import Row, progress
from omnicommerce.adapters.sql import SqlStore
from omnicommerce.ledger.errors import HoldEnded, Shortage
from omnicommerce.ledger.model import AccountKey, Command, Demand

__all__ = ["Sale", "rows", "sell_out"]

ATTEMPTS: Final = 10_000
UNITS: Final = 1_000
PROCESSES: Final = 16
LAST: Final = 1_000
"""Attempts that are made when what dead processes held has come back."""

KILLS: Final = 40
_HELD_FOR: Final = timedelta(seconds=2)
_SEED: Final = 20261122


class Sale(NamedTuple):
    """A thing that many want.

    Args:
        url: Where it is sold.
        name: Identity of the run.
        attempts: How many attempts are made.
        units: How many of it there are.
        processes: Who try at the same time.
        kills: How many of those are killed meanwhile.
    """

    url: str
    name: str
    attempts: int = ATTEMPTS
    units: int = UNITS
    processes: int = PROCESSES
    kills: int = 0

    @property
    def account(self) -> AccountKey:
        """The stock of it."""
        return AccountKey("stock", self.name, "madrid")

    @property
    def at_once(self) -> int:
        """How many attempts are made at once; the others when holds have expired."""
        return self.attempts - min(self.attempts, LAST) if self.kills else self.attempts


def rows(database: str | None = None) -> Iterator[Row]:
    """Yield what was sold, undisturbed and with a killer, on each database."""
    with databases.chosen(database) as urls:
        for url in urls:
            label = databases.label_of(url)
            for how, kills in (("undisturbed", 0), ("with a killer", KILLS)):
                progress(f"oversell: {ATTEMPTS:,} attempts on {UNITS:,} units, {label}, {how}")
                began = time.perf_counter()
                counts = sell_out(Sale(url, f"bench-{uuid.uuid4().hex[:12]}", kills=kills))
                seconds = time.perf_counter() - began
                yield _row(f"oversell, {label}, {how}", counts, seconds)


def _row(name: str, counts: dict[str, int], seconds: float) -> Row:
    wrong = abs(counts["units"] - counts["sold"]) + abs(counts["lost"]) + counts["leaked"]
    sold = f"{counts['sold']:,} of {counts['units']:,} sold by {counts['attempts']:,} attempts"
    detail = f"{sold}, {counts['killed']} processes killed, {seconds:.1f} s"
    return Row(name, wrong, "units wrong", 0, detail=detail, counts=counts)


def sell_out(sale: Sale) -> dict[str, int]:
    """Make all attempts, and count: attempts, units, sold, lost, leaked, killed."""
    _run(sale.url, partial(_receive, sale))
    killed = _at_once(sale)
    if killed:
        time.sleep(_HELD_FOR.total_seconds())
    _sell(sale, range(sale.at_once, sale.attempts), None, 0)
    return {**_run(sale.url, partial(_counted, sale)), "killed": killed}


def _run(url: str, work: Any) -> Any:
    with contextlib.closing(SqlStore.open(url)) as store:
        return store.run(work)


def _receive(sale: Sale, unit: Any) -> None:
    by = Command(f"{sale.name}:receipt", sale.name, datetime.now(UTC))
    unit.ledger.adjust(sale.account, sale.units, by=by)


def _at_once(sale: Sale) -> int:
    """Let all processes try until no attempt is left; return how many were killed."""
    context = multiprocessing.get_context("spawn")
    done = context.Array("q", sale.processes, lock=False)
    shares = [range(place, sale.at_once, sale.processes) for place in range(sale.processes)]

    def start(place: int) -> BaseProcess:
        rest = shares[place][done[place] :]
        worker = context.Process(target=_work, args=(sale, rest, done, place, done[place]))
        worker.start()
        return worker

    workers = [start(place) for place in range(sale.processes)]
    dice, kills = random.Random(_SEED), 0
    while any(worker.is_alive() for worker in workers):
        time.sleep(0.05)
        running = [n for n, worker in enumerate(workers) if worker.is_alive() and done[n]]
        if kills < sale.kills and running:
            place = dice.choice(running)
            os.kill(workers[place].pid or 0, signal.SIGKILL)
            workers[place].join()
            kills += 1
            workers[place] = start(place)
    failed = [worker.exitcode for worker in workers if worker.exitcode]
    if failed:
        raise RuntimeError(f"workers failed: {failed}; see what they wrote")
    return kills


def _work(
    sale: Sale, numbers: Sequence[int], done: SynchronizedArray[int], place: int, before: int
) -> None:
    _sell(sale, numbers, partial(done.__setitem__, place), before)


def _sell(sale: Sale, numbers: Sequence[int], tell: Any, before: int) -> None:
    """Make some attempts, and tell before each how many are done."""
    with contextlib.closing(SqlStore.open(sale.url)) as store:
        for done, number in enumerate(numbers, before):
            if tell is not None:
                tell(done)
            with contextlib.suppress(Shortage, HoldEnded):
                store.run(partial(_hold, sale, f"{sale.name}-{number}"))
                store.run(partial(_take, f"{sale.name}-{number}"))


def _hold(sale: Sale, group: str, unit: Any) -> None:
    now = datetime.now(UTC)
    by = Command(f"{group}:hold", group, now)
    unit.ledger.hold(group, [Demand(sale.account, 1)], expires_at=now + _HELD_FOR, by=by)


def _take(group: str, unit: Any) -> None:
    unit.ledger.capture(group, by=Command(f"{group}:take", group, datetime.now(UTC)))


def _counted(sale: Sale, unit: Any) -> dict[str, int]:
    """Count when every hold has expired, by the journal and by the account."""
    later = datetime.now(UTC) + timedelta(hours=1)
    while unit.ledger.sweep(later).holds:
        pass
    standing = unit.ledger.standings([sale.account], at=later)[sale.account]
    books = unit.ledger.books()
    entries = [entry for entry in books.all_entries() if entry.account == sale.account]
    sold = -sum(entry.balance_change for entry in entries if entry.group is not None)
    return {
        "attempts": sale.attempts,
        "units": sale.units,
        "sold": sold,
        "lost": sale.units - sold - standing.balance,
        "leaked": standing.held,
    }
