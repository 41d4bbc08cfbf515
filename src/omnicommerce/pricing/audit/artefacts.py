"""What a finding is about: parts of a configuration that are not the same in every channel."""

from __future__ import annotations

import enum
import re
from typing import Final

import attrs

from omnicommerce.kernel.predicates import Predicate

__all__ = ["Artefact", "ArtefactKind", "Mention"]

_POSITION: Final = re.compile(r"\[(\d+)\]")


class ArtefactKind(enum.StrEnum):
    """What kind of part it is: a promotion, rows of a list, facts of a channel, or another."""

    PROMOTION = "promotion"
    ROWS = "rows"
    FACTS = "facts"
    OTHER = "other"


@attrs.frozen
class Mention:
    """A place that names the channel, or a fact that follows from it."""

    path: str
    fact: str


@attrs.frozen
class Artefact:
    """A part that is not the same in every channel of a group.

    Attributes:
        kind: What it is.
        path: Where it is.
        mentions: Where it names the channel, or something that follows from it.
        skus: Of rows: the products that are priced differently.
        list_id: Of rows: their list.
        whens: Conditions in which it counts, where it is no promotion and no rows.
        promotions: Positions of promotions through which it shows, where it is none.
    """

    kind: ArtefactKind
    path: str
    mentions: tuple[str, ...]
    skus: tuple[str, ...] = ()
    list_id: str = ""
    whens: tuple[Predicate, ...] = ()
    promotions: tuple[int, ...] = ()

    @property
    def position(self) -> int:
        """Its place in its collection.

        Example:
            >>> Artefact(ArtefactKind.PROMOTION, "$.promotions[3]", ()).position
            3
        """
        found = _POSITION.search(self.path)
        return int(found[1]) if found else 0
