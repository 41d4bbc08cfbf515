"""Returns: any sequence of them, in any parts, conserves what was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.kernel.money import Money
from omnicommerce.orders.decide import OrderStateRefused
from omnicommerce.orders.model import LineAdjustment, LineItem, Order, PromotionUse, TenderKind
from omnicommerce.orders.return_model import Condition, ReturnItem
from omnicommerce.orders.returns import (
    GivenBack,
    Kept,
    earlier_return,
    give_units_back,
    return_units,
)
from omnicommerce.orders.shares import UnitShares, added, even_runs
from tests.orders.make import AT, EUR, order, tender

KINDS = (TenderKind.GATEWAY, TenderKind.POINTS, TenderKind.COUPON)
USE = ("promotion", "spring", "-")
BUDGET = ("budget", "spring", "-")


def collected_line(number: int, list_amount: int, taken: int, units: int) -> LineItem:
    """Return a line that was handed over, cheaper by what the promotion ``spring`` took."""
    changes = [LineAdjustment(promotion_id="spring", amount=Money(-taken, EUR))] if taken else []
    return LineItem(
        line_id=f"line_{number}",
        sku=Sku(f"SKU-{number}"),
        name={},
        quantity=units,
        list_amount=Money(list_amount, EUR),
        adjustments=tuple(changes),
        amount=Money(list_amount - taken, EUR),
        collected=units,
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Return an order that was handed over and paid by several tenders."""
    figures = st.tuples(st.integers(0, 9_999), st.integers(0, 3_000), st.integers(1, 7))
    lines = tuple(
        collected_line(number, amount, min(taken, amount), units)
        for number, (amount, taken, units) in enumerate(
            draw(st.lists(figures, min_size=1, max_size=4))
        )
    )
    left = sum(line.amount.minor for line in lines)
    tenders = []
    for number in range(draw(st.integers(0, 2))):
        part = draw(st.integers(0, left))
        tenders.append(tender(number, KINDS[number + 1], part))
        left -= part
    tenders.append(tender(9, TenderKind.GATEWAY, left))
    paid = order(*(each for each in tenders if each.amount), lines=lines)
    given_minor = -sum(c.amount.minor for line in lines for c in line.adjustments)
    use = PromotionUse(
        promotion_id="spring",
        line_ids=tuple(line.line_id for line in lines if line.adjustments),
        accounts=(USE,),
        budgets=(BUDGET,),
        given_minor=given_minor,
    )
    return attrs.evolve(paid, uses=(use,) if given_minor else ())


def units_of(placed: Order) -> list[str]:
    """Return the line of every unit."""
    return [line.line_id for line in placed.lines for _ in range(line.quantity)]


def bring_back(placed: Order, line_ids: Sequence[str], **options: Any) -> GivenBack:
    """Return some units in one go."""
    items = [ReturnItem(line_id, line_ids.count(line_id)) for line_id in sorted(set(line_ids))]
    number = f"return_{len(placed.returns)}"
    return return_units(placed, items, return_id=number, reason="did not fit", at=AT, **options)


def in_parts(data: st.DataObject, units: list[str]) -> list[list[str]]:
    """Cut units in any order into any parts."""
    shuffled = data.draw(st.permutations(units))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(units) - 1)), max_size=5)))
    bounds = [0, *cuts, len(units)]
    parts = [shuffled[a:b] for a, b in pairwise(bounds)]
    return [part for part in parts if part]


@given(placed=orders(), data=st.data())
def test_returning_everything_refunds_what_was_paid(placed: Order, data: st.DataObject) -> None:
    """In any order and any partition, each tender gets exactly what it paid (34)."""
    for part in in_parts(data, units_of(placed)):
        placed = bring_back(placed, part).order
    assert placed.refunded_amount == placed.total_amount
    assert all(not each.left for each in placed.tenders)
    assert sum(each.amount.minor for each in placed.returns) == placed.total_amount.minor
    assert all(use.restored and use.returned_minor == use.given_minor for use in placed.uses)


@given(placed=orders(), data=st.data())
def test_what_was_paid_is_what_was_kept_and_what_was_refunded(
    placed: Order, data: st.DataObject
) -> None:
    """After any returns the kept units cost what was not refunded, tender by tender (35)."""
    parts = in_parts(data, units_of(placed))
    for part in parts[: data.draw(st.integers(0, len(parts)))]:
        back = bring_back(placed, part)
        assert sum(refund.amount.minor for refund in back.refunds) == back.amount.minor
        assert all(refund.amount.minor > 0 for refund in back.refunds)
        placed = back.order
        kept = sum(line.amount.minor - line.gone_minor for line in placed.lines)
        assert placed.total_amount.minor == kept + placed.refunded_amount.minor
        assert all(0 <= each.refunded_amount.minor <= each.amount.minor for each in placed.tenders)


