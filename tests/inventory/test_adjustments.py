"""Adjustments with reason and document, and counts that expect a figure."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnicommerce.i18n import explain_error
from omnicommerce.inventory.causes import STOCK_REASONS, Direction, StockCause
from omnicommerce.inventory.model import stock_account
from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound
from omnicommerce.ledger.errors import NotAsExpected, Shortage
from tests.inventory.stock_room import SHIRT, stock_room


def test_an_adjustment_is_booked_once_with_its_reason_and_document(database_url: str) -> None:
    """The journal keeps why, and on which paper; the same key changes nothing again (I4)."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 10, key="in", document="note-1")
        for _ in range(2):
            found = room.inventory.adjust(
                SHIRT, "sol", -3, reason="damaged", document="photo-7", key="adjust-1"
            )
            assert (found.on_hand, found.available) == (7, 7)
        entries = room.store.run(lambda u: u.ledger.entries(stock_account(SHIRT, "sol")))
        causes = [StockCause.read(entry.cause) for entry in entries]
        assert causes == [StockCause("receipt", "note-1"), StockCause("damaged", "photo-7")]
        assert sum(entry.balance_change for entry in entries) == 7
        with pytest.raises(KeyReused):
            room.inventory.adjust(SHIRT, "sol", -3, reason="lost", key="adjust-1")
        assert room.on_hand() == 7
        assert room.is_clean()


def test_what_is_promised_may_break_but_not_what_is_not_there(database_url: str) -> None:
    """A loss goes below what is held, never below nothing on hand (I2)."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 3, key="in")
        room.hold("order-1", 3, 30)
        found = room.inventory.adjust(SHIRT, "sol", -2, reason="damaged", key="a-1")
        assert (found.on_hand, found.held, found.available) == (1, 3, 0)
        with pytest.raises(Shortage) as refused:
            room.inventory.adjust(SHIRT, "sol", -2, reason="stolen", key="a-2")
        assert refused.value.shortages[0].available == 1
        assert room.on_hand() == 1


def test_who_holds_units_can_have_them(database_url: str) -> None:
    """However much is kept back since, what was promised is still there to take (I17)."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 3, key="in")
        room.hold("order-1", 3, 30)
        room.inventory.keep_back(SHIRT, "sol", 5, key="keep")
        assert room.inventory.available(SHIRT, "sol").available == 0
        room.end("capture", "order-1")
        assert room.on_hand() == 0


def test_the_reasons_are_a_closed_set_that_a_shop_extends() -> None:
    """An unknown reason, and one that goes the other way, are refused by name."""
    with stock_room(**{"workshop": Direction.OUT, "a #b": Direction.BOTH}) as room:
        inventory = room.inventory
        with pytest.raises(InvalidValue, match="may not contain"):
            inventory.adjust(SHIRT, "sol", 1, reason="a #b", key="a-0")
        inventory.receive(SHIRT, "sol", 3, key="in")
        inventory.adjust(SHIRT, "sol", -1, reason="workshop", key="a-1")
        with pytest.raises(InvalidValue, match="'moths' is not one of a #b, correction"):
            inventory.adjust(SHIRT, "sol", -1, reason="moths", key="a-2")
        for change, reason in ((1, "damaged"), (-1, "found")):
            with pytest.raises(InvalidValue, match=reason):
                inventory.adjust(SHIRT, "sol", change, reason=reason, key="a-3")
        with pytest.raises(InvalidValue, match="change"):
            inventory.adjust(SHIRT, "sol", 0, reason="correction", key="a-4")
        with pytest.raises(NotFound):
            inventory.adjust(SHIRT, "moon", 1, reason="found", key="a-5")
        with pytest.raises(InvalidValue, match="document"):
            inventory.adjust(SHIRT, "sol", 1, reason="found", document="x" * 115, key="a-6")
        assert room.on_hand() == 2


def test_a_count_that_expects_another_figure_is_refused(database_url: str) -> None:
    """It fails if and only if what is stored is not what was expected (I23)."""
    with stock_room(database_url) as room:
        room.inventory.receive(SHIRT, "sol", 5, key="in")
        with pytest.raises(NotAsExpected) as refused:
            room.inventory.count(SHIRT, "sol", 4, key="c-1", expected=6)
        assert (refused.value.expected, refused.value.stored) == (6, 5)
        assert room.on_hand() == 5
        for _ in range(2):
            room.inventory.count(SHIRT, "sol", 4, key="c-2", expected=5, document="sheet-9")
        assert room.on_hand() == 4
        with pytest.raises(KeyReused):
            room.inventory.count(SHIRT, "sol", 4, key="c-2", expected=4)
        room.inventory.count(SHIRT, "sants", 2, key="c-3", expected=0)
        assert room.on_hand("sants") == 2


def test_the_refusal_reads_in_both_languages() -> None:
    """It says what is stored and what to do."""
    error = NotAsExpected(stock_account(SHIRT, "sol"), expected=6, stored=5)
    names = {"sku": {SHIRT: "Shirt"}, "location": {"sol": "Sol"}}
    assert (
        "Shirt at Sol: 5 on hand by now, not 6.\n"
        "Nothing has been changed; look at the stock again, and count anew."
        == explain_error(error, locale="en", names=names)
    )
    assert "Shirt en Sol: ahora hay 5, no 6." in explain_error(error, locale="es", names=names)


@given(stored=st.integers(0, 4), expected=st.integers(-1, 5), counted=st.integers(0, 4))
def test_set_with_expected_fails_iff_stored_differs(
    stored: int, expected: int, counted: int
) -> None:
    """Any figures: refused and nothing changed, or exactly the count (I23)."""
    with stock_room() as room:
        room.inventory.count(SHIRT, "sol", stored, key="first")
        if stored == expected:
            room.inventory.count(SHIRT, "sol", counted, key="second", expected=expected)
        else:
            with pytest.raises(NotAsExpected):
                room.inventory.count(SHIRT, "sol", counted, key="second", expected=expected)
        assert room.on_hand() == (counted if stored == expected else stored)


@given(changes=st.lists(st.integers(-3, 9).filter(bool), max_size=8), seed=st.integers(0, 99))
def test_adjustments_commute(changes: list[int], seed: int) -> None:
    """Where all of them fit, their order does not matter (I23)."""
    shuffled = random.Random(seed).sample(list(enumerate(changes)), len(changes))
    results = []
    for order in (list(enumerate(changes)), shuffled):
        with stock_room() as room:
            room.inventory.receive(SHIRT, "sol", 30, key="in")
            for number, change in order:
                room.inventory.adjust(SHIRT, "sol", change, reason="correction", key=f"a-{number}")
            results.append(room.on_hand())
    assert results[0] == results[1] == 30 + sum(changes)


@given(parts=st.lists(st.sampled_from([" ", "#", " #", "a", "7"]), min_size=1, max_size=9))
def test_any_cause_of_the_journal_can_be_read(parts: list[str]) -> None:
    """What others wrote is never an error, and keeps its text."""
    text = "".join(parts).strip()
    assume(text)
    assert StockCause.read(text).text == text


@given(
    reason=st.sampled_from(sorted(STOCK_REASONS)),
    document=st.none() | st.from_regex(r"[A-Z#]{1,9}[-# ]?[0-9]{1,9}", fullmatch=True),
)
def test_a_cause_reads_as_it_was_written(reason: str, document: str | None) -> None:
    """Reason and document survive the journal."""
    cause = StockCause(reason, document)
    assert StockCause.read(cause.text) == cause
