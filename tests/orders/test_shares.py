"""Unit shares: small, exact, and those that pricing tells."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.orders.model import LineAdjustment, LineItem
from omnicommerce.orders.shares import (
    Runs,
    UnitShares,
    even_runs,
    even_shares,
    first_units,
    proportional,
    some_units,
)
from omnicommerce.pricing.result import Adjustment, PricedLine
from tests.orders.make import EUR, line

LINES = st.tuples(
    st.integers(0, 100_000),
    st.lists(st.integers(0, 40_000), max_size=4),
    st.integers(1, 60),
)
"""What a line costs, what promotions try to take, and its units."""


def _changes(before: int, wishes: Sequence[int]) -> list[int]:
    """Return discounts that never take more than is left."""
    found = []
    for wish in wishes:
        taken = min(wish, before)
        found.append(-taken)
        before -= taken
    return found


def _each(runs: Runs) -> list[int]:
    """Return the share of every unit."""
    return [each for count, each in runs for _ in range(count)]


@given(LINES)
def test_shares_are_those_that_pricing_tells(figures: tuple[int, list[int], int]) -> None:
    """Unit by unit the order keeps what `PricedLine` says of its units."""
    before, wishes, units = figures
    changes = _changes(before, wishes)
    adjustments = tuple(Adjustment(f"p{n}", minor, EUR) for n, minor in enumerate(changes))
    priced = PricedLine("line_1", "DRESS", units, before, adjustments, EUR)

    shares = even_shares(before, changes, units)

    assert [amount.minor for amount in priced.unit_amounts()] == _each(shares.amounts)
    for unit in range(units):
        told = [change.minor for change in priced.unit_adjustments(unit)]
        assert told == [_each(runs)[unit] for runs in shares.adjustments]


@given(LINES)
def test_shares_sum_to_the_line(figures: tuple[int, list[int], int]) -> None:
    """Over all units they are the line's amounts, and no unit costs less than nothing."""
    before, wishes, units = figures
    changes = _changes(before, wishes)
    shares = even_shares(before, changes, units)
    after = before + sum(changes)
    shares.require(units=units, amount=after, changes=changes, paid=after, tax=0)
    assert min(_each(shares.amounts)) >= 0


def test_six_thousand_units_take_a_few_numbers() -> None:
    """The shares of a line grow with its promotions, not with its units."""
    shares = even_shares(1_234_567, [-100_001, -7, -50_000], 6_000)
    runs = [shares.amounts, *shares.adjustments]
    assert max(map(len, runs)) <= 3
    assert load(UnitShares, dump(shares)) == shares


@given(st.integers(-5_000, 5_000), st.integers(1, 40), st.data())
def test_runs_can_be_cut_anywhere(amount: int, units: int, data: st.DataObject) -> None:
    """The shares before a cut and after it are those of the whole."""
    runs = even_runs(amount, units)
    cut = data.draw(st.integers(0, units))
    head, tail = some_units(runs, 0, cut), some_units(runs, cut, units)
    assert _each(head) + _each(tail) == _each(runs)
    assert first_units(runs, cut) == sum(_each(head))
    assert first_units(even_runs(-amount, units), cut) == -first_units(runs, cut)


@given(
    weights=st.dictionaries(
        st.text("abcdef", min_size=1, max_size=2), st.integers(0, 60), min_size=1, max_size=5
    ).filter(lambda weights: sum(weights.values()) > 0)
)
def test_what_each_tender_gets_never_falls(weights: dict[str, int]) -> None:
    """Proportional shares grow with the total, one unit at a time, and end at the weights (6)."""
    whole = sum(weights.values())
    shares = dict.fromkeys(weights, 0)
    for total in range(1, whole + 1):
        after = proportional(total, weights)
        grown = [after[key] - shares[key] for key in weights]
        assert sorted(grown) == [0] * (len(weights) - 1) + [1]
        shares = after
    assert shares == weights


@given(
    total=st.integers(0, 10**9),
    weights=st.lists(st.integers(1, 10**9), min_size=2, max_size=2),
)
def test_two_tenders_are_never_a_unit_off(total: int, weights: list[int]) -> None:
    """With two tenders each share is less than one minor unit from its exact part."""
    keyed = dict(enumerate(weights))
    total = min(total, sum(weights))
    for key, share in proportional(total, keyed).items():
        assert abs(share * sum(weights) - total * keyed[key]) < sum(weights)


@pytest.mark.parametrize(
    "shares",
    [
        UnitShares(((3, 33),), (((3, -1),),)),
        UnitShares(((2, 50),), (((3, -1),),)),
        UnitShares(((1, 34), (2, 33))),
        UnitShares(((1, 34), (2, 33)), (((3, -2),),)),
        UnitShares(((1, 34), (2, 33)), (((3, -1),),), paid=((3, 33),)),
        UnitShares(((1, 34), (2, 33)), (((3, -1),),), taxes=((3, 1),)),
    ],
)
def test_shares_of_another_line_are_refused(shares: UnitShares) -> None:
    """A line does not take shares that do not sum to its amounts."""
    with pytest.raises(InvalidValue) as refused:
        LineItem(
            line_id="line_1",
            sku=line(1, 1).sku,
            name={},
            quantity=3,
            list_amount=Money(103, EUR),
            adjustments=(LineAdjustment(promotion_id="p", amount=Money(-3, EUR)),),
            amount=Money(100, EUR),
            shares=shares,
        )
    assert refused.value.field == "shares"
