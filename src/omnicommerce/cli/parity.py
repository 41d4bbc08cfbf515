"""The command ``omnicommerce parity``: is the price the same everywhere?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnicommerce.cli.console import print_json, stdout
from omnicommerce.cli.failures import failures_told
from omnicommerce.cli.parity_audit import audit_shop
from omnicommerce.cli.parity_document import to_document
from omnicommerce.cli.parity_files import Columns
from omnicommerce.cli.parity_observed import Findings, Question, look
from omnicommerce.cli.parity_picture import draw, require_drawable
from omnicommerce.cli.parity_report import print_findings
from omnicommerce.insight.observed import Tolerance
from omnicommerce.kernel.clock import SystemClock
from omnicommerce.kernel.currency import Currency

__all__ = ["parity"]

_DIFFERENT = 1


def parity(
    shop_dir: Annotated[
        Path | None,
        typer.Argument(
            metavar="SHOP_DIR",
            help="A shop's configuration.",
            show_default=False,
        ),
    ] = None,
    *,
    observed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="Observed prices: a CSV file, gzipped or not, with a product, a period, a place "
            "and a column of minor units for each kind of price.",
        ),
    ] = None,
    zones: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="The zone of each place: a CSV file; by default stores.csv.gz or stores.csv "
            "beside the prices, if it has a column 'zone'.",
        ),
    ] = None,
    no_zone: Annotated[
        str,
        typer.Option(metavar="NAME", help="What the file of zones calls places without a zone."),
    ] = "Z00",
    listed_only: Annotated[
        bool,
        typer.Option(
            "--listed-only",
            help="Leave a place that the file of zones does not list out of the zones, instead "
            "of putting it in the one whose prices it follows.",
        ),
    ] = False,
    price: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A column of prices, the list price first; may be repeated. By default every "
            "column that is not product, period or place.",
        ),
    ] = None,
    product: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of the product.")
    ] = None,
    period: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of the week, day or month.")
    ] = None,
    place: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of the store or channel.")
    ] = None,
    tolerance: Annotated[
        str,
        typer.Option(
            metavar="N|N%",
            help="How far apart prices still count as one: in minor units, or in per cent of "
            "the lower one.",
        ),
    ] = "0",
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="Measure who is dearer and who is cheaper by this place, instead of by the "
            "usual price.",
        ),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Show amounts as money, such as USD."),
    ] = None,
    top: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many offenders to list in each table.")
    ] = 10,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also draw a picture: .svg, .png or .pdf; needs the extra 'plots'.",
        ),
    ] = None,
    fail: Annotated[
        bool, typer.Option("--fail", help="Exit with 1 if any price differs between places.")
    ] = False,
    fail_in_zone: Annotated[
        bool,
        typer.Option("--fail-in-zone", help="Exit with 1 if any price differs inside a zone."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of tables.")
    ] = False,
) -> None:
    """Audit whether prices are the same everywhere, as configured or as observed.

    Of SHOP_DIR it says of each parity group whether its channels are equal for
    every basket, or prints the smallest one found that breaks it and exits with 1.
    Of observed prices it compares each product in each period between all places
    that priced it, and between the places of each zone: what differs most, which
    places stand apart, in which direction, and since when.
    """
    if shop_dir is not None:
        if observed is not None:
            raise typer.BadParameter("give SHOP_DIR or --observed, not both")
        if not shop_dir.is_dir():
            raise typer.BadParameter(f"{str(shop_dir)!r} is no directory")
        with failures_told(as_json=as_json):
            audit_shop(shop_dir, at=SystemClock().now(), as_json=as_json)
        return
    if observed is None:
        raise typer.BadParameter("give SHOP_DIR or give --observed FILE")
    with failures_told(as_json=as_json):
        if picture is not None:
            require_drawable(picture)
        question = Question(
            observed=observed,
            zones=zones,
            no_zone=no_zone,
            listed_only=listed_only,
            columns=Columns(product=product, period=period, place=place, prices=tuple(price or ())),
            tolerance=Tolerance.parse(tolerance),
            reference=reference,
            currency=None if currency is None else Currency.of(currency),
        )
        findings = look(question)
        _show(findings, picture, top=top, as_json=as_json)
        if (fail and findings.report.disparities) or (
            fail_in_zone and findings.report.zone_disparities
        ):
            raise typer.Exit(_DIFFERENT)


def _show(findings: Findings, picture: Path | None, *, top: int, as_json: bool) -> None:
    if picture is not None:
        draw(findings, picture, top=top)
    if as_json:
        document = to_document(findings, top=top)
        print_json({**document, "picture": None if picture is None else str(picture)})
    else:
        print_findings(stdout(), findings, top=top)
        if picture is not None:
            stdout().print(f"Picture: {picture}", markup=False, soft_wrap=True)
