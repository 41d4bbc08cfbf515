"""Counts as of an instant, merged with what was booked since."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.i18n import render
from omnicommerce.inventory import feed, reconciling
from omnicommerce.inventory.feed import FeedVerdict, StockCount
from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound
from omnicommerce.ledger.model import Command
from tests.inventory.stock_room import NOON, SHIRT, StockRoom, stock_room

MINUTE = timedelta(minutes=1)


def counted(units: int, at: datetime = NOON, sku: str = SHIRT, place: str = "sol") -> StockCount:
    """Return a count of shirts at Sol."""
    return StockCount(sku=sku, location_id=place, counted=units, at=at)


def sell(room: StockRoom, order: str, units: int) -> None:
    """Hold and capture."""
    room.hold(order, units, None)
    room.end("capture", order)


def test_what_was_booked_since_the_count_stays(database_url: str) -> None:
    """Counted 8 where the books said 10; two sold and five received since stay so, once (I4)."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 10, key="in")
        room.inventory.receive("SCARF", "depot", 3, key="in-2")
        room.clock.advance(10 * MINUTE)
        sell(room, "order-1", 2)
        room.inventory.receive(SHIRT, "sol", 5, key="in-3")
        rows = [counted(8), counted(3, sku="SCARF", place="depot")]
        for feed_rows in (rows, rows[::-1]):
            report = room.inventory.reconcile(feed_rows, key="file-1")
            assert [(r.count.sku, r.verdict, r.booked, r.change) for r in report.rows] == [
                ("SCARF", FeedVerdict.UNCHANGED, 3, 0),
                (SHIRT, FeedVerdict.CHANGED, 10, -2),
            ]
            assert room.on_hand() == 11
        with pytest.raises(KeyReused):
            room.inventory.reconcile([counted(7), *rows[1:]], key="file-1")
        again = room.inventory.reconcile(rows, key="file-2")
        assert not again.of(FeedVerdict.CHANGED)
        assert room.on_hand() == 11
        assert room.is_clean()


def test_an_older_count_never_overrides_a_later_one(database_url: str) -> None:
    """Neither a feed's nor one made at once, even if that found nothing to correct."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 10, key="in")
        room.inventory.receive(SHIRT, "depot", 10, key="in-2")
        room.clock.advance(10 * MINUTE)
        room.inventory.reconcile([counted(10, NOON + 5 * MINUTE)], key="file-2")
        room.inventory.count(SHIRT, "depot", 10, key="count-1")
        late = room.inventory.reconcile([counted(8), counted(8, place="depot")], key="file-1")
        assert [row.verdict for row in late.rows] == ["superseded", "superseded"]
        assert (room.on_hand(), room.on_hand("depot")) == (10, 10)
        room.inventory.reconcile([counted(9, NOON + 7 * MINUTE)], key="file-3")
        assert room.on_hand() == 9


def test_a_count_that_later_sales_contradict_says_so() -> None:
    """More was sold since than was found: the books show it, and the report asks to count."""
    with stock_room() as room:
        room.inventory.receive(SHIRT, "sol", 10, key="in")
        room.clock.advance(MINUTE)
        sell(room, "order-1", 5)
        row = room.inventory.reconcile([counted(3)], key="file-1").rows[0]
        assert (row.change, row.on_hand) == (-7, -2)
        assert room.inventory.available(SHIRT, "sol").available == 0
        said = render(row.reason, locale="en", names={"sku": {SHIRT: "Shirt"}})
        assert said.endswith("but more than that was taken since; now -2 on hand. Count again.")
        assert "Hay que contar de nuevo." in render(row.reason, locale="es")


def test_causes_of_others_are_no_instants() -> None:
    """Who writes like a feed into the journal is taken at the instant of the entry."""
    with stock_room() as room:
        account = counted(0).account
        for document in ("noon", "2026-11-23T12:00:00"):
            by = Command(f"other-{document}", f"count as of #{document}", NOON)
            room.store.run(lambda u, by=by: u.ledger.adjust(account, 2, by=by))
        room.clock.advance(MINUTE)
        assert room.inventory.reconcile([counted(5)], key="file").rows[0].booked == 4


def test_what_is_booked_meanwhile_stays(database_url: str) -> None:
    """Sales and a second feed of the same beside the first: nothing is lost or corrected twice."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 20, key="in")
        room.clock.advance(MINUTE)

        def act(number: int) -> None:
            if number % 3 == 0:
                room.inventory.reconcile([counted(15)], key=f"file-{number}")
            else:
                room.inventory.adjust(SHIRT, "sol", -1, reason="sample", key=f"a-{number}")

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(act, range(9)))
        assert room.on_hand() == 15 - 6
        assert room.is_clean()


