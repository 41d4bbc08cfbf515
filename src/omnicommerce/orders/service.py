"""Use cases that only read orders; what changes them lives in ``checkout``."""

from __future__ import annotations

import attrs

from omnicommerce.kernel.ids import CustomerId, OrderId
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.orders.model import Order
from omnicommerce.orders.ports import OrderStores

__all__ = ["Orders"]


@attrs.frozen
class Orders:
    """Find orders from any channel."""

    transactions: Transactions[OrderStores]

    def get(self, order_id: OrderId) -> Order:
        """Return the order, or raise `NotFound`."""
        return self.transactions.run(lambda stores: stores.orders.get(order_id))

    def of_customer(self, customer_id: CustomerId, *, limit: int = 50) -> tuple[Order, ...]:
        """Return a customer's orders, newest first."""
        return self.transactions.run(
            lambda stores: stores.orders.of_customer(customer_id, limit=limit)
        )
