"""Hypothesis strategies for configurations: small shops in which everything overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from omnicommerce.kernel.predicates import ALWAYS, NEVER, OneOf, Predicate
from omnicommerce.kernel.quantity import Measure
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.effects import (
    Choice,
    EarnPoints,
    MatchCoupon,
    OfferList,
    PercentOff,
    Remainder,
)
from omnicommerce.pricing.model import (
    ListRole,
    NamedWindow,
    PriceGuard,
    PriceList,
    PriceRow,
    PriceTier,
    PricingConfiguration,
    ProductTraits,
    Tiering,
)
from omnicommerce.pricing.promotions import (
    Base,
    Competition,
    CurrencyTerms,
    Exclusion,
    FactLimit,
    Promotion,
    Stacking,
    StackingGroup,
    Status,
    Target,
    Winner,
)
from omnicommerce.testing.pricing.atoms import (
    CATEGORIES,
    OFFERS,
    SKUS,
    conditions,
    delivery_effects,
    effects,
    place_conditions,
    product_conditions,
    unit_effects,
    windows,
)

__all__ = ["adversarial_configurations", "configurations", "promotions", "small_configurations"]

_PRICES: Final = (450, 99, 1999, 333, 1000, 0, 1)
_NASTY_PRICES: Final = (100, 100, 1, 99, 0)
_GROUPS: Final = (
    StackingGroup("best"),
    StackingGroup("basket", over=Competition.BASKET),
    StackingGroup("first", Winner.FIRST),
)
_EXCLUSIONS: Final = (
    (),
    (Exclusion("loyal", "season"),),
    (Exclusion("loyal", "season", Competition.BASKET),),
    (Exclusion("season", "season"), Exclusion("loyal", "loyal", Competition.BASKET)),
)
_ALTERNATIVES: Final = ((), (), ({"loyal"}, {"season"}))

_Terms = Mapping[str, Any]
_PLAIN: Final[Sequence[_Terms]] = ({}, {"priority": 1}, {"lane": 1})
_COMPETING: Final[Sequence[_Terms]] = (
    {"exclusive": True},
    {"exclusive": True, "priority": 1},
    {"exclusive": True, "family": "loyal"},
    {"family": "loyal"},
    {"family": "season"},
    {"family": "season", "priority": 1},
    {"group": "best"},
    {"group": "basket"},
    {"group": "first", "priority": 1},
    {"skip_reduced": True, "priority": 1},
)
_LIMITED: Final[Sequence[_Terms]] = (
    {"cap": 300},
    {"cap": 50, "exclusive": True},
    {"base": Base.ORIGINAL, "priority": 1},
    {"max_units": 2},
    {"max_units": 2, "exclusive": True},
    {"max_units_each": 1, "first_units": Choice.DEAREST},
    {"limit_uses": 1, "limit_per_customer": 1},
    {"budget": 500},
    {"budget": 500, "partial_budget": False},
    {"fact_limits": (FactLimit(fact="email", uses=1),)},
    {"status": Status.DRAFT},
)
_ELSEWHERE: Final[Sequence[_Terms]] = (
    {"advertised": True},
    {"target": Target.DELIVERY},
    {"target": Target.ITEMS_AND_DELIVERY, "priority": 2},
)
_DOLLARS: Final = CurrencyTerms(effect=PercentOff(Rate.percent(20)))


def configurations(*, most_promotions: int = 4) -> st.SearchStrategy[PricingConfiguration]:
    """Generate shops of six products that use every kind of price, promotion and stacking.

    Their opaque atoms are answered by `EFFECTS` and `CONDITIONS`: give these to
    `PriceBook.compile`.

    Args:
        most_promotions: How many promotions at most.
    """
    return _shops(
        _PRICES, (*_PLAIN, *_PLAIN, *_PLAIN, *_COMPETING, *_LIMITED, *_ELSEWHERE), most_promotions
    )


def small_configurations() -> st.SearchStrategy[PricingConfiguration]:
    """Generate shops with one price for each product and at most two plain promotions."""
    return st.builds(
        _shop,
        st.sampled_from(("EUR", "JPY", "KWD")),
        _catalogues(),
        st.tuples(*(_shelf_row(sku, _PRICES, shaped=False) for sku in SKUS)),
        promotions(_PLAIN, most=2),
    )


def adversarial_configurations() -> st.SearchStrategy[PricingConfiguration]:
    """Generate shops of ties, cents and nothings, where promotions compete for everything."""
    return _shops(_NASTY_PRICES, (*_COMPETING, *_LIMITED), 6, everywhere=True)


def _shops(
    prices: Sequence[int], terms: Sequence[_Terms], most: int, *, everywhere: bool = False
) -> st.SearchStrategy[PricingConfiguration]:
    return st.builds(
        _shop,
        st.sampled_from(("EUR", "JPY", "KWD")),
        _catalogues(),
        st.tuples(*(_shelf_row(sku, prices, shaped=True) for sku in SKUS)),
        promotions(terms, most=most, everywhere=everywhere),
        st.lists(_special_rows(), max_size=4),
        _extras(),
    )


@cache
def _catalogues() -> st.SearchStrategy[tuple[ProductTraits, ...]]:
    some = st.sampled_from((set(), {"food"}, {"clothes"}, set(CATEGORIES)))
    return st.tuples(*(some for _ in SKUS)).map(
        lambda found: tuple(
            ProductTraits(
                sku,
                {"category": categories},
                measure=Measure.GRAM if sku == "nuts" else Measure.EACH,
            )
            for sku, categories in zip(SKUS, found, strict=True)
        )
    )


_SHAPES: Final[Sequence[_Terms]] = (
    *({},) * 6,
    {"per": 2},
    {"per": 3, "remainder": Remainder.WHOLE_SET},
    {"per": 2, "mix": "mix"},
    {"tiers": (2, 5)},
    {"tiers": (3,), "tiering": Tiering.GRADUATED},
    {"tiers": (3,), "mix": "mix"},
)


def _shelf_row(sku: str, prices: Sequence[int], *, shaped: bool) -> st.SearchStrategy[PriceRow]:
    amounts = st.sampled_from(prices)
    if not shaped:
        return amounts.map(lambda amount: _row(sku, amount, {}))
    return st.builds(_row, st.just(sku), amounts, st.sampled_from(_SHAPES))


def _row(sku: str, amount: int, terms: _Terms) -> PriceRow:
    more = dict(terms)
    if "tiers" in more:
        steps = enumerate(more["tiers"], start=2)
        more["tiers"] = tuple(PriceTier(least, amount // cheaper) for cheaper, least in steps)
    return PriceRow(**{"price_list": "shelf", "sku": sku, "amount": amount, **more})


_SCOPES: Final[Sequence[_Terms]] = (
    {"price_list": "sale"},
    {"price_list": OFFERS},
    {"price_list": OFFERS, "per": 2},
    {"price_list": OFFERS, "customer_class": "card"},
    {"window": "days"},
    {"zone": "north"},
    {"location": "madrid", "window": "days"},
    {"country": "ES"},
    {"customer_class": "gold"},
    {"customer": "acme"},
    {"plan": "monthly"},
    {"price_list": "dollars"},
)


@cache
def _special_rows() -> st.SearchStrategy[PriceRow]:
    return st.builds(
        _row, st.sampled_from(SKUS), st.sampled_from(_PRICES), st.sampled_from(_SCOPES)
    )


_Extras = Mapping[str, Any]


@cache
def _extras() -> st.SearchStrategy[_Extras]:
    guards = (
        PriceGuard(sku="tea", minimum=200),
        PriceGuard(sku="dress", cost=80, advertised_minimum=95),
        PriceGuard(sku="nuts", minimum=1, per=100),
    )
    return st.fixed_dictionaries(
        {
            "window": windows(),
            "row_rounding": st.sampled_from(RoundingMode),
            "rate_rounding": st.sampled_from(RoundingMode),
            "guards": st.sampled_from(((), (), guards[:1], guards)),
            "exclusions": st.sampled_from(_EXCLUSIONS),
            "alternatives": st.sampled_from(_ALTERNATIVES),
            "untouchable": st.sampled_from((NEVER, NEVER, OneOf("sku", {"milk"}))),
        }
    )


_CODES: Final = (
    CouponCode(code="HELLO-26", unlocks="HELLO"),
    CouponCode(code="CLARA", unlocks="VIP", customer_id="clara", limit_uses=1),
)


def _shop(
    currency: str,
    products: tuple[ProductTraits, ...],
    rows: tuple[PriceRow, ...],
    offered: tuple[Promotion, ...],
    special: Iterable[PriceRow] = (),
    extras: _Extras | None = None,
) -> PricingConfiguration:
    more = dict(extras or {})
    window = more.pop("window", None)
    dollars = any(row.price_list == "dollars" for row in special)
    lists = [
        PriceList("sale", sale=True, when=OneOf("channel", {"web"})),
        PriceList("shelf"),
        PriceList(OFFERS, ListRole.OFFER),
        *([PriceList("dollars", currency="USD")] if dollars else []),
    ]
    if dollars:
        rows += tuple(_row(row.sku, row.amount, {"price_list": "dollars"}) for row in rows)
    else:
        offered = tuple(attrs.evolve(item, in_currencies={}) for item in offered)
    stacking = _stacking(offered, more.pop("exclusions", ()), more.pop("alternatives", ()))
    margin = Rate.percent(20) if more.get("guards") else None
    return PricingConfiguration(
        currency=currency,
        products=products,
        lists=lists,
        rows=_in_different_places((*rows, *special)),
        windows=() if window is None else (NamedWindow("days", window),),
        promotions=offered,
        stacking=stacking,
        codes=_CODES,
        minimum_margin=margin,
        **more,
    )


def _in_different_places(rows: Iterable[PriceRow]) -> tuple[PriceRow, ...]:
    """Keep the first row of each place."""
    found: dict[object, PriceRow] = {}
    for row in rows:
        buyer, scope = (row.customer, row.customer_class), (row.location, row.zone, row.country)
        found.setdefault((row.price_list, row.sku, buyer, scope, row.window, row.plan), row)
    return tuple(found.values())


def _stacking(
    offered: Iterable[Promotion],
    exclusions: Iterable[Exclusion],
    alternatives: Iterable[Iterable[str]],
) -> Stacking:
    families = {item.family for item in offered}
    return Stacking(
        groups=_GROUPS,
        exclusions=[item for item in exclusions if {item.family, item.other} <= families],
        alternatives=alternatives if {"loyal", "season"} <= families else (),
    )


def promotions(
    terms: Sequence[Mapping[str, Any]] = (*_PLAIN, *_COMPETING, *_LIMITED, *_ELSEWHERE),
    *,
    most: int = 4,
    everywhere: bool = False,
) -> st.SearchStrategy[tuple[Promotion, ...]]:
    """Generate promotions that overlap, in any order.

    Args:
        terms: What to give to `Promotion` beside effect, conditions and products.
        most: How many at most.
        everywhere: Whether they match all products and need little.
    """
    on = st.just(ALWAYS) if everywhere else product_conditions()
    often = [st.just(ALWAYS)] * (3 if everywhere else 1)
    when = st.one_of(*often, conditions())
    shapes = st.sampled_from(list(terms)).flatmap(lambda found: _promotion(found, on, when))
    return st.lists(shapes, min_size=1, max_size=most).map(
        lambda found: tuple(
            attrs.evolve(item, promotion_id=f"promotion-{number}")
            for number, item in enumerate(found)
        )
    )


def _promotion(
    terms: Mapping[str, Any],
    on: st.SearchStrategy[Predicate],
    when: st.SearchStrategy[Predicate],
) -> st.SearchStrategy[Promotion]:
    """Generate a promotion with these terms, and an effect and conditions that go with them."""
    effect: st.SearchStrategy[Any] = effects()
    if "max_units" in terms or "max_units_each" in terms:
        effect = unit_effects()
    elif "base" in terms:
        effect = effect.filter(lambda found: not isinstance(found, (OfferList, MatchCoupon)))
    elif "group" in terms:
        effect = effect.filter(lambda found: not isinstance(found, (EarnPoints, MatchCoupon)))
    elif terms.get("target") is Target.DELIVERY:
        effect, on = delivery_effects(), st.sampled_from((ALWAYS, OneOf("method", {"post"})))
    elif "target" in terms:
        effect = delivery_effects()
    elif "advertised" in terms:
        effect = st.sampled_from((PercentOff(Rate.percent(10)), OfferList(OFFERS)))
        when = place_conditions()
    in_currencies = st.sampled_from(({}, {"USD": _DOLLARS}))
    return st.builds(
        lambda *found: Promotion(
            promotion_id="promotion",
            **dict(zip(("effect", "when", "on", "in_currencies"), found, strict=True), **terms),
        ),
        effect,
        when,
        on,
        in_currencies,
    )
