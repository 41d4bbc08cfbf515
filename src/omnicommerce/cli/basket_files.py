"""Baskets in JSON files: what is bought, and in which situation."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from omnicommerce.insight.whatif import PastBasket
from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.pricing.basket import Basket, Situation

__all__ = ["read_basket", "read_past_baskets"]

_PARTS: Final = {"id", "basket", "situation"}


def read_basket(
    path: Path, *, channel: str | None = None, at: datetime | None = None
) -> tuple[Basket, Situation]:
    """Return the basket of a file, and its situation with some facts replaced.

    The file holds an object with ``basket`` and ``situation``, or a basket alone.
    Lines need no ``line_id``: they are numbered from 1.

    Args:
        path: The file.
        channel: The channel that counts in place of the file's.
        at: The instant that counts in place of the file's.

    Raises:
        InvalidConfiguration: Something is malformed; the error names file and path.
    """
    data = _parsed(path.read_text("utf-8"), str(path))
    past = _past(data, str(path), channel=channel, at=at)
    return past.basket, past.situation


def read_past_baskets(path: Path) -> Iterator[PastBasket]:
    """Return the baskets of a file with one object on each line, gzipped or not.

    Raises:
        InvalidConfiguration: A line is malformed; the error names file, line and path.
    """
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                place = f"{path}:{number}"
                yield _past(_parsed(line, place), place)


def open_text(path: Path) -> IO[str]:
    """Open a text file for reading, gzipped or not."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidConfiguration(place, f"is no JSON: {error}") from None


def _past(
    data: Any, place: str, *, channel: str | None = None, at: datetime | None = None
) -> PastBasket:
    if not isinstance(data, dict):
        raise InvalidConfiguration(place, "must be an object")
    whole = data if "basket" in data else {"basket": data}
    unknown = sorted(whole.keys() - _PARTS)
    if unknown:
        raise InvalidConfiguration(f"{place} $.{unknown[0]}", f"is none of {sorted(_PARTS)}")
    situation = dict(whole.get("situation") or {})
    if channel is not None:
        situation["channel"] = channel
    if at is not None:
        situation["at"] = at.isoformat()
    for needed in ("channel", "at"):
        if needed not in situation:
            problem = f"is missing; give it in the file or as --{needed}"
            raise InvalidConfiguration(f"{place} $.situation.{needed}", problem)
    return PastBasket(
        str(whole.get("id", place)),
        documents.load(Basket, _numbered(whole["basket"]), f"{place} $.basket"),
        documents.load(Situation, situation, f"{place} $.situation"),
    )


def _numbered(basket: Any) -> Any:
    """Give lines without an id their number."""
    if not isinstance(basket, Mapping) or not isinstance(basket.get("lines"), list):
        return basket
    lines = [
        {"line_id": str(number), **line} if isinstance(line, dict) else line
        for number, line in enumerate(basket["lines"], 1)
    ]
    return {**basket, "lines": lines}
