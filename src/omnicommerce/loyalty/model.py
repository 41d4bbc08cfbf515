"""A loyalty programme as data, and the account its points live on."""

from __future__ import annotations

from datetime import timedelta

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CustomerId, valid_id
from omnicommerce.kernel.money import Money
from omnicommerce.ledger.model import AccountKey

__all__ = ["PointsBalance", "Programme", "points_account"]


@attrs.frozen(kw_only=True)
class Programme:
    """How points are earned, how long they live and what they buy.

    Args:
        programme_id: Identity.
        earn_points: Points earned per whole ``earn_per`` of what was paid.
        earn_per: Money that earns them; parts of it earn nothing.
        pending: How long earned points wait before they can be spent.
        lifetime: How long they live from earning; None: for ever.
        point_value: What one point pays at checkout; None: points pay nothing.
    """

    programme_id: str = attrs.field(validator=valid_id)
    earn_points: int
    earn_per: Money
    pending: timedelta = timedelta(0)
    lifetime: timedelta | None = None
    point_value: Money | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse programmes that cannot work."""
        if self.earn_points < 0:
            raise InvalidValue("earn_points", "must not be negative")
        if self.earn_per.minor < 1:
            raise InvalidValue("earn_per", "must be more than nothing")
        if self.pending < timedelta(0):
            raise InvalidValue("pending", "must not be negative")
        if self.lifetime is not None and self.lifetime <= self.pending:
            raise InvalidValue("lifetime", "must be longer than pending")
        if self.point_value is not None and self.point_value.minor < 1:
            raise InvalidValue("point_value", "must be more than nothing")


@attrs.frozen(kw_only=True)
class PointsBalance:
    """A member's points at one instant: to spend, waiting, claimed by a checkout, owed."""

    available: int
    pending: int
    held: int
    owed: int


def points_account(customer_id: CustomerId, programme_id: str) -> AccountKey:
    """Return the ledger account of this member's points."""
    return AccountKey("points", customer_id, programme_id)
