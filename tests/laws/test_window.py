"""The laws of windows: half-open, constant between boundaries, right across clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.window import Gap, WeeklySpan, Window

ZONES = (
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",  # moves its clocks by half an hour
    "Asia/Kathmandu",  # 5:45 ahead
    "Asia/Beirut",  # moves its clocks at midnight
    "Africa/Casablanca",  # moves them around Ramadan
)
TICK = timedelta(microseconds=1)

instants = st.datetimes(
    datetime.fromisoformat("2024-01-01"),
    datetime.fromisoformat("2027-12-31"),
    timezones=st.just(UTC),
)
# Near the clock changes of Europe, America and Lord Howe in 2026, to the minute.
near_changes = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes),
    st.sampled_from(
        [
            datetime(2026, 3, 28, 22, tzinfo=UTC),
            datetime(2026, 10, 24, 22, tzinfo=UTC),
            datetime(2026, 3, 8, 4, tzinfo=UTC),
            datetime(2026, 11, 1, 3, tzinfo=UTC),
            datetime(2026, 4, 4, 12, tzinfo=UTC),
            datetime(2026, 10, 3, 12, tzinfo=UTC),
        ]
    ),
    st.integers(0, 12 * 60),
)
moments = instants | near_changes
zones = st.sampled_from(ZONES)


@st.composite
def spans(draw: st.DrawFn) -> WeeklySpan:
    """Draw a span, often a short one in a night from Saturday to Sunday."""
    start = draw(st.integers(0, 1439) | st.sampled_from([0, 60, 120, 150, 180, 1380]))
    length = draw(st.integers(1, 7 * 1440) | st.integers(1, 300))
    return WeeklySpan(draw(st.integers(0, 6) | st.just(6)), start, start + length)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Draw any window."""
    start, end = sorted([draw(moments), draw(moments)])
    return Window(
        starts_at=draw(st.sampled_from([None, start])),
        ends_at=draw(st.sampled_from([None, end if end > start else end + TICK])),
        zone=draw(zones),
        weekly=draw(st.none() | st.lists(spans(), min_size=1, max_size=4)),
    )


class TestHalfOpen:
    """A window MUST be active at its start and inactive at its end (pricing 41)."""

    @given(st.lists(moments, min_size=3, max_size=3, unique=True).map(sorted), moments, zones)
    def test_adjacent_windows_never_both_or_neither(
        self, bounds: list[datetime], at: datetime, zone: str
    ) -> None:
        """Of two adjacent windows exactly one contains each instant between their ends."""
        start, middle, end = bounds
        early = Window.between(start, middle, zone=zone)
        late = Window.between(middle, end, zone=zone)
        for instant in (at, start, middle, end, middle - TICK, end - TICK):
            inside = early.contains(instant) + late.contains(instant)
            assert inside == (start <= instant < end)

    @given(zones, moments, st.integers(0, 6), st.integers(1, 1439))
    def test_adjacent_spans_never_both_or_neither(
        self, zone: str, at: datetime, weekday: int, cut: int
    ) -> None:
        """A day cut in two is open in exactly one part at each of its instants."""
        early = Window(zone=zone, weekly=[WeeklySpan(weekday, 0, cut)])
        late = Window(zone=zone, weekly=[WeeklySpan(weekday, cut, 1440)])
        is_day = at.astimezone(ZoneInfo(zone)).weekday() == weekday
        assert early.contains(at) + late.contains(at) == is_day

    @given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), zones)
    def test_local_days_are_adjacent(self, day: date, zone: str) -> None:
        """The end of one local day is the start of the next, even when clocks move at midnight."""
        following = day + timedelta(days=1)
        first = Window.local(day, following, zone)
        second = Window.local(following, following + timedelta(days=1), zone)
        assert first.ends_at == second.starts_at


