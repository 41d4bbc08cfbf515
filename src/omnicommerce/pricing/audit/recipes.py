"""Baskets that a promotion can notice: the fewest units that set it off, and their neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, product
from typing import Final, TypeAlias

import attrs

from omnicommerce.kernel.predicates import ALWAYS, Predicate
from omnicommerce.pricing.audit.logic import Conjunction
from omnicommerce.pricing.audit.shelf import Shelf
from omnicommerce.pricing.audit.thresholds import (
    bundle_repeats,
    quantities,
    set_size,
    spends,
)
from omnicommerce.pricing.effects import BundlePrice, BuyGet
from omnicommerce.pricing.promotions import Promotion

__all__ = ["Cook", "Units"]

Units: TypeAlias = Counter[str]
"""Pieces by SKU."""

_MOST_UNITS: Final = 2_000
_PAIR: Final = 3


@attrs.frozen
class Cook:
    """Makes baskets from representatives of products.

    Args:
        shelf: The products.
        prices: What one piece of a SKU costs here and now; None: it has no price.
        most: How many products stand for a predicate.
    """

    shelf: Shelf
    prices: Callable[[str], int | None]
    most: int = 6

    def pieces(self, predicate: Predicate) -> tuple[str, ...]:
        """Return representatives that have a price here."""
        found = self.shelf.representatives(predicate, 2 * self.most)
        return tuple(sku for sku in found if self.prices(sku) is not None)[: self.most]

    def baskets(self, promotion: Promotion, way: Conjunction) -> Iterator[Units]:
        """Yield baskets that meet the numbers of a way, and those about them, the small ones first.

        Args:
            promotion: What shall be set off.
            way: One way in which its conditions hold.
        """
        found: dict[tuple[tuple[str, int], ...], Units] = {}
        for core in self._cores(promotion, way):
            for units in (core, self.raised(core, promotion, way)):
                if 0 < units.total() <= _MOST_UNITS:
                    found.setdefault(tuple(sorted(units.items())), units)
        yield from sorted(found.values(), key=lambda units: (units.total(), len(units)))

    def _cores(self, promotion: Promotion, way: Conjunction) -> Iterator[Units]:
        effect = promotion.effect
        if isinstance(effect, BundlePrice):
            yield from self._bundles(effect, promotion.on)
            return
        skus = self.pieces(promotion.on)
        bought = self._bought(effect)
        for quantity in quantities(promotion):
            sets = -(-quantity // set_size(promotion))
            for first in bought:
                for sku in skus:
                    yield Counter({sku: quantity}) + _times(first, sets)
            if quantity > 1:
                yield from _mixed(skus, quantity)
        for left, right in combinations(skus[:_PAIR], 2):
            yield Counter({left: 1, right: 1})
        yield from self._about_spends(promotion, way, skus)

    def _bought(self, effect: object) -> list[Units]:
        if not isinstance(effect, BuyGet) or effect.bought is None:
            return [Counter()]
        return [Counter({sku: effect.buy}) for sku in self.pieces(effect.bought)[:_PAIR]]

    def _bundles(self, effect: BundlePrice, on: Predicate) -> Iterator[Units]:
        matching = set(self.shelf.matching(on))
        pools = [
            [sku for sku in self.pieces(part.on) if sku in matching][:_PAIR]
            for part in effect.parts
        ]
        for chosen in product(*pools):
            bundle: Units = Counter()
            for sku, part in zip(chosen, effect.parts, strict=True):
                bundle[sku] += part.units
            for repeats in bundle_repeats(effect):
                yield _times(bundle, repeats)

    def _about_spends(
        self, promotion: Promotion, way: Conjunction, skus: tuple[str, ...]
    ) -> Iterator[Units]:
        """Yield baskets just below, at and above each amount, of one product each."""
        for limit in spends(promotion, way):
            for sku in skus:
                price = self.prices(sku)
                if price:
                    enough = -(-limit // price)
                    for quantity in (enough - 1, enough, enough + 1):
                        if 0 < quantity <= _MOST_UNITS:
                            yield Counter({sku: quantity})

    def raised(self, units: Units, promotion: Promotion, way: Conjunction) -> Units:
        """Return the basket with as much more as the numbers of the way still need."""
        basket = Counter(units)
        for key, least in way.least.items():
            fact, among = (key, None) if isinstance(key, str) else key
            scope, _, measure = fact.partition(".")
            if scope in {"history", "delivery"}:
                continue
            predicate = promotion.on if scope == "matching" else among or ALWAYS
            measure, _, tax = measure.partition(".")
            # Prices here may hold tax: twice as much surely is enough without it.
            self._raise(basket, predicate, measure, 2 * least if tax == "net" else least)
        return basket

    def _raise(self, basket: Units, predicate: Predicate, measure: str, least: int) -> None:
        pool = set(self.shelf.matching(predicate))
        inside = {sku: count for sku, count in basket.items() if sku in pool}
        preferred = [sku for sku in inside if self.prices(sku)] or list(self.pieces(predicate))
        if not preferred:
            return
        match measure:
            case "units":
                basket[preferred[0]] += max(0, least - sum(inside.values()))
            case "most":
                basket[preferred[0]] = max(basket[preferred[0]], least)
            case "products":
                others = [sku for sku in self._all_priced(predicate) if sku not in inside]
                basket.update(others[: max(0, least - len(inside))])
            case _:
                self._spend(basket, inside, preferred, least)

    def _spend(
        self, basket: Units, inside: Mapping[str, int], preferred: list[str], least: int
    ) -> None:
        spent = sum((self.prices(sku) or 0) * count for sku, count in inside.items())
        dearest = max(preferred, key=lambda sku: (self.prices(sku) or 0, sku))
        price = self.prices(dearest) or 0
        if price and spent < least:
            basket[dearest] += -(-(least - spent) // price)

    def _all_priced(self, predicate: Predicate) -> Iterator[str]:
        return (sku for sku in self.shelf.matching(predicate) if self.prices(sku) is not None)

    def filled(self, units: Units) -> dict[str, int]:
        """Return quantities in the smallest unit of each product's measure."""
        return {sku: count * self.shelf.piece(sku) for sku, count in units.items() if count}


def _times(units: Units, factor: int) -> Units:
    return Counter({sku: count * factor for sku, count in units.items()})


def _mixed(skus: tuple[str, ...], quantity: int) -> Iterator[Units]:
    """Yield sets of two products, one unit or all but one of the second."""
    for left, right in combinations(skus[:_PAIR], 2):
        yield Counter({left: quantity - 1, right: 1})
        yield Counter({left: 1, right: quantity - 1})
