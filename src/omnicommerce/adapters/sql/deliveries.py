"""The outbox as relays see it: leases, verdicts and what is set aside, by conditional updates.

An event is due when ``due_at`` is past: 0 as long as nobody had it, the end of
its lease while a relay has it, the next try when it was refused. NULL: nobody
has to try any more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.coding import as_rows
from omnicommerce.adapters.sql.dialects import DIALECTS, Dialect
from omnicommerce.adapters.sql.instants import from_micros, to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writes import Piece
from omnicommerce.relay.model import Backlog, Leased, SetAside, Verdict
from omnicommerce.relay.ports import Deliveries

__all__ = ["SqlDeliveries", "skips_locked"]

_OUTBOX: Final = tables.outbox
_ATTEMPTS: Final = 2
_FRESH: Final = "o.due_at = 0"
_OVERDUE: Final = "o.due_at > 0 AND o.due_at <= :at"
_SKIPPING_MARIADB: Final = (10, 6)

_VERDICTS: Final = Piece(
    name="verdicts",
    table=_OUTBOX,
    columns=("sequence", "lease", "due_at", "published_at", "tries", "reason"),
    key=("sequence",),
)
_PICKED: Final = Piece(name="picked", table=_OUTBOX, columns=("sequence",), key=("sequence",))


def _by(dialect: Dialect, index: str) -> str:
    """Return a hint for MariaDB, which is told the index where another one would do harm.

    It would read the history in order of its key, a short table whole, or all
    that is due for each event; and wait for the locked rows in there.
    """
    return f" FORCE INDEX ({index})" if dialect.name == "mariadb" else ""


def _behind(dialect: Dialect) -> str:
    """Return the beginning of the query for pending events of the same subject before ``o``."""
    hint = _by(dialect, "ix_oc_outbox_subject_due_at")
    return (
        f"SELECT 1 FROM oc_outbox AS b{hint} WHERE b.subject = o.subject"
        " AND b.sequence < o.sequence"
    )


def _candidates(dialect: Dialect, due: str, lock: str) -> sa.TextClause:
    """Return the query for due events, none of them behind one that is not due."""
    return sa.text(
        f"SELECT o.sequence FROM oc_outbox AS o{_by(dialect, 'ix_oc_outbox_due_at')} WHERE {due}"
        f" AND NOT EXISTS ({_behind(dialect)} AND b.due_at > :at)"
        f" ORDER BY o.due_at, o.sequence LIMIT :limit {lock}"
    )


def _updating(dialect: Dialect, update: str) -> sa.TextClause:
    table = "oc_outbox AS t"
    return sa.text(update.replace(table, table + _by(dialect, "PRIMARY")))


def _claim(dialect: Dialect) -> sa.TextClause:
    sets = ("due_at = :until", "lease = :token")
    where = "t.sequence = w.sequence AND t.due_at <= :at"
    return _updating(dialect, dialect.update("oc_outbox", _PICKED.source(dialect), sets, where))


def _claimed(dialect: Dialect) -> sa.TextClause:
    """Return the query for what a token leased, and whether each is behind somebody else's."""
    others = "b.due_at >= 0 AND (b.lease IS NULL OR b.lease <> :token)"
    return sa.text(
        "SELECT o.sequence, o.event_id, o.kind, o.subject, o.at, o.data, o.tries, o.reason,"
        f" CASE WHEN EXISTS ({_behind(dialect)} AND {others}) THEN 1 ELSE 0 END"
        f" FROM {_PICKED.source(dialect)} AS w"
        f" {dialect.join} oc_outbox AS o ON o.sequence = w.sequence WHERE o.lease = :token"
        " ORDER BY o.sequence"
    )


_SKIPPING: Final = {
    "postgresql": "FOR UPDATE OF o SKIP LOCKED",
    "mariadb": "FOR UPDATE SKIP LOCKED",
    "sqlite": "",
}
_WAITING: Final = {"postgresql": "FOR UPDATE OF o", "mariadb": "FOR UPDATE", "sqlite": ""}
_CANDIDATES: Final = {
    (name, skips, due): _candidates(dialect, due, (_SKIPPING if skips else _WAITING)[name])
    for name, dialect in DIALECTS.items()
    for skips in (True, False)
    for due in (_OVERDUE, _FRESH)
}
_CLAIMS: Final = {name: _claim(dialect) for name, dialect in DIALECTS.items()}
_CLAIMED: Final = {name: _claimed(dialect) for name, dialect in DIALECTS.items()}
_SETTLE: Final = {
    name: _updating(dialect, _VERDICTS.sql(dialect, " AND t.lease = :token"))
    for name, dialect in DIALECTS.items()
}
_ASIDE: Final = "due_at IS NULL AND published_at IS NULL"
_LIST_ASIDE: Final = sa.text(
    f"SELECT sequence, event_id, kind, subject, at, tries, reason FROM oc_outbox WHERE {_ASIDE}"
    " ORDER BY sequence LIMIT :limit"
)
_REQUEUE: Final = (
    sa.update(_OUTBOX)
    .where(_OUTBOX.c.event_id.in_(sa.bindparam("ids", expanding=True)), sa.text(_ASIDE))
    .values(due_at=0, tries=0, reason=None)
)
_PENDING: Final = sa.text(
    "SELECT COUNT(*), SUM(CASE WHEN due_at > :at AND lease IS NOT NULL THEN 1 ELSE 0 END),"
    " SUM(CASE WHEN due_at > :at AND lease IS NULL THEN 1 ELSE 0 END), MIN(at)"
    " FROM oc_outbox WHERE due_at >= 0"
)
_COUNT_ASIDE: Final = sa.text(f"SELECT COUNT(*) FROM oc_outbox WHERE {_ASIDE}")
_OLD: Final = sa.text(
    "SELECT sequence FROM oc_outbox WHERE published_at < :before AND due_at IS NULL"
    " AND sequence < (SELECT MAX(sequence) FROM oc_outbox)"
    " ORDER BY published_at LIMIT :limit"
)
_FORGET: Final = sa.delete(_OUTBOX).where(
    _OUTBOX.c.sequence.in_(sa.bindparam("sequences", expanding=True))
)


