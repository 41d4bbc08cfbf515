"""What the cases of other engines showed of sets: each was wrong once."""

from __future__ import annotations

import pytest

from omnicommerce.kernel.predicates import ALWAYS
from omnicommerce.pricing import AmountOff, BuyGet, Promotion
from omnicommerce.pricing.effects import Measured, Tier, Tiers
from tests.pricing.shop import book, payable


@pytest.mark.parametrize(
    ("units", "rewarded"), [(1, 0), (2, 0), (3, 1), (4, 2), (5, 3), (6, 3), (7, 3), (8, 4), (9, 5)]
)
def test_a_last_set_that_is_not_whole_takes_nothing_back(units: int, rewarded: int) -> None:
    """Buy two, get up to three others free, of one product: five make a set, three part of one."""
    effect = BuyGet(2, 3, bought=ALWAYS, partial=True)
    compiled = book(Promotion(promotion_id="sets", effect=effect))
    assert payable(compiled, tea=units) == (units - rewarded) * 450


def test_tiers_can_look_at_what_items_cost_before_promotions() -> None:
    """30.00 of jeans reach the tier, though 20.00 have been taken off already."""
    tiers = Tiers(Measured.SPEND_BASE, [Tier(3000, AmountOff(500))])
    first = Promotion(promotion_id="first", effect=AmountOff(2000))
    compiled = book(first, Promotion(promotion_id="then", effect=tiers, lane=1))
    assert payable(compiled, jeans=1) == 500
