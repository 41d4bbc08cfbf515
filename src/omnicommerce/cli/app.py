"""The command line application: its commands and what they have in common."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from omnicommerce.cli.check import check
from omnicommerce.cli.console import print_json
from omnicommerce.cli.db import db
from omnicommerce.cli.demo import demo
from omnicommerce.cli.parity import parity
from omnicommerce.cli.price import price
from omnicommerce.cli.relay import relay
from omnicommerce.cli.replay import replay
from omnicommerce.cli.whatif import whatif

__all__ = ["app"]

_USAGE_ERROR: Final[type[Exception]] = typer.BadParameter.__mro__[1]
_AS_JSON: Final = "omnicommerce.json"


class _Commands(TyperGroup):
    """The commands; one that is called wrongly with ``--json`` says so in JSON."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, and remember whether JSON is wanted."""
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except _USAGE_ERROR as error:
            if not ctx.meta[_AS_JSON]:
                raise
            message = error.format_message()  # type: ignore[attr-defined]  # every usage error has it
            advice = f"See {ctx.command_path} --help."
            document = {"code": "misuse.usage", "family": "misuse"}
            print_json({"error": {**document, "message": message, "advice": advice}})
            raise typer.Exit(2) from None


app: typer.Typer = typer.Typer(
    name="omnicommerce",
    cls=_Commands,
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


app.command()(check)
app.command()(db)
app.command()(demo)
app.command()(parity)
app.command()(price)
app.command()(relay)
app.command()(replay)
app.command()(whatif)
