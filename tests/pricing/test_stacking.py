"""Which promotions combine: units used up, groups, families and alternatives, by example."""

from __future__ import annotations

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    AmountOff,
    BuyGet,
    Effect,
    PercentOff,
    PriceBook,
    Promotion,
    SelectionPolicy,
    SetPrice,
    explain,
    price,
)
from omnicommerce.pricing.promotions import (
    Base,
    Competition,
    Exclusion,
    Stacking,
    StackingGroup,
    Winner,
)
from tests.pricing.shop import WEB, basket, configuration

CLOTHES = OneOf("category", {"clothes"})
BEST = SelectionPolicy.BEST_FOR_CUSTOMER


def percent(promotion_id: str, size: int, **more: object) -> Promotion:
    """Return a promotion of so many per cent."""
    effect = PercentOff(Rate.percent(size))
    return Promotion(promotion_id=promotion_id, effect=effect, **more)  # type: ignore[arg-type] # options


def shop(*promotions: Promotion, stacking: Stacking | None = None) -> PriceBook:
    """Compile the shop with a way of stacking."""
    return PriceBook.compile(
        attrs.evolve(configuration(*promotions), stacking=stacking or Stacking())
    )


def given(book: PriceBook, policy: SelectionPolicy | None = None, **units: int) -> dict[str, int]:
    """Return what each promotion gave."""
    priced = price(book, basket(**units), WEB, policy=policy)
    return {item.promotion_id: item.minor for item in priced.discounts}


def test_an_exclusive_offer_uses_up_its_units_and_leaves_the_others() -> None:
    """Three for two of four teas uses three; ten per cent is off the fourth one."""
    three = Promotion(promotion_id="3for2", effect=BuyGet(2), exclusive=True)
    assert given(shop(three, percent("ten", 10, lane=1)), tea=4) == {"3for2": 450, "ten": 45}


def test_an_exclusive_offer_takes_untouched_units_only() -> None:
    """Two teas at half price are touched: two of four are left for a set of two."""
    half = percent("half", 50, max_units=2)
    pair = Promotion(promotion_id="pair", effect=SetPrice(2, 500), exclusive=True, lane=1)
    assert given(shop(half, pair), tea=4) == {"half": 450, "pair": 400}


def test_reduced_items_can_be_left_out() -> None:
    """Ten per cent for what nobody reduced before."""
    first = percent("first", 20, on=OneOf("sku", {"dress"}))
    rest = percent("rest", 10, lane=1, skip_reduced=True)
    assert given(shop(first, rest), dress=1, jeans=1) == {"first": 998, "rest": 300}


@pytest.mark.parametrize(
    ("winner", "over", "expected"),
    [
        (Winner.BEST, Competition.PRODUCT, {"a": 499, "b": 800}),
        (Winner.FIRST, Competition.PRODUCT, {"a": 499 + 300}),
        (Winner.BEST, Competition.BASKET, {"b": 800}),
        (Winner.FIRST, Competition.BASKET, {"a": 799}),
    ],
)
def test_of_a_group_one_wins(winner: Winner, over: Competition, expected: dict[str, int]) -> None:
    """For each product, or for the basket: the best, or the first that gives anything."""
    first = percent("a", 10, group="g")
    second = Promotion(
        promotion_id="b", effect=AmountOff(800), on=OneOf("sku", {"jeans"}), group="g"
    )
    stacking = Stacking(groups=[StackingGroup("g", winner, over)])
    assert given(shop(first, second, stacking=stacking), dress=1, jeans=1) == expected


def test_the_loser_of_a_group_is_told_by_how_much() -> None:
    """Ten per cent of 49.90 is 4.99; five euros are one cent more."""
    stacking = Stacking(groups=[StackingGroup("g")])
    five = Promotion(promotion_id="five", effect=AmountOff(500), group="g")
    trace = explain(
        shop(percent("ten", 10, group="g"), five, stacking=stacking), basket(dress=1), WEB
    )
    (step,) = trace.about("ten")
    assert (step.verdict, dict(step.reason.parameters)) == (
        "beaten",
        {"by": ["five"], "amount": 499, "ahead": 1},
    )


def test_families_that_exclude_each_other_share_no_product() -> None:
    """The clearance is on dresses, so the coupon is off jeans alone."""
    clearance = percent("clearance", 30, family="sale", on=OneOf("sku", {"dress"}))
    coupon = percent("coupon", 10, family="coupon", lane=1)
    stacking = Stacking(exclusions=[Exclusion("sale", "coupon")])
    found = given(shop(clearance, coupon, stacking=stacking), dress=1, jeans=1)
    assert found == {"clearance": 1497, "coupon": 300}