class TestBoundaries:
    """What a window says MUST change at its boundaries and nowhere else (pricing 42)."""

    @given(windows(), st.tuples(moments, st.integers(0, 40 * 24 * 60)))
    def test_nothing_changes_between_boundaries(
        self, window: Window, stretch: tuple[datetime, int]
    ) -> None:
        """Sampled every few minutes, the window changes exactly where a boundary lies between."""
        first = stretch[0]
        last = first + timedelta(minutes=stretch[1])
        boundaries = window.boundaries(first, last)
        step = max((last - first) / 200, timedelta(minutes=1))
        at = first
        while at < last:
            following = min(at + step, last)
            crossed = sum(at < boundary <= following for boundary in boundaries)
            assert (window.contains(at) is not window.contains(following)) == (crossed % 2 == 1)
            at = following

    @given(windows(), moments, st.integers(0, 60))
    def test_contains_flips_at_each_boundary(
        self, window: Window, first: datetime, days: int
    ) -> None:
        """Just before a boundary the answer is the other one; boundaries are sorted, in UTC."""
        boundaries = window.boundaries(first, first + timedelta(days=days))
        assert list(boundaries) == sorted(set(boundaries))
        for boundary in boundaries:
            assert boundary.tzinfo is UTC
            assert window.contains(boundary) is not window.contains(boundary - TICK)

    @given(windows(), st.lists(moments, min_size=3, max_size=3).map(sorted))
    def test_boundaries_add_up(self, window: Window, cuts: list[datetime]) -> None:
        """The boundaries of two adjacent stretches are those of the whole."""
        first, middle, last = cuts
        parts = window.boundaries(first, middle) + window.boundaries(middle, last)
        assert parts == window.boundaries(first, last)


class TestZones:
    """A window in a store's zone MUST agree with conversion to UTC (pricing 43)."""

    @given(spans(), zones, moments)
    def test_spans_follow_the_wall_clock(self, span: WeeklySpan, zone: str, at: datetime) -> None:
        """Open exactly when the wall clock shows a time of the span, whatever its offset."""
        wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        midnight = datetime.combine(
            wall.date() - timedelta(days=wall.weekday()), datetime.min.time()
        )
        opens = midnight + timedelta(days=span.weekday, minutes=span.from_minute)
        length = timedelta(minutes=span.until_minute - span.from_minute)
        weeks = (opens, opens - timedelta(weeks=1))
        expected = any(start <= wall < start + length for start in weeks)
        assert Window(zone=zone, weekly=[span]).contains(at) is expected

    @given(windows(), moments, st.integers(-14 * 60, 14 * 60))
    def test_an_instant_is_the_same_in_every_zone(
        self, window: Window, at: datetime, offset: int
    ) -> None:
        """How an instant is written changes nothing."""
        elsewhere = at.astimezone(timezone(timedelta(minutes=offset)))
        assert window.contains(elsewhere) is window.contains(at)
        assert Window.between(elsewhere, None) == Window.between(at, None)

    @given(
        st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01")),
        zones,
    )
    def test_local_times_convert_as_the_zone_says(self, local: datetime, zone: str) -> None:
        """A local start reads the same on the wall clock, or is the end of the gap it lies in."""
        start = Window.local(local, None, zone, gap=Gap.SHIFT).starts_at
        assert start is not None
        wall = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        before = (start - TICK).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert wall == local or before < local < wall


MADRID_LATE = Window(zone="Europe/Madrid", weekly=[WeeklySpan.parse("Sun 01:00-02:30")])


def test_a_repeated_hour_is_open_twice() -> None:
    """When clocks go back, a span over the repeated hour is open in both of them."""
    day = datetime(2026, 10, 24, 12, tzinfo=UTC)
    expected = [
        datetime(2026, 10, 24, 23, 0, tzinfo=UTC),  # 01:00 +02:00
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 02:30 +02:00
        datetime(2026, 10, 25, 1, 0, tzinfo=UTC),  # 02:00 +01:00
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # 02:30 +01:00
    ]
    assert expected == list(MADRID_LATE.boundaries(day, day + timedelta(days=1)))


def test_a_skipped_time_ends_with_the_gap() -> None:
    """When clocks go forward, a span that would end inside the gap ends where it begins."""
    day = datetime(2026, 3, 28, 12, tzinfo=UTC)
    expected = [datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)]
    assert expected == list(MADRID_LATE.boundaries(day, day + timedelta(days=1)))


