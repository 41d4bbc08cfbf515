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

    def buys_for(
        self, customer_id: CustomerId, company_id: str | None, *, tax_exempt: bool = False
    ) -> Customer:
        """Say for which company a customer buys, and whether tax is due from them.

        For staff who checked it, and never what a customer says of themselves: prices
        and taxes follow from it in every channel, from the next quote on.

        Args:
            customer_id: Who.
            company_id: The company; None: they buy for themselves.
            tax_exempt: Whether no tax is due.

        Returns:
            The customer as they are now.

        Raises:
            NotFound: There is no such customer.
            InvalidValue: The company is no identity, or the exemption no truth value.
        """

        def work(stores: CustomerStores) -> Customer:
            known = stores.customers.get(customer_id)
            changed = attrs.evolve(known, company_id=company_id, tax_exempt=tax_exempt)
            return known if changed == known else stores.customers.save(changed)

        return self.transactions.run(work)

    def get(self, customer_id: CustomerId) -> Customer:
        """Return the customer, or raise `NotFound`."""
        return self.transactions.run(lambda stores: stores.customers.get(customer_id))
