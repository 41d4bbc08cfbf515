"""An event as the rest of the world reads it: CloudEvents 1.0, structured, in JSON.

The specification is at https://github.com/cloudevents/spec, version 1.0.2; the
attribute ``sequence`` is its documented extension of that name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Self

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.documents import canonical, dump, load
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue

__all__ = ["CONTENT_TYPE", "CloudEvent"]

CONTENT_TYPE: Final = "application/cloudevents+json"
"""Media type of the text that `CloudEvent.to_json` writes."""

_VERSION: Final = "1.0"
_JSON: Final = "application/json"
_SEQUENCE_DIGITS: Final = 20
_KNOWN: Final = frozenset(
    {
        *("specversion", "id", "source", "type", "subject", "time"),
        *("datacontenttype", "dataschema", "sequence", "data"),
    }
)


def _text(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(attribute.name, f"must be text that is not blank, not {value!r}")


def _instant(value: object) -> datetime:
    return require_instant(value, "time")


def _extensions(_: object, attribute: attrs.Attribute[Any], value: Mapping[str, Any]) -> None:
    for name, content in value.items():
        if name in _KNOWN or not (name.isascii() and name.isalnum() and name == name.lower()):
            raise InvalidValue(attribute.name, f"{name!r} cannot be the name of an extension")
        if not isinstance(content, (str, int)):
            raise InvalidValue(attribute.name, f"{name} must be text, a number or a truth value")


@attrs.frozen(kw_only=True)
class CloudEvent:
    """One event with its context; ``source`` and ``id`` together are its identity.

    Args:
        id: The same whenever the event is sent again.
        source: Whose event it is: a URI reference, such as ``/shops/alma``.
        type: What happened, such as ``omnicommerce.order.placed``.
        time: When it happened.
        subject: The aggregate it is about; events of one subject keep their order.
        data: What happened in detail: any JSON value.
        dataschema: URI of the schema of ``data``.
        sequence: Later events of a subject have larger ones, not always the next.
        extensions: Further attributes, of other producers.

    Raises:
        InvalidValue: An attribute is missing or impossible; the field is named.

    Example:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
        >>> placed = CloudEvent(id="e1", source="/shops/alma", type="order.placed", time=noon)
        >>> CloudEvent.from_json(placed.to_json()) == placed
        True
    """

    id: str = attrs.field(validator=_text)
    source: str = attrs.field(validator=_text)
    type: str = attrs.field(validator=_text)
    time: datetime = attrs.field(converter=_instant)
    subject: str = ""
    data: Any = None
    dataschema: str | None = None
    sequence: int | None = None
    extensions: Mapping[str, str | int] = attrs.field(factory=dict, validator=_extensions)

    @property
    def key(self) -> str:
        """The event's identity as one text: what an inbox remembers."""
        return f"{self.source} {self.id}"

    def to_json(self) -> str:
        """Return the event in the structured form, the same text each time."""
        document: dict[str, Any] = {
            **self.extensions,
            "specversion": _VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": dump(self.time),
        }
        if self.subject:
            document["subject"] = self.subject
        if self.dataschema is not None:
            document["dataschema"] = self.dataschema
        if self.sequence is not None:
            document["sequence"] = f"{self.sequence:0{_SEQUENCE_DIGITS}d}"
        if self.data is not None:
            document |= {"datacontenttype": _JSON, "data": self.data}
        return canonical(document)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read an event in the structured form.

        Raises:
            InvalidValue: Not a CloudEvent of version 1.0 whose data is JSON.
        """
        document = _object(text)
        if document.get("specversion") != _VERSION:
            found = document.get("specversion")
            raise InvalidValue("specversion", f"must be {_VERSION!r}, not {found!r}")
        kind = str(document.get("datacontenttype", _JSON)).partition(";")[0].strip().lower()
        if "data_base64" in document or not (kind == _JSON or kind.endswith("+json")):
            raise InvalidValue("datacontenttype", f"data must be JSON, not {kind!r}")
        return cls(
            id=document.get("id", ""),
            source=document.get("source", ""),
            type=document.get("type", ""),
            time=_read_time(document.get("time")),
            subject=document.get("subject", ""),
            data=document.get("data"),
            dataschema=document.get("dataschema"),
            sequence=_read_sequence(document.get("sequence")),
            extensions={name: document[name] for name in document.keys() - _KNOWN},
        )


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValue("event", f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise InvalidValue("event", f"must be a JSON object, not {type(document).__name__}")
    return document


def _read_time(text: object) -> datetime:
    try:
        return load(datetime, text)
    except InvalidConfiguration as error:
        raise InvalidValue("time", error.message) from None


def _read_sequence(text: object) -> int | None:
    if text is None:
        return None
    if not (isinstance(text, str) and text.isascii() and text.isdigit()):
        raise InvalidValue("sequence", f"must be text of digits, not {text!r}")
    return int(text)
