"""What is to be priced, and the situation in which it is."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import valid_quantity

__all__ = ["Basket", "BasketLine", "Coupon", "CouponKind", "GivenPrice", "Situation"]


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
    """

    base: Money = attrs.field(validator=_not_negative)
    offer: Money | None = attrs.field(
        default=None, validator=attrs.validators.optional(_not_negative)
    )


@attrs.frozen
class BasketLine:
    """Some units of one SKU; ``quantity`` is in the smallest unit of its measure."""

    line_id: str = attrs.field(validator=valid_id)
    sku: str = attrs.field(validator=valid_id)
    quantity: int = attrs.field(default=1, validator=valid_quantity)
    given: GivenPrice | None = attrs.field(default=None)

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


def _lines(value: Iterable[BasketLine]) -> tuple[BasketLine, ...]:
    return tuple(value)


def _coupons(value: Iterable[Coupon]) -> tuple[Coupon, ...]:
    return tuple(value)


@attrs.frozen
class Basket:
    """Lines and presented coupons; the order of either never changes a total."""

    lines: tuple[BasketLine, ...] = attrs.field(default=(), converter=_lines)
    coupons: tuple[Coupon, ...] = attrs.field(default=(), converter=_coupons)

    def __attrs_post_init__(self) -> None:
        """Refuse two lines of one id, and coupons for lines that are not there."""
        line_ids = {line.line_id for line in self.lines}
        if len(line_ids) < len(self.lines):
            raise InvalidValue("lines", "every line needs an id of its own")
        if not self.coupons:
            return
        if len({coupon.coupon_id for coupon in self.coupons}) < len(self.coupons):
            raise InvalidValue("coupons", "every coupon needs an id of its own")
        for coupon in self.coupons:
            if coupon.line_id is not None and coupon.line_id not in line_ids:
                raise InvalidValue("coupons", f"there is no line {coupon.line_id!r}")


@attrs.frozen(kw_only=True)
class Situation:
    """Who buys where and when, as far as a price may depend on it.

    Args:
        channel: Where the customer acts.
        at: The instant that counts.
        location: The store whose prices count.
        zone: The price zone of that store.
        customer_classes: Classes and segments of the customer.
        customer_id: The customer, when known.
        codes: Codes entered.
        exhausted: Limited promotions that have no use left for this customer; whoever
            holds uses on the ledger says so, pricing only leaves them out.

    Raises:
        InvalidValue: ``at`` is naive, or a set is a single text.
    """

    channel: str = attrs.field(validator=valid_id)
    at: datetime = attrs.field(converter=require_instant)
    location: str | None = None
    zone: str | None = None
    customer_classes: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    customer_id: str | None = None
    codes: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    exhausted: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
