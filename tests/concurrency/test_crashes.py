from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from omnicommerce.ledger.model import AccountKey, Demand, LotTerms
from tests.concurrency.race import DRESS, NOON, SHOES, by, require_clean
from tests.crash import crashes
from tests.stores import ledger_stores

_POINTS = AccountKey("points", "clara", "club")
_GROUP = "order_1"


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """Give the URL of each real database in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def _place_and_collect(url: str) -> Callable[[], object]:
    """Hold units and points, take them, and give some back, in one unit of work."""
    from omnicommerce.adapters.sql import SqlStore

    store = SqlStore.open(url)
    demands = [Demand(SHOES, 1), Demand(_POINTS, 70), Demand(DRESS, 2)]

    def work(unit: Any) -> None:
        later = NOON + timedelta(hours=1)
        unit.ledger.hold(_GROUP, demands, expires_at=later, by=by("place"))
        unit.ledger.capture(_GROUP, by=by("collect"))
        unit.ledger.restore(_GROUP, by=by("return"), demands=[Demand(DRESS, 1)])

    return lambda: store.run(work)


def test_a_killed_process_leaves_all_or_nothing(url: str) -> None:
    """Loyalty I8: killed before any statement, a unit of work is kept whole or not at all."""
    with ledger_stores(url) as open_store:
        store = open_store()
        store.run(_supply)
        untouched = _sight(store)
        seen = []
        for crash in crashes(_place_and_collect, url):
            sight = _sight(store)
            require_clean(store)
            seen.append((crash, sight == untouched))

        kept = [crash for crash, nothing in seen if not nothing]
        assert kept[0].step == "the answer after the commit"
        assert kept[-1].completed
        assert sight["journal"] == untouched["journal"] + 9


def _supply(unit: Any) -> None:
    unit.ledger.credit(DRESS, 2, by=by("dresses"))
    unit.ledger.credit(SHOES, 1, by=by("shoes"))
    for turn, days in enumerate((10, 20)):
        terms = LotTerms(origin=f"order_{turn}", expires_at=NOON + timedelta(days=days))
        unit.ledger.credit(_POINTS, 50, by=by(f"points {turn}"), terms=terms)


def _sight(store: Any) -> dict[str, Any]:
    def work(unit: Any) -> dict[str, Any]:
        ledger = unit.ledger
        return {
            "standings": dict(ledger.standings([DRESS, SHOES, _POINTS], at=NOON)),
            "holds": ledger.holds(_GROUP),
            "lots": ledger.lots(_POINTS),
            "journal": len(ledger.entries()),
        }

    sight: dict[str, Any] = store.run(work)
    return sight
