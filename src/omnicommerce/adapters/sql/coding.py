"""Rows to nouns and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from omnicommerce.adapters.sql.instants import from_micros, to_micros
from omnicommerce.ledger.model import (
    Account,
    AccountKey,
    Command,
    Demand,
    Entry,
    Hold,
    HoldPart,
    Lot,
    Verb,
)
from omnicommerce.ledger.plan import Effect

__all__ = [
    "account_key",
    "account_of",
    "account_text",
    "as_rows",
    "demand_rows",
    "effect_row",
    "entry_of",
    "hold_of",
    "keys_rows",
    "lot_of",
    "part_of",
]

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SEPARATOR: Final = "\x1f"
"""The unit separator: no id has it, and it sorts before every printable character."""


def account_text(key: AccountKey) -> str:
    """Return an account's key as the one column it is stored in."""
    return _SEPARATOR.join((key.kind, key.subject, key.scope))


def account_key(text: str) -> AccountKey:
    """Read what `account_text` wrote."""
    kind, subject, scope = text.split(_SEPARATOR)
    return AccountKey(kind, subject, scope)


def as_rows(rows: Iterable[Sequence[Any]]) -> str:
    """Write rows as the JSON text that `Dialect.rows` reads."""
    return _encode(list(rows))


def demand_rows(demands: Iterable[Demand]) -> str:
    """Write accounts and quantities."""
    return as_rows((account_text(demand.account), demand.quantity) for demand in demands)


def keys_rows(keys: Iterable[AccountKey]) -> str:
    """Write accounts."""
    return as_rows((account_text(key),) for key in keys)


def account_of(row: Sequence[Any]) -> Account:
    """Read account, balance, held, floor, deficit, lotted."""
    text, balance, held, floor, deficit, lotted = row
    return Account(
        key=account_key(text),
        balance=balance,
        held=held,
        floor=floor,
        deficit=deficit,
        lotted=bool(lotted),
    )


def hold_of(row: Sequence[Any], parts: tuple[HoldPart, ...] = ()) -> Hold:
    """Read group, account, quantity, the four counters and the expiry."""
    group, text, quantity, captured, released, expired, restored, expires_at = row
    return Hold(
        group=group,
        account=account_key(text),
        quantity=quantity,
        expires_at=from_micros(expires_at),
        captured=captured,
        released=released,
        expired=expired,
        restored=restored,
        parts=parts,
    )


def part_of(row: Sequence[Any]) -> HoldPart:
    """Read group, account, lot, quantity and the four counters."""
    _, _, lot_id, quantity, captured, released, expired, restored = row
    return HoldPart(
        lot_id=lot_id,
        quantity=quantity,
        captured=captured,
        released=released,
        expired=expired,
        restored=restored,
    )


def lot_of(row: Sequence[Any]) -> Lot:
    """Read account, lot, origin, issued, remaining, held and the two instants."""
    text, lot_id, origin, issued, remaining, held, activates_at, expires_at = row
    return Lot(
        lot_id=lot_id,
        account=account_key(text),
        origin=origin,
        issued=issued,
        remaining=remaining,
        held=held,
        activates_at=from_micros(activates_at),
        expires_at=from_micros(expires_at),
    )


def entry_of(row: Sequence[Any]) -> Entry:
    """Read a journal row in the order of its columns."""
    sequence, text, verb, balance, held, counter, key, cause, at, group, lot_id = row
    return Entry(
        sequence=sequence,
        account=account_key(text),
        verb=Verb(verb),
        balance_change=balance,
        held_change=held,
        counter=counter,
        key=key,
        cause=cause,
        at=from_micros(int(at)),
        group=group,
        lot_id=lot_id,
    )


def effect_row(effect: Effect, by: Command) -> tuple[Any, ...]:
    """Write an effect as the journal row of a command."""
    return (
        account_text(effect.account),
        effect.verb,
        effect.balance_change,
        effect.held_change,
        effect.counter,
        by.key,
        by.cause,
        to_micros(by.at),
        effect.group,
        effect.lot_id,
    )
