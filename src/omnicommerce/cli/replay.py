"""The command ``omnicommerce replay``: real receipts through the engine."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from omnicommerce.cli.console import Watch, print_json, stderr, stdout, watching
from omnicommerce.cli.failures import failures_told
from omnicommerce.cli.receipts_book import BookName
from omnicommerce.cli.replay_database import replay_database
from omnicommerce.cli.replay_orders import open_shop, replay_orders
from omnicommerce.cli.replay_pricing import Material, read_material, replay_prices
from omnicommerce.cli.replay_report import Outcome, print_report, print_stock_report, to_document
from omnicommerce.cli.replay_shop import receipts_shop
from omnicommerce.cli.replay_stock import read_scarce_lines, replay_stock
from omnicommerce.commerce import open_store
from omnicommerce.kernel.ids import RandomIds
from omnicommerce.pricing import PriceBook

__all__ = ["replay"]

_DIFFERENT = 1


def replay(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Receipts in the format of tests/data/receipts/README.md."
        ),
    ],
    book: Annotated[
        BookName,
        typer.Option(
            help="Prices seen on all receipts (insample), or only on other households' (reference)."
        ),
    ] = "insample",
    full: Annotated[
        bool,
        typer.Option("--full", help="Also sell every basket: cart, checkout, payment, hand-over."),
    ] = False,
    stock: Annotated[
        bool,
        typer.Option(
            "--stock",
            help="In place of prices: serve the lines of the 50 busiest shelves from three units "
            "of each a week, first come, first served.",
        ),
    ] = False,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="With --full or --stock: where the shop lives, such as "
            "postgresql://user@host/shop; a temporary SQLite file by default.",
        ),
    ] = None,
    households: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Only the first N households in the order of sampling "
            "(by the SHA-256 of 'completejourney:' and the id).",
        ),
    ] = None,
    differences: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="How many differing baskets to explain."),
    ] = 3,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document instead of tables.")
    ] = False,
) -> None:
    """Replay real receipts through the engine, and compare with what was published.

    Prices come from the price book's files, baskets from the lines, coupons as
    handed over at the till. Exits with 1 if any basket differs from the
    published reference model or, with --full or --stock, if anything does not add up.
    """
    with failures_told(as_json=as_json):
        if stock:
            _replay_stock(directory, database, as_json=as_json)
            return
        if database is not None and not full:
            stderr().print("--database has no effect without --full or --stock.", style="yellow")
        with watching(quiet=as_json) as watch:
            material = read_material(directory, book, households=households, watch=watch)
            outcome = _run(material, full=full, database=database, watch=watch)
        if as_json:
            print_json(to_document(outcome, explained=differences))
        else:
            print_report(stdout(), outcome, explained=differences)
        if not outcome.is_right:
            raise typer.Exit(_DIFFERENT)


def _replay_stock(directory: Path, database: str | None, *, as_json: bool) -> None:
    lines = read_scarce_lines(directory)
    with (
        watching(quiet=as_json) as watch,
        replay_database(database) as (url, options, name),
        closing(open_store(url, options)) as store,
    ):
        run = RandomIds().new("replay")
        outcome = replay_stock(store, name, lines, run=run, watch=watch)
    if as_json:
        print_json(outcome.document)
    else:
        print_stock_report(stdout(), outcome)
    if not outcome.is_right:
        raise typer.Exit(_DIFFERENT)


def _run(material: Material, *, full: bool, database: str | None, watch: Watch[Any]) -> Outcome:
    if not full or not material.receipts:
        book = PriceBook.compile(material.configuration)
        prices = replay_prices(book, material, watch=watch)
        return Outcome(material=material, book=book, prices=prices, orders=None)
    shop = receipts_shop(material)
    with open_shop(shop, material.receipts[0], database) as (till, name):
        book = till.commerce.shop.book
        prices = replay_prices(book, material, watch=watch)
        orders = replay_orders(till, name, prices.comparisons, watch=watch)
        return Outcome(material=material, book=book, prices=prices, orders=orders)
