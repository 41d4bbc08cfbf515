"""One product in one period, place by place: who asks how much, and who stands apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import attrs

from omnicommerce.insight.observed import Board, Tolerance, natural_order
from omnicommerce.kernel.rounding import RoundingMode, round_ratio

__all__ = ["Asked", "Comparison", "Member", "comparisons", "usual"]

_SHOWN: Final = RoundingMode.HALF_UP
Asked: TypeAlias = Mapping[int, Sequence[str]]
"""Places by the amount they ask."""
Member: TypeAlias = Mapping[str, str]
"""The zone of each place that has one."""


@attrs.frozen(kw_only=True)
class Comparison:
    """What the places ask for one product in one period, where there are at least two.

    Attributes:
        kind: The kind of price, such as ``shelf``.
        product_id: The product.
        period: The period.
        zone: The zone whose places are compared; None for all places.
        asked: Amounts in minor units, ascending, each with the places that ask it.
        reference_amount: What the others are measured by: what the place of
            reference asks or, without one, the usual price, which most places
            ask (of several such the lowest). None where the place of reference
            has no price.
    """

    kind: str
    product_id: str
    period: str
    zone: str | None
    asked: tuple[tuple[int, tuple[str, ...]], ...]
    reference_amount: int | None

    @property
    def lowest_amount(self) -> int:
        """The lowest price, in minor units."""
        return self.asked[0][0]

    @property
    def highest_amount(self) -> int:
        """The highest price, in minor units."""
        return self.asked[-1][0]

    @property
    def spread_amount(self) -> int:
        """How far the highest price is above the lowest, in minor units."""
        return self.highest_amount - self.lowest_amount

    @property
    def spread_percent(self) -> float | None:
        """The spread in per cent of the lowest price, to one decimal; None where that is free."""
        if not self.lowest_amount:
            return None
        return round_ratio(1000 * self.spread_amount, self.lowest_amount, _SHOWN) / 10

    @property
    def places(self) -> frozenset[str]:
        """The places compared."""
        return frozenset(place for _, places in self.asked for place in places)

    def deltas(self, tolerance: Tolerance) -> dict[str, int]:
        """Return by place how much more it asks than the reference, in minor units.

        A difference within the tolerance is 0; of a place with several prices
        the one that is furthest off counts. Empty where there is no reference.
        """
        found: dict[str, int] = {}
        reference = self.reference_amount
        if reference is not None:
            for amount, places in self.asked:
                delta = 0 if tolerance.allows(amount, reference) else amount - reference
                for place in places:
                    known = found.setdefault(place, delta)
                    if known != delta:
                        found[place] = max(known, delta, key=abs)
        return found

    def rank(self) -> tuple[object, ...]:
        """Return a key that sorts the largest spread first, ties always the same way.

        Of equal spreads the one on the lower price goes first, as it is the
        larger share of it, then the one seen in more places.
        """
        who = natural_order(self.product_id), natural_order(self.period), self.kind
        return -self.spread_amount, self.lowest_amount, -len(self.places), *who, self.zone or ""


def usual(asked: Asked) -> int:
    """Return the amount that most places ask; of several such the lowest.

    Example:
        >>> usual({199: ["web"], 189: ["till"], 209: ["app"]})
        189
    """
    return max(asked, key=lambda amount: (len(set(asked[amount])), -amount))


def comparisons(
    board: Board, kinds: Sequence[str], zones: Member, reference: str | None
) -> Iterator[tuple[Comparison, ...]]:
    """Yield what can be compared, product by product, in the order of periods.

    Each turn is one product in one period for one set of places, all places
    first and then zone by zone: a comparison for each kind of price that two
    places or more have.
    """
    for product in sorted(board):
        periods = board[product]
        for period in sorted(periods, key=natural_order):
            references = [_asked_at(asked, reference) for asked in periods[period]]
            for zone, by_kind in _scopes(periods[period], zones):
                found = tuple(
                    Comparison(
                        kind=kind,
                        product_id=product,
                        period=period,
                        zone=zone,
                        asked=tuple((amount, _sorted(asked[amount])) for amount in sorted(asked)),
                        reference_amount=usual(asked) if reference is None else amount_there,
                    )
                    for kind, asked, amount_there in zip(kinds, by_kind, references, strict=True)
                    if _has_two_places(asked)
                )
                if found:
                    yield found


def _sorted(places: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(places), key=natural_order)) if len(places) > 1 else tuple(places)


def _has_two_places(asked: Asked) -> bool:
    return len({place for places in asked.values() for place in places}) > 1


def _asked_at(asked: Asked, place: str | None) -> int | None:
    """Return the lowest price of one place."""
    return min((amount for amount, places in asked.items() if place in places), default=None)


def _scopes(
    everywhere: Sequence[Asked], zones: Member
) -> Iterator[tuple[str | None, Sequence[Asked]]]:
    """Yield all places, then the places of each zone, with what they ask of each kind."""
    yield None, everywhere
    within: dict[str, list[dict[int, list[str]]]] = {}
    for index, asked in enumerate(everywhere):
        for amount, places in asked.items():
            for place in places:
                zone = zones.get(place)
                if zone is not None:
                    by_kind = within.setdefault(zone, [{} for _ in everywhere])
                    by_kind[index].setdefault(amount, []).append(place)
    for zone in sorted(within, key=natural_order):
        yield zone, within[zone]
