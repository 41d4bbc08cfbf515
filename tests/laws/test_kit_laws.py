"""The laws that shops apply to their own promotions, applied to configurations of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    BuyGet,
    OpaqueEffect,
    PercentOff,
    PriceBook,
    Promotion,
    SelectionPolicy,
    price,
)
from omnicommerce.testing import PricingLaws
from omnicommerce.testing.pricing.baskets import cases
from omnicommerce.testing.pricing.case import Case
from omnicommerce.testing.pricing.law_book import LAWS, Law, LawBroken
from tests.laws.brute_force import World, best_discount
from tests.laws.small_worlds import small_worlds
from tests.pricing.shop import WEB, basket, configuration


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_every_law_holds_for_every_configuration(law: Law) -> None:
    """Pricing 12, 13 and 33 among them: generated configurations of all effects and conditions."""

    @settings(max_examples=12)
    @given(cases())
    def holds(case: Case) -> None:
        law(case)

    holds()


class TestExample(PricingLaws):
    """The kit as a shop uses it."""

    configuration = configuration(
        Promotion(promotion_id="ten", effect=PercentOff(Rate.percent(10))),
        Promotion(promotion_id="three", effect=BuyGet(2), exclusive=True, lane=1),
    )
    examples = 10


_CALLS: list[int] = []


def _forgetful(left: list[int], _: list[int], __: Mapping[str, Any]) -> list[int]:
    _CALLS.append(1)
    return [len(_CALLS) % 7 for _ in left]


def test_a_broken_effect_fails_the_kit() -> None:
    """An effect of the shop's own that is not pure is found, with law and basket."""
    odd = Promotion(promotion_id="odd", effect=OpaqueEffect("odd"))

    class Broken(PricingLaws):
        configuration = configuration(odd)
        effects = {"odd": _forgetful}  # noqa: RUF012 - as a shop would write it
        examples = 30

    shop = Broken()
    with pytest.raises(LawBroken, match="Pricing 21: when priced again"):
        shop.test_pricing_twice_is_pricing_once()  # type: ignore[attr-defined] # made from the law


def test_exact_equals_brute_force() -> None:
    """Pricing 33: thousands of small baskets, against a search of all choices of its own."""
    tried = better = 0
    for shop, goods in small_worlds():
        book = PriceBook.compile(shop)
        declared = price(book, goods, WEB).discount_amount.minor
        expected = best_discount(World.of(shop, goods), declared=declared)
        found = price(book, goods, WEB, policy=SelectionPolicy.BEST_FOR_CUSTOMER)
        assert found.certificate is not None
        assert found.certificate.bound >= expected
        assert found.discount_amount.minor == expected, (shop, goods)
        tried += 1
        better += expected > declared
    assert tried >= 3000
    assert better > tried // 10


def test_the_example_basket_is_priced_the_same_by_the_kit() -> None:
    """The kit prices what a shop prices."""
    book = PriceBook.compile(TestExample.configuration)
    assert Case(book, basket(tea=3), WEB).priced() == price(book, basket(tea=3), WEB)
