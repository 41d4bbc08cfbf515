"""The order: lines as they were priced, tenders as they were paid, and where both stand."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, LocationId, OrderId, Sku
from omnicommerce.kernel.money import Money
from omnicommerce.orders.return_model import Return
from omnicommerce.orders.shares import Runs, UnitShares, even_runs, even_shares, first_units

__all__ = [
    "ATTEMPT_TRANSITIONS",
    "ORDER_TRANSITIONS",
    "AttemptState",
    "LineAdjustment",
    "LineItem",
    "Order",
    "OrderStatus",
    "PastOrder",
    "PaymentAttempt",
    "PointsPromise",
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
        paid_amount: What it cost with everything, such as a tax that prices are without;
            None: the same.
        tax_amount: The tax in what was paid; None: it is not known.
        shares: What each unit cost and got off; None: all units are alike.
        components: SKU and quantity that stock gives for the whole line: the
            SKU itself, or the parts of a kit.
        options: Chosen options.
        notes: Preparation notes.
        collected: Units handed over, those that came back later included.
        declined: Units declined, missed or cancelled, and refunded.
        returned: Collected units that came back and were refunded.
        gift_of: The promotion that gave it: nobody put it into the cart, and it is held,
            prepared and handed over like the rest; None: it was bought.

    Raises:
        InvalidValue: The shares do not sum to the line's amounts.
    """

    line_id: str
    sku: Sku
    name: Mapping[str, str]
    quantity: int
    list_amount: Money
    adjustments: tuple[LineAdjustment, ...] = ()
    amount: Money
    paid_amount: Money | None = None
    tax_amount: Money | None = None
    shares: UnitShares | None = None
    components: tuple[tuple[Sku, int], ...] = ()
    options: Mapping[str, str] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()
    collected: int = 0
    declined: int = 0
    returned: int = 0
    gift_of: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse shares of another line."""
        if self.shares is not None:
            self.shares.require(
                units=self.quantity,
                amount=self.amount.minor,
                changes=self._changes,
                paid=self.paid_minor,
                tax=self.tax_amount.minor if self.tax_amount else 0,
            )

    @property
    def _changes(self) -> list[int]:
        return [change.amount.minor for change in self.adjustments]

    @property
    def paid_minor(self) -> int:
        """What the whole line cost with everything, in minor units."""
        return self.amount.minor if self.paid_amount is None else self.paid_amount.minor

    @property
    def unit_shares(self) -> UnitShares:
        """What each unit cost and got off."""
        if self.shares is not None:
            return self.shares
        shares = even_shares(self.list_amount.minor, self._changes, self.quantity)
        return attrs.evolve(shares, paid=even_runs(self.paid_minor, self.quantity))

    @property
    def open(self) -> int:
        """Units neither collected nor declined."""
        return self.quantity - self.collected - self.declined

    @property
    def kept(self) -> int:
        """Units that the customer has: they can be returned."""
        return self.collected - self.returned

    @property
    def gone(self) -> int:
        """Units that were given back, before or after the hand-over."""
        return self.declined + self.returned

    @property
    def left(self) -> int:
        """Units that were not given back."""
        return self.quantity - self.gone

    @property
    def gone_minor(self) -> int:
        """What the units that were given back had cost with everything, in minor units."""
        return first_units(self.unit_shares.refunds, self.gone)

    def given_minor(self, promotion_ids: Collection[str], units: int) -> int:
        """Return what promotions took off the first so many units, in minor units."""
        return -sum(
            first_units(runs, units)
            for change, runs in zip(self.adjustments, self.unit_shares.adjustments, strict=True)
            if change.promotion_id in promotion_ids
        )


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
    """One use of a limited promotion or code: the lines it served, and what it took.

    Args:
        promotion_id: The promotion; of a code ``code:`` and its normalised form.
        unlocked: Of a code: the promotions that it unlocked and that gave something.
        line_ids: The lines that it changed, or that earned its points; none: it belongs
            to the order as a whole.
        accounts: Ledger accounts of which it took one use each.
        budgets: Ledger accounts of which it took ``given_minor`` each.
        given_minor: What it gave in this order, in minor units.
        returned_minor: The part of that which is in its budgets again.
        restored: Whether its uses are.
    """

    promotion_id: str
    unlocked: tuple[str, ...] = ()
    line_ids: tuple[str, ...]
    accounts: tuple[tuple[str, str, str], ...]
    budgets: tuple[tuple[str, str, str], ...] = ()
    given_minor: int = 0
    returned_minor: int = 0
    restored: bool = False

    @property
    def promotion_ids(self) -> tuple[str, ...]:
        """The promotions for whose sake it was used."""
        return self.unlocked or (self.promotion_id,)


@attrs.frozen(kw_only=True)
class PointsPromise:
    """Points that a promotion promised for after the order, and what became of them.

    Args:
        promotion_id: The promotion.
        points: What it promised.
        shares: What each unit earned of them, by line; lines that earned nothing are not
            there. They are fixed when the order is placed.
        credited: Whether the customer got them.
        clawed: Those of them that were taken back.

    Raises:
        InvalidValue: The shares do not sum to the points.
    """

    promotion_id: str
    points: int
    shares: Mapping[str, Runs]
    credited: bool = False
    clawed: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse shares of other points."""
        shared = sum(units * each for runs in self.shares.values() for units, each in runs)
        if shared != self.points:
            raise InvalidValue("shares", f"sum to {shared} and not to {self.points} points")

    def earned_by(self, lines: Mapping[str, int]) -> int:
        """Return the points of the first so many units of some lines."""
        return sum(first_units(runs, lines.get(name, 0)) for name, runs in self.shares.items())


@attrs.frozen
class PastOrder:
    """What counts of an earlier order of a customer: when it was placed, and where it stands."""

    placed_at: datetime
    status: OrderStatus


_NO_BASIS: Final[Mapping[str, Any]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Order:
    """A placed order.

    ``total_amount`` is what everything costs, fees and tax on top included; the tenders cover
    it, and ``change_amount`` is what coupons worth more than the goods paid
    out. ``book_version`` names the price book that priced it, and ``basis`` holds
    basket and situation as they were priced, in their JSON form: with both the
    order can be priced again. ``payment`` is the method that its prices are for: who
    calls the gateway sees to it that this is how it is paid; None: any. ``promised``
    are the points that promotions promised; ``points_earned`` and ``points_clawed``
    count all points, those of the programme's rule and of promotions.
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
    returns: tuple[Return, ...] = ()
    promised: tuple[PointsPromise, ...] = ()
    points_earned: int = 0
    points_clawed: int = 0
    location_id: LocationId | None = None
    pickup_id: str | None = None
    held_until: datetime | None = None
    payment: str | None = None
    book_version: str
    basis: Mapping[str, Any] = attrs.field(default=_NO_BASIS, repr=False)
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
    def paid_minor(self) -> int:
        """What all tenders paid, less the change, in minor units."""
        return sum(tender.amount.minor for tender in self.tenders) - self.change_amount.minor

    @property
    def refunded_amount(self) -> Money:
        """Everything given back so far, over all tenders."""
        return Money.total(
            (tender.refunded_amount for tender in self.tenders), self.total_amount.currency
        )
