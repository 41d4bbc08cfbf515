"""What the order room needs from a store and from the outside."""

from __future__ import annotations

import enum
from abc import abstractmethod
from datetime import datetime
from typing import Protocol

import attrs

from omnicommerce.kernel.ids import CartId, CustomerId, OrderId
from omnicommerce.kernel.money import Money
from omnicommerce.orders.model import Order, PastOrder

__all__ = [
    "GatewayAnswer",
    "GatewayVerdict",
    "OrderRepository",
    "OrderStores",
    "PaymentGateway",
]


class OrderRepository(Protocol):
    """Keep orders; one per cart."""

    @abstractmethod
    def get(self, order_id: OrderId) -> Order:
        """Return the order, or raise `NotFound`."""

    @abstractmethod
    def find_by_cart(self, cart_id: CartId) -> Order | None:
        """Return the order that this cart became, if it did."""

    @abstractmethod
    def of_customer(self, customer_id: CustomerId, *, limit: int = 50) -> tuple[Order, ...]:
        """Return a customer's orders, newest first."""

    @abstractmethod
    def past_of(self, customer_id: CustomerId) -> tuple[PastOrder, ...]:
        """Return all of a customer's orders, oldest first, with no more than is counted of them.

        Asked while a price depends on earlier orders: one look, however many there are.
        """

    @abstractmethod
    def needing_attention(self, at: datetime, *, limit: int = 100) -> tuple[Order, ...]:
        """Return orders whose ``attention_at`` has come at this instant, oldest first."""

    @abstractmethod
    def add(self, order: Order) -> None:
        """Keep a new order at version 0.

        Raises:
            Conflict: The order's or the cart's identity is taken.
        """

    @abstractmethod
    def save(self, order: Order) -> Order:
        """Replace the order read at ``order.version``; return it one version later.

        Raises:
            StaleVersion: It was changed since.
        """


class OrderStores(Protocol):
    """The part of a unit of work that this room uses."""

    @property
    @abstractmethod
    def orders(self) -> OrderRepository:
        """The orders of this unit of work."""


class GatewayVerdict(enum.StrEnum):
    """What a gateway says about an operation."""

    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class GatewayAnswer:
    """A gateway's answer: its verdict, its own reference, and why it declined."""

    verdict: GatewayVerdict
    reference: str | None = None
    reason: str | None = None


class PaymentGateway(Protocol):
    """Move money; given to `Commerce.open`, called outside of any transaction.

    Every operation has an identity: calling again with the same identity must
    not move money twice. A timeout is answered ``UNKNOWN``, never guessed; an
    exception is taken for ``UNKNOWN`` too.
    """

    @abstractmethod
    def charge(self, operation_id: str, amount: Money, *, token: str) -> GatewayAnswer:
        """Collect money from the means of payment that ``token`` stands for."""

    @abstractmethod
    def refund(self, operation_id: str, amount: Money, *, reference: str) -> GatewayAnswer:
        """Give money of an approved charge back."""

    @abstractmethod
    def look_up(self, operation_id: str) -> GatewayAnswer:
        """Tell what became of an operation; one it never saw is ``DECLINED``."""
