"""A wish to buy, what it would be, and what has to be held for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from omnicommerce.fulfilment.model import Slot
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, LocationId, require_id, valid_id
from omnicommerce.kernel.money import Money
from omnicommerce.ledger.model import Demand
from omnicommerce.orders.model import LineItem, PointsPromise, PromotionUse, Tender
from omnicommerce.pricing.basket import Coupon, GivenPrice, ManualDiscount, Role, Situation
from omnicommerce.pricing.locks import PriceLock
from omnicommerce.pricing.result import PricedBasket
from omnicommerce.pricing.tax.model import require_country

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


_maybe_id = attrs.validators.optional(valid_id)


def _maybe_country(_: object, __: object, value: Any) -> None:
    if value is not None:
        require_country(value)


def _ids(_: object, attribute: attrs.Attribute[Any], value: Mapping[Any, Any]) -> None:
    for key, text in value.items():
        require_id(key, attribute.name)
        require_id(text, f"{attribute.name}.{key}")


def _all(cls: type[Any]) -> Any:
    return attrs.validators.deep_iterable(attrs.validators.instance_of(cls))


def _tuple(value: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value)


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
        payment: The method they will pay by, such as ``transfer``, where prices or
            surcharges depend on it. Who calls sees to it that they do pay by it: the
            gateway gets a token, and only the shop's backend knows what it stands for.
            The order keeps it.
        country: The market whose prices and taxes count, in two capital letters; None:
            that of the location, where it says one. Like the attributes it is taken from
            whoever calls: the shop's backend, which has it from no form that anybody fills in.
        region: The part of the country; None: that of the location, in the same country.
        plans: The subscription plan that a cart line is bought on, by line.
        choices: The gift chosen, by the promotion that gives it.
        discounts: What staff take off, after all promotions. Only a till may say so.
        locks: Unit prices promised earlier, such as those of an accepted quote. The engine
            keeps no promises and cannot check one, so only a till may say so: a channel
            of staff, or of a backend that looked the promise up.
        role: Who acts, where it is not just the customer or a guest, such as
            ``Role.STAFF`` for prices of employees. Only a till may say so.

    Delivery is not asked for: everything is collected. Company and tax exemption belong to
    the `omnicommerce.Customer`, and earlier orders and gifts that are not there are looked up.

    Raises:
        InvalidValue: Something is malformed; the error names the field.
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
    payment: str | None = attrs.field(default=None, validator=_maybe_id)
    country: str | None = attrs.field(default=None, validator=_maybe_country)
    region: str | None = attrs.field(default=None, validator=_maybe_id)
    plans: Mapping[str, str] = attrs.field(factory=dict, converter=dict, validator=_ids)
    choices: Mapping[str, str] = attrs.field(factory=dict, converter=dict, validator=_ids)
    discounts: tuple[ManualDiscount, ...] = attrs.field(
        default=(), converter=_tuple, validator=_all(ManualDiscount)
    )
    locks: tuple[PriceLock, ...] = attrs.field(
        default=(), converter=_tuple, validator=_all(PriceLock)
    )
    role: Role | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.instance_of(Role))
    )

    @property
    def needs_till(self) -> bool:
        """Whether it says what only a till may: amounts, coupons, discounts, promises, a role."""
        said = (self.given, self.coupons, self.discounts, self.locks)
        return any(said) or self.role is not None

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


_NOTICED: Final = ("lines", "tenders", "uses", "due_amount", "points_spent", "promised")


@attrs.frozen(kw_only=True)
class Quote:
    """What the order would be; nothing is held yet.

    ``due_amount`` is what the payment gateway would collect. ``priced`` holds
    every adjustment with its reason, ``situation`` what it depended on besides the
    basket. ``points_to_earn`` are the points of the programme's rule and those that
    promotions promise; ``promised`` tells the latter. A guest, and a shop without a
    programme, earn none: what promotions would promise is in ``priced.points``.
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
    promised: tuple[PointsPromise, ...] = ()
    points_to_earn: int
    book_version: str

    def differences(self, other: Quote) -> tuple[str, ...]:
        """Name what a customer would notice if ``other`` were placed instead."""
        return tuple(name for name in _NOTICED if getattr(self, name) != getattr(other, name))


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
