"""From published receipts to configuration and baskets: the importer behind ``replay``.

It reads the files that ``tests/data/receipts/README.md`` documents and turns
them into what any shop would write: a shelf list, a card list, one promotion
that grants the card price, and one that matches manufacturer coupons.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import Misuse
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


class MalformedRow(Misuse):
    """A file of receipts breaks its documented format; file, line and column are named."""

    code = "misuse.malformed_row"

    def __init__(self, file: str, line: int, column: str, problem: str) -> None:
        super().__init__(
            f"{file}, line {line}, column {column}: {problem}",
            file=file,
            line=line,
            column=column,
        )


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


@attrs.frozen
class _Row:
    """One row of a file, read cell by cell with errors that say where."""

    file: str
    line: int
    cells: Mapping[str, str | None]

    def refuse(self, column: str, problem: str) -> MalformedRow:
        return MalformedRow(self.file, self.line, column, problem)

    def text(self, column: str) -> str:
        value = self.cells.get(column)
        if value is None:
            raise self.refuse(column, "is missing")
        return value

    def key(self, column: str) -> str:
        value = self.text(column)
        if not value or value != value.strip() or not value.isprintable():
            raise self.refuse(column, f"must be an identity, not {value!r}")
        return value

    def count(self, column: str, least: int = 0) -> int:
        value = self.text(column)
        if not (value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER):
            raise self.refuse(column, f"must be a whole number from {least}, not {value!r}")
        if int(value) < least:
            raise self.refuse(column, f"must be at least {least}, not {value}")
        return int(value)

    def one_of(self, column: str, *allowed: str) -> str:
        value = self.text(column)
        if value not in allowed:
            raise self.refuse(column, f"must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def instant(self, column: str) -> datetime:
        value = self.text(column)
        try:
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            raise self.refuse(column, f"must be a date and time, not {value!r}") from None


_LONGEST_NUMBER: Final = 16


def _rows(directory: Path, name: str) -> Iterator[_Row]:
    """Yield the rows of one gzipped CSV file, the header being line 1."""
    file = f"{name}.csv.gz"
    line = 1
    try:
        with gzip.open(directory / file, "rt", encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, restkey="", strict=True)
            for cells in reader:
                line = reader.line_num
                if "" in cells:
                    raise MalformedRow(file, line, "-", "has more cells than the header")
                yield _Row(file, line, cells)
    except (OSError, EOFError, UnicodeError, csv.Error) as error:
        raise MalformedRow(file, line, "-", f"cannot be read: {error}") from error


def read_configuration(directory: Path, book: BookName) -> PricingConfiguration:
    """Return the configuration of a shop that sells by one of the two price books.

    Raises:
        MalformedRow: A row breaks the format.
    """
    categories = {
        row.key("product_id"): row.text("product_category") for row in _rows(directory, "products")
    }
    rows = tuple(_price_rows(directory, book, categories))
    sold = {row.key("product_id") for row in _rows(directory, "lines")}
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
    for row in _rows(directory, f"pricebook_{book}"):
        sku = row.key("product_id")
        mix = f"category {categories.get(sku, '')}"
        window = _week_id(_week_of(row))
        location, zone = _scope(row, book)
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


def _week_of(row: _Row) -> int:
    week = row.count("week", 1)
    if week not in _WEEKS:
        raise row.refuse("week", f"must be 1 to {_WEEKS[-1]}, not {week}")
    return week


def _scope(row: _Row, book: BookName) -> tuple[str | None, str | None]:
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
    zones = {row.key("store_id"): row.key("zone") for row in _rows(directory, "stores")}
    lines: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in _rows(directory, "lines"):
        lines[row.key("basket_id")].append(row)
    heads = sorted(_rows(directory, "baskets"), key=lambda row: row.text("ts_utc"))
    for row in heads:
        basket_id = row.key("basket_id")
        store = row.key("store_id")
        if store not in zones:
            raise row.refuse("store_id", f"stores.csv.gz has no store {store!r}")
        household = row.key("household_id")
        yield Receipt(
            basket_id=basket_id,
            household_id=household,
            week=_week_of(row),
            basket=_basket(lines.get(basket_id, [])),
            situation=Situation(
                channel="store",
                at=row.instant("ts_utc"),
                location=store,
                zone=zones[store],
                customer_classes=_CARD,
                customer_id=household,
            ),
        )


def _basket(rows: list[_Row]) -> Basket:
    lines: list[BasketLine] = []
    coupons: list[Coupon] = []
    for row in rows:
        line = _line(row)
        if line is not None:
            lines.append(line)
        if row.count("coupon"):
            coupons.append(_coupon(row, None if line is None else line.line_id))
    return Basket(lines, coupons)


def _line(row: _Row) -> BasketLine | None:
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


def _coupon(row: _Row, line_id: str | None) -> Coupon:
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
    return {row.key("basket_id"): _expected(row) for row in _rows(directory, "expected_baskets")}


def _expected(row: _Row) -> Expected:
    reference = None
    if row.count("b_priced"):
        shelf, card, paid = row.count("b_shelf"), row.count("b_card"), _signed(row, "b_paid")
        reference = Totals(shelf, card, card - row.count("coupon") - paid, paid)
    return Expected(_totals(row, ""), _totals(row, "a_"), reference)


def _totals(row: _Row, prefix: str) -> Totals:
    return Totals(
        row.count(f"{prefix}shelf"),
        row.count(f"{prefix}card"),
        row.count(f"{prefix}match"),
        _signed(row, f"{prefix}paid"),
    )


def _signed(row: _Row, column: str) -> int:
    """Return what was paid: below zero where coupons came to more than the goods."""
    text = row.text(column)
    if text.startswith("-"):
        cells = {**row.cells, column: text[1:]}
        return -attrs.evolve(row, cells=cells).count(column, 1)
    return row.count(column)
