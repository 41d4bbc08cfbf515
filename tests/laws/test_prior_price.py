"""The laws of the prior price: the lowest of the days before, and never the reduction itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnicommerce.pricing.history import PriceAnnounced, PricePlace
from omnicommerce.pricing.prior_price import (
    PriorPrice,
    PriorPriceRule,
    PriorStatus,
    Progressive,
    lowest_prior_price,
)

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DRESS = PricePlace("DRESS", "web", "EUR")
OTHER = PricePlace("DRESS", "store", "EUR")
UTC_DAYS = PriorPriceRule(zone="UTC")
TICK = timedelta(microseconds=1)
ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut")

hours = st.integers(-60 * 24, 20 * 24)
amounts = st.integers(1, 20)
instants = st.datetimes(
    datetime.fromisoformat("2024-01-01"),
    datetime.fromisoformat("2027-12-31"),
    timezones=st.just(UTC),
)


@st.composite
def records(draw: st.DrawFn, *, before_hours: int | None = None) -> list[PriceAnnounced]:
    """Draw ordinary prices of one place, hours around noon, perhaps all before some hour."""
    at = draw(st.lists(hours, min_size=1, max_size=8, unique=True))
    return [
        PriceAnnounced(
            place=DRESS,
            amount=draw(st.none() | amounts if turn else amounts),
            at=NOON + timedelta(hours=hour),
        )
        for turn, hour in enumerate(sorted(at))
        if before_hours is None or hour < before_hours
    ]


def prior(
    events: list[PriceAnnounced],
    rule: PriorPriceRule = UTC_DAYS,
    at: datetime = NOON,
    reduction: str | None = None,
) -> PriorPrice:
    """Return the prior price of the dress."""
    return lowest_prior_price(events, DRESS, reduction_starts_at=at, rule=rule, reduction=reduction)


def in_force(events: list[PriceAnnounced], at: datetime) -> int | None:
    """Return the price at an instant: the slow and plain way."""
    so_far = [event for event in events if event.at <= at]
    return max(so_far, key=lambda event: event.at).amount if so_far else None


class TestLowestOfTheWindow:
    """Omnibus: prior price = min of advertised prices in [start − 30 d, start) (pricing 51)."""

    @given(records())
    def test_it_is_the_least_price_of_any_moment_of_the_window(
        self, events: list[PriceAnnounced]
    ) -> None:
        """Looking at the price at every moment at which it may have changed finds the same."""
        opens = NOON - timedelta(days=30)
        moments = [opens, *(event.at for event in events if opens < event.at < NOON)]
        seen = {in_force(events, moment) for moment in moments} - {None}
        found = prior(events)
        if found.status is PriorStatus.KNOWN:
            assert found.amount is not None
            assert min(filter(None, seen)) == found.amount.minor
        else:
            assert found.status is PriorStatus.UNKNOWN
            assert not seen or events[0].at > opens

    @given(records(), st.randoms(use_true_random=False))
    def test_order_repetition_and_other_places_do_not_matter(
        self, events: list[PriceAnnounced], dice: object
    ) -> None:
        """A record may be read in any order, twice, and beside that of another channel."""
        elsewhere = [attrs.evolve(event, place=OTHER, amount=0) for event in events]
        mixed = [*events, *elsewhere, *events]
        dice.shuffle(mixed)  # type: ignore[attr-defined]  # a Random
        assert prior(events) == prior(mixed)

    @given(records(), st.lists(st.tuples(st.integers(0, 500), amounts), max_size=4))
    def test_what_comes_later_never_counts(
        self, events: list[PriceAnnounced], later: list[tuple[int, int]]
    ) -> None:
        """Prices from the start on, that of the reduction included, change nothing."""
        past = [event for event in events if event.at < NOON]
        after = {
            hour: PriceAnnounced(place=DRESS, amount=amount, at=NOON + timedelta(hours=hour))
            for hour, amount in later
        }
        assert prior(past) == prior([*past, *after.values()])

    def test_the_window_is_half_open(self) -> None:
        """A price that ended as the window opened does not count, one that ended later does."""
        opens = NOON - timedelta(days=30)
        for ended_at, expected in ((opens, 80), (opens + TICK, 50)):
            events = [
                PriceAnnounced(place=DRESS, amount=50, at=opens - timedelta(days=9)),
                PriceAnnounced(place=DRESS, amount=80, at=ended_at),
            ]
            amount = prior(events).amount
            assert amount is not None
            assert expected == amount.minor


class TestTheRunningReduction:
    """Omnibus: the prior price never includes the running reduction (pricing 51)."""

    @given(
        records(before_hours=0),
        st.lists(amounts, min_size=1, max_size=4).map(lambda steps: sorted(steps, reverse=True)),
        st.lists(st.integers(1, 900), min_size=4, max_size=4, unique=True).map(sorted),
        st.integers(0, 1000),
    )
    def test_the_day_on_which_it_is_shown_does_not_matter(
        self, past: list[PriceAnnounced], steps: list[int], at: list[int], shown: int
    ) -> None:
        """Asked at any moment of a reduction that deepens, the answer is that of its start."""
        assume(past)
        reduction = [
            PriceAnnounced(
                place=DRESS, amount=step, at=NOON + timedelta(hours=hour), reduction="sale"
            )
            for step, hour in zip(steps, [0, *at], strict=False)
        ]
        assert prior(past) == prior([*past, *reduction], at=NOON + timedelta(hours=shown))

    @given(records(before_hours=0), amounts, amounts, st.integers(1, 29))
    def test_each_step_may_be_a_reduction_of_its_own(
        self, past: list[PriceAnnounced], one: int, other: int, days: int
    ) -> None:
        """Without the option of Article 6a(5), an earlier step's price counts for the later."""
        assume(one != other)
        deep, first = sorted((one, other))
        second_at = NOON + timedelta(days=days)
        events = [
            *past,
            PriceAnnounced(place=DRESS, amount=first, at=NOON, reduction="sale"),
            PriceAnnounced(place=DRESS, amount=deep, at=second_at, reduction="sale"),
        ]
        rule = PriorPriceRule(zone="UTC", progressive=Progressive.EACH_STEP)
        found = prior(events, rule, at=second_at)
        assert found.starts_at == second_at
        if found.status is PriorStatus.KNOWN:
            assert found.amount is not None
            assert found.amount.minor <= first

    @pytest.mark.parametrize(
        "between",
        [
            pytest.param({"amount": 90, "reduction": None}, id="an ordinary price"),
            pytest.param({"amount": None, "reduction": None}, id="not on offer"),
            pytest.param({"amount": 95, "reduction": "sale"}, id="it rose"),
            pytest.param({"amount": 70, "reduction": "other"}, id="another reduction"),
        ],
    )
    def test_a_reduction_that_was_interrupted_begins_again(
        self, between: dict[str, int | str | None]
    ) -> None:
        """After an interruption the earlier prices of the same reduction are prior prices."""
        events = [
            PriceAnnounced(place=DRESS, amount=100, at=NOON - timedelta(days=60)),
            PriceAnnounced(place=DRESS, amount=80, at=NOON - timedelta(days=20), reduction="sale"),
            PriceAnnounced(place=DRESS, at=NOON - timedelta(days=5), **between),  # type: ignore[arg-type]  # as above
            PriceAnnounced(place=DRESS, amount=60, at=NOON, reduction="sale"),
        ]
        found = prior(events, at=NOON + timedelta(days=3))
        assert found.amount is not None
        lower = between["amount"] if between["reduction"] == "other" else 80
        first = NOON - timedelta(days=5) if between["reduction"] == "sale" else NOON
        assert (lower, first) == (found.amount.minor, found.starts_at)


