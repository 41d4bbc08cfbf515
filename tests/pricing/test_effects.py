"""What each effect does, by example."""

from __future__ import annotations

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AtLeast, OneOf
from omnicommerce.kernel.quantity import Measure
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
    Coupon,
    CouponKind,
    Effect,
    GivenPrice,
    ListRole,
    MatchBand,
    MatchCoupon,
    OfferList,
    PercentOff,
    PriceBook,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    Remainder,
    SetPrice,
    Situation,
    price,
)
from tests.pricing.shop import NOW, WEB, book, payable, priced

CLOTHES = OneOf("category", {"clothes"})
FOOD = OneOf("category", {"food"})
TEA = OneOf("sku", {"tea"})


def one(effect: Effect, on: OneOf = CLOTHES) -> PriceBook:
    """Return the shop with one promotion."""
    return book(Promotion(promotion_id="one", effect=effect, on=on))


def test_percent_off_takes_from_matching_items_only() -> None:
    """Ten per cent off clothes leaves tea alone."""
    result = priced(one(PercentOff(Rate.percent(10))), dress=1, tea=1)
    assert {"dress": 4491, "tea": 450} == {line.sku: line.selling_minor for line in result.lines}


def test_percent_off_the_order_is_rounded_once() -> None:
    """Half of 99 and 99 and 450: rounded per product it is a cent more than at once."""
    half = Rate.percent(50)
    rounded_each = one(PercentOff(half, RoundingLevel.LINE), FOOD)
    rounded_once = one(PercentOff(half, RoundingLevel.ORDER), FOOD)
    assert payable(rounded_each, milk=1, tea=1) == 49 + 225
    assert payable(rounded_once, milk=1, tea=1) == 549 - 275


def test_amount_off_is_taken_once_and_spread() -> None:
    """Five euros off two lines are shared by what they cost, to the cent."""
    result = priced(one(AmountOff(500)), dress=1, jeans=1)
    assert {"dress": -312, "jeans": -188} == {
        line.sku: line.adjustments[0].minor for line in result.lines
    }


def test_amount_off_never_takes_more_than_there_is() -> None:
    """A discount larger than the goods makes them free, not negative."""
    assert payable(one(AmountOff(10_000)), jeans=1, tea=1) == 450


@pytest.mark.parametrize(
    ("units", "paid"), [(1, 1), (2, 2), (3, 2), (5, 4), (6, 4), (9, 6), (10, 7)]
)
def test_three_for_two_repeats(units: int, paid: int) -> None:
    """Every complete set of three gives one unit away."""
    assert payable(one(BuyGet(2), TEA), tea=units) == paid * 450


def test_buy_get_rewards_the_cheapest_units() -> None:
    """Across products it is the cheapest units that are free."""
    assert payable(one(BuyGet(1)), dress=2, jeans=2) == 2 * 4990


def test_buy_get_stops_at_its_maximum() -> None:
    """With one repeat, nine units have one free."""
    assert payable(one(BuyGet(2, max_repeats=1), TEA), tea=9) == 8 * 450


def test_buy_get_can_give_a_part() -> None:
    """The second at half price."""
    assert payable(one(BuyGet(1, rate=Rate.percent(50)), TEA), tea=2) == 450 + 225


@pytest.mark.parametrize(
    ("remainder", "four_teas"),
    [
        (Remainder.REGULAR, 1000 + 450),
        (Remainder.PRO_RATA, 1334),
        (Remainder.WHOLE_SET, 4 * 450),
    ],
)
def test_set_price_says_what_the_rest_costs(remainder: Remainder, four_teas: int) -> None:
    """Three for ten euros: the fourth costs its price, its part, or nothing beats the shelf."""
    assert payable(one(SetPrice(3, 1000, remainder), TEA), tea=4) == four_teas


def test_set_price_fills_sets_with_the_dearest_units() -> None:
    """Two of the clothes for 70: the dress and a pair of jeans, the other pair costs its price."""
    assert payable(one(SetPrice(2, 7000)), dress=1, jeans=2) == 7000 + 3000


def test_set_price_never_raises_a_price() -> None:
    """A set that costs more than its parts is not a set."""
    assert payable(one(SetPrice(2, 2000), TEA), tea=2) == 900


def card_book(*, replaces: bool = False, **offers: int) -> PriceBook:
    """Return a shop with a card list."""
    return PriceBook.compile(
        PricingConfiguration(
            currency="EUR",
            products=[ProductTraits(sku) for sku in offers],
            lists=[PriceList("shelf"), PriceList("card", ListRole.OFFER)],
            rows=[
                *(PriceRow(price_list="shelf", sku=sku, amount=100) for sku in offers),
                *(PriceRow(price_list="card", sku=sku, amount=offers[sku]) for sku in offers),
            ],
            promotions=[
                Promotion(
                    promotion_id="card",
                    when=OneOf("customer_class", {"card"}),
                    effect=OfferList("card", replaces=replaces),
                )
            ],
        )
    )


def test_card_price_is_for_card_holders() -> None:
    """The offer list counts where its promotion does."""
    card = attrs.evolve(WEB, customer_classes={"card"})
    assert payable(card_book(tea=80), tea=2) == 200
    assert payable(card_book(tea=80), card, tea=2) == 160


def test_a_higher_offer_counts_only_where_the_list_is_the_law() -> None:
    """By default the lower price stays; `replaces` takes the list's word."""
    card = attrs.evolve(WEB, customer_classes={"card"})
    assert payable(card_book(tea=130), card, tea=1) == 100
    assert payable(card_book(tea=130, replaces=True), card, tea=1) == 130


