"""Price rows, indexed: from an instant and a place to dictionaries by SKU."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.rounding import RoundingMode, round_ratio
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.effects import Remainder
from omnicommerce.pricing.model import PriceRow, PricingConfiguration, Tiering

__all__ = ["CompiledRow", "Finder", "Place", "RowIndex", "amount_of", "unit_at"]

_SEGMENTS_KEPT: Final = 1024


class CompiledRow(NamedTuple):
    """What a row says of an amount.

    ``plain``: one unit costs ``amount``, and nothing else is to be known.
    ``group`` names its mix-and-match group, if any. ``tiers``: pairs of quantity
    and amount, the highest first.
    """

    amount: int
    per: int = 1
    whole: bool = False
    group: int | None = None
    plain: bool = True
    tiers: tuple[tuple[int, int], ...] = ()
    graduated: bool = False
    compare_at: int | None = None


class Place(NamedTuple):
    """What of a situation chooses among rows; ``customers`` are those with contracts."""

    location: str | None
    zone: str | None
    country: str | None
    customer_classes: frozenset[str]
    customers: frozenset[str]


Finder: TypeAlias = Callable[[str], CompiledRow | None]
Winners: TypeAlias = dict[str, CompiledRow]
_Scope: TypeAlias = tuple[str, str] | None
_Buyer: TypeAlias = tuple[str, str] | None
_Bucket: TypeAlias = tuple[str, _Buyer, _Scope, str | None, str | None]
_Group: TypeAlias = tuple[object, ...]


def amount_of(row: CompiledRow, quantity: int, mode: RoundingMode) -> int:
    """Return what so many units cost by this row."""
    if row.plain:
        return row.amount * quantity
    if row.tiers:
        return _graduated(row, quantity) if row.graduated else unit_at(row, quantity) * quantity
    if row.whole:
        return row.amount * -(-quantity // row.per)
    return round_ratio(row.amount * quantity, row.per, mode)


def unit_at(row: CompiledRow, quantity: int) -> int:
    """Return what each unit costs when so many are bought."""
    for least, amount in row.tiers:
        if quantity >= least:
            return amount
    return row.amount


def _graduated(row: CompiledRow, quantity: int) -> int:
    """Return the sum of the brackets: units of each bracket at its own amount."""
    total, left = 0, quantity
    for least, amount in row.tiers:
        units = max(0, left - least + 1)
        total += units * amount
        left -= units
    return total + left * row.amount


class RowIndex:
    """All rows in buckets of one list, buyer, scope, window and plan each, by SKU."""

    def __init__(self, configuration: PricingConfiguration) -> None:
        self._specificity = configuration.specificity
        self._buckets = _filled(configuration.rows)
        buyers = {bucket[1] for bucket in self._buckets if bucket[1] is not None}
        self._classes = frozenset(name for kind, name in buyers if kind == "class")
        self.contracts: frozenset[str] = frozenset(
            name for kind, name in buyers if kind == "customer"
        )
        self._used = frozenset(bucket[3] for bucket in self._buckets)
        named = [item for item in configuration.windows if item.window_id in self._used]
        self._rank = {item.window_id: rank for rank, item in enumerate(named)}
        self._plain = {item.window_id: item.window for item in named if not item.window.weekly}
        self._weekly = {item.window_id: item.window for item in named if item.window.weekly}
        self._boundaries = sorted(set(_bounds(self._plain.values())))
        self._segment = lru_cache(_SEGMENTS_KEPT)(self._compute_segment)

    def windows_at(self, at: datetime) -> tuple[str, ...]:
        """Return the ids of the windows that are open, in their declared order."""
        segment = self._segment(bisect_right(self._boundaries, at))
        if not self._weekly:
            return segment
        open_now = [name for name, window in self._weekly.items() if window.contains(at)]
        return tuple(sorted((*segment, *open_now), key=self._rank.__getitem__))

    def _compute_segment(self, number: int) -> tuple[str, ...]:
        """Return the windows open from one boundary to the next: all instants of it are equal."""
        first = self._boundaries[number - 1] if number else None
        return tuple(name for name, window in self._plain.items() if _open_at(window, first))

    def finder(
        self,
        list_ids: Iterable[str],
        place: Place,
        windows: tuple[str, ...],
        plan: str | None = None,
    ) -> Finder:
        """Return the function from a SKU to the row that wins here and now."""
        buckets = self._open_buckets(tuple(list_ids), place, windows, plan)
        if not buckets:
            return _nothing
        if len(buckets) == 1:
            return buckets[0].get
        return _first_of(buckets)

    def _open_buckets(
        self, list_ids: tuple[str, ...], place: Place, windows: tuple[str, ...], plan: str | None
    ) -> list[Winners]:
        """Return the buckets that count, the most specific first."""
        scopes: tuple[_Scope, ...] = (
            ("location", place.location or ""),
            ("zone", place.zone or ""),
            ("country", place.country or ""),
            None,
        )
        buyers: tuple[_Buyer, ...] = (
            *(("customer", name) for name in sorted(place.customers)),
            *(("class", name) for name in sorted(self._classes & place.customer_classes)),
            None,
        )
        dates = (*windows, None) if None in self._used else windows
        ranked = (
            ({"list": a, "customer_class": b, "scope": c, "window": d}, bucket)
            for a, list_id in enumerate(list_ids)
            for b, buyer in enumerate(buyers)
            for c, scope in enumerate(scopes)
            for d, window in enumerate(dates)
            if (bucket := self._buckets.get((list_id, buyer, scope, window, plan))) is not None
        )
        order = sorted(ranked, key=lambda item: [item[0][key.value] for key in self._specificity])
        return [bucket for _, bucket in order]


def _filled(rows: tuple[PriceRow, ...]) -> dict[_Bucket, Winners]:
    buckets: dict[_Bucket, Winners] = {}
    groups: dict[_Group, int] = {}
    for position, row in enumerate(rows):
        place = (row.price_list, _buyer(row), _scope(row), row.window, row.plan)
        bucket = buckets.setdefault(place, {})
        if row.sku in bucket:
            raise InvalidConfiguration(
                f"$.rows[{position}]", f"{row.sku!r} has another price in the same place"
            )
        bucket[row.sku] = _compiled(row, groups)
    return buckets


def _buyer(row: PriceRow) -> _Buyer:
    if row.customer is not None:
        return ("customer", row.customer)
    return None if row.customer_class is None else ("class", row.customer_class)


def _scope(row: PriceRow) -> _Scope:
    if row.location is not None:
        return ("location", row.location)
    if row.zone is not None:
        return ("zone", row.zone)
    return None if row.country is None else ("country", row.country)


def _compiled(row: PriceRow, groups: dict[_Group, int]) -> CompiledRow:
    if row.per == 1 and not row.tiers:
        return CompiledRow(row.amount, compare_at=row.compare_at)
    return CompiledRow(
        row.amount,
        row.per,
        whole=row.remainder is Remainder.WHOLE_SET,
        group=_group(row, groups),
        plain=False,
        tiers=tuple((tier.from_quantity, tier.amount) for tier in reversed(row.tiers)),
        graduated=row.tiering is Tiering.GRADUATED,
        compare_at=row.compare_at,
    )


def _group(row: PriceRow, groups: dict[_Group, int]) -> int | None:
    """Return the number of the row's mix: of equal terms, or of tiers that each has for itself."""
    if row.mix is None:
        return None
    key: _Group = (row.price_list, row.mix)
    if not row.tiers or row.tiering is Tiering.GRADUATED:
        key = (*key, row.per, row.amount, row.remainder, row.tiers)
    return groups.setdefault(key, len(groups))


def _bounds(windows: Iterable[Window]) -> Iterator[datetime]:
    for window in windows:
        if window.starts_at is not None:
            yield window.starts_at
        if window.ends_at is not None:
            yield window.ends_at


def _open_at(window: Window, first: datetime | None) -> bool:
    if first is None:
        return window.starts_at is None
    return window.contains(first)


def _nothing(_: str) -> CompiledRow | None:
    return None


def _first_of(buckets: list[Winners]) -> Finder:
    finders: tuple[Callable[[str], CompiledRow | None], ...] = tuple(
        bucket.get for bucket in buckets
    )

    def find(sku: str) -> CompiledRow | None:
        for finder in finders:
            row = finder(sku)
            if row is not None:
                return row
        return None

    return find
