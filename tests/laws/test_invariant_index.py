"""Every invariant of pricing is proved by a test that names its number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"(?:[Pp]ricing|Invariants?) (\d+(?:(?:, | and )\d+)*)")
LISTED = re.compile(r"\(((?:[A-Z]?\d+)(?:, [A-Z]?\d+)*)\)")
"""Tests of the life of an order give their numbers in brackets."""


def sentences(path: Path) -> Iterator[str]:
    """Return the docstrings of the tests and laws of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield ast.get_docstring(node) or ""


def numbers() -> set[int]:
    """Return the numbers that tests name, those of the shipped laws included."""
    found: set[int] = set()
    laws = ROOT / "src" / "omnicommerce" / "testing" / "pricing" / "law_book.py"
    for path in (*sorted((ROOT / "tests").rglob("test_*.py")), laws):
        of_orders = path.parent.name in {"checkout", "orders"}
        for sentence in sentences(path):
            texts = NAMED.findall(sentence) + (LISTED.findall(sentence) if of_orders else [])
            found |= {int(number) for text in texts for number in re.findall(r"\b\d+", text)}
    return found


def test_every_invariant_has_its_test() -> None:
    """1 to 51, none forgotten."""
    assert set(range(1, 52)) - numbers() == set()
