"""The command ``omnicommerce demo``: Clara's Monday, told as it happens."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from omnicommerce.cli.console import print_json, stderr, stdout
from omnicommerce.cli.demo_document import to_document
from omnicommerce.cli.demo_screen import Screen
from omnicommerce.cli.demo_stage import BrokenClaim, Stage, open_stage
from omnicommerce.cli.demo_steps import Step
from omnicommerce.cli.demo_story import tell
from omnicommerce.cli.demo_words import words_of
from omnicommerce.cli.failures import failures_told
from omnicommerce.i18n import format_number, languages, render

__all__ = ["demo", "show_timeline"]

_BROKEN = 1


def demo(
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the shop lives: sqlite:///shop.db, postgresql://user@host/shop, "
            "mariadb://user@host/shop or memory:. What the demo writes stays there, under "
            "identities of its own. By default a temporary SQLite file, removed at the end.",
        ),
    ] = None,
    locale: Annotated[
        str, typer.Option(help="Language and formats, such as en, en-GB, es or es-MX.")
    ] = "en",
    channel_parity: Annotated[
        bool,
        typer.Option("--channel-parity", help="Also price the same basket in every channel."),
    ] = False,
    pace: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait this long after each step.")
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of the timeline.")
    ] = False,
) -> None:
    """Tell Clara's Monday: one cart, one price, nothing sold twice.

    A real shop runs underneath, and every figure that is shown has been checked
    against its books. Exits with 1 if one of them is not as told.
    """
    _mend_encoding()
    with failures_told(as_json=as_json):
        format_number(0, locale)
    with (
        failures_told(as_json=as_json, locale=locale),
        _claims_told(as_json=as_json, locale=locale),
    ):
        _note_language(locale)
        with _stage(database, locale) as stage:
            if as_json:
                steps = tuple(tell(stage, channel_parity=channel_parity))
                print_json(to_document(stage, words_of(stage, locale), steps))
            else:
                story = _paced(tell(stage, channel_parity=channel_parity), pace)
                _show(stdout(), stage, locale, story)


def show_timeline(
    console: Console,
    *,
    locale: str = "en",
    channel_parity: bool = False,
    wanted: Callable[[Step], bool] = lambda _: True,
) -> None:
    """Run the story in memory and show its timeline on a console, for example a recording one.

    Args:
        console: Where to.
        locale: In which language.
        channel_parity: Whether to end with the basket in every channel.
        wanted: Which steps to show; all of them happen.

    Raises:
        BrokenClaim: Something is not as told.
    """
    with open_stage("memory:", locale=locale) as stage:
        steps = tell(stage, channel_parity=channel_parity)
        _show(console, stage, locale, filter(wanted, steps), hints=False)


def _show(
    console: Console, stage: Stage, locale: str, steps: Iterator[Step], *, hints: bool = True
) -> None:
    screen = Screen(console, words_of(stage, locale))
    screen.open()
    for step in steps:
        screen.show(step)
    screen.close(len(stage.claims), hints=hints)


def _paced(steps: Iterator[Step], seconds: float) -> Iterator[Step]:
    for step in steps:
        yield step
        time.sleep(seconds)


@contextmanager
def _stage(database: str | None, locale: str) -> Iterator[Stage]:
    """Open the stage at a database, or in a file that is removed afterwards."""
    if database is not None:
        with open_stage(database, locale=locale) as stage:
            yield stage
        return
    with tempfile.TemporaryDirectory(prefix="omnicommerce-") as folder:
        url = f"sqlite:///{Path(folder) / 'alma.db'}"
        with open_stage(url, locale=locale, options={"synchronous": "normal"}) as stage:
            yield stage


@contextmanager
def _claims_told(*, as_json: bool, locale: str) -> Iterator[None]:
    """Say which claim does not hold, and exit with 1."""
    try:
        yield
    except BrokenClaim as error:
        figures = {
            "claim": error.claim,
            "expected": repr(error.expected),
            "found": repr(error.found),
        }
        message = render("demo.broken_claim", figures, locale=locale)
        if as_json:
            document = {"code": "demo.broken_claim", "family": "broken", "message": message}
            print_json({"error": {**document, "parameters": figures}})
        else:
            stderr().print(message, style="bold red", markup=False, soft_wrap=True)
        raise typer.Exit(_BROKEN) from None


def _note_language(locale: str) -> None:
    """Say that a language has no catalogue, so that English is used."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    if language not in languages():
        known = ", ".join(languages())
        note = f"There are no texts for {locale!r} yet, so they are English. Languages: {known}."
        stderr().print(note, style="yellow", markup=False)


def _mend_encoding() -> None:
    """Replace what an old terminal cannot show instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
