"""Rows of published receipts, read cell by cell; errors name file, line and column."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Container, Hashable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from omnicommerce.kernel.errors import Misuse
from omnicommerce.kernel.ids import LONGEST_ID
from omnicommerce.kernel.quantity import LARGEST_QUANTITY

__all__ = ["MalformedRow", "Row", "read_rows"]

_LONGEST_NUMBER: Final = 16


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
class Row:
    """One row of a file, read cell by cell with errors that say where."""

    file: str
    line: int
    cells: Mapping[str, str | None]

    def refuse(self, column: str, problem: str) -> MalformedRow:
        """Return the error that names this row and a column, to be raised."""
        return MalformedRow(self.file, self.line, column, problem)

    def text(self, column: str) -> str:
        """Return a cell as it is."""
        value = self.cells.get(column)
        if value is None:
            raise self.refuse(column, "is missing")
        return value

    def key(self, column: str) -> str:
        """Return a cell that holds an identity."""
        value = self.text(column)
        if not value or value != value.strip() or not value.isprintable():
            raise self.refuse(column, f"must be an identity, not {value!r}")
        if len(value) > LONGEST_ID:
            raise self.refuse(column, f"is longer than {LONGEST_ID} characters")
        return value

    def count(self, column: str, least: int = 0) -> int:
        """Return a cell that holds a whole number from ``least``."""
        value = self.text(column)
        if not (value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER):
            raise self.refuse(column, f"must be a whole number from {least}, not {value[:40]!r}")
        number = int(value)
        if number < least:
            raise self.refuse(column, f"must be at least {least}, not {value}")
        if number > LARGEST_QUANTITY:
            raise self.refuse(column, f"{value} is more than {LARGEST_QUANTITY}, surely a mistake")
        return number

    def signed(self, column: str) -> int:
        """Return a cell that holds a whole number of either sign."""
        text = self.text(column)
        if text.startswith("-"):
            return -attrs.evolve(self, cells={**self.cells, column: text[1:]}).count(column, 1)
        return self.count(column)

    def one_of(self, column: str, *allowed: str) -> str:
        """Return a cell that holds one of some words."""
        value = self.text(column)
        if value not in allowed:
            raise self.refuse(column, f"must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def instant(self, column: str) -> datetime:
        """Return a cell that holds an instant in UTC, such as ``2017-01-31T18:05:00``."""
        value = self.text(column)
        try:
            found = datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            found = None
        if found is None or f"{value}+00:00" != found.isoformat():
            raise self.refuse(column, f"must be like 2017-01-31T18:05:00, not {value!r}")
        return found

    def require_new(self, key: Hashable, known: Container[Any], column: str) -> None:
        """Refuse a row whose identity an earlier row of the file has."""
        if key in known:
            raise self.refuse(column, f"{self.text(column)!r} appears twice")


def read_rows(directory: Path, name: str) -> Iterator[Row]:
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
                yield Row(file, line, cells)
    except (OSError, EOFError, UnicodeError, csv.Error) as error:
        raise MalformedRow(file, line, "-", f"cannot be read: {error}") from error
