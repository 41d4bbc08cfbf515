"""The reference baskets of pricing, and the hand-written pricer that is the floor under them.

Line i is product p<i> of category c<i mod 5> at 500 + 37 i mod 4500, quantity 3 + i mod 3.
A1: 5 lines, 3 promotions. A2: 20 lines, 20 promotions, all hit. A3: 100 lines, 200
promotions, the same 20 hit.

The floor is general as far as these promotions go: rows in tables, dispatched by kind,
indexed by category and product; every adjustment is recorded; discounts of the order are
spread by largest remainder. It has ints and tuples and nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from omnicommerce.checkout.line_shares import shares_of
from omnicommerce.kernel.predicates import AtLeast, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.orders.shares import UnitShares
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
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

__all__ = [
    "HERE_AND_NOW",
    "REFERENCE",
    "Floor",
    "Offer",
    "basket",
    "cart_of",
    "check_equal",
    "engine",
    "offers",
    "price_of",
    "promotion",
    "record",
    "with_lines",
    "with_units",
]

HERE_AND_NOW: Final = Situation(channel="web", at=datetime(2026, 11, 21, tzinfo=UTC))
PERCENT: Final = 10
AMOUNT: Final = 500


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


def _name(number: int, offer: Offer) -> str:
    return f"{offer.kind}-{number:04d}"


def price_of(line: int) -> int:
    """Return the unit price of a line's product."""
    return 500 + 37 * line % 4500


class Floor:
    """The hand-written pricer: tables of ints, indexed by category and product."""

    def __init__(self, lines: int, promotions: list[Offer]) -> None:
        self.prices = {f"p{n}": (price_of(n), f"c{n % 5}") for n in range(lines)}
        self.items: dict[str, list[tuple[str, str, int]]] = {}
        self.orders: list[tuple[str, int, int]] = []
        for number, offer in enumerate(promotions):
            kind, key, least = offer
            name = _name(number, offer)
            if kind == "order":
                self.orders.append((name, least, AMOUNT))
            else:
                self.items.setdefault(key, []).append((kind, name, PERCENT))
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

    def units(self, cart: list[tuple[str, str, int]]) -> list[tuple[str, str, list[int]]]:
        """Return every adjustment split over the units of its line.

        A line is split evenly before and after an adjustment, the remainder to the first
        units; the difference is a unit's share.
        """
        left = {line: (self.prices[sku][0] * count, count) for line, sku, count in cart}
        shares: list[tuple[str, str, list[int]]] = []
        for line, name, change in self.total(cart)[1]:
            amount, count = left[line]
            each, extra = divmod(amount, count)
            lower, fewer = divmod(amount + change, count)
            left[line] = (amount + change, count)
            by = lower - each
            low, high = min(extra, fewer), max(extra, fewer)
            edge = by + (1 if fewer > extra else -1)
            shares.append((line, name, [by] * low + [edge] * (high - low) + [by] * (count - high)))
        return shares


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
            promotions=[promotion(*numbered) for numbered in enumerate(promotions)],
        )
    )


def promotion(number: int, offer: Offer) -> Promotion:
    """Return one promotion of a price book."""
    promotion_id = _name(number, offer)
    match offer.kind:
        case "percent":
            return Promotion(
                promotion_id=promotion_id,
                on=OneOf("category", {offer.key}),
                effect=PercentOff(Rate.percent(PERCENT)),
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
                effect=AmountOff(AMOUNT),
                lane=1,
                priority=offer.least,
            )


def basket(lines: int, *, times: int = 1) -> Basket:
    """Return the reference basket of so many lines."""
    return Basket([BasketLine(f"l{n:04d}", f"p{n}", (3 + n % 3) * times) for n in range(lines)])


def cart_of(goods: Basket) -> list[tuple[str, str, int]]:
    """Return the basket as the floor takes it: line, SKU and quantity."""
    return [(line.line_id, line.sku, line.quantity) for line in goods.lines]


def record(lines: int, promotions: list[Offer]) -> dict[str, Any]:
    """Return basket and promotions as plain data, for engines that are not ours."""
    return {
        "lines": [
            {
                "sku": line.sku,
                "category": f"c{number % 5}",
                "price": price_of(number),
                "quantity": line.quantity,
            }
            for number, line in enumerate(basket(lines).lines)
        ],
        "promotions": [
            {**offer._asdict(), "name": _name(number, offer), "amount": AMOUNT, "percent": PERCENT}
            for number, offer in enumerate(promotions)
        ],
    }


def with_lines(book: PriceBook, goods: Basket) -> PricedBasket:
    """Price a basket, and make every line and adjustment an object."""
    priced = price(book, goods, HERE_AND_NOW)
    assert len(priced.lines) == len(goods.lines)
    return priced


def with_units(book: PriceBook, goods: Basket) -> dict[str, UnitShares]:
    """Price a basket, and work out every unit's share of every adjustment, as an order keeps it."""
    priced = price(book, goods, HERE_AND_NOW)
    return {line.line_id: shares_of(priced, line.line_id) for line in priced.lines}


def check_equal(floor: Floor, book: PriceBook, goods: Basket) -> None:
    """Make sure that both say the same: total, each adjustment of each line, each unit's share."""
    cart = cart_of(goods)
    total, adjustments = floor.total(cart)
    priced = price(book, goods, HERE_AND_NOW)
    assert priced.payable_minor == total
    assert sorted(adjustments) == sorted(
        (line.line_id, item.promotion_id, item.minor)
        for line in priced.lines
        for item in line.adjustments
    )
    shares = with_units(book, goods)
    by_unit = {
        (line.line_id, item.promotion_id): runs
        for line in priced.lines
        for item, runs in zip(line.adjustments, shares[line.line_id].adjustments, strict=True)
    }
    for line_id, name, units in floor.units(cart):
        runs = by_unit[line_id, name]
        assert [each for count, each in runs for _ in range(count)] == units
