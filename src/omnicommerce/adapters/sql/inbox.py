"""What consumers have seen, in the transaction of their own changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.dialects import DIALECTS
from omnicommerce.adapters.sql.instants import to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.relay.ports import InboxRecord

__all__ = ["SqlInbox"]

_TAKE: Final = {
    name: sa.text(
        "INSERT INTO oc_inbox (consumer, message, at)"
        f" VALUES (:consumer, :message, :at) {dialect.ignore}"
    )
    for name, dialect in DIALECTS.items()
}
_BEGIN: Final = {
    name: sa.text(
        "INSERT INTO oc_inbox_subject (consumer, subject, sequence)"
        f" VALUES (:consumer, :subject, :sequence) {dialect.ignore}"
    )
    for name, dialect in DIALECTS.items()
}
_ADVANCE: Final = sa.text(
    "UPDATE oc_inbox_subject SET sequence = :sequence"
    " WHERE consumer = :consumer AND subject = :subject AND sequence < :sequence"
)
_OLD: Final = sa.text(
    "SELECT message FROM oc_inbox WHERE consumer = :consumer AND at < :before"
    " ORDER BY at LIMIT :limit"
)
_FORGET: Final = sa.delete(tables.inbox).where(
    tables.inbox.c.consumer == sa.bindparam("consumer"),
    tables.inbox.c.message.in_(sa.bindparam("messages", expanding=True)),
)


class SqlInbox(InboxRecord):
    """`omnicommerce.relay.ports.InboxRecord` over one database transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def take(self, consumer: str, message: str, *, at: datetime) -> bool:
        """Insert the message, and tell whether it was new."""
        return self._transaction.insert_once(
            _TAKE[self._transaction.dialect],
            {"consumer": consumer, "message": message, "at": to_micros(at)},
        )

    def advance(self, consumer: str, subject: str, sequence: int) -> bool:
        """Move the subject's sequence up, and tell whether it did.

        The second update is for who comes between the first one and the insert.
        """
        place: dict[str, Any] = {"consumer": consumer, "subject": subject, "sequence": sequence}
        return (
            self._moves(place)
            or self._transaction.insert_once(_BEGIN[self._transaction.dialect], place)
            or self._moves(place)
        )

    def forget(self, consumer: str, before: datetime, *, limit: int) -> int:
        """Delete a consumer's messages of before an instant."""
        wanted = {"consumer": consumer, "before": to_micros(before), "limit": limit}
        old = [row[0] for row in self._transaction.rows(_OLD, wanted)]
        if not old:
            return 0
        return self._transaction.execute(_FORGET, {"consumer": consumer, "messages": old}).rowcount

    def _moves(self, place: dict[str, Any]) -> bool:
        return self._transaction.execute(_ADVANCE, place).rowcount == 1
