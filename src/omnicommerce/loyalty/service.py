"""Use cases about points."""

from __future__ import annotations

import attrs

from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.ids import CustomerId
from omnicommerce.kernel.quantity import require_quantity
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.model import Command
from omnicommerce.loyalty.decide import balance, earn_terms
from omnicommerce.loyalty.model import PointsBalance, Programme, points_account
from omnicommerce.loyalty.ports import LoyaltyStores

__all__ = ["Loyalty"]


@attrs.frozen
class Loyalty:
    """A member's points, the same in every channel."""

    transactions: Transactions[LoyaltyStores]
    clock: Clock
    programme: Programme

    def balance(self, customer_id: CustomerId) -> PointsBalance:
        """Return the member's points now; nobody's account is empty."""
        account = points_account(customer_id, self.programme.programme_id)
        at = self.clock.now()
        standings = self.transactions.run(lambda s: s.ledger.standings([account], at=at))
        return balance(standings[account])

    def grant(self, customer_id: CustomerId, points: int, *, reason: str, key: str) -> None:
        """Give points outside an order: a welcome, a birthday, goodwill.

        They can be spent at once and live as long as earned ones. The same key
        gives them once.

        Raises:
            InvalidValue: Not a positive whole number of points.
        """
        require_quantity(points, "points")
        command = Command(key, reason, self.clock.now())
        terms = earn_terms(
            attrs.evolve(self.programme, pending=self.programme.pending * 0),
            origin=reason,
            at=command.at,
        )
        account = points_account(customer_id, self.programme.programme_id)
        self.transactions.run(
            lambda stores: stores.ledger.credit(account, points, by=command, terms=terms)
        )
