"""How the benchmarks measure: CPU and wall time, warm-up, interleaved passes, medians of ratios."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

__all__ = [
    "Call",
    "Metered",
    "Row",
    "Timing",
    "compared",
    "interleaved",
    "progress",
    "proofs",
    "ratio",
    "wall_ratio",
]


class Row(NamedTuple):
    """One figure: how many times as much as something else, and what it may be.

    ``better`` is ``less`` or ``more``; ``detail`` is for people. A ``goal`` may
    be missed: that is shown, but fails nothing. The times are of one run, by
    the same clock as the ratio, where the row compares two times. ``counts`` are
    whole numbers behind the figure, by name.
    """

    name: str
    ratio: float
    against: str
    limit: float
    better: str = "less"
    detail: str = ""
    goal: bool = False
    microseconds: float | None = None
    against_microseconds: float | None = None
    counts: Mapping[str, int] | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its limit."""
        return self.ratio <= self.limit if self.better == "less" else self.ratio >= self.limit

    def as_record(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it: every field that has a value, and the verdict."""
        fields = {name: value for name, value in self._asdict().items() if value is not None}
        counts = fields.pop("counts", {})
        return {**fields, **counts, "holds": self.holds}


class Timing(NamedTuple):
    """Microseconds per call, one figure for each pass: of a process's CPU, and by the wall."""

    passes: tuple[float, ...]
    walls: tuple[float, ...]

    @property
    def median(self) -> float:
        """The CPU time to quote."""
        return statistics.median(self.passes)

    @property
    def wall_median(self) -> float:
        """The wall time to quote."""
        return statistics.median(self.walls)


class Metered(Protocol):
    """Something that runs elsewhere, such as in another process, and measures itself."""

    def per_call(self, count: int) -> tuple[float, float]:
        """Run so many times; return the microseconds of CPU and of wall time per call."""
        ...


Call: TypeAlias = Callable[[], object] | Metered


class _Here:
    """A function of this process, as `Metered`."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def per_call(self, count: int) -> tuple[float, float]:
        """Run so many times in this process."""
        call = self._call
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            call()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        return cpu / count * 1e6, wall / count * 1e6


def interleaved(
    calls: Mapping[str, Call],
    *,
    passes: int = 9,
    seconds: float = 0.03,
    counts: Mapping[str, int] | None = None,
) -> dict[str, Timing]:
    """Time calls against each other: in each pass every one of them runs in turn.

    Args:
        calls: What to run, by name. Each is warmed up first.
        passes: How many figures to take of each.
        seconds: About how much CPU each call gets in a pass.
        counts: How often each is called in a pass instead, without a warm-up.
    """
    metered = {name: _Here(call) if callable(call) else call for name, call in calls.items()}
    if counts is None:
        counts = {name: _count(call, seconds) for name, call in metered.items()}
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(passes):
            for name, call in metered.items():
                figures[name].append(call.per_call(counts[name]))
            gc.collect()
    finally:
        if collecting:
            gc.enable()
    return {name: Timing(*zip(*values, strict=True)) for name, values in figures.items()}


def ratio(over: Timing, under: Timing) -> float:
    """Return the median of the CPU ratios of each pass: neighbours' noise strikes both alike."""
    return _median_ratio(over.passes, under.passes)


def wall_ratio(over: Timing, under: Timing) -> float:
    """Return the median of the wall-time ratios of each pass."""
    return _median_ratio(over.walls, under.walls)


def compared(
    name: str,
    over: Timing,
    under: Timing,
    *,
    against: str,
    limit: float,
    better: str = "less",
    detail: str = "",
    goal: bool = False,
) -> Row:
    """Return the row of two CPU times that were measured in the same passes."""
    times = f"{over.median:,.1f} µs / {under.median:,.1f} µs"
    return Row(
        name,
        round(ratio(over, under), 3),
        against,
        limit,
        better=better,
        detail=f"{times}; {detail}" if detail else times,
        goal=goal,
        microseconds=round(over.median, 1),
        against_microseconds=round(under.median, 1),
    )


def proofs(
    what: str, sizes: str, solvers: Sequence[Callable[[], bool]], *, proven: float, limit: float
) -> Iterator[Row]:
    """Solve each problem once; yield the share that is proved best, and the median time.

    Args:
        what: What is solved.
        sizes: How large the problems are.
        solvers: Each solves one, and tells whether its answer is proved best.
        proven: The share that must be; 0: that is not asked, and has no row.
        limit: Milliseconds of CPU allowed in the median.
    """
    times: list[float] = []
    found = 0
    for solve in solvers:
        started = time.process_time()
        found += solve()
        times.append(time.process_time() - started)
    median = statistics.median(times) * 1000
    if proven:
        yield Row(
            f"{what} proven, {sizes}",
            round(found / len(solvers), 3),
            "all",
            proven,
            better="more",
            detail=f"{found} of {len(solvers)}",
        )
    yield Row(
        f"{what} median time, {sizes}",
        round(median, 3),
        "one millisecond",
        limit,
        detail=f"slowest {max(times) * 1000:,.1f} ms",
        microseconds=round(median * 1000, 1),
        against_microseconds=1000,
    )


def progress(what: str) -> None:
    """Say on stderr what is being measured, or why something is not."""
    print(what, file=sys.stderr, flush=True)


def _median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    return statistics.median(above / below for above, below in zip(over, under, strict=True))


def _count(call: Metered, seconds: float) -> int:
    """Warm a call up, and find out how often it fits in so much CPU time."""
    count = 1
    while True:
        spent = call.per_call(count)[0] * count / 1e6
        if spent >= seconds / 3:
            return max(1, round(count * seconds / max(spent, 1e-9)))
        count *= 3
