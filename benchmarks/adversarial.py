"""Baskets that are hard to price best: promotions that overlap as badly as they can.

Each basket has random SKUs, units and promotions of four kinds, every promotion on a random
set of three to five SKUs, so that a unit can serve several of them and rarely the one that
seems best. The seeds are fixed; nothing here knows the engine but `solvers`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from omnicommerce.pricing.selection.columns import pick
from omnicommerce.pricing.selection.packing import Column, pack

__all__ = ["Basket", "Offer", "adversarial", "columns_of", "expanded", "greedy", "solvers"]


class Offer(NamedTuple):
    """A promotion that uses units up.

    ``half``: of two, the cheaper at half price. ``free``: of ``size``, the cheapest is
    free. ``bundle``: one of each SKU, ``amount`` off. ``price``: any ``size`` for ``amount``.
    """

    kind: str
    skus: tuple[int, ...]
    size: int
    amount: int = 0

    def gives(self, prices: Sequence[int]) -> int:
        """Return what it takes off the units with these prices."""
        if self.kind == "half":
            return min(prices) // 2
        if self.kind == "free":
            return min(prices)
        return self.amount if self.kind == "bundle" else sum(prices) - self.amount


class Basket(NamedTuple):
    """Units and prices by SKU, and the promotions."""

    units: list[int]
    prices: list[int]
    offers: list[Offer]


def adversarial(seed: int, skus: int, units: int, promotions: int) -> Basket:
    """Return a basket of some size; the same seed gives the same one everywhere."""
    dice = random.Random(seed)
    prices = [dice.randint(100, 5000) for _ in range(skus)]
    counts = [0] * skus
    for _ in range(units):
        counts[dice.randrange(skus)] += 1
    return Basket(counts, prices, [_offer(dice, prices) for _ in range(promotions)])


def _offer(dice: random.Random, prices: Sequence[int]) -> Offer:
    kind = dice.choice(["half", "free", "bundle", "price"])
    skus = tuple(sorted(dice.sample(range(len(prices)), dice.randint(3, 5))))
    if kind == "bundle":
        skus = tuple(sorted(dice.sample(skus, dice.randint(2, 3))))
        whole = sum(prices[k] for k in skus)
        return Offer(kind, skus, len(skus), whole * dice.randint(15, 40) // 100)
    if kind == "price":
        size = dice.randint(2, 4)
        usual = size * sum(prices[k] for k in skus) // len(skus)
        return Offer(kind, skus, size, usual * dice.randint(60, 90) // 100)
    return Offer(kind, skus, 2 if kind == "half" else dice.randint(3, 4))


def expanded(basket: Basket) -> list[Column]:
    """Return every way to apply each promotion once that gives something."""
    return [column for rank in range(len(basket.offers)) for column in columns_of(basket, rank)]


def columns_of(basket: Basket, rank: int) -> Iterator[Column]:
    """Yield the ways to apply one promotion."""
    offer = basket.offers[rank]
    for uses in _ways(basket, offer):
        value = offer.gives([basket.prices[k] for k, units in uses for _ in range(units)])
        if value > 0:
            yield Column(rank, uses, value)


def _ways(basket: Basket, offer: Offer) -> Iterator[tuple[tuple[int, int], ...]]:
    if offer.kind != "bundle":
        yield from pick(basket.units, basket.prices, offer.skus, offer.size)
    elif all(basket.units[k] for k in offer.skus):
        yield tuple((k, 1) for k in offer.skus)


def greedy(units: Sequence[int], columns: Sequence[Column]) -> int:
    """Return what the usual rule gives: the dearest application that fits, again and again."""
    left, total = list(units), 0
    for _, uses, value in sorted(columns, key=lambda column: (-column.value, column)):
        while all(left[k] >= a for k, a in uses):
            for k, a in uses:
                left[k] -= a
            total += value
    return total


def solvers(skus: int, units: int, promotions: int, *, baskets: int) -> list[Callable[[], bool]]:
    """Return for each basket what chooses, and tells whether the choice is proved optimal."""
    return [
        partial(_is_proved, adversarial(seed, skus, units, promotions)) for seed in range(baskets)
    ]


def _is_proved(basket: Basket) -> bool:
    return pack(basket.units, expanded(basket)).is_optimal
