"""Pure decisions about stock: availability figures and the choice of a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omnicommerce.inventory.model import (
    Availability,
    Location,
    Point,
    StoreOption,
    metres_between,
    stock_account,
)
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.ledger.model import AccountKey, Standing

__all__ = ["availability", "store_options"]


def availability(standing: Standing) -> Availability:
    """Read a stock account's standing in the words of a shop."""
    return Availability(
        sku=Sku(standing.account.subject),
        location_id=LocationId(standing.account.scope),
        on_hand=standing.balance,
        held=standing.held,
        safety_stock=standing.floor,
        available=standing.available,
    )


def store_options(
    stores: Iterable[Location],
    demand: Mapping[str, int],
    standings: Mapping[AccountKey, Standing],
    *,
    near: Point | None = None,
) -> tuple[StoreOption, ...]:
    """Rank the stores for a pick-up of the whole demand at one place.

    Stores that have everything come first, then by distance (unknown last),
    then by identity; the result does not depend on the order of ``stores``.

    Args:
        stores: The candidates; locations that are no store are left out.
        demand: Quantity by SKU, in smallest units.
        standings: How each (SKU, store) account stands; a missing one is empty.
        near: Where the customer is.
    """
    options = [
        StoreOption(
            location=store,
            metres=metres_between(near, store.point) if near and store.point else None,
            lacking=_lacking(store.location_id, demand, standings),
        )
        for store in stores
        if store.is_store
    ]
    return tuple(sorted(options, key=_rank))


def _rank(option: StoreOption) -> tuple[bool, bool, int, str]:
    unknown = option.metres is None
    return (not option.can_serve, unknown, option.metres or 0, option.location.location_id)


def _lacking(
    location_id: LocationId, demand: Mapping[str, int], standings: Mapping[AccountKey, Standing]
) -> tuple[Availability, ...]:
    lacking = []
    for sku, wanted in sorted(demand.items()):
        account = stock_account(sku, location_id)
        found = availability(standings.get(account, Standing(account=account)))
        if found.available < wanted:
            lacking.append(found)
    return tuple(lacking)
