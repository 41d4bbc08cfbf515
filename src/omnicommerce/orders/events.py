"""What happens to orders."""

from __future__ import annotations

from typing import ClassVar

import attrs

from omnicommerce.kernel.events import Event
from omnicommerce.kernel.money import Money
from omnicommerce.orders.return_model import ReturnItem

__all__ = [
    "ItemsReturned",
    "OrderCancelled",
    "OrderCompleted",
    "OrderConfirmed",
    "OrderPlaced",
    "PaymentDeclined",
    "RefundDue",
    "RefundPaid",
]


@attrs.frozen(kw_only=True)
class OrderPlaced(Event):
    """A cart became an order and everything it needs is held."""

    kind: ClassVar[str] = "order.placed"

    cart_id: str
    channel: str
    total_amount: Money


@attrs.frozen(kw_only=True)
class PaymentDeclined(Event):
    """A payment attempt was declined; the order still waits."""

    kind: ClassVar[str] = "order.payment_declined"

    attempt_id: str
    reason: str | None = None


@attrs.frozen(kw_only=True)
class OrderConfirmed(Event):
    """The order is paid."""

    kind: ClassVar[str] = "order.confirmed"

    paid_amount: Money
    points_earned: int


@attrs.frozen(kw_only=True)
class OrderCancelled(Event):
    """The order is undone and everything it held is free again."""

    kind: ClassVar[str] = "order.cancelled"

    cause: str


@attrs.frozen(kw_only=True)
class OrderCompleted(Event):
    """Nothing of the order is left to hand over."""

    kind: ClassVar[str] = "order.completed"


@attrs.frozen(kw_only=True)
class ItemsReturned(Event):
    """Units came back after the hand-over; refunds have events of their own."""

    kind: ClassVar[str] = "order.items_returned"

    return_id: str
    reason: str
    location_id: str | None
    items: tuple[ReturnItem, ...]
    refund_amount: Money
    withheld_amount: Money


@attrs.frozen(kw_only=True)
class RefundDue(Event):
    """Money is to go back to a tender."""

    kind: ClassVar[str] = "order.refund_due"

    refund_id: str
    amount: Money
    cause: str


@attrs.frozen(kw_only=True)
class RefundPaid(Event):
    """The gateway gave the money back."""

    kind: ClassVar[str] = "order.refund_paid"

    refund_id: str
    amount: Money
