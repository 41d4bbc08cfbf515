"""What is signed of a price: the nouns of a capsule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.result import (
    Adjustment,
    GivenAway,
    PricedBasket,
    PricedDelivery,
    PricedLine,
)

__all__ = [
    "PERSONAL",
    "CapsuleRefused",
    "PriceCapsule",
    "SealedAdjustment",
    "SealedDelivery",
    "SealedGift",
    "SealedLine",
]

PERSONAL: Final = ("customer_id", "company_id", "history", "attributes")
"""The facts of a situation that say who the customer is."""


class CapsuleRefused(Refused):
    """The capsule cannot be relied on: damaged, forged, expired, or not for us."""

    code = "refused.capsule"


@attrs.frozen
class SealedAdjustment:
    """What one promotion changed, in minor units; negative ones lower the price."""

    promotion_id: str
    minor: int


def _sealed(value: Iterable[Adjustment | SealedAdjustment]) -> tuple[SealedAdjustment, ...]:
    return tuple(SealedAdjustment(item.promotion_id, item.minor) for item in value)


@attrs.frozen
class SealedLine:
    """One line as it was priced: amounts of the whole line, in minor units."""

    line_id: str
    sku: str
    quantity: int
    base_minor: int
    adjustments: tuple[SealedAdjustment, ...] = attrs.field(default=(), converter=_sealed)

    @property
    def selling_minor(self) -> int:
        """What the line costs after promotions."""
        return self.base_minor + sum(item.minor for item in self.adjustments)


@attrs.frozen
class SealedDelivery:
    """One delivery as it was priced, in minor units."""

    delivery_id: str
    base_minor: int
    adjustments: tuple[SealedAdjustment, ...] = attrs.field(default=(), converter=_sealed)

    @property
    def selling_minor(self) -> int:
        """What it costs after promotions."""
        return self.base_minor + sum(item.minor for item in self.adjustments)


@attrs.frozen
class SealedGift:
    """Units that a promotion added, what they are worth and what of it is not to be paid."""

    promotion_id: str
    sku: str
    quantity: int
    worth_minor: int
    off_minor: int


def _lines(value: Iterable[PricedLine | SealedLine]) -> tuple[SealedLine, ...]:
    return tuple(
        SealedLine(line.line_id, line.sku, line.quantity, line.base_minor, line.adjustments)
        for line in value
    )


def _delivery(value: Iterable[PricedDelivery | SealedDelivery]) -> tuple[SealedDelivery, ...]:
    return tuple(
        SealedDelivery(item.delivery_id, item.base_minor, item.adjustments) for item in value
    )


def _gifts(value: Iterable[GivenAway | SealedGift]) -> tuple[SealedGift, ...]:
    return tuple(
        SealedGift(gift.promotion_id, gift.sku, gift.quantity, gift.worth_minor, gift.off_minor)
        for gift in value
    )


@attrs.frozen(kw_only=True)
class PriceCapsule:
    """What a basket costs, who said so, and until when it counts.

    Attributes:
        key_id: The key it was signed with.
        book_version: The price book that was asked.
        currency: Of every amount.
        basket: What was priced.
        situation: Where and when, and for whom as far as ``is_personal``.
        is_personal: Whether the situation says who the customer is; if not, the
            customer of the channel that verifies it counts.
        lines: What each line costs.
        delivery: What each delivery costs.
        gifts: Units that promotions added beside the lines.
        payable_minor: What is to be paid in all.
        valid_until: The first instant at which it counts no longer.
    """

    key_id: str
    book_version: str
    currency: Currency
    basket: Basket
    situation: Situation
    is_personal: bool = False
    lines: tuple[SealedLine, ...] = attrs.field(converter=_lines)
    delivery: tuple[SealedDelivery, ...] = attrs.field(default=(), converter=_delivery)
    gifts: tuple[SealedGift, ...] = attrs.field(default=(), converter=_gifts)
    payable_minor: int
    valid_until: datetime = attrs.field(converter=require_instant)

    @property
    def issued_at(self) -> datetime:
        """The instant of the price."""
        return self.situation.at

    @property
    def payable_amount(self) -> Money:
        """What is to be paid in all."""
        return Money(self.payable_minor, self.currency)

    def require_open(self, at: datetime) -> None:
        """Make sure that it still counts.

        Raises:
            CapsuleRefused: It has expired.
        """
        if require_instant(at) >= self.valid_until:
            raise CapsuleRefused(
                Reason("capsule.expired", {"valid_until": self.valid_until.isoformat()})
            )

    def agrees_with(self, priced: PricedBasket) -> bool:
        """Tell whether a basket is priced as it was here, each amount of it."""
        return (
            self.payable_amount == priced.payable_amount
            and self.lines == _lines(priced.lines)
            and self.delivery == _delivery(priced.delivery)
            and self.gifts == _gifts(priced.gifts)
        )

    def situation_of(self, here: Situation) -> Situation:
        """Return the situation to verify it in; ``here`` says who the customer is if need be."""
        if self.is_personal:
            return self.situation
        return attrs.evolve(self.situation, **{name: getattr(here, name) for name in PERSONAL})
