"""Zones of prices: which one a place follows that nobody has put in a zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import sqrt
from typing import Final

import attrs

from omnicommerce.insight.comparison import Asked, usual
from omnicommerce.insight.observed import Board, natural_order

__all__ = ["Placement", "follow_zones"]

_ENOUGH: Final = 0.9
"""How surely a place must agree with a zone."""
_CONFIDENCE: Final = 1.96
"""Standard deviations that leave out one case in twenty."""


@attrs.frozen(kw_only=True)
class Placement:
    """The zone that a place follows by its prices, and on what evidence.

    Attributes:
        place: A place that no zone lists.
        zone: The zone; None where it follows none surely enough.
        agreed: How often it asked the usual price of the zone it is closest to.
        compared: How often it could be compared with that zone.
    """

    place: str
    zone: str | None
    agreed: int
    compared: int


def follow_zones(board: Board, zones: Mapping[str, str | None]) -> tuple[Placement, ...]:
    """Return for each place that ``zones`` does not list the zone it follows.

    The first kind of price decides, as zones are made of list prices: a place
    follows the zone whose usual price it asks most surely, that is, with the
    greatest lower bound of Wilson's interval at 95 % (E. B. Wilson, 1927), if
    that bound is at least nine in ten. So 24 agreements of 24 count for less
    than 414 of 424. Places are measured by listed ones, never by each other.

    Args:
        board: What every place asks.
        zones: The zone of each listed place; None for one that has none, and gets none.
    """
    evidence = _evidence(board, zones)
    return tuple(
        _placement(place, evidence[place]) for place in sorted(evidence, key=natural_order)
    )


def _evidence(
    board: Board, zones: Mapping[str, str | None]
) -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """Return by unlisted place and zone how often they agreed, and were compared."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for periods in board.values():
        for first, *_ in periods.values():
            unlisted, within = _by_zone(first, zones)
            for place, amounts in unlisted.items():
                of_place = found.setdefault(place, {})
                for zone, amount in within.items():
                    agreed, compared = of_place.get(zone, (0, 0))
                    of_place[zone] = agreed + (amount in amounts), compared + 1
    return found


def _by_zone(
    asked: Asked, zones: Mapping[str, str | None]
) -> tuple[dict[str, set[int]], dict[str, int]]:
    """Return what each unlisted place asks, and the usual price of each zone."""
    unlisted: defaultdict[str, set[int]] = defaultdict(set)
    within: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for amount, places in asked.items():
        for place in places:
            if place not in zones:
                unlisted[place].add(amount)
            elif zone := zones[place]:
                within[zone][amount].append(place)
    if not unlisted:
        return {}, {}
    return unlisted, {zone: usual(amounts) for zone, amounts in within.items()}


def _placement(place: str, evidence: Mapping[str, tuple[int, int]]) -> Placement:
    if not evidence:
        return Placement(place=place, zone=None, agreed=0, compared=0)
    closest = max(sorted(evidence), key=lambda zone: _lower_bound(*evidence[zone]))
    agreed, compared = evidence[closest]
    is_sure = _lower_bound(agreed, compared) >= _ENOUGH
    zone = closest if is_sure else None
    return Placement(place=place, zone=zone, agreed=agreed, compared=compared)


def _lower_bound(agreed: int, compared: int) -> float:
    """Return the share that is surely reached, by Wilson's interval."""
    share, square = agreed / compared, _CONFIDENCE**2
    half = _CONFIDENCE * sqrt((share * (1 - share) + square / (4 * compared)) / compared)
    return (share + square / (2 * compared) - half) / (1 + square / compared)
