"""The repositories over dictionaries: each a few lines over a table of versioned aggregates."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import attrs

from omnicommerce.adapters.memory.table import Table, UndoLog
from omnicommerce.customers.model import Customer
from omnicommerce.fulfilment.model import Pickup, PickupStatus
from omnicommerce.kernel.errors import Conflict, NotFound, StaleVersion
from omnicommerce.kernel.ids import CartId, CustomerId, LocationId, OrderId
from omnicommerce.orders.model import Order, PastOrder

__all__ = [
    "MemoryCustomers",
    "MemoryOrders",
    "MemoryPickups",
    "Versioned",
    "VersionedRows",
]


class Versioned(Protocol):
    """An attrs class that counts the changes saved."""

    @property
    @abstractmethod
    def version(self) -> int:
        """How often it was saved."""


A = TypeVar("A", bound=Versioned)


class VersionedRows(Generic[A]):
    """Aggregates read and saved whole, at most one writer winning each version.

    Args:
        kind: What one is called in errors.
        log: The undo log of the store.
        identity: Gives an aggregate's identity.
        unique: Names the indexes under which no two aggregates may stand.
        indexes: By name, what else an aggregate is found by.
    """

    def __init__(
        self,
        kind: str,
        log: UndoLog,
        identity: Callable[[A], str],
        unique: tuple[str, ...] = (),
        **indexes: Callable[[A], Hashable | None],
    ) -> None:
        self._kind = kind
        self._identity = identity
        self._unique = {name: indexes[name] for name in unique}
        self.rows: Table[str, A] = Table(f"{kind}s", log, **indexes)

    def get(self, identity: str) -> A:
        """Return the aggregate, or raise `NotFound`."""
        found = self.rows.get(identity)
        if found is None:
            raise NotFound(self._kind, identity)
        return found

    def find_one(self, index: str, key: Hashable) -> A | None:
        """Return the one aggregate under this key, if there is one."""
        return next(iter(self.rows.find(index, key)), None)

    def add(self, aggregate: A) -> None:
        """Keep a new aggregate.

        Raises:
            Conflict: Its identity or a unique key is taken.
        """
        identity = self._identity(aggregate)
        if self.rows.get(identity) is not None:
            raise Conflict(f"there is a {self._kind} {identity!r} already", identity=identity)
        self._require_unique(aggregate, identity)
        self.rows.put(identity, aggregate)

    def save(self, aggregate: A) -> A:
        """Replace the aggregate read at its version; return it one version later.

        Raises:
            StaleVersion: It was changed since.
            Conflict: A unique key is taken.
        """
        identity = self._identity(aggregate)
        if self.get(identity).version != aggregate.version:
            raise StaleVersion(self._kind, identity, aggregate.version)
        self._require_unique(aggregate, identity)
        whole: Any = aggregate
        saved: A = attrs.evolve(whole, version=aggregate.version + 1)
        self.rows.put(identity, saved)
        return saved

    def _require_unique(self, aggregate: A, identity: str) -> None:
        for name, key_of in self._unique.items():
            key = key_of(aggregate)
            if any(self._identity(other) != identity for other in self.rows.find(name, key)):
                raise Conflict(f"another {self._kind} has this {name}: {key!r}", identity=identity)


class MemoryCustomers(VersionedRows[Customer]):
    """`omnicommerce.customers.ports.CustomerRepository` in memory."""

    def __init__(self, log: UndoLog) -> None:
        super().__init__(
            "customer", log, lambda c: c.customer_id, ("email",), email=lambda c: c.email
        )

    def find_by_email(self, email: str) -> Customer | None:
        """Return the customer of this address, if there is one."""
        return self.find_one("email", email)


class MemoryOrders(VersionedRows[Order]):
    """`omnicommerce.orders.ports.OrderRepository` in memory."""

    def __init__(self, log: UndoLog) -> None:
        super().__init__(
            "order",
            log,
            lambda order: order.order_id,
            ("cart",),
            cart=lambda order: order.cart_id,
            customer=lambda order: order.customer_id,
            attention=lambda order: order.attention_at is not None or None,
        )

    def find_by_cart(self, cart_id: CartId) -> Order | None:
        """Return the order that this cart became, if it did."""
        return self.find_one("cart", cart_id)

    def of_customer(self, customer_id: CustomerId, *, limit: int = 50) -> tuple[Order, ...]:
        """Return a customer's orders, newest first."""
        found = self.rows.find("customer", customer_id)
        found.sort(key=lambda order: order.order_id)
        found.sort(key=lambda order: order.placed_at, reverse=True)
        return tuple(found[:limit])

    def past_of(self, customer_id: CustomerId) -> tuple[PastOrder, ...]:
        """Return what counts of all of a customer's orders, oldest first."""
        found = self.rows.find("customer", customer_id)
        found.sort(key=lambda order: (order.placed_at, order.order_id))
        return tuple(PastOrder(order.placed_at, order.status) for order in found)

    def needing_attention(self, at: datetime, *, limit: int = 100) -> tuple[Order, ...]:
        """Return orders that a scheduler should look at, oldest first."""
        waiting = [
            (order.attention_at, order.order_id, order)
            for order in self.rows.find("attention", key=True)
            if order.attention_at is not None and order.attention_at <= at
        ]
        return tuple(order for _, _, order in sorted(waiting, key=lambda each: each[:2])[:limit])


class MemoryPickups(VersionedRows[Pickup]):
    """`omnicommerce.fulfilment.ports.PickupRepository` in memory."""

    def __init__(self, log: UndoLog) -> None:
        super().__init__(
            "pickup",
            log,
            lambda pickup: pickup.pickup_id,
            order=lambda pickup: pickup.order_id,
            open_at=lambda p: p.location_id if p.is_open else None,
            ready=lambda p: p.status is PickupStatus.READY or None,
        )

    def of_order(self, order_id: OrderId) -> tuple[Pickup, ...]:
        """Return an order's pick-ups in order of identity."""
        return tuple(sorted(self.rows.find("order", order_id), key=lambda p: p.pickup_id))

    def open_at(self, location_id: LocationId, *, limit: int = 100) -> tuple[Pickup, ...]:
        """Return what the store has to prepare or hand over, earliest first."""
        found = self.rows.find("open_at", location_id)
        return tuple(sorted(found, key=lambda p: (p.ready_by, p.pickup_id))[:limit])

    def overdue(self, at: datetime, *, limit: int = 100) -> tuple[Pickup, ...]:
        """Return ready pick-ups whose time is over, oldest first."""
        found = [p for p in self.rows.find("ready", key=True) if p.collect_until <= at]
        return tuple(sorted(found, key=lambda p: (p.collect_until, p.pickup_id))[:limit])
