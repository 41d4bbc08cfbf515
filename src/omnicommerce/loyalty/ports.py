"""What the loyalty room needs from a store."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from omnicommerce.ledger.ports import Ledger

__all__ = ["LoyaltyStores"]


class LoyaltyStores(Protocol):
    """The part of a unit of work that this room uses."""

    @property
    @abstractmethod
    def ledger(self) -> Ledger:
        """The ledger of this unit of work."""
