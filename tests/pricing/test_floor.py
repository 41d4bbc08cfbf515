"""The benchmark compares like with like: engine and hand-written floor give the same answer."""

from __future__ import annotations

import pytest

from benchmarks.pricing import REFERENCE, Floor, Offer, basket, check_equal, engine


@pytest.mark.parametrize(("name", "lines", "promotions"), REFERENCE)
def test_the_floor_and_the_engine_agree(name: str, lines: int, promotions: list[Offer]) -> None:
    """Totals and every adjustment of every line are equal on the reference baskets."""
    del name
    check_equal(Floor(lines, promotions), engine(lines, promotions), basket(lines))
