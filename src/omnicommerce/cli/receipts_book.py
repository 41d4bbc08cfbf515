"""From published receipts to configuration and baskets: the importer behind ``replay``.

It reads the files that ``tests/data/receipts/README.md`` documents and turns
them into what any shop would write: a shelf list, a card list, one promotion
that grants the card price, and one that matches manufacturer coupons.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias

import attrs

from omnicommerce.cli.receipts_rows import MalformedRow, Row, read_rows
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import Window
from omnicommerce.pricing import (
    Basket,
    BasketLine,
    Coupon,
    CouponKind,
    GivenPrice,
    ListRole,
    MatchBand,
    MatchCoupon,
    NamedWindow,
    OfferList,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    Remainder,
    Situation,
)

__all__ = [
    "BookName",
    "Expected",
    "MalformedRow",
    "Receipt",
    "Totals",
    "read_configuration",
    "read_expected",
    "read_receipts",
]

BookName: TypeAlias = Literal["insample", "reference"]

_USD: Final = Currency.of("USD")
_ZONE: Final = "America/New_York"
_FIRST_MONDAY: Final = date(2016, 12, 26)
_WEEKS: Final = range(1, 54)
_CARD: Final = frozenset({"card"})
_KINDS: Final = ("list", "scale", "fuel", "coupon_line", "zero", "qty0")


@attrs.frozen
class Totals:
    """Four totals of one basket in cents."""

    shelf: int
    card: int
    match: int
    paid: int


@attrs.frozen
class Expected:
    """What one basket should come to: on its receipt, and by the rules with each book.

    ``reference`` is None where that book does not price the whole basket.
    """

    receipt: Totals
    insample: Totals
    reference: Totals | None


@attrs.frozen(kw_only=True)
class Receipt:
    """One basket as it came to the till."""

    basket_id: str
    household_id: str
    week: int
    basket: Basket
    situation: Situation


def read_configuration(directory: Path, book: BookName) -> PricingConfiguration:
    """Return the configuration of a shop that sells by one of the two price books.

    Raises:
        MalformedRow: A row breaks the format.
    """
    categories: dict[str, str] = {}
    for row in read_rows(directory, "products"):
        row.require_new(row.key("product_id"), categories, "product_id")
        categories[row.key("product_id")] = row.text("product_category")
    rows = tuple(_price_rows(directory, book, categories))
    sold = {row.key("product_id") for row in read_rows(directory, "lines")}
    skus = sorted(categories.keys() | sold | {row.sku for row in rows})
    return PricingConfiguration(
        currency=_USD,
        products=[_traits(sku, categories.get(sku, "")) for sku in skus],
        lists=[PriceList("shelf"), PriceList("card", ListRole.OFFER)],
        rows=rows,
        windows=[NamedWindow(_week_id(week), _week(week)) for week in _WEEKS],
        promotions=_promotions(),
    )


def _traits(sku: str, category: str) -> ProductTraits:
    return ProductTraits(sku, {"category": {category}} if category else {})


def _week_id(week: int) -> str:
    return f"week-{week:02d}"


def _week(week: int) -> Window:
    monday = _FIRST_MONDAY + timedelta(weeks=week - 1)
    return Window.local(monday, monday + timedelta(weeks=1), _ZONE)


def _promotions() -> list[Promotion]:
    """The card price, where the list is the law, and the shop's match of coupons."""
    bands = [
        MatchBand(up_to=50, rate=Rate.percent(100)),
        MatchBand(up_to=99, raised_to=100),
    ]
    return [
        Promotion(
            promotion_id="card-price",
            name={"en": "Card price", "es": "Precio con tarjeta"},
            when=OneOf("customer_class", _CARD),
            effect=OfferList("card", replaces=True),
        ),
        Promotion(
            promotion_id="coupon-match",
            name={"en": "Coupon match", "es": "Cupón doblado"},
            effect=MatchCoupon(bands),
            priority=1,
        ),
    ]


def _price_rows(
    directory: Path, book: BookName, categories: Mapping[str, str]
) -> Iterator[PriceRow]:
    """Yield the shelf and the card price of each row; deals mix within a category."""
    known: set[tuple[str | None, ...]] = set()
    for row in read_rows(directory, f"pricebook_{book}"):
        sku = row.key("product_id")
        mix = f"category {categories.get(sku, '')}"
        window = _week_id(_week_of(row))
        location, zone = _scope(row, book)
        key = (sku, window, location, zone)
        row.require_new(key, known, "product_id")
        known.add(key)
        yield PriceRow(
            price_list="shelf",
            sku=sku,
            amount=row.count("base_x"),
            per=row.count("base_n", 1),
            mix=mix,
            window=window,
            location=location,
            zone=zone,
        )
        deal = row.one_of("deal", "unit", "multi", "bogo")
        yield PriceRow(
            price_list="card",
            sku=sku,
            amount=row.count("deal_x"),
            per=2 if deal == "bogo" else row.count("deal_n", 1),
            remainder=Remainder.WHOLE_SET if deal == "bogo" else Remainder.PRO_RATA,
            mix=mix,
            window=window,
            location=location,
            zone=zone,
        )


