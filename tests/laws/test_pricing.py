"""The laws of pricing: bounds, symmetry, conservation, time; each names its invariant."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import ALWAYS, During
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode, round_ratio
from omnicommerce.kernel.window import Window
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    BuyGet,
    GivenPrice,
    PercentOff,
    PriceBook,
    PricedBasket,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    Situation,
    explain,
    price,
)
from omnicommerce.pricing.calculation import Turn
from omnicommerce.pricing.decide import run
from omnicommerce.pricing.rules import Rule
from omnicommerce.pricing.sheet import Sheet
from omnicommerce.testing.strategies import (
    EPOCH,
    baskets,
    pricing_configurations,
    situations,
)

T = TypeVar("T")

Case = tuple[PricingConfiguration, Basket, Situation]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Generate a configuration, a basket in its currency, and a situation."""
    configuration = draw(pricing_configurations())
    return configuration, draw(baskets(configuration.currency)), draw(situations())


def priced(case: Case) -> PricedBasket:
    """Compile and price."""
    configuration, basket, situation = case
    return price(PriceBook.compile(configuration), basket, situation)


def totals(result: PricedBasket) -> tuple[Money, ...]:
    """Return every total."""
    return (
        result.base_amount,
        result.selling_amount,
        result.coupon_amount,
        result.match_amount,
        result.payable_amount,
    )


def by_product(result: PricedBasket) -> Counter[tuple[str, str]]:
    """Return what each promotion changed on each SKU, and what each SKU costs."""
    amounts: Counter[tuple[str, str]] = Counter()
    for line in result.lines:
        amounts[line.sku, "selling"] += line.selling_minor
        for item in line.adjustments:
            amounts[line.sku, item.promotion_id] += item.minor
    return amounts


def _shuffled(items: Sequence[T], dice: Random) -> list[T]:
    return dice.sample(items, len(items))


def _gifts(result: PricedBasket) -> Counter[str]:
    """Return what each promotion gave."""
    gifts: Counter[str] = Counter()
    for item in result.discounts:
        gifts[item.promotion_id] += item.minor
    for match in result.matches:
        gifts[match.promotion_id] += match.minor
    return gifts


@given(cases())
def test_every_amount_is_whole_minor_units_of_the_book_currency(case: Case) -> None:
    """Pricing 7 and 8: amounts are ints of minor units, all in the book's currency."""
    result = priced(case)
    amounts = [*totals(result), *(item.amount for item in result.discounts)]
    for line in result.lines:
        amounts += [line.base_amount, line.selling_amount]
        amounts += [item.amount for item in line.adjustments]
    assert {type(amount.minor) for amount in amounts} == {int}
    assert {amount.currency for amount in amounts} == {case[0].currency}


@given(cases())
def test_another_currency_is_refused(case: Case) -> None:
    """Pricing 8: two currencies never meet."""
    configuration, basket, situation = case
    foreign = GivenPrice(Money.of(1, "USD"))
    lines = (*basket.lines, BasketLine("foreign", "tea", 1, foreign))
    with pytest.raises(InvalidValue, match="USD"):
        priced((configuration, attrs.evolve(basket, lines=lines), situation))


@given(cases())
def test_no_line_and_no_unit_goes_below_zero(case: Case) -> None:
    """Pricing 11 and 12: totals, lines and units are never negative; a discount fits its unit."""
    result = priced(case)
    assert 0 <= result.selling_minor <= result.base_minor
    for line in result.lines:
        assert 0 <= line.selling_minor <= line.base_minor
        for unit, amount in enumerate(line.unit_amounts()):
            assert amount.minor >= 0
            assert all(item.minor <= 0 for item in line.unit_adjustments(unit))


@given(cases())
def test_unit_shares_sum_to_their_line(case: Case) -> None:
    """Pricing 34, the ground for it: units and their adjustments sum to the line exactly."""
    for line in priced(case).lines:
        assert sum(amount.minor for amount in line.unit_amounts()) == line.selling_minor
        shares = Counter[str]()
        for unit in range(line.quantity):
            for item in line.unit_adjustments(unit):
                shares[item.promotion_id] += item.minor
        expected = Counter({item.promotion_id: item.minor for item in line.adjustments})
        assert expected == shares


