"""The laws of splitting an amount: pricing invariants 1 to 6 of the research."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnicommerce.kernel.allocation import allocate, allocate_capped
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money

totals = st.integers(-(10**6), 10**6) | st.integers(-(10**18), 10**18)
keys = st.text("abcdefgh", min_size=1, max_size=3)
weights = st.dictionaries(keys, st.integers(0, 50) | st.integers(0, 10**9), min_size=1)
weights_and_caps = weights.flatmap(
    lambda w: st.tuples(st.just(w), st.fixed_dictionaries(dict.fromkeys(w, st.integers(0, 300))))
)


class TestExactness:
    """No minor unit is lost or made."""

    @given(totals, weights)
    def test_shares_sum_to_total(self, total: int, weights: dict[str, int]) -> None:
        """Pricing 1: shares sum exactly, whatever the weights and the sign."""
        assert sum(allocate(total, weights).values()) == total

    @given(totals, st.sets(keys, min_size=1))
    def test_all_zero_weights_split_evenly(self, total: int, names: set[str]) -> None:
        """Pricing 1: all weights zero means an even split, to the unit."""
        shares = allocate(total, dict.fromkeys(names, 0))
        assert sum(shares.values()) == total
        assert max(shares.values()) - min(shares.values()) <= 1

    @given(weights)
    def test_nothing_splits_into_nothing(self, weights: dict[str, int]) -> None:
        """Pricing 1: zero gives everybody zero."""
        assert set(allocate(0, weights).values()) == {0}

    @given(totals, keys, st.integers(0, 9))
    def test_one_line_takes_all(self, total: int, key: str, weight: int) -> None:
        """Pricing 1: a single line takes the whole, even with weight zero."""
        assert allocate(total, {key: weight}) == {key: total}

    @given(totals, weights)
    def test_refund_mirrors_sale(self, total: int, weights: dict[str, int]) -> None:
        """Pricing 1: a negative total is the mirror of the positive one, share by share."""
        mirrored = {key: -share for key, share in allocate(total, weights).items()}
        assert allocate(-total, weights) == mirrored


class TestCaps:
    """No share is more than its cap, and what found no place is told."""

    @given(totals, weights_and_caps)
    def test_shares_stay_within_caps(
        self, total: int, given_: tuple[dict[str, int], dict[str, int]]
    ) -> None:
        """Pricing 2: 0 <= share <= cap; a shortfall is reported, never lost."""
        weights, caps = given_
        found = allocate_capped(total, weights, caps)
        sign = -1 if total < 0 else 1
        assert all(0 <= sign * share <= caps[key] for key, share in found.shares.items())
        assert sum(found.shares.values()) + found.shortfall == total

    @given(totals, weights_and_caps)
    def test_no_shortfall_while_there_is_room(
        self, total: int, given_: tuple[dict[str, int], dict[str, int]]
    ) -> None:
        """Pricing 2: something is left over only if every cap is reached."""
        weights, caps = given_
        found = allocate_capped(total, weights, caps)
        assert abs(found.shortfall) == max(0, abs(total) - sum(caps.values()))

    @given(totals, weights)
    def test_wide_caps_change_nothing(self, total: int, weights: dict[str, int]) -> None:
        """Pricing 2: caps that do not bind leave the shares as they are."""
        caps = dict.fromkeys(weights, abs(total))
        assert allocate_capped(total, weights, caps).shares == allocate(total, weights)


class TestFairness:
    """Shares are as near to their exact values as whole units can be."""

    @given(totals, weights)
    def test_share_is_within_one_unit_of_ideal(self, total: int, weights: dict[str, int]) -> None:
        """Pricing 3: |share - ideal| < 1 minor unit."""
        assume(sum(weights.values()))
        whole = sum(weights.values())
        for key, share in allocate(total, weights).items():
            assert abs(share - Fraction(total * weights[key], whole)) < 1

    @given(totals, weights, st.data())
    def test_equal_lines_differ_by_one_unit_at_most(
        self, total: int, weights: dict[str, int], data: st.DataObject
    ) -> None:
        """Pricing 4: equal lines get shares at most one unit apart, the smaller key first."""
        first, second = sorted((data.draw(keys), data.draw(keys)))
        assume(first != second)
        shares = allocate(total, {**weights, first: 7, second: 7})
        assert 0 <= abs(shares[first]) - abs(shares[second]) <= 1

    @given(totals, weights, st.randoms(use_true_random=False))
    def test_order_of_lines_does_not_matter(
        self, total: int, weights: dict[str, int], dice: Any
    ) -> None:
        """Pricing 5: shares follow their lines wherever these stand."""
        lines = list(weights.items())
        dice.shuffle(lines)
        assert allocate(total, dict(lines)) == allocate(total, weights)

    @given(totals, weights, st.integers(1, 1000))
    def test_only_proportions_matter(
        self, total: int, weights: dict[str, int], factor: int
    ) -> None:
        """Weights in cents and in euros split alike."""
        scaled = {key: factor * weight for key, weight in weights.items()}
        assert allocate(total, scaled) == allocate(total, weights)

    def test_largest_remainder_is_not_house_monotone(self) -> None:
        """Pricing 6: by choice, raising the total may lower a share (the Alabama paradox)."""
        weights = {"a": 6, "b": 6, "c": 2}
        assert allocate(10, weights) == {"a": 4, "b": 4, "c": 2}
        assert allocate(11, weights) == {"a": 5, "b": 5, "c": 1}


class TestBadInput:
    """What cannot be split is refused."""

    @pytest.mark.parametrize(
        ("total", "weights"),
        [
            (1, {}),
            (1, {"a": -1}),
            (1, {"a": 0.5, "b": 0.5}),
            (1, {"a": float("nan")}),
            (1.5, {"a": 1}),
            (True, {"a": 1}),
            (1, {"a": True}),
        ],
    )
    def test_impossible_splits(self, total: Any, weights: dict[str, Any]) -> None:
        """Nobody to give to, negative or inexact weights, inexact totals."""
        with pytest.raises(InvalidValue):
            allocate(total, weights)

    @pytest.mark.parametrize("caps", [{}, {"a": -1}, {"a": 0.5}, {"b": 1}])
    def test_impossible_caps(self, caps: dict[str, Any]) -> None:
        """A cap is missing, negative or inexact."""
        with pytest.raises(InvalidValue):
            allocate_capped(1, {"a": 1}, caps)


@given(st.integers(-(10**9), 10**9), weights)
def test_money_splits_as_its_minor_units(minor: int, weights: dict[str, int]) -> None:
    """Pricing 7: money allocates in whole minor units of its own currency."""
    money = Money(minor, Money.zero("KWD").currency)
    shares = money.allocate(weights)
    assert {key: share.minor for key, share in shares.items()} == allocate(minor, weights)
    assert Money.total(shares.values(), "KWD") == money
