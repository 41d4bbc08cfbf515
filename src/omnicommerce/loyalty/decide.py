"""Pure decisions about points."""

from __future__ import annotations

from datetime import datetime

from omnicommerce.kernel.money import Money
from omnicommerce.ledger.model import LotTerms, Standing
from omnicommerce.loyalty.model import PointsBalance, Programme

__all__ = ["balance", "clawed_back", "earn_terms", "money_for", "points_for"]


def points_for(programme: Programme, paid: Money) -> int:
    """Return the points that paying this much earns: whole steps only, never below zero.

    Example:
        >>> club = Programme(programme_id="club", earn_points=1, earn_per=Money.of(1, "EUR"))
        >>> points_for(club, Money.of("7.40", "EUR")), points_for(club, Money.of("-5", "EUR"))
        (7, 0)
    """
    if paid < programme.earn_per:
        return 0
    return paid.minor // programme.earn_per.minor * programme.earn_points


def clawed_back(programme: Programme, *, earned: int, paid: Money, refunded: Money) -> int:
    """Return how many of the earned points a total refund so far has forfeited.

    The member keeps what the money kept by the shop would have earned, so any
    partition of a return into parts, in any order, claws back the same.

    Args:
        programme: The rules.
        earned: Points credited for the order.
        paid: What earned them.
        refunded: The sum of all refunds so far, this one included.
    """
    return max(0, earned - points_for(programme, paid - refunded))


def earn_terms(programme: Programme, *, origin: str, at: datetime) -> LotTerms:
    """Return the dates of points earned at this instant."""
    return LotTerms(
        origin=origin,
        activates_at=at + programme.pending if programme.pending else None,
        expires_at=at + programme.lifetime if programme.lifetime else None,
    )


def money_for(programme: Programme, points: int) -> Money:
    """Return what this many points pay at checkout; nothing if points do not pay."""
    if programme.point_value is None:
        return Money.zero(programme.earn_per.currency)
    return programme.point_value * points


def balance(standing: Standing) -> PointsBalance:
    """Read a points account's standing in the words of a programme."""
    return PointsBalance(
        available=standing.available,
        pending=standing.pending,
        held=standing.held,
        owed=standing.deficit,
    )
