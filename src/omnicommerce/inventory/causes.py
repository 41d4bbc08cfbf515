"""Why stock changed: a closed set of reasons, and the document that says so."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LONGEST_ID, require_id

__all__ = ["STOCK_REASONS", "Direction", "StockCause", "require_reason"]

_MARK: Final = " #"


class Direction(enum.StrEnum):
    """Which way a reason moves the units on hand."""

    IN = "in"
    OUT = "out"
    BOTH = "both"

    def allows(self, change: int) -> bool:
        """Tell whether a change of this sign can have such a reason."""
        return self is Direction.BOTH or (change > 0) is (self is Direction.IN)


STOCK_REASONS: Final[Mapping[str, Direction]] = MappingProxyType(
    {
        "correction": Direction.BOTH,
        "damaged": Direction.OUT,
        "donated": Direction.OUT,
        "expired": Direction.OUT,
        "found": Direction.IN,
        "lost": Direction.OUT,
        "own_use": Direction.OUT,
        "produced": Direction.IN,
        "recalled": Direction.OUT,
        "returned": Direction.IN,
        "sample": Direction.OUT,
        "sent_back": Direction.OUT,
        "stolen": Direction.OUT,
    }
)
"""The reasons of adjustments that every shop has; a shop adds its own to them."""


@attrs.frozen
class StockCause:
    """A reason and its document, as the journal keeps them in one text.

    Args:
        reason: Such as ``damaged``.
        document: Number of the note, photo or report that says so.

    Example:
        >>> StockCause("damaged", "note-7").text
        'damaged #note-7'
        >>> StockCause.read("damaged #note-7").document
        'note-7'
    """

    reason: str
    document: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what the journal could not keep.

        Raises:
            InvalidValue: A malformed reason or document, or both together are too long.
        """
        require_id(self.reason, "reason")
        if self.document is not None:
            require_id(self.document, "document")
        if len(self.text) > LONGEST_ID:
            room = LONGEST_ID - len(self.reason) - len(_MARK)
            raise InvalidValue(
                "document", f"is longer than the {room} characters there is room for"
            )

    @property
    def text(self) -> str:
        """The cause as the journal keeps it."""
        return self.reason if self.document is None else f"{self.reason}{_MARK}{self.document}"

    @classmethod
    def read(cls, text: str) -> StockCause:
        """Return the cause of a journal entry; a text of others is a reason without document."""
        reason, mark, document = text.partition(_MARK)
        try:
            return cls(reason, document) if mark else cls(text)
        except InvalidValue:
            return cls(text)


def require_reason(reasons: Mapping[str, Direction], reason: str, change: int) -> str:
    """Return a reason that the shop knows and that can explain a change of this sign.

    Raises:
        InvalidValue: It is unknown, moves units the other way, or looks like it had
            a document.
    """
    if reason not in reasons:
        raise InvalidValue("reason", f"{reason!r} is not one of {', '.join(sorted(reasons))}")
    if not reasons[reason].allows(change):
        way = "adds" if change > 0 else "takes"
        raise InvalidValue("reason", f"{reason!r} cannot explain a change that {way} units")
    if _MARK in reason:
        raise InvalidValue("reason", f"{reason!r} may not contain {_MARK!r}")
    return reason
