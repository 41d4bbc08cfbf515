"""Use cases about stock: receive, count, keep back, and ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from omnicommerce.inventory.decide import availability, store_options
from omnicommerce.inventory.model import Availability, Location, Point, StoreOption, stock_account
from omnicommerce.inventory.ports import InventoryStores
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.errors import NotFound
from omnicommerce.kernel.quantity import require_quantity
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.model import Command

__all__ = ["Inventory"]


@attrs.frozen
class Inventory:
    """Stock per SKU and location, counted in the SKU's smallest unit.

    Args:
        transactions: Where units of work run.
        clock: Read once per command.
        locations: The shop's locations by identity.
    """

    transactions: Transactions[InventoryStores]
    clock: Clock
    locations: Mapping[str, Location]

    def receive(self, sku: str, location_id: str, quantity: int, *, key: str) -> Availability:
        """Book units that arrived; the same key books them once.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The quantity is not a positive whole number.
        """
        self._require_location(location_id)
        require_quantity(quantity)
        command = Command(key, "receipt", self.clock.now())
        account = stock_account(sku, location_id)

        def work(stores: InventoryStores) -> Availability:
            stores.ledger.adjust(account, quantity, by=command)
            return availability(stores.ledger.standings([account], at=command.at)[account])

        return self.transactions.run(work)

    def receive_delivery(
        self, quantities: Mapping[str, int], location_id: str, *, key: str
    ) -> None:
        """Book a delivery of several SKUs, all of it or nothing; the same key books it once.

        Args:
            quantities: What arrived by SKU, in smallest units.
            location_id: Where.
            key: Identity of the delivery, such as the number of its note.

        Raises:
            NotFound: There is no such location.
            InvalidValue: A quantity is not a positive whole number.
        """
        self._require_location(location_id)
        at = self.clock.now()
        arrived = [
            (
                stock_account(sku, location_id),
                require_quantity(quantities[sku], f"quantities.{sku}"),
                Command(f"{key}:{sku}", "receipt", at),
            )
            for sku in sorted(quantities)
        ]

        def work(stores: InventoryStores) -> None:
            for account, quantity, command in arrived:
                stores.ledger.adjust(account, quantity, by=command)

        self.transactions.run(work)

    def count(self, sku: str, location_id: str, counted: int, *, key: str) -> Availability:
        """Make the books say what a count found; held units stay promised.

        A count below what is promised is booked all the same: it is the truth,
        and the availability then shows nothing left.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The count is negative or not a whole number.
        """
        self._require_location(location_id)
        command = Command(key, "count", self.clock.now())
        account = stock_account(sku, location_id)

        def work(stores: InventoryStores) -> Availability:
            stores.ledger.count(account, counted, by=command)
            return availability(stores.ledger.standings([account], at=command.at)[account])

        return self.transactions.run(work)

    def keep_back(self, sku: str, location_id: str, safety_stock: int, *, key: str) -> None:
        """Keep this many units from sale; a negative number allows that many backorders.

        Raises:
            NotFound: There is no such location.
        """
        self._require_location(location_id)
        command = Command(key, "safety stock", self.clock.now())
        account = stock_account(sku, location_id)
        self.transactions.run(
            lambda stores: stores.ledger.set_floor(account, safety_stock, by=command)
        )

    def available(self, sku: str, location_id: str) -> Availability:
        """Return what the location can promise of the SKU now, with the figures behind it."""
        account = stock_account(sku, location_id)
        at = self.clock.now()
        standings = self.transactions.run(lambda s: s.ledger.standings([account], at=at))
        return availability(standings[account])

    def stores_for(
        self, demand: Mapping[str, int], *, near: Point | None = None
    ) -> tuple[StoreOption, ...]:
        """Rank all stores for collecting the whole demand; see `store_options`."""
        stores = self._stores()
        accounts = [stock_account(sku, s.location_id) for sku in demand for s in stores]
        at = self.clock.now()
        standings = self.transactions.run(lambda s: s.ledger.standings(accounts, at=at))
        return store_options(stores, demand, standings, near=near)

    def _stores(self) -> Iterable[Location]:
        return [location for location in self.locations.values() if location.is_store]

    def _require_location(self, location_id: str) -> Location:
        try:
            return self.locations[location_id]
        except KeyError:
            raise NotFound("location", location_id) from None
