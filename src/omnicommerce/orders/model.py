"""The order: lines as they were priced, tenders as they were paid, and where both stand."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, LocationId, OrderId, Sku
from omnicommerce.kernel.money import Money

__all__ = [
    "ATTEMPT_TRANSITIONS",
    "ORDER_TRANSITIONS",
    "AttemptState",
    "LineAdjustment",
    "LineItem",
    "Order",
    "OrderStatus",
    "PaymentAttempt",
    "PromotionUse",
    "Refund",
    "RefundState",
    "Tender",
    "TenderKind",
]


class OrderStatus(enum.StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


ORDER_TRANSITIONS: Final[Mapping[OrderStatus, frozenset[OrderStatus]]] = {
    OrderStatus.PLACED: frozenset({OrderStatus.CONFIRMED, OrderStatus.CANCELLED}),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}
"""Placed: holds taken, payment open. Confirmed: paid. Completed: handed over. Cancelled: undone."""


class AttemptState(enum.StrEnum):
    """What is known about one call to the payment gateway."""

    OPEN = "open"
    UNKNOWN = "unknown"
    APPROVED = "approved"
    DECLINED = "declined"


ATTEMPT_TRANSITIONS: Final[Mapping[AttemptState, frozenset[AttemptState]]] = {
    AttemptState.OPEN: frozenset(
        {AttemptState.UNKNOWN, AttemptState.APPROVED, AttemptState.DECLINED}
    ),
    AttemptState.UNKNOWN: frozenset({AttemptState.APPROVED, AttemptState.DECLINED}),
    AttemptState.APPROVED: frozenset(),
    AttemptState.DECLINED: frozenset(),
}


class TenderKind(enum.StrEnum):
    """What pays: gateway, points, a coupon its issuer reimburses, what the shop adds to one."""

    GATEWAY = "gateway"
    POINTS = "points"
    COUPON = "coupon"
    MATCH = "match"


class RefundState(enum.StrEnum):
    """Where one refund stands; ``due`` ones are still to be carried out."""

    DUE = "due"
    UNKNOWN = "unknown"
    DONE = "done"


@attrs.frozen(kw_only=True)
class LineAdjustment:
    """What one promotion changed on a line; negative amounts are discounts."""

    promotion_id: str
    amount: Money


@attrs.frozen(kw_only=True)
class LineItem:
    """One line as it was priced: ``amount = list_amount + sum of adjustments``.

    Args:
        line_id: Identity within the order.
        sku: What was bought.
        name: Its name by language at the time.
        quantity: In the SKU's smallest unit.
        list_amount: The whole line before promotions.
        adjustments: What promotions changed.
        amount: The whole line after promotions.
        components: SKU and quantity that stock gives for the whole line: the
            SKU itself, or the parts of a kit.
        options: Chosen options.
        notes: Preparation notes.
        collected: Units handed over and kept.
        declined: Units declined, missed or cancelled, and refunded.
    """

    line_id: str
    sku: Sku
    name: Mapping[str, str]
    quantity: int
    list_amount: Money
    adjustments: tuple[LineAdjustment, ...] = ()
    amount: Money
    components: tuple[tuple[Sku, int], ...] = ()
    options: Mapping[str, str] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()
    collected: int = 0
    declined: int = 0

    @property
    def open(self) -> int:
        """Units neither collected nor declined."""
        return self.quantity - self.collected - self.declined


@attrs.frozen(kw_only=True)
class Tender:
    """One means of payment: how much of the order it covers and what went back to it."""

    tender_id: str
    kind: TenderKind
    amount: Money
    points: int = 0
    coupon_id: str | None = None
    reference: str | None = None
    refunded_amount: Money

    @property
    def left(self) -> Money:
        """What has not been given back."""
        return self.amount - self.refunded_amount


@attrs.frozen(kw_only=True)
class PaymentAttempt:
    """One call to the gateway; ``attempt_id`` is the operation identity it is made with."""

    attempt_id: str
    amount: Money
    state: AttemptState
    opened_at: datetime
    reference: str | None = None
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Refund:
    """Money or points going back to one tender; ``refund_id`` is the operation identity."""

    refund_id: str
    tender_id: str
    amount: Money
    cause: str
    state: RefundState
    reference: str | None = None


@attrs.frozen(kw_only=True)
class PromotionUse:
    """One use of a limited promotion, and the lines whose price it changed."""

    promotion_id: str
    line_ids: tuple[str, ...]
    accounts: tuple[tuple[str, str, str], ...]
    restored: bool = False


@attrs.frozen(kw_only=True)
class Order:
    """A placed order.

    ``total_amount`` is what the goods cost after promotions; the tenders cover
    it, and ``change_amount`` is what coupons worth more than the goods paid
    out. ``book_version`` names the price book that priced it.
    """

    order_id: OrderId
    cart_id: CartId
    channel: ChannelId
    customer_id: CustomerId | None
    placed_at: datetime
    status: OrderStatus
    lines: tuple[LineItem, ...]
    list_amount: Money
    total_amount: Money
    change_amount: Money
    tenders: tuple[Tender, ...]
    uses: tuple[PromotionUse, ...] = ()
    attempts: tuple[PaymentAttempt, ...] = ()
    refunds: tuple[Refund, ...] = ()
    points_earned: int = 0
    points_clawed: int = 0
    location_id: LocationId | None = None
    pickup_id: str | None = None
    held_until: datetime | None = None
    book_version: str
    version: int = 0

    def line(self, line_id: str) -> LineItem | None:
        """Return the line of this identity."""
        return next((line for line in self.lines if line.line_id == line_id), None)

    def tender(self, kind: TenderKind) -> Tender | None:
        """Return the first tender of a kind."""
        return next((tender for tender in self.tenders if tender.kind is kind), None)

    @property
    def unsettled(self) -> tuple[PaymentAttempt, ...]:
        """The payment attempts whose outcome is not known yet."""
        return tuple(attempt for attempt in self.attempts if ATTEMPT_TRANSITIONS[attempt.state])

    @property
    def attention_at(self) -> datetime | None:
        """First instant at which a scheduler should look at it again; None: never.

        For an order that waits for payment it is when what it holds lapses; for
        one with a payment of unknown outcome, or with refunds to be carried
        out, it has come already.
        """
        if self.status is OrderStatus.PLACED:
            lost = [a for a in self.attempts if a.state is AttemptState.UNKNOWN]
            return lost[0].opened_at if lost else self.held_until
        if any(refund.state is not RefundState.DONE for refund in self.refunds):
            return self.placed_at
        return None

    @property
    def due_amount(self) -> Money:
        """What the gateway has to collect: nothing if other tenders cover the order."""
        tender = self.tender(TenderKind.GATEWAY)
        return tender.amount if tender else Money.zero(self.total_amount.currency)

    @property
    def refunded_amount(self) -> Money:
        """Everything given back so far, over all tenders."""
        return Money.total(
            (tender.refunded_amount for tender in self.tenders), self.total_amount.currency
        )
