"""What one unit of work on the SQL store may touch."""

from __future__ import annotations

from functools import cached_property

from omnicommerce.adapters.sql.carts import SqlCarts
from omnicommerce.adapters.sql.configurations import SqlConfigurations
from omnicommerce.adapters.sql.deliveries import SqlDeliveries
from omnicommerce.adapters.sql.inbox import SqlInbox
from omnicommerce.adapters.sql.ledger import SqlLedger
from omnicommerce.adapters.sql.outbox import SqlOutbox
from omnicommerce.adapters.sql.repositories import SqlCustomers, SqlOrders, SqlPickups
from omnicommerce.adapters.sql.transaction import Transaction

__all__ = ["SqlUnitOfWork"]


class SqlUnitOfWork:
    """The ledger, the outbox and the repositories of one database transaction.

    Args:
        transaction: Runs the statements; also the caller's own, to be kept or
            not with the rest.
    """

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.ledger: SqlLedger = SqlLedger(transaction)
        self.outbox: SqlOutbox = SqlOutbox(transaction)

    @cached_property
    def carts(self) -> SqlCarts:
        """The carts of this unit of work."""
        return SqlCarts(self.transaction)

    @cached_property
    def customers(self) -> SqlCustomers:
        """The customers of this unit of work."""
        return SqlCustomers(self.transaction)

    @cached_property
    def orders(self) -> SqlOrders:
        """The orders of this unit of work."""
        return SqlOrders(self.transaction)

    @cached_property
    def pickups(self) -> SqlPickups:
        """The pick-ups of this unit of work."""
        return SqlPickups(self.transaction)

    @cached_property
    def configurations(self) -> SqlConfigurations:
        """The configurations that priced orders."""
        return SqlConfigurations(self.transaction)

    @cached_property
    def deliveries(self) -> SqlDeliveries:
        """The outbox, to be relayed."""
        return SqlDeliveries(self.transaction)

    @cached_property
    def inbox(self) -> SqlInbox:
        """What consumers have seen."""
        return SqlInbox(self.transaction)

    def finish(self) -> None:
        """Write what was put off to the end; raise what doomed the transaction, if anything."""
        self.transaction.require_alive()
        self.outbox.flush()
