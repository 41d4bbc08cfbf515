"""Price rows in files of their own: a table, or an object on each line."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from omnicommerce.cli.basket_files import open_text
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.pricing.model import PriceRow

__all__ = ["ROW_FILES", "read_rows"]

ROW_FILES: Final = frozenset({"rows.csv", "rows.csv.gz", "rows.jsonl", "rows.jsonl.gz"})
"""Names of files that hold price rows."""

_WHOLE_NUMBERS: Final = frozenset({"amount", "per", "compare_at"})
_ROW_FIELDS: Final = frozenset(field.name for field in attrs.fields(PriceRow)) - {"tiers"}


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file as objects.

    In a table an empty cell says nothing, and there are no tiers.

    Raises:
        InvalidConfiguration: A column or a cell is not known; the error names the line.
    """
    if ".jsonl" in path.suffixes:
        return _objects(path)
    with open_text(path) as lines:
        table = csv.DictReader(lines)
        unknown = sorted(set(table.fieldnames or ()) - _ROW_FIELDS)
        if unknown:
            problem = f"there is no column {unknown[0]!r}; known are {sorted(_ROW_FIELDS)}"
            raise InvalidConfiguration(path.name, problem)
        return [_row(row, f"{path.name}:{table.line_num}") for row in table]


def _objects(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InvalidConfiguration(
                    f"{path.name}:{number}", f"is no JSON: {error}"
                ) from None
            if not isinstance(row, dict):
                raise InvalidConfiguration(f"{path.name}:{number}", "must be an object")
            found.append(row)
    return found


def _row(row: Mapping[str, str | None], place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in row.items():
        if not text:
            continue
        if name in _WHOLE_NUMBERS:
            try:
                found[name] = int(text)
            except ValueError:
                problem = f"must be a whole number, not {text!r}"
                raise InvalidConfiguration(f"{place} {name}", problem) from None
        else:
            found[name] = text
    return found
