"""The common hold, decided by the database: accounts without lots, with enough for everybody.

The gate is the conditional update and its count of rows. Where it does not open
(too little in the stored figures, lots, an unknown account, a group that
exists) nothing is held, and `omnicommerce.ledger.decide` judges what was read.
"""

from __future__ import annotations

import functools
import json
from datetime import datetime
from typing import Any, Final

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.coding import account_of, demand_rows
from omnicommerce.adapters.sql.dialects import DIALECTS
from omnicommerce.adapters.sql.instants import to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writes import claim
from omnicommerce.adapters.sql.writing import claim_key, claim_parameters
from omnicommerce.kernel.errors import Conflict
from omnicommerce.ledger.model import Account, Command, Demand, Moved

__all__ = ["HoldRequest", "Quick", "quick_hold"]

_ENOUGH: Final = "lotted = 0 AND balance - held - floor >= quantity"
_NEW_GROUP: Final = "NOT EXISTS (SELECT 1 FROM oc_hold WHERE group_id = {group_id})"
_HOLDS: Final = (
    "INSERT INTO oc_hold (group_id, account, quantity, expires_at, due_at)"
    " SELECT {group_id}, account, quantity, {expires_at}, {expires_at} FROM {rows}"
)
_JOURNAL: Final = (
    "INSERT INTO oc_entry (account, verb, balance_change, held_change, counter,"
    " command_key, cause, at, group_id)"
    " SELECT account, 'hold', 0, quantity, 'none', {key}, {cause}, {at}, {group_id} FROM {rows}"
    " ORDER BY turn"
)
_TEXTS: Final = ("group_id", "key", "cause")
_NUMBERS: Final = ("expires_at", "at")
_WANTED: Final = [("account", tables.account.c.account), ("quantity", tables.hold.c.quantity)]


@functools.cache
def _whole_hold() -> sa.TextClause:
    """Return PostgreSQL's whole hold: gate, key, figures, holds and journal in one statement.

    It answers whether the gate opened, whether the group is new, the counts of
    keys claimed and of accounts updated, and, where the gate stayed shut, the
    figures of the wanted accounts that exist, as JSON text.
    """
    postgres = DIALECTS["postgresql"]
    gated = claim(postgres, "(SELECT enough AND new_group FROM gate)")
    # PostgreSQL cannot tell the type of a parameter that is only selected.
    values = {name: f"CAST(:{name} AS text)" for name in _TEXTS}
    values |= {name: f"CAST(:{name} AS bigint)" for name in _NUMBERS}
    values["rows"] = "locked WHERE EXISTS (SELECT 1 FROM command)"
    return sa.text(
        f"""
        WITH locked AS MATERIALIZED (
            SELECT a.*, w.quantity, w.turn FROM {postgres.rows("rows", _WANTED)} AS w
            JOIN oc_account AS a ON a.account = w.account ORDER BY a.account FOR UPDATE OF a
        ), gate AS MATERIALIZED (
            SELECT count(*) = CAST(:count AS bigint) AS enough,
            {_NEW_GROUP.format_map(values)} AS new_group FROM locked WHERE {_ENOUGH}
        ), command AS ({gated} RETURNING 1
        ), taken AS (
            UPDATE oc_account AS t SET held = t.held + l.quantity FROM locked AS l
            WHERE t.account = l.account AND t.balance - t.held - t.floor >= l.quantity
            AND EXISTS (SELECT 1 FROM command) RETURNING 1
        ), holds AS ({_HOLDS.format_map(values)}), journal AS ({_JOURNAL.format_map(values)})
        SELECT enough AND new_group, new_group, (SELECT count(*) FROM command),
        (SELECT count(*) FROM taken), CASE WHEN NOT (enough AND new_group) THEN (
            SELECT CAST(json_agg(json_build_array(account, balance, held, floor, deficit, lotted)
            ORDER BY account) AS text) FROM locked
        ) END FROM gate
        """
    )


