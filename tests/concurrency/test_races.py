from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from omnicommerce.ledger.errors import HoldEnded
from omnicommerce.ledger.model import AccountKey, Demand, LotTerms
from tests.concurrency.race import (
    DRESS,
    LATER,
    NOON,
    SHOES,
    at_once,
    by,
    require_clean,
    standing,
    try_hold,
)
from tests.crash import processes
from tests.stores import ledger_stores

_THREADS = 16
_PROCESSES = 4
_UNITS = 20
_TRIES = 4


@pytest.fixture
def store(database_url: str) -> Iterator[Any]:
    """Give an empty store of each kind in turn."""
    with ledger_stores(database_url) as open_store:
        yield open_store()


def _receive(store: Any, account: AccountKey, quantity: int) -> None:
    name = f"receive {account.subject}"
    store.run(lambda unit: unit.ledger.credit(account, quantity, by=by(name)))


def test_threads_take_exactly_the_last_units(store: Any) -> None:
    """Loyalty I4: of 16 threads wanting 64 units, exactly as many get one as there are."""
    _receive(store, DRESS, _UNITS)

    def shop(thread: int) -> int:
        names = [f"{thread}-{turn}" for turn in range(_TRIES)]
        return sum(try_hold(store, name, Demand(DRESS, 1)) is not None for name in names)

    taken = at_once([partial(shop, thread) for thread in range(_THREADS)])

    assert sum(taken) == _UNITS
    assert standing(store, DRESS).available == 0
    require_clean(store)


def _shop_in_process(url: str, process: int, results: Any) -> None:
    from omnicommerce.adapters.sql import SqlStore

    store = SqlStore.open(url)
    names = [f"{process}-{turn}" for turn in range(_TRIES * _TRIES)]
    results.put(sum(try_hold(store, name, Demand(DRESS, 1)) is not None for name in names))
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
def test_processes_take_exactly_the_last_units(kind: str, request: pytest.FixtureRequest) -> None:
    """Inventory I1: of 4 processes wanting 64 units, exactly as many get one as there are."""
    url = request.getfixturevalue(f"{kind}_url")
    with ledger_stores(url) as open_store:
        store = open_store()
        _receive(store, DRESS, _UNITS)
        results = processes.SimpleQueue()
        shoppers = [
            processes.Process(target=_shop_in_process, args=(url, number, results))
            for number in range(_PROCESSES)
        ]
        for shopper in shoppers:
            shopper.start()
        for shopper in shoppers:
            shopper.join(60)

        assert [0] * _PROCESSES == [shopper.exitcode for shopper in shoppers]
        assert sum(results.get() for _ in shoppers) == _UNITS
        require_clean(store)


def test_the_same_key_has_one_effect(store: Any) -> None:
    """Loyalty I6: racers with one key end with one effect and the same answer."""
    _receive(store, DRESS, 1)
    same = [partial(try_hold, store, "same", Demand(DRESS, 1))] * _THREADS

    answers = at_once(same)

    assert None not in answers
    assert len(set(answers)) == 1
    assert standing(store, DRESS).held == 1
    require_clean(store)


def test_the_same_key_credits_once(store: Any) -> None:
    """Loyalty I6: racers who open an account under one key credit it once."""
    at_once([partial(_receive, store, DRESS, 5)] * _THREADS)

    assert standing(store, DRESS).balance == 5
    require_clean(store)


def test_lots_are_never_overdrawn(store: Any) -> None:
    """Loyalty I3: holds of points from several lots never exceed what was issued."""
    points = AccountKey("points", "clara", "club")
    for month in range(1, 5):
        terms = LotTerms(origin=f"order {month}", expires_at=NOON + timedelta(days=30 * month))
        credit = partial(_credit_points, store, points, terms)
        credit()

    held = at_once([partial(try_hold, store, f"{n}", Demand(points, 15)) for n in range(_THREADS)])

    assert sum(answer is not None for answer in held) == 100 // 15
    require_clean(store)


