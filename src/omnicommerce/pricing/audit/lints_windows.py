"""Lints of time: hours that the clocks skip, and rows that never win."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from omnicommerce.kernel.predicates import ALWAYS
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.window import WeeklySpan, Window, clock_shifts
from omnicommerce.pricing.audit.inquiry import Inquiry
from omnicommerce.pricing.audit.logic import ended
from omnicommerce.pricing.audit.model import Finding, Severity
from omnicommerce.pricing.audit.situations import windows_of
from omnicommerce.pricing.model import ListRole, PriceKey, PriceRow

__all__ = ["timed", "unreachable_rows"]

_YEAR: Final = timedelta(days=370)
_DAY: Final = 24 * 60


def timed(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield hours of a week that on some day do not exist."""
    for path, window in _windows(inquiry):
        for span in window.weekly or ():
            skipped = _skipped(window, span, inquiry.at)
            if skipped is not None:
                figures = {"span": str(span), "zone": window.zone, "at": skipped.isoformat()}
                yield Finding(
                    reason=Reason("lint.window_in_gap", figures),
                    severity=Severity.WARNING,
                    path=path,
                )


def _windows(inquiry: Inquiry) -> Iterator[tuple[str, Window]]:
    for path, promotion in inquiry.active:
        for window in windows_of(promotion.when):
            yield f"{path}.when", window
    for number, item in enumerate(inquiry.configuration.windows):
        yield f"$.windows[{number}].window", item.window


def _skipped(window: Window, span: WeeklySpan, at: datetime) -> datetime | None:
    """Return when the clocks skip the whole of a span while the window is open, within a year."""
    zone = ZoneInfo(window.zone)
    first = max(at, window.starts_at or at)
    last = min(first + _YEAR, window.ends_at or first + _YEAR)
    for shift in clock_shifts(zone, first, last):
        before = (shift - timedelta(seconds=1)).astimezone(zone)
        after = shift.astimezone(zone)
        start = before.weekday() * _DAY + before.hour * 60 + before.minute + 1
        length = after.hour * 60 + after.minute - (start % _DAY)
        begin = span.weekday * _DAY + span.from_minute
        if start <= begin and begin + (span.until_minute - span.from_minute) <= start + length:
            return shift
    return None


def unreachable_rows(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield rows that another row always beats, that are over, or whose list never counts."""
    configuration = inquiry.configuration
    lists = {item.list_id: (rank, item) for rank, item in enumerate(configuration.lists)}
    windows = {item.window_id: item.window for item in configuration.windows}
    by_sku: dict[tuple[str, Any], list[tuple[int, PriceRow]]] = {}
    for position, row in enumerate(configuration.rows):
        window = windows.get(row.window or "")
        if window is not None and ended(window, inquiry.at):
            yield _row_finding(Reason("lint.row_expired", _named(row)), position)
        elif row.price_list in lists:
            item = lists[row.price_list][1]
            if item.role is ListRole.BASE:
                by_sku.setdefault((row.sku, (row.plan, item.currency)), []).append((position, row))
    order = configuration.specificity
    for rows in by_sku.values():
        for position, row in rows:
            if any(
                other is not row and _always_beats(other, row, lists, order) for _, other in rows
            ):
                yield _row_finding(Reason("lint.row_unreachable", _named(row)), position)


def _row_finding(reason: Reason, position: int) -> Finding:
    return Finding(reason=reason, severity=Severity.WARNING, path=f"$.rows[{position}]")


def _named(row: PriceRow) -> dict[str, str]:
    return {"sku": row.sku, "list_id": row.price_list}


def _always_beats(
    winner: PriceRow, loser: PriceRow, lists: dict[str, Any], order: tuple[PriceKey, ...]
) -> bool:
    """Tell whether wherever one row counts the other counts too, and goes before it."""
    winner_rank, winner_list = lists[winner.price_list]
    loser_rank, loser_list = lists[loser.price_list]
    if winner_list.when not in {ALWAYS, loser_list.when}:
        return False
    for field in ("customer_class", "customer", "location", "zone", "country", "window"):
        if getattr(winner, field) not in {None, getattr(loser, field)}:
            return False
    ranks = [_rank(key, winner, winner_rank) - _rank(key, loser, loser_rank) for key in order]
    return next((difference < 0 for difference in ranks if difference), False)


def _rank(key: PriceKey, row: PriceRow, list_rank: int) -> int:
    """Return how far behind a row is by one key; rows that count where the other does only."""
    match key:
        case PriceKey.LIST:
            return list_rank
        case PriceKey.CUSTOMER_CLASS:
            return 0 if row.customer else 1 if row.customer_class else 2
        case PriceKey.SCOPE:
            scopes = (row.location, row.zone, row.country)
            return next((rank for rank, scope in enumerate(scopes) if scope), len(scopes))
        case PriceKey.WINDOW:
            return 0 if row.window else 1
