"""Use cases about stock: receive, adjust, count, keep back, and ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs

from omnicommerce.inventory.causes import STOCK_REASONS, Direction, StockCause, require_reason
from omnicommerce.inventory.decide import availability, store_options
from omnicommerce.inventory.explain import explain_availability, refusal
from omnicommerce.inventory.feed import FeedReport, StockCount
from omnicommerce.inventory.history import (
    SAFETY_STOCK,
    Claim,
    LevelAt,
    LevelDifference,
    level_at,
)
from omnicommerce.inventory.journal import history
from omnicommerce.inventory.model import Availability, Location, Point, StoreOption, stock_account
from omnicommerce.inventory.ports import InventoryStores
from omnicommerce.inventory.reconciling import Feeds, note_count
from omnicommerce.inventory.transfers import Transfers
from omnicommerce.kernel.clock import Clock, require_instant
from omnicommerce.kernel.errors import InvalidValue, NotFound
from omnicommerce.kernel.quantity import require_quantity
from omnicommerce.kernel.reasons import Reason, Trace
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.model import Beyond, Command

__all__ = ["Inventory"]


@attrs.frozen
class Inventory:
    """Stock per SKU and location, counted in the SKU's smallest unit.

    Args:
        transactions: Where units of work run.
        clock: Read once per command.
        locations: The shop's locations by identity.
        reasons: Why stock is adjusted, and which way each reason goes: those
            of every shop, and any of its own.
    """

    transactions: Transactions[InventoryStores]
    clock: Clock
    locations: Mapping[str, Location]
    reasons: Mapping[str, Direction] = STOCK_REASONS

    @property
    def transfers(self) -> Transfers:
        """Goods between two locations."""
        return Transfers(self.transactions, self.clock, self.locations, self.reasons)

    def receive(
        self,
        sku: str,
        location_id: str,
        quantity: int,
        *,
        key: str,
        document: str | None = None,
    ) -> Availability:
        """Book units that arrived; the same key books them once.

        Args:
            sku: What arrived.
            location_id: Where.
            quantity: How much, in smallest units.
            key: Identity of the command.
            document: Number of the delivery note, for the journal.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The quantity is not a positive whole number.
        """
        self._require_location(location_id)
        require_quantity(quantity)
        command = Command(key, StockCause("receipt", document).text, self.clock.now())
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

    def adjust(
        self,
        sku: str,
        location_id: str,
        change: int,
        *,
        reason: str,
        document: str | None = None,
        key: str,
    ) -> Availability:
        """Book units that came or went for a reason; adjustments add up in any order.

        Units that are promised may go, too: it is a fact. The availability then
        shows nothing left. What is not there at all cannot go.

        Args:
            sku: Of what.
            location_id: Where.
            change: Signed, in smallest units.
            reason: One of the shop's `reasons`, such as ``damaged``.
            document: Number of the note, photo or report that says so.
            key: Identity of the command.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The change is zero or no whole number, or the reason is
                unknown or goes the other way.
            Shortage: More would go than is on hand.
        """
        self._require_location(location_id)
        if type(change) is not int or not change:
            raise InvalidValue("change", f"must be a whole number other than zero, not {change!r}")
        cause = StockCause(require_reason(self.reasons, reason, change), document)
        command = Command(key, cause.text, self.clock.now())
        account = stock_account(sku, location_id)

        def work(stores: InventoryStores) -> Availability:
            stores.ledger.adjust(account, change, by=command, beyond=Beyond.DEFICIT, least=0)
            return availability(stores.ledger.standings([account], at=command.at)[account])

        return self.transactions.run(work)

    def count(
        self,
        sku: str,
        location_id: str,
        counted: int,
        *,
        key: str,
        expected: int | None = None,
        document: str | None = None,
    ) -> Availability:
        """Make the books say what a count found; held units stay promised.

        A count below what is promised is booked all the same: it is the truth,
        and the availability then shows nothing left.

        Args:
            sku: Of what.
            location_id: Where.
            counted: What is there, in smallest units.
            key: Identity of the command.
            expected: What the books said when it was counted; if they say
                something else by now, nothing is booked.
            document: Number of the count's sheet, for the journal.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The count is negative or not a whole number.
            NotAsExpected: On hand is not ``expected``.
        """
        self._require_location(location_id)
        command = Command(key, StockCause("count", document).text, self.clock.now())
        account = stock_account(sku, location_id)

        def work(stores: InventoryStores) -> Availability:
            note_count(stores.ledger, account, command)
            stores.ledger.count(account, counted, by=command, expected=expected)
            return availability(stores.ledger.standings([account], at=command.at)[account])

        return self.transactions.run(work)

    def reconcile(self, counts: Iterable[StockCount], *, key: str) -> FeedReport:
        """Merge counts as of an instant with what was booked since, instead of overwriting it.

        What the books said for the instant of a count is corrected by the
        difference, so later sales, receipts and adjustments stay. A count that
        is older than the latest known of the same SKU and place changes nothing.

        The counts are booked in batches of 500, each one unit of work, and each
        reads the journal of its SKUs. The same key books them once: after an
        error, repeat the whole feed with its key.

        Args:
            counts: At most one of each SKU and location, in any order.
            key: Identity of the feed, such as its file's name.

        Raises:
            NotFound: There is no such location; nothing was booked.
            InvalidValue: A SKU is counted twice at one location, or in the
                future; nothing was booked.
            KeyReused: The key belongs to other counts.
        """
        return Feeds(self.transactions, self.clock, self.locations).reconcile(counts, key=key)

    def keep_back(self, sku: str, location_id: str, safety_stock: int, *, key: str) -> None:
        """Keep this many units from sale; a negative number allows that many backorders.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The safety stock is not a whole number.
        """
        self._require_location(location_id)
        if type(safety_stock) is not int:
            raise InvalidValue("safety_stock", f"must be a whole number, not {safety_stock!r}")
        cause = StockCause(SAFETY_STOCK, str(safety_stock))
        command = Command(key, cause.text, self.clock.now())
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

    def explain(self, sku: str, location_id: str, *, at: datetime | None = None) -> Trace:
        """Say how an availability comes about: who has claimed units, and until when.

        Reads the whole journal of this SKU at this location. Of the past it
        leaves out what was on its way, and where the journal does not say what
        was kept back, it takes what is kept back now.

        Args:
            sku: Of what.
            location_id: Where.
            at: At which instant; None: now.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The instant is naive.
        """
        found, claims, lanes = self._explained(sku, location_id, at)
        return explain_availability(found, claims, lanes)

    def refusal(
        self, sku: str, location_id: str, wanted: int, *, at: datetime | None = None
    ) -> Reason | None:
        """Say why so many units could not be promised, now or then; None: they could.

        Args:
            sku: Of what.
            location_id: Where.
            wanted: How many, in smallest units.
            at: At which instant; None: now. See `explain` for what is known of the past.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The quantity is not a positive whole number, or the instant naive.
        """
        require_quantity(wanted, "wanted")
        found, claims, _ = self._explained(sku, location_id, at)
        return refusal(found, claims, wanted)

    def _explained(
        self, sku: str, location_id: str, at: datetime | None
    ) -> tuple[Availability, tuple[Claim, ...], Mapping[str, int]]:
        """Return figures, claims, and (unless of the past) what is on its way."""
        self._require_location(location_id)
        now = self.clock.now()
        instant = now if at is None else require_instant(at)
        account = stock_account(sku, location_id)

        def work(
            stores: InventoryStores,
        ) -> tuple[Availability, tuple[Claim, ...], Mapping[str, int]]:
            changes, until = history(stores.ledger, account, now=now, cuts=(instant,))
            level = level_at(changes, until, sku=sku, location_id=location_id, at=instant)
            standing = stores.ledger.standings([account], at=now)[account]
            floor = standing.floor if level.safety_stock is None else level.safety_stock
            found = Availability(
                sku=level.sku,
                location_id=level.location_id,
                on_hand=level.on_hand,
                held=level.held,
                safety_stock=floor,
                available=max(0, level.on_hand - level.held - floor),
            )
            if at is not None:
                return found, level.claims, {}
            lanes = self.transfers.lanes(stores.ledger, sku, location_id, now)
            return found, level.claims, lanes

        return self.transactions.run(work)

    def as_of(self, sku: str, location_id: str, at: datetime) -> LevelAt:
        """Return how a SKU stood at a location at an instant, by the journal.

        Reads the whole journal of this SKU at this location.

        Raises:
            NotFound: There is no such location.
            InvalidValue: The instant is naive.
        """
        return self.difference(sku, location_id, at, at).after

    def difference(
        self, sku: str, location_id: str, after: datetime, until: datetime
    ) -> LevelDifference:
        """Return the levels at two instants, and every change between them with its cause.

        Args:
            sku: Of what.
            location_id: Where.
            after: The changes begin after this instant.
            until: And end with this one.

        Raises:
            NotFound: There is no such location.
            InvalidValue: An instant is naive, or they are in the wrong order.
        """
        self._require_location(location_id)
        first, last = require_instant(after), require_instant(until)
        if last < first:
            raise InvalidValue("until", f"{last} is before {first}")
        now = self.clock.now()
        account = stock_account(sku, location_id)

        def work(stores: InventoryStores) -> LevelDifference:
            changes, ends = history(stores.ledger, account, now=now, cuts=(first, last))
            before, afterwards = (
                level_at(changes, ends, sku=sku, location_id=location_id, at=at)
                for at in (first, last)
            )
            between = tuple(change for change in changes if first < change.at <= last)
            return LevelDifference(before=before, after=afterwards, changes=between)

        return self.transactions.run(work)

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
