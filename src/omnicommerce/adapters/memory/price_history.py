"""The history of advertised prices over dictionaries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from omnicommerce.adapters.memory.table import Table, UndoLog
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.history import PriceAnnounced, PricePlace

__all__ = ["MemoryPriceHistory"]


class MemoryPriceHistory:
    """`omnicommerce.pricing.ports.PriceHistory` in memory.

    Args:
        log: The undo log of the store; None: a history that stands alone.
    """

    def __init__(self, log: UndoLog | None = None) -> None:
        self._events: Table[tuple[PricePlace, datetime], PriceAnnounced] = Table(
            "prices", log or UndoLog(), sku=lambda event: event.place.sku
        )

    def record(self, events: Iterable[PriceAnnounced]) -> int:
        """Keep announcements, and return how many were new; see the port."""
        new: dict[tuple[PricePlace, datetime], PriceAnnounced] = {}
        for event in events:
            key = (event.place, event.at)
            known = self._events.get(key) or new.setdefault(key, event)
            if known != event:
                raise InvalidValue(
                    "events", f"{event.place.sku!r} has another price at {event.at.isoformat()}"
                )
        for key, event in new.items():
            self._events.put(key, event)
        return len(new)

    def of_sku(
        self, sku: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[PriceAnnounced, ...]:
        """Return the announcements in force within a window; see the port."""
        if since is not None and until is not None and until <= since:
            return ()
        found = self._events.find("sku", sku)
        if until is not None:
            last = require_instant(until, "until")
            found = [event for event in found if event.at < last]
        if since is not None:
            first = require_instant(since, "since")
            opening = _latest(found, first).values()
            found = [*(event for event in found if event.at > first), *opening]
        return tuple(sorted(found, key=lambda event: (event.place.sort_key, event.at)))

    def in_force(self, skus: Iterable[str], *, at: datetime) -> tuple[PriceAnnounced, ...]:
        """Return the latest announcement of each place; see the port."""
        instant = require_instant(at)
        found = [event for sku in set(skus) for event in self._events.find("sku", sku)]
        return tuple(
            sorted(_latest(found, instant).values(), key=lambda event: event.place.sort_key)
        )


def _latest(events: Iterable[PriceAnnounced], at: datetime) -> dict[PricePlace, PriceAnnounced]:
    """Return each place's latest announcement up to an instant."""
    latest: dict[PricePlace, PriceAnnounced] = {}
    for event in events:
        known = latest.get(event.place)
        if event.at <= at and (known is None or known.at < event.at):
            latest[event.place] = event
    return latest