def test_a_local_time_in_a_gap_is_refused_by_name() -> None:
    """A time that the clocks skip is an error that says where they skip to."""
    with pytest.raises(InvalidValue, match=r"clocks skip to 2026-03-29 03:00:00\+02:00"):
        Window.local(datetime.fromisoformat("2026-03-29 02:30"), None, "Europe/Madrid")


def test_an_ambiguous_time_is_the_earlier_unless_folded() -> None:
    """A local time that occurs twice is the first of the two; ``fold=1`` is the second."""
    local = datetime.fromisoformat("2026-10-25 02:30")
    early = Window.local(local, None, "Europe/Madrid")
    late = Window.local(local.replace(fold=1), None, "Europe/Madrid")
    assert early.starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert late.starts_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"starts_at": datetime.fromisoformat("2026-01-01")}, "starts_at"),
        ({"ends_at": datetime.fromisoformat("2026-01-01")}, "ends_at"),
        ({"starts_at": "2026-01-01"}, "starts_at"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"zone": "../secret"}, "zone"),
        ({"zone": None}, "zone"),
        ({"weekly": ()}, "weekly"),
    ],
)
def test_impossible_windows_are_refused(options: dict[str, object], field: str) -> None:
    """Naive, unknown and empty parts are an error that names the field."""
    with pytest.raises(InvalidValue) as caught:
        Window(**options)  # type: ignore[arg-type] # that is the point
    assert caught.value.field == field


@pytest.mark.parametrize("seconds", [0, -1])
def test_inverted_and_empty_windows_are_refused(seconds: int) -> None:
    """A window whose end is not after its start contains nothing, so it is a mistake."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidValue, match="is not after the start"):
        Window.between(start, start + timedelta(seconds=seconds))


def test_naive_questions_are_refused() -> None:
    """An instant without a zone cannot be looked up."""
    with pytest.raises(InvalidValue, match="naive"):
        Window.always().contains(datetime.fromisoformat("2026-01-01"))


@pytest.mark.parametrize(
    "text",
    ["", "Fri", "Fri 9-21", "Fry 09:00-21:00", "Fri 24:00-25:00", "Fri 09:60-10:00", None, 7],
)
def test_malformed_spans_are_refused(text: str) -> None:
    """What is not a weekday and two times is an error."""
    with pytest.raises(InvalidValue):
        WeeklySpan.parse(text)


@given(spans())
def test_spans_are_read_back(span: WeeklySpan) -> None:
    """A span reads back from its text; ends after midnight count on from 24:00."""
    assert WeeklySpan.parse(str(span)) == span


def test_windows_read_well() -> None:
    """A window shows its bounds on the zone's wall clock, and its spans."""
    week = [WeeklySpan.parse("Sat 09:00-24:00")]
    window = Window.local(date(2026, 11, 27), None, "Europe/Madrid", weekly=week)
    assert str(window) == "2026-11-27 00:00+01:00 to …, Sat 09:00-24:00, Europe/Madrid"
    assert str(Window.always()) == "always"


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ((7, 0, 60), "weekday"),
        ((True, 0, 60), "weekday"),
        ((0, 1440, 1500), "from_minute"),
        ((0, -1, 60), "from_minute"),
        ((0, 60, 60), "until_minute"),
        ((0, 60, 60 + 7 * 1440 + 1), "until_minute"),
        ((0, 60, 90.5), "until_minute"),
    ],
)
def test_impossible_spans_are_refused(numbers: tuple[int, int, int], field: str) -> None:
    """A span needs a weekday, a start within that day, and an end after it within a week."""
    with pytest.raises(InvalidValue) as caught:
        WeeklySpan(*numbers)
    assert caught.value.field == field


def test_a_local_time_with_a_zone_is_refused() -> None:
    """Two zones for one time contradict each other."""
    with pytest.raises(InvalidValue, match="has a zone already"):
        Window.local(datetime(2026, 1, 1, tzinfo=UTC), None, "Europe/Madrid")


@given(windows())
def test_windows_are_values(window: Window) -> None:
    """Equal windows are equal keys, in whatever order their spans were given."""
    spans_given = None if window.weekly is None else tuple(reversed(window.weekly))
    again = Window(
        starts_at=window.starts_at, ends_at=window.ends_at, zone=window.zone, weekly=spans_given
    )
    assert {window: 1}[again] == 1