def test_counts_of_a_distant_day_are_booked() -> None:
    """Whatever the year, a count is the truth."""
    with stock_room() as room:
        for year in (1999, 2999):
            room.clock.set(NOON.replace(year=year))
            room.inventory.count(SHIRT, "sol", year, key=f"count-{year}")
            assert room.on_hand() == year


def test_a_bad_feed_books_nothing() -> None:
    """Unknown places, counts of the future, and two counts of one thing are refused first."""
    with stock_room() as room:
        room.inventory.receive(SHIRT, "sol", 10, key="in")
        for bad, error, match in (
            (counted(1, place="moon"), NotFound, "moon"),
            (counted(1, NOON + MINUTE, sku="SCARF"), InvalidValue, "future"),
            (counted(1), InvalidValue, "twice"),
        ):
            with pytest.raises(error, match=match):
                room.inventory.reconcile([counted(8), bad], key="file-1")
        for bad_units, bad_at in ((-1, NOON), (1, datetime(2019, 1, 1, tzinfo=NOON.tzinfo))):
            with pytest.raises(InvalidValue):
                counted(bad_units, bad_at)
        assert room.on_hand() == 10
        assert room.inventory.reconcile([], key="file-1").rows == ()


def test_a_feed_that_broke_off_is_repeated(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches booked before the break change nothing again; the rest is booked then."""
    monkeypatch.setattr(feed, "BATCH", 2)
    with stock_room(database_url) as room:
        rows = [counted(number, sku=f"SKU-{number}") for number in range(1, 6)]
        merge = reconciling._merge
        calls = iter(range(9))

        def breaks(*arguments: object) -> object:
            if next(calls) == 3:
                raise RuntimeError("the power went")
            return merge(*arguments)  # type: ignore[arg-type]  # handed through

        with monkeypatch.context() as patched:
            patched.setattr(reconciling, "_merge", breaks)
            with pytest.raises(RuntimeError):
                room.inventory.reconcile(rows, key="file-1")

        def on_hand() -> list[int]:
            found = (room.inventory.available(row.sku, "sol") for row in rows)
            return [one.on_hand for one in found]

        assert on_hand() == [1, 2, 0, 0, 0]
        report = room.inventory.reconcile(rows, key="file-1")
        assert [row.change for row in report.rows] == on_hand() == [1, 2, 3, 4, 5]


@given(
    before=st.lists(st.integers(1, 5), max_size=3),
    after=st.lists(st.integers(-2, 5).filter(bool), max_size=3),
    found=st.integers(6, 20),
    late=st.booleans(),
)
def test_a_feed_is_a_count_at_its_instant(
    before: list[int], after: list[int], found: int, *, late: bool
) -> None:
    """Reconciled late or at once, the figures are the same: it commutes with what follows (I23)."""
    with stock_room() as room:
        for number, units in enumerate(before):
            room.inventory.receive(SHIRT, "sol", units, key=f"before-{number}")
        if not late:
            room.inventory.reconcile([counted(found)], key="file")
        room.clock.advance(MINUTE)
        room.inventory.receive(SHIRT, "sol", 6, key="margin")
        for number, units in enumerate(after):
            reason = f"after-{number}"
            room.inventory.adjust(SHIRT, "sol", units, reason="correction", key=reason)
        if late:
            room.inventory.reconcile([counted(found)], key="file")
        assert room.on_hand() == found + 6 + sum(after)
