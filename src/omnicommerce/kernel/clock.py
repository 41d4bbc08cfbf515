"""Instants: aware datetimes in UTC, read from an injected clock."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Protocol

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["Clock", "ManualClock", "SystemClock", "require_instant"]


def require_instant(value: object, field: str = "at") -> datetime:
    """Return the instant in UTC.

    Raises:
        InvalidValue: Not a datetime, or a naive one: it does not say which instant it means.
    """
    if not isinstance(value, datetime):
        raise InvalidValue(field, f"must be a datetime, not {value!r}")
    if value.utcoffset() is None:
        raise InvalidValue(
            field, f"{value.isoformat()} is naive; say which zone, such as tzinfo=UTC"
        )
    return value.astimezone(UTC)


class Clock(Protocol):
    """Tell the time; the shell reads it once per command and passes the instant down."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the current instant, aware and in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's idea of now, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved: for tests, demos and replays."""

    def __init__(self, at: datetime) -> None:
        self._at = require_instant(at)

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self._at

    def advance(self, by: timedelta) -> datetime:
        """Move on, and return the new instant."""
        self._at += by
        return self._at

    def set(self, at: datetime) -> datetime:
        """Jump to an instant, and return it."""
        self._at = require_instant(at)
        return self._at
