"""Refunds: whatever is given back, in whatever parts, sums to what was paid."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.money import Money
from omnicommerce.loyalty.decide import clawed_back, points_for
from omnicommerce.loyalty.model import Programme
from omnicommerce.orders.decide import OrderStateRefused, give_back, refund_for, with_units
from omnicommerce.orders.model import TenderKind
from tests.orders.make import EUR, line, order, tender


@given(
    amount=st.integers(-5_000, 1_000_000),
    parts=st.lists(st.integers(0, 20), min_size=1, max_size=8).filter(any),
)
def test_partial_returns_of_a_line_sum_to_what_was_paid(amount: int, parts: list[int]) -> None:
    """Returning a line in any parts refunds exactly its amount (pricing 34, 35; inventory I38)."""
    current = line(amount, sum(parts))
    refunded = Money.zero(EUR)
    for units in parts:
        refunded += refund_for(current, units)
        current = attrs.evolve(current, declined=current.declined + units)
    assert refunded == current.amount


@given(amount=st.integers(0, 10_000), quantity=st.integers(1, 50), returned=st.data())
def test_a_part_never_refunds_more_than_its_units_cost(
    amount: int, quantity: int, returned: st.DataObject
) -> None:
    """Some units of a line refund at most their rounded-up share (pricing 35)."""
    units = returned.draw(st.integers(0, quantity))
    share = refund_for(line(amount, quantity), units).minor
    assert units * (amount // quantity) <= share <= units * -(-amount // quantity)


@given(
    amounts=st.lists(st.integers(0, 50_000), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 60_000), max_size=6),
)
def test_no_tender_gets_back_more_than_it_paid(amounts: list[int], cuts: list[int]) -> None:
    """Each tender gets at most what it paid, and all of it in the end (inventory I37, I43)."""
    kinds = (TenderKind.GATEWAY, TenderKind.POINTS, TenderKind.COUPON)
    current = order(*(tender(i, kinds[i % 3], a) for i, a in enumerate(amounts)))
    left = sum(amounts)
    for cut in (*cuts, left):
        part = min(cut, left)
        current, refunds = give_back(current, Money(part, EUR), cause="test")
        left -= part
        assert sum(refund.amount.minor for refund in refunds) == part
        assert all(t.refunded_amount <= t.amount for t in current.tenders)
    if left == 0:
        assert all(t.refunded_amount == t.amount for t in current.tenders)


@given(
    paid=st.integers(0, 100_000),
    parts=st.lists(st.integers(0, 30_000), max_size=6),
    earn_points=st.integers(0, 5),
    earn_per=st.integers(1, 500),
)
def test_any_partition_of_a_return_claws_back_the_same(
    paid: int, parts: list[int], earn_points: int, earn_per: int
) -> None:
    """Points forfeited depend on the money given back, not on how (loyalty I10, I11)."""
    programme = Programme(
        programme_id="club", earn_points=earn_points, earn_per=Money(earn_per, EUR)
    )
    earned = points_for(programme, Money(paid, EUR))
    clawed, refunded = 0, 0
    for part in parts:
        refunded = min(paid, refunded + part)
        target = clawed_back(
            programme, earned=earned, paid=Money(paid, EUR), refunded=Money(refunded, EUR)
        )
        assert clawed <= target <= earned
        clawed = target
    kept = points_for(programme, Money(paid - refunded, EUR))
    assert earned - clawed == kept


@given(quantity=st.integers(1, 20), collected=st.integers(0, 20), declined=st.integers(0, 20))
def test_units_are_counted_once(quantity: int, collected: int, declined: int) -> None:
    """Collected and declined units never exceed the line (inventory I35)."""
    start = order(tender(1, TenderKind.GATEWAY, 100), lines=(line(100, quantity),))
    if collected + declined > quantity:
        with pytest.raises(OrderStateRefused):
            with_units(start, collected={"line_1": collected}, declined={"line_1": declined})
    else:
        after = with_units(start, collected={"line_1": collected}, declined={"line_1": declined})
        assert after.lines[0].open == quantity - collected - declined
