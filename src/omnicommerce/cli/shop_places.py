"""Where in the files of a shop a part of its configuration stands."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from omnicommerce.cli.json_places import TextPlace, json_places
from omnicommerce.cli.shop_rows import ROW_FILES

__all__ = ["FilePlace", "place_in"]

_ROW: Final = re.compile(r"\$\[(\d+)\]")
_QUOTED: Final = re.compile(r"\['(\w+)'\]")
_LAST_STEP: Final = re.compile(r"(\.\w+|\[[^\]]*\])$")


class FilePlace(NamedTuple):
    """A path of the configuration, its file, and line and column there if they are known."""

    file: Path | None
    path: str
    text: TextPlace | None = None


def place_in(file: Path, path: str, *, shown: str) -> FilePlace:
    """Return where a path stands in a file: at the nearest part that the file has.

    Args:
        file: A JSON file, or a file of price rows.
        path: A path within it, such as ``$.promotions[2].when``.
        shown: The path to show, as the configuration has it.
    """
    if file.name in ROW_FILES:
        found = _ROW.match(path)
        header = 0 if ".jsonl" in file.suffixes else 1
        line = 1 if found is None else int(found[1]) + header + 1
        return FilePlace(file, shown, TextPlace(line, 1))
    places = _places(file)
    plain = _QUOTED.sub(r".\1", path)
    while plain not in places and plain != "$":
        shorter = _LAST_STEP.sub("", plain)
        plain = "$" if shorter == plain else shorter
    return FilePlace(file, shown, places.get(plain))


@lru_cache(8)
def _places(file: Path) -> dict[str, TextPlace]:
    return json_places(file.read_text("utf-8"))