@given(placed=orders(), data=st.data())
def test_the_way_there_does_not_matter(placed: Order, data: st.DataObject) -> None:
    """Two ways to return the same units end with the same tenders, lines and budgets (34)."""
    units = units_of(placed)
    chosen = data.draw(st.permutations(units))[: data.draw(st.integers(0, len(units)))]
    ends = []
    for _ in range(2):
        end = placed
        for part in in_parts(data, chosen) if chosen else []:
            end = bring_back(end, part).order
        ends.append((end.lines, end.tenders, end.uses))
    assert ends[0] == ends[1]


@given(placed=orders(), data=st.data())
def test_a_budget_gets_back_the_shares_that_come_back(placed: Order, data: st.DataObject) -> None:
    """What is still spent is what the promotion took off the units that are kept (38)."""
    restored: dict[Any, int] = {USE: 0, BUDGET: 0}
    for part in in_parts(data, units_of(placed)):
        back = bring_back(placed, part)
        placed = back.order
        for account, quantity in back.restored:
            assert quantity > 0
            restored[account] += quantity
        kept = sum(
            line.given_minor({"spring"}, line.quantity) - line.given_minor({"spring"}, line.gone)
            for line in placed.lines
        )
        given_minor = sum(use.given_minor for use in placed.uses)
        assert restored[BUDGET] == given_minor - kept
        assert restored[USE] == (1 if given_minor and not kept else 0)


@given(placed=orders(), data=st.data())
def test_offers_evaluated_anew(placed: Order, data: st.DataObject) -> None:
    """The refund is paid less the price of what is kept, within the units' own shares (36)."""
    most = placed.list_amount.minor
    prices: dict[Any, int] = {}

    def reprice(kept: Mapping[str, int]) -> Kept:
        key = tuple(sorted(kept.items()))
        if key not in prices:
            prices[key] = data.draw(st.integers(0, most))
        return Kept(minor=prices[key], given={})

    for part in in_parts(data, units_of(placed)):
        before = placed.refunded_amount.minor
        back = bring_back(placed, part, reprice=reprice)
        placed = back.order
        kept = {line.line_id: line.left for line in placed.lines if line.left}
        price = reprice(kept).minor if kept else 0
        own = sum(line.gone_minor for line in placed.lines)
        due = min(placed.total_amount.minor - price, own)
        assert back.amount.minor == max(0, due - before)
        withheld = sum(each.withheld_amount.minor for each in placed.returns)
        assert 0 <= placed.refunded_amount.minor == own - withheld <= own
    assert placed.refunded_amount == placed.total_amount
    assert all(not each.left for each in placed.tenders)


def test_a_gift_that_is_kept_costs_its_price() -> None:
    """Of two for one, half is kept: the whole price is, and comes back with the other half (O5)."""
    both = order(tender(1, TenderKind.GATEWAY, 100), lines=(collected_line(1, 200, 100, 2),))

    def reprice(kept: Mapping[str, int]) -> Kept:
        return Kept(minor=100 * kept["line_1"], given={})

    first = bring_back(both, ["line_1"], reprice=reprice)
    second = bring_back(first.order, ["line_1"], reprice=reprice)

    assert (first.amount.minor, second.amount.minor) == (0, 100)
    withheld = [each.withheld_amount.minor for each in second.order.returns]
    assert withheld == [50, -50]
    assert bring_back(both, ["line_1"]).amount.minor == 50


@given(net=st.integers(0, 9_999), tax=st.integers(0, 2_000), units=st.integers(1, 7))
def test_tax_on_top_comes_back_with_its_units(net: int, tax: int, units: int) -> None:
    """Where prices are without tax, what was paid with it comes back unit by unit (34)."""
    line = attrs.evolve(
        collected_line(1, net, 0, units),
        paid_amount=Money(net + tax, EUR),
        tax_amount=Money(tax, EUR),
        shares=UnitShares(
            even_runs(net, units),
            paid=added(even_runs(net, units), even_runs(tax, units)),
            taxes=even_runs(tax, units),
        ),
    )
    placed = order(tender(1, TenderKind.GATEWAY, net + tax), lines=(line,))
    for _ in range(units):
        placed = bring_back(placed, ["line_1"]).order
    told = [each.lines[0].tax_amount for each in placed.returns]
    assert Money.total((each for each in told if each), EUR).minor == tax
    assert placed.refunded_amount.minor == net + tax


@pytest.mark.parametrize("extra", [490, -490])
def test_what_was_paid_beside_the_lines_comes_back_with_the_last_unit(extra: int) -> None:
    """A fee is kept until nothing else is; an allowance is never refunded (34, 35)."""
    lines = (collected_line(1, 600, 0, 1), collected_line(2, 400, 0, 1))
    placed = order(tender(1, TenderKind.GATEWAY, 1_000 + extra), lines=lines)
    first = bring_back(placed, ["line_1"])
    second = bring_back(first.order, ["line_2"])
    assert first.amount.minor == min(600, 1_000 + extra)
    assert second.order.refunded_amount.minor == 1_000 + extra


