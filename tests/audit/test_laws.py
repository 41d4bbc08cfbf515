"""What the audit promises, against random configurations, channels and baskets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from omnicommerce.kernel.predicates import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    During,
    Facts,
    Not,
    OneOf,
    Predicate,
    holds,
)
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.audit.audit import audit
from omnicommerce.pricing.audit.bench import Bench, Case, Outcome, basket_of
from omnicommerce.pricing.audit.lens import lenses
from omnicommerce.pricing.audit.logic import conjunctions, simplify
from omnicommerce.pricing.audit.model import Severity, Verdict
from omnicommerce.pricing.audit.taint import Taint
from omnicommerce.pricing.basket import OrderHistory, Role, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.effects import AmountOff, BuyGet, EarnPoints, PercentOff
from omnicommerce.pricing.model import PriceList, PriceRow, PricingConfiguration, ProductTraits
from omnicommerce.pricing.parity import Figures, compare
from omnicommerce.pricing.parity_model import ChannelFacts, ParityGroup, ParityLevel
from omnicommerce.pricing.promotions import Promotion

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
CHANNELS = ("a", "b", "c")
SKUS = ("x", "y", "z")
TEXTS = {
    "channel": CHANNELS,
    "code": ("X", "Y"),
    "customer_class": ("K",),
    "location": ("L", "M"),
    "zone": ("Z",),
    "country": ("ES",),
    "payment": ("cash",),
    "role": ("anonymous", "customer", "staff"),
    "attribute.source": ("ad",),
    "company": ("acme",),
    "customer": ("anna", "till"),
}
PLACES = ("channel", "location", "zone", "country", "customer_class", "role")
WEEK = timedelta(days=7)
WINDOWS = (
    Window.between(NOW - WEEK, NOW),
    Window.between(NOW, NOW + WEEK),
    Window.between(NOW + WEEK, None),
)


def one_of(names: tuple[str, ...]) -> st.SearchStrategy[Predicate]:
    """Return conditions on the texts of some facts."""
    return st.sampled_from(names).flatmap(
        lambda name: st.builds(
            OneOf, st.just(name), st.frozensets(st.sampled_from(TEXTS[name]), min_size=1)
        )
    )


def trees(leaves: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    """Return conditions of a few leaves."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(AllOf, st.lists(inner, max_size=3)),
            st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3)),
            st.builds(Not, inner),
        ),
        max_leaves=5,
    )


LEAVES = st.one_of(
    one_of(tuple(TEXTS)),
    one_of(("channel",)),
    st.builds(AtLeast, st.sampled_from(["spend.base", "matching.base"]), st.sampled_from([0, 700])),
    st.builds(AtLeast, st.just("history.orders"), st.integers(0, 2)),
    st.builds(During, st.sampled_from(WINDOWS)),
)
ON = st.one_of(st.just(ALWAYS), st.builds(lambda sku: OneOf("sku", {sku}), st.sampled_from(SKUS)))
EFFECTS = st.one_of(
    st.builds(lambda value: PercentOff(Rate.percent(value)), st.sampled_from([10, 50])),
    st.builds(AmountOff, st.sampled_from([30, 200])),
    st.builds(BuyGet, st.just(1), max_repeats=st.just(2)),
    st.builds(EarnPoints, st.just(5)),
)


@st.composite
def promotions(draw: Callable[..., Any]) -> list[Promotion]:
    """Draw a few promotions."""
    return [
        Promotion(
            promotion_id=f"p{number}",
            effect=draw(EFFECTS),
            on=draw(ON),
            when=draw(trees(LEAVES)),
            exclusive=draw(st.booleans()),
            priority=number,
        )
        for number in range(draw(st.integers(0, 3)))
    ]


@st.composite
def channel_facts(draw: Callable[..., Any]) -> list[ChannelFacts]:
    """Draw how some channels see the facts."""
    found: list[ChannelFacts] = []
    for channel in draw(st.sets(st.sampled_from(CHANNELS), max_size=2)):
        names = sorted(set(TEXTS) - {"channel", "company"})
        unknown = draw(st.sets(st.sampled_from([*names, "history"]), max_size=2))
        always = draw(st.sets(st.sampled_from(names), max_size=1)) - unknown
        only = draw(st.sets(st.sampled_from(names), max_size=1)) - unknown - always - {"customer"}
        found.append(
            ChannelFacts(
                channel=channel,
                unknown=unknown,
                always={name: {TEXTS[name][-1]} for name in always},
                only={name: {TEXTS[name][-1]} for name in only},
            )
        )
    return found


@st.composite
def shops(draw: Callable[..., Any]) -> PricingConfiguration:
    """Draw a shop with a list that everybody sees, and others."""
    lists = [
        PriceList(f"l{number}", when=draw(trees(one_of(PLACES))))
        for number in range(draw(st.integers(0, 2)))
    ]
    scopes = st.sampled_from([{}, {"zone": "Z"}, {"location": "L"}, {"customer_class": "K"}])
    rows = [
        PriceRow(price_list=item.list_id, sku=sku, amount=amount, **draw(scopes))
        for item in lists
        for sku, amount in draw(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 9))).items()
    ]
    return PricingConfiguration(
        currency="EUR",
        products=[ProductTraits(sku) for sku in SKUS],
        lists=[*lists, PriceList("shelf")],
        rows=[
            *rows,
            *(
                PriceRow(price_list="shelf", sku=sku, amount=amount)
                for sku, amount in zip(SKUS, (100, 255, 700), strict=True)
            ),
        ],
        promotions=draw(promotions()),
        channel_facts=draw(channel_facts()),
        parity_groups=[ParityGroup(group_id="g", channels=CHANNELS, level=ParityLevel.POINTS)],
    )


