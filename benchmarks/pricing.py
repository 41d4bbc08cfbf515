"""What pricing a basket costs beside a hand-written function for exactly the same promotions.

The floor is general as far as these promotions go: rows in tables, dispatched by
kind, indexed by category and product; every adjustment is recorded; discounts of
the order are spread by largest remainder. It has ints and tuples and nothing else.

Reference baskets: line i is product p<i> of category c<i mod 5> at 500 + 37 i mod 4500,
quantity 3 + i mod 3. A1: 5 lines, 3 promotions. A2: 20 lines, 20 promotions, all hit.
A3: 100 lines, 200 promotions, the same 20 hit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import receipts_floor
from benchmarks.measure import Row, Timing, interleaved, ratio
from omnicommerce.kernel.predicates import AtLeast, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
    NotPriced,
    PercentOff,
    PriceBook,
    PricedBasket,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    Situation,
    price,
)

__all__ = ["REFERENCE", "Floor", "Offer", "basket", "check_equal", "engine", "offers", "rows"]

RECEIPTS: Final = Path(__file__).parent.parent / "tests" / "data" / "receipts"
HERE_AND_NOW: Final = Situation(channel="web", at=datetime(2026, 11, 21, tzinfo=UTC))


class Offer(NamedTuple):
    """One promotion of the reference baskets as a table row.

    ``percent``: 10 % off a category. ``buy_get``: 3 for 2 of a product.
    ``order``: 5.00 off from ``least`` minor units.
    """

    kind: str
    key: str = ""
    least: int = 0


def offers(dead: int = 0) -> list[Offer]:
    """Return the 20 promotions of A2, with so many that match nothing in between."""
    live = [
        *(Offer("percent", f"c{n}") for n in range(5)),
        *(Offer("buy_get", f"p{n}") for n in range(10)),
        *(Offer("order", least=least) for least in (5000, 6000, 7000, 8000, 9000)),
    ]
    kinds = (("percent", "nowhere-"), ("buy_get", "nothing-"), ("order", ""))
    idle = [
        Offer(kind, f"{prefix}{n}", 10**9 + n)
        for n, (kind, prefix) in ((n, kinds[n % 3]) for n in range(dead))
    ]
    step = max(1, len(idle) // len(live))
    mixed: list[Offer] = []
    for number, offer in enumerate(live):
        mixed += [*idle[number * step : (number + 1) * step], offer]
    return mixed + idle[len(live) * step :]


REFERENCE: Final = (
    ("A1", 5, [Offer("percent", "c0"), Offer("buy_get", "p1"), Offer("order", least=5000)]),
    ("A2", 20, offers()),
    ("A3", 100, offers(180)),
)


def price_of(line: int) -> int:
    """Return the unit price of a line's product."""
    return 500 + 37 * line % 4500


class Floor:
    """The hand-written pricer: tables of ints, indexed by category and product."""

    def __init__(self, lines: int, promotions: list[Offer]) -> None:
        self.prices = {f"p{n}": (price_of(n), f"c{n % 5}") for n in range(lines)}
        self.items: dict[str, list[tuple[str, str, int]]] = {}
        self.orders: list[tuple[str, int, int]] = []
        for number, (kind, key, least) in enumerate(promotions):
            name = f"{kind}-{number:04d}"
            if kind == "order":
                self.orders.append((name, least, 500))
            else:
                self.items.setdefault(key, []).append((kind, name, 10))
        self.orders.sort(key=lambda row: row[1])

    def total(self, cart: list[tuple[str, str, int]]) -> tuple[int, list[tuple[str, str, int]]]:
        """Return what the cart costs, and every adjustment by line and promotion."""
        adjustments: list[tuple[str, str, int]] = []
        left: list[int] = []
        prices, items = self.prices, self.items
        for line, sku, quantity in cart:
            unit, category = prices[sku]
            amount = unit * quantity
            for key in (category, sku):
                for kind, name, rate in items.get(key, ()):
                    if kind == "percent":
                        off = (amount * rate + 50) // 100
                    else:
                        free = quantity // 3
                        each, extra = divmod(amount, quantity)
                        off = free * each + max(0, free - quantity + extra)
                    if off:
                        adjustments.append((line, name, -off))
                        amount -= off
            left.append(amount)
        total = sum(left)
        for name, least, amount in self.orders:
            if total < least:
                break
            off = min(amount, total)
            shares = largest_remainder(off, left, total)
            for n, share in enumerate(shares):
                if share:
                    adjustments.append((cart[n][0], name, -share))
                    left[n] -= share
            total -= off
        return total, adjustments


def largest_remainder(amount: int, weights: list[int], weight_sum: int) -> list[int]:
    """Split an amount by weight; the largest remainders get the units that are missing."""
    shares, rests = [], []
    for weight in weights:
        share, rest = divmod(amount * weight, weight_sum)
        shares.append(share)
        rests.append(rest)
    missing = amount - sum(shares)
    if missing:
        for n in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:missing]:
            shares[n] += 1
    return shares


