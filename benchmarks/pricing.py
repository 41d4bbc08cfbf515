"""What pricing costs beside a hand-written floor, beside other engines, and as baskets grow.

``benchmarks/reference.py`` has the baskets and the floor. Every ratio is the median over
passes in which both sides ran in turn; times are CPU time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import cart_json, compiling, peers, receipts_floor, selection
from benchmarks.measure import Row, compared, interleaved, progress
from benchmarks.reference import (
    HERE_AND_NOW,
    REFERENCE,
    Floor,
    Offer,
    basket,
    cart_of,
    check_equal,
    engine,
    offers,
    with_lines,
    with_units,
)
from omnicommerce.pricing import (
    Basket,
    BasketLine,
    NotPriced,
    PriceBook,
    PricedBasket,
    SelectionPolicy,
    Situation,
    explain,
    price,
)

__all__ = ["REFERENCE", "Floor", "Offer", "basket", "check_equal", "engine", "offers", "rows"]

RECEIPTS: Final = Path(__file__).parent.parent / "tests" / "data" / "receipts"


def rows(*, full: bool = False) -> Iterator[Row]:
    """Yield the figures of the reference baskets and of everything around them.

    Args:
        full: Also what takes most of a minute for one figure.
    """
    for name, lines, promotions in REFERENCE:
        yield from _reference(name, lines, promotions)
    yield from _growth()
    yield from selection.figures()
    yield from _receipts()
    yield from compiling.figures()
    yield from cart_json.figures()
    yield from peers.figures(full=full)


def _reference(name: str, lines: int, promotions: list[Offer]) -> Iterator[Row]:
    progress(f"pricing {name}: {lines} lines, {len(promotions)} promotions")
    floor, book, goods = Floor(lines, promotions), engine(lines, promotions), basket(lines)
    cart = cart_of(goods)
    check_equal(floor, book, goods)
    calls: dict[str, Callable[[], object]] = {
        "floor": partial(floor.total, cart),
        "floor with units": partial(floor.units, cart),
        "price": partial(price, book, goods, HERE_AND_NOW),
        "lines": partial(with_lines, book, goods),
        "units": partial(with_units, book, goods),
        "explain": partial(explain, book, goods, HERE_AND_NOW),
    }
    best = getattr(SelectionPolicy, "BEST_FOR_CUSTOMER", None)
    if best is not None:
        calls["best"] = partial(price, book, goods, HERE_AND_NOW, policy=best)
    found = interleaved(calls)
    plain, bare = found["price"], found["floor"]
    yield compared(f"pricing {name}, every adjustment", plain, bare, against="floor", limit=6)
    yield compared(
        f"pricing {name}, every line an object", found["lines"], bare, against="floor", limit=10
    )
    yield compared(
        f"pricing {name}, every adjustment and unit share",
        found["units"],
        found["floor with units"],
        against="floor with units",
        limit=6,
    )
    yield compared(f"explaining {name}", found["explain"], plain, against="price", limit=2)
    if best is not None:
        yield compared(
            f"best for the customer {name}",
            found["best"],
            plain,
            against="declared order",
            limit=2,
        )


def _growth() -> Iterator[Row]:
    progress("growth: dead promotions, lines, units")
    live, dead = engine(100, offers()), engine(100, offers(980))
    few, many = basket(20), basket(100)
    # 3 for 2 would give nothing on single units: only what applies to both baskets counts.
    steady = engine(30, [offer for offer in offers() if offer.kind != "buy_get"])
    small = Basket([BasketLine(f"l{n}", f"p{n}", 1) for n in range(30)])
    large = Basket([BasketLine(f"l{n}", f"p{n}", 200) for n in range(30)])
    found = interleaved(
        {
            "20 lines": partial(price, live, few, HERE_AND_NOW),
            "100 lines": partial(price, live, many, HERE_AND_NOW),
            "980 dead": partial(price, dead, many, HERE_AND_NOW),
            "30 units": partial(price, steady, small, HERE_AND_NOW),
            "6,000 units": partial(price, steady, large, HERE_AND_NOW),
        }
    )
    for name, over, under, against, limit in (
        ("980 dead promotions more", "980 dead", "100 lines", "the 20 alone", 1.3),
        ("100 lines", "100 lines", "20 lines", "20 lines", 5),
        ("6,000 units of 30 SKUs", "6,000 units", "30 units", "30 units", 1.2),
    ):
        yield compared(f"pricing, {name}", found[over], found[under], against=against, limit=limit)


def _receipts() -> Iterator[Row]:
    """Price a year of real baskets with the price book of the receipts."""
    from omnicommerce.cli.receipts_book import (  # noqa: PLC0415 - the only row that needs them
        read_configuration,
        read_receipts,
    )

    plain = receipts_floor.load_baskets(RECEIPTS)
    categories = receipts_floor.load_categories(RECEIPTS)
    receipts = [(item.basket, item.situation) for item in read_receipts(RECEIPTS)]
    for name in receipts_floor.BOOKS:
        progress(f"receipts: {len(receipts):,} baskets by the {name} book")
        tables = receipts_floor.load_book(RECEIPTS, name)
        book = PriceBook.compile(read_configuration(RECEIPTS, name))
        found = interleaved(
            {
                "floor": partial(receipts_floor.price_all, plain, tables, categories),
                "engine": partial(_price_all, book, receipts),
            },
            passes=5,
        )
        # The engine names every line without a price where the floor gives up at the first.
        limit = 6 if name == "insample" else 12
        yield compared(
            f"receipts, {name} book", found["engine"], found["floor"], against="floor", limit=limit
        )


def _price_all(
    book: PriceBook, receipts: list[tuple[Basket, Situation]]
) -> list[PricedBasket | None]:
    return [_price_or_none(book, *receipt) for receipt in receipts]


def _price_or_none(book: PriceBook, goods: Basket, situation: Situation) -> PricedBasket | None:
    try:
        return price(book, goods, situation)
    except NotPriced:
        return None
