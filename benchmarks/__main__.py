"""Run benchmarks: ``python -m benchmarks NAME... [--json|--markdown]``; no name runs all of them.

A benchmark is a module of this package with a function ``rows()``. It may take ``database``,
a URL or None to choose itself, and ``full``, whether to measure also what takes very long.
Every row is a ratio of two things measured in the same run, so that a slow machine changes
nothing. Rows go to stdout as they are measured; what is under way goes to stderr.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import benchmarks
from benchmarks.measure import Row

__all__ = ["main"]

THOUSAND: Final = 1000


def names() -> list[str]:
    """Return the names of the benchmarks."""
    modules = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name for name in modules if name not in {"__main__", "measure"} and _is_one(name)]


def _is_one(name: str) -> bool:
    return hasattr(importlib.import_module(f"benchmarks.{name}"), "rows")


def run(chosen: Iterable[str], **options: Any) -> Iterator[Row]:
    """Yield the rows of each benchmark as they are measured.

    Args:
        chosen: Their names.
        options: What a benchmark may ask for; each gets those that it takes.
    """
    for name in chosen:
        rows = importlib.import_module(f"benchmarks.{name}").rows
        taken = inspect.signature(rows).parameters
        yield from rows(**{key: value for key, value in options.items() if key in taken})


def as_text(row: Row) -> str:
    """Return one row for people."""
    sign = "at most" if row.better == "less" else "at least"
    verdict = "ok " if row.holds else ("off" if row.goal else "OUT")
    figures = f"{row.ratio:10,.2f}x {row.against} ({sign} {row.limit:g}x)"
    return f"{verdict} {row.name:<56} {figures}  {row.detail}".rstrip()


def as_markdown(row: Row) -> str:
    """Return one row of the tables in ``docs/performance.md``; bold is what misses its limit."""
    figure = f"{row.ratio:,.3g}" if row.ratio < THOUSAND else f"{row.ratio:,.0f}"
    shown = figure if row.holds else f"**{figure}**"
    sign = "≤" if row.better == "less" else "≥"
    return f"| {row.name} | {row.against} | {shown} | {sign} {row.limit:g} |"


def as_json(row: Row) -> str:
    """Return one row as a JSON object."""
    return json.dumps(row.as_record(), ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; return 1 when one that is no mere goal is beyond its limit."""
    known = names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    forms = parser.add_mutually_exclusive_group()
    for form, what in (("json", "a JSON object"), ("markdown", "a row of a Markdown table")):
        forms.add_argument(f"--{form}", action="store_true", help=f"print each row as {what}")
    parser.add_argument("--database", metavar="URL", help="measure on this database only")
    parser.add_argument("--full", action="store_true", help="also what takes most of a minute")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; known: {', '.join(known)}")
    write = as_json if options.json else as_markdown if options.markdown else as_text
    if write is as_text:
        print(f"Python {platform.python_version()} ({platform.python_compiler()})")
    kept = True
    for row in run(options.names or known, database=options.database, full=options.full):
        kept = kept and (row.holds or row.goal)
        print(write(row), flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
