"""Observed prices and zones from CSV files, row by row; errors name file, line and column."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final, cast

import attrs

from omnicommerce.cli.receipts_rows import MalformedRow, Row
from omnicommerce.insight.observed import ObservedPrice

__all__ = ["Columns", "Layout", "Table", "observed_prices", "opened", "zones_beside", "zones_of"]

_PRODUCT: Final = ("product_id", "product", "sku", "gtin", "ean", "upc", "item_id", "item")
_PERIOD: Final = ("week", "period", "date", "day", "month")
_PLACE: Final = (
    *("store_id", "store", "channel_id", "channel", "place_id", "place"),
    *("location_id", "location", "shop_id", "shop", "site"),
)
_ZONE: Final = ("zone", "zone_id", "price_zone")
_BESIDE: Final = ("stores.csv.gz", "stores.csv")
_DELIMITERS: Final = ",;\t|"
_GZIP: Final = b"\x1f\x8b"
_LONGEST_NUMBER: Final = 16


@attrs.frozen
class Table:
    """An opened CSV file: its header, and its rows to be read once."""

    file: str
    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    """Line number and cells, as many as the header has."""

    def refuse(self, column: str, problem: str, line: int = 1) -> MalformedRow:
        """Return the error that names the file and a place in it, to be raised."""
        return MalformedRow(self.file, line, column, problem)

    def index(self, column: str) -> int:
        """Return where a column is that the user named."""
        if column not in self.header:
            raise self.refuse(column, f"is not in the header, which has {', '.join(self.header)}")
        return self.header.index(column)

    def find(self, names: Sequence[str], what: str, advice: str) -> int:
        """Return where the only column is that has one of these names."""
        found = [column for column in self.header if column.casefold() in names]
        if len(found) > 1:
            raise self.refuse(found[1], f"{found[0]} could be the {what} too; {advice}")
        if not found:
            known = ", ".join(self.header)
            raise self.refuse(names[0], f"the header names no {what}, only {known}; {advice}")
        return self.header.index(found[0])


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """Open a CSV file with a header; gzip, byte order mark and delimiter are recognised.

    Raises:
        MalformedRow: The file is empty, or its header has a column without a
            name or twice; also while rows are read: one cannot be, or has
            fewer or more cells than the header.
    """
    with path.open("rb") as raw:
        packed = raw.peek(2)[:2] == _GZIP
        unpacked = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if packed else raw)
        with TextIOWrapper(unpacked, encoding="utf-8-sig", newline="") as stream:
            lines = _lines(path.name, stream)
            first = next(lines, "")
            yield _table(path.name, first, lines)


def _lines(file: str, stream: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a file, saying which one cannot be read."""
    number = 1
    try:
        for line in stream:
            yield line
            number += 1
    except (OSError, EOFError, UnicodeError, zlib.error) as error:
        raise MalformedRow(file, number, "-", f"cannot be read: {error}") from error


def _table(file: str, first: str, lines: Iterator[str]) -> Table:
    delimiter = max(_DELIMITERS, key=first.count)
    rows = _rows(file, csv.reader(chain([first], lines), delimiter=delimiter, strict=True))
    _, cells = next(rows, (1, []))
    header = tuple(cell.strip() for cell in cells)
    if not header:
        raise MalformedRow(file, 1, "-", "is empty; a row that names the columns is needed")
    for column in header:
        if not column or not column.isprintable() or header.count(column) > 1:
            raise MalformedRow(file, 1, column or "-", "must have a name, and only once")
    return Table(file, header, _checked(file, rows, header))


def _rows(file: str, reader: Any) -> Iterator[tuple[int, list[str]]]:
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise MalformedRow(file, reader.line_num, "-", f"cannot be read: {error}") from error


