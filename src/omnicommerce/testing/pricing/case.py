"""One thing to try: a basket in a situation, under a policy, by a price book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from omnicommerce.kernel.reasons import Trace
from omnicommerce.pricing.basket import Basket, BasketLine, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.promotions import Promotion, SelectionPolicy
from omnicommerce.pricing.result import PricedBasket
from omnicommerce.pricing.rules import OpaqueFunction
from omnicommerce.testing.pricing.atoms import EFFECTS

__all__ = ["Case"]


@attrs.frozen(repr=False)
class Case:
    """A basket in a situation, under a policy, by a price book.

    Args:
        book: A compiled configuration.
        basket: What is bought.
        situation: Where, when and for whom.
        policy: How promotions are chosen; None: as configured.
        effects: The functions that the book was compiled with.
    """

    book: PriceBook
    basket: Basket
    situation: Situation
    policy: SelectionPolicy | None = None
    effects: Mapping[str, OpaqueFunction] = EFFECTS

    @property
    def configuration(self) -> PricingConfiguration:
        """What the book was compiled from."""
        return self.book.configuration

    @property
    def promotions(self) -> tuple[Promotion, ...]:
        """The promotions that count in the situation's currency, in their declared order."""
        book = self.book
        if self.situation.currency is not None:
            book = book.in_currency(self.situation.currency)
        return tuple(rule.promotion for rule in book.rules)

    def priced(self) -> PricedBasket:
        """Return what it costs."""
        return price(self.book, self.basket, self.situation, policy=self.policy)

    def explained(self) -> Trace:
        """Return why."""
        return explain(self.book, self.basket, self.situation, policy=self.policy)

    def buying(self, lines: Iterable[BasketLine]) -> Case:
        """Return the same with other lines, and what speaks of lines that are gone left out."""
        lines = tuple(lines)
        there = {line.line_id for line in lines} | {None}
        basket = attrs.evolve(
            self.basket,
            lines=lines,
            coupons=[coupon for coupon in self.basket.coupons if coupon.line_id in there],
            discounts=[item for item in self.basket.discounts if item.line_id in there],
        )
        return attrs.evolve(self, basket=basket)

    def among(self, promotions: Iterable[Promotion]) -> Case:
        """Return the same with other promotions; stacking forgets families that are gone."""
        promotions = tuple(promotions)
        families = {item.family for item in promotions}
        ids = {item.promotion_id for item in promotions}
        stacking = self.configuration.stacking
        whole = all(each <= families for each in stacking.alternatives)
        configuration = attrs.evolve(
            self.configuration,
            promotions=[
                attrs.evolve(item, after=[name for name in item.after if name in ids])
                for item in promotions
            ],
            stacking=attrs.evolve(
                stacking,
                exclusions=[e for e in stacking.exclusions if {e.family, e.other} <= families],
                alternatives=stacking.alternatives if whole else (),
            ),
        )
        return self.by(configuration)

    def by(self, configuration: PricingConfiguration) -> Case:
        """Return the same by a book of another configuration, with this one's functions."""
        book = PriceBook.compile(
            configuration, conditions=self.book.conditions, effects=self.effects
        )
        return attrs.evolve(self, book=book)

    def __repr__(self) -> str:
        """Show what a person needs to try it again."""
        return "; ".join(self._words())

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: FBT001 - Hypothesis calls it
        """Show the same where Hypothesis shows what failed."""
        printer.text(f"<{self!r}>")

    def _words(self) -> Iterator[str]:
        basket, situation = self.basket, self.situation
        yield ", ".join(map(_bought, basket.lines)) or "nothing"
        parts = (*basket.coupons, *basket.delivery, *basket.discounts, *basket.locks)
        yield from map(repr, parts)
        if basket.choices:
            yield f"choices {dict(basket.choices)}"
        yield f"at {situation.at.isoformat()} in channel {situation.channel!r}"
        for field in attrs.fields(Situation):
            value = getattr(situation, field.name)
            if field.name not in {"at", "channel"} and value:
                shown = sorted(value) if isinstance(value, frozenset) else value
                yield f"{field.name} {dict(shown) if hasattr(shown, 'items') else shown}"
        yield f"policy {self.policy or self.configuration.selection}"


def _bought(line: BasketLine) -> str:
    text = f"{line.quantity} × {line.sku}"
    if line.given is not None:
        text += f" at {line.given.base}"
        if line.given.offer is not None:
            text += f" (offer {line.given.offer})"
    return text if line.plan is None else f"{text} on plan {line.plan}"
