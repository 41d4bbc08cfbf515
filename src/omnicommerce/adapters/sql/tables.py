"""The tables of a shop: what is queried or updated in place is columns, the rest one document.

An account's key is one column, ``account``: kind, subject and scope with an
unprintable separator that sorts before every printable character, so that rows
sort as `AccountKey` does. ``due_at`` is the expiry of what can still expire and
NULL of what has ended: an index over it does not grow with history. Of an event
it is when a relay may lease it: 0 as long as none has, NULL when it is published
or set aside.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from omnicommerce.adapters.sql.columns import (
    COUNT,
    DOCUMENT,
    INSTANT,
    PACKED,
    SEQUENCE,
    TABLE,
    name,
)
from omnicommerce.relay.model import LONGEST_MESSAGE, LONGEST_REASON

__all__ = [
    "LONGEST_ACCOUNT",
    "LONGEST_EMAIL",
    "LONGEST_LOT",
    "account",
    "cart",
    "cart_operation",
    "command",
    "configuration",
    "customer",
    "entry",
    "hold",
    "hold_part",
    "inbox",
    "inbox_subject",
    "lot",
    "metadata",
    "order",
    "outbox",
    "pickup",
    "price",
]

_TABLE: Final[dict[str, Any]] = TABLE

LONGEST_ACCOUNT: Final = 3 * 120 + 2
LONGEST_LOT: Final = 140
LONGEST_EMAIL: Final = 320

metadata: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _count(label: str, default: str = "0") -> sa.Column[int]:
    return sa.Column(label, COUNT, nullable=False, server_default=default)


def _at_least_zero(*labels: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(f"{label} >= 0", name=label) for label in labels]


_SOME: Final = sa.text("due_at IS NOT NULL")
_WHERE_DUE: Final[dict[str, Any]] = {"sqlite_where": _SOME, "postgresql_where": _SOME}
"""An index of what can still come due, and nothing else where the database can."""


def _due(table: str, *before: str) -> sa.Index:
    columns = (*before, "due_at")
    return sa.Index(f"ix_{table}_{'_'.join(columns)}", *columns, **_WHERE_DUE)


_KEYED: Final[dict[str, Any]] = {**TABLE, "sqlite_with_rowid": False}
_COUNTERS: Final = ("captured", "released", "expired", "restored")

account: Final = sa.Table(
    "oc_account",
    metadata,
    sa.Column("account", name(LONGEST_ACCOUNT), primary_key=True),
    sa.Column("kind", name(), nullable=False),
    sa.Column("subject", name(), nullable=False),
    sa.Column("scope", name(), nullable=False),
    sa.Column("lotted", sa.SmallInteger(), nullable=False),
    _count("balance"),
    _count("held"),
    _count("floor"),
    _count("deficit"),
    *_at_least_zero("held", "deficit"),
    **_KEYED,
)

lot: Final = sa.Table(
    "oc_lot",
    metadata,
    sa.Column("account", name(LONGEST_ACCOUNT), sa.ForeignKey(account.c.account), nullable=False),
    sa.Column("lot_id", name(LONGEST_LOT), nullable=False),
    sa.Column("origin", name(), nullable=False),
    sa.Column("issued", COUNT, nullable=False),
    sa.Column("remaining", COUNT, nullable=False),
    _count("held"),
    sa.Column("activates_at", INSTANT),
    sa.Column("expires_at", INSTANT),
    sa.Column("due_at", INSTANT),
    sa.PrimaryKeyConstraint("account", "lot_id"),
    sa.CheckConstraint("0 <= held AND held <= remaining AND remaining <= issued", name="remaining"),
    _due("oc_lot"),
    **_KEYED,
)

hold: Final = sa.Table(
    "oc_hold",
    metadata,
    sa.Column("group_id", name(), nullable=False),
    sa.Column("account", name(LONGEST_ACCOUNT), sa.ForeignKey(account.c.account), nullable=False),
    sa.Column("quantity", COUNT, nullable=False),
    *(_count(label) for label in _COUNTERS),
    sa.Column("expires_at", INSTANT),
    sa.Column("due_at", INSTANT),
    sa.PrimaryKeyConstraint("group_id", "account"),
    *_at_least_zero(*_COUNTERS),
    sa.CheckConstraint("captured + released + expired <= quantity", name="quantity"),
    sa.CheckConstraint("restored <= captured", name="restorable"),
    _due("oc_hold"),
    _due("oc_hold", "account"),
    **_KEYED,
)

hold_part: Final = sa.Table(
    "oc_hold_part",
    metadata,
    sa.Column("group_id", name(), nullable=False),
    sa.Column("account", name(LONGEST_ACCOUNT), nullable=False),
    sa.Column("lot_id", name(LONGEST_LOT), nullable=False),
    sa.Column("turn_in_hold", sa.SmallInteger(), nullable=False),
    sa.Column("quantity", COUNT, nullable=False),
    *(_count(label) for label in _COUNTERS),
    sa.PrimaryKeyConstraint("group_id", "account", "lot_id"),
    sa.ForeignKeyConstraint(["group_id", "account"], [hold.c.group_id, hold.c.account]),
    *_at_least_zero(*_COUNTERS),
    sa.CheckConstraint("captured + released + expired <= quantity", name="quantity"),
    sa.CheckConstraint("restored <= captured", name="restorable"),
    **_KEYED,
)

entry: Final = sa.Table(
    "oc_entry",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("account", name(LONGEST_ACCOUNT), nullable=False),
    sa.Column("verb", name(16), nullable=False),
    sa.Column("balance_change", COUNT, nullable=False),
    sa.Column("held_change", COUNT, nullable=False),
    sa.Column("counter", name(16), nullable=False),
    sa.Column("command_key", name(), nullable=False),
    sa.Column("cause", name(), nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("group_id", name()),
    sa.Column("lot_id", name(LONGEST_LOT)),
    sa.Index("ix_oc_entry_account", "account", "sequence"),
    **_TABLE,
)

command: Final = sa.Table(
    "oc_command",
    metadata,
    sa.Column("command_key", name(), primary_key=True),
    sa.Column("fingerprint", name(64), nullable=False),
    sa.Column("answer", DOCUMENT, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    **_KEYED,
)

outbox: Final = sa.Table(
    "oc_outbox",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("event_id", name(), nullable=False),
    sa.Column("kind", name(), nullable=False),
    sa.Column("subject", name(), nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("data", DOCUMENT, nullable=False),
    sa.Column("due_at", INSTANT, server_default="0"),
    sa.Column("lease", name()),
    sa.Column("tries", sa.SmallInteger(), nullable=False, server_default="0"),
    sa.Column("published_at", INSTANT),
    sa.Column("reason", name(LONGEST_REASON)),
    sa.UniqueConstraint("event_id"),
    sa.Index("ix_oc_outbox_due_at", "due_at", "sequence", **_WHERE_DUE),
    sa.Index("ix_oc_outbox_subject_due_at", "subject", "due_at", **_WHERE_DUE),
    sa.Index("ix_oc_outbox_published_at", "published_at", "due_at"),
    **_TABLE,
)

inbox: Final = sa.Table(
    "oc_inbox",
    metadata,
    sa.Column("consumer", name(), nullable=False),
    sa.Column("message", name(LONGEST_MESSAGE), nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.PrimaryKeyConstraint("consumer", "message"),
    sa.Index("ix_oc_inbox_at", "consumer", "at"),
    **_KEYED,
)

inbox_subject: Final = sa.Table(
    "oc_inbox_subject",
    metadata,
    sa.Column("consumer", name(), nullable=False),
    sa.Column("subject", name(LONGEST_MESSAGE), nullable=False),
    sa.Column("sequence", COUNT, nullable=False),
    sa.PrimaryKeyConstraint("consumer", "subject"),
    **_KEYED,
)


def _aggregate(label: str, *columns: sa.Column[Any] | sa.Index | sa.UniqueConstraint) -> sa.Table:
    """Return the table of aggregates that are read and saved whole."""
    return sa.Table(
        f"oc_{label}",
        metadata,
        sa.Column(f"{label}_id", name(), primary_key=True),
        *(column for column in columns if isinstance(column, sa.Column)),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        *(rest for rest in columns if not isinstance(rest, sa.Column)),
        **_KEYED,
    )


cart: Final = _aggregate(
    "cart",
    sa.Column("open_owner", name()),
    sa.Column("open_code", name()),
    sa.Column("started_at", INSTANT, nullable=False),
    sa.Index("ix_oc_cart_owner", "open_owner", "started_at"),
    sa.Index("ix_oc_cart_code", "open_code"),
)

cart_operation: Final = sa.Table(
    "oc_cart_operation",
    metadata,
    sa.Column("cart_id", name(), sa.ForeignKey(cart.c.cart_id), nullable=False),
    sa.Column("device", name(), nullable=False),
    sa.Column("sequence", COUNT, nullable=False),
    sa.Column("document", DOCUMENT, nullable=False),
    sa.PrimaryKeyConstraint("cart_id", "device", "sequence"),
    **_KEYED,
)

customer: Final = _aggregate(
    "customer",
    sa.Column("email", name(LONGEST_EMAIL), nullable=False),
    sa.UniqueConstraint("email"),
)

order: Final = _aggregate(
    "order",
    sa.Column("cart_id", name(), nullable=False),
    sa.Column("customer_id", name()),
    sa.Column("placed_at", INSTANT, nullable=False),
    sa.Column("attention_at", INSTANT),
    sa.UniqueConstraint("cart_id"),
    sa.Index("ix_oc_order_customer", "customer_id", "placed_at"),
    sa.Index("ix_oc_order_attention", "attention_at"),
)

pickup: Final = _aggregate(
    "pickup",
    sa.Column("order_id", name(), nullable=False),
    sa.Column("location_id", name(), nullable=False),
    sa.Column("open_by", INSTANT),
    sa.Column("due_at", INSTANT),
    sa.Index("ix_oc_pickup_order", "order_id"),
    sa.Index("ix_oc_pickup_open", "location_id", "open_by"),
    _due("oc_pickup"),
)

price: Final = sa.Table(
    "oc_price",
    metadata,
    sa.Column("sku", name(), nullable=False),
    sa.Column("channel", name(), nullable=False),
    sa.Column("currency", name(3), nullable=False),
    sa.Column("segment", name(), nullable=False),
    sa.Column("location", name(), nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("amount", COUNT),
    sa.Column("reduction", name()),
    sa.PrimaryKeyConstraint("sku", "channel", "currency", "segment", "location", "at"),
    **_KEYED,
)

configuration: Final = sa.Table(
    "oc_configuration",
    metadata,
    sa.Column("version", name(), primary_key=True),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("document", PACKED, nullable=False),
    **_TABLE,
)
