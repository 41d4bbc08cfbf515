"""Which places stand apart: how often, in which direction, and since when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TypeAlias

import attrs

from omnicommerce.insight.comparison import Comparison
from omnicommerce.insight.observed import Tolerance, natural_order

__all__ = ["Deviations", "Drift", "PlaceDeviation"]

_Key: TypeAlias = tuple[str | None, str, str]
"""Zone, kind and place."""
_Steps: TypeAlias = list[tuple[str, int]]
"""Periods with what was asked more, or less, in each."""


@attrs.frozen(kw_only=True)
class PlaceDeviation:
    """How often one place stands apart from the others it is compared with.

    Attributes:
        place: The place.
        kind: The kind of price.
        zone: The zone within which it is compared; None for all places.
        compared: In how many product-periods.
        above: In how many it asks more than the reference, beyond the tolerance.
        below: In how many it asks less.
        total_amount: What it asks more (or, negative, less), summed up in minor units.
        largest_amount: The largest single difference, signed.
    """

    place: str
    kind: str
    zone: str | None
    compared: int
    above: int
    below: int
    total_amount: int
    largest_amount: int

    @property
    def deviating(self) -> int:
        """In how many product-periods it stands apart."""
        return self.above + self.below

    def rank(self) -> tuple[object, ...]:
        """Return a key that sorts the place first that stands apart most often."""
        who = natural_order(self.place), self.kind, self.zone or ""
        return -self.deviating, -abs(self.total_amount), *who


@attrs.frozen(kw_only=True)
class Drift:
    """One product that one place sells dearer, or cheaper, period after period.

    Attributes:
        product_id: The product.
        place: The place.
        kind: The kind of price.
        zone: The zone within which it is compared; None for all places.
        since: The first period of the run.
        until: The last one.
        periods: In how many periods it was seen to differ, without one between
            in which it was seen not to.
        total_amount: The differences of these periods, summed up in minor units, signed.
        largest_amount: The largest of them, signed.
        lasts: Whether nothing newer says that it has ended.
    """

    product_id: str
    place: str
    kind: str
    zone: str | None
    since: str
    until: str
    periods: int
    total_amount: int
    largest_amount: int
    lasts: bool

    def rank(self) -> tuple[object, ...]:
        """Return a key that sorts the longest run first, then the costliest."""
        who = natural_order(self.product_id), natural_order(self.place), self.kind, self.zone or ""
        return -self.periods, -abs(self.total_amount), *who, natural_order(self.since)


class Deviations:
    """Collects, comparison by comparison, which places stand apart and how long.

    It keeps one number for each price that deviates, and nothing for the others.
    """

    def __init__(self, tolerance: Tolerance) -> None:
        self._tolerance = tolerance
        self._compared: Counter[_Key] = Counter()
        self._deltas: defaultdict[_Key, list[int]] = defaultdict(list)
        self._product = ""
        self._open: dict[_Key, _Steps] = {}
        self._drifts: list[Drift] = []

    def add(self, comparison: Comparison) -> None:
        """Take one comparison; those of a product must come together, in the order of periods."""
        if comparison.product_id != self._product:
            self._close_all()
            self._product = comparison.product_id
        for place, delta in comparison.deltas(self._tolerance).items():
            key = comparison.zone, comparison.kind, place
            self._compared[key] += 1
            if delta or key in self._open:
                self._continue(key, comparison.period, delta)

    def _continue(self, key: _Key, period: str, delta: int) -> None:
        """Lengthen a run, or end it: by no difference, or by one in the other direction."""
        run = self._open.get(key)
        if run is not None and run[-1][1] * delta <= 0:
            self._close(key, lasts=False)
        if delta:
            self._deltas[key].append(delta)
            self._open.setdefault(key, []).append((period, delta))

    def _close(self, key: _Key, *, lasts: bool) -> None:
        steps = self._open.pop(key)
        if len(steps) > 1:
            self._drifts.append(_drift(self._product, key, steps, lasts=lasts))

    def _close_all(self) -> None:
        for key in list(self._open):
            self._close(key, lasts=True)

    def places(self) -> tuple[PlaceDeviation, ...]:
        """Return every place that was compared, the one that deviates most often first."""
        return tuple(sorted(self._deviations(), key=PlaceDeviation.rank))

    def _deviations(self) -> Iterator[PlaceDeviation]:
        for key, compared in self._compared.items():
            zone, kind, place = key
            deltas = self._deltas.get(key, [])
            yield PlaceDeviation(
                place=place,
                kind=kind,
                zone=zone,
                compared=compared,
                above=sum(delta > 0 for delta in deltas),
                below=sum(delta < 0 for delta in deltas),
                total_amount=sum(deltas),
                largest_amount=max(deltas, key=abs, default=0),
            )

    def drifts(self) -> tuple[Drift, ...]:
        """Return every run of at least two periods, the longest first."""
        self._close_all()
        return tuple(sorted(self._drifts, key=Drift.rank))


def _drift(product: str, key: _Key, steps: _Steps, *, lasts: bool) -> Drift:
    zone, kind, place = key
    deltas = [delta for _, delta in steps]
    return Drift(
        product_id=product,
        place=place,
        kind=kind,
        zone=zone,
        since=steps[0][0],
        until=steps[-1][0],
        periods=len(steps),
        total_amount=sum(deltas),
        largest_amount=max(deltas, key=abs),
        lasts=lasts,
    )
