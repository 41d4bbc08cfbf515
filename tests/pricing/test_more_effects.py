"""Bundles, tiers, groups, gifts, points, delivery, caps and floors, by example."""

from __future__ import annotations

import attrs
import pytest

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import ALWAYS, AllOf, AtLeast, Not, OneOf, Predicate
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
    Effect,
    PercentOff,
    PriceBook,
    PricedBasket,
    Promotion,
    SetPrice,
    price,
)
from omnicommerce.pricing.basket import ManualDiscount, OrderHistory
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.effects import (
    BundlePart,
    BundlePrice,
    Choice,
    EarnPoints,
    FirstThenEach,
    Gift,
    GroupOff,
    Measured,
    OpaqueEffect,
    Per,
    Rewarded,
    SetsWithin,
    Spread,
    Tier,
    Tiers,
    TotalPrice,
)
from omnicommerce.pricing.model import PriceGuard
from omnicommerce.pricing.promotions import CurrencyTerms, Status, Target
from tests.pricing.shop import NOW, WEB, basket, book, configuration, priced

EUR = Currency.of("EUR")
TEN = PercentOff(Rate.percent(10))
FREE = PercentOff(Rate.percent(100))


def taken(effect: Effect, units: dict[str, int], on: Predicate = ALWAYS) -> dict[str, int]:
    """Return what an effect takes from each SKU."""
    promotion = Promotion(promotion_id="p", effect=effect, on=on)
    result = price(book(promotion), basket(**units), WEB)
    changes = {line.sku: line.base_minor - line.selling_minor for line in result.lines}
    return {sku: minor for sku, minor in changes.items() if minor}


def sku(*names: str) -> OneOf:
    """Match some SKUs."""
    return OneOf("sku", set(names))


@pytest.mark.parametrize(
    ("effect", "units", "expected"),
    [
        (AmountOff(100, Per.PRODUCT), {"tea": 2, "milk": 1}, {"tea": 100, "milk": 99}),
        (AmountOff(100, Per.UNIT), {"tea": 2, "milk": 2}, {"tea": 200, "milk": 198}),
        (AmountOff(300, spread=Spread.EVEN), {"tea": 1, "milk": 1}, {"tea": 201, "milk": 99}),
        (AmountOff(300, spread=Spread.UNITS), {"tea": 2, "dress": 1}, {"tea": 200, "dress": 100}),
        (FirstThenEach(100, 50), {"tea": 3}, {"tea": 200}),
        (FirstThenEach(0, 50, 2), {"tea": 3, "milk": 3}, {"tea": 50, "milk": 50}),
        (TotalPrice(1000), {"tea": 2, "jeans": 1}, {"tea": 669, "jeans": 2231}),
        (TotalPrice(400, Per.PRODUCT), {"tea": 1, "milk": 1}, {"tea": 50}),
        (PercentOff(Rate.percent(1), RoundingLevel.UNIT), {"tea": 3}, {"tea": 15}),
        (PercentOff(Rate.percent(1), RoundingLevel.LINE), {"tea": 3}, {"tea": 14}),
        (SetPrice(1, 400), {"tea": 2, "milk": 1}, {"tea": 100}),
        (SetPrice(2, 600, max_repeats=1), {"tea": 4}, {"tea": 300}),
        (BuyGet(1, amount=100), {"tea": 4}, {"tea": 200}),
        (BuyGet(1, within=SetsWithin.PRODUCT), {"tea": 2, "milk": 1}, {"tea": 450}),
        (BuyGet(1, rewarded=Rewarded.DEAREST), {"tea": 1, "dress": 1}, {"dress": 4990}),
        (BuyGet(1), {"dress": 2, "tea": 2}, {"tea": 900}),
        (
            BuyGet(1, rewarded=Rewarded.CHEAPEST_OF_SET),
            {"dress": 2, "tea": 2},
            {"dress": 4990, "tea": 450},
        ),
        (GroupOff(2, TEN), {"dress": 1, "jeans": 1, "tea": 1}, {"dress": 499, "jeans": 300}),
        (
            GroupOff(2, AmountOff(50, Per.UNIT), Choice.DEAREST),
            {"dress": 1, "jeans": 1, "tea": 1},
            {"jeans": 50, "tea": 50},
        ),
    ],
)
def test_effects_take(effect: Effect, units: dict[str, int], expected: dict[str, int]) -> None:
    """Each way to take something, with figures worked out by hand."""
    assert taken(effect, units) == expected


def test_a_bundle_of_different_items_has_a_price() -> None:
    """Dress, and tea or milk, for 50.00: the dearest that fit, as long as it is cheaper."""
    effect = BundlePrice([BundlePart(sku("dress")), BundlePart(sku("tea", "milk"))], 5000)
    found = taken(effect, {"dress": 2, "tea": 1, "milk": 1})
    assert sum(found.values()) == (4990 + 450 - 5000) + (4990 + 99 - 5000)