def engine(lines: int, promotions: list[Offer]) -> PriceBook:
    """Return the price book of the same promotions."""
    return PriceBook.compile(
        PricingConfiguration(
            currency="EUR",
            products=[ProductTraits(f"p{n}", {"category": {f"c{n % 5}"}}) for n in range(lines)],
            lists=[PriceList("shelf")],
            rows=[
                PriceRow(price_list="shelf", sku=f"p{n}", amount=price_of(n)) for n in range(lines)
            ],
            promotions=[_promotion(*numbered) for numbered in enumerate(promotions)],
        )
    )


def _promotion(number: int, offer: Offer) -> Promotion:
    promotion_id = f"{offer.kind}-{number:04d}"
    match offer.kind:
        case "percent":
            return Promotion(
                promotion_id=promotion_id,
                on=OneOf("category", {offer.key}),
                effect=PercentOff(Rate.percent(10)),
            )
        case "buy_get":
            return Promotion(
                promotion_id=promotion_id,
                on=OneOf("sku", {offer.key}),
                effect=BuyGet(2),
                priority=1,
            )
        case _:
            return Promotion(
                promotion_id=promotion_id,
                when=AtLeast("spend.left", offer.least),
                effect=AmountOff(500),
                lane=1,
                priority=offer.least,
            )


def basket(lines: int, *, times: int = 1) -> Basket:
    """Return the reference basket of so many lines."""
    return Basket([BasketLine(f"l{n:04d}", f"p{n}", (3 + n % 3) * times) for n in range(lines)])


def with_lines(book: PriceBook, goods: Basket) -> PricedBasket:
    """Price a basket, and make every line and adjustment an object."""
    priced = price(book, goods, HERE_AND_NOW)
    assert len(priced.lines) == len(goods.lines)
    return priced


def rows() -> Iterator[Row]:
    """Yield the figures of the reference baskets, growth, and a year of real receipts."""
    for name, lines, promotions in REFERENCE:
        yield from _reference(name, lines, promotions)
    yield from _growth()
    yield from _receipts()


def _reference(name: str, lines: int, promotions: list[Offer]) -> Iterator[Row]:
    floor, book, goods = Floor(lines, promotions), engine(lines, promotions), basket(lines)
    cart = [(line.line_id, line.sku, line.quantity) for line in goods.lines]
    check_equal(floor, book, goods)
    found = interleaved(
        {
            "floor": partial(floor.total, cart),
            "price": partial(price, book, goods, HERE_AND_NOW),
            "lines": partial(with_lines, book, goods),
        }
    )
    yield _row(f"pricing {name}, all adjustments", found["price"], found["floor"], "floor", 6)
    yield _row(f"pricing {name}, as line objects", found["lines"], found["floor"], "floor", 10)


def check_equal(floor: Floor, book: PriceBook, goods: Basket) -> None:
    """Make sure that both say the same: total, and each adjustment of each line."""
    cart = [(line.line_id, line.sku, line.quantity) for line in goods.lines]
    total, adjustments = floor.total(cart)
    priced = price(book, goods, HERE_AND_NOW)
    assert priced.payable_minor == total
    assert sorted(adjustments) == sorted(
        (line.line_id, item.promotion_id, item.minor)
        for line in priced.lines
        for item in line.adjustments
    )


def _growth() -> Iterator[Row]:
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
    yield _row(
        "pricing, 980 dead promotions more",
        found["980 dead"],
        found["100 lines"],
        "the 20 alone",
        1.3,
    )
    yield _row("pricing, 100 lines", found["100 lines"], found["20 lines"], "20 lines", 5)
    yield _row(
        "pricing, 6,000 units of 30 SKUs", found["6,000 units"], found["30 units"], "30 units", 1.2
    )


def _row(name: str, over: Timing, under: Timing, against: str, limit: float) -> Row:
    detail = f"{over.median:,.1f} µs / {under.median:,.1f} µs"
    return Row(name, round(ratio(over, under), 3), against, limit, detail=detail)


def _receipts() -> Iterator[Row]:
    """Price a year of real baskets with the price book of the receipts."""
    from omnicommerce.cli.receipts_book import (  # noqa: PLC0415 - the only row that needs them
        read_configuration,
        read_receipts,
    )

    for name in receipts_floor.BOOKS:
        plain = receipts_floor.load_baskets(RECEIPTS)
        tables = receipts_floor.load_book(RECEIPTS, name)
        categories = receipts_floor.load_categories(RECEIPTS)
        book = PriceBook.compile(read_configuration(RECEIPTS, name))
        receipts = [(item.basket, item.situation) for item in read_receipts(RECEIPTS)]
        found = interleaved(
            {
                "floor": partial(receipts_floor.price_all, plain, tables, categories),
                "engine": partial(_price_all, book, receipts),
            },
            passes=5,
        )
        # The engine names every line without a price where the floor gives up at the first.
        limit = 6 if name == "insample" else 12
        yield _row(f"receipts, {name} book", found["engine"], found["floor"], "floor", limit)


def _price_all(
    book: PriceBook, receipts: list[tuple[Basket, Situation]]
) -> list[PricedBasket | None]:
    return [_price_or_none(book, *receipt) for receipt in receipts]


def _price_or_none(book: PriceBook, goods: Basket, situation: Situation) -> PricedBasket | None:
    try:
        return price(book, goods, situation)
    except NotPriced:
        return None
