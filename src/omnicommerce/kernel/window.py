"""Windows: half-open stretches of time in a named zone, with weekly recurrence."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue

__all__ = ["Gap", "WeeklySpan", "Window", "clock_shifts"]

_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN: Final = re.compile(r"([A-Za-z]{3}) (\d{1,2}):(\d\d)-(\d{1,3}):(\d\d)", re.ASCII)
_TICK: Final = timedelta(microseconds=1)


class Gap(enum.StrEnum):
    """What a local time that the clocks skip means: an error, or the first instant after."""

    REFUSE = "refuse"
    SHIFT = "shift"


@attrs.frozen(order=True)
class WeeklySpan:
    """A stretch of every week, by the clock on the wall; half-open.

    Args:
        weekday: The day on which it starts, 0 is Monday.
        from_minute: Minutes after midnight at which it starts, 0 to 1439.
        until_minute: Minutes after the same midnight at which it ends: 1440 is
            24:00, more lies on the days that follow; at most a week later.

    Example:
        >>> str(WeeklySpan(4, 22 * 60, 26 * 60))
        'Fri 22:00-26:00'
        >>> WeeklySpan.parse("Fri 22:00-02:00") == WeeklySpan(4, 22 * 60, 26 * 60)
        True
    """

    weekday: int = attrs.field()
    from_minute: int = attrs.field()
    until_minute: int = attrs.field()

    @weekday.validator
    def _check_weekday(self, _: object, value: object) -> None:
        if type(value) is not int or not 0 <= value < len(_WEEKDAYS):
            raise InvalidValue("weekday", f"must be 0 (Monday) to 6 (Sunday), not {value!r}")

    @from_minute.validator
    def _check_from(self, _: object, value: object) -> None:
        if type(value) is not int or not 0 <= value < _DAY:
            raise InvalidValue("from_minute", f"must be 0 to 1439, not {value!r}")

    @until_minute.validator
    def _check_until(self, _: object, value: object) -> None:
        if type(value) is not int or not self.from_minute < value <= self.from_minute + _WEEK:
            raise InvalidValue(
                "until_minute", f"must be after from_minute by at most a week, not {value!r}"
            )

    @classmethod
    def parse(cls, text: str) -> WeeklySpan:
        """Read ``"Fri 22:00-26:00"`` or ``"Fri 22:00-02:00"``; the inverse of ``str``."""
        found = _SPAN.fullmatch(str(text))
        if found is None or found[1].title() not in _WEEKDAYS:
            raise InvalidValue("weekly", f'must be text such as "Fri 09:00-21:00", not {text!r}')
        if max(int(found[3]), int(found[5])) >= 60:  # noqa: PLR2004 - minutes of an hour
            raise InvalidValue("weekly", f"{text!r} has a time with more than 59 minutes")
        start = int(found[2]) * 60 + int(found[3])
        end = int(found[4]) * 60 + int(found[5])
        return cls(_WEEKDAYS.index(found[1].title()), start, end if end > start else end + _DAY)

    def __str__(self) -> str:
        """Show as ``Fri 22:00-26:00``."""
        return f"{_WEEKDAYS[self.weekday]} {_clock(self.from_minute)}-{_clock(self.until_minute)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _start(value: datetime | None) -> datetime | None:
    return None if value is None else require_instant(value, "starts_at")


def _end(value: datetime | None) -> datetime | None:
    return None if value is None else require_instant(value, "ends_at")


def _spans(value: Iterable[WeeklySpan] | None) -> tuple[WeeklySpan, ...] | None:
    return None if value is None else tuple(sorted(set(value)))


@attrs.frozen(kw_only=True)
class Window:
    """A half-open stretch of time ``[starts_at, ends_at)``, perhaps only at some hours of a week.

    With ``weekly``, an instant is inside when the clock on the wall in ``zone``
    shows a time of one of the spans. So when clocks are put back, a span over
    the repeated hour is open in both of them, and what clocks skip never is.

    Args:
        starts_at: First instant inside; None: since ever.
        ends_at: First instant no longer inside; None: for ever.
        zone: IANA name of the zone whose wall clock counts.
        weekly: Spans of every week; None: all week.

    Raises:
        InvalidValue: A naive datetime, an end that is not after the start, an
            unknown zone, or no span in ``weekly``.

    Example:
        >>> from datetime import UTC, datetime
        >>> late = Window(zone="Europe/Madrid", weekly=[WeeklySpan.parse("Fri 22:00-02:00")])
        >>> late.contains(datetime(2026, 11, 21, 0, 59, tzinfo=UTC))
        True
        >>> late.contains(datetime(2026, 11, 21, 1, 0, tzinfo=UTC))
        False
    """

    starts_at: datetime | None = attrs.field(default=None, converter=_start)
    ends_at: datetime | None = attrs.field(default=None, converter=_end)
    zone: str = "UTC"
    weekly: tuple[WeeklySpan, ...] | None = attrs.field(default=None, converter=_spans)
    _tz: ZoneInfo = attrs.field(init=False, repr=False, eq=False)
    _open: tuple[tuple[int, int], ...] = attrs.field(init=False, repr=False, eq=False)

    @_tz.default
    def _load_zone(self) -> ZoneInfo:
        return _zone(self.zone)

    @_open.default
    def _minutes_of_week(self) -> tuple[tuple[int, int], ...]:
        spans = self.weekly or ()
        return tuple((span.weekday * _DAY + span.from_minute, _length(span)) for span in spans)

    def __attrs_post_init__(self) -> None:
        """Refuse windows that nothing can be inside of."""
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise InvalidValue(
                "ends_at",
                f"{self.ends_at.isoformat()} is not after the start {self.starts_at.isoformat()}",
            )
        if self.weekly is not None and not self.weekly:
            raise InvalidValue("weekly", "names no span; leave it out to mean all week")

    @classmethod
    def always(cls) -> Window:
        """Return the window that everything is inside of."""
        return cls()

    @classmethod
    def between(
        cls, starts_at: datetime | None, ends_at: datetime | None, *, zone: str = "UTC"
    ) -> Window:
        """Return the window from one instant up to, and not including, another."""
        return cls(starts_at=starts_at, ends_at=ends_at, zone=zone)

    @classmethod
    def local(
        cls,
        starts: date | datetime | None,
        ends: date | datetime | None,
        zone: str,
        *,
        weekly: Iterable[WeeklySpan] | None = None,
        gap: Gap = Gap.REFUSE,
    ) -> Window:
        """Return the window between two local times, ``ends`` not included.

        A date means the first instant of that day. A time that occurs twice is
        the earlier one, unless the datetime says ``fold=1``. A time that the
        clocks skip follows ``gap``.

        Raises:
            InvalidValue: A datetime that has a zone already, or one in a gap.

        Example:
            >>> str(Window.local(date(2026, 11, 27), date(2026, 11, 30), "Europe/Madrid"))
            '2026-11-27 00:00+01:00 to 2026-11-30 00:00+01:00, Europe/Madrid'
        """
        tz = _zone(zone)
        return cls(
            starts_at=_instant(starts, tz, "starts", gap),
            ends_at=_instant(ends, tz, "ends", gap),
            zone=zone,
            weekly=_spans(weekly),
        )

    def contains(self, at: datetime) -> bool:
        """Tell whether the instant is inside.

        Raises:
            InvalidValue: ``at`` is naive.
        """
        if at.tzinfo is None:
            require_instant(at)
        if self.starts_at is not None and at < self.starts_at:
            return False
        if self.ends_at is not None and at >= self.ends_at:
            return False
        return not self._open or self._is_open(at)

    def _is_open(self, at: datetime) -> bool:
        wall = at.astimezone(self._tz)
        minute = wall.weekday() * _DAY + wall.hour * 60 + wall.minute
        return any((minute - start) % _WEEK < length for start, length in self._open)

    def boundaries(self, after: datetime, before: datetime) -> tuple[datetime, ...]:
        """Return every instant in ``(after, before]`` at which `contains` changes, in UTC order.

        So `contains` is constant from each boundary up to the next one. The
        cost grows with the days between the two, where ``weekly`` is given.
        """
        first, last = require_instant(after, "after"), require_instant(before, "before")
        candidates = {bound for bound in (self.starts_at, self.ends_at) if bound is not None}
        if self._open:
            candidates.update(self._wall_boundaries(first, last))
            candidates.update(clock_shifts(self._tz, first, last))
        return tuple(
            instant
            for instant in sorted(candidates)
            if first < instant <= last
            and self.contains(instant) is not self.contains(instant - _TICK)
        )

    def _wall_boundaries(self, first: datetime, last: datetime) -> Iterator[datetime]:
        week = timedelta(weeks=1)
        day = first.astimezone(self._tz).date() - week - timedelta(days=1)
        monday = datetime.combine(day - timedelta(days=day.weekday()), time())
        while monday.replace(tzinfo=UTC) <= last + timedelta(days=2):
            for start, length in self._open:
                for minutes in (start, start + length):
                    wall = (monday + timedelta(minutes=minutes)).replace(tzinfo=self._tz)
                    yield wall.astimezone(UTC)
                    yield wall.replace(fold=1).astimezone(UTC)
            monday += week

    def __str__(self) -> str:
        """Show bounds by the wall clock of the zone, then the weekly spans."""
        parts = list(map(str, self.weekly or ()))
        if self.starts_at is not None or self.ends_at is not None:
            parts.insert(0, f"{self._show(self.starts_at)} to {self._show(self.ends_at)}")
        return ", ".join([*parts, self.zone]) if parts else "always"

    def _show(self, bound: datetime | None) -> str:
        if bound is None:
            return "…"
        return bound.astimezone(self._tz).isoformat(" ").replace(":00+", "+").replace(":00-", "-")


def _length(span: WeeklySpan) -> int:
    return span.until_minute - span.from_minute


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(name)  # type: ignore[arg-type] # what is not text is refused below
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        raise InvalidValue(
            "zone", f"{name!r} is not an IANA zone such as 'Europe/Madrid'"
        ) from None


def _instant(value: date | datetime | None, tz: ZoneInfo, field: str, gap: Gap) -> datetime | None:
    """Turn a local date or time into its instant."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        midnight = datetime.combine(value, time(), tzinfo=tz)
        return _settle(midnight) or midnight.astimezone(UTC)
    if value.tzinfo is not None:
        raise InvalidValue(field, f"{value.isoformat()} has a zone already; use Window.between")
    wall = value.replace(tzinfo=tz)
    after_gap = _settle(wall)
    if after_gap is not None and gap is Gap.REFUSE:
        raise InvalidValue(
            field,
            f"{value.isoformat(' ')} does not exist in {tz.key}: clocks skip to "
            f"{after_gap.astimezone(tz).isoformat(' ')}; use that, or gap=Gap.SHIFT",
        )
    return after_gap or wall.astimezone(UTC)


def _settle(wall: datetime) -> datetime | None:
    """Return the first instant after the gap that the local time lies in; None: in no gap."""
    tz = wall.tzinfo
    if wall.astimezone(UTC).astimezone(tz).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return None
    early = wall.replace(fold=1).astimezone(UTC)
    late = wall.replace(fold=0).astimezone(UTC)
    return next(iter(clock_shifts(tz, early, late)))  # type: ignore[arg-type] # the zone of `wall`


def clock_shifts(tz: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the instants in ``(first, last]`` at which the offset from UTC changes.

    Zones are sampled four times a day: no zone has ever changed and changed back in less.
    """
    step = timedelta(hours=6)
    while first < last:
        following = min(first + step, last)
        if _offset(tz, first) != _offset(tz, following):
            yield _bisect(tz, first, following)
        first = following


def _bisect(tz: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the whole second between the two at which the offset becomes that of ``after``."""
    low, high = int(before.timestamp()), int(after.timestamp())
    target = _offset(tz, after)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(tz, datetime.fromtimestamp(middle, UTC)) == target:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(tz: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(tz).utcoffset()