@given(
    cases(),
    st.sampled_from(["0.5%", "10%", "1/3", "99.9%", "100%"]).map(Rate.parse),
    st.sampled_from(RoundingMode),
)
def test_percentage_is_rounded_once_per_product(case: Case, rate: Rate, mode: RoundingMode) -> None:
    """Pricing 14: p% takes p% of each product's amount, rounded as declared; 100% takes all."""
    configuration, basket, situation = case
    only = Promotion(promotion_id="percent", effect=PercentOff(rate))
    basket = attrs.evolve(basket, coupons=(), lines=[_plain(line) for line in basket.lines])
    result = priced(
        (attrs.evolve(configuration, promotions=[only], rate_rounding=mode), basket, situation)
    )
    base = Counter[str]()
    for line in result.lines:
        base[line.sku] += line.base_minor
    expected = sum(
        round_ratio(amount * rate.value.numerator, rate.value.denominator, mode)
        for amount in base.values()
    )
    assert result.discount_amount.minor == expected
    if rate.value == 1:
        assert result.payable_minor == 0


def _plain(line: BasketLine) -> BasketLine:
    return attrs.evolve(line, given=None)


@given(cases(), st.integers(1, 3), st.integers(1, 3), st.none() | st.integers(1, 3))
def test_buy_get_rewards_no_more_units_than_configured(
    case: Case, buy: int, get: int, repeats: int | None
) -> None:
    """Pricing 16: at most `get` of each set of units, and at most so many sets."""
    configuration, basket, situation = case
    effect = BuyGet(buy, get, max_repeats=repeats)
    offer = Promotion(promotion_id="buy-get", effect=effect)
    result = priced((attrs.evolve(configuration, promotions=[offer]), basket, situation))
    units = sum(line.quantity for line in basket.lines)
    sets = units // (buy + get)
    rewarded = get * (sets if repeats is None else min(sets, repeats))
    cheapest = _unit_values(result)[:rewarded]
    assert result.discount_amount.minor == sum(cheapest)


def _unit_values(result: PricedBasket) -> list[int]:
    """Return what every unit costs before promotions, cheapest first."""
    values: list[int] = []
    for position, quantity in enumerate(result.table.entries.units):
        unit, extra = divmod(result.table.base[position], quantity)
        values += [unit] * (quantity - extra) + [unit + 1] * extra
    return sorted(values)


@given(cases(), st.randoms(use_true_random=False))
def test_permuting_lines_changes_nothing(case: Case, dice: Random) -> None:
    """Pricing 17 and 19: totals and amounts per product do not depend on the order of lines."""
    configuration, basket, situation = case
    shuffled = Basket(_shuffled(basket.lines, dice), _shuffled(basket.coupons, dice))
    before = priced(case)
    after = priced((configuration, shuffled, situation))
    assert totals(before) == totals(after)
    assert {line.line_id: line for line in before.lines} == {
        line.line_id: line for line in after.lines
    }


@given(cases())
def test_splitting_and_merging_lines_changes_nothing(case: Case) -> None:
    """Pricing 18: a till that scans unit by unit asks the same, product by product."""
    configuration, basket, situation = case
    basket = attrs.evolve(basket, coupons=())
    units = [
        BasketLine(f"{line.line_id}-{unit}", line.sku, 1)
        for line in basket.lines
        for unit in range(line.quantity)
        if line.given is None
    ]
    given_lines = [line for line in basket.lines if line.given is not None]
    before = priced((configuration, basket, situation))
    after = priced((configuration, Basket([*units, *given_lines]), situation))
    assert totals(before) == totals(after)
    assert by_product(before) == by_product(after)


@given(cases(), st.randoms(use_true_random=False))
def test_storage_order_of_the_configuration_changes_nothing(case: Case, dice: Random) -> None:
    """Pricing 20: products, rows and promotions may be stored in any order."""
    configuration, basket, situation = case
    shuffled = attrs.evolve(
        configuration,
        products=_shuffled(configuration.products, dice),
        rows=_shuffled(configuration.rows, dice),
        promotions=_shuffled(configuration.promotions, dice),
    )
    before = priced(case)
    after = priced((shuffled, basket, situation))
    assert before == after


