"""A promise of a group of locations: first of the group, later of one of its members.

Such a promise lies on members from the first moment, as a provisional claim. So nobody can sell a
member's units under it, a group's availability stays the plain sum of its members', and pinning
it later moves a hold, which either happens as a whole or not at all. What is provisional is only
which member: a claim that stands in somebody's way moves to another member that has units free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from omnicommerce.inventory.model import stock_account
from omnicommerce.inventory.sourcing.errors import SourcingRefused
from omnicommerce.inventory.sourcing.model import Allocation
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId, Sku, valid_id
from omnicommerce.kernel.quantity import require_quantity, valid_quantity
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import AccountKey, Demand, Standing

__all__ = ["Claim", "LocationGroup", "Shift", "group_free", "make_room", "room_at", "spread"]

Standings = Mapping[AccountKey, Standing]


def _members(members: Iterable[LocationId]) -> frozenset[LocationId]:
    if isinstance(members, str):
        raise InvalidValue("members", f"must be several locations, not {members!r}")
    return frozenset(members)


@attrs.frozen(kw_only=True)
class LocationGroup:
    """Locations that promise together.

    Args:
        group_id: Identity.
        members: Who belongs to it.
    """

    group_id: str = attrs.field(validator=valid_id)
    members: frozenset[LocationId] = attrs.field(converter=_members)

    @members.validator
    def _check_members(self, _: object, members: frozenset[LocationId]) -> None:
        if not members:
            raise InvalidValue("members", f"{self.group_id} needs at least one location")

    def accounts(self, skus: Iterable[str]) -> tuple[AccountKey, ...]:
        """Return the stock accounts of its members, in the ledger's order."""
        wanted = set(skus)
        return tuple(sorted(stock_account(sku, one) for sku in wanted for one in self.members))


@attrs.frozen(kw_only=True)
class Claim:
    """Units of one SKU that lie provisionally on a member of a group.

    Args:
        holds: The ledger's name of the hold group that has them.
        sku: What.
        location_id: Where they lie by now.
        quantity: How many.
        group: Whose promise it is: they may move to any member.
    """

    holds: str = attrs.field(validator=valid_id)
    sku: Sku = attrs.field(validator=valid_id)
    location_id: LocationId = attrs.field(validator=valid_id)
    quantity: int = attrs.field(validator=valid_quantity)
    group: LocationGroup


@attrs.frozen(kw_only=True, order=True)
class Shift:
    """Units of a claim that move to another member."""

    holds: str
    sku: Sku
    source: LocationId
    target: LocationId
    quantity: int


def group_free(group: LocationGroup, sku: str, standings: Standings) -> int:
    """Return what the group can promise of a SKU: the sum of what its members can.

    Args:
        group: Who promises.
        sku: What.
        standings: How the members' stock accounts stand; a missing one has nothing.
    """
    return sum(_free(sku, one, standings) for one in group.members)


def _free(sku: str, location_id: str, standings: Standings) -> int:
    account = stock_account(sku, location_id)
    return standings.get(account, Standing(account=account)).available


def spread(
    group: LocationGroup, wanted: Mapping[str, int], standings: Standings
) -> tuple[Demand, ...]:
    """Choose on which members a promise lies first: always on the one with most left.

    So no member looks empty while another one has plenty.

    Args:
        group: Who promises.
        wanted: Units by SKU.
        standings: How the members' stock accounts stand; a missing one has nothing.

    Raises:
        SourcingRefused: The group has less of something than is wanted.
        InvalidValue: A quantity is not a positive whole number.
    """
    demands: list[Demand] = []
    lacking: list[Reason] = []
    for sku in sorted(wanted):
        quantity = require_quantity(wanted[sku], f"wanted.{sku}")
        free = {one: _free(sku, one, standings) for one in sorted(group.members)}
        available = sum(free.values())
        if available < quantity:
            figures = {"sku": sku, "wanted": quantity, "available": available}
            lacking.append(Reason("sourcing.group_short", figures))
        else:
            shares = _from_the_fullest(free, quantity)
            demands += [Demand(stock_account(sku, one), units) for one, units in shares.items()]
    if lacking:
        raise SourcingRefused(*lacking)
    return tuple(sorted(demands, key=lambda demand: demand.account))


def _from_the_fullest(free: Mapping[LocationId, int], quantity: int) -> dict[LocationId, int]:
    """Take units so that what is left is as even as can be; of equals, the first by identity gives.

    Members are lowered to one level; what that takes too much the first ones get back.
    """
    low, high = 0, max(free.values())
    while low < high:  # the highest level that gives enough
        middle = (low + high + 1) // 2
        if sum(max(0, units - middle) for units in free.values()) >= quantity:
            low = middle
        else:
            high = middle - 1
    shares = {one: max(0, units - low) for one, units in free.items()}
    over = sum(shares.values()) - quantity
    for one in sorted(shares, reverse=True):
        if over and shares[one]:
            shares[one] -= 1
            over -= 1
    return {one: units for one, units in shares.items() if units}


def room_at(
    location_id: LocationId, sku: str, claims: Iterable[Claim], standings: Standings
) -> int:
    """Return what one location could give if the claims on it moved as far as they can.

    Args:
        location_id: The location.
        sku: What.
        claims: The provisional claims; those on other locations or SKUs do not matter.
        standings: How the stock accounts of the claims' groups stand.
    """
    shifts, _ = _shifted(location_id, sku, claims, standings, None)
    return _free(sku, location_id, standings) + sum(shift.quantity for shift in shifts)


def make_room(
    wanted: Allocation, claims: Iterable[Claim], standings: Standings
) -> tuple[Shift, ...]:
    """Return which claims move where so that one location has free what is wanted of it.

    Args:
        wanted: A SKU, a location, and how many units it is to have free.
        claims: The provisional claims; those on other locations or SKUs do not matter.
        standings: How the stock accounts of the claims' groups stand.

    Raises:
        SourcingRefused: Not even that makes enough room.
    """
    free = _free(wanted.sku, wanted.location_id, standings)
    needed = max(0, wanted.quantity - free)
    shifts, missing = _shifted(wanted.location_id, wanted.sku, claims, standings, needed)
    if missing:
        figures = {
            "sku": wanted.sku,
            "location": wanted.location_id,
            "wanted": wanted.quantity,
            "available": wanted.quantity - missing,
        }
        raise SourcingRefused(Reason("sourcing.over_free", figures))
    return shifts


def _shifted(
    location_id: LocationId,
    sku: str,
    claims: Iterable[Claim],
    standings: Standings,
    needed: int | None,
) -> tuple[tuple[Shift, ...], int]:
    """Move claims off a location, each to the members with most left; also what is missing."""
    here = [one for one in claims if one.location_id == location_id and one.sku == sku]
    taken: dict[LocationId, int] = {}
    shifts: list[Shift] = []
    left = sum(one.quantity for one in here) if needed is None else needed
    for claim in sorted(here, key=lambda one: one.holds):
        free = {
            one: _free(sku, one, standings) - taken.get(one, 0)
            for one in sorted(claim.group.members - {location_id})
        }
        moved = min(left, claim.quantity, sum(free.values()))
        if moved < 1:
            continue
        for target, units in _from_the_fullest(free, moved).items():
            taken[target] = taken.get(target, 0) + units
            shifts.append(
                Shift(
                    holds=claim.holds,
                    sku=claim.sku,
                    source=location_id,
                    target=target,
                    quantity=units,
                )
            )
        left -= moved
    return tuple(sorted(shifts)), 0 if needed is None else left