def test_bundles_that_would_cost_more_are_not_made() -> None:
    """The second bundle, with milk, is cheaper without the offer."""
    effect = BundlePrice([BundlePart(sku("dress")), BundlePart(sku("tea", "milk"))], 5100)
    assert sum(taken(effect, {"dress": 2, "tea": 1, "milk": 1}).values()) == 4990 + 450 - 5100


@pytest.mark.parametrize(("partial", "expected"), [(False, {"milk": 198}), (True, {"milk": 297})])
def test_buy_some_get_others(partial: bool, expected: dict[str, int]) -> None:  # noqa: FBT001 - a parameter
    """A dress gives two milks; of a second set one milk is there, which counts if it may."""
    effect = BuyGet(1, 2, bought=sku("dress"), partial=partial)
    assert taken(effect, {"dress": 2, "milk": 3}, sku("milk")) == expected


def test_a_unit_that_is_bought_is_not_rewarded_too() -> None:
    """Two teas that are both sides of the offer: one is bought, one is free."""
    effect = BuyGet(1, bought=sku("tea", "dress"))
    assert taken(effect, {"tea": 2}, sku("tea")) == {"tea": 450}
    assert taken(effect, {"tea": 1}, sku("tea")) == {}


@pytest.mark.parametrize(("units", "expected"), [(1, 0), (2, 90), (3, 270), (9, 810)])
def test_of_tiers_the_highest_reached_counts(units: int, expected: int) -> None:
    """Ten per cent from two, twenty from three."""
    effect = Tiers(Measured.UNITS, [Tier(2, TEN), Tier(3, PercentOff(Rate.percent(20)))])
    assert sum(taken(effect, {"tea": units}).values()) == expected


def test_tiers_can_look_at_each_product() -> None:
    """The dress reaches forty euros, the jeans do not."""
    effect = Tiers(Measured.PRODUCT, [Tier(4000, TEN)])
    assert taken(effect, {"dress": 1, "jeans": 1}) == {"dress": 499}


def test_a_cap_limits_what_is_taken() -> None:
    """Half of 49.90 and 30.00, but ten euros at most, shared as it would have been."""
    half = Promotion(promotion_id="p", effect=PercentOff(Rate.percent(50)), cap=1000)
    result = priced(book(half), dress=1, jeans=1)
    assert [line.base_minor - line.selling_minor for line in result.lines] == [625, 375]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_units": 1}, {"milk": 99}),
        ({"max_units": 2, "first_units": Choice.DEAREST}, {"tea": 450, "dress": 4990}),
        ({"max_units_each": 1}, {"milk": 99, "tea": 450, "dress": 4990}),
    ],
)
def test_some_units_only(options: dict[str, object], expected: dict[str, int]) -> None:
    """The cheapest unit free, the two dearest, or one of each product."""
    promotion = Promotion(promotion_id="p", effect=FREE, **options)  # type: ignore[arg-type] # options
    result = priced(book(promotion), milk=2, tea=2, dress=1)
    changes = {line.sku: line.base_minor - line.selling_minor for line in result.lines}
    assert {name: minor for name, minor in changes.items() if minor} == expected


def with_delivery(*promotions: Promotion) -> PricedBasket:
    """Price a dress with two deliveries."""
    goods = Basket(
        [BasketLine("1", "dress")],
        delivery=[
            DeliveryLine("b", "post", Money(500, EUR)),
            DeliveryLine("a", "courier", Money(900, EUR)),
        ],
    )
    return price(book(*promotions), goods, WEB)


def test_delivery_can_be_free_for_some_methods() -> None:
    """Post is free, the courier is not; the items are not touched."""
    free = Promotion(
        promotion_id="p", effect=FREE, target=Target.DELIVERY, on=OneOf("method", {"post"})
    )
    result = with_delivery(free)
    assert [line.selling_minor for line in result.delivery] == [0, 900]
    assert (result.selling_minor, result.total_minor) == (4990, 5890)


def test_two_offers_of_free_delivery_give_it_once() -> None:
    """Delivery is never below zero."""
    offers = [
        Promotion(promotion_id=name, effect=effect, target=Target.DELIVERY)
        for name, effect in (("a", FREE), ("b", AmountOff(600, Per.PRODUCT)))
    ]
    assert with_delivery(*offers).delivery_minor == 0