@attrs.frozen
class _Steps:
    """The statements of a hold, for databases that write one table at a time."""

    gate: sa.TextClause
    holds: sa.TextClause
    journal: sa.TextClause


@functools.cache
def _steps(name: str) -> _Steps:
    """Return the guarded update, and what is written once it succeeded."""
    dialect = DIALECTS[name]
    rows = dialect.rows("rows", _WANTED)
    values = {name: f":{name}" for name in (*_TEXTS, *_NUMBERS)} | {"rows": f"{rows} AS w"}
    guard = (
        "t.account = w.account AND t.lotted = 0 AND t.balance - t.held - t.floor >= w.quantity"
        f" AND {_NEW_GROUP.format_map(values)}"
    )
    return _Steps(
        gate=sa.text(dialect.update("oc_account", rows, ["held = t.held + w.quantity"], guard)),
        holds=sa.text(_HOLDS.format_map(values)),
        journal=sa.text(_JOURNAL.format_map(values)),
    )


@attrs.frozen(kw_only=True)
class HoldRequest:
    """What is to be held."""

    group: str
    demands: tuple[Demand, ...]
    expires_at: datetime | None
    by: Command
    fingerprint: str

    @property
    def answer(self) -> Moved:
        """The answer if it is held."""
        return Moved(quantities=self.demands)


@attrs.frozen(kw_only=True)
class Quick:
    """What became of a quick hold.

    Args:
        held: It is held, and journalled under its key.
        known: Its key was used before; nothing was done.
        claimed: It is not held, but has claimed its key.
        new_group: Whether the group is new; None: not known.
        accounts: The accounts, locked and read; None: not read.
    """

    held: bool = False
    known: bool = False
    claimed: bool = False
    new_group: bool | None = None
    accounts: tuple[Account, ...] | None = None


def quick_hold(transaction: Transaction, wanted: HoldRequest) -> Quick:
    """Hold if the stored figures suffice; otherwise hold nothing.

    Raises:
        Conflict: Only some accounts had enough, where that cannot be taken back
            without running the unit of work again.
    """
    if DIALECTS[transaction.dialect].writes_at_once:
        return _hold_at_once(transaction, wanted)
    if transaction.careful:
        return Quick()
    return _hold_in_steps(transaction, wanted)


def _hold_at_once(transaction: Transaction, wanted: HoldRequest) -> Quick:
    parameters = _parameters(wanted)
    parameters |= claim_parameters(wanted.by, wanted.fingerprint, wanted.answer)
    parameters["count"] = len(wanted.demands)
    ((opened, new_group, keys, taken, figures),) = transaction.rows(_whole_hold(), parameters)
    if opened and keys and taken != len(wanted.demands):
        transaction.fail(Conflict("an account changed while it was locked"))
    return Quick(
        held=bool(opened and keys),
        known=bool(opened and not keys),
        new_group=new_group,
        accounts=tuple(account_of(row) for row in json.loads(figures or "[]")),
    )


def _hold_in_steps(transaction: Transaction, wanted: HoldRequest) -> Quick:
    """Claim the key, open the gate, then write the holds and the journal."""
    if not claim_key(transaction, wanted.by, wanted.fingerprint, wanted.answer):
        return Quick(known=True)
    steps = _steps(transaction.dialect)
    parameters = _parameters(wanted)
    taken = transaction.execute(steps.gate, parameters).rowcount
    if not taken:
        return Quick(claimed=True)
    if taken != len(wanted.demands):
        transaction.fail(Conflict("some accounts had too little in their stored figures"))
    transaction.execute(steps.holds, parameters)
    transaction.execute(steps.journal, parameters)
    return Quick(held=True)


def _parameters(wanted: HoldRequest) -> dict[str, Any]:
    return {
        "rows": demand_rows(wanted.demands),
        "group_id": wanted.group,
        "expires_at": to_micros(wanted.expires_at),
        "key": wanted.by.key,
        "cause": wanted.by.cause,
        "at": to_micros(wanted.by.at),
    }
