"""The repositories: each a table of aggregates and the queries its room asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.aggregates import Aggregates, Mapped
from omnicommerce.adapters.sql.in_documents import StatusOf
from omnicommerce.adapters.sql.instants import from_micros, to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.customers.model import Customer
from omnicommerce.fulfilment.model import Pickup, PickupStatus
from omnicommerce.kernel.documents import StoredKind
from omnicommerce.kernel.ids import CartId, CustomerId, LocationId, OrderId
from omnicommerce.orders.model import Order, OrderStatus, PastOrder

__all__ = ["SqlCustomers", "SqlOrders", "SqlPickups"]

_LIMIT: Final = sa.bindparam("limit", type_=sa.Integer())

_CUSTOMERS: Final[Mapped[Customer]] = Mapped(
    tables.customer,
    "customer",
    StoredKind(1, Customer),
    lambda customer: {"email": customer.email},
)
_BY_EMAIL: Final = _CUSTOMERS.select.where(tables.customer.c.email == sa.bindparam("email"))


class SqlCustomers(Aggregates[Customer]):
    """`omnicommerce.customers.ports.CustomerRepository` over SQL."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, _CUSTOMERS)

    def find_by_email(self, email: str) -> Customer | None:
        """Return the customer of this address, if there is one."""
        return self.find_one(_BY_EMAIL, email=email)


_ORDERS: Final[Mapped[Order]] = Mapped(
    tables.order,
    "order",
    StoredKind(1, Order),
    lambda order: {
        "cart_id": order.cart_id,
        "customer_id": order.customer_id,
        "placed_at": to_micros(order.placed_at),
        "attention_at": to_micros(order.attention_at) if order.attention_at else None,
    },
)
_BY_CART: Final = _ORDERS.select.where(tables.order.c.cart_id == sa.bindparam("cart_id"))
_OF_CUSTOMER: Final = (
    _ORDERS.select.where(tables.order.c.customer_id == sa.bindparam("customer_id"))
    .order_by(tables.order.c.placed_at.desc(), tables.order.c.order_id)
    .limit(_LIMIT)
)
_PAST_OF: Final = (
    sa.select(tables.order.c.placed_at, StatusOf(tables.order.c.document))
    .where(tables.order.c.customer_id == sa.bindparam("customer_id"))
    .order_by(tables.order.c.placed_at, tables.order.c.order_id)
)
_ATTENTION: Final = (
    _ORDERS.select.where(tables.order.c.attention_at <= sa.bindparam("at"))
    .order_by(tables.order.c.attention_at, tables.order.c.order_id)
    .limit(_LIMIT)
)


class SqlOrders(Aggregates[Order]):
    """`omnicommerce.orders.ports.OrderRepository` over SQL."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, _ORDERS)

    def find_by_cart(self, cart_id: CartId) -> Order | None:
        """Return the order that this cart became, if it did."""
        return self.find_one(_BY_CART, cart_id=cart_id)

    def of_customer(self, customer_id: CustomerId, *, limit: int = 50) -> tuple[Order, ...]:
        """Return a customer's orders, newest first."""
        return self.find(_OF_CUSTOMER, customer_id=customer_id, limit=limit)

    def past_of(self, customer_id: CustomerId) -> tuple[PastOrder, ...]:
        """Return what counts of all of a customer's orders, oldest first."""
        rows = self._transaction.rows(_PAST_OF, {"customer_id": customer_id})
        return tuple(
            PastOrder(from_micros(int(placed)), OrderStatus(status)) for placed, status in rows
        )

    def needing_attention(self, at: datetime, *, limit: int = 100) -> tuple[Order, ...]:
        """Return orders that a scheduler should look at, oldest first."""
        return self.find(_ATTENTION, at=to_micros(at), limit=limit)


def _pickup_columns(pickup: Pickup) -> Mapping[str, Any]:
    is_ready = pickup.status is PickupStatus.READY
    return {
        "order_id": pickup.order_id,
        "location_id": pickup.location_id,
        "open_by": to_micros(pickup.ready_by) if pickup.is_open else None,
        "due_at": to_micros(pickup.collect_until) if is_ready else None,
    }


_PICKUPS: Final[Mapped[Pickup]] = Mapped(
    tables.pickup, "pickup", StoredKind(1, Pickup), _pickup_columns
)
_OF_ORDER: Final = _PICKUPS.select.where(
    tables.pickup.c.order_id == sa.bindparam("order_id")
).order_by(tables.pickup.c.pickup_id)
_OPEN_AT: Final = (
    _PICKUPS.select.where(
        tables.pickup.c.location_id == sa.bindparam("location_id"),
        tables.pickup.c.open_by.is_not(None),
    )
    .order_by(tables.pickup.c.open_by, tables.pickup.c.pickup_id)
    .limit(_LIMIT)
)
_OVERDUE: Final = (
    _PICKUPS.select.where(tables.pickup.c.due_at <= sa.bindparam("at"))
    .order_by(tables.pickup.c.due_at, tables.pickup.c.pickup_id)
    .limit(_LIMIT)
)


class SqlPickups(Aggregates[Pickup]):
    """`omnicommerce.fulfilment.ports.PickupRepository` over SQL."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, _PICKUPS)

    def of_order(self, order_id: OrderId) -> tuple[Pickup, ...]:
        """Return an order's pick-ups in order of identity."""
        return self.find(_OF_ORDER, order_id=order_id)

    def open_at(self, location_id: LocationId, *, limit: int = 100) -> tuple[Pickup, ...]:
        """Return what the store has to prepare or hand over, earliest first."""
        return self.find(_OPEN_AT, location_id=location_id, limit=limit)

    def overdue(self, at: datetime, *, limit: int = 100) -> tuple[Pickup, ...]:
        """Return ready pick-ups whose time is over, oldest first."""
        return self.find(_OVERDUE, at=to_micros(at), limit=limit)
