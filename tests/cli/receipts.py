"""A few of the published receipts in a directory of their own, to be replayed or broken."""

from __future__ import annotations

import csv
import gzip
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["BASKETS", "RECEIPTS", "Row", "copy", "make_small", "rewrite"]

RECEIPTS = Path(__file__).parent.parent / "data" / "receipts"
BASKETS = 26

Row = dict[str, str]

_HOUSEHOLD = "1657"
_SPECIAL = frozenset(
    {
        "31735441598",  # three coupons that the shop matches
        "32090721116",  # not as on the receipt
        "34577696371",  # a coupon for a free item
        "34851060527",  # a line of nothing
        "34851060530",  # nothing but a line of nothing
        "35333891053",  # nothing but a coupon
    }
)


def make_small(directory: Path) -> Path:
    """Write two households' receipts with the prices they need; one uses coupons."""
    directory.mkdir()
    kept = [row for row in _read(RECEIPTS, "baskets") if _is_kept(row)]
    baskets = {row["basket_id"] for row in kept}
    stores = {row["store_id"] for row in kept}
    lines = [row for row in _read(RECEIPTS, "lines") if row["basket_id"] in baskets]
    products = {row["product_id"] for row in lines}
    _write(directory, "baskets", kept)
    _write(directory, "lines", lines)
    keeps: dict[str, Callable[[Row], bool]] = {
        "expected_baskets": lambda row: row["basket_id"] in baskets,
        "products": lambda row: row["product_id"] in products,
        "stores": lambda row: row["store_id"] in stores,
        "pricebook_insample": lambda row: (
            row["product_id"] in products and row["store_id"] in stores
        ),
        "pricebook_reference": lambda row: row["product_id"] in products,
    }
    for name, is_needed in keeps.items():
        _write(directory, name, [row for row in _read(RECEIPTS, name) if is_needed(row)])
    return directory


def _is_kept(row: Row) -> bool:
    return row["household_id"] == _HOUSEHOLD or row["basket_id"] in _SPECIAL


def copy(small: Path, folder: Path) -> Path:
    """Copy a directory of receipts, to be changed."""
    return Path(shutil.copytree(small, folder / "changed"))


def rewrite(directory: Path, name: str, change: Callable[[int, Row], None]) -> None:
    """Change the rows of one file in place; rows are numbered as lines, from 2."""
    rows = list(_read(directory, name))
    for line, row in enumerate(rows, 2):
        change(line, row)
    _write(directory, name, rows)


def _read(directory: Path, name: str) -> Iterator[Row]:
    with gzip.open(directory / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _write(directory: Path, name: str, rows: list[Row]) -> None:
    path = directory / f"{name}.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
