"""Unit prices that were promised: kept for what is in a cart, or offered to a business.

What the engine prices by is a `PriceLock`. Where locks come from is decided here, by the shop's
`CartPricePolicy` and by quotes that a customer accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import attrs

from omnicommerce.kernel import documents
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import require_quantity, valid_quantity
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.rounding import RoundingMode, round_ratio

__all__ = [
    "CartPricePolicy",
    "KeepPrice",
    "KeepPriceFor",
    "PriceLock",
    "RefreshPrice",
    "SeenPrice",
    "kept_prices",
    "price_changes",
]

_NO_PRICES: Final[Mapping[str, SeenPrice]] = {}


def _amount(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if type(value) is not int or value < 0:
        raise InvalidValue(
            attribute.name, f"must be a whole number of minor units, not negative: {value!r}"
        )


@attrs.frozen
class PriceLock:
    """A unit price that replaces the row's until an instant.

    Args:
        sku: Whose price.
        amount: Minor units for ``per`` units.
        per: How many units ``amount`` buys, in the product's smallest unit.
        until: The first instant at which it counts no longer; None: it has no end.
        source: What promised it, such as ``cart`` or ``quote:Q-17``.
    """

    sku: str = attrs.field(validator=valid_id)
    amount: int = attrs.field(validator=_amount)
    per: int = attrs.field(default=1, validator=valid_quantity)
    until: datetime | None = attrs.field(
        default=None, kw_only=True, converter=attrs.converters.optional(require_instant)
    )
    source: str = attrs.field(default="", kw_only=True)

    def holds_at(self, at: datetime) -> bool:
        """Tell whether it still counts."""
        return self.until is None or at < self.until


@attrs.frozen
class SeenPrice:
    """What a customer saw for a SKU when it came into the cart, or what it costs now.

    Args:
        sku: Whose price.
        amount: Minor units for ``per`` units.
        per: How many units ``amount`` buys, in the product's smallest unit.
        seen_at: When it was shown.
    """

    sku: str = attrs.field(validator=valid_id)
    amount: int = attrs.field(validator=_amount)
    per: int = attrs.field(default=1, validator=valid_quantity)
    seen_at: datetime = attrs.field(kw_only=True, converter=require_instant)

    def is_below(self, other: SeenPrice) -> bool:
        """Tell whether a unit costs less here."""
        return self.amount * other.per < other.amount * self.per

    def for_units(self, per: int) -> int:
        """Return what ``per`` units cost, to be shown beside another price: rounded half up.

        Raises:
            InvalidValue: ``per`` is no quantity.
        """
        return round_ratio(
            self.amount * require_quantity(per, "per"), self.per, RoundingMode.HALF_UP
        )


@attrs.frozen
class RefreshPrice:
    """What is in a cart always costs what it costs now."""


@attrs.frozen
class KeepPrice:
    """What is in a cart keeps the price at which it came in.

    Args:
        pass_on_lower: Whether a price that fell since replaces it.
    """

    pass_on_lower: bool = True


@attrs.frozen
class KeepPriceFor:
    """What is in a cart keeps its price for a while, and then costs what it costs.

    Args:
        duration: How long, from the moment it was seen.
        pass_on_lower: Whether a price that fell since replaces it.
    """

    duration: timedelta = attrs.field()
    pass_on_lower: bool = True

    @duration.validator
    def _check_duration(self, _: object, value: timedelta) -> None:
        if type(value) is not timedelta or value <= timedelta():
            raise InvalidValue("duration", f"must be longer than nothing, not {value!r}")


CartPricePolicy: TypeAlias = RefreshPrice | KeepPrice | KeepPriceFor
"""What happens when a price changes while the item is in a cart."""

documents.register_atoms(CartPricePolicy)


def kept_prices(
    policy: CartPricePolicy,
    seen: Iterable[SeenPrice],
    *,
    at: datetime,
    now: Mapping[str, SeenPrice] = _NO_PRICES,
) -> tuple[PriceLock, ...]:
    """Return the prices that a cart keeps, one per SKU and sorted by it.

    Where a SKU came in at several prices, the lowest that is still kept counts for all
    its units: units of one SKU have one price.

    Args:
        policy: The shop's.
        seen: What the customer saw, once for each time something was added.
        at: The instant of the question.
        now: What things cost now by SKU, for a policy that passes on lower prices.

    Example:
        >>> from datetime import UTC
        >>> noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
        >>> seen = [SeenPrice("DRESS", 6990, seen_at=noon)]
        >>> policy = KeepPriceFor(timedelta(hours=2))
        >>> [lock.amount for lock in kept_prices(policy, seen, at=noon + timedelta(hours=1))]
        [6990]
        >>> kept_prices(policy, seen, at=noon + timedelta(hours=2))
        ()
    """
    if isinstance(policy, RefreshPrice):
        return ()
    instant = require_instant(at)
    duration = policy.duration if isinstance(policy, KeepPriceFor) else None
    kept: dict[str, SeenPrice] = {}
    for price in seen:
        if duration is not None and instant >= price.seen_at + duration:
            continue
        known = kept.get(price.sku)
        if known is None or _is_better(price, known):
            kept[price.sku] = price
    if policy.pass_on_lower:
        kept = {sku: p for sku, p in kept.items() if sku not in now or not now[sku].is_below(p)}
    return tuple(_lock(kept[sku], duration) for sku in sorted(kept))


def _is_better(price: SeenPrice, known: SeenPrice) -> bool:
    """Tell whether a price is lower, or as low and kept for longer."""
    if price.is_below(known) or known.is_below(price):
        return price.is_below(known)
    return price.seen_at > known.seen_at


def _lock(price: SeenPrice, duration: timedelta | None) -> PriceLock:
    until = None if duration is None else price.seen_at + duration
    return PriceLock(price.sku, price.amount, price.per, until=until, source="cart")


def price_changes(
    seen: Iterable[SeenPrice], now: Mapping[str, SeenPrice], *, currency: str | Currency
) -> tuple[Reason, ...]:
    """Return what to tell a customer about prices that changed since they looked.

    Args:
        seen: What the customer saw; the latest of each SKU counts.
        now: What things cost now by SKU; one that is missing is no longer sold here.
        currency: Of all amounts.

    Returns:
        ``price.rose``, ``price.fell`` and ``price.gone``, sorted by SKU.

    Example:
        >>> from datetime import UTC
        >>> noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
        >>> before = SeenPrice("DRESS", 6990, seen_at=noon)
        >>> after = SeenPrice("DRESS", 8990, seen_at=noon + timedelta(days=1))
        >>> for reason in price_changes([before], {"DRESS": after}, currency="EUR"):
        ...     print(reason)
        price.rose (sku=DRESS, before=69.90 EUR, now=89.90 EUR)
    """
    unit = Currency.of(currency)
    latest: dict[str, SeenPrice] = {}
    for price in seen:
        if price.sku not in latest or latest[price.sku].seen_at < price.seen_at:
            latest[price.sku] = price
    reasons = (_change(latest[sku], now.get(sku), unit) for sku in sorted(latest))
    return tuple(reason for reason in reasons if reason is not None)


def _change(before: SeenPrice, now: SeenPrice | None, currency: Currency) -> Reason | None:
    if now is None:
        return Reason("price.gone", {"sku": before.sku})
    rose, fell = before.is_below(now), now.is_below(before)
    if not rose and not fell:
        return None
    return Reason(
        "price.rose" if rose else "price.fell",
        {
            "sku": before.sku,
            "before": str(Money(before.for_units(now.per), currency)),
            "now": str(Money(now.amount, currency)),
        },
    )
