"""What checkout needs from a store: the rooms it spans, in one unit of work."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from omnicommerce.cart.ports import CartRepository
from omnicommerce.checkout.model import StoredConfiguration
from omnicommerce.customers.ports import CustomerRepository
from omnicommerce.fulfilment.ports import PickupRepository
from omnicommerce.kernel.events import Outbox
from omnicommerce.ledger.ports import Ledger
from omnicommerce.orders.ports import OrderRepository

__all__ = ["CheckoutStores", "ConfigurationRepository"]


class ConfigurationRepository(Protocol):
    """Keep the configurations that priced orders, by version; what is kept never changes."""

    @abstractmethod
    def has(self, version: str) -> bool:
        """Tell whether the configuration of a version is kept."""

    @abstractmethod
    def get(self, version: str) -> StoredConfiguration:
        """Return the configuration of a version, or raise `NotFound`."""

    @abstractmethod
    def keep(self, stored: StoredConfiguration) -> None:
        """Keep a configuration; of one that is kept already, nothing changes."""


class CheckoutStores(Protocol):
    """The part of a unit of work that checkout uses: all of it."""

    @property
    @abstractmethod
    def ledger(self) -> Ledger:
        """The ledger of this unit of work."""

    @property
    @abstractmethod
    def carts(self) -> CartRepository:
        """The carts of this unit of work."""

    @property
    @abstractmethod
    def orders(self) -> OrderRepository:
        """The orders of this unit of work."""

    @property
    @abstractmethod
    def pickups(self) -> PickupRepository:
        """The pick-ups of this unit of work."""

    @property
    @abstractmethod
    def customers(self) -> CustomerRepository:
        """The customers of this unit of work."""

    @property
    @abstractmethod
    def outbox(self) -> Outbox:
        """The events of this unit of work."""

    @property
    @abstractmethod
    def configurations(self) -> ConfigurationRepository:
        """The configurations that priced orders."""
