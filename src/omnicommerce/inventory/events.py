"""What happens to stock that somebody should hear of: once per crossing of a threshold."""

from __future__ import annotations

from typing import ClassVar

import attrs

from omnicommerce.kernel.events import Event

__all__ = ["StockBack", "StockEvent", "StockLow", "StockOut", "StockRecovered"]


@attrs.frozen(kw_only=True)
class StockEvent(Event):
    """A level that changed; the subject is the SKU.

    Args:
        location_id: Where.
        available: What can be promised now, in smallest units.
        threshold: At or below which it is low; None: it is never called low.
    """

    location_id: str
    available: int
    threshold: int | None


@attrs.frozen(kw_only=True)
class StockLow(StockEvent):
    """There was enough; what is left is at the threshold or below."""

    kind: ClassVar[str] = "stock.low"


@attrs.frozen(kw_only=True)
class StockOut(StockEvent):
    """Nothing can be promised any more."""

    kind: ClassVar[str] = "stock.out"


@attrs.frozen(kw_only=True)
class StockBack(StockEvent):
    """Something can be promised again, if only a little."""

    kind: ClassVar[str] = "stock.back"


@attrs.frozen(kw_only=True)
class StockRecovered(StockEvent):
    """It was low; now there is enough."""

    kind: ClassVar[str] = "stock.recovered"
