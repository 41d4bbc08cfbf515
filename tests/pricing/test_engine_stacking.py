"""What the cases of other engines showed of gifts that compete: each was wrong once."""

from __future__ import annotations

import attrs
import pytest

from omnicommerce.pricing import AmountOff, PriceBook, Promotion
from omnicommerce.pricing.effects import Gift
from omnicommerce.pricing.promotions import (
    Competition,
    Exclusion,
    Stacking,
    StackingGroup,
    Winner,
)
from tests.pricing.shop import configuration, priced

GIFT = Promotion(promotion_id="gift", effect=Gift(["milk"], quantity=2), group="order")


def shop(*promotions: Promotion, stacking: Stacking) -> PriceBook:
    """Compile the shop with a way of stacking."""
    return PriceBook.compile(attrs.evolve(configuration(*promotions), stacking=stacking))


def competing(off: int, winner: Winner = Winner.BEST) -> PriceBook:
    """Return the shop where a gift worth 1.98 and an amount compete for the order."""
    off_promotion = Promotion(promotion_id="off", effect=AmountOff(off), group="order", priority=1)
    group = StackingGroup("order", winner, Competition.BASKET)
    return shop(GIFT, off_promotion, stacking=Stacking(groups=[group]))


@pytest.mark.parametrize(("off", "uses"), [(197, "gift"), (198, "gift"), (199, "off")])
def test_a_gift_competes_with_what_it_saves(off: int, uses: str) -> None:
    """The better one applies and the other does not; the first one where they are equal."""
    assert priced(competing(off), tea=1).uses == (uses,)


def test_a_gift_can_be_the_first_of_its_group() -> None:
    """Where the first one wins, what it is worth does not matter."""
    assert priced(competing(400, Winner.FIRST), tea=1).uses == ("gift",)


def test_a_gift_takes_nothing_from_products_that_others_compete_for() -> None:
    """In a group where promotions compete for each product, a gift is beside them all."""
    compiled = shop(
        GIFT,
        Promotion(promotion_id="off", effect=AmountOff(100), group="order"),
        stacking=Stacking(groups=[StackingGroup("order")]),
    )
    assert priced(compiled, tea=1).uses == ("gift", "off")


def test_a_gift_keeps_away_what_does_not_combine_with_it() -> None:
    """Families that do not combine are told of gifts, too."""
    compiled = shop(
        Promotion(promotion_id="gift", effect=Gift(["milk"]), family="one"),
        Promotion(promotion_id="off", effect=AmountOff(100), family="other", priority=1),
        stacking=Stacking(exclusions=[Exclusion("one", "other", Competition.BASKET)]),
    )
    assert priced(compiled, tea=1).uses == ("gift",)