def _week_of(row: Row) -> int:
    week = row.count("week", 1)
    if week not in _WEEKS:
        raise row.refuse("week", f"must be 1 to {_WEEKS[-1]}, not {week}")
    return week


def _scope(row: Row, book: BookName) -> tuple[str | None, str | None]:
    """Return location and zone; neither means everywhere."""
    tier = "store" if book == "insample" else row.one_of("tier", "store", "zone", "chain")
    if tier == "chain":
        return None, None
    scope = row.key("store_id" if book == "insample" else "scope")
    return (scope, None) if tier == "store" else (None, scope)


def read_receipts(directory: Path) -> Iterator[Receipt]:
    """Yield every receipt in the order of its time.

    Raises:
        MalformedRow: A row breaks the format.
    """
    zones = {row.key("store_id"): row.key("zone") for row in read_rows(directory, "stores")}
    lines: defaultdict[str, list[Row]] = defaultdict(list)
    for row in read_rows(directory, "lines"):
        lines[row.key("basket_id")].append(row)
    heads: dict[str, Row] = {}
    for row in read_rows(directory, "baskets"):
        row.require_new(row.key("basket_id"), heads, "basket_id")
        heads[row.key("basket_id")] = row
    for basket_id in lines.keys() - heads.keys():
        raise lines[basket_id][0].refuse("basket_id", f"baskets.csv.gz has no {basket_id!r}")
    for basket_id, row in sorted(heads.items(), key=lambda item: item[1].text("ts_utc")):
        store = row.key("store_id")
        if store not in zones:
            raise row.refuse("store_id", f"stores.csv.gz has no store {store!r}")
        household = row.key("household_id")
        yield Receipt(
            basket_id=basket_id,
            household_id=household,
            week=_week_of(row),
            basket=_basket(lines[basket_id]),
            situation=Situation(
                channel="store",
                at=row.instant("ts_utc"),
                location=store,
                zone=zones[store],
                customer_classes=_CARD,
                customer_id=household,
            ),
        )


def _basket(rows: list[Row]) -> Basket:
    lines: list[BasketLine] = []
    coupons: list[Coupon] = []
    known: set[str] = set()
    for row in rows:
        row.require_new(row.key("product_id"), known, "product_id")
        known.add(row.key("product_id"))
        line = _line(row)
        if line is not None:
            lines.append(line)
        if row.count("coupon"):
            coupons.append(_coupon(row, None if line is None else line.line_id))
    return Basket(lines, coupons)


def _line(row: Row) -> BasketLine | None:
    """Return what was bought, priced by the book or by the till; None: only a coupon.

    A line of quantity 0 went over the till all the same, and counts as one.
    """
    kind = row.one_of("kind", *_KINDS)
    product, quantity = row.key("product_id"), row.count("quantity")
    if kind == "list":
        return BasketLine(product, product, row.count("quantity", 1))
    card = row.count("sales") + row.count("match")
    shelf = card + row.count("card_disc")
    if kind == "coupon_line" and not quantity and not shelf:
        return None
    given = GivenPrice(Money(shelf, _USD), Money(card, _USD))
    return BasketLine(product, product, quantity or 1, given)


def _coupon(row: Row, line_id: str | None) -> Coupon:
    count = row.count("coupon_count", 1)
    face, rest = divmod(row.count("coupon"), count)
    if rest:
        raise row.refuse("coupon_count", f"{count} equal coupons cannot make {row.text('coupon')}")
    kind = CouponKind(row.one_of("coupon_kind", *CouponKind))
    return Coupon(f"coupon-{row.key('product_id')}", Money(face, _USD), count, kind, line_id)


def read_expected(directory: Path) -> dict[str, Expected]:
    """Return the published totals by basket.

    Raises:
        MalformedRow: A row breaks the format.
    """
    expected: dict[str, Expected] = {}
    for row in read_rows(directory, "expected_baskets"):
        row.require_new(row.key("basket_id"), expected, "basket_id")
        expected[row.key("basket_id")] = _expected(row)
    return expected


def _expected(row: Row) -> Expected:
    reference = None
    if row.count("b_priced"):
        shelf, card, paid = row.count("b_shelf"), row.count("b_card"), row.signed("b_paid")
        reference = Totals(shelf, card, card - row.count("coupon") - paid, paid)
    return Expected(_totals(row, ""), _totals(row, "a_"), reference)


def _totals(row: Row, prefix: str) -> Totals:
    return Totals(
        row.count(f"{prefix}shelf"),
        row.count(f"{prefix}card"),
        row.count(f"{prefix}match"),
        row.signed(f"{prefix}paid"),
    )
