from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from omnicommerce.adapters.sql import SqlStore
from omnicommerce.adapters.sql.price_history import SqlPriceHistory
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.history import PriceAnnounced, PricePlace
from tests.concurrency.race import at_once

_NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_DRESS = PricePlace("DRESS", "web", "EUR")
_EVENTS = [
    PriceAnnounced(place=_DRESS, amount=amount, at=_NOON + timedelta(amount))
    for amount in range(50)
]


def test_all_who_record_the_same_at_once_succeed(empty_url: str) -> None:
    """A release that several processes announce is announced once, whoever is first."""
    store = SqlStore.open(empty_url, patience=timedelta(seconds=10))

    def record() -> int:
        return store.run(lambda unit: SqlPriceHistory(unit.transaction).record(_EVENTS))

    counts = at_once([record] * 4)

    assert [0, 0, 0, 50] == sorted(counts)
    store.close()


def test_announcements_are_kept_with_their_unit_of_work_or_not_at_all(sqlite_url: str) -> None:
    """What fails later in the unit of work takes the announcements with it."""
    store = SqlStore.open(sqlite_url)

    def record_and_fail(history: SqlPriceHistory) -> None:
        history.record(_EVENTS)
        history.record([PriceAnnounced(place=_DRESS, amount=7, at=_NOON)])

    with pytest.raises(InvalidValue):
        store.run(lambda unit: record_and_fail(SqlPriceHistory(unit.transaction)))
    assert () == store.run(lambda unit: SqlPriceHistory(unit.transaction).of_sku("DRESS"))
    store.close()
