"""Listings and near misses: what is shown is paid, what is suggested is true."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.predicates import AllOf, AtLeast, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
    PercentOff,
    PriceBook,
    PriceList,
    PriceRow,
    Promotion,
    price,
)
from omnicommerce.pricing.advertised import advertised_price
from omnicommerce.pricing.near_miss import NearMissKind, near_misses
from tests.pricing.shop import WEB, basket, book, configuration

TEA = OneOf("sku", {"tea"})
SPEND = Promotion(promotion_id="spend", when=AtLeast("spend.base", 6000), effect=AmountOff(500))
THREE = Promotion(promotion_id="three", on=TEA, effect=BuyGet(2))


def test_the_missing_unit_is_suggested() -> None:
    """With one tea more one of three is free: 4.50 more in the basket for nothing more."""
    (miss,) = near_misses(book(THREE), basket(tea=2), WEB)
    assert (miss.kind, miss.sku, miss.quantity) == (NearMissKind.ADD_UNITS, "tea", 1)
    assert (str(miss.gives), str(miss.extra)) == ("4.50 EUR", "0.00 EUR")


def test_a_threshold_is_reached_by_the_cheapest_change() -> None:
    """10.10 are missing: eleven milks cost least for it."""
    (miss,) = near_misses(book(SPEND), basket(dress=1), WEB)
    assert (miss.sku, miss.quantity) == ("milk", 11)
    assert miss.reason.code == "near_miss.add_units"


def test_a_code_is_suggested_only_when_it_may_be_revealed() -> None:
    """Secret codes stay secret."""
    secret = Promotion(promotion_id="p", when=OneOf("code", {"VIP"}), effect=AmountOff(100))
    assert near_misses(book(secret), basket(tea=1), WEB) == ()
    (miss,) = near_misses(book(secret), basket(tea=1), WEB, reveal_codes=True)
    assert (miss.kind, miss.code, str(miss.extra)) == (
        NearMissKind.ENTER_CODE,
        "VIP",
        "-1.00 EUR",
    )


def test_what_nothing_can_mend_is_not_suggested() -> None:
    """A promotion of the store is no near miss on the web."""
    store = attrs.evolve(SPEND, when=AllOf([SPEND.when, OneOf("channel", {"store"})]))
    assert near_misses(book(store), basket(dress=1), WEB) == ()


@given(st.integers(0, 3), st.integers(0, 12), st.integers(1, 9000), st.integers(2, 5))
def test_a_near_miss_is_true_and_minimal(dresses: int, teas: int, least: int, size: int) -> None:
    """Pricing 50: with the change the promotion applies, with one unit less it does not."""
    spend = attrs.evolve(SPEND, when=AtLeast("spend.left", least))
    sets = attrs.evolve(THREE, effect=BuyGet(size))
    shop = book(spend, sets)
    goods = Basket([BasketLine(s, s, n) for s, n in (("dress", dresses), ("tea", teas)) if n])
    for miss in near_misses(shop, goods, WEB):
        assert miss.sku is not None
        for units, applies in ((miss.quantity, True), (miss.quantity - 1, False)):
            more = (BasketLine("more", miss.sku, units),) if units else ()
            priced = price(shop, Basket((*goods.lines, *more)), WEB)
            assert (miss.promotion_id in priced.uses) is applies
            if applies:
                assert priced.total_amount == miss.total


def sale_book(*promotions: Promotion) -> PriceBook:
    """Return the shop with a sale on tea, and a row that says what to compare with."""
    shop = configuration(*promotions)
    return PriceBook.compile(
        attrs.evolve(
            shop,
            lists=(PriceList("sale", sale=True), *shop.lists),
            rows=(
                *shop.rows[1:],
                attrs.evolve(shop.rows[0], compare_at=5990),
                PriceRow(price_list="sale", sku="tea", amount=400),
            ),
        )
    )


def test_a_listing_shows_the_price_and_what_it_was() -> None:
    """The sale keeps the regular price beside it, and a row can say what to compare with."""
    shop = sale_book()
    shown = {sku: advertised_price(shop, sku, WEB) for sku in ("tea", "dress", "milk")}
    assert {sku: (p.minor, p.compare_minor) for sku, p in shown.items()} == {
        "tea": (400, 450),
        "dress": (4990, 5990),
        "milk": (99, None),
    }


def test_advertised_promotions_show_in_listings_and_others_do_not() -> None:
    """Ten per cent that everybody sees, and a coupon that nobody does."""
    seen = Promotion(promotion_id="seen", effect=PercentOff(Rate.percent(10)), advertised=True)
    hidden = Promotion(promotion_id="hidden", effect=AmountOff(100))
    shown = advertised_price(book(seen, hidden), "jeans", WEB)
    assert (shown.minor, shown.compare_minor, shown.promotions) == (2700, 3000, ("seen",))


@given(st.sampled_from(["dress", "jeans", "tea", "milk"]), st.integers(1, 60), st.booleans())
def test_what_is_shown_is_paid(sku: str, rate: int, everywhere: bool) -> None:  # noqa: FBT001 - drawn
    """Pricing 46: without promotions of the basket, one unit costs what the listing shows."""
    seen = Promotion(
        promotion_id="seen",
        effect=PercentOff(Rate.percent(rate)),
        advertised=True,
        when=OneOf("channel", {"web" if everywhere else "app"}),
    )
    shop = sale_book(seen)
    assert (
        advertised_price(shop, sku, WEB).amount == price(shop, basket(**{sku: 1}), WEB).total_amount
    )