@given(cases())
def test_pricing_again_says_the_same(case: Case) -> None:
    """Pricing 21 and 22: from one book or a new one, warm or cold, the answer is one."""
    configuration, basket, situation = case
    book = PriceBook.compile(configuration)
    results = [price(book, basket, situation) for _ in range(3)]
    assert [priced(case)] * 3 == results


@given(cases())
def test_configuration_survives_json(case: Case) -> None:
    """Pricing 23: dumped and loaded, a configuration has the same version and prices."""
    configuration, basket, situation = case
    again = PricingConfiguration.load(configuration.dump())
    assert configuration == again
    assert priced(case) == priced((again, basket, situation))


SCRIPT = Path(__file__).parent.parent / "pricing" / "price_a_day.py"


def test_another_process_says_the_same_to_the_byte() -> None:
    """Pricing 24: hash seed, locale and time zone leave no mark on answers and traces."""
    outputs = {
        subprocess.run(
            [sys.executable, str(SCRIPT)],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
        ).stdout
        for seed, zone in (("1", "Asia/Tokyo"), ("77", "America/New_York"))
    }
    assert len(outputs) == 1
    assert outputs.pop()


@given(cases(), st.integers(0, 5000), st.integers(1, 4))
def test_an_item_outside_all_predicates_adds_its_price(
    case: Case, amount: int, quantity: int
) -> None:
    """Pricing 27: an item that nothing matches adds exactly what it costs, if no spend counts."""
    configuration, basket, situation = case
    promotions = [
        item
        for item in configuration.promotions
        if item.on != ALWAYS and "spend" not in repr(item.when) and "Not" not in repr(item.on)
    ]
    configuration = attrs.evolve(
        configuration,
        promotions=promotions,
        products=[*configuration.products, ProductTraits("apart")],
        rows=[*configuration.rows, PriceRow(price_list="shelf", sku="apart", amount=amount)],
    )
    more = attrs.evolve(basket, lines=[*basket.lines, BasketLine("apart", "apart", quantity)])
    before = priced((configuration, basket, situation))
    after = priced((configuration, more, situation))
    assert before.payable_minor + amount * quantity == after.payable_minor


@given(cases())
def test_what_does_not_apply_can_go(case: Case) -> None:
    """Pricing 28: without the promotions that gave nothing, nothing changes."""
    configuration, basket, situation = case
    before = priced(case)
    gave = _gifts(before)
    kept = [item for item in configuration.promotions if item.promotion_id in gave]
    after = priced((attrs.evolve(configuration, promotions=kept), basket, situation))
    assert totals(before) == totals(after)
    assert before.lines == after.lines


@given(cases())
def test_uses_are_recorded_exactly_for_what_gave_something(case: Case) -> None:
    """Pricing 39: a promotion is used if, and only if, it gave something."""
    result = priced(case)
    gifts = _gifts(result)
    assert tuple(sorted(gifts)) == result.uses
    assert all(amount > 0 for amount in gifts.values())


@given(cases(), st.integers(0, 5))
def test_an_exhausted_promotion_is_as_good_as_none(case: Case, number: int) -> None:
    """Pricing 19: with no use left a limited promotion gives what an absent one gives."""
    configuration, basket, situation = case
    promotions = configuration.promotions
    if number >= len(promotions):
        return
    limited = attrs.evolve(promotions[number], limit_uses=1)
    others = [item for item in promotions if item is not promotions[number]]
    spent = attrs.evolve(situation, exhausted={limited.promotion_id})
    with_it = priced((attrs.evolve(configuration, promotions=[*others, limited]), basket, spent))
    without = priced((attrs.evolve(configuration, promotions=others), basket, situation))
    assert totals(with_it) == totals(without)


