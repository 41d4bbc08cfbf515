"""What comes back after the hand-over, in what condition, and on what terms."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

from omnicommerce.kernel.ids import LocationId, valid_id
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.orders.shares import Runs

__all__ = [
    "Condition",
    "Return",
    "ReturnItem",
    "ReturnPolicy",
    "ReturnTerms",
    "ReturnedLine",
]


class Condition(enum.StrEnum):
    """In what condition a returned unit is: it can be sold again, or it cannot."""

    SELLABLE = "sellable"
    DAMAGED = "damaged"


class ReturnPolicy(enum.StrEnum):
    """What giving back some units of an order refunds."""

    KEEP_SHARES = "keep_shares"
    """What these units cost: offers stay as they were, also where only a part of them is kept."""

    REEVALUATE = "reevaluate"
    """What the order cost less what the kept units would have cost by themselves: the customer
    loses offers of which only a part is kept. Never more than the units cost, and never less
    than nothing; what was held back is given once the rest comes back too."""


@attrs.frozen(kw_only=True)
class ReturnTerms:
    """How a shop takes goods back.

    Args:
        policy: What giving back some units refunds.
        restore_uses: Whether a limited promotion can be used again once nothing
            that it made cheaper was kept. What it gave goes back to its budget
            either way.
    """

    policy: ReturnPolicy = ReturnPolicy.KEEP_SHARES
    restore_uses: bool = True


@attrs.frozen
class ReturnItem:
    """Units of a line that a customer brings back in one condition."""

    line_id: str = attrs.field(validator=valid_id)
    quantity: int = attrs.field(validator=valid_quantity)
    condition: Condition = attrs.field(
        default=Condition.SELLABLE, validator=attrs.validators.instance_of(Condition)
    )


@attrs.frozen(kw_only=True)
class ReturnedLine:
    """An item that came back: what its units had cost, unit by unit and together.

    Args:
        item: Which units, in what condition.
        amount: What they had cost with everything.
        tax_amount: The tax in that; None: it is not known.
        shares: What each of them had cost.
    """

    item: ReturnItem
    amount: Money
    tax_amount: Money | None = None
    shares: Runs


@attrs.frozen(kw_only=True)
class Return:
    """Units that came back after the hand-over.

    Args:
        return_id: The key under which it was asked for; no two of an order are equal.
        at: When.
        reason: Why, in the words of whoever took them back.
        location_id: Where.
        lines: What came back.
        amount: What was given back for it. It differs from the sum of the lines
            where offers are evaluated anew.
    """

    return_id: str
    at: datetime
    reason: str
    location_id: LocationId | None
    lines: tuple[ReturnedLine, ...]
    amount: Money

    @property
    def withheld_amount(self) -> Money:
        """What forfeited offers kept back; below zero where earlier ones are released."""
        worth = Money.total((line.amount for line in self.lines), self.amount.currency)
        return worth - self.amount
