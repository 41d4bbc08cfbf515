"""What one unit of work on the SQL store may touch."""

from __future__ import annotations

from typing import Self

import attrs

from omnicommerce.adapters.sql.carts import SqlCarts
from omnicommerce.adapters.sql.ledger import SqlLedger
from omnicommerce.adapters.sql.outbox import SqlOutbox
from omnicommerce.adapters.sql.repositories import SqlCustomers, SqlOrders, SqlPickups
from omnicommerce.adapters.sql.transaction import Transaction

__all__ = ["SqlUnitOfWork"]


@attrs.frozen(kw_only=True)
class SqlUnitOfWork:
    """The ledger, the outbox and the repositories of one database transaction.

    ``transaction`` runs statements of the caller's own in the same transaction.
    """

    transaction: Transaction
    ledger: SqlLedger
    outbox: SqlOutbox
    carts: SqlCarts
    customers: SqlCustomers
    orders: SqlOrders
    pickups: SqlPickups

    @classmethod
    def over(cls, transaction: Transaction) -> Self:
        """Begin a unit of work in a transaction."""
        return cls(
            transaction=transaction,
            ledger=SqlLedger(transaction),
            outbox=SqlOutbox(transaction),
            carts=SqlCarts(transaction),
            customers=SqlCustomers(transaction),
            orders=SqlOrders(transaction),
            pickups=SqlPickups(transaction),
        )

    def finish(self) -> None:
        """Write what was put off to the end; raise what doomed the transaction, if anything."""
        self.transaction.require_alive()
        self.outbox.flush()
