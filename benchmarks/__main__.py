"""Run benchmarks: ``python -m benchmarks NAME... [--json]``; no name runs all of them.

A benchmark is a module of this package with a function ``rows()``, or ``rows(database)``
if it needs a database: a URL, or None to choose itself. Every row is a ratio of two things
measured in the same run, so that a slow machine changes nothing.
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

import benchmarks
from benchmarks.measure import Row

__all__ = ["main"]


def names() -> list[str]:
    """Return the names of the benchmarks."""
    modules = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name for name in modules if name not in {"__main__", "measure"} and _is_one(name)]


def _is_one(name: str) -> bool:
    return hasattr(importlib.import_module(f"benchmarks.{name}"), "rows")


def run(chosen: Iterable[str], database: str | None = None) -> Iterator[Row]:
    """Yield the rows of each benchmark as they are measured."""
    for name in chosen:
        rows = importlib.import_module(f"benchmarks.{name}").rows
        yield from rows(database) if inspect.signature(rows).parameters else rows()


def as_text(row: Row) -> str:
    """Return one row for people."""
    sign = "at most" if row.better == "less" else "at least"
    verdict = "ok " if row.holds else ("off" if row.goal else "OUT")
    figures = f"{row.ratio:8.2f}x {row.against} ({sign} {row.limit:g}x)"
    return f"{verdict} {row.name:<48} {figures}  {row.detail}".rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; return 1 when one that is no mere goal is beyond its limit."""
    known = names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    parser.add_argument("--json", action="store_true", help="print a JSON list of rows")
    parser.add_argument("--database", metavar="URL", help="measure on this database only")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; known: {', '.join(known)}")
    rows: list[Row] = []
    if not options.json:
        print(f"Python {platform.python_version()} ({platform.python_compiler()})")
    for row in run(options.names or known, options.database):
        rows.append(row)
        if not options.json:
            print(as_text(row), flush=True)
    if options.json:
        print(json.dumps([row._asdict() for row in rows], indent=2))
    return 0 if all(row.holds or row.goal for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
