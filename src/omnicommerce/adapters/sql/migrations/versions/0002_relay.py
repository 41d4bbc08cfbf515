"""How far events have got on their way out, and which ones consumers have seen.

Events that are in the outbox already are due: the first relay sends them.
Every step may be repeated: MariaDB keeps what an upgrade did that broke off.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from omnicommerce.adapters.sql.columns import COUNT, INSTANT, TABLE, name

revision = "0002"
down_revision = "0001"

_KEYED: Final[dict[str, Any]] = {**TABLE, "sqlite_with_rowid": False}
_DUE: Final[dict[str, Any]] = {
    "sqlite_where": sa.text("due_at IS NOT NULL"),
    "postgresql_where": sa.text("due_at IS NOT NULL"),
}


def upgrade() -> None:
    """Add the columns of the outbox, and make the tables of inboxes."""
    _outbox()
    _inbox()


def _outbox() -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("oc_outbox")}
    for column in (
        sa.Column("due_at", INSTANT, server_default="0"),
        sa.Column("lease", name()),
        sa.Column("tries", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("published_at", INSTANT),
        sa.Column("reason", name(400)),
    ):
        if column.name not in there:
            op.add_column("oc_outbox", column)
    for label, columns, options in (
        ("ix_oc_outbox_due_at", ["due_at", "sequence"], _DUE),
        ("ix_oc_outbox_subject_due_at", ["subject", "due_at"], _DUE),
        ("ix_oc_outbox_published_at", ["published_at", "due_at"], {}),
    ):
        op.create_index(label, "oc_outbox", columns, if_not_exists=True, **options)


def _inbox() -> None:
    op.create_table(
        "oc_inbox",
        sa.Column("consumer", name(), nullable=False),
        sa.Column("message", name(400), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "message", name=op.f("pk_oc_inbox")),
        if_not_exists=True,
        **_KEYED,
    )
    op.create_index("ix_oc_inbox_at", "oc_inbox", ["consumer", "at"], if_not_exists=True)
    op.create_table(
        "oc_inbox_subject",
        sa.Column("consumer", name(), nullable=False),
        sa.Column("subject", name(400), nullable=False),
        sa.Column("sequence", COUNT, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "subject", name=op.f("pk_oc_inbox_subject")),
        if_not_exists=True,
        **_KEYED,
    )
