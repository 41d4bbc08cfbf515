"""Requests to a ledger as data, strategies that make them, and what can be seen afterwards."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

import attrs
from hypothesis import strategies as st

from omnicommerce.kernel.errors import OmnicommerceError
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.audit import AuditReport, audit
from omnicommerce.ledger.errors import Short
from omnicommerce.ledger.model import (
    AccountKey,
    Beyond,
    Command,
    Demand,
    Entry,
    Hold,
    Lapsed,
    Lot,
    LotTerms,
    Moved,
    Standing,
    Swept,
)
from omnicommerce.ledger.ports import Ledger

__all__ = [
    "ACCOUNTS",
    "BEGINNING",
    "VERBS",
    "Asked",
    "Failure",
    "Groups",
    "LedgerStore",
    "LedgerUnit",
    "Outcome",
    "Request",
    "Sight",
    "Step",
    "attempt",
    "journal",
    "look",
    "play",
    "report",
    "requests",
    "require_equal",
    "stories",
]

T = TypeVar("T")

BEGINNING: Final = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
"""When the story of a test begins."""

_POINTS: Final = (
    AccountKey("points", "ana"),
    AccountKey("points", "ben"),
)
_STOCK: Final = (
    AccountKey("stock", "coat", "leon"),
    AccountKey("stock", "coat", "madrid"),
    AccountKey("stock", "hat", "leon"),
)
_COUNTED: Final = (*_STOCK, AccountKey("uses", "SPRING"))
ACCOUNTS: Final = (*_POINTS, *_COUNTED)
"""Few accounts, so that requests meet."""

_ORIGINS: Final = ("order-1", "order-2", "order-3")


class LedgerUnit(Protocol):
    """The part of a unit of work that is under test."""

    @property
    @abstractmethod
    def ledger(self) -> Ledger:
        """The ledger of this unit of work."""


class LedgerStore(Protocol):
    """A store under test; any `omnicommerce.kernel.unit_of_work.Transactions` with a ledger."""

    @abstractmethod
    def run(self, work: Callable[[Any], T]) -> T:
        """Run a unit of work."""


@attrs.frozen
class Request:
    """What to ask: a verb of the ledger and its arguments, with durations for instants.

    ``expires_in`` and ``terms`` count minutes from the instant of the command.
    """

    verb: str
    arguments: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def ask(self, ledger: Ledger, by: Command) -> Moved | Swept:
        """Ask it of a ledger under a command."""
        if self.verb == "sweep":
            return ledger.sweep(by.at, limit=self.arguments[0])
        options = dict(_resolved(name, value, by.at) for name, value in self.options)
        moved: Moved = getattr(ledger, self.verb)(*self.arguments, by=by, **options)
        return moved


def _resolved(name: str, value: Any, at: datetime) -> tuple[str, Any]:
    if name == "expires_in":
        return "expires_at", _after(at, value)
    if name == "terms" and value is not None:
        origin, activates_in, expires_in = value
        activates_at, expires_at = _after(at, activates_in), _after(at, expires_in)
        return name, LotTerms(origin=origin, activates_at=activates_at, expires_at=expires_at)
    return name, value


def _after(at: datetime, minutes: int | None) -> datetime | None:
    return None if minutes is None else at + timedelta(minutes=minutes)


@attrs.frozen
class Failure:
    """How a request failed, as far as adapters must agree."""

    error: str
    code: str
    reasons: tuple[Reason, ...] = ()
    shortages: tuple[Short, ...] = ()


Outcome = Moved | Swept | Failure


def attempt(store: LedgerStore, request: Request, by: Command) -> Outcome:
    """Ask in a unit of work of its own, and return the answer or how it failed."""

    def work(unit: LedgerUnit) -> Moved | Swept:
        return request.ask(unit.ledger, by)

    try:
        return store.run(work)
    except OmnicommerceError as error:
        return Failure(
            type(error).__name__,
            error.code,
            getattr(error, "reasons", ()),
            getattr(error, "shortages", ()),
        )


@attrs.frozen
class Sight:
    """Everything that the queries of a ledger show at one instant."""

    standings: dict[AccountKey, Standing]
    holds: dict[str, tuple[Hold, ...]]
    lots: dict[AccountKey, tuple[Lot, ...]]


def look(store: LedgerStore, at: datetime, groups: Iterable[str] = ()) -> Sight:
    """Ask every query about every account of these strategies, and about these groups."""

    def work(unit: LedgerUnit) -> Sight:
        ledger = unit.ledger
        return Sight(
            dict(ledger.standings(ACCOUNTS, at=at)),
            {group: ledger.holds(group) for group in groups},
            {account: ledger.lots(account) for account in ACCOUNTS},
        )

    return store.run(work)


def journal(store: LedgerStore) -> list[Entry]:
    """Return the journal without sequences, the entries of one command in a fixed order."""

    def work(unit: LedgerUnit) -> list[Entry]:
        found: list[Entry] = []
        while page := unit.ledger.entries(after=found[-1].sequence if found else 0, limit=50):
            found.extend(page)
        return found

    entries = store.run(work)
    turns: dict[tuple[str, datetime], int] = {}
    for entry in entries:
        turns.setdefault((entry.key, entry.at), len(turns))
    entries.sort(key=lambda e: (turns[e.key, e.at], repr(attrs.evolve(e, sequence=0))))
    return [attrs.evolve(entry, sequence=0) for entry in entries]


def report(store: LedgerStore) -> AuditReport:
    """Audit the books of a store."""

    def work(unit: LedgerUnit) -> AuditReport:
        return audit(unit.ledger.books())

    return store.run(work)


def require_equal(what: str, expected: object, actual: object) -> None:
    """Fail a test unless both are equal.

    Raises:
        AssertionError: They differ; the message shows both.
    """
    if expected != actual:
        raise AssertionError(f"{what}: expected\n  {expected!r}\nbut found\n  {actual!r}")


_NOBODY: Final = "group-unknown"
_quantities = st.integers(1, 5)
_accounts = st.sampled_from(ACCOUNTS)
_demands = st.lists(st.builds(Demand, _accounts, _quantities), min_size=1, max_size=3).map(tuple)
_expiries = st.none() | st.integers(5, 60) | st.integers(0, 9)
_beyond = st.sampled_from(Beyond)
_some_origin = st.none() | st.sampled_from(_ORIGINS)
_terms = st.tuples(
    st.sampled_from(_ORIGINS),
    st.none() | st.integers(0, 15),
    st.none() | st.integers(16, 90),
)


def _request(verb: str, *arguments: st.SearchStrategy[Any], **options: Any) -> Any:
    named = [st.tuples(st.just(name), strategy) for name, strategy in options.items()]
    return st.builds(Request, st.just(verb), st.tuples(*arguments), st.tuples(*named))


_supplies = st.one_of(
    _request("credit", st.sampled_from(_POINTS), st.integers(5, 30), terms=_terms),
    _request("credit", st.sampled_from(_COUNTED), st.integers(5, 30)),
)

_BY_VERB: Final[dict[str, st.SearchStrategy[Request]]] = {
    "credit": _supplies | _request("credit", _accounts, _quantities, terms=st.none() | _terms),
    "debit": _request(
        "debit",
        _accounts,
        _quantities,
        beyond=_beyond,
        origin=st.none() | st.sampled_from(_ORIGINS),
    ),
    "transfer": _request(
        "transfer", st.sampled_from(_POINTS), st.sampled_from(_POINTS), _quantities
    )
    | _request("transfer", st.sampled_from(_STOCK), st.sampled_from(_STOCK), _quantities)
    | _request("transfer", _accounts, _accounts, _quantities),
    "adjust": _request(
        "adjust",
        _accounts,
        st.integers(-6, 6).filter(bool),
        beyond=_beyond,
        least=st.none() | st.integers(-2, 2),
    ),
    "count": _request(
        "count", _accounts, st.integers(-1, 20), expected=st.none() | st.integers(0, 8)
    ),
    "set_floor": _request("set_floor", st.sampled_from(_COUNTED), st.integers(-2, 3)),
    "sweep": _request("sweep", st.integers(1, 4) | st.just(1000)),
}

VERBS: Final = (*_BY_VERB, "hold", "extend", "capture", "release", "restore")
"""Every verb, and the sweep."""

Groups = dict[str, tuple[Demand, ...]]
"""The hold groups asked for so far, and what for."""


@st.composite
def requests(draw: st.DrawFn, verb: str, groups: Groups) -> Request:
    """Draw a request of a verb, now and then an impossible one.

    A hold is of a new group, which is added to ``groups``, or seldom of an old
    one; what follows a hold is about one of ``groups`` and what it asked for.
    """
    if verb in _BY_VERB:
        return draw(_BY_VERB[verb])
    known = [*groups, _NOBODY]
    if verb == "hold":
        group = draw(st.sampled_from([f"group-{len(groups) + 1}"] * 6 + known))
        demands = draw(_demands)
        groups.setdefault(group, demands)
        return Request(verb, (group, demands), (("expires_in", draw(_expiries)),))
    group = draw(st.sampled_from(known[:-1] * 9 + [_NOBODY]))
    if verb == "extend":
        return Request(verb, (group,), (("expires_in", draw(_expiries)),))
    options: tuple[tuple[str, Any], ...] = (("demands", draw(_shares(groups.get(group, ())))),)
    if verb == "restore":
        options += (("lapsed", draw(st.sampled_from(Lapsed))),)
    return Request(verb, (group,), options)


def _shares(demands: tuple[Demand, ...]) -> st.SearchStrategy[tuple[Demand, ...] | None]:
    """Return all, parts, or now and then too much or something else of what was held."""
    if not demands:
        return st.none() | _demands
    part = st.sampled_from(demands).flatmap(
        lambda whole: st.builds(Demand, st.just(whole.account), st.integers(1, whole.quantity))
    )
    parts = st.lists(part, min_size=1, max_size=3).map(tuple)
    return st.one_of(st.none(), parts, parts, parts, _demands)


@attrs.frozen
class Step:
    """One step of a story: wait some minutes, then ask."""

    minutes: int
    request: Request


@attrs.frozen
class Asked:
    """What was asked in a story, when, and what came of it."""

    request: Request
    by: Command
    outcome: Outcome


def play(store: LedgerStore, story: Iterable[Step]) -> list[Asked]:
    """Tell a story to a store, each request under a key of its own."""
    at = BEGINNING
    asked: list[Asked] = []
    for step in story:
        at += timedelta(minutes=step.minutes)
        by = Command(f"key-{len(asked)}", f"cause-{len(asked) % 3}", at)
        asked.append(Asked(step.request, by, attempt(store, step.request, by)))
    return asked


@st.composite
def stories(
    draw: st.DrawFn, verbs: tuple[str, ...] = VERBS, *, length: int = 20
) -> tuple[Step, ...]:
    """Draw some supplies, then up to ``length`` requests of the verbs with time passing."""
    groups: Groups = {}
    steps = [Step(0, request) for request in draw(st.lists(_supplies, min_size=3, max_size=8))]
    for verb in draw(st.lists(st.sampled_from(verbs), max_size=length)):
        minutes = draw(st.sampled_from((0, 0, 0, 1, 4, 11)))
        steps.append(Step(minutes, draw(requests(verb, groups))))
    return tuple(steps)