class TestDaysOfAZone:
    """Days are counted on the wall of the zone, and are never shorter than 24 hours each."""

    @given(instants, st.sampled_from(ZONES), st.integers(1, 60))
    def test_the_window_opens_at_the_same_time_of_day(
        self, starts_at: datetime, zone: str, days: int
    ) -> None:
        """It opens when the wall shows the same time so many days before, or earlier."""
        opens = PriorPriceRule(zone=zone, days=days).opens_at(starts_at)
        wall = starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        opening = opens.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        day = timedelta(days=days)
        assert starts_at - opens >= day
        assert wall - opening >= day or opens == starts_at - day
        assert wall - opening <= day + timedelta(hours=1)

    @pytest.mark.parametrize(
        ("starts", "hours"),
        [
            pytest.param("2026-11-13T00:00+01:00", 30 * 24 + 1, id="clocks were put back"),
            pytest.param("2026-04-13T00:00+02:00", 30 * 24, id="clocks were put forward"),
            pytest.param("2026-04-28T02:30+02:00", 30 * 24, id="the clocks skip the time"),
            pytest.param("2026-11-24T02:30+01:00", 30 * 24 + 1, id="the time was there twice"),
        ],
    )
    def test_clock_changes(self, starts: str, hours: int) -> None:
        """In Madrid the window is an hour longer across October, and never one shorter."""
        starts_at = datetime.fromisoformat(starts).astimezone(UTC)
        opens = PriorPriceRule(zone="Europe/Madrid").opens_at(starts_at)
        assert timedelta(hours=hours) == starts_at - opens
