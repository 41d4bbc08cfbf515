"""What pricing needs from a store: the history of advertised prices."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from omnicommerce.pricing.history import PriceAnnounced

__all__ = ["PriceHistory"]


class PriceHistory(Protocol):
    """Keep what was advertised, for good: announcements are added and never changed.

    Written by whoever publishes prices, inside a unit of work; read where a reduction is
    shown. Nothing of it decides what a basket costs.
    """

    @abstractmethod
    def record(self, events: Iterable[PriceAnnounced]) -> int:
        """Keep announcements, and return how many were new.

        One that is kept already is left as it is, so recording may be repeated. They
        may come in any order, and late.

        Raises:
            InvalidValue: A place would have two prices at one instant.
        """

    @abstractmethod
    def of_sku(
        self, sku: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[PriceAnnounced, ...]:
        """Return the announcements in force at any moment of ``[since, until)``, of all places.

        So the one in force at ``since`` is among them, however old it is. Places are in
        order of channel, currency, segment and location, each in order of time.

        Args:
            sku: Whose prices.
            since: From when on; None: since ever.
            until: Until when; None: for ever.
        """

    @abstractmethod
    def in_force(self, skus: Iterable[str], *, at: datetime) -> tuple[PriceAnnounced, ...]:
        """Return the latest announcement up to ``at`` of each place of these SKUs.

        Places are in order of SKU, channel, currency, segment and location.
        """
