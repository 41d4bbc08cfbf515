"""Kill a process between any two of its SQL statements.

A scenario is a top-level function that prepares (opens the store, say) and
returns what is to be done. `crashes` does it in process after process, the
first one killed before its first statement, the next before its second…, until
one gets through. A test looks at the database after each.

    def scenario(url: str) -> Callable[[], object]:
        store = SqlStore.open(url)
        return lambda: store.run(...)

    for crash in crashes(scenario, url):
        assert kept(url) in (nothing, everything), crash

The signal is SIGKILL: nothing is closed, flushed or rolled back. The last
statements of a process are its commit and, after it, its answer to the caller.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, Final

import attrs
import sqlalchemy as sa

__all__ = ["Crash", "crashes", "processes"]

processes: Final = multiprocessing.get_context("forkserver")
"""Starts processes that inherit nothing, but have the slow imports done."""

processes.set_forkserver_preload(
    ["omnicommerce.adapters.sql", "alembic.command", "cattrs", "tests.crash", "tests.shops"]
)

_ANSWER: Final = "the answer after the commit"
_PATIENCE: Final = 60
_MOST_STEPS: Final = 200

Scenario = Callable[..., Callable[[], object]]


@attrs.frozen
class Crash:
    """One run: killed before its ``point``-th step, or ``completed``."""

    point: int
    step: str
    completed: bool = False


def crashes(scenario: Scenario, *arguments: Any) -> Iterator[Crash]:
    """Run a scenario until it completes, killing the k-th run before its k-th step.

    The scenario must be importable by its name, and its arguments picklable.
    """
    for point in range(1, _MOST_STEPS):
        crash = _run(scenario, arguments, point)
        yield crash
        if crash.completed:
            return
    raise AssertionError(f"not done after {_MOST_STEPS} steps")


def _run(scenario: Scenario, arguments: tuple[Any, ...], point: int) -> Crash:
    here, there = processes.Pipe(duplex=False)
    process = processes.Process(target=_child, args=(scenario, arguments, point, there))
    process.start()
    there.close()
    try:
        step = here.recv() if here.poll(_PATIENCE) else "nothing in time"
    except EOFError:
        step = "no word"
    process.join(_PATIENCE)
    if process.exitcode not in {0, -signal.SIGKILL}:
        process.kill()
        raise AssertionError(f"the scenario failed: {step}")
    completed = process.exitcode == 0
    process.close()
    here.close()
    return Crash(point, step, completed=completed)


def _child(
    scenario: Scenario, arguments: tuple[Any, ...], point: int, pipe: Connection[str, str]
) -> None:
    try:
        work = scenario(*arguments)
        steps = _Steps(point, pipe)
        sa.event.listen(sa.Engine, "before_cursor_execute", steps.statement)
        sa.event.listen(sa.Engine, "commit", steps.commit)
        work()
        steps.reach(_ANSWER)
        pipe.send("completed")
    except BaseException:
        pipe.send(traceback.format_exc())
        raise


class _Steps:
    """Count steps, and die before the one that was asked for."""

    def __init__(self, point: int, pipe: Connection[str, str]) -> None:
        self._left = point
        self._pipe = pipe

    def statement(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        self.reach(statement)

    def commit(self, _: Any) -> None:
        self.reach("COMMIT")

    def reach(self, step: str) -> None:
        self._left -= 1
        if not self._left:
            self._pipe.send(" ".join(step.split())[:100])
            os.kill(os.getpid(), signal.SIGKILL)
