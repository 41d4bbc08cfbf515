"""The common hold, decided by the database: accounts without lots, with enough for everybody.

The gate is the conditional update and its count of rows. Where it does not open
(too little in the stored figures, lots, an unknown account, a group that
exists) nothing is held, and `omnicommerce.ledger.decide` judges what was read.
"""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any, Final

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.coding import (
    account_of,
    account_text,
    as_rows,
    demand_rows,
    effect_row,
)
from omnicommerce.adapters.sql.dialects import DIALECTS
from omnicommerce.adapters.sql.instants import to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writes import claim, one_by_one
from omnicommerce.adapters.sql.writing import claim_key, claim_parameters
from omnicommerce.kernel.errors import Conflict
from omnicommerce.ledger.model import Account, Command, Demand, Moved, Verb
from omnicommerce.ledger.plan import Effect

__all__ = ["HoldRequest", "Quick", "quick_hold"]

_ENOUGH: Final = "lotted = 0 AND balance - held - floor >= quantity"
_NEW_GROUP: Final = "NOT EXISTS (SELECT 1 FROM oc_hold WHERE group_id = {group})"
_GROUP: Final = "CAST(:group_id AS text)"
_WANTED: Final = [("account", tables.account.c.account), ("quantity", tables.hold.c.quantity)]


@functools.cache
def _whole_hold() -> sa.TextClause:
    """Return PostgreSQL's whole hold: gate, key, figures, holds and journal in one statement.

    It answers, once per wanted account that exists or once with none: whether
    the gate opened, whether the group is new, the counts of keys claimed and of
    accounts updated, and the account as it was before.
    """
    postgres = DIALECTS["postgresql"]
    gated = claim(postgres, "(SELECT enough AND new_group FROM gate)")
    return sa.text(
        f"""
        WITH locked AS MATERIALIZED (
            SELECT a.*, w.quantity, w.turn FROM {postgres.rows("rows", _WANTED)} AS w
            JOIN oc_account AS a ON a.account = w.account ORDER BY a.account FOR UPDATE OF a
        ), gate AS MATERIALIZED (
            SELECT count(*) = CAST(:count AS bigint) AS enough,
            {_NEW_GROUP.format(group=_GROUP)} AS new_group FROM locked WHERE {_ENOUGH}
        ), command AS ({gated} RETURNING 1
        ), taken AS (
            UPDATE oc_account AS t SET held = t.held + l.quantity FROM locked AS l
            WHERE t.account = l.account AND t.balance - t.held - t.floor >= l.quantity
            AND EXISTS (SELECT 1 FROM command) RETURNING 1
        ), holds AS (
            INSERT INTO oc_hold (group_id, account, quantity, expires_at, due_at)
            SELECT {_GROUP}, account, quantity, CAST(:expires_at AS bigint),
            CAST(:expires_at AS bigint) FROM locked WHERE EXISTS (SELECT 1 FROM command)
        ), journal AS (
            INSERT INTO oc_entry (account, verb, balance_change, held_change, counter,
            command_key, cause, at, group_id)
            SELECT account, 'hold', 0, quantity, 'none', CAST(:key AS text), CAST(:cause AS text),
            CAST(:at AS bigint), {_GROUP} FROM locked
            WHERE EXISTS (SELECT 1 FROM command) ORDER BY turn
        )
        SELECT g.enough AND g.new_group, g.new_group, (SELECT count(*) FROM command),
        (SELECT count(*) FROM taken), account, balance, held, floor, deficit, lotted
        FROM gate AS g LEFT JOIN locked ON true ORDER BY account
        """
    )


@functools.cache
def _gate(name: str) -> sa.TextClause:
    """Return the guarded update alone, for databases that write one table at a time."""
    dialect = DIALECTS[name]
    sets = ["held = t.held + w.quantity"]
    guard = (
        "t.account = w.account AND t.lotted = 0 AND t.balance - t.held - t.floor >= w.quantity"
        f" AND {_NEW_GROUP.format(group=':group_id')}"
    )
    return sa.text(dialect.update("oc_account", dialect.rows("rows", _WANTED), sets, guard))


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
    claimed = claim_parameters(wanted.by, wanted.fingerprint, wanted.answer)
    parameters: dict[str, Any] = {
        **claimed,
        "rows": demand_rows(wanted.demands),
        "count": len(wanted.demands),
        "group_id": wanted.group,
        "expires_at": to_micros(wanted.expires_at),
        "cause": wanted.by.cause,
    }
    rows = transaction.rows(_whole_hold(), parameters)
    opened, new_group, keys, taken = rows[0][:4]
    if opened and keys and taken != len(wanted.demands):
        transaction.fail(Conflict("an account changed while it was locked"))
    return Quick(
        held=bool(opened and keys),
        known=bool(opened and not keys),
        new_group=new_group,
        accounts=tuple(account_of(row[4:]) for row in rows if row[4] is not None),
    )


def _hold_in_steps(transaction: Transaction, wanted: HoldRequest) -> Quick:
    """Claim the key, open the gate, then write the holds and the journal."""
    if not claim_key(transaction, wanted.by, wanted.fingerprint, wanted.answer):
        return Quick(known=True)
    parameters = {"rows": demand_rows(wanted.demands), "group_id": wanted.group}
    taken = transaction.execute(_gate(transaction.dialect), parameters).rowcount
    if not taken:
        return Quick(claimed=True)
    if taken != len(wanted.demands):
        transaction.fail(Conflict("some accounts had too little in their stored figures"))
    statements = one_by_one(transaction.dialect)
    until = to_micros(wanted.expires_at)
    holds = [
        (wanted.group, account_text(demand.account), demand.quantity, until, until)
        for demand in wanted.demands
    ]
    journal = [effect_row(_effect(demand, wanted.group), wanted.by) for demand in wanted.demands]
    transaction.execute(statements["new_holds"], {"new_holds": as_rows(holds)})
    transaction.execute(statements["entries"], {"entries": as_rows(journal)})
    return Quick(held=True)


def _effect(demand: Demand, group: str) -> Effect:
    return Effect(account=demand.account, verb=Verb.HOLD, held_change=demand.quantity, group=group)
