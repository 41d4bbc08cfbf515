"""Where in a JSON text each value stands, so that a report can name line and column."""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined] # it is there, without a type
from typing import Final, NamedTuple

__all__ = ["TextPlace", "json_places"]

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_WORD: Final = re.compile(r"[^\s,\]}]+")
_NAME: Final = re.compile(r"\w+")


class TextPlace(NamedTuple):
    """A line and a column, both from 1 on."""

    line: int
    column: int


def json_places(text: str) -> dict[str, TextPlace]:
    r"""Return the place of every value of a valid JSON text, by paths such as ``$.a[0].b``.

    Example:
        >>> json_places('{"a": [1,\n  2]}')["$.a[1]"]
        TextPlace(line=2, column=3)
    """
    scan = _Scan(text)
    scan.value(_SPACE.match(text, 0).end(), "$")  # type: ignore[union-attr] # it always matches
    return scan.places


class _Scan:
    """Walks a text once and writes down where values begin."""

    def __init__(self, text: str) -> None:
        self.places: dict[str, TextPlace] = {}
        self._text = text
        self._line = 1
        self._line_start = 0
        self._seen = 0

    def value(self, position: int, path: str) -> int:
        """Note the value that begins here, and return where it ends."""
        self.places[path] = self._place(position)
        match self._text[position]:
            case "{":
                return self._members(position, path)
            case "[":
                return self._elements(position, path)
            case '"':
                return int(scanstring(self._text, position + 1, True)[1])
            case _:
                return self._end(_WORD, position)

    def _place(self, position: int) -> TextPlace:
        """Return line and column; positions only ever grow."""
        newlines = self._text.count("\n", self._seen, position)
        if newlines:
            self._line += newlines
            self._line_start = self._text.rindex("\n", self._seen, position) + 1
        self._seen = position
        return TextPlace(self._line, position - self._line_start + 1)

    def _members(self, position: int, path: str) -> int:
        position = self._skip(position + 1)
        while self._text[position] != "}":
            name, position = scanstring(self._text, position + 1, True)
            position = self._skip(self._skip(position) + 1)
            position = self._next(self.value(position, f"{path}{_step(name)}"))
        return position + 1

    def _elements(self, position: int, path: str) -> int:
        position, number = self._skip(position + 1), 0
        while self._text[position] != "]":
            position = self._next(self.value(position, f"{path}[{number}]"))
            number += 1
        return position + 1

    def _next(self, position: int) -> int:
        """Return where the next member begins, or the bracket that closes."""
        position = self._skip(position)
        return self._skip(position + 1) if self._text[position] == "," else position

    def _skip(self, position: int) -> int:
        return self._end(_SPACE, position)

    def _end(self, pattern: re.Pattern[str], position: int) -> int:
        found = pattern.match(self._text, position)
        return position if found is None else found.end()


def _step(name: str) -> str:
    return f".{name}" if _NAME.fullmatch(name) else f"[{name!r}]"
