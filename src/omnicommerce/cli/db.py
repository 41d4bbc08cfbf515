"""The command ``omnicommerce db``: bring a schema up to date, check a database, look inside."""

from __future__ import annotations

import enum
from contextlib import closing
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from omnicommerce.adapters.sql.migrations import HEAD
from omnicommerce.adapters.sql.upkeep import Statistics, Upkeep
from omnicommerce.cli.console import print_json, stdout
from omnicommerce.cli.failures import failures_told
from omnicommerce.i18n import render
from omnicommerce.kernel.clock import SystemClock
from omnicommerce.ledger.audit import AuditReport

__all__ = ["Action", "db"]

_DISCREPANCIES: Final = 1
_SHOWN: Final = 20


class Action(enum.StrEnum):
    """What to do with a database."""

    UPGRADE = "upgrade"
    CHECK = "check"
    STATS = "stats"


def db(
    action: Annotated[Action, typer.Argument(help="What to do.")],
    database: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Where the shop lives, such as postgresql://user@host/shop."
        ),
    ],
    locale: Annotated[str, typer.Option(help="Language of sentences.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Look after a shop's database.

    upgrade brings the schema up to that of this release, from nothing if the database is
    empty. check makes sure that the schema is that of this release and that the ledger's
    books agree; it exits with 1 if they do not. stats counts rows and what waits.
    """
    with failures_told(as_json=as_json, locale=locale), closing(Upkeep(database)) as upkeep:
        match action:
            case Action.UPGRADE:
                _upgrade(upkeep, as_json=as_json)
            case Action.CHECK:
                _check(upkeep, as_json=as_json, locale=locale)
            case Action.STATS:
                _stats(upkeep, as_json=as_json)


def _upgrade(upkeep: Upkeep, *, as_json: bool) -> None:
    before = upkeep.upgrade()
    if as_json:
        print_json({"before": before, "revision": HEAD})
    elif before == HEAD:
        stdout().print(f"The schema is that of this release: revision {before}.")
    else:
        since = f"from revision {before}" if before else "from nothing"
        stdout().print(f"The schema was brought up to revision {HEAD} {since}.")


def _check(upkeep: Upkeep, *, as_json: bool, locale: str) -> None:
    report = upkeep.audit()
    if as_json:
        print_json(_document(report))
    else:
        _print_report(stdout(), report, locale)
    if not report.is_clean:
        raise typer.Exit(_DISCREPANCIES)


def _document(report: AuditReport) -> dict[str, Any]:
    return {
        "revision": HEAD,
        "accounts": report.accounts,
        "lots": report.lots,
        "holds": report.holds,
        "entries": report.entries,
        "discrepancies": [
            {
                "code": found.reason.code,
                "parameters": dict(found.reason.parameters),
                "account": str(found.subject),
            }
            for found in report.discrepancies
        ],
    }


def _print_report(console: Console, report: AuditReport, locale: str) -> None:
    console.print(f"The schema is that of this release: revision {HEAD}.")
    read = f"{report.accounts:,} accounts, {report.lots:,} lots, {report.holds:,} holds"
    console.print(f"{read} and {report.entries:,} journal entries were compared.")
    for found in report.discrepancies[:_SHOWN]:
        console.print(f"{found.subject}: {render(found.reason, locale=locale)}")
    if len(report.discrepancies) > _SHOWN:
        console.print(f"and {len(report.discrepancies) - _SHOWN:,} more")
    console.print("They agree." if report.is_clean else "They do not agree; nothing was changed.")


def _stats(upkeep: Upkeep, *, as_json: bool) -> None:
    found = upkeep.statistics(at=SystemClock().now())
    if as_json:
        print_json(
            {
                "revision": found.revision,
                "rows": dict(found.rows),
                "open_holds": found.open_holds,
                "due_holds": found.due_holds,
                "oldest_due": found.oldest_due,
                "waiting_events": found.waiting_events,
                "oldest_event": found.oldest_event,
            }
        )
        return
    stdout().print(_table(found))


def _table(found: Statistics) -> Table:
    table = Table(
        title=f"Schema revision {found.revision}", title_justify="left", show_header=False
    )
    table.add_column()
    table.add_column(justify="right")
    for name, count in found.rows.items():
        table.add_row(name, f"{count:,}")
    table.add_section()
    table.add_row("Holds that claim something", f"{found.open_holds:,}")
    table.add_row("  expired, to be tidied", _since(found.due_holds, found.oldest_due))
    table.add_row("Events to be sent", _since(found.waiting_events, found.oldest_event))
    return table


def _since(count: int, instant: Any) -> str:
    return f"{count:,}, since {instant:%Y-%m-%d %H:%M} UTC" if instant is not None else f"{count:,}"
