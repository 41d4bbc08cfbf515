"""What every command prints with: consoles, JSON, and progress on long work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

__all__ = ["Watch", "print_json", "stderr", "stdout", "watching"]

T = TypeVar("T")

Watch: TypeAlias = Callable[[Iterable[T], str, int], Iterator[T]]
"""Pass things through one by one, showing a description and how many of so many are done."""


def stdout() -> Console:
    """Return a console for what was asked for."""
    return Console(highlight=False)


def stderr() -> Console:
    """Return a console for what is said beside it: errors, notes, progress."""
    return Console(highlight=False, stderr=True)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document; money is in minor units, so every figure is exact."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


@contextmanager
def watching(*, quiet: bool) -> Iterator[Watch[Any]]:
    """Give a function that shows progress on standard error.

    Args:
        quiet: Show nothing; nothing is shown either where there is no terminal.
    """
    console = stderr()
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )

    def watch(things: Iterable[T], description: str, total: int) -> Iterator[T]:
        return iter(bars.track(things, total=total, description=description))

    with bars:
        yield watch
