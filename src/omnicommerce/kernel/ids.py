"""Identities: prefixed text, made by an injected factory before the transaction."""

from __future__ import annotations

import itertools
import secrets
import uuid
from abc import abstractmethod
from typing import Any, Final, NewType, Protocol

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = [
    "LONGEST_ID",
    "CartId",
    "ChannelId",
    "CustomerId",
    "IdFactory",
    "LocationId",
    "OrderId",
    "RandomIds",
    "SequentialIds",
    "Sku",
    "require_id",
    "valid_id",
]

CartId = NewType("CartId", str)
ChannelId = NewType("ChannelId", str)
CustomerId = NewType("CustomerId", str)
LocationId = NewType("LocationId", str)
OrderId = NewType("OrderId", str)
Sku = NewType("Sku", str)

LONGEST_ID: Final = 120
"""Characters in an identity; the SQL adapter's key columns are this wide."""


def require_id(value: object, field: str) -> str:
    """Return ``value`` if it can be an identity: non-blank, printable text without edges of space.

    Raises:
        InvalidValue: Not text, blank, too long, or with characters that cannot be seen.
    """
    if not isinstance(value, str):
        raise InvalidValue(field, f"must be text, not {value!r}")
    if not value or value != value.strip() or not value.isprintable():
        raise InvalidValue(field, f"{value!r} must be printable text without spaces at its ends")
    if len(value) > LONGEST_ID:
        raise InvalidValue(field, f"is longer than {LONGEST_ID} characters: {value[:20]!r}…")
    return value


def valid_id(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse a field that cannot be an identity: an attrs validator."""
    require_id(value, attribute.name)


class IdFactory(Protocol):
    """Make new identities; configured once per shop, called before each transaction."""

    @abstractmethod
    def new(self, prefix: str) -> str:
        """Return an identity nobody has, such as ``cart_5f0c…``."""

    @abstractmethod
    def code(self, digits: int = 6) -> str:
        """Return a short secret that a person can read out, of decimal digits."""


class RandomIds:
    """Unguessable identities that need no coordination: 122 random bits."""

    def new(self, prefix: str) -> str:
        """Return ``prefix`` and 32 random hexadecimal digits."""
        return f"{prefix}_{uuid.uuid4().hex}"

    def code(self, digits: int = 6) -> str:
        """Return decimal digits that nobody can foresee."""
        return f"{secrets.randbelow(10**digits):0{digits}d}"


class SequentialIds:
    """Identities counted per prefix: for tests and demos that must repeat exactly."""

    def __init__(self) -> None:
        self._counters: dict[str, itertools.count[int]] = {}

    def new(self, prefix: str) -> str:
        """Return ``prefix`` and the next number."""
        counter = self._counters.setdefault(prefix, itertools.count(1))
        return f"{prefix}_{next(counter):04d}"

    def code(self, digits: int = 6) -> str:
        """Return digits that anybody can foresee, different each time."""
        counter = self._counters.setdefault("", itertools.count(1))
        return f"{next(counter) * 271_829 % 10**digits:0{digits}d}"
