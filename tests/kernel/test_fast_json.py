"""JSON by orjson: where it is installed, no text and no value is another than without it."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel import documents, fast_json
from omnicommerce.kernel.errors import InvalidValue, UnknownDocument
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason

pytest.importorskip("orjson")

texts = st.text(st.characters(codec=None, exclude_categories=[]), max_size=12)
scalars = st.none() | st.booleans() | texts | st.integers() | st.floats()
bodies = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)


@pytest.fixture
def without_orjson(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Give a function after which orjson cannot be imported, until the test ends."""

    def hide() -> None:
        monkeypatch.setitem(sys.modules, "orjson", None)
        fast_json._orjson.cache_clear()

    yield hide
    monkeypatch.undo()
    fast_json._orjson.cache_clear()


def _standard(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _outcome(call: Callable[[], Any]) -> Any:
    """Return what a call gives, or the type and text of its error."""
    try:
        return call()
    except (InvalidValue, UnknownDocument) as error:
        return type(error), str(error)


@given(bodies)
def test_every_text_is_the_standard_one(body: Any) -> None:
    """Whatever JSON can hold is written as the standard library writes it, or refused alike."""
    try:
        expected = _standard(body)
    except ValueError:
        with pytest.raises(InvalidValue):
            documents.canonical(body)
    else:
        assert expected == documents.canonical(body)


def test_characters_are_escaped_as_the_standard_library_does() -> None:
    """Control characters, DEL, wide ones and lone surrogates, alone and as keys."""
    ranges = ((0, 0x800), (0xD7F0, 0xE010), (0xFFF0, 0x10010), (0x10FFF0, 0x110000))
    characters = [chr(code) for low, high in ranges for code in range(low, high)]
    assert _standard(characters) == documents.canonical(characters)
    plain = {key: key for key in characters if not "\ud800" <= key <= "\udfff"}
    assert _standard(plain) == fast_json.write(plain)


@given(bodies)
def test_what_is_read_is_what_the_standard_library_reads(body: Any) -> None:
    """A text is read alike, whole numbers of any size and floats included, or left alone."""
    text = json.dumps(body)
    try:
        value = fast_json.read(text)
    except fast_json.NotAlike:
        return
    assert repr(json.loads(text)) == repr(value)


@pytest.mark.parametrize(
    "text",
    ["-0", "-0.0", "1e5", "1E-7", "[1e22,0.1]", '"é\\u00e9\\ud83d\\ude00"', '{"a":1,"a":2}', " 1 "],
)
def test_unusual_texts_are_read_alike(text: str) -> None:
    """Signed zeros, exponents, escapes, a key twice and space are read as without orjson."""
    assert repr(json.loads(text)) == repr(fast_json.read(text))


@pytest.mark.parametrize(
    "text", ["NaN", "1" * 19, "[-9999999999999999999]", '"\\ud800"', "{", "", "1e999", '"\ud800"']
)
def test_what_orjson_reads_otherwise_is_left_to_the_standard_library(text: str) -> None:
    """No number becomes inexact, and no text that is refused is refused in other words."""
    with pytest.raises(fast_json.NotAlike):
        fast_json.read(text)


@pytest.mark.parametrize(
    "value",
    [
        Reason("a", {"ratio": 1e16}),
        Reason("a", {"ratio": math.nan}),
        Reason("a", {"count": 2**70}),
        Reason("a", {"id": UUID(int=1)}),
        Reason(
            "a", {"at": datetime(2026, 3, 1, 12, 30, 5, 7, tzinfo=timezone(timedelta(hours=2)))}
        ),
        Reason("a", {"at": datetime(999, 1, 1, tzinfo=UTC)}),
        Reason("a", {"price": Money.of("1.50", "EUR"), "many": (1, 2)}),
        Reason("a", {"who": object}),
        {1: "a number is no key"},
        [{"deep": []}],
        datetime(2026, 3, 1, tzinfo=UTC),
    ],
    ids=repr,
)
def test_unusual_values_are_written_alike_without_orjson(
    value: Any, without_orjson: Callable[[], None]
) -> None:
    """Floats, large numbers, instants and foreign objects: the same text, or the same refusal."""
    found = _outcome(lambda: documents.canonical(value))
    without_orjson()
    assert found == _outcome(lambda: documents.canonical(value))


@pytest.mark.parametrize(
    "text",
    [
        '{"kind":"money","version":1,"body":"1.50 EUR"}',
        '{"kind":"money","version":1,"body":12345678901234567890}',
        '{"kind":"money","version":1,"body":NaN}',
        '{"kind":"money","version":2,"body":"1.50 EUR"}',
        '{"kind":"money","version":true,"body":"1.50 EUR"}',
        '{"kind":"coins","version":1,"body":"1.50 EUR"}',
        '{"kind":"money","version":1,"body":"1.50 EUR","more":1}',
        '{"kind":"money","version":1',
        "[" * 100_000,
    ],
)
def test_stored_documents_are_read_alike_without_orjson(
    text: str, without_orjson: Callable[[], None]
) -> None:
    """A stored document gives the same value or the same error with orjson and without."""
    kinds = {"money": documents.StoredKind(1, Money)}
    found = _outcome(lambda: documents.unpack(text, kinds))
    without_orjson()
    assert found == _outcome(lambda: documents.unpack(text, kinds))
