"""Goods between two locations: where the ledger counts them, and what became of a transfer.

What leaves a location is moved to a lane, an account of its own for each SKU
and pair of locations, and claimed there under the transfer's name. So nothing
on its way can be sold, and what arrives, is lost or goes back ends a claim:
each unit once, and never more than were shipped.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.ledger.model import AccountKey, Hold

__all__ = [
    "Transfer",
    "TransferLine",
    "TransferState",
    "back_group",
    "is_lane",
    "lane",
    "transfer_group",
    "transfer_of",
]

_ARROW: Final = " > "


class TransferState(enum.StrEnum):
    """Where a transfer stands."""

    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True)
class TransferLine:
    """One SKU of a transfer, in smallest units: ``shipped`` is the sum of the others."""

    sku: Sku
    shipped: int
    in_transit: int
    received: int
    lost: int
    returned: int


@attrs.frozen(kw_only=True)
class Transfer:
    """Goods sent from one location to another."""

    transfer_id: str
    source: LocationId
    target: LocationId
    lines: tuple[TransferLine, ...]

    @property
    def state(self) -> TransferState:
        """``in_transit`` while units are; then whether some of them went back."""
        if any(line.in_transit for line in self.lines):
            return TransferState.IN_TRANSIT
        if any(line.returned for line in self.lines):
            return TransferState.CANCELLED
        return TransferState.RECEIVED


def lane(sku: str, source: str, target: str) -> AccountKey:
    """Return the ledger account of what is on its way from one location to another.

    Raises:
        InvalidValue: An identity contains the arrow that parts the two, or is too long.
    """
    for field, location_id in (("source", source), ("target", target)):
        if _ARROW in location_id:
            raise InvalidValue(field, f"{location_id!r} may not contain {_ARROW!r}")
    return AccountKey("stock", sku, f"{source}{_ARROW}{target}")


def is_lane(account: AccountKey) -> bool:
    """Tell whether a stock account counts what is on its way."""
    return _ARROW in account.scope


def transfer_group(transfer_id: str) -> str:
    """Return the hold group that claims what a transfer has on its way."""
    return f"transfer:{transfer_id}"


def back_group(transfer_id: str) -> str:
    """Return the hold group that remembers what a cancelled transfer gave back."""
    return f"transfer:{transfer_id}:back"


def transfer_of(transfer_id: str, holds: Iterable[Hold], back: Iterable[Hold]) -> Transfer:
    """Read a transfer from its claims and from what went back."""
    returned: Mapping[AccountKey, int] = {hold.account: hold.quantity for hold in back}
    known = tuple(holds)
    source, _, target = known[0].account.scope.partition(_ARROW)
    return Transfer(
        transfer_id=transfer_id,
        source=LocationId(source),
        target=LocationId(target),
        lines=tuple(_line(hold, returned.get(hold.account, 0)) for hold in known),
    )


def _line(hold: Hold, returned: int) -> TransferLine:
    return TransferLine(
        sku=Sku(hold.account.subject),
        shipped=hold.quantity,
        in_transit=hold.open,
        received=hold.released - returned,
        lost=hold.captured,
        returned=returned,
    )
