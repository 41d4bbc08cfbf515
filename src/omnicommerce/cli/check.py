"""The command ``omnicommerce check``: is a shop's configuration right, and equal everywhere?"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from omnicommerce.cli.check_document import to_document
from omnicommerce.cli.check_report import print_check
from omnicommerce.cli.check_run import Check, check_shop
from omnicommerce.cli.check_sarif import to_sarif
from omnicommerce.cli.console import print_json, stdout
from omnicommerce.cli.failures import failures_told
from omnicommerce.kernel.clock import SystemClock, require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.audit.model import Severity

__all__ = ["check", "instant_of"]

_WRONG = 1
_STDOUT = "-"


def check(
    shop_dir: Annotated[
        Path,
        typer.Argument(
            metavar="SHOP_DIR", exists=True, file_okay=False, help="A shop's configuration."
        ),
    ],
    *,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT",
            help="The instant that counts, with its offset; now by default. What has ended "
            "by then is over.",
            show_default=False,
        ),
    ] = None,
    cases: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="About how many baskets to price for each parity group that is not proved.",
        ),
    ] = 2000,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings, too.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Also print notes.")] = False,
    locale: Annotated[str, typer.Option(help="Language of sentences and figures.")] = "en",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document; money in minor units.")
    ] = False,
    sarif: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            help="Also write the findings as SARIF 2.1.0 to a file, or only them to "
            "standard output.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a shop's configuration: its form, what can hardly be meant, and parity.

    Every finding names its place, and most come with a basket that shows it.
    Exits with 1 if there is an error.
    """
    with failures_told(as_json=as_json, locale=locale):
        found = check_shop(shop_dir, at=instant_of(at), cases=cases)
        if sarif == _STDOUT:
            print_json(to_sarif(found, locale=locale, root=Path.cwd()))
        else:
            _show(found, locale=locale, notes=notes, as_json=as_json)
            if sarif is not None:
                _write(Path(sarif), found, locale)
        if found.count(Severity.ERROR) or (strict and found.count(Severity.WARNING)):
            raise typer.Exit(_WRONG)


def instant_of(text: str | None) -> datetime:
    """Return the instant that a text names, or now.

    Raises:
        InvalidValue: It is no instant, or has no offset.
    """
    if text is None:
        return SystemClock().now()
    try:
        return require_instant(datetime.fromisoformat(text))
    except ValueError:
        raise InvalidValue("at", f"{text!r} is no instant such as 2026-11-21T10:00:00Z") from None


def _show(found: Check, *, locale: str, notes: bool, as_json: bool) -> None:
    if as_json:
        print_json(to_document(found, locale=locale))
    else:
        print_check(stdout(), found, locale=locale, notes=notes)


def _write(path: Path, found: Check, locale: str) -> None:
    log = to_sarif(found, locale=locale, root=Path.cwd())
    path.write_text(json.dumps(log, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
