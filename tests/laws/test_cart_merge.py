"""The laws of merging carts: nothing is lost without a report, and the preview is the truth."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.cart.decide import next_operations
from omnicommerce.cart.errors import CartClosed, CartRefused
from omnicommerce.cart.merge import (
    MergeKind,
    MergePreview,
    merge_carts,
    merge_policies,
    preview_merge,
    register_merge_policy,
)
from omnicommerce.cart.model import Cart, CartPolicy, CartStatus
from omnicommerce.cart.operations import AddUnits, Change, MoveToList, Operation, Selection
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import Sku
from omnicommerce.kernel.money import Money
from tests.laws.carts import NOW, cart_of, held, logs

Log = tuple[Operation, ...]

LIMITS = CartPolicy()
TIGHT = CartPolicy(largest_quantity=5, largest_lines=2)
policies = st.sampled_from(["max", "sum", "keep_target", "keep_source"])
limits = st.sampled_from([LIMITS, TIGHT])
LINE_KINDS = set(MergeKind) - {MergeKind.REPRICED, MergeKind.CODE_ADDED}


def merged(
    source: Cart, target: Cart, policy: str, allowed: CartPolicy = LIMITS
) -> tuple[Cart, Cart, MergePreview]:
    """Carry a merge out; return the spent source, the target afterwards and the preview."""
    preview = preview_merge(source, target, policy=policy, limits=allowed)
    spent, new = merge_carts(source, target, preview, actor="clara", at=NOW)
    return spent, attrs.evolve(target, operations=(*target.operations, *new)), preview


def guest(log: Sequence[Operation]) -> Cart:
    """Return a guest's cart with this log."""
    return cart_of(log, "cart_guest", "guest:1")


def simple(cart_id: str, *quantities: int) -> Cart:
    """Return a cart that was only added to: one line per quantity that is not zero."""
    cart = cart_of((), cart_id)
    chosen: list[Change] = [
        AddUnits(Selection(Sku(f"SKU-{turn}")), quantity)
        for turn, quantity in enumerate(quantities)
        if quantity
    ]
    new = next_operations(cart, chosen, device="phone", actor="clara", at=NOW)
    return attrs.evolve(cart, operations=new)


class TestNothingIsLost:
    """Every line of the source MUST be in the target or in the report (inventory I53)."""

    @given(logs(), logs(), policies, limits)
    def test_every_line_and_code_is_reported_once(
        self, source: Log, target: Log, policy: str, allowed: CartPolicy
    ) -> None:
        """Each of the source's lines has exactly one fate; each code is there afterwards."""
        spent, after, preview = merged(guest(source), cart_of(target), policy, allowed)
        reported = [change.subject for change in preview.changes if change.kind in LINE_KINDS]
        assert sorted(reported) == sorted(held(spent.state))
        assert {*spent.state.codes, *cart_of(target).state.codes} == set(after.state.codes)

    @given(logs(), logs(), policies, limits)
    def test_the_preview_is_what_happens(
        self, source: Log, target: Log, policy: str, allowed: CartPolicy
    ) -> None:
        """The target then holds what the preview says, and its other lines as before."""
        before = cart_of(target)
        _, after, preview = merged(guest(source), before, policy, allowed)
        untouched = {MergeKind.DROPPED, MergeKind.LEFT_ON_LIST}
        expected = held(before.state)
        for change in preview.changes:
            if change.kind in LINE_KINDS - untouched:
                expected[change.subject] = change.quantity
        assert held(after.state) == expected

    @given(logs(), logs(), policies)
    def test_lists_are_never_merged_by_themselves(
        self, source: Log, target: Log, policy: str
    ) -> None:
        """What the source keeps on a list stays there, and the report says so."""
        spent, after, preview = merged(guest(source), cart_of(target), policy)
        left = preview.of_kind(MergeKind.LEFT_ON_LIST)
        assert [change.subject for change in left] == [i.line_id for i in spent.state.saved]
        there = {line.line_id for line in cart_of(target).state.lines}
        there |= {line.line_id for line in spent.state.lines}
        assert {line.line_id for line in after.state.lines} == there

    def test_another_currency_is_never_merged(self) -> None:
        """Carts in two currencies stay two carts."""
        other = attrs.evolve(simple("cart_usd", 1), currency=Currency.of("USD"))
        with pytest.raises(CartRefused, match=r"cart\.merge\.other_currency"):
            preview_merge(other, simple("cart_eur", 1), policy="max", limits=LIMITS)


class TestLimits:
    """Quantities MUST respect the shop's limits after a merge, each clip reported (I57)."""

    @given(logs(), logs(), policies)
    def test_limits_hold_and_clips_are_reported(
        self, source: Log, target: Log, policy: str
    ) -> None:
        """No line grows above the limit, and no cart beyond its lines."""
        before = cart_of(target)
        _, after, preview = merged(guest(source), before, policy, TIGHT)
        first = held(before.state)
        for line_id, quantity in held(after.state).items():
            assert quantity <= max(TIGHT.largest_quantity, first.get(line_id, 0))
        assert len(held(after.state)) <= max(TIGHT.largest_lines, len(first))
        for change in preview.of_kind(MergeKind.CLIPPED):
            assert change.reason.parameters["wanted"] > change.quantity

    def test_a_clip_tells_what_was_wanted(self) -> None:
        """Four and three make seven; five are allowed, and the report says all three."""
        _, after, preview = merged(simple("a", 4), simple("b", 3), "sum", TIGHT)
        (change,) = preview.changes
        assert change.kind is MergeKind.CLIPPED
        assert change.reason.code == "cart.merge.clipped"
        expected = {"sku": "SKU-0", "source": 4, "target": 3, "wanted": 7, "quantity": 5}
        assert dict(change.reason.parameters) == expected
        assert held(after.state) == {"SKU-0": 5}

    def test_lines_beyond_the_limit_are_dropped_by_name(self) -> None:
        """A full cart takes no new line, and the report names it."""
        _, after, preview = merged(simple("a", 0, 0, 1), simple("b", 1, 1), "max", TIGHT)
        assert [change.subject for change in preview.of_kind(MergeKind.DROPPED)] == ["SKU-2"]
        assert len(after.state.lines) == 2


