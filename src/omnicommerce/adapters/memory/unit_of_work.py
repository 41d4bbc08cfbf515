"""What one unit of work on the memory store may touch."""

from __future__ import annotations

import attrs

from omnicommerce.adapters.memory.carts import MemoryCarts
from omnicommerce.adapters.memory.configurations import MemoryConfigurations
from omnicommerce.adapters.memory.inbox import MemoryInbox
from omnicommerce.adapters.memory.ledger import MemoryLedger
from omnicommerce.adapters.memory.ledger_tables import LedgerTables
from omnicommerce.adapters.memory.outbox import MemoryDeliveries, MemoryOutbox
from omnicommerce.adapters.memory.repositories import MemoryCustomers, MemoryOrders, MemoryPickups
from omnicommerce.adapters.memory.table import UndoLog

__all__ = ["MemoryTables", "MemoryUnit"]


class MemoryTables:
    """Everything a memory store keeps."""

    def __init__(self, log: UndoLog) -> None:
        self.ledger: LedgerTables = LedgerTables(log)
        self.outbox: MemoryOutbox = MemoryOutbox(log)
        self.inbox: MemoryInbox = MemoryInbox(log)
        self.carts: MemoryCarts = MemoryCarts(log)
        self.customers: MemoryCustomers = MemoryCustomers(log)
        self.orders: MemoryOrders = MemoryOrders(log)
        self.pickups: MemoryPickups = MemoryPickups(log)
        self.configurations: MemoryConfigurations = MemoryConfigurations(log)


@attrs.frozen(kw_only=True)
class MemoryUnit:
    """The ledger, the outbox, the inbox and the repositories of one unit of work."""

    ledger: MemoryLedger
    outbox: MemoryOutbox
    deliveries: MemoryDeliveries
    inbox: MemoryInbox
    carts: MemoryCarts
    customers: MemoryCustomers
    orders: MemoryOrders
    pickups: MemoryPickups
    configurations: MemoryConfigurations

    @classmethod
    def over(cls, tables: MemoryTables) -> MemoryUnit:
        """Begin a unit of work over these tables."""
        return cls(
            ledger=MemoryLedger(tables.ledger),
            outbox=tables.outbox,
            deliveries=MemoryDeliveries(tables.outbox),
            inbox=tables.inbox,
            carts=tables.carts,
            customers=tables.customers,
            orders=tables.orders,
            pickups=tables.pickups,
            configurations=tables.configurations,
        )
