"""Which lots a quantity is taken from, and which parts of a hold it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import attrs

from omnicommerce.ledger.model import Hold, HoldPart, Lot

__all__ = ["Ending", "Pick", "choose_lots", "end_units", "lot_order"]

_NEVER: Final = datetime.max.replace(tzinfo=UTC)

Ending = Literal["captured", "released", "expired", "restored"]
"""The counter of a hold that a verb raises."""

Pick = tuple[str | None, int]
"""A lot's identity and the units of it; None where the account has no lots."""


def lot_order(lot: Lot) -> tuple[datetime, str]:
    """Sort key of lots: earliest expiry first, never last, then by identity."""
    return lot.expires_at or _NEVER, lot.lot_id


def choose_lots(lots: Iterable[Lot], quantity: int) -> tuple[tuple[tuple[str, int], ...], int]:
    """Take up to ``quantity`` free units, earliest expiry first.

    Returns:
        The picks, and how many units were not found.
    """
    picks: list[tuple[str, int]] = []
    for lot in sorted(lots, key=lot_order):
        taken = min(lot.free, quantity)
        if taken > 0:
            picks.append((lot.lot_id, taken))
            quantity -= taken
    return tuple(picks), quantity


def end_units(hold: Hold, quantity: int, how: Ending) -> tuple[Hold, tuple[Pick, ...]]:
    """Raise one counter of a hold by ``quantity``, and say which lots it falls on.

    Captures and expiries take the parts that expire first, releases and
    restores those that expire last: what stays with the customer lives longest.

    Returns:
        The changed hold, and the picks in that order.
    """
    counted = attrs.evolve(hold, **{how: getattr(hold, how) + quantity})
    if not hold.parts:
        return counted, ((None, quantity),)
    backwards = how in {"released", "restored"}
    parts: Sequence[HoldPart] = hold.parts[::-1] if backwards else hold.parts
    changed: list[HoldPart] = []
    picks: list[Pick] = []
    for part in parts:
        room = part.captured - part.restored if how == "restored" else part.open
        taken = min(room, quantity)
        if taken:
            quantity -= taken
            picks.append((part.lot_id, taken))
            changed.append(attrs.evolve(part, **{how: getattr(part, how) + taken}))
        else:
            changed.append(part)
    return attrs.evolve(counted, parts=tuple(changed[::-1] if backwards else changed)), tuple(picks)