def test_an_amount_can_be_off_items_and_delivery_together() -> None:
    """63.90 in all, 6.39 off it, spread by size; thresholds can ask for the total."""
    promotion = Promotion(
        promotion_id="p",
        effect=AmountOff(639),
        target=Target.ITEMS_AND_DELIVERY,
        when=AtLeast("total.base", 6390),
    )
    result = with_delivery(promotion)
    assert (result.selling_minor, result.total_minor) == (4491, 5751)


def test_a_gift_is_added_beside_the_lines() -> None:
    """The first gift that is there, or the one the shopper chose."""
    gift = Promotion(
        promotion_id="p", effect=Gift(["milk", "tea"]), when=AtLeast("spend.base", 4000)
    )
    compiled = book(gift)
    result = price(compiled, basket(dress=1), WEB)
    assert [(item.sku, item.worth_minor, item.off_minor) for item in result.gifts] == [
        ("milk", 99, 99)
    ]
    assert (result.total_minor, result.uses) == (4990, ("p",))
    gone = attrs.evolve(WEB, unavailable={"milk"})
    assert price(compiled, basket(dress=1), gone).gifts[0].sku == "tea"
    chosen = Basket(basket(dress=1).lines, choices={"p": "tea"})
    assert price(compiled, chosen, WEB).gifts[0].sku == "tea"
    assert price(compiled, basket(tea=1), WEB).gifts == ()


def test_points_are_promised_in_place_of_money() -> None:
    """Ten points, two for each unit, and one for each whole euro left."""
    promotion = Promotion(
        promotion_id="p", effect=EarnPoints(10, 2, Rate.percent(1)), on=sku("dress")
    )
    result = priced(book(promotion), dress=2, tea=1)
    assert (result.points, result.total_minor) == (10 + 4 + 99, 2 * 4990 + 450)


def guarded(*promotions: Promotion, **options: object) -> PriceBook:
    """Return the shop with a floor on tea, a cost of jeans, and a MAP on dresses."""
    guards = [
        PriceGuard(sku="tea", minimum=400),
        PriceGuard(sku="jeans", cost=2400),
        PriceGuard(sku="dress", advertised_minimum=4500),
    ]
    return PriceBook.compile(
        attrs.evolve(configuration(*promotions), guards=guards, **options)  # type: ignore[arg-type] # options
    )


def test_no_promotion_crosses_a_floor_and_the_blocked_amount_is_told() -> None:
    """Half off two teas would be 4.50; 1.00 is given, 3.50 blocked."""
    half = Promotion(promotion_id="half", effect=PercentOff(Rate.percent(50)))
    result = price(guarded(half), basket(tea=2, milk=1), WEB)
    assert [line.selling_minor for line in result.lines] == [800, 49]
    assert result.blocked == (("half", 350),)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 1500),
        ({"never_below_cost": True}, 2400),
        ({"minimum_margin": Rate.percent(10)}, 2667),
    ],
)
def test_cost_and_margin_are_floors(options: dict[str, object], expected: int) -> None:
    """24.00 with ten per cent of the price left above it: 26.67."""
    half = Promotion(promotion_id="half", effect=PercentOff(Rate.percent(50)))
    assert price(guarded(half, **options), basket(jeans=1), WEB).total_minor == expected


def test_the_advertised_minimum_binds_what_listings_show() -> None:
    """An advertised promotion stops at 45.00; one in the cart does not."""
    shown = Promotion(promotion_id="p", effect=PercentOff(Rate.percent(20)), advertised=True)
    hidden = attrs.evolve(shown, advertised=False)
    assert price(guarded(shown), basket(dress=1), WEB).total_minor == 4500
    assert price(guarded(hidden), basket(dress=1), WEB).total_minor == 3992


@pytest.mark.parametrize(("partial", "expected"), [(True, 300), (False, 0)])
def test_a_budget_limits_what_is_given(partial: bool, expected: int) -> None:  # noqa: FBT001 - a parameter
    """3.00 are left of the budget: they are given, or nothing is."""
    promotion = Promotion(
        promotion_id="p", effect=AmountOff(500), budget=10000, partial_budget=partial
    )
    situation = attrs.evolve(WEB, remaining={"p": 300})
    assert price(book(promotion), basket(dress=1), situation).discount_amount.minor == expected


def test_staff_take_off_what_they_decide_with_a_reason() -> None:
    """Ten per cent off one of two lines of dresses, and a euro off all, after promotions."""
    goods = Basket(
        [BasketLine("1", "dress"), BasketLine("2", "dress")],
        discounts=[
            ManualDiscount(
                discount_id="b", by="ana", why="scratch", rate=Rate.percent(10), line_id="2"
            ),
            ManualDiscount(discount_id="c", by="ana", why="late", amount=Money(100, EUR)),
        ],
    )
    result = price(book(), goods, WEB)
    assert [line.selling_minor for line in result.lines] == [4990 - 53, 4491 - 47]
    assert [item.promotion_id for item in result.discounts] == ["manual:b", "manual:c"]


