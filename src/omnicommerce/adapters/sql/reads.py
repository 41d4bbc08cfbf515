"""The statements that read the ledger, built once per database.

Locking reads take rows in key order. Rows of lots and holds are safe from
others once their account's row is locked; an extension alone changes a hold
without its account, so holds to be changed are locked too.
"""

from __future__ import annotations

import functools
from typing import Final

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.dialects import DIALECTS, Dialect

__all__ = ["Reads", "reads"]

_ACCOUNT: Final = "a.account, a.balance, a.held, a.floor, a.deficit, a.lotted"
_HOLD: Final = (
    "h.group_id, h.account, h.quantity, h.captured, h.released, h.expired, h.restored, h.expires_at"
)
_PART: Final = (
    "p.group_id, p.account, p.lot_id, p.quantity, p.captured, p.released, p.expired, p.restored"
)
_LOT: Final = (
    "l.account, l.lot_id, l.origin, l.issued, l.remaining, l.held, l.activates_at, l.expires_at"
)
_OPEN_HOLD: Final = "h.quantity - h.captured - h.released - h.expired"
_OPEN_PART: Final = "p.quantity - p.captured - p.released - p.expired"


@attrs.frozen(kw_only=True)
class Reads:
    """The reading statements of one database."""

    command: sa.TextClause
    accounts: sa.TextClause
    group: sa.TextClause
    due: sa.TextClause
    parts: sa.TextClause
    open_lots: sa.TextClause
    standings: sa.TextClause
    holds: sa.TextClause
    lots: sa.TextClause
    due_holds: sa.TextClause
    due_lots: sa.TextClause
    named_holds: sa.TextClause
    named_lots: sa.TextClause


def _accounts(dialect: Dialect) -> str:
    wanted = dialect.rows("rows", [("account", tables.account.c.account)])
    return (
        f"SELECT {_ACCOUNT} FROM {wanted} AS w {dialect.join} oc_account AS a"
        f" ON a.account = w.account ORDER BY a.account {dialect.lock_account}"
    )


def _group(dialect: Dialect) -> str:
    return (
        f"SELECT {_HOLD}, {_ACCOUNT} FROM {dialect.group}"
        f" WHERE h.group_id = :group ORDER BY h.account {dialect.lock}"
    )


def _due(dialect: Dialect) -> str:
    wanted = dialect.rows("rows", [("account", tables.account.c.account)])
    return (
        f"SELECT {_HOLD} FROM {wanted} AS w {dialect.join} oc_hold AS h"
        " ON h.account = w.account AND h.due_at <= :at"
        f" ORDER BY h.account, h.due_at, h.group_id {dialect.lock_hold}"
    )


def _holds_of(dialect: Dialect) -> str:
    named = [("group_id", tables.hold.c.group_id), ("account", tables.hold.c.account)]
    return f"{dialect.rows('rows', named)} AS w"


def _parts(dialect: Dialect) -> str:
    return (
        f"SELECT {_PART}, {_LOT} FROM {_holds_of(dialect)}"
        " JOIN oc_hold_part AS p ON p.group_id = w.group_id AND p.account = w.account"
        " JOIN oc_lot AS l ON l.account = p.account AND l.lot_id = p.lot_id"
        " ORDER BY p.group_id, p.account, p.turn_in_hold"
    )


def _named_holds(dialect: Dialect) -> str:
    return (
        f"SELECT {_HOLD} FROM {_holds_of(dialect)}"
        f" {dialect.join} oc_hold AS h ON h.group_id = w.group_id AND h.account = w.account"
        " WHERE h.due_at <= :at"
        f" ORDER BY w.turn {dialect.lock_hold}"
    )


def _named_lots(dialect: Dialect) -> str:
    named = [("account", tables.lot.c.account), ("lot_id", tables.lot.c.lot_id)]
    return (
        f"SELECT {_LOT} FROM {dialect.rows('rows', named)} AS w"
        " JOIN oc_lot AS l ON l.account = w.account AND l.lot_id = w.lot_id"
        " WHERE l.due_at <= :at ORDER BY w.turn"
    )


def _open_lots(dialect: Dialect) -> str:
    wanted = dialect.rows("rows", [("account", tables.account.c.account)])
    return (
        f"SELECT {_LOT} FROM {wanted} AS w JOIN oc_lot AS l ON l.account = w.account"
        " WHERE l.remaining > 0 ORDER BY l.account, l.lot_id"
    )


def _standings(dialect: Dialect) -> str:
    """Read accounts, their open lots and what due holds claim of each, as of one moment."""
    wanted = dialect.rows("rows", [("account", tables.account.c.account)])
    return (
        f"SELECT {_ACCOUNT},"
        f" (SELECT COALESCE(SUM({_OPEN_HOLD}), 0) FROM oc_hold AS h"
        " WHERE h.account = a.account AND h.due_at <= :at) AS due,"
        f" {_LOT},"
        f" (SELECT COALESCE(SUM({_OPEN_PART}), 0) FROM oc_hold AS h JOIN oc_hold_part AS p"
        " ON p.group_id = h.group_id AND p.account = h.account AND p.lot_id = l.lot_id"
        " WHERE h.account = l.account AND h.due_at <= :at) AS lot_due"
        f" FROM {wanted} AS w JOIN oc_account AS a ON a.account = w.account"
        " LEFT JOIN oc_lot AS l ON l.account = a.account AND l.remaining > 0"
        " AND a.lotted = 1"
    )


_HOLDS: Final = f"SELECT {_HOLD} FROM oc_hold AS h WHERE h.group_id = :group ORDER BY h.account"
_LOTS: Final = f"SELECT {_LOT} FROM oc_lot AS l WHERE l.account = :account"
_DUE_HOLDS: Final = (
    "SELECT h.group_id, h.account FROM oc_hold AS h WHERE h.due_at <= :at"
    " ORDER BY h.due_at, h.group_id, h.account LIMIT :limit"
)
_DUE_LOTS: Final = (
    "SELECT l.account, l.lot_id FROM oc_lot AS l WHERE l.due_at <= :at"
    " ORDER BY l.due_at, l.lot_id LIMIT :limit"
)
_COMMAND: Final = "SELECT fingerprint, answer FROM oc_command WHERE command_key = :key"


@functools.cache
def reads(name: str) -> Reads:
    """Return the reading statements of a database."""
    dialect = DIALECTS[name]
    return Reads(
        command=sa.text(_COMMAND),
        accounts=sa.text(_accounts(dialect)),
        group=sa.text(_group(dialect)),
        due=sa.text(_due(dialect)),
        parts=sa.text(_parts(dialect)),
        open_lots=sa.text(_open_lots(dialect)),
        standings=sa.text(_standings(dialect)),
        holds=sa.text(_HOLDS),
        lots=sa.text(_LOTS),
        due_holds=sa.text(_DUE_HOLDS),
        due_lots=sa.text(_DUE_LOTS),
        named_holds=sa.text(_named_holds(dialect)),
        named_lots=sa.text(_named_lots(dialect)),
    )
