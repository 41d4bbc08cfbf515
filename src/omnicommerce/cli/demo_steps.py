"""What the demo tells, as data: steps with their notes and exhibits, in no language yet."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TypeAlias

import attrs

from omnicommerce.checkout.model import Quote
from omnicommerce.fulfilment.ports import Message
from omnicommerce.kernel.reasons import Reason, Trace
from omnicommerce.orders.model import Order

__all__ = [
    "Bill",
    "Cell",
    "Exhibit",
    "Grid",
    "Letter",
    "Mark",
    "Note",
    "Paper",
    "Place",
    "Row",
    "Step",
]


class Place(enum.StrEnum):
    """Where a step happens, as a person would point at it."""

    PHONE = "phone"
    LAPTOP = "laptop"
    STORE = "store"
    SHOP = "shop"
    EVERYWHERE = "everywhere"


class Mark(enum.StrEnum):
    """How a note is marked: it holds, it was refused, or it is just said."""

    YES = "yes"
    NO = "no"
    PLAIN = "plain"


@attrs.frozen
class Note:
    """One sentence below a step."""

    mark: Mark
    reason: Reason


Cell: TypeAlias = int | str | Reason
"""A figure, money as text such as ``"9.99 EUR"``, or a sentence."""


@attrs.frozen
class Row:
    """One row of a grid: what it is about, its figures, and how it is marked."""

    label: Reason
    cells: tuple[Cell, ...]
    mark: Mark = Mark.PLAIN


@attrs.frozen
class Grid:
    """A small table: the heading of each column of figures, and the rows."""

    name: str
    columns: tuple[Reason, ...]
    rows: tuple[Row, ...]


@attrs.frozen
class Bill:
    """A quote, and what became of every promotion."""

    quote: Quote
    trace: Trace


@attrs.frozen
class Letter:
    """A message to a customer."""

    message: Message


@attrs.frozen
class Paper:
    """An order as the till prints it."""

    order: Order


Exhibit: TypeAlias = Grid | Bill | Letter | Paper


@attrs.frozen(kw_only=True)
class Step:
    """One moment of the story.

    Args:
        at: When.
        place: Where.
        channel: The shop's channel, without the run's mark.
        who: Whose moment it is.
        says: What happens.
        notes: What is pointed out.
        exhibits: What is shown, between what is said and the notes.
    """

    at: datetime
    place: Place
    channel: str
    who: str
    says: Reason
    notes: tuple[Note, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
