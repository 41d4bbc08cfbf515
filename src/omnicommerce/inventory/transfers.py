"""Use cases about goods between two locations: ship, receive, lose, call back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.inventory.causes import STOCK_REASONS, Direction, StockCause, require_reason
from omnicommerce.inventory.model import Location, stock_account
from omnicommerce.inventory.ports import InventoryStores
from omnicommerce.inventory.transit import (
    Transfer,
    back_group,
    lane,
    transfer_group,
    transfer_of,
)
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.errors import InvalidValue, NotFound
from omnicommerce.kernel.ids import require_id
from omnicommerce.kernel.quantity import require_quantity
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.model import Command, Demand
from omnicommerce.ledger.ports import Ledger

__all__ = ["Transfers"]

_CAUSE: Final = "transferred"
_BACK: Final = "called back"


@attrs.frozen
class Transfers:
    """Transfers between locations, counted while they are on their way.

    What is shipped is on hand nowhere until it is received; what is on hand,
    on its way and lost always sums to the same. Every command is one unit of
    work, and the same key carries it out once.

    Args:
        transactions: Where units of work run.
        clock: Read once per command.
        locations: The shop's locations by identity.
        reasons: Why units may get lost, and which way other reasons go.
    """

    transactions: Transactions[InventoryStores]
    clock: Clock
    locations: Mapping[str, Location]
    reasons: Mapping[str, Direction] = STOCK_REASONS

    def ship(
        self, transfer_id: str, quantities: Mapping[str, int], *, source: str, target: str
    ) -> Transfer:
        """Send units on their way; the same transfer is shipped once.

        Args:
            transfer_id: A new identity, such as the number of the delivery note.
            quantities: What leaves, by SKU, in smallest units.
            source: Where it leaves; only what is available there can.
            target: Where it is going.

        Raises:
            Shortage: The source has less available of some SKU; nothing left.
            NotFound: There is no such location.
            InvalidValue: An impossible quantity, or source and target are one.
            KeyReused: There is another transfer of this identity.
        """
        require_id(transfer_id, "transfer_id")
        self._require_lane(source, target)
        at = self.clock.now()
        by = _commands(transfer_group(transfer_id), StockCause(_CAUSE, transfer_id), at)
        demands = _demands(quantities, source, target)

        def work(stores: InventoryStores) -> Transfer:
            for number, demand in enumerate(demands):
                here = stock_account(demand.account.subject, source)
                stores.ledger.transfer(
                    here, demand.account, demand.quantity, by=by(f"ship:{number}")
                )
            group = transfer_group(transfer_id)
            stores.ledger.hold(group, demands, expires_at=None, by=by("claim"))
            return _read(stores.ledger, transfer_id)

        return self.transactions.run(work)

    def receive(
        self, transfer_id: str, quantities: Mapping[str, int] | None = None, *, key: str
    ) -> Transfer:
        """Book units that arrived at the target; None: all that are still on their way.

        Raises:
            HoldEnded: More is said to have arrived than is on its way.
            NotFound: There is no such transfer.
        """
        return self._land(transfer_id, quantities, key=key, back=False)

    def lose(
        self,
        transfer_id: str,
        quantities: Mapping[str, int] | None = None,
        *,
        reason: str = "lost",
        key: str,
    ) -> Transfer:
        """Write off units that will never arrive; None: all that are still on their way.

        Raises:
            HoldEnded: More is written off than is on its way, or nothing is.
            NotFound: There is no such transfer.
            InvalidValue: No such reason, or one that adds units.
        """
        cause = StockCause(require_reason(self.reasons, reason, -1), transfer_id)
        command = Command(key, cause.text, self.clock.now())

        def work(stores: InventoryStores) -> Transfer:
            found = _read(stores.ledger, transfer_id)
            wanted = _wanted(found, quantities)
            stores.ledger.capture(transfer_group(transfer_id), demands=wanted, by=command)
            return _read(stores.ledger, transfer_id)

        return self.transactions.run(work)

    def cancel(self, transfer_id: str, *, key: str) -> Transfer:
        """Put everything that is still on its way back to where it left.

        Nothing happens to what was received or lost; with nothing on its way
        nothing changes at all.

        Raises:
            NotFound: There is no such transfer.
        """
        return self._land(transfer_id, None, key=key, back=True)

    def get(self, transfer_id: str) -> Transfer:
        """Return a transfer as it stands.

        Raises:
            NotFound: There is no such transfer.
        """
        return self.transactions.run(lambda stores: _read(stores.ledger, transfer_id))

    def on_the_way(self, sku: str, target: str) -> Mapping[str, int]:
        """Return the units of a SKU on their way to a location, by where they left."""
        at = self.clock.now()
        return self.transactions.run(lambda stores: self.lanes(stores.ledger, sku, target, at))

    def lanes(self, ledger: Ledger, sku: str, target: str, at: datetime) -> Mapping[str, int]:
        """Return `on_the_way` within a unit of work."""
        sources = {
            lane(sku, source, target): source for source in self.locations if source != target
        }
        standings = ledger.standings(sources, at=at)
        return {
            source: standings[account].balance
            for account, source in sources.items()
            if standings[account].balance
        }

    def _land(
        self, transfer_id: str, quantities: Mapping[str, int] | None, *, key: str, back: bool
    ) -> Transfer:
        cause = StockCause(_BACK if back else _CAUSE, transfer_id)
        by = _commands(key, cause, self.clock.now())

        def work(stores: InventoryStores) -> Transfer:
            ledger = stores.ledger
            found = _read(ledger, transfer_id)
            wanted = _wanted(found, quantities)
            released = ledger.release(
                transfer_group(transfer_id), demands=wanted, by=by("release")
            ).quantities
            if back and released:
                group = back_group(transfer_id)
                ledger.hold(group, released, expires_at=None, by=by("remember"))
                ledger.release(group, by=by("give-back"))
            place = found.source if back else found.target
            for number, demand in enumerate(released):
                there = stock_account(demand.account.subject, place)
                ledger.transfer(demand.account, there, demand.quantity, by=by(str(number)))
            return _read(ledger, transfer_id)

        return self.transactions.run(work)

    def _require_lane(self, source: str, target: str) -> None:
        for location_id in (source, target):
            if location_id not in self.locations:
                raise NotFound("location", location_id)
        if source == target:
            raise InvalidValue("target", f"{target!r} is the source itself")


def _read(ledger: Ledger, transfer_id: str) -> Transfer:
    require_id(transfer_id, "transfer_id")
    holds = ledger.holds(transfer_group(transfer_id))
    if not holds:
        raise NotFound("transfer", transfer_id)
    return transfer_of(transfer_id, holds, ledger.holds(back_group(transfer_id)))


def _demands(quantities: Mapping[str, int], source: str, target: str) -> list[Demand]:
    if not quantities:
        raise InvalidValue("quantities", "must name at least one SKU")
    return [
        Demand(lane(sku, source, target), require_quantity(quantities[sku], f"quantities.{sku}"))
        for sku in sorted(quantities)
    ]


def _wanted(found: Transfer, quantities: Mapping[str, int] | None) -> Iterable[Demand] | None:
    if quantities is None:
        return None
    shipped = {line.sku for line in found.lines}
    unknown = sorted(set(quantities).difference(shipped))
    if unknown:
        raise InvalidValue("quantities", f"{', '.join(unknown)} was not shipped with it")
    return _demands(quantities, found.source, found.target)


def _commands(key: str, cause: StockCause, at: datetime) -> Callable[[str], Command]:
    """Return what makes the command of each step: keys that begin alike, one cause, one instant."""
    return lambda step: Command(f"{key}:{step}", cause.text, at)
