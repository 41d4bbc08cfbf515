"""The table of features: each row once, each name real, each page there."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import omnicommerce

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "pricing" / "features.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]\d+) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
NUMBERS = {"P": 23, "T": 15, "C": 15, "E": 18, "L": 12, "K": 9, "O": 14}
EVERY_ROW = [f"{letter}{n}" for letter, most in NUMBERS.items() for n in range(1, most + 1)]
ROOMS = ("pricing", "orders", "kernel", "insight", "commerce")
NAME = re.compile(r"[A-Za-z_]\w+(\.\w+)?")
WORDS = {
    *("code", "payment", "delivery", "role", "channel", "location", "zone", "customer_class"),
    *("spend", "matching", "total", "history", "drafts"),
}
"""Facts that conditions ask for, and an argument."""


def _modules() -> list[ModuleType]:
    found = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(omnicommerce.__path__, "omnicommerce.")
        if module.name.startswith(tuple(f"omnicommerce.{room}" for room in ROOMS))
    ]
    return sorted(found, key=lambda module: len(module.__name__))


MODULES = _modules()


def _named(name: str) -> Any:
    return next(vars(module)[name] for module in MODULES if name in vars(module))


def test_every_row_is_there_once() -> None:
    """Nothing is left out, and nothing is told twice."""
    assert [row for row, *_ in ROWS] == EVERY_ROW


@pytest.mark.parametrize(("row", "said"), [(row, said) for row, _, said, _ in ROWS])
def test_what_a_row_names_exists(row: str, said: str) -> None:
    """Classes, their fields and functions are those of the library."""
    for name in filter(NAME.fullmatch, re.findall(r"`(.+?)`", said)):
        owner, _, field = name.partition(".")
        if owner not in WORDS:
            thing = _named(owner)
            fields = {item.name for item in getattr(thing, "__attrs_attrs__", ())}
            assert not field or field in fields or hasattr(thing, field), (row, name)


@pytest.mark.parametrize(("row", "told"), [(row, told) for row, *_, told in ROWS])
def test_where_a_row_is_told_exists(row: str, told: str) -> None:
    """Each row leads to a page."""
    (target,) = re.findall(r"\]\((.+?)\)", told)
    assert (DOCS / "pricing" / target).is_file(), row
