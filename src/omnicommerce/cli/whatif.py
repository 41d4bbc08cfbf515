"""The command ``omnicommerce whatif``: past baskets against a draft configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from omnicommerce.cli.basket_files import read_past_baskets
from omnicommerce.cli.console import print_json, stdout, watching
from omnicommerce.cli.failures import failures_told
from omnicommerce.cli.shop_dir import load_pricing
from omnicommerce.i18n import format_money, render
from omnicommerce.insight.whatif import Change, Totals, WhatIf, what_if
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.pricing.book import PriceBook

__all__ = ["whatif"]

_DEARER = 1


def whatif(
    old_dir: Annotated[
        Path,
        typer.Argument(
            metavar="OLD_DIR", exists=True, file_okay=False, help="The configuration in force."
        ),
    ],
    new_dir: Annotated[
        Path,
        typer.Argument(metavar="NEW_DIR", exists=True, file_okay=False, help="The draft."),
    ],
    *,
    orders: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Past baskets: one JSON object with 'id', 'basket' and 'situation' on each "
            "line, gzipped or not; repeatable.",
        ),
    ],
    top: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many changing baskets to list.")
    ] = 10,
    drafts: Annotated[
        list[str] | None,
        typer.Option(
            "--draft", metavar="ID", help="Let a draft promotion of NEW_DIR count; repeatable."
        ),
    ] = None,
    fail: Annotated[
        bool, typer.Option("--fail", help="Exit with 1 if anybody would pay more.")
    ] = False,
    locale: Annotated[str, typer.Option(help="Language of sentences and figures.")] = "en",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document; money in minor units.")
    ] = False,
) -> None:
    """Replay past baskets against a draft: who would pay more, and what it costs the shop."""
    with failures_told(as_json=as_json, locale=locale):
        old = PriceBook.compile(load_pricing(old_dir))
        new = PriceBook.compile(load_pricing(new_dir), drafts=drafts or ())
        with watching(quiet=as_json) as watch:
            past = [basket for path in orders for basket in read_past_baskets(path)]
            outcome = what_if(old, new, watch(past, "baskets", len(past)))
        if as_json:
            print_json(_document(outcome, top))
        else:
            _print(stdout(), outcome, top, locale)
        if fail and any(totals.dearer for totals in outcome.totals.values()):
            raise typer.Exit(_DEARER)


def _document(outcome: WhatIf, top: int) -> dict[str, Any]:
    return {
        "totals": {
            code: {
                "baskets": totals.baskets,
                "dearer": totals.dearer,
                "cheaper": totals.cheaper,
                "before": totals.before,
                "after": totals.after,
                "delta": totals.delta,
                "given_before": dict(totals.given_before),
                "given_after": dict(totals.given_after),
            }
            for code, totals in outcome.totals.items()
        },
        "dearer": [_change(item) for item in outcome.most_dearer(top)],
        "cheaper": [_change(item) for item in outcome.most_cheaper(top)],
        "unpriced": [
            {
                "id": item.basket_id,
                "book": item.book,
                "reasons": [{"code": r.code, **r.parameters} for r in item.reasons],
            }
            for item in outcome.unpriced
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.basket_id,
        "currency": change.currency.code,
        "before": change.before,
        "after": change.after,
    }


def _print(console: Console, outcome: WhatIf, top: int, locale: str) -> None:
    for code, totals in outcome.totals.items():
        currency = Currency.of(code)
        figures = {
            "baskets": totals.baskets,
            "dearer": totals.dearer,
            "cheaper": totals.cheaper,
            "before": str(Money(totals.before, currency)),
            "after": str(Money(totals.after, currency)),
            "delta": str(Money(totals.delta, currency)),
        }
        console.print(render("whatif.totals", figures, locale=locale), style="bold")
        console.print(_promotions(totals, currency, locale))
    for code, changes in (
        ("whatif.dearer", outcome.most_dearer(top)),
        ("whatif.cheaper", outcome.most_cheaper(top)),
    ):
        if changes:
            console.print(render(code, locale=locale), style="bold")
            console.print(_changes(changes, locale))
    for item in outcome.unpriced[:top]:
        sentences = " ".join(render(reason, locale=locale) for reason in item.reasons)
        console.print(f"{item.basket_id} ({item.book}): {sentences}", style="yellow", markup=False)
    if len(outcome.unpriced) > top:
        figures = {"count": len(outcome.unpriced)}
        console.print(render("whatif.unpriced", figures, locale=locale), style="yellow")


def _promotions(totals: Totals, currency: Currency, locale: str) -> Table:
    table = Table("promotion", box=None, pad_edge=False)
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    for name in sorted(totals.given_before.keys() | totals.given_after.keys()):
        before, after = totals.given_before.get(name, 0), totals.given_after.get(name, 0)
        table.add_row(
            name,
            *(format_money(Money(n, currency), locale) for n in (before, after, after - before)),
        )
    return table


def _changes(changes: tuple[Change, ...], locale: str) -> Table:
    table = Table("basket", box=None, pad_edge=False)
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    for item in changes:
        table.add_row(
            item.basket_id,
            format_money(Money(item.before, item.currency), locale),
            format_money(Money(item.after, item.currency), locale),
            format_money(item.delta, locale),
        )
    return table
