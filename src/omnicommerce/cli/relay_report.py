"""What a relay did and what still waits, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from omnicommerce.kernel.documents import dump
from omnicommerce.relay import Backlog, Round, SetAside

__all__ = ["Tally", "print_report", "to_document"]


@attrs.define(kw_only=True)
class Tally:
    """What all rounds did together."""

    published: int = 0
    refused: int = 0
    aside: int = 0
    requeued: int = 0
    trouble: str | None = None

    def add(self, done: Round) -> None:
        """Count a round; the trouble is that of the last one."""
        self.published += done.published
        self.refused += done.refused
        self.aside += done.aside
        self.trouble = done.trouble

    def line(self) -> str:
        """Return the figures in a few words."""
        return f"{self.published} published, {self.refused} refused, {self.aside} set aside"


def to_document(
    tally: Tally, waiting: Backlog, aside: Sequence[SetAside], *, at: datetime
) -> dict[str, Any]:
    """Return everything as JSON."""
    return {
        **attrs.asdict(tally),
        "waiting": {
            "pending": waiting.pending,
            "leased": waiting.leased,
            "retrying": waiting.retrying,
            "aside": waiting.aside,
            "lag_seconds": round(waiting.lag(at).total_seconds()),
        },
        "set_aside": [dump(event) for event in aside],
    }


def print_report(
    console: Console, tally: Tally, waiting: Backlog, aside: Sequence[SetAside], *, at: datetime
) -> None:
    """Print the figures, and what was set aside with its reason."""
    again = f", {tally.requeued} requeued" if tally.requeued else ""
    console.print(tally.line() + again)
    lag = round(waiting.lag(at).total_seconds())
    oldest = f", the oldest for {lag} s" if waiting.pending else ""
    console.print(f"{waiting.pending} waiting, {waiting.retrying} of them to be retried{oldest}")
    if not aside:
        return
    table = Table(title=f"{waiting.aside} set aside", title_justify="left")
    for column in ("event", "kind", "subject", "tries", "reason"):
        table.add_column(column)
    for event in aside:
        values = (event.event_id, event.kind, event.subject, str(event.tries), event.reason)
        table.add_row(*(Text(value) for value in values))
    console.print(table)
