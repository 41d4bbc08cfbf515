"""From a plan to the ledger: exactly what was decided is what is held."""

from __future__ import annotations

from collections.abc import Iterable

from omnicommerce.inventory.model import stock_account
from omnicommerce.inventory.sourcing.model import (
    Allocation,
    Candidate,
    CapacityUnit,
    SourcingPlan,
)
from omnicommerce.ledger.model import AccountKey, Demand
from omnicommerce.ledger.requests import sum_demands

__all__ = ["capacity_account", "plan_demands", "stock_demands"]


def capacity_account(location_id: str, day: str) -> AccountKey:
    """Return the ledger account that counts what a location can take on in a day.

    Args:
        location_id: The location.
        day: Such as ``2026-11-22``, in the location's own zone.
    """
    return AccountKey("capacity", location_id, day)


def stock_demands(allocations: Iterable[Allocation]) -> tuple[Demand, ...]:
    """Return what allocations take of stock, summed by SKU and location, in the ledger's order.

    Of no allocations there are no demands: there is nothing to hold.
    """
    demands = [Demand(stock_account(one.sku, one.location_id), one.quantity) for one in allocations]
    return sum_demands(demands) if demands else ()


def plan_demands(plan: SourcingPlan, candidates: Iterable[Candidate]) -> tuple[Demand, ...]:
    """Return what a plan takes of stock, and of capacity where the ledger counts it.

    Args:
        plan: What was decided.
        candidates: Those of its request; their capacities name the accounts.
    """
    demands = list(stock_demands(plan.allocations))
    for candidate in candidates:
        own = [one for one in plan.allocations if one.location_id == candidate.location_id]
        capacity = candidate.capacity
        if own and capacity is not None and capacity.account is not None:
            by_units = capacity.counts is CapacityUnit.UNITS
            taken = sum(one.quantity for one in own) if by_units else 1
            demands.append(Demand(capacity.account, taken))
    return sum_demands(demands) if demands else ()