def test_families_can_exclude_each_other_in_the_whole_basket() -> None:
    """Once the clearance took anything the coupon takes nothing at all."""
    clearance = percent("clearance", 30, family="sale", on=OneOf("sku", {"dress"}))
    coupon = percent("coupon", 10, family="coupon", lane=1)
    stacking = Stacking(exclusions=[Exclusion("sale", "coupon", Competition.BASKET)])
    book = shop(clearance, coupon, stacking=stacking)
    assert given(book, dress=1, jeans=1) == {"clearance": 1497}
    assert given(book, jeans=1) == {"coupon": 300}


def test_best_for_the_customer_may_drop_the_first_of_two_rivals() -> None:
    """A small clearance would keep a large coupon away: it is not used."""
    clearance = percent("clearance", 5, family="sale", on=OneOf("sku", {"dress"}))
    coupon = percent("coupon", 20, family="coupon", lane=1)
    stacking = Stacking(exclusions=[Exclusion("sale", "coupon", Competition.BASKET)])
    book = shop(clearance, coupon, stacking=stacking)
    assert given(book, BEST, dress=1, jeans=1) == {"coupon": 998 + 600}


def test_of_alternatives_the_cheapest_basket_counts() -> None:
    """Either product discounts or the coupon, whichever makes the basket cheaper."""
    sale = percent("sale", 30, family="sale", on=CLOTHES)
    coupon = Promotion(promotion_id="coupon", effect=AmountOff(1000), family="coupon")
    stacking = Stacking(alternatives=[{"sale"}, {"coupon"}])
    book = shop(sale, coupon, stacking=stacking)
    assert given(book, dress=1) == {"sale": 1497}
    assert given(book, tea=3) == {"coupon": 1000}


def test_an_effect_can_be_worked_out_from_the_original_price() -> None:
    """Twice ten per cent of 49.90 are 9.98, compounding 9.48."""
    compounding = shop(percent("a", 10), percent("b", 10))
    original = shop(percent("a", 10), percent("b", 10, base=Base.ORIGINAL))
    assert sum(given(compounding, dress=1).values()) == 499 + 449
    assert sum(given(original, dress=1).values()) == 499 + 499


def test_what_comes_after_another_waits_for_it() -> None:
    """The priority says b first, but it waits for a."""
    a = percent("a", 50, priority=5)
    b = Promotion(promotion_id="b", effect=AmountOff(100), after=["a"])
    assert list(given(shop(a, b), dress=1)) == ["a", "b"]


@pytest.mark.parametrize(
    ("promotions", "stacking", "path"),
    [
        ([percent("a", 1, after=["b"]), percent("b", 1, after=["a"])], Stacking(), "$.promotions"),
        ([percent("a", 1, after=["x"])], Stacking(), "$.promotions[0].after[0]"),
        ([percent("a", 1, group="g")], Stacking(), "$.promotions[0].group"),
        (
            [percent("a", 1)],
            Stacking(exclusions=[Exclusion("x", "y")]),
            "$.stacking.exclusions[0].family",
        ),
        (
            [percent("a", 1, family="x"), percent("b", 1, family="y")],
            Stacking(
                exclusions=[Exclusion("x", "y", Competition.BASKET)], alternatives=[{"x", "y"}]
            ),
            "$.stacking.alternatives[0]",
        ),
        (
            [percent("a", 1)],
            Stacking(groups=[StackingGroup("g"), StackingGroup("g")]),
            "$.stacking.groups[1].group_id",
        ),
    ],
)
def test_contradictory_stacking_is_refused(
    promotions: list[Promotion], stacking: Stacking, path: str
) -> None:
    """Circles, unknown names and impossible combinations name their path."""
    with pytest.raises(InvalidConfiguration) as caught:
        shop(*promotions, stacking=stacking)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("effects", "units", "declared", "best"),
    [
        # Half off the second tea first: the set of three is never made.
        ([BuyGet(1, rate=Rate.percent(50)), BuyGet(2)], 3, 225, 450),
        # A pair for 5.00 leaves a tea alone; three for 9.00 take all.
        ([SetPrice(2, 500), SetPrice(3, 800)], 3, 400, 550),
    ],
)
def test_best_for_the_customer_chooses_among_sets(
    effects: list[Effect], units: int, declared: int, best: int
) -> None:
    """The declared order takes what comes first, the best policy what gives most, proven."""
    promotions = [
        Promotion(promotion_id=f"p{number}", effect=effect, exclusive=True)
        for number, effect in enumerate(effects)
    ]
    book = shop(*promotions)
    assert sum(given(book, tea=units).values()) == declared
    priced = price(book, basket(tea=units), WEB, policy=BEST)
    assert priced.discount_amount.minor == best
    assert priced.certificate is not None
    assert priced.certificate.is_optimal
