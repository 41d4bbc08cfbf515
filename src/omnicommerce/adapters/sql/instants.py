"""Instants as microseconds since 1970 in UTC: one integer that every database keeps exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, overload

__all__ = ["from_micros", "to_micros"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@overload
def to_micros(at: datetime) -> int: ...


@overload
def to_micros(at: datetime | None) -> int | None: ...


def to_micros(at: datetime | None) -> int | None:
    """Return the microseconds since 1970; None stays None."""
    if at is None:
        return None
    past = at - _EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds


@overload
def from_micros(micros: int) -> datetime: ...


@overload
def from_micros(micros: int | None) -> datetime | None: ...


def from_micros(micros: int | None) -> datetime | None:
    """Return the instant in UTC; None stays None."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)
