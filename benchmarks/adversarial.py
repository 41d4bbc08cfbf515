"""Baskets that are hard to price best: promotions that overlap as badly as they can.

Each basket has random SKUs, units and promotions of four kinds, every promotion on a random
set of three to five SKUs, so that a unit can serve several of them and rarely the one that
seems best. The seeds are fixed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from benchmarks.reference import HERE_AND_NOW
from omnicommerce import pricing
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    BasketLine,
    BundlePart,
    BundlePrice,
    BuyGet,
    PriceBook,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    SelectionPolicy,
    SetPrice,
    price,
)
from omnicommerce.pricing.selection.columns import pick
from omnicommerce.pricing.selection.packing import Column

__all__ = [
    "Basket",
    "Offer",
    "adversarial",
    "columns_of",
    "expanded",
    "greedy",
    "shop_of",
    "solvers",
]


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


def shop_of(basket: Basket) -> tuple[PriceBook, pricing.Basket]:
    """Return a price book with these offers as exclusive promotions, and the basket."""
    book = PriceBook.compile(
        PricingConfiguration(
            currency="EUR",
            products=[ProductTraits(_sku(k)) for k in range(len(basket.prices))],
            lists=[PriceList("shelf")],
            rows=[
                PriceRow(price_list="shelf", sku=_sku(k), amount=amount)
                for k, amount in enumerate(basket.prices)
            ],
            promotions=[
                Promotion(
                    promotion_id=f"offer-{rank:02}",
                    on=_of(offer.skus),
                    effect=_effect(offer, basket.prices),
                    exclusive=True,
                )
                for rank, offer in enumerate(basket.offers)
            ],
        )
    )
    lines = [BasketLine(_sku(k), _sku(k), units) for k, units in enumerate(basket.units) if units]
    return book, pricing.Basket(lines)


def _sku(k: int) -> str:
    return f"s{k}"


def _of(skus: Iterable[int]) -> OneOf:
    return OneOf("sku", frozenset(map(_sku, skus)))


def _effect(offer: Offer, prices: Sequence[int]) -> BuyGet | BundlePrice | SetPrice:
    match offer.kind:
        case "half":
            return BuyGet(1, rate=Rate.percent(50))
        case "free":
            return BuyGet(offer.size - 1)
        case "bundle":
            whole = sum(prices[k] for k in offer.skus)
            return BundlePrice([BundlePart(_of([k])) for k in offer.skus], whole - offer.amount)
        case _:
            return SetPrice(offer.size, offer.amount)


def solvers(skus: int, units: int, promotions: int, *, baskets: int) -> list[Callable[[], bool]]:
    """Return for each basket what prices it best, and tells whether that is proved."""
    return [
        partial(_is_proved, *shop_of(adversarial(seed, skus, units, promotions)))
        for seed in range(baskets)
    ]


def _is_proved(book: PriceBook, goods: pricing.Basket) -> bool:
    priced = price(book, goods, HERE_AND_NOW, policy=SelectionPolicy.BEST_FOR_CUSTOMER)
    return priced.certificate is not None and priced.certificate.is_optimal
