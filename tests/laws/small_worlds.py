"""Small shops and baskets from fixed seeds, to hold the engine against a search of everything."""

from __future__ import annotations

import random
from collections.abc import Iterator

from omnicommerce.kernel.predicates import ALWAYS, AtLeast, OneOf, Predicate
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
    Effect,
    PercentOff,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    SetPrice,
)
from omnicommerce.pricing.effects import BundlePart, BundlePrice, Per

__all__ = ["small_worlds"]

_SKUS = ("a", "b", "c", "d")


def small_worlds(count: int = 3000) -> Iterator[tuple[PricingConfiguration, Basket]]:
    """Yield configurations with exclusive and other promotions, and baskets of up to six units."""
    for seed in range(count):
        dice = random.Random(seed)
        skus = _SKUS[: dice.randint(2, 4)]
        yield _shop(dice, skus), _basket(dice, skus)


def _shop(dice: random.Random, skus: tuple[str, ...]) -> PricingConfiguration:
    offers = [_exclusive(dice, skus, number) for number in range(dice.randint(1, 3))]
    others = [_other(dice, skus, number) for number in range(dice.randint(0, 2))]
    return PricingConfiguration(
        currency="EUR",
        products=[ProductTraits(sku) for sku in skus],
        lists=[PriceList("shelf")],
        rows=[PriceRow(price_list="shelf", sku=sku, amount=dice.randint(50, 900)) for sku in skus],
        promotions=[*offers, *others],
    )


def _basket(dice: random.Random, skus: tuple[str, ...]) -> Basket:
    units = [sku for sku in skus for _ in range(dice.randint(0, 3))][:6] or [skus[0]]
    return Basket([BasketLine(f"l{number}", sku) for number, sku in enumerate(units)])


def _some(dice: random.Random, skus: tuple[str, ...]) -> Predicate:
    return OneOf("sku", dice.sample(skus, dice.randint(1, len(skus))))


def _exclusive(dice: random.Random, skus: tuple[str, ...], number: int) -> Promotion:
    effect: Effect
    on = _some(dice, skus)
    match dice.randrange(5):
        case 0:
            effect = BuyGet(1, 1, Rate.percent(50))
        case 1:
            effect = BuyGet(2, 1)
        case 2:
            effect = SetPrice(2, dice.randint(100, 900))
        case 3:
            effect = PercentOff(Rate.percent(dice.choice([10, 25, 50])))
        case _:
            parts = [BundlePart(OneOf("sku", {sku})) for sku in dice.sample(skus, 2)]
            effect, on = BundlePrice(parts, dice.randint(100, 900)), ALWAYS
    return Promotion(
        promotion_id=f"x{number}", effect=effect, on=on, exclusive=True, priority=dice.randrange(3)
    )


def _other(dice: random.Random, skus: tuple[str, ...], number: int) -> Promotion:
    match dice.randrange(3):
        case 0:
            effect: Effect = PercentOff(Rate.percent(dice.choice([10, 20])))
        case 1:
            effect = AmountOff(dice.randint(1, 99), Per.UNIT)
        case _:
            fact = dice.choice(["spend.base", "spend.left"])
            return Promotion(
                promotion_id=f"o{number}",
                effect=AmountOff(100),
                when=AtLeast(fact, dice.randint(500, 3000)),
                lane=3,
            )
    return Promotion(
        promotion_id=f"o{number}", effect=effect, on=_some(dice, skus), lane=dice.randrange(2)
    )
