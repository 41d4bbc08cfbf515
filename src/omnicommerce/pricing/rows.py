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
from omnicommerce.pricing.model import PriceKey, PriceRow, PricingConfiguration

__all__ = ["CompiledRow", "Finder", "Place", "RowIndex", "amount_of"]

_SEGMENTS_KEPT: Final = 1024


class CompiledRow(NamedTuple):
    """What a row says of an amount; ``group`` names its mix-and-match group, if any."""

    amount: int
    per: int
    whole: bool
    group: int | None


class Place(NamedTuple):
    """What of a situation chooses among rows."""

    location: str | None
    zone: str | None
    customer_classes: frozenset[str]


Finder: TypeAlias = Callable[[str], CompiledRow | None]
Tier: TypeAlias = dict[str, CompiledRow]
_Scope: TypeAlias = tuple[str, str] | None
_Bucket: TypeAlias = tuple[str, str | None, _Scope, str | None]
_Group: TypeAlias = tuple[str, int, int, Remainder, str]


def amount_of(row: CompiledRow, quantity: int, mode: RoundingMode) -> int:
    """Return what so many units cost by this row."""
    amount, per, whole, _ = row
    if per == 1:
        return amount * quantity
    if whole:
        return amount * -(-quantity // per)
    return round_ratio(amount * quantity, per, mode)


class RowIndex:
    """All rows in buckets of one list, class, scope and window each, by SKU."""

    def __init__(self, configuration: PricingConfiguration) -> None:
        self._specificity = configuration.specificity
        self._buckets = _filled(configuration.rows)
        self._classes = frozenset(bucket[1] for bucket in self._buckets if bucket[1] is not None)
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

    def finder(self, list_ids: Iterable[str], place: Place, windows: tuple[str, ...]) -> Finder:
        """Return the function from a SKU to the row that wins here and now."""
        tiers = self._tiers(tuple(list_ids), place, windows)
        if not tiers:
            return _nothing
        if len(tiers) == 1:
            return tiers[0].get
        return _first_of(tiers)

    def _tiers(
        self, list_ids: tuple[str, ...], place: Place, windows: tuple[str, ...]
    ) -> list[Tier]:
        scopes: tuple[_Scope, ...] = (
            ("location", place.location or ""),
            ("zone", place.zone or ""),
            None,
        )
        classes = (*sorted(self._classes & place.customer_classes), None)
        dates = (*windows, None) if None in self._used else windows
        buckets = self._buckets
        found: list[tuple[dict[PriceKey, int], Tier]] = []
        for list_rank, list_id in enumerate(list_ids):
            for class_rank, customer_class in enumerate(classes):
                for scope_rank, scope in enumerate(scopes):
                    for window_rank, window in enumerate(dates):
                        tier = buckets.get((list_id, customer_class, scope, window))
                        if tier is not None:
                            ranks = {
                                PriceKey.LIST: list_rank,
                                PriceKey.CUSTOMER_CLASS: class_rank,
                                PriceKey.SCOPE: scope_rank,
                                PriceKey.WINDOW: window_rank,
                            }
                            found.append((ranks, tier))
        found.sort(key=lambda item: [item[0][key] for key in self._specificity])
        return [tier for _, tier in found]


def _filled(rows: tuple[PriceRow, ...]) -> dict[_Bucket, Tier]:
    buckets: dict[_Bucket, Tier] = {}
    groups: dict[_Group, int] = {}
    for position, row in enumerate(rows):
        scope: _Scope = None
        if row.location is not None:
            scope = ("location", row.location)
        elif row.zone is not None:
            scope = ("zone", row.zone)
        tier = buckets.setdefault((row.price_list, row.customer_class, scope, row.window), {})
        if row.sku in tier:
            raise InvalidConfiguration(
                f"$.rows[{position}]", f"{row.sku!r} has another price in the same place"
            )
        tier[row.sku] = CompiledRow(
            row.amount, row.per, row.remainder is Remainder.WHOLE_SET, _group(row, groups)
        )
    return buckets


def _group(row: PriceRow, groups: dict[_Group, int]) -> int | None:
    if row.mix is None or row.per == 1:
        return None
    key = (row.price_list, row.per, row.amount, row.remainder, row.mix)
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


def _first_of(tiers: list[Tier]) -> Finder:
    finders: tuple[Callable[[str], CompiledRow | None], ...] = tuple(tier.get for tier in tiers)

    def find(sku: str) -> CompiledRow | None:
        for finder in finders:
            row = finder(sku)
            if row is not None:
                return row
        return None

    return find
