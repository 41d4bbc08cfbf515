"""Availability explained, and stock as it was at any instant."""

from __future__ import annotations

import contextlib
import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.i18n import explain_trace, render
from omnicommerce.inventory.causes import StockCause
from omnicommerce.inventory.model import stock_account
from omnicommerce.kernel.errors import InvalidValue, NotFound, OmnicommerceError
from omnicommerce.ledger.model import Command, Verb
from tests.inventory.stock_room import NOON, SHIRT, StockRoom, stock_room

NAMES = {"sku": {SHIRT: "Shirt"}, "location": {"sol": "Sol", "depot": "the depot"}}
MINUTE = timedelta(minutes=1)


def test_every_availability_figure_is_explained(database_url: str) -> None:
    """Who has claimed units, until when, what is kept back, and what is on its way."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 12, key="in")
        room.inventory.receive(SHIRT, "depot", 4, key="in-2")
        room.inventory.keep_back(SHIRT, "sol", 2, key="keep")
        room.hold("order-1", 2, 30)
        room.hold("order-2", 1, None)
        room.hold("order-3", 5, 10)
        room.inventory.transfers.ship("T-1", {SHIRT: 4}, source="depot", target="sol")
        room.clock.advance(timedelta(minutes=10))
        trace = room.inventory.explain(SHIRT, "sol")
        said = explain_trace(trace, locale="en", detail="long", names=NAMES)
        assert " ".join(said.split("\n")[1].split()) == (
            "Shirt: set aside. − 2 set aside for order-1 until Nov 23, 2026, 12:30 PM."
        )
        assert [line for number, line in enumerate(said.split("\n")) if number != 1] == [
            "Shirt: counted. 12 on hand at Sol.",
            "Shirt: set aside. − 1 set aside for order-2.",
            "Shirt: set aside. − 2 kept back from sale.",
            "Shirt: left out. 4 on the way from the depot: they count when they arrive.",
            "Shirt: fine. 12 on hand − 3 set aside − 2 kept back = 7 available at Sol.",
        ]
        assert explain_trace(trace, locale="es", names=NAMES) == (
            "Shirt: bien. "
            "12 existencias − 3 apartadas − 2 fuera de la venta = 7 disponibles en Sol."
        )
        assert room.inventory.available(SHIRT, "sol").available == 7


def test_backorders_and_an_empty_shelf_are_explained() -> None:
    """A negative safety stock adds; where nothing is left there is no sum."""
    with stock_room() as room:
        room.inventory.keep_back(SHIRT, "sol", -3, key="keep")
        short = explain_trace(room.inventory.explain(SHIRT, "sol"), locale="en", names=NAMES)
        assert short == (
            "Shirt: fine. 0 on hand − 0 set aside + 3 on backorder = 3 available at Sol."
        )
        room.inventory.keep_back(SHIRT, "sol", 2, key="keep-2")
        short = explain_trace(room.inventory.explain(SHIRT, "sol"), locale="en", names=NAMES)
        assert short == ("Shirt: fine. None available at Sol: 0 on hand, 0 set aside, 2 kept back.")
        with pytest.raises(NotFound):
            room.inventory.explain(SHIRT, "moon")


def test_the_past_is_as_it_was(database_url: str) -> None:
    """Claims end by the clock, whenever that was booked; each change has its cause (I21)."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 10, key="in", document="note-1")
        room.hold("order-1", 4, 5)
        room.clock.advance(10 * MINUTE)
        room.inventory.adjust(SHIRT, "sol", -1, reason="damaged", document="photo", key="a-1")
        room.inventory.keep_back(SHIRT, "sol", 3, key="keep")
        room.clock.advance(10 * MINUTE)
        room.store.run(lambda unit: unit.ledger.sweep(room.clock.now()))

        def figures(minutes: int) -> tuple[int, int, int | None, int | None]:
            level = room.inventory.as_of(SHIRT, "sol", NOON + minutes * MINUTE)
            return level.on_hand, level.held, level.safety_stock, level.available

        assert [figures(minutes) for minutes in (-1, 0, 4, 5, 10, 20)] == [
            (0, 0, 0, 0),
            (10, 4, 0, 6),
            (10, 4, 0, 6),
            (10, 0, 0, 10),
            (9, 0, 3, 6),
            (9, 0, 3, 6),
        ]
        claim = room.inventory.as_of(SHIRT, "sol", NOON).claims[0]
        assert (claim.group, claim.quantity, claim.until) == ("order-1", 4, NOON + 5 * MINUTE)
        between = room.inventory.difference(SHIRT, "sol", NOON, NOON + 15 * MINUTE)
        assert [(c.verb, c.on_hand, c.held, c.at - NOON) for c in between.changes] == [
            (Verb.EXPIRE, 0, -4, 5 * MINUTE),
            (Verb.ADJUST, -1, 0, 10 * MINUTE),
            (Verb.FLOOR, 0, 0, 10 * MINUTE),
        ]
        assert between.changes[1].cause == StockCause("damaged", "photo")


