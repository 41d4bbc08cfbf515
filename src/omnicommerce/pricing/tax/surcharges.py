"""Surcharges: what is due on top, and what is allowed off the total, taxed like the rest."""

from __future__ import annotations

from collections.abc import Iterable

from omnicommerce.kernel.predicates import Facts, holds
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.tax.model import Surcharge, SurchargeBase
from omnicommerce.pricing.tax.result import TaxedAmount

__all__ = ["surcharge_amounts"]


def surcharge_amounts(
    surcharges: Iterable[Surcharge],
    facts: Facts,
    *,
    items: int,
    delivery: int = 0,
    mode: RoundingMode = RoundingMode.HALF_UP,
) -> tuple[TaxedAmount, ...]:
    """Return the surcharges that are due, in the order of their ids, ready to be taxed.

    No promotion lowers them. What lowers the total never takes more than items,
    delivery and the surcharges above zero come to: the smaller id takes first.

    Args:
        surcharges: Those that the shop has.
        facts: What their conditions ask of.
        items: What the items cost after all promotions, in minor units as entered.
        delivery: What delivery costs after all promotions, in minor units as entered.
        mode: How a share is rounded.

    Example:
        >>> from omnicommerce.kernel.rate import Rate
        >>> fee = Surcharge(surcharge_id="card", rate=Rate.percent("1.5"), tax_class="standard")
        >>> [charge.minor for charge in surcharge_amounts([fee], {}, items=1200)]
        [18]
    """
    due = sorted(
        (item for item in surcharges if holds(item.when, facts)), key=lambda item: item.surcharge_id
    )
    bases = {SurchargeBase.ITEMS: items, SurchargeBase.ITEMS_AND_DELIVERY: items + delivery}
    sizes = [_size(item, bases[item.base], mode) for item in due]
    left = items + delivery + sum([size for size in sizes if size > 0])
    amounts: list[TaxedAmount] = []
    for item, size in zip(due, sizes, strict=True):
        minor = max(size, -left) if size < 0 else size
        left += min(minor, 0)
        amounts.append(
            TaxedAmount(item.surcharge_id, minor, item.tax_class, includes_tax=item.includes_tax)
        )
    return tuple(amounts)


def _size(surcharge: Surcharge, base: int, mode: RoundingMode) -> int:
    if surcharge.rate is not None:
        return surcharge.rate.of(base, mode)
    return surcharge.amount or 0