def test_declined_units_count_too() -> None:
    """Units declined at the counter and units returned share one line's shares, each once."""
    line = attrs.evolve(collected_line(1, 100, 0, 3), collected=2)
    placed = order(tender(1, TenderKind.GATEWAY, 100), lines=(line,))
    placed = give_units_back(placed, declined={"line_1": 1}, cause="declined").order
    placed = bring_back(placed, ["line_1"]).order
    placed = bring_back(placed, ["line_1"]).order
    assert [refund.amount.minor for refund in placed.refunds] == [34, 33, 33]
    assert placed.lines[0].left == 0


def test_a_return_tells_what_each_item_cost() -> None:
    """Of one line a sound and a damaged unit come back, each with its own share."""
    placed = order(tender(1, TenderKind.GATEWAY, 100), lines=(collected_line(1, 100, 0, 3),))
    items = [ReturnItem("line_1", 1), ReturnItem("line_1", 1, Condition.DAMAGED)]
    back = return_units(
        placed,
        items,
        return_id="r1",
        reason="did not fit",
        at=AT,
        location_id=LocationId("madrid"),
    )
    (record,) = back.order.returns
    assert [(each.item, each.amount.minor, each.shares) for each in record.lines] == [
        (items[0], 34, ((1, 34),)),
        (items[1], 33, ((1, 33),)),
    ]
    assert (record.reason, record.location_id, record.amount.minor) == ("did not fit", "madrid", 67)


def test_a_promotion_that_gives_no_money_is_used_until_everything_is_back() -> None:
    """A gift or points of a limited promotion belong to the order as a whole."""
    use = PromotionUse(promotion_id="spring", line_ids=(), accounts=(USE,))
    lines = (collected_line(1, 100, 0, 1), collected_line(2, 50, 0, 1))
    placed = attrs.evolve(order(tender(1, TenderKind.GATEWAY, 150), lines=lines), uses=(use,))
    first = bring_back(placed, ["line_2"])
    second = bring_back(first.order, ["line_1"])
    assert (first.restored, second.restored) == ((), ((USE, 1),))


def test_a_shop_may_keep_uses() -> None:
    """A returned use can stay used; what it gave goes back to its budget all the same."""
    use = PromotionUse(
        promotion_id="spring",
        line_ids=("line_1",),
        accounts=(USE,),
        budgets=(BUDGET,),
        given_minor=20,
    )
    placed = order(tender(1, TenderKind.GATEWAY, 80), lines=(collected_line(1, 100, 20, 1),))
    back = bring_back(attrs.evolve(placed, uses=(use,)), ["line_1"], restore_uses=False)
    assert back.restored == ((BUDGET, 20),)
    assert not back.order.uses[0].restored


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([], InvalidValue),
        ([ReturnItem("line_9", 1)], NotFound),
        ([ReturnItem("line_1", 1), ReturnItem("line_1", 1)], InvalidValue),
        ([ReturnItem("line_1", 3)], OrderStateRefused),
        ([ReturnItem("line_1", 1), ReturnItem("line_1", 2, Condition.DAMAGED)], OrderStateRefused),
        ([ReturnItem("line_2", 1)], OrderStateRefused),
    ],
)
def test_what_cannot_come_back(items: list[ReturnItem], error: type[Exception]) -> None:
    """More units than the customer has, lines that are not there, or nothing at all."""
    open_line = attrs.evolve(collected_line(2, 10, 0, 1), collected=0)
    lines = (collected_line(1, 100, 0, 2), open_line)
    placed = order(tender(1, TenderKind.GATEWAY, 110), lines=lines)
    with pytest.raises(error):
        return_units(placed, items, return_id="r1", reason="why not", at=AT)


def test_a_unit_comes_back_once() -> None:
    """What came back is not there to come back again, and the reason says how many are (35)."""
    placed = order(tender(1, TenderKind.GATEWAY, 100), lines=(collected_line(1, 100, 0, 2),))
    placed = bring_back(placed, ["line_1"]).order
    with pytest.raises(OrderStateRefused) as refused:
        bring_back(placed, ["line_1", "line_1"])
    (reason,) = refused.value.reasons
    assert (reason.code, reason.parameters["kept"]) == ("order.not_kept", 1)


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "1"])
def test_items_are_whole_units(quantity: Any) -> None:
    """Nobody brings back half a dress."""
    with pytest.raises(InvalidValue):
        ReturnItem("line_1", quantity)


def test_the_same_return_is_known_again() -> None:
    """Its key finds it; the key with other items, another reason or place is another return."""
    placed = order(tender(1, TenderKind.GATEWAY, 100), lines=(collected_line(1, 100, 0, 2),))
    placed = bring_back(placed, ["line_1"]).order
    asked: dict[str, Any] = {"reason": "did not fit", "location_id": None}
    one = [ReturnItem("line_1", 1)]

    assert earlier_return(placed, "return_0", one, **asked) == placed.returns[0]
    assert earlier_return(placed, "return_1", one, **asked) is None
    for items, change in (
        ([ReturnItem("line_1", 2)], {}),
        ([ReturnItem("line_1", 1, Condition.DAMAGED)], {}),
        (one, {"reason": "colour"}),
        (one, {"location_id": LocationId("madrid")}),
    ):
        with pytest.raises(KeyReused):
            earlier_return(placed, "return_0", items, **{**asked, **change})
