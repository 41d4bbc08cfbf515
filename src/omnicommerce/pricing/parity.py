"""The same basket in every channel: figures side by side, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Trace
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.parity_model import ParityLevel
from omnicommerce.pricing.result import PricedBasket

__all__ = ["Figures", "ParityDifference", "ParityReport", "compare", "figures_of", "parity"]

_Amounts: TypeAlias = tuple[tuple[str, int], ...]


_SEEN: Final = frozenset({"observed", "excluded"})
"""Parameters of reasons with the texts that a condition saw in the situation."""


def _frozen(totals: Mapping[str, PricedBasket]) -> Mapping[str, PricedBasket]:
    return MappingProxyType(dict(totals))


class Figures(NamedTuple):
    """What a level compares: amounts in minor units, points, and the fate of promotions.

    ``lines`` before and ``sold`` after promotions, by line; ``gifts`` by SKU.
    """

    currency: Currency
    lines: _Amounts
    sold: _Amounts
    gifts: _Amounts
    merchandise: int
    payable: int
    points: int
    trace: tuple[Any, ...] = ()


@attrs.frozen(kw_only=True)
class ParityDifference:
    """One figure that is not the same in two channels.

    Attributes:
        level: What was compared.
        line_id: The line, the SKU of a gift, or the promotion that fares differently;
            None for totals and points.
        reference: The channel compared with.
        channel: The channel that differs.
        expected: The figure of the reference: minor units, points, or units of a gift;
            None: it has none.
        found: The figure of the other.
        currency: Of the figures.
    """

    level: ParityLevel
    line_id: str | None = None
    reference: str
    channel: str
    expected: int | None = None
    found: int | None = None
    currency: Currency

    @property
    def reference_amount(self) -> Money:
        """What the reference asks."""
        return Money(self.expected or 0, self.currency)

    @property
    def amount(self) -> Money:
        """What the channel that differs asks."""
        return Money(self.found or 0, self.currency)

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
        """Whether no figure differs."""
        return not self.differences


def parity(
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    channels: Iterable[str],
    *,
    level: ParityLevel = ParityLevel.PAYABLE,
) -> ParityReport:
    """Price one basket through several channels, all else being equal, and compare.

    It shows what is, for one basket: it proves nothing about other baskets.

    Args:
        book: Prices and promotions.
        basket: What is bought.
        situation: Where, when and for whom; its channel is replaced.
        channels: The channels, the one to compare with first.
        level: Up to which level figures are compared.

    Raises:
        InvalidValue: There is no channel.
        UnknownSku: As `price`.
        NotPriced: As `price`, in any of the channels.
    """
    seen = {channel: attrs.evolve(situation, channel=channel) for channel in channels}
    if not seen:
        raise InvalidValue("channels", "must name at least one")
    baskets = {channel: price(book, basket, there) for channel, there in seen.items()}
    figures = {
        channel: figures_of(priced, _trace(book, basket, seen[channel], level))
        for channel, priced in baskets.items()
    }
    reference, *others = figures
    differences = [
        difference
        for channel in others
        for difference in compare(
            reference, figures[reference], channel, figures[channel], level=level
        )
    ]
    return ParityReport(baskets, tuple(differences))


def _trace(
    book: PriceBook, basket: Basket, situation: Situation, level: ParityLevel
) -> Trace | None:
    return explain(book, basket, situation) if level is ParityLevel.TRACE else None


def figures_of(priced: PricedBasket, trace: Trace | None = None) -> Figures:
    """Return what levels compare of a priced basket.

    Args:
        priced: The answer of `price`.
        trace: Its explanation, where `ParityLevel.TRACE` is compared.
    """
    lines = priced.lines
    return Figures(
        priced.currency,
        tuple((line.line_id, line.base_minor) for line in lines),
        tuple((line.line_id, line.selling_minor) for line in lines),
        _gifts(priced),
        priced.selling_minor,
        priced.payable_minor,
        priced.points,
        () if trace is None else tuple(_steps(trace)),
    )


def _gifts(priced: PricedBasket) -> _Amounts:
    return tuple(sorted((gift.sku, gift.quantity) for gift in priced.gifts))


def _steps(trace: Trace) -> Iterator[tuple[Any, ...]]:
    """Yield the fates of promotions, without the texts that conditions saw: those are given."""
    for step in trace:
        figures = {
            name: value
            for name, value in step.reason.parameters.items()
            if name not in _SEEN or not isinstance(value, list | tuple)
        }
        yield step.subject, step.verdict, step.reason.code, repr(sorted(figures.items()))


def compare(
    reference: str, expected: Figures, channel: str, found: Figures, *, level: ParityLevel
) -> list[ParityDifference]:
    """Return every figure that is not the same in two channels, up to a level."""
    if expected == found:
        return []
    every = expected.currency != found.currency
    return [
        ParityDifference(
            level=at,
            line_id=line_id,
            reference=reference,
            channel=channel,
            expected=wanted,
            found=other,
            currency=expected.currency,
        )
        for at, line_id, wanted, other in (*_amounts(expected, found), *_totals(expected, found))
        if at.number <= level.number and (every or wanted != other)
    ] + [
        ParityDifference(
            level=ParityLevel.TRACE,
            line_id=promotion_id,
            reference=reference,
            channel=channel,
            currency=expected.currency,
        )
        for promotion_id in _fates(expected, found)
        if level is ParityLevel.TRACE
    ]


_Pair: TypeAlias = tuple[ParityLevel, str | None, int | None, int | None]


def _amounts(expected: Figures, found: Figures) -> Iterator[_Pair]:
    for level, left, right in (
        (ParityLevel.LIST, expected.lines, found.lines),
        (ParityLevel.LINE, expected.sold, found.sold),
        (ParityLevel.LINE, expected.gifts, found.gifts),
    ):
        wanted, other = dict(left), dict(right)
        for line_id in dict.fromkeys([*wanted, *other]):
            yield level, line_id, wanted.get(line_id), other.get(line_id)


def _totals(expected: Figures, found: Figures) -> Iterator[_Pair]:
    yield ParityLevel.MERCHANDISE, None, expected.merchandise, found.merchandise
    yield ParityLevel.PAYABLE, None, expected.payable, found.payable
    yield ParityLevel.POINTS, None, expected.points, found.points


def _fates(expected: Figures, found: Figures) -> list[str]:
    """Return the promotions that fare differently."""
    return sorted({step[0] for step in set(expected.trace) ^ set(found.trace)})
