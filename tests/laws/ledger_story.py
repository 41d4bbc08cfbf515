"""What the tests of the ledger share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.ledger.model import (
    AccountKey,
    Command,
    Hold,
)
from omnicommerce.testing.ledger_requests import (
    BEGINNING,
    VERBS,
    Asked,
)

DRESS = AccountKey("stock", "coat", "madrid")
POINTS = AccountKey("points", "ana")
LATER = BEGINNING + timedelta(days=1)
NO_OWING = tuple(verb for verb in VERBS if verb not in {"debit", "adjust", "set_floor"})


def by_(key: str, minutes: int = 0) -> Command:
    """Return a command some minutes after the beginning."""
    return Command(key, "test", BEGINNING + timedelta(minutes=minutes))


def call(store: MemoryStore, verb: str, *arguments: Any, **options: Any) -> Any:
    """Call one verb in a unit of work of its own."""
    return store.run(lambda unit: getattr(unit.ledger, verb)(*arguments, **options))


def stocked(quantity: int = 3) -> MemoryStore:
    """Return a store with some dresses."""
    store = MemoryStore()
    call(store, "credit", DRESS, quantity, by=by_("stocked"))
    return store


def available(store: MemoryStore, account: AccountKey = DRESS, minutes: int = 0) -> int:
    """Count what a new hold may take."""
    at = BEGINNING + timedelta(minutes=minutes)
    available: int = call(store, "standings", [account], at=at)[account].available
    return available


def groups_of(asked: list[Asked]) -> set[str]:
    """Name the groups that were asked for."""
    return {step.request.arguments[0] for step in asked if step.request.verb == "hold"}


def all_holds(store: MemoryStore) -> list[Hold]:
    """Return every hold of a store."""
    return store.run(lambda unit: list(unit.ledger.books().all_holds()))


def end_of(asked: list[Asked]) -> Any:
    """Return the instant of the last request."""
    return asked[-1].by.at if asked else BEGINNING


class CrashError(Exception):
    """The process dies here."""


class Crasher:
    """Crash at a step from now; ``left`` counts the steps to go, and 0 is harmless."""

    left = 0

    def __call__(self, _: str) -> None:
        """Count a step."""
        if self.left:
            self.left -= 1
            if not self.left:
                raise CrashError
