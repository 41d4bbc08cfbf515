"""What the races share: a shop with few units, and many who want them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from omnicommerce.ledger.audit import audit
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import AccountKey, Command, Demand, Moved

__all__ = [
    "DRESS",
    "LATER",
    "NOON",
    "SHOES",
    "at_once",
    "by",
    "require_clean",
    "standing",
    "try_hold",
]

NOON: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER: Final = NOON + timedelta(minutes=30)
DRESS: Final = AccountKey("stock", "DRESS-M", "madrid")
SHOES: Final = AccountKey("stock", "SHOES-38", "madrid")

T = TypeVar("T")


def by(key: str, at: datetime = NOON) -> Command:
    """Return a command with this key."""
    return Command(key, "race", at)


def try_hold(store: Any, name: str, *demands: Demand, at: datetime = NOON) -> Moved | None:
    """Hold in a group of its own; None if there is too little."""
    try:
        moved: Moved = store.run(
            lambda unit: unit.ledger.hold(
                f"group-{name}", demands, expires_at=at + timedelta(hours=1), by=by(name, at)
            )
        )
    except Shortage:
        return None
    return moved


def at_once(actions: Sequence[Callable[[], T]]) -> list[T]:
    """Run all actions at the same moment, each in its own thread."""
    gate = threading.Barrier(len(actions))

    def run(action: Callable[[], T]) -> T:
        gate.wait(30)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def standing(store: Any, account: AccountKey, at: datetime = NOON) -> Any:
    """Return how an account stands."""
    return store.run(lambda unit: unit.ledger.standings([account], at=at))[account]


def require_clean(store: Any) -> None:
    """Audit: counters, lots, holds and journal tell the same."""
    report = store.run(lambda unit: audit(unit.ledger.books()))
    assert report.discrepancies == ()
