"""Use cases about customers."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from omnicommerce.customers.model import Customer
from omnicommerce.customers.ports import CustomerStores
from omnicommerce.kernel.ids import CustomerId, IdFactory
from omnicommerce.kernel.unit_of_work import Transactions

__all__ = ["Customers"]


@attrs.frozen
class Customers:
    """Register customers and find them again from any channel."""

    transactions: Transactions[CustomerStores]
    ids: IdFactory

    def register(
        self, name: str, email: str, *, locale: str = "en", classes: Iterable[str] = ()
    ) -> Customer:
        """Return the customer of this address, registering them first if nobody has it.

        The address is compared without regard to case and outer spaces. A
        customer who exists is returned as they are.

        Raises:
            InvalidValue: The address or the name is impossible.
        """
        new = Customer(
            customer_id=CustomerId(self.ids.new("customer")),
            name=name,
            email=email.strip().casefold(),
            locale=locale,
            classes=classes,
        )

        def work(stores: CustomerStores) -> Customer:
            known = stores.customers.find_by_email(new.email)
            if known is not None:
                return known
            stores.customers.add(new)
            return new

        return self.transactions.run(work)

    def get(self, customer_id: CustomerId) -> Customer:
        """Return the customer, or raise `NotFound`."""
        return self.transactions.run(lambda stores: stores.customers.get(customer_id))
