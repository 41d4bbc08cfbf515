"""What is printed of a run: a line per failing case, counts, and the peculiarities."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.peer_cases.peculiarities import peculiarity
from tests.peer_cases.reading import UnreadableFile
from tests.peer_cases.running import Result, Verdict, results_of

__all__ = ["main"]

_MOST_SKIPPED: Final = 0.02


def main(arguments: Sequence[str]) -> int:
    """Run the files and print; return what the process exits with.

    Returns:
        0: Every universal case passes. 1: One fails, or more than two in a hundred
        are skipped. 2: A file cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.peer_cases",
        description="Price the cases of other engines and compare the figures.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file of cases")
    parser.add_argument(
        "--all", action="store_true", help="a line too for each other case that differs"
    )
    chosen = parser.parse_args(arguments)
    everything: list[Result] = []
    try:
        for path, results in results_of(chosen.files):
            _print(_lines(results, every=chosen.all))
            _print([f"{path.name}: {_counts(results)}"])
            everything += results
    except UnreadableFile as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command line speaks by printing
        return 2
    _print(_peculiarities(everything))
    _print([f"In all: {_counts(everything)}"])
    return _exit_code(everything)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)  # noqa: T201 - a command line speaks by printing


def _lines(results: Iterable[Result], *, every: bool) -> Iterator[str]:
    """Return a line for each case that is skipped, or fails and should not."""
    for result in results:
        case = result.case
        if result.verdict is Verdict.SKIPPED:
            yield f"{case.case_id} skipped: {result.reason}"
        elif result.verdict is Verdict.FAILED and (case.universal or every):
            mark = "" if case.universal else f" ({peculiarity(case)})"
            yield f"{case.case_id}{mark} " + "; ".join(map(str, result.differences))


def _counts(results: Sequence[Result]) -> str:
    universal = Counter(result.verdict for result in results if result.case.universal)
    others = Counter(result.verdict for result in results if not result.case.universal)
    text = f"{universal[Verdict.PASSED]} of {universal.total()} universal cases pass"
    text += f", {universal[Verdict.FAILED]} fail, {universal[Verdict.SKIPPED]} skipped"
    if others:
        text += f"; of {others.total()} others {others[Verdict.PASSED]} agree"
        text += f", {others[Verdict.FAILED]} differ, {others[Verdict.SKIPPED]} skipped"
    return text


def _peculiarities(results: Iterable[Result]) -> Iterator[str]:
    """Return how the cases that are not universal came out, by what they depend on."""
    found: dict[str, Counter[Verdict]] = {}
    for result in results:
        if not result.case.universal and result.verdict is not Verdict.SKIPPED:
            found.setdefault(peculiarity(result.case), Counter())[result.verdict] += 1
    if found:
        yield "Cases that depend on a peculiarity:"
    for name, counts in sorted(found.items()):
        yield f"  {name}: {counts[Verdict.PASSED]} agree, {counts[Verdict.FAILED]} differ"


def _exit_code(results: Sequence[Result]) -> int:
    universal = Counter(result.verdict for result in results if result.case.universal)
    too_many = universal[Verdict.SKIPPED] > _MOST_SKIPPED * universal.total()
    return 1 if universal[Verdict.FAILED] or too_many else 0
