"""Drift of prices: what was observed in several places, and where it is not one price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import attrs

from omnicommerce.insight.comparison import Comparison, Member, comparisons
from omnicommerce.insight.deviation import Deviations, Drift, PlaceDeviation
from omnicommerce.insight.observed import Board, ObservedPrice, Tolerance, gather, natural_order
from omnicommerce.insight.zones import Placement, follow_zones
from omnicommerce.kernel.errors import InvalidValue

__all__ = ["DriftReport", "Tally", "price_drift"]

_NO_TOLERANCE: Final = Tolerance()
_Cell: TypeAlias = tuple[str | None, str | None, str]


@attrs.frozen(kw_only=True)
class Tally:
    """How many prices were audited in one scope and period, and how many differ.

    Attributes:
        kind: The kind of price; None counts a product-period once, whichever
            of its kinds is priced in two places, or differs.
        zone: The zone; None for all places.
        period: The period.
        audited: Product-periods with a price in two places or more.
        disparities: Those with more than one price, beyond the tolerance.
    """

    kind: str | None
    zone: str | None
    period: str
    audited: int
    disparities: int


@attrs.frozen(kw_only=True)
class DriftReport:
    """Where observed prices are not the same everywhere.

    Attributes:
        kinds: The kinds of price audited.
        observed: How many prices were looked at.
        places: Every place seen.
        zones: The zone of each place that has one.
        placements: The places that no zone lists, and where they were put.
        tallies: The counts by kind, zone and period.
        disparities: Every product-period with more than one price, the largest spread first.
        zone_disparities: The same within each zone.
        deviations: How often each place stands apart, by kind, among all places
            and within its zone.
        drifts: What lasted for two periods or more, the longest first.
    """

    kinds: tuple[str, ...]
    observed: int
    places: tuple[str, ...]
    zones: Member
    placements: tuple[Placement, ...]
    tallies: tuple[Tally, ...]
    disparities: tuple[Comparison, ...]
    zone_disparities: tuple[Comparison, ...]
    deviations: tuple[PlaceDeviation, ...]
    drifts: tuple[Drift, ...]

    def audited(self, kind: str | None = None, *, in_zones: bool = False) -> int:
        """Return how many product-periods are priced in two places or more.

        Args:
            kind: Of this kind of price; None for any kind.
            in_zones: Count each zone by itself, places of the same zone only.
        """
        return sum(tally.audited for tally in self._of(kind, in_zones=in_zones))

    def differing(self, kind: str | None = None, *, in_zones: bool = False) -> int:
        """Return how many of the audited product-periods have more than one price.

        Args:
            kind: Of this kind of price; None for any kind.
            in_zones: Count each zone by itself, places of the same zone only.
        """
        return sum(tally.disparities for tally in self._of(kind, in_zones=in_zones))

    def _of(self, kind: str | None, *, in_zones: bool) -> Iterable[Tally]:
        return (t for t in self.tallies if t.kind == kind and (t.zone is not None) is in_zones)


def price_drift(
    observed: Iterable[ObservedPrice],
    *,
    kinds: Sequence[str],
    zones: Mapping[str, str | None] | None = None,
    follow: bool = True,
    tolerance: Tolerance = _NO_TOLERANCE,
    reference: str | None = None,
) -> DriftReport:
    """Compare observed prices between places, and within zones of places.

    The order of the prices changes nothing, and a price seen twice counts
    once. Time and memory grow with the number of prices.

    Args:
        observed: What was seen where.
        kinds: The kinds of price to audit, the list price first: by it a place
            that has no zone is put in one.
        zones: The zone of each place; None for one that has none. Without
            zones only all places are compared.
        follow: Put a place that ``zones`` does not list into the zone whose
            prices it follows, if one can be told; see `follow_zones`.
        tolerance: How far apart two amounts still count as one price.
        reference: Measure deviations by what this place asks, instead of by
            what most places ask.

    Raises:
        InvalidValue: No kind or one twice, an amount that is not a whole number
            from 0, or no price at the place of reference.

    Example:
        >>> seen = [
        ...     ObservedPrice(product_id="A", period="7", place=place, amounts={"shelf": amount})
        ...     for place, amount in [("web", 1999), ("till", 1999), ("app", 1899)]
        ... ]
        >>> report = price_drift(seen, kinds=["shelf"])
        >>> report.audited("shelf"), report.differing("shelf")
        (1, 1)
        >>> report.deviations[0].place, report.deviations[0].largest_amount
        ('app', -100)
    """
    if not kinds or len(set(kinds)) < len(kinds):
        raise InvalidValue("kinds", "must name at least one, and none twice")
    board, rows = gather(observed, kinds)
    places = _places(board)
    if reference is not None and reference not in places:
        raise InvalidValue("reference", f"no price was observed at {reference!r}")
    placements = follow_zones(board, zones) if zones is not None and follow else ()
    membership = _membership(places, zones or {}, placements)
    counted = _Counted(tolerance)
    for turn in comparisons(board, kinds, membership, reference):
        counted.add(turn)
    return DriftReport(
        kinds=tuple(kinds),
        observed=rows,
        places=places,
        zones=membership,
        placements=placements,
        tallies=counted.tallies(),
        disparities=counted.disparities(in_zones=False),
        zone_disparities=counted.disparities(in_zones=True),
        deviations=counted.deviations.places(),
        drifts=counted.deviations.drifts(),
    )


def _places(board: Board) -> tuple[str, ...]:
    found = {
        place
        for periods in board.values()
        for kinds in periods.values()
        for asked in kinds
        for places in asked.values()
        for place in places
    }
    return tuple(sorted(found, key=natural_order))


def _membership(
    places: Iterable[str], zones: Mapping[str, str | None], placements: Iterable[Placement]
) -> Member:
    known = {**zones, **{placed.place: placed.zone for placed in placements}}
    return {place: zone for place in places if (zone := known.get(place)) is not None}


class _Counted:
    """What one pass over the comparisons leaves behind."""

    def __init__(self, tolerance: Tolerance) -> None:
        self.deviations = Deviations(tolerance)
        self._tolerance = tolerance
        self._audited: defaultdict[_Cell, int] = defaultdict(int)
        self._differing: defaultdict[_Cell, int] = defaultdict(int)
        self._disparities: list[Comparison] = []

    def add(self, turn: Sequence[Comparison]) -> None:
        """Count the comparisons of one product-period in one scope."""
        zone, period = turn[0].zone, turn[0].period
        apart = [one for one in turn if not self._is_one_price(one)]
        for kind in (None, *(one.kind for one in turn)):
            self._audited[kind, zone, period] += 1
        for kind in {None, *(one.kind for one in apart)} if apart else ():
            self._differing[kind, zone, period] += 1
        self._disparities += apart
        for one in turn:
            self.deviations.add(one)

    def _is_one_price(self, one: Comparison) -> bool:
        return self._tolerance.allows(one.lowest_amount, one.highest_amount)

    def tallies(self) -> tuple[Tally, ...]:
        """Return the counts, zone by zone in the order of periods."""
        cells = sorted(
            self._audited,
            key=lambda cell: (cell[0] or "", natural_order(cell[1] or ""), natural_order(cell[2])),
        )
        return tuple(
            Tally(
                kind=cell[0],
                zone=cell[1],
                period=cell[2],
                audited=self._audited[cell],
                disparities=self._differing.get(cell, 0),
            )
            for cell in cells
        )

    def disparities(self, *, in_zones: bool) -> tuple[Comparison, ...]:
        """Return what differs, the largest spread first."""
        found = (one for one in self._disparities if (one.zone is not None) is in_zones)
        return tuple(sorted(found, key=Comparison.rank))