def _checked(
    file: str, rows: Iterator[tuple[int, list[str]]], header: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are as long as the header, and refuse the first that is not."""
    for line, cells in rows:
        if len(cells) < len(header):
            raise MalformedRow(file, line, header[len(cells)], "is missing")
        if len(cells) > len(header):
            raise MalformedRow(file, line, "-", "has more cells than the header")
        yield line, cells


@attrs.frozen(kw_only=True)
class Columns:
    """The columns as the user named them; None and nothing: to be recognised by their names."""

    product: str | None = None
    period: str | None = None
    place: str | None = None
    prices: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Layout:
    """Where in a row of observed prices things are."""

    product: int
    period: int
    place: int
    prices: tuple[int, ...]

    @classmethod
    def of(cls, table: Table, columns: Columns) -> Layout:
        """Find the columns in a header; all that are left are prices.

        Raises:
            MalformedRow: A column is not there, or cannot be told from another.
        """
        product = _key(table, columns.product, _PRODUCT, "product")
        period = _key(table, columns.period, _PERIOD, "period")
        place = _key(table, columns.place, _PLACE, "place")
        taken = {product, period, place}
        named = tuple(table.index(column) for column in columns.prices)
        prices = named or tuple(i for i in range(len(table.header)) if i not in taken)
        if not prices or len(taken | set(prices)) < len(prices) + 3:
            raise table.refuse("-", "needs a product, a period, a place and prices, each its own")
        return cls(product=product, period=period, place=place, prices=prices)

    def kinds(self, table: Table) -> tuple[str, ...]:
        """Return the kinds of price, which are the names of their columns."""
        return tuple(table.header[index] for index in self.prices)


def _key(table: Table, named: str | None, names: Sequence[str], what: str) -> int:
    advice = f"name its column with --{what}"
    return table.find(names, what, advice) if named is None else table.index(named)


def observed_prices(table: Table, layout: Layout) -> Iterator[ObservedPrice]:
    """Yield the observed prices of a file, one row at a time; an empty cell is no price.

    Raises:
        MalformedRow: A row breaks the format.
    """
    keys = [(index, table.header[index]) for index in (layout.product, layout.period, layout.place)]
    prices = [(index, table.header[index]) for index in layout.prices]
    known: set[str] = set()
    for line, cells in table.rows:
        for index, column in keys:
            if cells[index] not in known:
                known.add(Row(table.file, line, {column: cells[index]}).key(column))
        yield ObservedPrice(
            product_id=cells[layout.product],
            period=cells[layout.period],
            place=cells[layout.place],
            amounts={
                column: _amount(table, line, column, cells[index])
                for index, column in prices
                if cells[index]
            },
        )


def _amount(table: Table, line: int, column: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER:
        return int(text)
    raise table.refuse(
        column,
        f"must be whole minor units, such as 199, or nothing, not {text[:40]!r}; "
        "if this column holds no prices, name those that do: --price",
        line,
    )


def zones_beside(observed: Path) -> Path | None:
    """Return the file of stores beside observed prices, if there is one that tells zones."""
    for name in _BESIDE:
        path = observed.parent / name
        if path.is_file():
            with opened(path) as table:
                names = {column.casefold() for column in table.header}
                return path if names & set(_ZONE) and names & set(_PLACE) else None
    return None


def zones_of(path: Path, place: str, no_zone: str) -> Mapping[str, str | None]:
    """Return the zone of each place that a file lists; None for a place of no zone.

    Args:
        path: The file: a column for the place, one for the zone; others are skipped.
        place: What the file of prices calls the column of places; looked for first.
        no_zone: What the file writes for a place that has no zone, besides nothing at all.

    Raises:
        MalformedRow: A row breaks the format, or a place is there with two zones.
    """
    with opened(path) as table:
        where = table.header.index(place) if place in table.header else None
        if where is None:
            where = table.find(_PLACE, "place", f"call it {place}, as in the prices")
        which = table.find(_ZONE, "zone", "call one column zone")
        zones: dict[str, str | None] = {}
        for line, cells in table.rows:
            row = Row(table.file, line, dict(zip(table.header, cells, strict=True)))
            listed = row.key(table.header[where])
            is_in_none = cells[which] in {"", no_zone}
            zone = None if is_in_none else row.key(table.header[which])
            if zones.setdefault(listed, zone) != zone:
                raise row.refuse(table.header[which], f"{listed!r} has another zone further above")
        return zones