class TestAlgebra:
    """Each policy MUST have the algebra that it declares (inventory I55)."""

    units = st.lists(st.integers(0, 9), min_size=3, max_size=3)

    @given(units, units, st.sampled_from(["max", "sum"]))
    def test_max_and_sum_commute(self, a: list[int], b: list[int], policy: str) -> None:
        """Which of two carts is the source does not matter."""
        _, one, _ = merged(simple("a", *a), simple("b", *b), policy)
        _, other, _ = merged(simple("b", *b), simple("a", *a), policy)
        assert held(one.state) == held(other.state)

    @given(units, units, units, st.sampled_from(["max", "sum"]))
    def test_max_and_sum_associate(
        self, a: list[int], b: list[int], c: list[int], policy: str
    ) -> None:
        """In which order three carts become one does not matter."""
        _, right, _ = merged(simple("b", *b), simple("c", *c), policy)
        _, one, _ = merged(simple("a", *a), right, policy)
        _, left, _ = merged(simple("a", *a), simple("b", *b), policy)
        _, other, _ = merged(left, simple("c", *c), policy)
        assert held(one.state) == held(other.state)

    @given(units, units, st.sampled_from(["max", "keep_target", "keep_source"]))
    def test_all_but_sum_are_idempotent(self, a: list[int], b: list[int], policy: str) -> None:
        """Merging an equal cart once more changes nothing."""
        _, once, _ = merged(simple("a", *a), simple("b", *b), policy)
        _, twice, preview = merged(simple("again", *a), once, policy)
        assert held(once.state) == held(twice.state)
        assert not preview.of_kind(*(set(MergeKind) - {MergeKind.UNCHANGED}))

    def test_a_spent_cart_is_never_merged_again(self) -> None:
        """The marker on the source makes every policy idempotent, sum too."""
        spent, target, preview = merged(simple("a", 2), simple("b", 3), "sum")
        assert (spent.status, spent.merged_into) == (CartStatus.MERGED, "b")
        with pytest.raises(CartClosed, match=r"cart\.merged"):
            merge_carts(spent, target, preview, actor="clara", at=NOW)

    @pytest.mark.parametrize(
        ("policy", "expected"), [("max", 5), ("sum", 7), ("keep_target", 2), ("keep_source", 5)]
    )
    def test_policies_do_what_they_are_called(self, policy: str, expected: int) -> None:
        """Five in the source and two in the target."""
        _, after, _ = merged(simple("a", 5), simple("b", 2), policy)
        assert held(after.state) == {"SKU-0": expected}

    def test_a_shop_may_register_its_own(self) -> None:
        """A policy is a function under a name; a name is given once."""
        register_merge_policy("smaller", min)
        register_merge_policy("smaller", min)
        assert "smaller" in merge_policies()
        _, after, _ = merged(simple("a", 5), simple("b", 2), "smaller")
        assert held(after.state) == {"SKU-0": 2}
        with pytest.raises(InvalidValue, match="already"):
            register_merge_policy("smaller", max)


def test_changed_prices_are_reported() -> None:
    """A line that costs the customer something else than the guest appears as repriced."""
    before = {"SKU-0": Money.of("20", "EUR"), "SKU-1": Money.of("5", "EUR")}
    preview = preview_merge(
        simple("a", 1, 1),
        simple("b"),
        policy="max",
        limits=LIMITS,
        prices_before=before,
        prices_after={**before, "SKU-0": Money.of("18", "EUR")},
    )
    (change,) = preview.of_kind(MergeKind.REPRICED)
    assert dict(change.reason.parameters) == {
        "sku": "SKU-0",
        "before": "20.00 EUR",
        "after": "18.00 EUR",
    }


def test_a_line_on_the_targets_list_comes_into_the_cart() -> None:
    """What the guest chose and the customer had on a list is bought, not hidden in the list."""
    target = simple("b", 3)
    new = next_operations(
        target, [MoveToList("SKU-0", "wishes")], device="phone", actor="clara", at=NOW
    )
    target = attrs.evolve(target, operations=(*target.operations, *new))
    _, after, preview = merged(simple("a", 2), target, "sum")
    assert [change.kind for change in preview.changes] == [MergeKind.TAKEN_FROM_LIST]
    assert [(line.sku, line.quantity) for line in after.state.lines] == [("SKU-0", 2)]
    assert after.state.saved == ()


def test_many_carts_become_one() -> None:
    """Notes and codes travel too, and the source counts as the device of what it brought."""
    carts = [simple(f"cart_{turn}", 1, turn) for turn in range(1, 5)]
    target = functools.reduce(lambda t, s: merged(s, t, "sum")[1], carts, simple("all"))
    assert held(target.state) == {"SKU-0": 4, "SKU-1": 10}
    assert set(target.sequences) == {cart.cart_id for cart in carts}


def test_impossible_merges_are_refused() -> None:
    """An unknown policy, and a cart with itself."""
    cart = simple("a", 1)
    with pytest.raises(InvalidValue, match="is not one of max, sum"):
        preview_merge(cart, simple("b"), policy="guess", limits=LIMITS)
    with pytest.raises(InvalidValue, match="into itself"):
        preview_merge(cart, cart, policy="max", limits=LIMITS)
