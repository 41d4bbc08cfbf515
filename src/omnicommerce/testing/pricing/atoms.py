"""Hypothesis strategies for what promotions are made of: effects and conditions of every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from hypothesis import strategies as st

from omnicommerce.kernel.predicates import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    During,
    Not,
    OneOf,
    Opaque,
    Predicate,
)
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.kernel.window import WeeklySpan, Window
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.effects import (
    AmountOff,
    BundlePart,
    BundlePrice,
    BuyGet,
    Choice,
    EarnPoints,
    Effect,
    FirstThenEach,
    Gift,
    GroupOff,
    MatchBand,
    MatchCoupon,
    Measured,
    OfferList,
    OpaqueEffect,
    Per,
    PercentOff,
    Remainder,
    Rewarded,
    SetPrice,
    SetsWithin,
    Spread,
    Tier,
    Tiers,
    TotalPrice,
)

__all__ = [
    "CATEGORIES",
    "CHANNELS",
    "CLASSES",
    "CODES",
    "CONDITIONS",
    "EFFECTS",
    "EPOCH",
    "METHODS",
    "OFFERS",
    "SKUS",
    "conditions",
    "delivery_effects",
    "effects",
    "place_conditions",
    "product_conditions",
    "unit_effects",
    "windows",
]

EPOCH: Final = datetime(2026, 11, 21, tzinfo=UTC)
"""The generated windows begin and end at whole days around this instant."""

SKUS: Final = ("bread", "dress", "jeans", "milk", "nuts", "tea")
CATEGORIES: Final = ("food", "clothes", "sale")
CLASSES: Final = ("card", "gold")
CHANNELS: Final = ("web", "store")
CODES: Final = ("HELLO", "VIP")
METHODS: Final = ("post", "express")
OFFERS: Final = "offers"


def _half(left: list[int], _: list[int], __: Mapping[str, Any]) -> list[int]:
    return [amount // 2 for amount in left]


def _is_large(basket: Basket, _: Situation) -> bool:
    return sum(line.quantity for line in basket.lines) >= 4  # noqa: PLR2004 - an example


EFFECTS: Final = MappingProxyType({"half": _half})
"""The functions of the opaque effects that are generated."""

CONDITIONS: Final = MappingProxyType({"large": _is_large})
"""The functions of the opaque conditions that are generated."""

_RATES: Final = tuple(map(Rate.parse, ("10%", "7.5%", "1/3", "50%", "100%", "1%")))
_AMOUNTS: Final = (100, 1, 50, 333, 1000, 2500)
_UNITS: Final = (1, 2, 3)
_NUMBERS: Final = ("spend.base", "spend.left", "matching.base", "matching.left", "items.base")
_DAYS: Final = tuple(timedelta(days=days) for days in (0, -2, -1, 1, 2))


def _rate() -> st.SearchStrategy[Rate]:
    return st.sampled_from(_RATES)


def _amount() -> st.SearchStrategy[int]:
    return st.sampled_from(_AMOUNTS)


def _count() -> st.SearchStrategy[int]:
    return st.sampled_from(_UNITS)


def _limit() -> st.SearchStrategy[int | None]:
    return st.sampled_from((None, None, 1, 2))


@cache
def _percent() -> st.SearchStrategy[PercentOff]:
    return st.builds(PercentOff, _rate(), st.sampled_from(RoundingLevel))


@cache
def _amounts_off() -> st.SearchStrategy[AmountOff]:
    return st.builds(AmountOff, _amount(), st.sampled_from(Per), st.sampled_from(Spread))


@cache
def _tiers(by: tuple[Measured, ...]) -> st.SearchStrategy[Tiers]:
    def built(measured: Measured, first: Effect, second: Effect) -> Tiers:
        least, more = (1, 3) if measured is Measured.UNITS else (100, 1000)
        return Tiers(measured, (Tier(least, first), Tier(more, second)))  # type: ignore[arg-type] # drawn from these

    return st.builds(built, st.sampled_from(by), _percent(), _percent() | _amounts_off())


@cache
def unit_effects() -> st.SearchStrategy[PercentOff | AmountOff | Tiers]:
    """Generate effects that can be limited to some units."""
    by = (Measured.MATCHING, Measured.SPEND, Measured.PRODUCT, Measured.UNITS)
    return st.one_of(_percent(), _amounts_off(), _tiers(by))


@cache
def delivery_effects() -> st.SearchStrategy[PercentOff | AmountOff | Tiers | TotalPrice]:
    """Generate effects on what delivery costs."""
    return st.one_of(
        _percent(),
        _amounts_off(),
        st.builds(TotalPrice, _amount(), st.sampled_from((Per.ONCE, Per.PRODUCT))),
        _tiers((Measured.DELIVERY, Measured.SPEND)),
    )


@cache
def _buy_get() -> st.SearchStrategy[BuyGet]:
    return st.one_of(
        st.builds(
            BuyGet,
            _count(),
            _count(),
            _rate(),
            _limit(),
            amount=st.sampled_from((None, None, 100)),
            rewarded=st.sampled_from(Rewarded),
            within=st.sampled_from(SetsWithin),
        ),
        st.builds(
            BuyGet,
            _count(),
            _count(),
            _rate(),
            _limit(),
            bought=product_conditions(),
            rewarded=st.sampled_from((Rewarded.CHEAPEST, Rewarded.DEAREST)),
            partial=st.booleans(),
        ),
    )


def _set_price(per: int, amount: int, remainder: Remainder, max_repeats: int | None) -> SetPrice:
    limited = remainder is Remainder.REGULAR
    return SetPrice(per, amount, remainder, max_repeats if limited else None)


@cache
def _sets() -> st.SearchStrategy[Effect]:
    part = st.builds(BundlePart, product_conditions(), st.sampled_from((1, 1, 2)))
    parts = st.lists(part, min_size=1, max_size=2).map(tuple)
    inner = st.one_of(
        _percent(),
        st.builds(AmountOff, _amount(), st.just(Per.UNIT)),
        _tiers((Measured.UNITS,)),
    )
    return st.one_of(
        _buy_get(),
        st.builds(_set_price, _count(), _amount(), st.sampled_from(Remainder), _limit()),
        st.builds(BundlePrice, parts, _amount(), _limit()),
        st.builds(GroupOff, st.sampled_from((2, 3)), inner, st.sampled_from(Choice)),
    )


@cache
def _gifts() -> st.SearchStrategy[Effect]:
    bands = (MatchBand(up_to=50, rate=Rate.percent(100)), MatchBand(up_to=99, raised_to=100))
    return st.sampled_from(
        (
            Gift(("tea",)),
            Gift(("dress", "tea"), 2, Rate.percent(50)),
            EarnPoints(points=10),
            EarnPoints(per_unit=2, rate=Rate.percent(1)),
            MatchCoupon(bands),
            OpaqueEffect("half"),
        )
    )


@cache
def effects() -> st.SearchStrategy[Effect]:
    """Generate effects of every kind; the offer list is called ``offers``."""
    return st.one_of(
        unit_effects(),
        _sets(),
        st.builds(
            FirstThenEach, _amount(), st.sampled_from((0, *_AMOUNTS)), st.sampled_from((None, 2))
        ),
        st.builds(TotalPrice, _amount(), st.sampled_from((Per.ONCE, Per.PRODUCT))),
        st.sampled_from((OfferList(OFFERS), OfferList(OFFERS), OfferList(OFFERS, replaces=True))),
        _gifts(),
    )


_ON: Final[Sequence[Predicate]] = (
    ALWAYS,
    OneOf("category", {"food"}),
    OneOf("category", {"clothes"}),
    OneOf("category", {"food", "sale"}),
    OneOf("sku", {"tea"}),
    OneOf("sku", {"dress", "nuts", "tea"}),
    Not(OneOf("category", {"sale"})),
    AnyOf((OneOf("sku", {"milk"}), OneOf("category", {"clothes"}))),
)


def product_conditions() -> st.SearchStrategy[Predicate]:
    """Generate what a promotion matches: everything, categories, products, or all but some."""
    return st.sampled_from(_ON)


@cache
def windows() -> st.SearchStrategy[Window]:
    """Generate windows of days around `EPOCH`, and now and then one of hours of a week."""
    saturday = WeeklySpan(5, 0, 24 * 60)
    found = [
        Window.between(EPOCH + start, EPOCH + start + timedelta(days=days))
        for start in _DAYS
        for days in (1, 2)
    ]
    found.append(Window(weekly=(saturday,), zone="Europe/Madrid"))
    return st.sampled_from(found)


_PLACE: Final[Sequence[Predicate]] = (
    OneOf("channel", {"web"}),
    OneOf("channel", {"store"}),
    OneOf("customer_class", set(CLASSES)),
    OneOf("zone", {"north"}),
    OneOf("country", {"ES"}),
    OneOf("role", {"customer", "staff"}),
    Not(OneOf("customer_class", {"gold"})),
)

_PERSON: Final[Sequence[Predicate]] = (
    OneOf("code", {"HELLO"}),
    OneOf("code", {"VIP"}),
    OneOf("customer", {"clara"}),
    OneOf("company", {"acme"}),
    OneOf("payment", {"card"}),
    OneOf("delivery", {"express"}),
    OneOf("attribute.source", {"letter"}),
    AtLeast("history.orders", 1),
    AtLeast("history.orders_in_30_days", 2),
    AtLeast("history.days_since_last_order", 3),
    Not(AtLeast("history.cancelled", 1)),
    Opaque("large"),
)


def place_conditions() -> st.SearchStrategy[Predicate]:
    """Generate conditions that neither the basket nor the instant decides."""
    return st.sampled_from((ALWAYS, *_PLACE))


@cache
def _numbers() -> st.SearchStrategy[Predicate]:
    amounts = (0, 100, 500, 1000, 2000, 5000)
    among = AtLeast("items.units", 2, OneOf("category", {"food"}))
    return st.one_of(
        st.builds(AtLeast, st.sampled_from(_NUMBERS), st.sampled_from(amounts)),
        st.builds(
            AtLeast,
            st.sampled_from(("matching.units", "matching.products", "matching.most")),
            st.sampled_from((1, 2, 3, 5)),
        ),
        st.sampled_from((AtLeast("total.left", 1000), AtLeast("delivery.base", 100), among)),
    )


@cache
def conditions() -> st.SearchStrategy[Predicate]:
    """Generate when a promotion counts: place, person, window, history and numbers."""
    one = st.one_of(st.sampled_from((*_PLACE, *_PERSON)), st.builds(During, windows()), _numbers())
    return st.one_of(
        st.just(ALWAYS),
        one,
        _numbers(),
        st.builds(lambda *of: AllOf(of), one, _numbers()),
        st.builds(lambda *of: AnyOf(of), one, one),
        one.map(Not),
    )
