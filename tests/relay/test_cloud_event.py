"""CloudEvents 1.0 in their structured JSON form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.documents import canonical
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.orders.events import OrderPlaced
from omnicommerce.relay import CloudEvent, Envelope, Leased

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
    max_leaves=6,
)


@given(
    st.builds(
        CloudEvent,
        id=_TEXT,
        source=_TEXT,
        type=_TEXT,
        time=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))])),
        subject=st.just("") | _TEXT,
        data=_JSON,
        dataschema=st.none() | _TEXT,
        sequence=st.none() | st.integers(0, 2**63 - 1),
        extensions=st.dictionaries(
            st.from_regex(r"x[a-z0-9]{1,8}", fullmatch=True), _TEXT | st.integers() | st.booleans()
        ),
    )
)
def test_an_event_survives_the_journey(event: CloudEvent) -> None:
    """What is written as JSON is read as the same event, and written the same again."""
    text = event.to_json()
    assert CloudEvent.from_json(text) == event
    assert CloudEvent.from_json(text.encode()).to_json() == text


def test_the_form_is_the_specifications() -> None:
    """Each attribute has the name and form that CloudEvents 1.0.2 gives it."""
    placed = OrderPlaced(
        event_id="order_1:placed",
        subject="order_1",
        at=NOON,
        cart_id="cart_1",
        channel="web",
        total_amount=Money.parse("19.99 EUR"),
    )
    stored = Leased(
        sequence=42,
        event_id=placed.event_id,
        kind=placed.kind,
        subject=placed.subject,
        at=placed.at,
        data=canonical(placed),
    )
    envelope = Envelope(
        source="/shops/alma", prefix="com.example", schemas="https://example.com/schemas/"
    )
    assert json.loads(envelope.wrap(stored).to_json()) == {
        "specversion": "1.0",
        "id": "order_1:placed",
        "source": "/shops/alma",
        "type": "com.example.order.placed",
        "subject": "order_1",
        "time": "2026-11-22T12:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "https://example.com/schemas/com.example.order.placed.json",
        "sequence": "00000000000000000042",
        "data": {"cart_id": "cart_1", "channel": "web", "total_amount": "19.99 EUR"},
    }


def test_sequences_sort_as_text() -> None:
    """The extension asks for text whose order is the order of the events."""
    events = [
        CloudEvent(id="e", source="/s", type="t", time=NOON, sequence=number)
        for number in (9, 10, 99, 2**63 - 1)
    ]
    texts = [json.loads(event.to_json())["sequence"] for event in events]
    assert texts == sorted(texts)


GOOD = {
    "specversion": "1.0",
    "id": "1",
    "source": "/s",
    "type": "t",
    "time": "2026-11-22T12:00:00Z",
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"source": None}, "source"),
        ({"type": 5}, "type"),
        ({"time": "noon"}, "time"),
        ({"time": None}, "time"),
        ({"sequence": 5}, "sequence"),
        ({"sequence": "-1"}, "sequence"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"data_base64": "aGk="}, "datacontenttype"),
        ({"BadName": "x"}, "extensions"),
        ({"traceparent": [1]}, "extensions"),
    ],
)
def test_what_is_no_such_event_is_refused(change: dict[str, Any], field: str) -> None:
    """The error names the attribute."""
    with pytest.raises(InvalidValue) as caught:
        CloudEvent.from_json(json.dumps({**GOOD, **change}))
    assert caught.value.field == field


@pytest.mark.parametrize("text", ["", "{", "[]", b"\xff"])
def test_what_is_no_object_is_refused(text: str | bytes) -> None:
    """Anything but a JSON object is no event."""
    with pytest.raises(InvalidValue, match="event"):
        CloudEvent.from_json(text)


def test_other_producers_events_are_read() -> None:
    """Extensions, other JSON types and offsets come from elsewhere, and are kept."""
    text = json.dumps(
        {
            **GOOD,
            "time": "2026-11-22T09:00:00-03:00",
            "traceparent": "00-ab",
            "datacontenttype": "application/vnd.shop+json; charset=utf-8",
            "data": [1, 2],
        }
    )
    event = CloudEvent.from_json(text)
    assert (event.time, event.data, event.subject) == (NOON, [1, 2], "")
    assert event.extensions == {"traceparent": "00-ab"}
    assert event.key == "/s 1"


@pytest.mark.parametrize("field", ["source", "prefix"])
def test_an_envelope_wants_a_name(field: str) -> None:
    """A blank source or prefix is refused by its name."""
    values: dict[str, str] = {"source": "/s", field: " "}
    with pytest.raises(InvalidValue, match=field):
        Envelope(**values)
