"""The bound of the best choice, against every choice there is, priced one by one."""

from __future__ import annotations

import random
from itertools import islice
from typing import Any, Final

import pytest

from benchmarks.adversarial import adversarial, expanded, shop_of
from omnicommerce.kernel.predicates import ALWAYS, AtLeast, OneOf, Predicate
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
    Per,
    PercentOff,
    PriceBook,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    SelectionPolicy,
    SetPrice,
    TotalPrice,
    price,
)
from omnicommerce.pricing.best import Effort, _choices, _Search, best_for_customer
from omnicommerce.pricing.selection.packing import pack
from tests.pricing.shop import WEB

SKUS: Final = ("A", "B", "C")
MOST_CHOICES: Final = 1500


def _configuration(dice: random.Random) -> PricingConfiguration:
    promotions = [_exclusive(dice, n) for n in range(dice.randint(0, 2))]
    promotions += [_other(dice, n) for n in range(dice.randint(1, 4))]
    return PricingConfiguration(
        currency="EUR",
        products=[ProductTraits(sku) for sku in SKUS],
        lists=[PriceList("shelf")],
        rows=[PriceRow(price_list="shelf", sku=sku, amount=dice.randint(40, 900)) for sku in SKUS],
        promotions=promotions,
    )


def _some(dice: random.Random) -> Predicate:
    return OneOf("sku", set(dice.sample(SKUS, dice.randint(1, 3))))


def _exclusive(dice: random.Random, number: int) -> Promotion:
    effect: Any = dice.choice(
        [BuyGet(1, 1), BuyGet(2, 1, rate=Rate.percent(50)), SetPrice(2, dice.randint(200, 900))]
    )
    return Promotion(
        promotion_id=f"x{number}",
        on=_some(dice),
        effect=effect,
        exclusive=True,
        lane=dice.randrange(3),
        when=_when(dice),
        cap=dice.choice([None, None, 250]),
    )


def _other(dice: random.Random, number: int) -> Promotion:
    effect: Any = dice.choice(
        [
            PercentOff(Rate.percent(dice.randint(5, 40))),
            PercentOff(Rate.percent(dice.randint(5, 40)), RoundingLevel.ORDER),
            AmountOff(dice.randint(50, 400)),
            AmountOff(dice.randint(20, 90), Per.UNIT),
            SetPrice(dice.randint(30, 500), 1),
            TotalPrice(dice.randint(300, 1500)),
            BuyGet(1, 1),
        ]
    )
    return Promotion(
        promotion_id=f"o{number}",
        on=dice.choice([ALWAYS, _some(dice)]),
        effect=effect,
        lane=dice.randrange(3),
        when=_when(dice),
        cap=dice.choice([None, None, None, 150]),
        skip_reduced=dice.random() < 0.15,
    )


def _when(dice: random.Random) -> Predicate:
    conditions: list[Predicate] = [
        ALWAYS,
        ALWAYS,
        AtLeast("spend.left", dice.randint(300, 2000)),
        AtLeast("spend.base", dice.randint(300, 2000)),
        AtLeast("matching.units", dice.randint(1, 4)),
        AtLeast("matching.left", dice.randint(200, 1500)),
    ]
    return dice.choice(conditions)


def _basket(dice: random.Random) -> Basket:
    return Basket(
        [BasketLine(f"l{n}", dice.choice(SKUS)) for n in range(dice.randint(1, 5))],
    )


@pytest.mark.parametrize(
    ("effort", "share"), [(Effort(), 1), (Effort(choices=0), 0.3), (Effort(0, 0, 0), 0.1)]
)
@pytest.mark.parametrize("part", range(2))
def test_no_choice_gives_more_than_the_bound(part: int, effort: Effort, share: float) -> None:
    """Pricing 33 and 34: whatever competes, limits and asks for what is left; none is better."""
    proven = compared = 0
    for seed in range(part * 200, part * 200 + 200):
        dice = random.Random(seed)
        book, goods = PriceBook.compile(_configuration(dice)), _basket(dice)
        found = best_for_customer(book, goods, WEB, effort=effort)
        best = _best_of_all(book, goods)
        assert found.certificate is not None
        proof = found.certificate
        if best is None:
            continue
        compared += 1
        assert proof.bound >= best, (seed, proof, best)
        assert proof.discount <= best, (seed, proof, best)
        if proof.is_optimal:
            proven += 1
            assert proof.discount == best, (seed, proof, best)
    assert compared > 120
    assert proven >= share * compared


def _best_of_all(book: PriceBook, goods: Basket) -> int | None:
    """Price every choice; None: there are too many."""
    search = _Search(book, goods, WEB, frozenset(), Effort())
    rules = [rule for rule in search._rules(search._matched) if search._can_run(rule)]
    exclusive = [rule for rule in rules if rule.promotion.exclusive]
    others = [rule.position for rule in rules if not rule.promotion.exclusive]
    choices = list(islice(_choices(others, search._board(exclusive)), MOST_CHOICES + 1))
    if len(choices) > MOST_CHOICES:
        return None
    return max([search.first.given, *(search.priced(each).given for each in choices)])


def test_whole_shops_are_priced_as_their_packings() -> None:
    """Pricing 33: offers that overlap badly, through configuration and price, and bare."""
    for seed in range(10):
        found = adversarial(seed, 12, 24, 12)
        even = found._replace(prices=[2 * each for each in found.prices])  # halves are exact
        book, goods = shop_of(even)
        priced = price(book, goods, WEB, policy=SelectionPolicy.BEST_FOR_CUSTOMER)
        assert priced.certificate is not None
        assert priced.certificate.is_optimal
        assert priced.certificate.discount == pack(even.units, expanded(even)).value