def skips_locked(dialect: sa.Dialect) -> bool:
    """Tell whether relays pass over rows that another one is just leasing.

    PostgreSQL and MariaDB from 10.6 on can. Where it is false, relays wait for
    each other while leasing, which takes longer and changes nothing else;
    SQLite has one writer anyway.
    """
    if dialect.name == "postgresql":
        return True
    version = dialect.server_version_info
    return dialect.name == "mariadb" and version is not None and version >= _SKIPPING_MARIADB


class SqlDeliveries(Deliveries):
    """`omnicommerce.relay.ports.Deliveries` over one database transaction."""

    def __init__(self, transaction: Transaction, *, skips: bool | None = None) -> None:
        self._transaction = transaction
        self._skips = skips_locked(transaction.connection.dialect) if skips is None else skips

    def lease(self, token: str, *, at: datetime, until: datetime, limit: int) -> tuple[Leased, ...]:
        """Lease events that are due and behind no other pending one of their subject.

        Two relays that lease at the same moment may each take one of a
        subject's events; whoever then sees an earlier one elsewhere lets go.
        What was let go comes by its sequence afterwards, so the second attempt
        begins with the earlier ones.
        """
        for _ in range(_ATTEMPTS):
            picked = self._pick(to_micros(at), limit)
            leased = self._claim(token, picked, at, until) if picked else ()
            if leased or not picked:
                return leased
        return ()

    def settle(self, token: str, verdicts: Collection[Verdict]) -> int:
        """Write what became of events, where the lease is still this one."""
        return self._write(token, [_row(verdict) for verdict in verdicts])

    def aside(self, *, limit: int = 100) -> tuple[SetAside, ...]:
        """Return events that were set aside, oldest first."""
        return tuple(
            _set_aside(row) for row in self._transaction.rows(_LIST_ASIDE, {"limit": limit})
        )

    def requeue(self, event_ids: Collection[str]) -> int:
        """Make events that were set aside due again."""
        if not event_ids:
            return 0
        return self._transaction.execute(_REQUEUE, {"ids": list(event_ids)}).rowcount

    def backlog(self, at: datetime) -> Backlog:
        """Count what waits."""
        pending, leased, retrying, oldest = self._transaction.rows(_PENDING, {"at": to_micros(at)})[
            0
        ]
        aside = self._transaction.rows(_COUNT_ASIDE)[0][0]
        return Backlog(
            pending=pending,
            leased=int(leased or 0),
            retrying=int(retrying or 0),
            aside=aside,
            oldest_at=from_micros(oldest),
        )

    def tidy(self, before: datetime, *, limit: int) -> int:
        """Delete events that were published before an instant.

        SQLite would give the sequence of the newest one again if it were gone.
        """
        old = self._transaction.rows(_OLD, {"before": to_micros(before), "limit": limit})
        if not old:
            return 0
        return self._transaction.execute(_FORGET, {"sequences": [row[0] for row in old]}).rowcount

    def _pick(self, at: int, limit: int) -> list[int]:
        """Return what may be leased: what others had first, or new events would starve it."""
        picked: list[int] = []
        for due in (_OVERDUE, _FRESH):
            if len(picked) < limit:
                statement = _CANDIDATES[self._transaction.dialect, self._skips, due]
                parameters = {"at": at, "limit": limit - len(picked)}
                picked += [row[0] for row in self._transaction.rows(statement, parameters)]
        return picked

    def _claim(
        self, token: str, picked: Sequence[int], at: datetime, until: datetime
    ) -> tuple[Leased, ...]:
        """Lease these events, but let go of each that is behind another one."""
        name = self._transaction.dialect
        rows = as_rows((sequence,) for sequence in picked)
        lease = {"picked": rows, "token": token, "at": to_micros(at), "until": to_micros(until)}
        self._transaction.execute(_CLAIMS[name], lease)
        found = self._transaction.rows(_CLAIMED[name], {"picked": rows, "token": token})
        self._write(token, [(row[0], None, 0, None, row[6], row[7]) for row in found if row[8]])
        return tuple(_leased(row) for row in found if not row[8])

    def _write(self, token: str, rows: Sequence[tuple[Any, ...]]) -> int:
        if not rows:
            return 0
        statement = _SETTLE[self._transaction.dialect]
        parameters = {"verdicts": as_rows(rows), "token": token}
        return self._transaction.execute(statement, parameters).rowcount


def _row(verdict: Verdict) -> tuple[Any, ...]:
    due_at, published_at = to_micros(verdict.due_at), to_micros(verdict.published_at)
    return verdict.sequence, None, due_at, published_at, verdict.tries, verdict.reason


def _leased(row: Sequence[Any]) -> Leased:
    sequence, event_id, kind, subject, at, data, tries, *_ = row
    return Leased(
        sequence=sequence,
        event_id=event_id,
        kind=kind,
        subject=subject,
        at=from_micros(int(at)),
        data=data,
        tries=tries,
    )


def _set_aside(row: Sequence[Any]) -> SetAside:
    sequence, event_id, kind, subject, at, tries, reason = row
    return SetAside(
        sequence=sequence,
        event_id=event_id,
        kind=kind,
        subject=subject,
        at=from_micros(int(at)),
        tries=tries,
        reason=reason or "",
    )
