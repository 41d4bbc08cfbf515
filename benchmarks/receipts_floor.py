"""Price a year of real receipts with plain dictionaries and ints: the floor under the engine.

Standard library only, nothing from ``omnicommerce``: an independent second opinion on the
totals, and the speed that a hand-written function for exactly these deals reaches.

    python -m benchmarks.receipts_floor tests/data/receipts [--book insample] [--json]

The rules and the figures are those of ``README.md`` and ``expected.json`` in that directory.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import statistics
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BOOKS: Final = ("insample", "reference")
WEEKLY_UNITS: Final = 3
STOCKED_PAIRS: Final = 50
STOCKED_KINDS: Final = ("list", "scale")


class Line(NamedTuple):
    """One receipt line; all money is cents for the whole line."""

    product: str
    quantity: int
    kind: str
    sales: int
    card_disc: int
    coupon: int
    match: int
    coupon_count: int
    coupon_kind: str


class Basket(NamedTuple):
    """One receipt, with the price scopes of its store, narrowest first."""

    basket_id: str
    store: str
    week: int
    scopes: tuple[str, ...]
    lines: tuple[Line, ...]


class Price(NamedTuple):
    """One book row: ``base_n`` units cost ``base_x`` on the shelf; the deal is the card price."""

    base_n: int
    base_x: int
    deal: str
    deal_n: int
    deal_x: int


class Totals(NamedTuple):
    """The four figures of one basket in cents."""

    shelf: int
    card: int
    match: int
    paid: int


class Expected(NamedTuple):
    """The published totals: the receipt's own and each book's; ``None`` means not priced."""

    receipt: Totals
    insample: Totals
    reference: Totals | None


class Stock(NamedTuple):
    """How a weekly first-come-first-served stock served its lines."""

    lines: int
    lines_refused: int
    units: int
    units_refused: int


class Outcome(NamedTuple):
    """The counts and the speed of one book; points are on the receipts' own paid totals."""

    baskets: int
    priced: int
    equal_reference: int
    equal_receipt: int
    points: int
    cpu_seconds: float
    baskets_per_second: float


Book = dict[tuple[str, int], dict[str, Price]]


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of one gzipped CSV file as text."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def load_lines(directory: Path) -> dict[str, list[Line]]:
    """Return each basket's lines in file order."""
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    for row in read_rows(directory / "lines.csv.gz"):
        line = Line(
            product=row["product_id"],
            quantity=int(row["quantity"]),
            kind=row["kind"],
            sales=int(row["sales"]),
            card_disc=int(row["card_disc"]),
            coupon=int(row["coupon"]),
            match=int(row["match"]),
            coupon_count=int(row["coupon_count"]),
            coupon_kind=row["coupon_kind"],
        )
        lines[row["basket_id"]].append(line)
    return dict(lines)


def load_baskets(directory: Path) -> list[Basket]:
    """Return all baskets in the order of their time."""
    lines = load_lines(directory)
    zones = {row["store_id"]: row["zone"] for row in read_rows(directory / "stores.csv.gz")}
    rows = sorted(read_rows(directory / "baskets.csv.gz"), key=lambda row: row["ts_utc"])
    return [
        Basket(
            basket_id=row["basket_id"],
            store=row["store_id"],
            week=int(row["week"]),
            scopes=(row["store_id"], zones[row["store_id"]], "*"),
            lines=tuple(lines[row["basket_id"]]),
        )
        for row in rows
    ]


def load_categories(directory: Path) -> dict[str, str]:
    """Return the category of each product."""
    rows = read_rows(directory / "products.csv.gz")
    return {row["product_id"]: row["product_category"] for row in rows}


def load_book(directory: Path, name: str) -> Book:
    """Return the prices by (store, zone or ``*``; week), then by product."""
    book: defaultdict[tuple[str, int], dict[str, Price]] = defaultdict(dict)
    for row in read_rows(directory / f"pricebook_{name}.csv.gz"):
        scope = row.get("scope") or row["store_id"]
        book[scope, int(row["week"])][row["product_id"]] = Price(
            base_n=int(row["base_n"]),
            base_x=int(row["base_x"]),
            deal=row["deal"],
            deal_n=int(row["deal_n"]),
            deal_x=int(row["deal_x"]),
        )
    return dict(book)


