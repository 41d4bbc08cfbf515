"""Cases as they are read from files, and what of them cannot be built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from tests.peer_cases.amounts import Scale, count

__all__ = ["Case", "Part", "UnreadableFile", "Unsupported", "read_file"]

Part: TypeAlias = Mapping[str, Any]
"""An object of the file, such as one condition."""


class Unsupported(Exception):
    """Say why a case cannot be built."""


class UnreadableFile(Exception):
    """Say why a file holds no cases."""


@attrs.frozen
class Case:
    """One case of a file.

    Args:
        data: The object as it was read.
    """

    data: Part

    @property
    def case_id(self) -> str:
        """Its identity."""
        return str(self.data["id"])

    @property
    def universal(self) -> bool:
        """Whether any sensible engine must give its figures."""
        return bool(self.data["universal"])

    @property
    def is_split(self) -> bool:
        """Whether it is about splitting an amount, not about a basket."""
        return "weights" in self.data

    @property
    def scale(self) -> Scale:
        """How its amounts are written."""
        return Scale.of(self.data["currency"])

    @property
    def mode(self) -> str:
        """Whether its prices hold tax."""
        return str(self.data["tax"]["mode"])

    @property
    def stacking(self) -> str:
        """How its promotions combine."""
        return str(self.data.get("stacking") or "compound")

    @property
    def options(self) -> Part:
        """How codes and automatic promotions count."""
        found: Part = self.data.get("options") or {}
        return found

    @property
    def customer(self) -> Part:
        """Who buys."""
        found: Part = self.data.get("customer") or {}
        return found

    @property
    def expect(self) -> Part:
        """The figures to compare with."""
        found: Part = self.data["expect"]
        return found

    def parts(self, key: str) -> list[Part]:
        """Return a list of the case, such as its lines; an absent one is empty."""
        return list(self.data.get(key) or ())

    @property
    def bought(self) -> list[Part]:
        """Its lines with a quantity."""
        return [line for line in self.parts("lines") if count(line["qty"])]


def read_file(path: Path) -> list[Case]:
    """Return the cases of a file.

    Raises:
        UnreadableFile: There is no such file, or it is no list of cases.
    """
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path}: {error}") from None
    if not isinstance(items, list):
        raise UnreadableFile(f"{path}: must be a list of cases")
    for number, item in enumerate(items):
        if not isinstance(item, dict) or not {"id", "universal", "expect"} <= item.keys():
            raise UnreadableFile(f"{path}: $[{number}] needs id, universal and expect")
    return [Case(item) for item in items]