@given(st.integers(-3, 3), st.integers(1, 3))
def test_windows_are_half_open(start: int, days: int) -> None:
    """Pricing 41: a promotion runs at its first instant and not at its last."""
    starts_at = EPOCH + timedelta(days=start)
    ends_at = starts_at + timedelta(days=days)
    book = _tea_book(
        Promotion(
            promotion_id="now",
            when=During(Window.between(starts_at, ends_at)),
            effect=AmountOff(100),
        )
    )
    tick = timedelta(microseconds=1)
    expected = {starts_at - tick: 450, starts_at: 350, ends_at - tick: 350, ends_at: 450}
    basket = Basket([BasketLine("1", "tea")])
    assert expected == {
        at: price(book, basket, Situation(channel="web", at=at)).payable_minor for at in expected
    }


def _tea_book(*promotions: Promotion) -> PriceBook:
    return PriceBook.compile(
        PricingConfiguration(
            currency="EUR",
            products=[ProductTraits("tea")],
            lists=[PriceList("shelf")],
            rows=[PriceRow(price_list="shelf", sku="tea", amount=450)],
            promotions=promotions,
        )
    )


@given(cases(), st.integers(1, 24 * 60 - 1))
def test_the_instant_counts_through_boundaries_only(case: Case, minutes: int) -> None:
    """Pricing 42: between two boundaries the price never changes."""
    configuration, basket, situation = case
    day = situation.at.replace(hour=0, minute=0, second=0, microsecond=0)
    book = PriceBook.compile(configuration)
    at_midnight = price(book, basket, attrs.evolve(situation, at=day))
    later = price(book, basket, attrs.evolve(situation, at=day + timedelta(minutes=minutes)))
    assert at_midnight == later


@given(cases())
def test_lines_and_discounts_tell_one_story(case: Case) -> None:
    """Pricing 48: base and adjustments sum to the total, line by line and by promotion."""
    result = priced(case)
    assert sum(line.base_minor for line in result.lines) == result.base_minor
    assert sum(line.selling_minor for line in result.lines) == result.selling_minor
    by_promotion = Counter[str]()
    for line in result.lines:
        for item in line.adjustments:
            by_promotion[item.promotion_id] -= item.minor
    assert by_promotion == Counter({item.promotion_id: item.minor for item in result.discounts})


@given(cases())
def test_trace_tells_the_fate_of_every_promotion(case: Case) -> None:
    """Pricing 49: each promotion is applied, beaten or failed, and those applied sum up."""
    configuration, basket, situation = case
    trace = explain(PriceBook.compile(configuration), basket, situation)
    verdicts: dict[str, set[str]] = {}
    for step in trace:
        verdicts.setdefault(step.subject, set()).add(step.verdict)
    assert {item.promotion_id for item in configuration.promotions} == verdicts.keys()
    assert all(len(found) == 1 for found in verdicts.values())
    result = priced(case)
    applied = sum(step.reason.parameters["amount"] for step in trace if step.verdict == "applied")
    assert result.discount_amount.minor + result.match_amount.minor == applied


@given(cases())
def test_an_exclusive_promotion_shares_its_units_with_no_other(case: Case) -> None:
    """An exclusive promotion is alone on every unit that it touches; other units stay open."""
    configuration, basket, situation = case
    touched: set[int] = set()
    closed: set[int] = set()

    def witness(rule: Rule, sheet: Sheet, turn: Turn) -> None:
        assert closed.isdisjoint(turn.at)
        if rule.promotion.exclusive:
            assert touched.isdisjoint(turn.at)
            closed.update(sheet.closed)
        touched.update(sheet.touched)

    result = run(PriceBook.compile(configuration), basket, situation, observe=witness)
    exclusive = {item.promotion_id for item in configuration.promotions if item.exclusive}
    for line in result.lines:
        ids = {item.promotion_id for item in line.adjustments}
        assert not ids & exclusive or len(ids) == 1 or line.quantity > 1


@given(cases())
def test_coupons_never_change_the_price(case: Case) -> None:
    """Pricing 40: a tender lowers what is paid, never what anything costs."""
    configuration, basket, situation = case
    with_coupons = priced(case)
    without = priced((configuration, attrs.evolve(basket, coupons=()), situation))
    assert without.lines == with_coupons.lines
    tendered = with_coupons.coupon_minor + with_coupons.match_minor
    assert without.payable_minor - tendered == with_coupons.payable_minor
