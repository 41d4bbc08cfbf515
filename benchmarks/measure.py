"""How the benchmarks measure: CPU and wall time, warm-up, interleaved passes, medians of ratios."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

__all__ = ["Row", "Timing", "interleaved", "ratio", "wall_ratio"]


class Row(NamedTuple):
    """One figure: how many times as much as something else, and what it may be.

    ``better`` is ``less`` or ``more``; ``detail`` is for people. A ``goal`` may
    be missed: that is shown, but fails nothing.
    """

    name: str
    ratio: float
    against: str
    limit: float
    better: str = "less"
    detail: str = ""
    goal: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its limit."""
        return self.ratio <= self.limit if self.better == "less" else self.ratio >= self.limit


class Timing(NamedTuple):
    """Microseconds per call, one figure for each pass: of this process's CPU, and by the wall."""

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


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    *,
    passes: int = 9,
    seconds: float = 0.03,
) -> dict[str, Timing]:
    """Time calls against each other: in each pass every one of them runs in turn.

    Args:
        calls: What to run, by name. Each is warmed up first.
        passes: How many figures to take of each.
        seconds: About how much CPU each call gets in a pass.
    """
    counts = {name: _count(call, seconds) for name, call in calls.items()}
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(passes):
            for name, call in calls.items():
                figures[name].append(_per_call(call, counts[name]))
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


def _median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    return statistics.median(above / below for above, below in zip(over, under, strict=True))


def _count(call: Callable[[], object], seconds: float) -> int:
    count = 1
    while True:
        spent = _per_call(call, count)[0] * count / 1e6
        if spent >= seconds / 3:
            return max(1, round(count * seconds / max(spent, 1e-9)))
        count *= 3


def _per_call(call: Callable[[], object], count: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        call()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return cpu / count * 1e6, wall / count * 1e6
