"""The same basket in every channel: totals side by side, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.result import PricedBasket

__all__ = ["ParityDifference", "ParityReport", "parity"]


def _frozen(totals: Mapping[str, PricedBasket]) -> Mapping[str, PricedBasket]:
    return MappingProxyType(dict(totals))


@attrs.frozen(kw_only=True)
class ParityDifference:
    """One amount that is not the same in two channels.

    Attributes:
        level: ``list`` for the price before promotions, ``line`` for the one
            after them, ``payable`` for the total to pay.
        line_id: The line; None for totals.
        reference: The channel compared with, and its amount.
        channel: The channel that differs, and its amount.
    """

    level: str
    line_id: str | None
    reference: str
    reference_amount: Money
    channel: str
    amount: Money

    @property
    def delta(self) -> Money:
        """How much more the differing channel asks."""
        return self.amount - self.reference_amount


@attrs.frozen
class ParityReport:
    """One basket priced through several channels; the first one is compared with."""

    baskets: Mapping[str, PricedBasket] = attrs.field(converter=_frozen)
    differences: tuple[ParityDifference, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether no amount differs."""
        return not self.differences


def parity(
    book: PriceBook, basket: Basket, situation: Situation, channels: Iterable[str]
) -> ParityReport:
    """Price one basket through several channels, all else being equal, and compare.

    It shows what is, for one basket: it proves nothing about other baskets.

    Args:
        book: Prices and promotions.
        basket: What is bought.
        situation: Where, when and for whom; its channel is replaced.
        channels: The channels, the one to compare with first.

    Raises:
        InvalidValue: There is no channel.
        UnknownSku: As `price`.
        NotPriced: As `price`, in any of the channels.
    """
    baskets = {
        channel: price(book, basket, attrs.evolve(situation, channel=channel))
        for channel in channels
    }
    if not baskets:
        raise InvalidValue("channels", "must name at least one")
    reference, *others = baskets
    differences = [
        difference
        for channel in others
        for difference in _compared(reference, baskets[reference], channel, baskets[channel])
    ]
    return ParityReport(baskets, tuple(differences))


def _compared(
    reference: str, expected: PricedBasket, channel: str, found: PricedBasket
) -> list[ParityDifference]:
    pairs: list[tuple[str, str | None, Money, Money]] = []
    for left, right in zip(expected.lines, found.lines, strict=True):
        pairs.append(("list", left.line_id, left.base_amount, right.base_amount))
        pairs.append(("line", left.line_id, left.selling_amount, right.selling_amount))
    pairs.append(("payable", None, expected.payable_amount, found.payable_amount))
    return [
        ParityDifference(
            level=level,
            line_id=line_id,
            reference=reference,
            reference_amount=wanted,
            channel=channel,
            amount=amount,
        )
        for level, line_id, wanted, amount in pairs
        if wanted != amount
    ]
