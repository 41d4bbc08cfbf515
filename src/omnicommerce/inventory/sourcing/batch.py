"""Many open orders at once, one after another: each sees what those before it gave up and took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from omnicommerce.inventory.sourcing.decide import NO_RULES
from omnicommerce.inventory.sourcing.eligibility import OwnRules
from omnicommerce.inventory.sourcing.model import (
    Candidate,
    CapacityUnit,
    Level,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.rerouting import OpenAllocation, Rerouting, reroute
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import OrderId, valid_id

__all__ = ["OpenOrder", "reroute_all"]


def _held(held: Iterable[OpenAllocation]) -> tuple[OpenAllocation, ...]:
    return tuple(held)


@attrs.frozen(kw_only=True)
class OpenOrder:
    """An order that may still be served otherwise.

    Args:
        order_id: Identity.
        request: Its lines, and candidates with their figures for it: what is free is the same
            in all requests, as it was before any of them moves.
        held: What it holds.
        turn: Smaller ones come first; of equals, by identity.
    """

    order_id: OrderId = attrs.field(validator=valid_id)
    request: SourcingRequest
    held: tuple[OpenAllocation, ...] = attrs.field(converter=_held)
    turn: int = 0


def reroute_all(
    orders: Iterable[OpenOrder], policy: SourcingPolicy, *, own_rules: OwnRules = NO_RULES
) -> Mapping[OrderId, Rerouting]:
    """Propose better plans for open orders, so that all proposals can be carried out in turn.

    No order's proposal depends on one after it. The answer does not depend on the order in
    which the orders are given.

    Args:
        orders: Each with a request of its own.
        policy: What matters.
        own_rules: Functions for `Opaque` conditions, by name.

    Returns:
        By order, in their turn, the proposal; carry them out in this order.

    Raises:
        InvalidValue: An order is there twice, or holds what it cannot; see `reroute`.
    """
    queue = sorted(orders, key=lambda order: (order.turn, order.order_id))
    if len({order.order_id for order in queue}) < len(queue):
        raise InvalidValue("orders", "an order is there twice")
    changes = _Changes()
    found: dict[OrderId, Rerouting] = {}
    for order in queue:
        proposal = reroute(changes.seen_by(order.request), policy, order.held, own_rules=own_rules)
        changes.note(order, proposal)
        found[order.order_id] = proposal
    return found


class _Changes:
    """What earlier proposals change for later ones."""

    def __init__(self) -> None:
        self.free: dict[tuple[str, str], int] = {}
        self.units: dict[str, int] = {}
        self.orders: dict[str, int] = {}

    def note(self, order: OpenOrder, proposal: Rerouting) -> None:
        """Remember what a proposal gives up and takes."""
        if not proposal.changes:
            return
        for sign, demands in ((1, proposal.given_up), (-1, proposal.taken_up)):
            for demand in demands:
                sku, place = demand.account.subject, demand.account.scope
                units = sign * demand.quantity
                self.free[place, sku] = self.free.get((place, sku), 0) + units
                self.units[place] = self.units.get(place, 0) + units
        before = {one.location_id for one in order.held}
        after = {one.location_id for one in proposal.allocations}
        for place in before ^ after:
            self.orders[place] = self.orders.get(place, 0) + (1 if place in before else -1)

    def seen_by(self, request: SourcingRequest) -> SourcingRequest:
        """Return a request as it is after the proposals so far."""
        return attrs.evolve(
            request, candidates=tuple(self._seen(one) for one in request.candidates)
        )

    def _seen(self, candidate: Candidate) -> Candidate:
        place = candidate.location_id
        levels = dict(candidate.levels)
        for (where, sku), units in self.free.items():
            if where == place and units:
                level = levels.get(sku, Level(0))
                levels[sku] = attrs.evolve(level, free=level.free + units)
        capacity = candidate.capacity
        if capacity is not None:
            by_units = capacity.counts is CapacityUnit.UNITS
            change = (self.units if by_units else self.orders).get(place, 0)
            capacity = attrs.evolve(capacity, left=max(0, capacity.left + change))
        return attrs.evolve(candidate, levels=levels, capacity=capacity)