def test_conditions_look_at_chosen_items_and_at_history() -> None:
    """Two different clothes, and the third order of a known customer."""
    clothes = OneOf("category", {"clothes"})
    third = AllOf([AtLeast("history.orders", 2), Not(AtLeast("history.orders", 3))])
    promotion = Promotion(
        promotion_id="p",
        effect=AmountOff(100),
        when=AllOf([AtLeast("items.products", 2, clothes), third]),
    )
    known = attrs.evolve(WEB, customer_id="c", history=OrderHistory(placed_at=[NOW, NOW]))
    compiled = book(promotion)
    assert price(compiled, basket(dress=1, jeans=1), known).discount_amount.minor == 100
    assert price(compiled, basket(dress=2), known).discount_amount.minor == 0
    assert price(compiled, basket(dress=1, jeans=1), WEB).discount_amount.minor == 0


def test_a_promotion_speaks_of_each_currency() -> None:
    """Percentages count in every currency, amounts only where they are named."""
    shop = configuration(
        Promotion(promotion_id="ten", effect=TEN),
        Promotion(promotion_id="five", effect=AmountOff(500)),
        Promotion(
            promotion_id="six",
            effect=AmountOff(600),
            in_currencies={"USD": CurrencyTerms(effect=AmountOff(700))},
        ),
    )
    dollars = attrs.evolve(shop.lists[0], list_id="usd", currency="USD")
    row = attrs.evolve(shop.rows[0], price_list="usd", amount=6000)
    both = PriceBook.compile(
        attrs.evolve(shop, lists=(*shop.lists, dollars), rows=(*shop.rows, row))
    )
    abroad = attrs.evolve(WEB, currency="USD")
    result = price(both, basket(dress=1), abroad)
    assert (result.currency.code, result.total_minor) == ("USD", 6000 - 700 - 530)
    assert price(both, basket(dress=1), WEB).total_minor == 4990 - 500 - 600 - 389


def test_drafts_count_when_they_are_tried_out() -> None:
    """A draft and an archived promotion do nothing; the draft can be tried."""
    draft = Promotion(promotion_id="d", effect=AmountOff(100), status=Status.DRAFT)
    old = Promotion(promotion_id="o", effect=AmountOff(100), status=Status.ARCHIVED)
    shop = configuration(draft, old)
    assert price(PriceBook.compile(shop), basket(dress=1), WEB).discounts == ()
    tried = PriceBook.compile(shop, drafts=["d", "o"])
    assert [d.promotion_id for d in price(tried, basket(dress=1), WEB).discounts] == ["d"]


def test_code_of_the_shop_can_be_an_effect() -> None:
    """A function takes what it says, never more than there is; it must be given."""
    promotion = Promotion(promotion_id="p", effect=OpaqueEffect("odd", {"cents": 7}))

    def odd(left: list[int], units: list[int], parameters: object) -> list[int]:
        assert parameters == {"cents": 7}
        return [min(7, amount) * (count % 2) for amount, count in zip(left, units, strict=True)]

    compiled = PriceBook.compile(configuration(promotion), effects={"odd": odd})
    assert price(compiled, basket(tea=3, milk=2), WEB).discount_amount.minor == 7
    with pytest.raises(InvalidConfiguration, match="nobody gave the effect"):
        book(promotion)


@pytest.mark.parametrize(
    "build",
    [
        lambda: FirstThenEach(0, 0),
        lambda: TotalPrice(-1),
        lambda: BundlePrice([], 100),
        lambda: Tiers(Measured.UNITS, []),
        lambda: Tiers(Measured.UNITS, [Tier(3, TEN), Tier(2, TEN)]),
        lambda: Gift([]),
        EarnPoints,
        lambda: BuyGet(1, partial=True),
        lambda: SetPrice(2, 100, max_repeats=0),
        lambda: Promotion(promotion_id="p", effect=BuyGet(1), max_units=1),
        lambda: PriceGuard(sku="tea"),
    ],
)
def test_what_can_never_give_anything_is_refused(build: object) -> None:
    """Empty sets, zero sizes and contradictory options name their field."""
    with pytest.raises(InvalidValue):
        build()  # type: ignore[operator] # every one of them is a function


def test_points_are_never_taken_away() -> None:
    """A rate below zero would take points that the rest promises."""
    with pytest.raises(InvalidValue, match="rate: must not be below 0%"):
        EarnPoints(points=5, rate=Rate.percent(-1))
    with pytest.raises(InvalidValue, match="must be positive"):
        EarnPoints(rate=Rate.percent(0))
