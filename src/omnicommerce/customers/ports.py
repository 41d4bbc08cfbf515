"""What the customer's room needs from a store."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from omnicommerce.customers.model import Customer
from omnicommerce.kernel.ids import CustomerId

__all__ = ["CustomerRepository", "CustomerStores"]


class CustomerRepository(Protocol):
    """Keep customers; one per e-mail address."""

    @abstractmethod
    def get(self, customer_id: CustomerId) -> Customer:
        """Return the customer, or raise `NotFound`."""

    @abstractmethod
    def find_by_email(self, email: str) -> Customer | None:
        """Return the customer of this lower-case address, if there is one."""

    @abstractmethod
    def add(self, customer: Customer) -> None:
        """Keep a new customer at version 0.

        Raises:
            Conflict: The identity or the address is taken.
        """

    @abstractmethod
    def save(self, customer: Customer) -> Customer:
        """Replace the customer read at ``customer.version``; return it one version later.

        Raises:
            StaleVersion: It was changed since.
        """


class CustomerStores(Protocol):
    """The part of a unit of work that this room uses."""

    @property
    @abstractmethod
    def customers(self) -> CustomerRepository:
        """The customers of this unit of work."""
