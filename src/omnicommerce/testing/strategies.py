"""Hypothesis strategies for a shop's own tests: configurations, baskets, situations.

Everything is small on purpose: a handful of products and promotions that
overlap a lot finds more than a large shop in which nothing meets.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import ALWAYS, AllOf, AtLeast, During, Not, OneOf, Predicate
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel, RoundingMode
from omnicommerce.kernel.window import Window
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
    NamedWindow,
    OfferList,
    PercentOff,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    Remainder,
    SetPrice,
    Situation,
)

__all__ = [
    "EPOCH",
    "baskets",
    "conditions",
    "effects",
    "pricing_configurations",
    "product_conditions",
    "promotions",
    "situations",
]

EPOCH: Final = datetime(2026, 11, 21, tzinfo=UTC)
"""The generated windows begin and end at whole days around this instant."""

_SKUS: Final = ("bread", "dress", "jeans", "milk", "shirt", "tea")
_CATEGORIES: Final = ("food", "clothes", "sale")
_CLASSES: Final = frozenset({"card", "gold"})
_CHANNELS: Final = ("web", "store")
_CODES: Final = ("HELLO", "VIP")


def _rates() -> st.SearchStrategy[Rate]:
    return st.sampled_from(["1%", "7.5%", "10%", "1/3", "50%", "100%"]).map(Rate.parse)


def _days() -> st.SearchStrategy[datetime]:
    return st.integers(-3, 3).map(lambda days: EPOCH + timedelta(days=days))


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    starts_at = draw(_days())
    return Window.between(starts_at, starts_at + timedelta(days=draw(st.integers(1, 3))))


def effects() -> st.SearchStrategy[Effect]:
    """Generate effects of every kind; the offer list is called ``offers``."""
    amounts = st.integers(1, 3000)
    units = st.integers(1, 3)
    repeats = st.none() | units
    return st.one_of(
        st.builds(PercentOff, _rates(), st.sampled_from([RoundingLevel.LINE, RoundingLevel.ORDER])),
        st.builds(AmountOff, amounts),
        st.builds(BuyGet, units, units, _rates(), repeats),
        st.builds(SetPrice, units, amounts, st.sampled_from(Remainder)),
        st.just(OfferList("offers")),
        st.just(
            MatchCoupon(
                (MatchBand(up_to=50, rate=Rate.percent(100)), MatchBand(up_to=99, raised_to=100))
            )
        ),
    )


def product_conditions() -> st.SearchStrategy[Predicate]:
    """Generate what a promotion matches: everything, categories, products, or all but some."""
    some = st.one_of(
        st.builds(OneOf, st.just("category"), st.sets(st.sampled_from(_CATEGORIES), min_size=1)),
        st.builds(OneOf, st.just("sku"), st.sets(st.sampled_from(_SKUS), min_size=1, max_size=3)),
    )
    return st.one_of(st.just(ALWAYS), some, some.map(Not))


def conditions() -> st.SearchStrategy[Predicate]:
    """Generate when a promotion counts: channel, class, code, window and money."""
    numbers = ["spend.base", "spend.left", "matching.base", "matching.left"]
    one = st.one_of(
        st.builds(OneOf, st.just("channel"), st.sampled_from(_CHANNELS).map(lambda text: {text})),
        st.builds(OneOf, st.just("customer_class"), st.just(_CLASSES)),
        st.builds(OneOf, st.just("code"), st.sampled_from(_CODES).map(lambda text: {text})),
        st.builds(During, _windows()),
        st.builds(AtLeast, st.sampled_from(numbers), st.integers(0, 6000)),
        st.builds(AtLeast, st.just("matching.units"), st.integers(0, 6)),
    )
    several = st.builds(AllOf, st.lists(one, min_size=2, max_size=3).map(tuple))
    return st.one_of(st.just(ALWAYS), one, one.map(Not), several)


@st.composite
def promotions(draw: st.DrawFn, *, exclusive: bool = True) -> tuple[Promotion, ...]:
    """Generate up to six promotions that overlap.

    Args:
        draw: Given by Hypothesis.
        exclusive: Whether some of them may be exclusive.
    """
    return tuple(
        Promotion(
            promotion_id=f"promotion-{number}",
            effect=draw(effects()),
            when=draw(conditions()),
            on=draw(product_conditions()),
            lane=draw(st.integers(0, 1)),
            priority=draw(st.integers(0, 2)),
            exclusive=exclusive and draw(st.integers(0, 5)) == 0,
        )
        for number in range(draw(st.integers(0, 6)))
    )


@st.composite
def pricing_configurations(draw: st.DrawFn, *, exclusive: bool = True) -> PricingConfiguration:
    """Generate a shop of six products with prices always, and offers and promotions at times.

    Args:
        draw: Given by Hypothesis.
        exclusive: Whether some promotions may be exclusive.
    """
    windows = (NamedWindow("sale", draw(_windows())),)
    rows = [_row(draw, sku, "shelf") for sku in _SKUS]
    rows += [_row(draw, sku, "shelf", window="sale", zone="north") for sku in draw(_some_skus())]
    rows += [_row(draw, sku, "offers", customer_class="card") for sku in draw(_some_skus())]
    return PricingConfiguration(
        currency=draw(st.sampled_from(["EUR", "JPY", "KWD"])),
        products=[
            ProductTraits(sku, {"category": draw(st.sets(st.sampled_from(_CATEGORIES)))})
            for sku in _SKUS
        ],
        lists=[PriceList("shelf"), PriceList("offers", ListRole.OFFER)],
        rows=rows,
        windows=windows,
        promotions=draw(promotions(exclusive=exclusive)),
        row_rounding=draw(st.sampled_from(RoundingMode)),
        rate_rounding=draw(st.sampled_from(RoundingMode)),
    )


def _some_skus() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(_SKUS), unique=True)


def _row(draw: st.DrawFn, sku: str, price_list: str, **scope: str) -> PriceRow:
    return PriceRow(
        price_list=price_list,
        sku=sku,
        amount=draw(st.integers(0, 2000)),
        per=draw(st.sampled_from([1, 1, 1, 2, 3])),
        remainder=draw(st.sampled_from([Remainder.PRO_RATA, Remainder.WHOLE_SET])),
        mix=draw(st.sampled_from([None, "mix"])),
        **scope,  # type: ignore[arg-type] # texts only, for the fields that name a scope
    )


@st.composite
def baskets(draw: st.DrawFn, currency: str | Currency) -> Basket:
    """Generate a basket of the products of `pricing_configurations`, some priced by the till.

    Args:
        draw: Given by Hypothesis.
        currency: Of the amounts that the till gives.
    """
    unit = Currency.of(currency)
    money = st.integers(0, 2000).map(lambda minor: Money(minor, unit))
    given = st.builds(GivenPrice, money, st.none() | money)
    lines = [
        BasketLine(
            f"line-{number}",
            draw(st.sampled_from(_SKUS)),
            draw(st.integers(1, 7)),
            draw(given) if draw(st.integers(0, 4)) == 0 else None,
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    coupons = [
        Coupon(
            f"coupon-{number}",
            draw(st.integers(0, 150).map(lambda minor: Money(minor, unit))),
            draw(st.integers(1, 3)),
            draw(st.sampled_from(CouponKind)),
            draw(st.sampled_from([None, *(line.line_id for line in lines)])),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
    return Basket(lines, coupons)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Generate places, customers and instants that matter to `pricing_configurations`."""
    return Situation(
        channel=draw(st.sampled_from(_CHANNELS)),
        at=draw(_days()) + draw(st.sampled_from([timedelta(), timedelta(microseconds=-1)])),
        location=draw(st.sampled_from([None, "madrid"])),
        zone=draw(st.sampled_from([None, "north"])),
        customer_classes=draw(st.sets(st.sampled_from(sorted(_CLASSES)))),
        customer_id=draw(st.sampled_from([None, "clara"])),
        codes=draw(st.sets(st.sampled_from(_CODES))),
    )
