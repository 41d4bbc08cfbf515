"""Past baskets against a draft configuration: who would pay more, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.errors import UnknownSku
from omnicommerce.pricing.result import PricedBasket

__all__ = ["PastBasket", "Unpriced", "WhatIf", "what_if"]


@attrs.frozen
class PastBasket:
    """A basket as it was bought, and the situation in which it was."""

    basket_id: str
    basket: Basket
    situation: Situation


@attrs.frozen(kw_only=True)
class Change:
    """What one basket costs by both configurations, in minor units."""

    basket_id: str
    currency: Currency
    before: int
    after: int

    @property
    def delta(self) -> Money:
        """How much more it costs by the draft; below zero: how much less."""
        return Money(self.after - self.before, self.currency)


@attrs.frozen(kw_only=True)
class Unpriced:
    """A basket that one of the configurations cannot price, and why."""

    basket_id: str
    book: str
    reasons: tuple[Reason, ...]


def _frozen(value: Mapping[str, int]) -> Mapping[str, int]:
    return MappingProxyType(dict(sorted(value.items())))


@attrs.frozen(kw_only=True)
class Totals:
    """Sums over all baskets of one currency, in minor units.

    Attributes:
        baskets: How many were priced by both.
        dearer: How many cost more by the draft.
        cheaper: How many cost less.
        before: What all cost by the configuration in force.
        after: What all cost by the draft.
        given_before: What each promotion gave, by its id.
        given_after: What each promotion gives by the draft.
    """

    baskets: int
    dearer: int
    cheaper: int
    before: int
    after: int
    given_before: Mapping[str, int] = attrs.field(converter=_frozen)
    given_after: Mapping[str, int] = attrs.field(converter=_frozen)

    @property
    def delta(self) -> int:
        """How much more the shop takes by the draft."""
        return self.after - self.before


@attrs.frozen(kw_only=True)
class WhatIf:
    """The outcome: totals by currency, each basket that changes, and what could not be priced."""

    totals: Mapping[str, Totals]
    changes: tuple[Change, ...]
    unpriced: tuple[Unpriced, ...]

    def most_dearer(self, count: int) -> tuple[Change, ...]:
        """Return the baskets that would cost most more, the worst first."""
        return self._ranked(count, 1)

    def most_cheaper(self, count: int) -> tuple[Change, ...]:
        """Return the baskets that would cost most less, the best first."""
        return self._ranked(count, -1)

    def _ranked(self, count: int, sign: int) -> tuple[Change, ...]:
        chosen = [item for item in self.changes if item.delta.minor * sign > 0]
        chosen.sort(key=lambda item: (-item.delta.minor * sign, item.basket_id))
        return tuple(chosen[:count])


def what_if(old: PriceBook, new: PriceBook, baskets: Iterable[PastBasket]) -> WhatIf:
    """Price past baskets by two books, and compare.

    Args:
        old: The configuration in force.
        new: The draft.
        baskets: What was bought, read once.

    Example:
        >>> what_if.__name__
        'what_if'
    """
    tally = _Tally()
    for past in baskets:
        answers = [tally.answer(name, book, past) for name, book in (("old", old), ("new", new))]
        if answers[0] is not None and answers[1] is not None:
            tally.add(past.basket_id, answers[0], answers[1])
    return tally.outcome()


class _Tally:
    """Sums under way."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._given: dict[tuple[str, str], Counter[str]] = {}
        self._changes: list[Change] = []
        self._unpriced: list[Unpriced] = []

    def answer(self, name: str, book: PriceBook, past: PastBasket) -> PricedBasket | None:
        """Price one basket; note it where that cannot be done."""
        try:
            return price(book, past.basket, past.situation)
        except (Refused, UnknownSku) as error:
            self._unpriced.append(
                Unpriced(basket_id=past.basket_id, book=name, reasons=_reasons(error))
            )
            return None

    def add(self, basket_id: str, before: PricedBasket, after: PricedBasket) -> None:
        """Count one basket that both books priced."""
        currency = before.currency
        old, new = before.total_minor, after.total_minor
        counts = self._counts.setdefault(currency.code, Counter())
        counts.update(
            baskets=1, before=old, after=new, dearer=int(new > old), cheaper=int(new < old)
        )
        for side, priced in (("before", before), ("after", after)):
            given = self._given.setdefault((currency.code, side), Counter())
            for discount in priced.discounts:
                given[discount.promotion_id] += discount.minor
        if old != new:
            self._changes.append(
                Change(basket_id=basket_id, currency=currency, before=old, after=new)
            )

    def outcome(self) -> WhatIf:
        """Return what was found."""
        return WhatIf(
            totals=MappingProxyType(
                {
                    code: Totals(
                        baskets=counts["baskets"],
                        dearer=counts["dearer"],
                        cheaper=counts["cheaper"],
                        before=counts["before"],
                        after=counts["after"],
                        given_before=self._given[code, "before"],
                        given_after=self._given[code, "after"],
                    )
                    for code, counts in sorted(self._counts.items())
                }
            ),
            changes=tuple(sorted(self._changes, key=lambda item: item.basket_id)),
            unpriced=tuple(self._unpriced),
        )


def _reasons(error: Refused | UnknownSku) -> tuple[Reason, ...]:
    if isinstance(error, Refused):
        return error.reasons
    return tuple(Reason("pricing.unknown_sku", {"sku": sku}) for sku in error.skus)
