"""Candidates from what a shop knows: its locations, the map, and the ledger's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from omnicommerce.inventory.model import Location, Point, metres_between, stock_account
from omnicommerce.inventory.sourcing.model import (
    Candidate,
    Level,
    LocationKind,
    SourcingRequest,
)
from omnicommerce.ledger.model import AccountKey, Standing

__all__ = ["candidate_of", "figures_of", "with_figures"]


def candidate_of(location: Location, *, near: Point | None = None, **figures: Any) -> Candidate:
    """Return a location as a candidate, with its distance from the customer.

    Args:
        location: Of the shop's configuration.
        near: Where the customer is; without it, or for a location that is not on the map, the
            distance is unknown.
        figures: More fields of `Candidate`, such as ``parcel_cost``.
    """
    metres = metres_between(near, location.point) if near and location.point else None
    own: dict[str, Any] = {
        "levels": {},
        "kind": LocationKind.STORE if location.is_store else LocationKind.WAREHOUSE,
        "zone": location.zone,
        "country": location.country,
        "metres": metres,
    }
    return Candidate(location_id=location.location_id, **{**own, **figures})


def figures_of(request: SourcingRequest) -> tuple[AccountKey, ...]:
    """Return the ledger accounts that a request depends on: stock, and capacities that have one."""
    skus = {line.sku for line in request.lines}
    accounts = {stock_account(sku, one.location_id) for sku in skus for one in request.candidates}
    capacities = (one.capacity for one in request.candidates)
    accounts |= {one.account for one in capacities if one and one.account}
    return tuple(sorted(accounts))


def with_figures(
    request: SourcingRequest, standings: Mapping[AccountKey, Standing]
) -> SourcingRequest:
    """Return a request whose candidates have free what the ledger says.

    Args:
        request: Age, risk and capacities without an account stay as they are.
        standings: Of the accounts in `figures_of`; a missing one has nothing.
    """
    skus = sorted({line.sku for line in request.lines})
    return attrs.evolve(
        request,
        candidates=tuple(_with_figures(one, skus, standings) for one in request.candidates),
    )


def _with_figures(
    candidate: Candidate, skus: list[Any], standings: Mapping[AccountKey, Standing]
) -> Candidate:
    levels = dict(candidate.levels)
    for sku in skus:
        standing = standings.get(stock_account(sku, candidate.location_id))
        free = 0 if standing is None else standing.available
        if free or sku in levels:
            levels[sku] = attrs.evolve(levels.get(sku, Level(0)), free=free)
    capacity = candidate.capacity
    if capacity is not None and capacity.account is not None:
        counted = standings.get(capacity.account)
        capacity = attrs.evolve(capacity, left=0 if counted is None else counted.available)
    return attrs.evolve(candidate, levels=levels, capacity=capacity)
