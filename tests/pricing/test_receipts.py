"""A year of real receipts, priced to the cent."""

from __future__ import annotations

import gzip
import shutil
from functools import cache
from pathlib import Path

import pytest

from omnicommerce.cli.receipts_book import (
    BookName,
    MalformedRow,
    Receipt,
    Totals,
    read_configuration,
    read_expected,
    read_receipts,
)
from omnicommerce.pricing import NotPriced, PriceBook, PricedBasket, price

RECEIPTS = Path(__file__).parent.parent / "data" / "receipts"


@cache
def receipts() -> tuple[Receipt, ...]:
    """Read the baskets once."""
    return tuple(read_receipts(RECEIPTS))


def price_all(book: PriceBook) -> dict[str, PricedBasket]:
    """Price every basket that has all its prices."""
    priced: dict[str, PricedBasket] = {}
    for receipt in receipts():
        try:
            priced[receipt.basket_id] = price(book, receipt.basket, receipt.situation)
        except NotPriced:
            continue
    return priced


def totals(priced: PricedBasket) -> Totals:
    """Return the four figures."""
    return Totals(
        priced.base_amount.minor,
        priced.selling_amount.minor,
        priced.match_amount.minor,
        priced.payable_amount.minor,
    )


@pytest.mark.parametrize(
    ("name", "baskets", "equal_receipt"), [("insample", 9250, 8921), ("reference", 3298, 2835)]
)
def test_every_basket_costs_what_the_rules_say(
    name: BookName, baskets: int, equal_receipt: int
) -> None:
    """Shelf, card, match and paid equal the model's on every basket, and on most the receipt's."""
    book = PriceBook.compile(read_configuration(RECEIPTS, name))
    expected = read_expected(RECEIPTS)
    priced = price_all(book)
    models = {key: getattr(found, name) for key, found in expected.items()}
    assert {key: model for key, model in models.items() if model is not None} == {
        key: totals(found) for key, found in priced.items()
    }
    assert len(priced) == baskets
    same = [
        key
        for key, found in priced.items()
        if (found.base_minor, found.selling_minor, found.match_minor)
        == (expected[key].receipt.shelf, expected[key].receipt.card, expected[key].receipt.match)
    ]
    assert len(same) == equal_receipt
    for found in priced.values():
        assert sum(line.selling_minor for line in found.lines) == found.selling_minor


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("lines", (3, "quantity", "two"), "lines.csv.gz, line 3, column quantity"),
        ("lines", (2, "quantity", "0"), "lines.csv.gz, line 2, column quantity"),
        ("lines", (2, "kind", "gift"), "lines.csv.gz, line 2, column kind"),
        ("baskets", (2, "ts_utc", "noon"), "baskets.csv.gz, line 2, column ts_utc"),
        ("baskets", (4, "store_id", "9999"), "baskets.csv.gz, line 4, column store_id"),
        ("baskets", (4, "week", "54"), "baskets.csv.gz, line 4, column week"),
    ],
)
def test_a_malformed_row_names_its_place(
    tmp_path: Path, file: str, change: tuple[int, str, str], message: str
) -> None:
    """File, line and column of what breaks the format are in the error."""
    _copy_head(tmp_path, "stores", "baskets", "lines")
    _edit(tmp_path / f"{file}.csv.gz", *change)
    with pytest.raises(MalformedRow) as caught:
        list(read_receipts(tmp_path))
    assert message in str(caught.value)


def _copy_head(target: Path, *names: str, rows: int = 200) -> None:
    """Copy the first rows of some files."""
    for name in names:
        with (
            gzip.open(RECEIPTS / f"{name}.csv.gz", "rt", encoding="utf-8") as source,
            gzip.open(target / f"{name}.csv.gz", "wt", encoding="utf-8") as copy,
        ):
            copy.writelines(line for _, line in zip(range(rows), source, strict=False))


def _edit(path: Path, line: int, column: str, value: str) -> None:
    """Replace one cell; the header is line 1."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    cells = lines[line - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    lines[line - 1] = ",".join(cells)
    path.write_bytes(gzip.compress("\n".join(lines).encode()))


def test_a_file_that_is_no_gzip_is_refused(tmp_path: Path) -> None:
    """What cannot be read at all names the file."""
    shutil.copy(RECEIPTS / "README.md", tmp_path / "products.csv.gz")
    with pytest.raises(MalformedRow, match=r"products\.csv\.gz"):
        read_configuration(tmp_path, "insample")


def test_a_price_row_must_be_well_formed(tmp_path: Path) -> None:
    """A deal nobody knows is refused with its place."""
    _copy_head(tmp_path, "products", "pricebook_insample", "lines")
    _edit(tmp_path / "pricebook_insample.csv.gz", 5, "deal", "lottery")
    with pytest.raises(MalformedRow, match=r"pricebook_insample\.csv\.gz, line 5, column deal"):
        read_configuration(tmp_path, "insample")