def load_expected(directory: Path) -> dict[str, Expected]:
    """Return the published totals of each basket."""
    expected: dict[str, Expected] = {}
    for row in read_rows(directory / "expected_baskets.csv.gz"):
        cents = {key: int(value) for key, value in row.items()}
        shelf, card, paid = cents["b_shelf"], cents["b_card"], cents["b_paid"]
        match = card - cents["coupon"] - paid
        expected[row["basket_id"]] = Expected(
            receipt=Totals(cents["shelf"], cents["card"], cents["match"], cents["paid"]),
            insample=Totals(cents["a_shelf"], cents["a_card"], cents["a_match"], cents["a_paid"]),
            reference=Totals(shelf, card, match, paid) if cents["b_priced"] else None,
        )
    return expected


def coupon_match(amount: int, count: int, kind: str) -> int:
    """Return what the store adds to ``count`` equal coupons worth ``amount`` together."""
    if kind != "value":
        return 0
    face = amount // count
    return count * (face if face <= 50 else max(0, 100 - face))


def pro_rata(n: int, x: int, quantity: int) -> int:
    """Return the price of ``quantity`` units at ``n`` for ``x``, a fraction of a cent up."""
    return -(-quantity * x // n)


def deal_total(deal: str, n: int, x: int, quantity: int) -> int:
    """Return the card price of all units of one mix-and-match group."""
    if deal == "bogo":
        return x * ((quantity + 1) // 2)
    return pro_rata(n, x, quantity)


def price_basket(basket: Basket, book: Book, categories: Mapping[str, str]) -> Totals | None:
    """Return the basket's totals, or ``None`` when a list-priced product has no price."""
    tiers = [book[scope, basket.week] for scope in basket.scopes if (scope, basket.week) in book]
    shelf = card = match = coupons = 0
    shelf_groups: dict[tuple[str, int, int], int] = {}
    card_groups: dict[tuple[str, str, int, int], int] = {}
    for product, quantity, kind, sales, card_disc, coupon, own_match, count, how in basket.lines:
        if coupon:
            coupons += coupon
            match += coupon_match(coupon, count, how)
        if kind != "list":
            card += sales + own_match
            shelf += sales + own_match + card_disc
            continue
        for tier in tiers:
            if product in tier:
                base_n, base_x, deal, deal_n, deal_x = tier[product]
                break
        else:
            return None
        if base_n == 1:
            shelf += quantity * base_x
        else:
            base = (categories.get(product, ""), base_n, base_x)
            shelf_groups[base] = shelf_groups.get(base, 0) + quantity
        if deal == "unit":
            card += quantity * deal_x
        else:
            group = (categories.get(product, ""), deal, deal_n, deal_x)
            card_groups[group] = card_groups.get(group, 0) + quantity
    shelf += sum(pro_rata(n, x, quantity) for (_, n, x), quantity in shelf_groups.items())
    card += sum(deal_total(*key[1:], quantity) for key, quantity in card_groups.items())
    return Totals(shelf, card, match, card - match - coupons)


def price_all(
    baskets: Sequence[Basket], book: Book, categories: Mapping[str, str]
) -> list[Totals | None]:
    """Return the totals of every basket."""
    return [price_basket(basket, book, categories) for basket in baskets]


def points(expected: Mapping[str, Expected]) -> int:
    """Return one point per whole dollar that each receipt says was paid, never below 0."""
    return sum(max(0, figures.receipt.paid // 100) for figures in expected.values())


def weekly_stock(baskets: Sequence[Basket]) -> Stock:
    """Serve the busiest (store, product) pairs from three units a week, whole line or nothing."""
    lines = [
        ((basket.store, line.product), basket.week, line.quantity)
        for basket in baskets
        for line in basket.lines
        if line.kind in STOCKED_KINDS
    ]
    counts = Counter(pair for pair, _, _ in lines)
    stocked = set(sorted(counts, key=lambda pair: (-counts[pair], pair))[:STOCKED_PAIRS])
    left: defaultdict[tuple[tuple[str, str], int], int] = defaultdict(lambda: WEEKLY_UNITS)
    wanted: list[int] = []
    refused: list[int] = []
    for pair, week, quantity in lines:
        if pair not in stocked:
            continue
        wanted.append(quantity)
        if quantity > left[pair, week]:
            refused.append(quantity)
        else:
            left[pair, week] -= quantity
    return Stock(len(wanted), len(refused), sum(wanted), sum(refused))


def compare(
    name: str,
    baskets: Sequence[Basket],
    totals: Sequence[Totals | None],
    expected: Mapping[str, Expected],
) -> tuple[int, int, int]:
    """Return how many baskets are priced, equal the published model, and equal the receipt."""
    priced = equal_reference = equal_receipt = 0
    for basket, total in zip(baskets, totals, strict=True):
        figures = expected[basket.basket_id]
        model = figures.insample if name == "insample" else figures.reference
        if total is None:
            continue
        priced += 1
        equal_reference += total == model
        equal_receipt += total[:3] == figures.receipt[:3]
    return priced, equal_reference, equal_receipt


def measure(directory: Path, name: str, repeat: int) -> Outcome:
    """Price all baskets with one book and time it: median CPU seconds after one warm-up."""
    baskets, book = load_baskets(directory), load_book(directory, name)
    categories, expected = load_categories(directory), load_expected(directory)
    totals = price_all(baskets, book, categories)
    seconds: list[float] = []
    for _ in range(repeat):
        start = time.process_time()
        price_all(baskets, book, categories)
        seconds.append(time.process_time() - start)
    median = statistics.median(seconds)
    counts = compare(name, baskets, totals, expected)
    return Outcome(len(baskets), *counts, points(expected), median, len(baskets) / median)


def read_published(directory: Path) -> dict[str, Any]:
    """Return ``expected.json``."""
    figures: dict[str, Any] = json.loads((directory / "expected.json").read_text(encoding="utf-8"))
    return figures


def published(directory: Path, name: str) -> tuple[int, int, int]:
    """Return what ``expected.json`` says of one book: priced, equal to the receipt, and points."""
    figures = read_published(directory)
    replay = figures["replay_A_insample" if name == "insample" else "replay_B_reference"]["all"]
    return replay["baskets"], replay["all_exact"], figures["loyalty"]["points_floor_per_basket"]


def book_agrees(directory: Path, name: str, outcome: Outcome) -> bool:
    """Return whether every count is the published one and every priced basket equals its model."""
    counts = (outcome.priced, outcome.equal_receipt, outcome.points)
    return outcome.equal_reference == outcome.priced and counts == published(directory, name)


def stock_agrees(directory: Path, stock: Stock) -> bool:
    """Return whether the weekly stock served and refused as published."""
    figures = read_published(directory)["stock_fcfs"]
    return all(figures[name] == value for name, value in stock._asdict().items())


def as_text(name: str, outcome: Outcome) -> str:
    """Return one book's figures for people."""
    return "\n".join(
        (
            f"book {name}",
            f"  priced            {outcome.priced:>9,} of {outcome.baskets:,}",
            f"  equal reference   {outcome.equal_reference:>9,} of {outcome.priced:,}",
            f"  equal receipt     {outcome.equal_receipt:>9,} of {outcome.priced:,}",
            f"  points            {outcome.points:>9,}",
            f"  CPU seconds       {outcome.cpu_seconds:>9.3f}",
            f"  baskets/s (CPU)   {outcome.baskets_per_second:>9,.0f}",
        )
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="benchmarks.receipts_floor", description=__doc__)
    parser.add_argument("directory", type=Path, help="the receipts, such as tests/data/receipts")
    parser.add_argument("--book", choices=BOOKS, help="one book only; default both")
    parser.add_argument("--repeat", type=int, default=5, help="timed runs; the median counts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; return 1 when any count is not the published one."""
    options = parse(arguments)
    names = [options.book] if options.book else list(BOOKS)
    outcomes = {name: measure(options.directory, name, options.repeat) for name in names}
    stock = weekly_stock(load_baskets(options.directory))
    if options.json:
        books = {name: outcome._asdict() for name, outcome in outcomes.items()}
        text = json.dumps({"books": books, "stock": stock._asdict()}, indent=2)
    else:
        text = "\n".join(as_text(name, outcome) for name, outcome in outcomes.items())
        text += f"\nstock  {stock.lines:,} lines, {stock.lines_refused:,} refused"
    sys.stdout.write(text + "\n")
    agreed = [book_agrees(options.directory, *item) for item in outcomes.items()]
    return 0 if all(agreed) and stock_agrees(options.directory, stock) else 1


if __name__ == "__main__":
    raise SystemExit(main())
