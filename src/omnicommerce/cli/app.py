"""The command line application: its commands and what they have in common."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from omnicommerce.cli.demo import demo
from omnicommerce.cli.replay import replay

__all__ = ["app"]

app = typer.Typer(
    name="omnicommerce",
    help="The decisions of an omnichannel shop: one cart, one price, nothing sold twice.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"omnicommerce {version('omnicommerce')}")
        raise typer.Exit


@app.callback()
def _common(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The decisions of an omnichannel shop: one cart, one price, nothing sold twice."""


app.command()(demo)
app.command()(replay)