def test_the_till_can_pass_an_offer_of_its_own() -> None:
    """A weighed line costs its given base, and its given offer where an offer list applies."""
    given = GivenPrice(Money.of("3.20", "EUR"), Money.of("2.80", "EUR"))
    goods = Basket([BasketLine("1", "tea", 640, given)])
    card = attrs.evolve(WEB, customer_classes={"card"})
    assert price(card_book(tea=80), goods, WEB).payable_minor == 320
    assert price(card_book(tea=80), goods, card).payable_minor == 280


@pytest.mark.parametrize(
    ("face", "kind", "added"),
    [
        (35, CouponKind.VALUE, 35),
        (50, CouponKind.VALUE, 50),
        (51, CouponKind.VALUE, 49),
        (99, CouponKind.VALUE, 1),
        (100, CouponKind.VALUE, 0),
        (35, CouponKind.FREE, 0),
        (35, CouponKind.TENDER, 0),
    ],
)
def test_the_shop_matches_coupons_by_bands(face: int, kind: CouponKind, added: int) -> None:
    """Up to 50 doubled, up to 99 raised to a whole, above nothing; value coupons only."""
    doubling = MatchCoupon(
        [MatchBand(up_to=50, rate=Rate.percent(100)), MatchBand(up_to=99, raised_to=100)]
    )
    compiled = book(Promotion(promotion_id="match", effect=doubling))
    coupon = Coupon("c", Money.of(0, "EUR") + Money(face, compiled.currency), 2, kind)
    result = price(compiled, Basket([BasketLine("1", "dress")], [coupon]), WEB)
    assert (result.match_minor, result.coupon_minor) == (2 * added, 2 * face)
    assert result.payable_minor == 4990 - 2 * face - 2 * added


def test_coupons_can_pay_more_than_is_due() -> None:
    """A manufacturer coupon is a tender: the rest can be less than nothing."""
    coupon = Coupon("c", Money.of(1, "EUR"), kind=CouponKind.TENDER)
    result = price(book(), Basket([BasketLine("1", "milk")], [coupon]), WEB)
    assert str(result.payable_amount) == "-0.01 EUR"


def test_lanes_go_before_priorities_and_ids() -> None:
    """The declared order decides what a percentage is taken of."""
    late = Promotion(promotion_id="a", lane=1, effect=PercentOff(Rate.percent(50)))
    early = Promotion(promotion_id="b", priority=9, effect=AmountOff(1000))
    assert payable(book(late, early), jeans=1) == 1000


def test_a_threshold_names_its_base() -> None:
    """Spend before promotions, or what is left of it when the turn comes."""
    half = Promotion(promotion_id="a", effect=PercentOff(Rate.percent(50)))
    before = Promotion(promotion_id="b", when=AtLeast("spend.base", 3000), effect=AmountOff(100))
    after = Promotion(promotion_id="c", when=AtLeast("spend.left", 3000), effect=AmountOff(10))
    assert payable(book(half, before, after), jeans=1) == 1400


def test_an_exclusive_promotion_keeps_its_lines() -> None:
    """What the exclusive one took is closed to others; other lines stay open."""
    first = Promotion(promotion_id="a", effect=AmountOff(1000), on=CLOTHES, exclusive=True)
    second = Promotion(promotion_id="b", effect=PercentOff(Rate.percent(50)))
    assert payable(book(first, second), jeans=1, tea=1) == 2000 + 225


def test_goods_sold_by_weight_are_no_units() -> None:
    """Two thousand grams are not three hundred items of a buy-get."""
    compiled = PriceBook.compile(
        PricingConfiguration(
            currency="EUR",
            products=[ProductTraits("apples", measure=Measure.GRAM)],
            lists=[PriceList("shelf")],
            rows=[PriceRow(price_list="shelf", sku="apples", amount=299, per=1000)],
            promotions=[
                Promotion(promotion_id="one", effect=BuyGet(1), on=OneOf("sku", {"apples"})),
                Promotion(promotion_id="all", effect=BuyGet(1)),
            ],
        )
    )
    assert payable(compiled, apples=2000) == 598


@pytest.mark.parametrize(
    "build",
    [
        lambda: PercentOff(Rate.percent(0)),
        lambda: PercentOff(Rate.percent(101)),
        lambda: AmountOff(0),
        lambda: AmountOff(-1),
        lambda: AmountOff(1.5),  # type: ignore[arg-type] # that is the test
        lambda: BuyGet(0),
        lambda: BuyGet(1, 0),
        lambda: BuyGet(1, max_repeats=0),
        lambda: SetPrice(0, 100),
        lambda: SetPrice(3, -1),
        lambda: MatchCoupon([]),
        lambda: MatchBand(up_to=50),
        lambda: MatchBand(up_to=50, raised_to=49),
        lambda: MatchCoupon([MatchBand(up_to=9, raised_to=9), MatchBand(up_to=9, raised_to=9)]),
        lambda: OneOf("category", set()),
    ],
)
def test_impossible_effects_are_refused(build: object) -> None:
    """No effect takes nothing, more than everything, or of empty sets."""
    with pytest.raises(InvalidValue):
        build()  # type: ignore[operator] # every one of them is a function


def test_the_instant_is_aware() -> None:
    """A naive instant does not say when it is."""
    with pytest.raises(InvalidValue, match="naive"):
        Situation(channel="web", at=NOW.replace(tzinfo=None))
