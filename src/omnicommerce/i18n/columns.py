"""Text in columns of fixed width, for tills and terminals; wide characters take two cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

__all__ = ["centred", "pair", "plain", "width_of", "wrapped"]


def width_of(text: str) -> int:
    """Return the cells a text takes: two for a wide character, none for one that combines."""
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Me", "Mn"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def plain(text: str) -> str:
    """Return the text on one line, with ordinary spaces only and no control characters."""
    visible = "".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc")
    return " ".join(visible.split())


def wrapped(text: str, width: int) -> tuple[str, ...]:
    """Return the words of a text in lines of at most so many cells; a longer word is cut."""
    lines = [""]
    for word in plain(text).split():
        for piece in _pieces(word, width):
            joined = f"{lines[-1]} {piece}" if lines[-1] else piece
            if width_of(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
    return tuple(lines)


def _pieces(word: str, width: int) -> Iterator[str]:
    piece, cells = "", 0
    for character in word:
        wide = _cells(character)
        if cells + wide > width and piece:
            yield piece
            piece, cells = "", 0
        piece, cells = piece + character, cells + wide
    yield piece


def centred(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text, each in the middle."""
    for line in wrapped(text, width):
        yield (" " * ((width - width_of(line)) // 2) + line).rstrip()


def pair(left: str, right: str, width: int, *, indent: int = 0) -> Iterator[str]:
    """Yield a text and, at the right edge of its last line, an amount.

    Args:
        left: Wrapped so that it never touches the amount.
        right: Kept whole.
        width: Cells of a line.
        indent: Cells before the text.
    """
    right = plain(right)
    room = max(width - indent - width_of(right) - 1, 1)
    *above, last = wrapped(left, room)
    margin = " " * indent
    yield from (f"{margin}{line}" for line in above)
    gap = width - indent - width_of(last) - width_of(right)
    yield f"{margin}{last}{' ' * max(gap, 1)}{right}".rstrip()
