"""What is to be priced, and the situation in which it is."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.locks import PriceLock

__all__ = [
    "MANUAL",
    "Basket",
    "BasketLine",
    "Coupon",
    "CouponKind",
    "GivenPrice",
    "ManualDiscount",
    "OrderHistory",
    "Role",
    "Situation",
]

MANUAL: Final = "manual"
"""What the id of a discount given by staff begins with, before a colon."""


def _not_negative(_: object, attribute: attrs.Attribute[Money], value: object) -> None:
    if type(value) is not Money or value.minor < 0:
        raise InvalidValue(attribute.name, f"must be money, not negative: {value!r}")


def _texts(value: Iterable[str]) -> frozenset[str]:
    if isinstance(value, str):
        raise InvalidValue("texts", f"must be a set of texts, not {value!r}")
    return frozenset(value)


@attrs.frozen
class GivenPrice:
    """Amounts for a whole line that the till passes: weighed or open-price goods.

    Args:
        base: What the line costs before promotions.
        offer: What it costs where an `OfferList` applies; None: no offer.
        overridden_by: Who set the price, where a person or an app did so in place of
            the shelf price; None: the till read it.
        why: Their reason.
    """

    base: Money = attrs.field(validator=_not_negative)
    offer: Money | None = attrs.field(
        default=None, validator=attrs.validators.optional(_not_negative)
    )
    overridden_by: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_id)
    )
    why: str | None = None

    def __attrs_post_init__(self) -> None:
        """Ask for the reason of an override."""
        if (self.overridden_by is None) != (not self.why):
            raise InvalidValue("why", "an override needs who did it and why, both")


@attrs.frozen
class BasketLine:
    """Some units of one SKU.

    Args:
        line_id: What names the line.
        sku: What is bought.
        quantity: How much, in the smallest unit of its measure.
        given: Amounts that do not come from the price rows.
        plan: The subscription plan it is bought on; None: bought once.
    """

    line_id: str = attrs.field(validator=valid_id)
    sku: str = attrs.field(validator=valid_id)
    quantity: int = attrs.field(default=1, validator=valid_quantity)
    given: GivenPrice | None = attrs.field(default=None)
    plan: str | None = attrs.field(default=None)

    @given.validator
    def _check_given(self, _: object, value: GivenPrice | None) -> None:
        if value is not None and type(value) is not GivenPrice:
            raise InvalidValue("given", f"must be a GivenPrice, not {value!r}")


class CouponKind(enum.StrEnum):
    """What a presented manufacturer coupon is: an amount, a free item, or plain tender."""

    VALUE = "value"
    FREE = "free"
    TENDER = "tender"


@attrs.frozen
class Coupon:
    """A manufacturer coupon handed over at the till: ``count`` equal ones of ``face`` each.

    It pays like money and lowers no price, so a basket can owe less than nothing.
    """

    coupon_id: str = attrs.field(validator=valid_id)
    face: Money = attrs.field(validator=_not_negative)
    count: int = attrs.field(default=1, validator=valid_quantity)
    kind: CouponKind = attrs.field(
        default=CouponKind.VALUE, validator=attrs.validators.instance_of(CouponKind)
    )
    line_id: str | None = None


@attrs.frozen(kw_only=True)
class ManualDiscount:
    """What a member of staff takes off, after all promotions.

    Exactly one of ``rate`` and ``amount`` is given.

    Args:
        discount_id: What names it.
        by: Who gives it.
        why: The reason.
        rate: A share of what is left.
        amount: An amount, no more than what is left.
        line_id: The line it is taken from; None: all items.
    """

    discount_id: str = attrs.field(validator=valid_id)
    by: str = attrs.field(validator=valid_id)
    why: str = attrs.field(validator=attrs.validators.min_len(1))
    rate: Rate | None = None
    amount: Money | None = attrs.field(
        default=None, validator=attrs.validators.optional(_not_negative)
    )
    line_id: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a discount that says two things or nothing."""
        if (self.rate is None) == (self.amount is None):
            raise InvalidValue("rate", "exactly one of rate and amount is needed")
        if self.rate is not None and not 0 < self.rate.value <= 1:
            raise InvalidValue("rate", f"must be over 0% and at most 100%, not {self.rate}")


def _lines(value: Iterable[BasketLine]) -> tuple[BasketLine, ...]:
    return tuple(value)


def _coupons(value: Iterable[Coupon]) -> tuple[Coupon, ...]:
    return tuple(value)


def _delivery(value: Iterable[DeliveryLine]) -> tuple[DeliveryLine, ...]:
    return tuple(value)


def _locks(value: Iterable[PriceLock]) -> tuple[PriceLock, ...]:
    return tuple(value)


def _discounts(value: Iterable[ManualDiscount]) -> tuple[ManualDiscount, ...]:
    return tuple(value)


def _choices(value: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(value)) if value else _NO_CHOICES


_NO_CHOICES: Mapping[str, str] = MappingProxyType({})


