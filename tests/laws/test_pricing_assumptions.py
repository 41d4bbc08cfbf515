"""Laws that hold under stated assumptions: under those, and shown to fail without where they do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from omnicommerce.kernel.predicates import AtLeast, During, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import Window
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
    Effect,
    PercentOff,
    PriceBook,
    PricedBasket,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    SelectionPolicy,
    SetPrice,
    Situation,
    price,
)
from omnicommerce.pricing.model import PriceTier, Tiering
from omnicommerce.pricing.promotions import Competition, Exclusion, Stacking

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WEB = Situation(channel="web", at=NOW)
BEST = SelectionPolicy.BEST_FOR_CUSTOMER
SKUS = ("a", "b", "c")
UNITS = st.fixed_dictionaries({sku: st.integers(0, 5) for sku in SKUS})
PRICES = st.fixed_dictionaries({sku: st.integers(1, 3000) for sku in SKUS})
RATES = st.integers(1, 100).map(Rate.percent)


def shop(
    prices: dict[str, int],
    *promotions: Promotion,
    stacking: Stacking | None = None,
    tiers: dict[str, tuple[PriceTier, ...]] | None = None,
    tiering: Tiering = Tiering.ALL_UNITS,
) -> PriceBook:
    """Compile a shop of three products."""
    return PriceBook.compile(
        PricingConfiguration(
            currency="EUR",
            products=[ProductTraits(sku) for sku in prices],
            lists=[PriceList("shelf")],
            rows=[
                PriceRow(
                    price_list="shelf",
                    sku=sku,
                    amount=amount,
                    tiers=(tiers or {}).get(sku, ()),
                    tiering=tiering,
                )
                for sku, amount in prices.items()
            ],
            promotions=promotions,
            stacking=stacking or Stacking(),
        )
    )


def priced(
    book: PriceBook,
    units: dict[str, int],
    policy: SelectionPolicy | None = None,
    situation: Situation = WEB,
) -> PricedBasket:
    """Price so many units of each product."""
    lines = [BasketLine(sku, sku, count) for sku, count in units.items() if count]
    return price(book, Basket(lines), situation, policy=policy)


def effects() -> st.SearchStrategy[Effect]:
    """Generate effects without thresholds in money."""
    return st.one_of(
        RATES.map(PercentOff),
        st.integers(1, 2000).map(AmountOff),
        st.builds(BuyGet, st.integers(1, 3), st.integers(1, 2), RATES),
        st.builds(SetPrice, st.integers(1, 3), st.integers(0, 4000)),
    )


def promotions(*, most: int = 3) -> st.SearchStrategy[list[Promotion]]:
    """Generate combinable promotions on some of the products."""
    one = st.builds(
        lambda effect, on, lane: (effect, OneOf("sku", on), lane),
        effects(),
        st.sets(st.sampled_from(SKUS), min_size=1),
        st.integers(0, 2),
    )
    return st.lists(one, max_size=most).map(
        lambda found: [
            Promotion(promotion_id=f"p{number}", effect=effect, on=on, lane=lane)
            for number, (effect, on, lane) in enumerate(found)
        ]
    )


@given(PRICES, UNITS, RATES, st.integers(1, 3000), st.integers(0, 3000))
def test_a_cap_is_kept_and_a_higher_one_gives_no_less(
    prices: dict[str, int], units: dict[str, int], rate: Rate, cap: int, more: int
) -> None:
    """Pricing 15: what is given is at most the cap, and raising it never lowers what is given."""
    given_by = []
    for limit in (cap, cap + more):
        promotion = Promotion(promotion_id="p", effect=PercentOff(rate), cap=limit)
        given_by.append(priced(shop(prices, promotion), units, BEST).discount_amount.minor)
        assert given_by[-1] <= limit
    assert given_by[0] <= given_by[1]


class Edits(RuleBasedStateMachine):
    """Pricing 22: after any edits the basket costs what it costs when made from scratch."""

    book = shop(
        {"a": 1000, "b": 333, "c": 57},
        Promotion(promotion_id="ten", effect=PercentOff(Rate.percent(10)), on=OneOf("sku", {"a"})),
        Promotion(promotion_id="three", effect=BuyGet(2), lane=1, exclusive=True),
        Promotion(
            promotion_id="five", effect=AmountOff(500), when=AtLeast("spend.left", 2500), lane=2
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[BasketLine] = []
        self.number = 0

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 4))
    def add(self, sku: str, units: int) -> None:
        """Add a line."""
        self.number += 1
        self.lines.append(BasketLine(f"l{self.number}", sku, units))

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        """Take a line out, or change its quantity."""
        if self.lines:
            at = data.draw(st.integers(0, len(self.lines) - 1))
            units = data.draw(st.integers(0, 4))
            line = self.lines.pop(at)
            if units:
                self.lines.insert(at, attrs.evolve(line, quantity=units))

    @invariant()
    def costs_what_it_would_from_scratch(self) -> None:
        """Sum the lines up into one for each product: nothing else counts."""
        units = dict.fromkeys(SKUS, 0)
        for line in self.lines:
            units[line.sku] += line.quantity
        edited = price(self.book, Basket(self.lines), WEB)
        assert edited.total_minor == priced(self.book, units).total_minor


TestEdits = Edits.TestCase


@given(PRICES, UNITS, promotions(most=1), st.sampled_from(SKUS), st.integers(1, 500))
def test_a_higher_price_never_makes_the_basket_cheaper(
    prices: dict[str, int], units: dict[str, int], offers: list[Promotion], sku: str, more: int
) -> None:
    """Pricing 25: the total does not fall where a price rises, if no threshold looks at money."""
    before = priced(shop(prices, *offers), units, BEST)
    dearer = {**prices, sku: prices[sku] + more}
    assert priced(shop(dearer, *offers), units, BEST).total_minor >= before.total_minor


def test_with_a_threshold_in_money_a_higher_price_can_make_it_cheaper() -> None:
    """Pricing 25, without its assumption: one cent more reaches five euros off, a cliff."""
    five = Promotion(promotion_id="p", effect=AmountOff(500), when=AtLeast("spend.base", 5000))
    totals = [priced(shop({"a": amount}, five), {"a": 1}).total_minor for amount in (4999, 5000)]
    assert totals == [4999, 4500]


@given(PRICES, UNITS, promotions(), st.sampled_from(SKUS))
def test_a_unit_more_lowers_the_total_only_by_a_promotion(
    prices: dict[str, int], units: dict[str, int], offers: list[Promotion], sku: str
) -> None:
    """Pricing 26: where one unit more makes the basket cheaper, some promotion gives more."""
    book = shop(prices, *offers)
    before, after = priced(book, units), priced(book, {**units, sku: units[sku] + 1})
    if after.total_minor < before.total_minor:
        gives = [
            {item.promotion_id: item.minor for item in each.discounts} for each in (before, after)
        ]
        assert any(minor > gives[0].get(name, 0) for name, minor in gives[1].items())


@given(PRICES, UNITS, promotions(), promotions(most=1))
def test_a_compatible_promotion_never_raises_the_total(
    prices: dict[str, int],
    units: dict[str, int],
    offers: list[Promotion],
    another: list[Promotion],
) -> None:
    """Pricing 29: under best for the customer one promotion more costs nobody anything."""
    more = [attrs.evolve(item, promotion_id="more", lane=1) for item in another]
    without = priced(shop(prices, *offers), units, BEST)
    both = priced(shop(prices, *offers, *more), units, BEST)
    if both.certificate is not None and both.certificate.is_optimal:
        assert both.total_minor <= without.total_minor


def test_under_exclusive_priorities_a_promotion_more_can_raise_the_total() -> None:
    """Pricing 29 fails by design in the declared order: a small offer first keeps a large away."""
    large = Promotion(
        promotion_id="large", effect=PercentOff(Rate.percent(50)), exclusive=True, lane=1
    )
    small = attrs.evolve(large, promotion_id="small", effect=PercentOff(Rate.percent(5)), lane=0)
    alone, both = shop({"a": 1000}, large), shop({"a": 1000}, large, small)
    assert priced(both, {"a": 1}).total_minor > priced(alone, {"a": 1}).total_minor
    assert priced(both, {"a": 1}, BEST).total_minor == priced(alone, {"a": 1}, BEST).total_minor


@given(PRICES, UNITS, promotions(), effects())
def test_entering_a_code_never_raises_the_total(
    prices: dict[str, int], units: dict[str, int], offers: list[Promotion], effect: Effect
) -> None:
    """Pricing 30: under best for the customer a code costs nobody anything."""
    coded = Promotion(promotion_id="code", effect=effect, when=OneOf("code", {"SPRING"}), lane=1)
    book = shop(prices, *offers, coded)
    without = priced(book, units, BEST)
    entered = priced(book, units, BEST, attrs.evolve(WEB, codes={"spring"}))
    if entered.certificate is not None and entered.certificate.is_optimal:
        assert entered.total_minor <= without.total_minor


TIERS = (PriceTier(5, 900), PriceTier(10, 700))


@given(st.integers(1, 30))
def test_more_units_never_raise_the_unit_price_of_tiers(units: int) -> None:
    """Pricing 31: all-units tiers have a falling unit price, graduated ones a rising total."""
    for tiering in Tiering:
        book = shop({"a": 1000}, tiers={"a": TIERS}, tiering=tiering)
        one, more = (priced(book, {"a": count}).total_minor for count in (units, units + 1))
        assert one * (units + 1) >= more * units
        if tiering is Tiering.GRADUATED:
            assert one <= more


def test_the_total_of_all_units_tiers_can_fall() -> None:
    """Pricing 31: ten at 7.00 cost less than nine at 9.00, which graduated tiers never do."""
    book = shop({"a": 1000}, tiers={"a": TIERS})
    assert priced(book, {"a": 9}).total_minor > priced(book, {"a": 10}).total_minor


@given(PRICES, UNITS, st.integers(1, 2000), st.integers(0, 9000), st.integers(2, 9))
def test_scaling_every_amount_scales_the_result(
    prices: dict[str, int], units: dict[str, int], amount: int, least: int, factor: int
) -> None:
    """Pricing 32: exactly where nothing is rounded, within a unit a line where shares are."""

    def total(by: int) -> int:
        offers = [
            Promotion(promotion_id="free", effect=BuyGet(2)),
            Promotion(
                promotion_id="off",
                effect=AmountOff(amount * by),
                when=AtLeast("spend.base", least * by),
                lane=1,
            ),
        ]
        return priced(shop({k: v * by for k, v in prices.items()}, *offers), units).total_minor

    assert total(factor) == factor * total(1)


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
)
def test_windows_of_a_store_agree_with_utc_across_clock_changes(day: datetime) -> None:
    """Pricing 43: an offer of the whole day in Madrid is active exactly in its UTC instants."""
    madrid = ZoneInfo("Europe/Madrid")
    opens = datetime(day.year, day.month, day.day, tzinfo=madrid)
    closes = datetime(day.year, day.month, day.day, tzinfo=madrid) + timedelta(days=1)
    window = Window(zone="Europe/Madrid", starts_at=opens, ends_at=closes)
    offer = Promotion(promotion_id="day", effect=AmountOff(100), when=During(window))
    book = shop({"a": 1000}, offer)
    for minutes in range(-180, 27 * 60, 15):
        at = opens.astimezone(UTC) + timedelta(minutes=minutes)
        active = opens.astimezone(UTC) <= at < closes.astimezone(UTC)
        found = priced(book, {"a": 1}, situation=attrs.evolve(WEB, at=at))
        assert (found.total_minor == 900) is active


@given(PRICES, UNITS, promotions())
def test_a_basket_handed_over_costs_the_same_once(
    prices: dict[str, int], units: dict[str, int], offers: list[Promotion]
) -> None:
    """Pricing 45: begun on the web, settled in the store, each promotion gives its amount once."""
    book = shop(prices, *offers)
    web = priced(book, units)
    store = priced(book, units, situation=attrs.evolve(WEB, channel="store"))
    assert store.discounts == web.discounts
    assert len({item.promotion_id for item in store.discounts}) == len(store.discounts)


def test_families_can_break_what_compatible_promotions_keep() -> None:
    """Pricing 29 asks for compatible ones: a rival that comes first keeps a larger one away."""
    rivals = Stacking(exclusions=[Exclusion("x", "y", Competition.BASKET)])
    first = Promotion(promotion_id="a", effect=AmountOff(1), family="x")
    large = Promotion(promotion_id="b", effect=AmountOff(500), family="y", lane=1)
    both = shop({"a": 1000}, first, large, stacking=rivals)
    assert priced(both, {"a": 1}).total_minor == 999
    assert priced(both, {"a": 1}, BEST).total_minor == 500
