"""Hypothesis strategies for a shop's own tests: configurations, baskets, situations.

Everything is small on purpose: a handful of products and promotions that
overlap a lot finds more than a large shop in which nothing meets.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Final

import attrs
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


@cache
def _rates() -> st.SearchStrategy[Rate]:
    return st.sampled_from(["1%", "7.5%", "10%", "1/3", "50%", "100%"]).map(Rate.parse)


@cache
def _days() -> st.SearchStrategy[datetime]:
    return st.integers(-3, 3).map(lambda days: EPOCH + timedelta(days=days))


@cache
def _windows() -> st.SearchStrategy[Window]:
    return st.builds(
        lambda start, days: Window.between(start, start + timedelta(days=days)),
        _days(),
        st.integers(1, 3),
    )


@cache
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


@cache
def product_conditions() -> st.SearchStrategy[Predicate]:
    """Generate what a promotion matches: everything, categories, products, or all but some."""
    some = st.one_of(
        st.builds(OneOf, st.just("category"), st.sets(st.sampled_from(_CATEGORIES), min_size=1)),
        st.builds(OneOf, st.just("sku"), st.sets(st.sampled_from(_SKUS), min_size=1, max_size=3)),
    )
    return st.one_of(st.just(ALWAYS), some, some.map(Not))


@cache
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


@cache
def _promotion_shapes() -> st.SearchStrategy[tuple[Promotion, ...]]:
    one = st.builds(
        Promotion,
        promotion_id=st.just("promotion"),
        effect=effects(),
        when=conditions(),
        on=product_conditions(),
        lane=st.integers(0, 1),
        priority=st.integers(0, 2),
        exclusive=st.integers(0, 5).map(lambda number: number == 1),
    )
    return st.lists(one, max_size=6).map(tuple)


def promotions() -> st.SearchStrategy[tuple[Promotion, ...]]:
    """Generate up to six promotions that overlap, now and then an exclusive one."""
    return _promotion_shapes().map(
        lambda shapes: tuple(
            attrs.evolve(shape, promotion_id=f"promotion-{number}")
            for number, shape in enumerate(shapes)
        )
    )


def pricing_configurations() -> st.SearchStrategy[PricingConfiguration]:
    """Generate a shop of six products with prices always, and offers and promotions at times."""
    categories = st.tuples(*(st.sets(st.sampled_from(_CATEGORIES)) for _ in _SKUS))
    modes = st.sampled_from(RoundingMode)
    return st.builds(
        PricingConfiguration,
        currency=st.sampled_from(["EUR", "JPY", "KWD"]),
        products=categories.map(_products),
        lists=st.just((PriceList("shelf"), PriceList("offers", ListRole.OFFER))),
        rows=_rows(),
        windows=_windows().map(lambda window: (NamedWindow("sale", window),)),
        promotions=promotions(),
        row_rounding=modes,
        rate_rounding=modes,
    )


def _products(categories: Iterable[set[str]]) -> tuple[ProductTraits, ...]:
    named = zip(_SKUS, categories, strict=True)
    return tuple(ProductTraits(sku, {"category": found}) for sku, found in named)


@cache
def _rows() -> st.SearchStrategy[tuple[PriceRow, ...]]:
    always = st.tuples(*(_row(sku, price_list="shelf") for sku in _SKUS))
    at_times = [_row(sku, price_list="shelf", window="sale", zone="north") for sku in _SKUS]
    offered = [_row(sku, price_list="offers", customer_class="card") for sku in _SKUS]
    more = st.tuples(*(st.none() | row for row in (*at_times, *offered)))
    return st.builds(
        lambda rows, extra: rows + tuple(row for row in extra if row is not None), always, more
    )


def _row(sku: str, **scope: str) -> st.SearchStrategy[PriceRow]:
    return st.builds(
        partial(PriceRow, sku=sku, **scope),  # type: ignore[arg-type] # scopes are texts
        amount=st.integers(0, 2000),
        per=st.sampled_from([1, 1, 1, 2, 3]),
        remainder=st.sampled_from([Remainder.PRO_RATA, Remainder.WHOLE_SET]),
        mix=st.sampled_from([None, "mix"]),
    )


def baskets(currency: str | Currency) -> st.SearchStrategy[Basket]:
    """Generate a basket of the products of `pricing_configurations`, some priced by the till.

    Args:
        currency: Of the amounts that the till gives.
    """
    lines, coupons = _basket_parts(Currency.of(currency))
    return st.builds(_basket, lines, coupons)


@cache
def _basket_parts(
    currency: Currency,
) -> tuple[st.SearchStrategy[list[BasketLine]], st.SearchStrategy[list[Coupon]]]:
    money = st.integers(0, 2000).map(lambda minor: Money(minor, currency))
    given = st.builds(GivenPrice, money, st.none() | money)
    none = st.none()
    line = st.builds(
        BasketLine,
        st.just("line"),
        st.sampled_from(_SKUS),
        st.integers(1, 7),
        st.one_of(none, none, none, given),
    )
    faces = st.integers(0, 150).map(lambda minor: Money(minor, currency))
    coupon = st.builds(
        Coupon, st.just("coupon"), faces, st.integers(1, 3), st.sampled_from(CouponKind)
    )
    return st.lists(line, max_size=8), st.lists(coupon, max_size=2)


def _basket(lines: list[BasketLine], coupons: list[Coupon]) -> Basket:
    """Name lines and coupons; every second coupon belongs to a line."""
    return Basket(
        [attrs.evolve(line, line_id=f"line-{number}") for number, line in enumerate(lines)],
        [
            attrs.evolve(
                coupon,
                coupon_id=f"coupon-{number}",
                line_id="line-0" if lines and not number else None,
            )
            for number, coupon in enumerate(coupons)
        ],
    )


def situations() -> st.SearchStrategy[Situation]:
    """Generate places, customers and instants that matter to `pricing_configurations`."""
    ticks = st.sampled_from([timedelta(), timedelta(microseconds=-1)])
    return st.builds(
        Situation,
        channel=st.sampled_from(_CHANNELS),
        at=st.builds(lambda day, tick: day + tick, _days(), ticks),
        location=st.sampled_from([None, "madrid"]),
        zone=st.sampled_from([None, "north"]),
        customer_classes=st.sets(st.sampled_from(sorted(_CLASSES))),
        customer_id=st.sampled_from([None, "clara"]),
        codes=st.sets(st.sampled_from(_CODES)),
    )
