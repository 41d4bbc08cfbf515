"""A wish to buy, what it would be, and what has to be held for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

import attrs

from omnicommerce.fulfilment.model import Slot
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, LocationId
from omnicommerce.kernel.money import Money
from omnicommerce.ledger.model import Demand
from omnicommerce.orders.model import LineItem, PromotionUse, Tender
from omnicommerce.pricing.basket import Coupon, GivenPrice, Situation
from omnicommerce.pricing.result import PricedBasket

__all__ = [
    "CheckoutRequest",
    "CommitPlan",
    "PickupChoice",
    "Promise",
    "Quote",
    "StoredConfiguration",
]


@attrs.frozen
class PickupChoice:
    """Where the customer wants to collect, and when if the store has slots."""

    location_id: LocationId
    slot_starts_at: datetime | None = attrs.field(
        default=None, converter=attrs.converters.optional(require_instant)
    )


def _attributes(facts: Mapping[str, str | Iterable[str]]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType(
        {
            name: frozenset({value}) if isinstance(value, str) else frozenset(value)
            for name, value in facts.items()
        }
    )


@attrs.frozen(kw_only=True)
class CheckoutRequest:
    """Everything a customer decides at checkout.

    Args:
        cart_id: What they buy.
        actor: Who asks: the customer's identity or the guest's token; the cart must be theirs.
        channel: Where they act now, wherever the cart was started.
        pickup: Where they collect.
        customer_id: Who they are, once known: needed to earn and spend points.
            Only a till may name somebody else than the actor, whose card it scanned.
        points: Points they want to pay with; no more than the order needs are taken.
        coupons: Manufacturer coupons handed over at a till.
        given: Amounts that a scale or an open price gave, by cart line.
        attributes: Other facts that promotions may ask for, or be limited by, such as
            the ``email`` of a guest; that of a known customer is filled in.
    """

    cart_id: CartId
    actor: str
    channel: ChannelId
    pickup: PickupChoice
    customer_id: CustomerId | None = None
    points: int = 0
    coupons: tuple[Coupon, ...] = ()
    given: Mapping[str, GivenPrice] = attrs.field(factory=dict)
    attributes: Mapping[str, frozenset[str]] = attrs.field(factory=dict, converter=_attributes)

    def __attrs_post_init__(self) -> None:
        """Refuse points that are no number of points."""
        if type(self.points) is not int or self.points < 0:
            raise InvalidValue("points", f"must be a whole number of points, not {self.points!r}")


@attrs.frozen(kw_only=True)
class Promise:
    """What the store promises: where, by when, and until when it keeps the goods."""

    location_id: LocationId
    slot: Slot | None
    ready_by: datetime
    collect_until: datetime


@attrs.frozen(kw_only=True)
class Quote:
    """What the order would be; nothing is held yet.

    ``due_amount`` is what the payment gateway would collect. ``priced`` holds
    every adjustment with its reason, ``situation`` what it depended on besides the
    basket.
    """

    request: CheckoutRequest
    made_at: datetime
    valid_until: datetime
    situation: Situation
    priced: PricedBasket
    lines: tuple[LineItem, ...]
    tenders: tuple[Tender, ...]
    uses: tuple[PromotionUse, ...]
    promise: Promise
    list_amount: Money
    total_amount: Money
    due_amount: Money
    change_amount: Money
    points_spent: int
    points_to_earn: int
    book_version: str

    def differences(self, other: Quote) -> tuple[str, ...]:
        """Name what a customer would notice if ``other`` were placed instead."""
        return tuple(
            name
            for name in ("lines", "tenders", "uses", "due_amount", "points_spent")
            if getattr(self, name) != getattr(other, name)
        )


@attrs.frozen(kw_only=True)
class StoredConfiguration:
    """A pricing configuration as it was when its version first priced an order; never changed.

    Args:
        version: The price book's version, a fingerprint of its content.
        document: The configuration in its canonical JSON form.
        created_at: When it was kept.
    """

    version: str
    document: str
    created_at: datetime


@attrs.frozen(kw_only=True)
class CommitPlan:
    """What one transaction holds for an order: stock, promotion uses, points and slot.

    ``captured_on_payment`` are the demands that payment makes final; the rest,
    the stock, waits for the hand-over.
    """

    demands: tuple[Demand, ...]
    captured_on_payment: tuple[Demand, ...]
