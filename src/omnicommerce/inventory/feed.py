"""Counts as of an instant, merged with what was booked since instead of overwriting it."""

from __future__ import annotations

import enum
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from omnicommerce.inventory.causes import StockCause
from omnicommerce.inventory.model import stock_account
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.quantity import LARGEST_QUANTITY
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import AccountKey, Entry
from omnicommerce.ledger.requests import require_counted

__all__ = [
    "BATCH",
    "FeedReport",
    "FeedRow",
    "FeedVerdict",
    "StockCount",
    "batches",
    "booked_as_of",
    "correction",
    "digest",
    "mark",
    "mark_of",
]

BATCH: Final = 500
"""Rows of one unit of work."""

_REASON: Final = "count as of"
_FIRST: Final = datetime(2020, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class StockCount:
    """What was on hand at an instant, by a count, a till or a warehouse system.

    Args:
        sku: Of what.
        location_id: Where.
        counted: How much, in smallest units, promised units included.
        at: When it was so; everything booked until then is in it.
    """

    sku: str = attrs.field(validator=valid_id)
    location_id: str = attrs.field(validator=valid_id)
    counted: int = attrs.field(converter=require_counted)
    at: datetime = attrs.field(converter=require_instant)

    @at.validator
    def _check_instant(self, _: object, value: datetime) -> None:
        if value < _FIRST:
            raise InvalidValue("at", f"{value} is before {_FIRST:%Y-%m-%d}")

    @property
    def account(self) -> AccountKey:
        """The stock account that it is about."""
        return stock_account(self.sku, self.location_id)


class FeedVerdict(enum.StrEnum):
    """What became of a row."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


@attrs.frozen(kw_only=True)
class FeedRow:
    """What became of one count.

    Args:
        count: The count.
        verdict: ``superseded``: a later count of the same is known, so nothing was booked.
        booked: What the books said for the instant of the count.
        change: The correction that was booked now.
        on_hand: What is on hand after it; below zero, more was taken since the
            count than it had found, and one of the two is wrong.
    """

    count: StockCount
    verdict: FeedVerdict
    booked: int
    change: int
    on_hand: int

    @property
    def reason(self) -> Reason:
        """The row explained."""
        figures = {
            "sku": self.count.sku,
            "location": self.count.location_id,
            "counted": self.count.counted,
            "at": self.count.at.isoformat(),
            "booked": self.booked,
            "change": self.change,
            "on_hand": self.on_hand,
        }
        if self.on_hand < 0:
            return Reason("stock.feed_contradicted", figures)
        if self.verdict is FeedVerdict.SUPERSEDED:
            return Reason("stock.feed_superseded", figures)
        is_changed = self.verdict is FeedVerdict.CHANGED
        return Reason("stock.feed_changed" if is_changed else "stock.feed_unchanged", figures)


@attrs.frozen(kw_only=True)
class FeedReport:
    """What became of a feed, row by row in the order of SKU and location."""

    rows: tuple[FeedRow, ...]

    def of(self, verdict: FeedVerdict) -> tuple[FeedRow, ...]:
        """Return the rows with this verdict."""
        return tuple(row for row in self.rows if row.verdict is verdict)


def batches(counts: Iterable[StockCount]) -> tuple[tuple[StockCount, ...], ...]:
    """Sort counts by account and cut them into batches of at most `BATCH`.

    Raises:
        InvalidValue: One SKU is counted twice at one location.
    """
    rows = sorted(counts, key=lambda count: count.account)
    for first, second in itertools.pairwise(rows):
        if first.account == second.account:
            twice = f"{first.sku} at {first.location_id}"
            raise InvalidValue("counts", f"{twice} is counted twice; send the latest count only")
    return tuple(tuple(rows[start : start + BATCH]) for start in range(0, len(rows), BATCH))


def digest(counts: Sequence[StockCount]) -> str:
    """Return a text that stands for these very counts."""
    rows = [(row.sku, row.location_id, row.counted, row.at.isoformat()) for row in counts]
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]


def correction(count: StockCount) -> StockCause:
    """Return the cause of a correction: it counts from the instant of its count on."""
    return StockCause(_REASON, count.at.isoformat())


def booked_as_of(entries: Iterable[Entry], at: datetime) -> int:
    """Return what the books say of an instant, corrections by feeds counted from theirs on."""
    return sum(entry.balance_change for entry in entries if _counts_from(entry) <= at)


def _counts_from(entry: Entry) -> datetime:
    cause = StockCause.read(entry.cause)
    if cause.reason != _REASON or cause.document is None:
        return entry.at
    try:
        return require_instant(datetime.fromisoformat(cause.document))
    except (ValueError, InvalidValue):
        return entry.at


def mark(sku: str, location_id: str) -> AccountKey:
    """Return the account that knows of when the latest count is; counts wait there in turn."""
    return AccountKey("stock_counted", sku, location_id)


def mark_of(at: datetime) -> int:
    """Return the balance of a `mark` for a count as of an instant, in whole seconds."""
    return min(LARGEST_QUANTITY, max(0, (at - _FIRST) // _SECOND))
