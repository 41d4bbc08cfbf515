"""The price per kilogram, litre or metre, to be shown beside the price of a pack.

Directive 98/6/EC asks for it: the unit price is the final price for one kilogram, one litre, one
metre, or another single unit that is customary for the goods (Article 2(b), Article 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure, Quantity, require_quantity
from omnicommerce.kernel.rounding import RoundingMode, round_ratio

__all__ = ["UnitPrice", "UnitPricing", "unit_price"]

_REFERENCES: Final[Mapping[Measure, int]] = MappingProxyType(
    {
        Measure.EACH: 1,
        Measure.GRAM: 1000,
        Measure.MILLILITRE: 1000,
        Measure.MILLIMETRE: 1000,
    }
)


def _references(value: Mapping[Measure, int]) -> Mapping[Measure, int]:
    return MappingProxyType({**_REFERENCES, **value})


@attrs.frozen
class UnitPrice:
    """What a reference quantity of something costs: ``amount`` for ``per``."""

    amount: Money
    per: Quantity


@attrs.frozen(kw_only=True)
class UnitPricing:
    """How a shop shows unit prices.

    Args:
        references: By measure, the quantity that prices are shown for, in its smallest
            unit: a kilogram, a litre, a metre and a piece unless said otherwise.
        rounding: How an inexact price is rounded.

    Example:
        >>> by_the_100_grams = UnitPricing(references={Measure.GRAM: 100})
        >>> shown = by_the_100_grams.of(Money.of("1.99", "EUR"), Quantity.of(250, "g"))
        >>> str(shown.amount), shown.per.amount
        ('0.80 EUR', 100)
    """

    references: Mapping[Measure, int] = attrs.field(
        default=_REFERENCES, converter=_references, hash=False
    )
    rounding: RoundingMode = RoundingMode.HALF_UP

    @references.validator
    def _check_references(self, _: object, value: Mapping[Measure, int]) -> None:
        for measure, amount in value.items():
            require_quantity(amount, f"references.{measure}")

    def of(self, amount: Money, content: Quantity) -> UnitPrice:
        """Return the unit price of a pack.

        Args:
            amount: What the pack costs.
            content: What is in it; of goods in liquid, what is left without it.

        Raises:
            InvalidValue: Nothing is in it.
        """
        per = Quantity(self.references[content.measure], content.measure)
        return UnitPrice(unit_price(amount, content, per, self.rounding), per)


def unit_price(amount: Money, content: Quantity, per: Quantity, rounding: RoundingMode) -> Money:
    """Return what ``per`` costs at the price of a pack.

    Args:
        amount: What the pack costs.
        content: What is in it.
        per: The reference quantity, of the same measure.
        rounding: How an inexact price is rounded.

    Raises:
        InvalidValue: Two measures, or no content.

    Example:
        >>> jam = Quantity.of(500, "g")
        >>> unit_price(Money.of("1.99", "EUR"), jam, Quantity.of(1, "kg"), RoundingMode.HALF_UP)
        Money('3.98 EUR')
    """
    if content.measure is not per.measure:
        raise InvalidValue("per", f"is in {per.measure}, the content in {content.measure}")
    whole = require_quantity(content.amount, "content")
    wanted = require_quantity(per.amount, "per")
    return Money(round_ratio(amount.minor * wanted, whole, rounding), amount.currency)
