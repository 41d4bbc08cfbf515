"""A loyalty programme: what it may be, and what it gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.loyalty.decide import earn_terms, money_for, points_for
from omnicommerce.loyalty.model import Programme

AT = datetime(2026, 11, 16, 12, tzinfo=UTC)
CLUB = Programme(
    programme_id="club",
    earn_points=2,
    earn_per=Money.of("1.00", "EUR"),
    pending=timedelta(days=14),
    lifetime=timedelta(days=365),
    point_value=Money.of("0.01", "EUR"),
)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"earn_points": -1}, "earn_points"),
        ({"earn_per": Money.of(0, "EUR")}, "earn_per"),
        ({"pending": timedelta(days=-1)}, "pending"),
        ({"lifetime": timedelta(days=14)}, "lifetime"),
        ({"point_value": Money.of(0, "EUR")}, "point_value"),
        ({"programme_id": " "}, "programme_id"),
    ],
)
def test_a_programme_that_cannot_work_is_refused(change: dict[str, Any], field: str) -> None:
    """Each impossible rule is named."""
    with pytest.raises(InvalidValue) as refused:
        attrs.evolve(CLUB, **change)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("paid", "points"), [("-5", 0), ("0", 0), ("0.99", 0), ("1", 2), ("7.40", 14), ("100", 200)]
)
def test_only_whole_steps_earn(paid: str, points: int) -> None:
    """Parts of a step earn nothing, and neither does money that goes out (loyalty I16)."""
    assert points_for(CLUB, Money.of(paid, "EUR")) == points


def test_points_of_another_currency_are_refused() -> None:
    """Dollars earn nothing in a programme that counts euros: they are refused."""
    with pytest.raises(InvalidValue):
        points_for(CLUB, Money.of("5", "USD"))


def test_earned_points_wait_and_lapse() -> None:
    """Their dates follow from the instant of earning (loyalty I9, I15)."""
    terms = earn_terms(CLUB, origin="order_1", at=AT)
    assert terms.activates_at == AT + timedelta(days=14)
    assert terms.expires_at == AT + timedelta(days=365)
    lasting = attrs.evolve(CLUB, pending=timedelta(0), lifetime=None)
    assert earn_terms(lasting, origin="order_1", at=AT).activates_at is None
    assert earn_terms(lasting, origin="order_1", at=AT).expires_at is None


def test_points_pay_what_the_programme_says() -> None:
    """A programme whose points pay nothing makes nothing of them."""
    assert money_for(CLUB, 250) == Money.of("2.50", "EUR")
    assert money_for(attrs.evolve(CLUB, point_value=None), 250) == Money.zero("EUR")