def test_a_floor_that_others_set_is_not_guessed() -> None:
    """Where the journal does not say what was kept back, neither does the level."""
    with stock_room() as room:
        account, by = stock_account(SHIRT, "sol"), Command("floor", "somebody", NOON)
        room.store.run(lambda unit: unit.ledger.set_floor(account, 2, by=by))
        level = room.inventory.as_of(SHIRT, "sol", NOON)
        assert (level.safety_stock, level.available) == (None, None)
        steps = room.inventory.explain(SHIRT, "sol").steps
        assert steps[-1].reason.parameters["safety_stock"] == 2


def test_a_question_about_the_past_names_its_instants() -> None:
    """Naive instants, the wrong order and unknown places are refused."""
    with stock_room() as room:
        with pytest.raises(InvalidValue):
            room.inventory.as_of(SHIRT, "sol", datetime(2026, 11, 23))
        with pytest.raises(InvalidValue, match="until"):
            room.inventory.difference(SHIRT, "sol", NOON, NOON - MINUTE)
        with pytest.raises(NotFound):
            room.inventory.as_of(SHIRT, "moon", NOON)


def test_a_refusal_is_explained_afterwards(database_url: str) -> None:
    """What was not there, was kept back, or was held by whom, at the instant of the sale."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 5, key="in")
        room.inventory.keep_back(SHIRT, "sol", 2, key="keep")
        room.hold("order-1", 2, 10)
        room.hold("order-2", 1, 20)
        room.clock.advance(60 * MINUTE)

        def why(wanted: int, minutes: int | None) -> str | None:
            at = None if minutes is None else NOON + minutes * MINUTE
            reason = room.inventory.refusal(SHIRT, "sol", wanted, at=at)
            return None if reason is None else render(reason, locale="en", names=NAMES)

        assert why(6, 0) == "Shirt at Sol: 6 wanted, only 5 there."
        assert why(4, 0) == "Shirt at Sol: 4 wanted, 5 there, 2 of them kept back from sale."
        assert why(3, 9) == (
            "Shirt at Sol: 3 wanted, 5 there, 3 of them set aside for order-1 and order-2."
        )
        assert why(3, 10) == "Shirt at Sol: 3 wanted, 5 there, 1 of them set aside for order-2."
        assert (why(2, 10), why(3, None)) == (None, None)
        short = explain_trace(
            room.inventory.explain(SHIRT, "sol", at=NOON), locale="en", names=NAMES
        )
        assert short == ("Shirt: fine. 5 on hand − 3 set aside − 2 kept back = 0 available at Sol.")


_steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["receive", "adjust", "count", "keep", "hold", "capture", "release", "sweep"]
        ),
        st.integers(0, 4),
        st.integers(-1, 3),
    ),
    max_size=14,
)


def _act(room: StockRoom, what: str, units: int, key: str) -> None:
    match what:
        case "receive":
            room.inventory.receive(SHIRT, "sol", units, key=key)
        case "adjust":
            room.inventory.adjust(SHIRT, "sol", -units, reason="lost", key=key)
        case "count":
            room.inventory.count(SHIRT, "sol", units, key=key)
        case "keep":
            room.inventory.keep_back(SHIRT, "sol", units - 1, key=key)
        case "hold":
            room.hold(key, units, units + 1)
        case "sweep":
            room.store.run(lambda unit: unit.ledger.sweep(room.clock.now()))
        case _:
            room.end(what, f"k-{units}")


@given(steps=_steps)
def test_any_prefix_of_the_journal_is_what_was_true(steps: list[tuple[str, int, int]]) -> None:
    """Replayed to any instant, the figures are those of then, whatever the clocks did (I4, I21)."""
    with stock_room() as room:
        seen = {}
        for number, (what, units, minutes) in enumerate(steps):
            if minutes > 0:
                room.clock.advance(minutes * MINUTE)
            with contextlib.suppress(OmnicommerceError):
                _act(room, what, units, f"k-{number}")
            seen[room.clock.now()] = room.inventory.available(SHIRT, "sol")
        for at, found in seen.items():
            level = room.inventory.as_of(SHIRT, "sol", at)
            assert (level.on_hand, level.held, level.safety_stock, level.available) == (
                found.on_hand,
                found.held,
                found.safety_stock,
                found.available,
            )
            assert sum(claim.quantity for claim in level.claims) == level.held
        instants = sorted(seen)
        for first, last in itertools.pairwise(instants):
            found_between = room.inventory.difference(SHIRT, "sol", first, last)
            before, after = found_between.before, found_between.after
            changes = found_between.changes
            assert before.on_hand + sum(c.on_hand for c in changes) == after.on_hand
            assert before.held + sum(c.held for c in changes) == after.held


@given(steps=_steps)
def test_clocks_that_go_back_leave_every_level_valid(steps: list[tuple[str, int, int]]) -> None:
    """No instant is earlier than the one before it, so no prefix holds below nothing (I21)."""
    with stock_room() as room:
        for number, (what, units, minutes) in enumerate(steps):
            room.clock.set(NOON + (minutes * number * 7 % 5) * MINUTE)
            with contextlib.suppress(OmnicommerceError):
                _act(room, what, units, f"k-{number}")
        for minutes in range(-1, 9):
            level = room.inventory.as_of(SHIRT, "sol", NOON + minutes * MINUTE)
            assert level.held >= 0
            assert all(claim.quantity > 0 for claim in level.claims)