@st.composite
def cases(draw: Callable[..., Any]) -> Case:
    """Draw a basket and a situation, whose channel is still to be said."""
    units = draw(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1))

    def maybe(name: str) -> str | None:
        chosen: str | None = draw(st.sampled_from([None, *TEXTS[name]]))
        return chosen

    orders = draw(st.integers(0, 2))
    return Case(
        basket_of(units),
        Situation(
            channel="a",
            at=NOW + draw(st.sampled_from([timedelta(0), timedelta(days=1), WEEK])),
            location=maybe("location"),
            zone=maybe("zone"),
            country=maybe("country"),
            payment=maybe("payment"),
            role=draw(st.sampled_from([None, Role.STAFF])),
            customer_id=draw(st.sampled_from([None, "anna"])),
            company_id=draw(st.sampled_from([None, "acme"])),
            codes=draw(st.sets(st.sampled_from(TEXTS["code"]))),
            customer_classes=draw(st.sets(st.sampled_from(TEXTS["customer_class"]))),
            attributes=draw(st.sampled_from([{}, {"source": "ad"}])),
            history=OrderHistory(placed_at=[NOW - WEEK] * orders),
        ),
    )


@given(
    shops(),
    st.lists(cases(), min_size=1, max_size=12),
    st.sampled_from([ParityLevel.LIST, ParityLevel.POINTS, ParityLevel.TRACE]),
)
def test_channels_that_are_said_to_be_equal_are_equal(
    shop: PricingConfiguration, tried: list[Case], level: ParityLevel
) -> None:
    """Invariant 47: where partial evaluation leaves no difference, no basket shows one."""
    seen = lenses(shop, CHANNELS, NOW)
    bench = Bench(PriceBook.compile(shop))
    for kin in Taint(shop, seen, NOW, level).kindred:
        for case in tried:
            first, *others = bench.outcomes(case, kin, level)
            assert not any(_differs(first, other, level) for other in others)


@settings(max_examples=15)
@given(shops(), st.lists(cases(), min_size=1, max_size=12))
def test_what_is_proved_holds_and_what_is_violated_is_shown(
    shop: PricingConfiguration, tried: list[Case]
) -> None:
    """Invariants 44 and 47: a proof has no counterexample, and a violation has one."""
    (group,) = audit(shop, at=NOW, cases=120).groups
    bench = Bench(PriceBook.compile(shop))
    seen = lenses(shop, CHANNELS, NOW)
    if group.verdict is Verdict.PROVED:
        for case in tried:
            first, *others = bench.outcomes(case, seen, group.level)
            assert all(other == first for other in others)
    for finding in group.findings:
        witness = finding.witness
        if finding.severity is Severity.ERROR and witness is not None:
            pair = [lens for lens in seen if lens.channel in witness.channels]
            case = Case(witness.basket, witness.situation)
            priced = [bench.priced_as_seen(one.basket, one.situation) for one in witness.seen]
            assert pair
            assert case.units > 0
            left, right = priced
            if isinstance(left, Figures) and isinstance(right, Figures):
                assert compare("left", left, "right", right, level=group.level)
            else:
                assert left != right


@given(trees(LEAVES), st.lists(cases(), min_size=1, max_size=8))
def test_simplifying_changes_no_answer(predicate: Predicate, tried: list[Case]) -> None:
    """A simplified condition holds exactly when the condition does, and so do its ways."""
    simple = simplify(predicate)
    ways = conjunctions(predicate, most=10_000)
    for case in tried:
        facts = facts_of(case.situation)
        expected = holds(predicate, facts)
        assert expected == holds(simple, facts)
        assert not expected or ways


def _differs(first: Outcome, other: Outcome, level: ParityLevel) -> bool:
    """Tell whether two channels differ up to a level."""
    if isinstance(first, Figures) and isinstance(other, Figures):
        return bool(compare("first", first, "other", other, level=level))
    return first != other


def facts_of(situation: Situation) -> Facts:
    """Return some facts of a situation, and a spend of 700."""
    single = ("channel", "location", "zone", "country", "payment")
    texts = {name: getattr(situation, name) for name in single}
    return {
        **{name: frozenset({text} if text else ()) for name, text in texts.items()},
        "role": frozenset({situation.acting_as.value}),
        "code": situation.codes,
        "customer_class": situation.customer_classes,
        "attribute.source": situation.attributes.get("source", frozenset()),
        "customer": frozenset({situation.customer_id} if situation.customer_id else ()),
        "company": frozenset({situation.company_id} if situation.company_id else ()),
        "at": situation.at,
        "spend.base": 700,
        "matching.base": 700,
        "history.orders": 1,
    }
