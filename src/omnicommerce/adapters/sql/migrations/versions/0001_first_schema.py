"""The first schema: the ledger, the outbox and the aggregates.

Every step may be repeated: MariaDB keeps the tables of an upgrade that broke off.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from omnicommerce.adapters.sql.columns import (
    COUNT,
    DOCUMENT,
    INSTANT,
    PACKED,
    SEQUENCE,
    TABLE,
    name,
)

revision = "0001"
down_revision = None

_KEYED: Final[dict[str, Any]] = {**TABLE, "sqlite_with_rowid": False}


def upgrade() -> None:
    """Make all tables."""
    _account()
    _cart()
    _command()
    _customer()
    _entry()
    _order()
    _outbox()
    _pickup()
    _cart_operation()
    _hold()
    _lot()
    _hold_part()
    _price()
    _configuration()


def _account() -> None:
    op.create_table(
        "oc_account",
        sa.Column("account", name(362), nullable=False),
        sa.Column("kind", name(), nullable=False),
        sa.Column("subject", name(), nullable=False),
        sa.Column("scope", name(), nullable=False),
        sa.Column("lotted", sa.SmallInteger(), nullable=False),
        sa.Column("balance", COUNT, nullable=False, server_default="0"),
        sa.Column("held", COUNT, nullable=False, server_default="0"),
        sa.Column("floor", COUNT, nullable=False, server_default="0"),
        sa.Column("deficit", COUNT, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_oc_account")),
        sa.CheckConstraint("deficit >= 0", name=op.f("ck_oc_account_deficit")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_oc_account_held")),
        if_not_exists=True,
        **_KEYED,
    )


def _cart() -> None:
    op.create_table(
        "oc_cart",
        sa.Column("cart_id", name(), nullable=False),
        sa.Column("open_owner", name()),
        sa.Column("open_code", name()),
        sa.Column("started_at", COUNT, nullable=False),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("cart_id", name=op.f("pk_oc_cart")),
        if_not_exists=True,
        **_KEYED,
    )
    op.create_index("ix_oc_cart_code", "oc_cart", ["open_code"], if_not_exists=True)
    op.create_index("ix_oc_cart_owner", "oc_cart", ["open_owner", "started_at"], if_not_exists=True)


def _command() -> None:
    op.create_table(
        "oc_command",
        sa.Column("command_key", name(), nullable=False),
        sa.Column("fingerprint", name(64), nullable=False),
        sa.Column("answer", DOCUMENT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("command_key", name=op.f("pk_oc_command")),
        if_not_exists=True,
        **_KEYED,
    )


def _customer() -> None:
    op.create_table(
        "oc_customer",
        sa.Column("customer_id", name(), nullable=False),
        sa.Column("email", name(320), nullable=False),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_oc_customer")),
        sa.UniqueConstraint("email", name=op.f("uq_oc_customer_email")),
        if_not_exists=True,
        **_KEYED,
    )


def _entry() -> None:
    op.create_table(
        "oc_entry",
        sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("account", name(362), nullable=False),
        sa.Column("verb", name(16), nullable=False),
        sa.Column("balance_change", COUNT, nullable=False),
        sa.Column("held_change", COUNT, nullable=False),
        sa.Column("counter", name(16), nullable=False),
        sa.Column("command_key", name(), nullable=False),
        sa.Column("cause", name(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("group_id", name()),
        sa.Column("lot_id", name(140)),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_oc_entry")),
        if_not_exists=True,
        **TABLE,
    )
    op.create_index("ix_oc_entry_account", "oc_entry", ["account", "sequence"], if_not_exists=True)


def _order() -> None:
    op.create_table(
        "oc_order",
        sa.Column("order_id", name(), nullable=False),
        sa.Column("cart_id", name(), nullable=False),
        sa.Column("customer_id", name()),
        sa.Column("placed_at", COUNT, nullable=False),
        sa.Column("attention_at", COUNT),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_oc_order")),
        sa.UniqueConstraint("cart_id", name=op.f("uq_oc_order_cart_id")),
        if_not_exists=True,
        **_KEYED,
    )
    op.create_index(
        "ix_oc_order_customer", "oc_order", ["customer_id", "placed_at"], if_not_exists=True
    )
    op.create_index("ix_oc_order_attention", "oc_order", ["attention_at"], if_not_exists=True)


def _outbox() -> None:
    op.create_table(
        "oc_outbox",
        sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("event_id", name(), nullable=False),
        sa.Column("kind", name(), nullable=False),
        sa.Column("subject", name(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_oc_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_oc_outbox_event_id")),
        if_not_exists=True,
        **TABLE,
    )


def _pickup() -> None:
    op.create_table(
        "oc_pickup",
        sa.Column("pickup_id", name(), nullable=False),
        sa.Column("order_id", name(), nullable=False),
        sa.Column("location_id", name(), nullable=False),
        sa.Column("open_by", COUNT),
        sa.Column("due_at", COUNT),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("pickup_id", name=op.f("pk_oc_pickup")),
        if_not_exists=True,
        **_KEYED,
    )
    op.create_index(
        "ix_oc_pickup_due_at",
        "oc_pickup",
        ["due_at"],
        if_not_exists=True,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_oc_pickup_open", "oc_pickup", ["location_id", "open_by"], if_not_exists=True
    )
    op.create_index("ix_oc_pickup_order", "oc_pickup", ["order_id"], if_not_exists=True)


def _cart_operation() -> None:
    op.create_table(
        "oc_cart_operation",
        sa.Column("cart_id", name(), nullable=False),
        sa.Column("device", name(), nullable=False),
        sa.Column("sequence", COUNT, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("cart_id", "device", "sequence", name=op.f("pk_oc_cart_operation")),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["oc_cart.cart_id"], name=op.f("fk_oc_cart_operation_oc_cart")
        ),
        if_not_exists=True,
        **_KEYED,
    )


def _hold() -> None:
    op.create_table(
        "oc_hold",
        sa.Column("group_id", name(), nullable=False),
        sa.Column("account", name(362), nullable=False),
        sa.Column("quantity", COUNT, nullable=False),
        sa.Column("captured", COUNT, nullable=False, server_default="0"),
        sa.Column("released", COUNT, nullable=False, server_default="0"),
        sa.Column("expired", COUNT, nullable=False, server_default="0"),
        sa.Column("restored", COUNT, nullable=False, server_default="0"),
        sa.Column("expires_at", COUNT),
        sa.Column("due_at", COUNT),
        sa.PrimaryKeyConstraint("group_id", "account", name=op.f("pk_oc_hold")),
        sa.CheckConstraint("captured >= 0", name=op.f("ck_oc_hold_captured")),
        sa.CheckConstraint("expired >= 0", name=op.f("ck_oc_hold_expired")),
        sa.CheckConstraint(
            "captured + released + expired <= quantity", name=op.f("ck_oc_hold_quantity")
        ),
        sa.CheckConstraint("released >= 0", name=op.f("ck_oc_hold_released")),
        sa.CheckConstraint("restored <= captured", name=op.f("ck_oc_hold_restorable")),
        sa.CheckConstraint("restored >= 0", name=op.f("ck_oc_hold_restored")),
        sa.ForeignKeyConstraint(
            ["account"], ["oc_account.account"], name=op.f("fk_oc_hold_oc_account")
        ),
        if_not_exists=True,
        **_KEYED,
    )
    op.create_index(
        "ix_oc_hold_account_due_at",
        "oc_hold",
        ["account", "due_at"],
        if_not_exists=True,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_oc_hold_due_at",
        "oc_hold",
        ["due_at"],
        if_not_exists=True,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def _lot() -> None:
    op.create_table(
        "oc_lot",
        sa.Column("account", name(362), nullable=False),
        sa.Column("lot_id", name(140), nullable=False),
        sa.Column("origin", name(), nullable=False),
        sa.Column("issued", COUNT, nullable=False),
        sa.Column("remaining", COUNT, nullable=False),
        sa.Column("held", COUNT, nullable=False, server_default="0"),
        sa.Column("activates_at", COUNT),
        sa.Column("expires_at", COUNT),
        sa.Column("due_at", COUNT),
        sa.PrimaryKeyConstraint("account", "lot_id", name=op.f("pk_oc_lot")),
        sa.CheckConstraint(
            "0 <= held AND held <= remaining AND remaining <= issued",
            name=op.f("ck_oc_lot_remaining"),
        ),
        sa.ForeignKeyConstraint(
            ["account"], ["oc_account.account"], name=op.f("fk_oc_lot_oc_account")
        ),
        if_not_exists=True,
        **_KEYED,
    )
    op.create_index(
        "ix_oc_lot_due_at",
        "oc_lot",
        ["due_at"],
        if_not_exists=True,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def _hold_part() -> None:
    op.create_table(
        "oc_hold_part",
        sa.Column("group_id", name(), nullable=False),
        sa.Column("account", name(362), nullable=False),
        sa.Column("lot_id", name(140), nullable=False),
        sa.Column("turn_in_hold", sa.SmallInteger(), nullable=False),
        sa.Column("quantity", COUNT, nullable=False),
        sa.Column("captured", COUNT, nullable=False, server_default="0"),
        sa.Column("released", COUNT, nullable=False, server_default="0"),
        sa.Column("expired", COUNT, nullable=False, server_default="0"),
        sa.Column("restored", COUNT, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("group_id", "account", "lot_id", name=op.f("pk_oc_hold_part")),
        sa.CheckConstraint("captured >= 0", name=op.f("ck_oc_hold_part_captured")),
        sa.CheckConstraint("expired >= 0", name=op.f("ck_oc_hold_part_expired")),
        sa.CheckConstraint(
            "captured + released + expired <= quantity", name=op.f("ck_oc_hold_part_quantity")
        ),
        sa.CheckConstraint("released >= 0", name=op.f("ck_oc_hold_part_released")),
        sa.CheckConstraint("restored <= captured", name=op.f("ck_oc_hold_part_restorable")),
        sa.CheckConstraint("restored >= 0", name=op.f("ck_oc_hold_part_restored")),
        sa.ForeignKeyConstraint(
            ["group_id", "account"],
            ["oc_hold.group_id", "oc_hold.account"],
            name=op.f("fk_oc_hold_part_oc_hold"),
        ),
        if_not_exists=True,
        **_KEYED,
    )


def _price() -> None:
    op.create_table(
        "oc_price",
        sa.Column("sku", name(), nullable=False),
        sa.Column("channel", name(), nullable=False),
        sa.Column("currency", name(3), nullable=False),
        sa.Column("segment", name(), nullable=False),
        sa.Column("location", name(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("amount", COUNT),
        sa.Column("reduction", name()),
        sa.PrimaryKeyConstraint(
            *("sku", "channel", "currency", "segment", "location", "at"),
            name=op.f("pk_oc_price"),
        ),
        if_not_exists=True,
        **_KEYED,
    )


def _configuration() -> None:
    op.create_table(
        "oc_configuration",
        sa.Column("version", name(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("document", PACKED, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_oc_configuration")),
        if_not_exists=True,
        **TABLE,
    )