@attrs.frozen
class Basket:
    """What is to be priced; the order of anything in it never changes a total.

    Args:
        lines: What is bought.
        coupons: Manufacturer coupons handed over.
        delivery: What brings it, and what that costs before promotions.
        discounts: What staff take off.
        locks: Unit prices that were promised earlier.
        choices: The gift chosen, by the id of the promotion that gives it.
    """

    lines: tuple[BasketLine, ...] = attrs.field(default=(), converter=_lines)
    coupons: tuple[Coupon, ...] = attrs.field(default=(), converter=_coupons)
    delivery: tuple[DeliveryLine, ...] = attrs.field(default=(), converter=_delivery, kw_only=True)
    discounts: tuple[ManualDiscount, ...] = attrs.field(
        default=(), converter=_discounts, kw_only=True
    )
    locks: tuple[PriceLock, ...] = attrs.field(default=(), converter=_locks, kw_only=True)
    choices: Mapping[str, str] = attrs.field(
        default=_NO_CHOICES, converter=_choices, kw_only=True, hash=False
    )

    def __attrs_post_init__(self) -> None:
        """Refuse two of one id, and what speaks of lines that are not there."""
        line_ids = {line.line_id for line in self.lines}
        if len(line_ids) < len(self.lines):
            raise InvalidValue("lines", "every line needs an id of its own")
        if self.coupons:
            _check_named("coupons", [(c.coupon_id, c.line_id) for c in self.coupons], line_ids)
        if self.discounts:
            _check_named(
                "discounts", [(d.discount_id, d.line_id) for d in self.discounts], line_ids
            )
        if self.delivery:
            _check_named("delivery", [(d.delivery_id, None) for d in self.delivery], line_ids)
        if self.locks:
            _check_named("locks", [(lock.sku, None) for lock in self.locks], line_ids)


def _check_named(field: str, named: list[tuple[str, str | None]], line_ids: set[str]) -> None:
    """Refuse two of one name, and those for lines that are not there."""
    if len({name for name, _ in named}) < len(named):
        raise InvalidValue(field, "each needs a name of its own")
    for _, line_id in named:
        if line_id is not None and line_id not in line_ids:
            raise InvalidValue(field, f"there is no line {line_id!r}")


def _instants(value: Iterable[datetime]) -> tuple[datetime, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class OrderHistory:
    """What earlier orders of a customer say, as far as a price may depend on it.

    Args:
        placed_at: When each completed order was placed.
        cancelled: How many orders were cancelled.
    """

    placed_at: tuple[datetime, ...] = attrs.field(default=(), converter=_instants)
    cancelled: int = 0

    @placed_at.validator
    def _check_placed_at(self, _: object, value: tuple[datetime, ...]) -> None:
        for instant in value:
            require_instant(instant)


def _attributes(value: Mapping[str, str | Iterable[str]]) -> Mapping[str, frozenset[str]]:
    if not value:
        return _NO_ATTRIBUTES
    return MappingProxyType(
        {
            name: frozenset({texts}) if isinstance(texts, str) else frozenset(texts)
            for name, texts in value.items()
        }
    )


def _remaining(value: Mapping[str, int]) -> Mapping[str, int]:
    return MappingProxyType(dict(value)) if value else _NO_REMAINING


_NO_ATTRIBUTES: Mapping[str, frozenset[str]] = MappingProxyType({})
_NO_REMAINING: Mapping[str, int] = MappingProxyType({})


class Role(enum.StrEnum):
    """Who acts: somebody unknown, a customer who signed in, or a member of staff."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"
    STAFF = "staff"


@attrs.frozen(kw_only=True)
class Situation:
    """Who buys where and when, as far as a price may depend on it.

    Args:
        channel: Where the customer acts.
        at: The instant that counts.
        location: The store whose prices count.
        zone: The price zone of that store.
        country: The buyer's market; the destination for tax.
        region: Part of the country, where its tax differs.
        currency: In which the basket is priced; None: the configuration's main one.
        customer_classes: Classes and segments of the customer.
        customer_id: The customer, when known.
        company_id: The company the customer buys for.
        role: Who acts; None: a customer where one is known, else anonymous.
        tax_exempt: Whether no tax is due from this buyer.
        codes: Codes entered.
        payment: The payment method chosen.
        history: Earlier orders of the customer.
        attributes: Other facts by name, such as ``source`` or ``email``.
        unavailable: SKUs that are not there to be given.
        exhausted: Limited promotions that have no use left for this customer; whoever
            holds uses on the ledger says so, pricing only leaves them out.
        remaining: Minor units that budgeted promotions may still give.

    Raises:
        InvalidValue: ``at`` is naive, or a set is a single text.
    """

    channel: str = attrs.field(validator=valid_id)
    at: datetime = attrs.field(converter=require_instant)
    location: str | None = None
    zone: str | None = None
    country: str | None = None
    region: str | None = None
    currency: str | None = None
    customer_classes: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    customer_id: str | None = None
    company_id: str | None = None
    role: Role | None = None
    tax_exempt: bool = False
    codes: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    payment: str | None = None
    history: OrderHistory | None = None
    attributes: Mapping[str, frozenset[str]] = attrs.field(
        default=_NO_ATTRIBUTES, converter=_attributes, hash=False
    )
    unavailable: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    exhausted: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    remaining: Mapping[str, int] = attrs.field(
        default=_NO_REMAINING, converter=_remaining, hash=False
    )

    @property
    def acting_as(self) -> Role:
        """Who acts."""
        if self.role is not None:
            return self.role
        return Role.ANONYMOUS if self.customer_id is None else Role.CUSTOMER
