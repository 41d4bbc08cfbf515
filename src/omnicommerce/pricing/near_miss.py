"""What the shopper is close to: the smallest change that makes a promotion apply, verified."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import attrs

from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AtLeast, OneOf
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.basket import Basket, BasketLine, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.effects import BundlePrice, BuyGet
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.facts import atoms_of
from omnicommerce.pricing.promotions import Promotion
from omnicommerce.pricing.result import PricedBasket

__all__ = ["NearMiss", "NearMissKind", "near_misses"]

_PROMOTIONS_AT_MOST: Final = 20
_PRODUCTS_AT_MOST: Final = 10
_ONE_BY_ONE: Final = 12
"""Up to so many units each number is tried; beyond them a promotion that applies keeps applying."""
_NEW_LINE: Final = "near-miss"


class NearMissKind(enum.StrEnum):
    """What would have to change."""

    ADD_UNITS = "add_units"
    ENTER_CODE = "enter_code"


@attrs.frozen(kw_only=True)
class NearMiss:
    """A change that makes a promotion apply; no smaller one of its kind does.

    Attributes:
        promotion_id: The promotion.
        kind: What would have to change.
        sku: The product to add; None: nothing is to be added.
        quantity: How many units more of it.
        code: The code to enter, where codes may be revealed.
        gives: What the promotion would then give, in money.
        total: What everything would then cost.
        extra: How much more that is than now; below zero: less, with more in the basket.
    """

    promotion_id: str
    kind: NearMissKind
    sku: str | None = None
    quantity: int = 0
    code: str | None = None
    gives: Money
    total: Money
    extra: Money

    @property
    def reason(self) -> Reason:
        """The sentence to show."""
        figures = {"promotion": self.promotion_id, "amount": str(self.gives)}
        if self.kind is NearMissKind.ENTER_CODE:
            return Reason("near_miss.enter_code", {**figures, "code": self.code})
        return Reason(
            "near_miss.add_units", {**figures, "sku": self.sku, "quantity": self.quantity}
        )


def near_misses(
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    *,
    limit: int = 5,
    units_at_most: int = 100,
    reveal_codes: bool = False,
) -> tuple[NearMiss, ...]:
    """Return what is missing for promotions that do not apply, the cheapest change first.

    Each change was priced: with it the promotion applies, and with one unit less it
    does not, nor with any fewer up to a dozen. Looked at are the first promotions
    that fail for want of units or money, and for each the products of the basket
    that it asks for, or else those it matches.

    Args:
        book: Prices and promotions.
        basket: What is bought.
        situation: Where, when and for whom.
        limit: How many to return.
        units_at_most: How many more units to try of a product.
        reveal_codes: Whether a code may be suggested to who has not entered it.

    Raises:
        UnknownSku: As `price`.
        NotPriced: As `price`.
    """
    attempt = _Attempt(book, basket, situation)
    found: list[NearMiss] = []
    for promotion in attempt.failed():
        changes = [*attempt.by_units(promotion, units_at_most)]
        if reveal_codes:
            changes += attempt.by_code(promotion)
        if changes:
            found.append(min(changes, key=_order))
    return tuple(sorted(found, key=_order)[:limit])


def _order(miss: NearMiss) -> tuple[int, int, str, str]:
    return (miss.extra.minor, miss.quantity, miss.promotion_id, miss.sku or "")


class _Attempt:
    """A basket, and what becomes of it when something is changed."""

    def __init__(self, book: PriceBook, basket: Basket, situation: Situation) -> None:
        self._book = book
        self._basket = basket
        self._situation = situation
        self._now = price(book, basket, situation)

    def failed(self) -> Iterator[Promotion]:
        """Return promotions that failed, but for lack of a matching channel, place or class."""
        wanted = {
            step.subject
            for step in explain(self._book, self._basket, self._situation)
            if step.verdict == "failed" and step.reason.code in _MENDABLE
        }
        rules = [r for r in self._book.rules if r.promotion_id in wanted]
        return (rule.promotion for rule in rules[:_PROMOTIONS_AT_MOST])

    def by_units(self, promotion: Promotion, most: int) -> Iterator[NearMiss]:
        """Return the smallest number of units to add of each product that helps."""
        for sku in self._products(promotion):
            units = _least(partial(self._applies, promotion, sku), most)
            if units is not None:
                changed = price(self._book, self._more(sku, units), self._situation)
                yield self._miss(
                    promotion, changed, NearMissKind.ADD_UNITS, sku=sku, quantity=units
                )

    def by_code(self, promotion: Promotion) -> Iterator[NearMiss]:
        """Return the code that alone is missing, if there is one."""
        for atom in atoms_of(promotion.when):
            if isinstance(atom, OneOf) and atom.fact == "code":
                code = self._code_for(min(atom.values))
                with_code = attrs.evolve(
                    self._situation, codes=frozenset({*self._situation.codes, code})
                )
                changed = price(self._book, self._basket, with_code)
                if _gives(changed, promotion) is not None:
                    yield self._miss(promotion, changed, NearMissKind.ENTER_CODE, code=code)

    def _code_for(self, value: str) -> str:
        """Return a code that unlocks a value for everybody; the value itself where none says so."""
        codes = (item for item in self._book.configuration.codes if item.unlocks == value)
        return next((item.code for item in codes if item.customer_id is None), value)

    def _products(self, promotion: Promotion) -> list[str]:
        """Return the products that could help: of the basket first, then others it matches."""
        asked = [promotion.on]
        effect = promotion.effect
        if isinstance(effect, BuyGet) and effect.bought is not None:
            asked.append(effect.bought)
        if isinstance(effect, BundlePrice):
            asked += [part.on for part in effect.parts]
        asked += [
            atom.among
            for atom in atoms_of(promotion.when)
            if isinstance(atom, AtLeast) and atom.among is not None
        ]
        in_basket = sorted({line.sku for line in self._basket.lines if line.given is None})
        others = sorted(
            {product.sku for product in self._book.configuration.products} - set(in_basket)
        )
        helpful = [
            sku for sku in (*in_basket, *others) if any(self._book.matches(on, sku) for on in asked)
        ]
        return helpful[:_PRODUCTS_AT_MOST]

    def _applies(self, promotion: Promotion, sku: str, units: int) -> bool:
        try:
            changed = price(self._book, self._more(sku, units), self._situation)
        except Refused:
            return False
        return _gives(changed, promotion) is not None

    def _more(self, sku: str, units: int) -> Basket:
        line = BasketLine(_NEW_LINE, sku, units)
        return attrs.evolve(self._basket, lines=(*self._basket.lines, line))

    def _miss(
        self,
        promotion: Promotion,
        changed: PricedBasket,
        kind: NearMissKind,
        *,
        sku: str | None = None,
        quantity: int = 0,
        code: str | None = None,
    ) -> NearMiss:
        return NearMiss(
            promotion_id=promotion.promotion_id,
            kind=kind,
            sku=sku,
            quantity=quantity,
            code=code,
            gives=Money(_gives(changed, promotion) or 0, changed.currency),
            total=changed.total_amount,
            extra=changed.total_amount - self._now.total_amount,
        )


_MENDABLE: Final = frozenset(
    {
        "predicate.at_least",
        "predicate.one_of",
        "promotion.no_matching_items",
        "promotion.too_few_units",
    }
)
"""Why a promotion fails that more units or a code could mend."""


def _gives(priced: PricedBasket, promotion: Promotion) -> int | None:
    """Return what a promotion gives in money; None: it does not apply."""
    if promotion.promotion_id not in priced.uses:
        return None
    name = promotion.promotion_id
    taken = sum(item.minor for item in priced.discounts if item.promotion_id == name)
    return taken + sum(gift.off_minor for gift in priced.gifts if gift.promotion_id == name)


def _least(applies: Callable[[int], bool], most: int) -> int | None:
    """Return the smallest number for which it applies; of large ones, the one before does not."""
    low = min(most, _ONE_BY_ONE)
    for units in range(1, low + 1):
        if applies(units):
            return units
    high = low
    while not applies(high):
        if high >= most:
            return None
        low, high = high, min(most, high * 2)
    while high - low > 1:
        middle = (low + high) // 2
        if applies(middle):
            high = middle
        else:
            low = middle
    return high
