"""Every way to choose some units from some classes."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations_with_replacement

from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.pricing.selection.columns import (
    COLUMNS_AT_MOST,
    number_of_picks,
    pick,
    picked,
)


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=6),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_every_choice_is_picked_once(units: list[int], count: int, dice: random.Random) -> None:
    """The ways to choose are those of brute force, each once, and as many as counted."""
    classes = dice.sample(range(len(units)), dice.randint(1, len(units)))
    prices = [dice.randint(1, 5) for _ in units]
    choices = (Counter(c) for c in combinations_with_replacement(sorted(classes), count))
    expected = sorted(
        tuple(sorted(choice.items()))
        for choice in choices
        if all(units[k] >= n for k, n in choice.items())
    )
    found = list(pick(units, prices, classes, count))
    assert expected == sorted(found)
    assert len(expected) == number_of_picks(units, classes, count)
    assert picked(units, prices, classes, count) == (tuple(found), 0)


def test_too_many_choices_are_counted_not_dropped_in_silence() -> None:
    """Who expands too large an offer learns how many columns are missing."""
    picks = picked([200] * 30, list(range(30)), range(30), 4)
    assert len(picks.uses) == COLUMNS_AT_MOST
    assert picks.left_out == 40_920 - COLUMNS_AT_MOST
    assert {k for uses in picks.uses for k, _ in uses} == set(range(30))