def _credit_points(store: Any, points: AccountKey, terms: LotTerms) -> None:
    store.run(lambda unit: unit.ledger.credit(points, 25, by=by(terms.origin), terms=terms))


def test_opposite_orders_do_not_lock_each_other_out(store: Any) -> None:
    """Inventory I47: holds of two accounts in opposite orders all succeed."""
    _receive(store, DRESS, 1000)
    _receive(store, SHOES, 1000)
    there, back = (Demand(DRESS, 1), Demand(SHOES, 2)), (Demand(SHOES, 2), Demand(DRESS, 1))

    def shop(thread: int) -> None:
        for turn in range(_TRIES):
            assert try_hold(store, f"{thread}-{turn}", *(there if thread % 2 else back))

    at_once([partial(shop, thread) for thread in range(_THREADS)])

    assert standing(store, DRESS).held == _THREADS * _TRIES
    assert standing(store, SHOES).held == 2 * _THREADS * _TRIES
    require_clean(store)


def test_verbs_in_one_unit_of_work_in_opposite_orders(store: Any) -> None:
    """Units of work that lock two accounts in opposite orders deadlock, and are run again."""
    _receive(store, DRESS, 100)
    _receive(store, SHOES, 100)

    def swap(thread: int) -> None:
        first, second = (DRESS, SHOES) if thread % 2 else (SHOES, DRESS)

        def work(unit: Any) -> None:
            unit.ledger.debit(first, 1, by=by(f"{thread}-first"))
            unit.ledger.debit(second, 1, by=by(f"{thread}-second"))

        store.run(work)

    at_once([partial(swap, thread) for thread in range(4)])

    assert standing(store, DRESS).balance == 96
    assert standing(store, SHOES).balance == 96
    require_clean(store)


def test_units_of_a_due_hold_go_to_exactly_as_many(store: Any) -> None:
    """Inventory I13: when a hold comes due, racers share its units and no more."""
    _receive(store, DRESS, 5)
    assert try_hold(store, "sleeper", Demand(DRESS, 5), at=NOON - timedelta(hours=1))

    held = at_once(
        [partial(try_hold, store, f"{n}", Demand(DRESS, 1), at=LATER) for n in range(_THREADS)]
    )

    assert sum(answer is not None for answer in held) == 5
    require_clean(store)


def test_a_hold_ends_exactly_once(store: Any) -> None:
    """Loyalty I8: of racers who capture and release one hold, exactly one ends it."""
    _receive(store, DRESS, 8)
    assert try_hold(store, "one", Demand(DRESS, 8))
    group = "group-one"

    def end(verb: str, thread: int) -> int:
        command = by(f"{verb} {thread}")
        try:
            answer = store.run(lambda unit: getattr(unit.ledger, verb)(group, by=command))
        except HoldEnded:
            return 0
        return sum(demand.quantity for demand in answer.quantities)

    verbs = ("capture", "release") * 4
    ended = at_once([partial(end, verb, thread) for thread, verb in enumerate(verbs)])

    (hold,) = store.run(lambda unit: unit.ledger.holds(group))
    assert sum(ended) == 8
    assert hold.captured + hold.released == 8
    require_clean(store)


def test_sweeps_race_each_other(store: Any) -> None:
    """Loyalty I14: each hold expires exactly once, however many sweep at once."""
    _receive(store, DRESS, 30)
    for number in range(30):
        assert try_hold(store, f"{number}", Demand(DRESS, 1))
    late = NOON + timedelta(hours=2)

    at_once([lambda: store.run(lambda unit: unit.ledger.sweep(late, limit=7))] * 8)
    while store.run(lambda unit: unit.ledger.sweep(late, limit=7)).holds:
        pass

    entries = store.run(lambda unit: unit.ledger.entries(DRESS, limit=1000))
    assert sum(entry.verb == "expire" for entry in entries) == 30
    assert standing(store, DRESS, late).available == 30
    require_clean(store)
