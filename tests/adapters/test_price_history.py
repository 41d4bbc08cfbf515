from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnicommerce.adapters.memory.price_history import MemoryPriceHistory
from omnicommerce.adapters.sql import SqlStore
from omnicommerce.adapters.sql.price_history import SqlPriceHistory
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.history import PriceAnnounced, PricePlace
from omnicommerce.pricing.ports import PriceHistory

Run = Callable[[Callable[[PriceHistory], Any]], Any]

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WEB = PricePlace("DRESS", "web", "EUR")
GOLD = PricePlace("DRESS", "web", "EUR", segment="gold")
MADRID = PricePlace("DRESS", "store", "EUR", location="Madrid, Gran Vía 😀")
POUNDS = PricePlace("DRESS", "web", "GBP")
SCARF = PricePlace("SCARF", "web", "EUR")


def _price(
    amount: int | None, days: int = 0, place: PricePlace = WEB, reduction: str | None = None
) -> PriceAnnounced:
    return PriceAnnounced(place=place, amount=amount, at=NOON + days * DAY, reduction=reduction)


@contextmanager
def _histories(url: str) -> Iterator[Callable[[], Run]]:
    """Give a function that empties the history, and runs work on it in a transaction."""
    if url == "memory:":

        def fresh() -> Run:
            history = MemoryPriceHistory()
            return lambda work: work(history)

        yield fresh
        return
    store = SqlStore.open(url, patience=timedelta(seconds=3))

    def emptied() -> Run:
        with store._engine.begin() as connection:
            connection.exec_driver_sql("delete from oc_price")
        return lambda work: store.run(lambda unit: work(SqlPriceHistory(unit.transaction)))

    yield emptied
    store.close()


@pytest.fixture
def run(database_url: str) -> Iterator[Run]:
    """Give what runs work on an empty history of each kind."""
    with _histories(database_url) as fresh:
        yield fresh()


def _record(run: Run, *events: PriceAnnounced) -> int:
    return int(run(lambda history: history.record(events)))


def test_announcements_come_back_as_they_were_recorded(run: Run) -> None:
    """Every field survives, the ends of an offer too, in order of place and time."""
    events = [
        _price(8990, -3, MADRID),
        _price(8990, -4),
        _price(6990, -2, reduction="black-friday"),
        _price(None, -1),
        _price(5990, -2, GOLD),
        _price(7990, -9, POUNDS),
    ]
    assert 6 == _record(run, *reversed(events))
    assert tuple(events) == run(lambda history: history.of_sku("DRESS"))
    assert () == run(lambda history: history.of_sku("SCARF"))


def test_recording_again_changes_nothing(run: Run) -> None:
    """What is kept already is not counted as new, alone or among others, and nothing is empty."""
    assert 0 == _record(run)
    assert 1 == _record(run, _price(8990), _price(8990))
    assert 1 == _record(run, _price(6990, 1), _price(8990))
    assert 0 == _record(run, _price(6990, 1), _price(8990))
    assert 2 == len(run(lambda history: history.of_sku("DRESS")))


@pytest.mark.parametrize("other", [_price(8991), _price(None), _price(8990, reduction="sale")])
def test_a_place_has_one_price_at_an_instant(run: Run, other: PriceAnnounced) -> None:
    """The past cannot be changed, nor said in two ways, and then nothing of it is kept."""
    with pytest.raises(InvalidValue, match="'DRESS' has another price at 2026-11-21T12:00"):
        _record(run, _price(8990), other)
    assert () == run(lambda history: history.of_sku("DRESS"))
    _record(run, _price(8990))
    with pytest.raises(InvalidValue, match="another price"):
        _record(run, _price(100, 5), other)
    assert (_price(8990),) == run(lambda history: history.of_sku("DRESS"))


def test_a_window_is_half_open_and_begins_with_what_was_in_force(run: Run) -> None:
    """The price in force when the window opens is in it, the one that starts as it ends is not."""
    first, second, third = _price(8990, -9), _price(7990, -2), _price(6990)
    scarf, gold = _price(100, -1, SCARF), _price(5990, -1, GOLD)
    _record(run, first, second, third, scarf, gold)

    def window(since: timedelta | None, until: timedelta | None) -> Any:
        return run(
            lambda history: history.of_sku(
                "DRESS",
                since=None if since is None else NOON + since,
                until=None if until is None else NOON + until,
            )
        )

    tick = timedelta(microseconds=1)
    assert (first, second, gold) == window(-5 * DAY, timedelta())
    assert (first, second, third, gold) == window(-5 * DAY, tick)
    assert (second, gold) == window(-2 * DAY, timedelta())
    assert (first, second, gold) == window(-2 * DAY - tick, timedelta())
    assert (third, gold) == window(timedelta(), None)
    assert (first,) == window(None, -2 * DAY)
    assert () == window(DAY, DAY)


def test_what_is_in_force_is_the_latest_of_each_place(run: Run) -> None:
    """Of every place of the SKUs asked for, the last announcement up to the instant counts."""
    old, new, later = _price(8990, -9), _price(7990), _price(6990, 1)
    gold, scarf, gone = _price(5990, -1, GOLD), _price(100, -1, SCARF), _price(None, -1, MADRID)
    _record(run, old, new, later, gold, scarf, gone)

    def in_force(*skus: str) -> Any:
        return run(lambda history: history.in_force(skus, at=NOON))

    assert (gone, new, gold) == in_force("DRESS", "DRESS")
    assert (gone, new, gold, scarf) == in_force("SCARF", "DRESS", "SHOES")
    assert () == in_force()


def _asking(sku: str, since: datetime, until: datetime) -> Callable[[PriceHistory], Any]:
    return lambda history: history.of_sku(sku, since=since, until=until)


_places = st.sampled_from([WEB, GOLD, MADRID, POUNDS, SCARF])
_days = st.integers(-4, 4)
_written = st.lists(
    st.builds(_price, st.none() | st.integers(0, 9), _days, _places, st.sampled_from([None, "s"])),
    unique_by=lambda event: (event.place, event.at),
)


def test_every_store_answers_as_the_reference_does(database_url: str) -> None:
    """Whatever is recorded in whatever order, all stores give the answers of the memory one."""
    with _histories(database_url) as fresh:

        @given(_written, _written, _days, _days)
        @settings(suppress_health_check=[HealthCheck.too_slow])
        def compare(
            first: list[PriceAnnounced], more: list[PriceAnnounced], since: int, until: int
        ) -> None:
            run, reference = fresh(), MemoryPriceHistory()
            taken = {(event.place, event.at) for event in first}
            later = [event for event in more if (event.place, event.at) not in taken]
            for events in (first, later):
                assert reference.record(events) == _record(run, *events)
            since_at, until_at = NOON + since * DAY, NOON + until * DAY
            for sku in ("DRESS", "SCARF"):
                ask = _asking(sku, since_at, until_at)
                assert ask(reference) == run(ask)
            wanted = ("DRESS", "SCARF")
            assert reference.in_force(wanted, at=since_at) == run(
                lambda history: history.in_force(wanted, at=since_at)
            )

        compare()
