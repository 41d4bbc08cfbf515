"""Carts: a header by version, and a log that grows one row per operation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs
import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.aggregates import Aggregates, Mapped
from omnicommerce.adapters.sql.coding import as_rows
from omnicommerce.adapters.sql.dialects import DIALECTS
from omnicommerce.adapters.sql.instants import to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writes import Piece
from omnicommerce.cart.model import Cart, CartStatus
from omnicommerce.cart.operations import Operation
from omnicommerce.kernel.documents import StoredKind, pack, unpack
from omnicommerce.kernel.errors import Conflict, NotFound, StaleVersion
from omnicommerce.kernel.ids import CartId

__all__ = ["SqlCarts"]

_KIND: Final = "cart.operation"
_VERSION: Final = 1
_KINDS: Final = {_KIND: StoredKind(_VERSION, Operation)}


def _header_columns(cart: Cart) -> Mapping[str, Any]:
    code = cart.hand_over.code_hash if cart.hand_over else None
    return {
        "open_owner": cart.owner if _is_open(cart) else None,
        "open_code": code if _is_open(cart) else None,
        "started_at": to_micros(cart.started_at),
    }


_CARTS: Final[Mapped[Cart]] = Mapped(tables.cart, "cart", StoredKind(1, Cart), _header_columns)
_OF_OWNER: Final = _CARTS.select.where(tables.cart.c.open_owner == sa.bindparam("owner")).order_by(
    tables.cart.c.started_at.desc(), tables.cart.c.cart_id
)
_OF_CODE: Final = _CARTS.select.where(tables.cart.c.open_code == sa.bindparam("code")).order_by(
    tables.cart.c.cart_id
)
_LOCKED_OWNER: Final = (
    sa.select(tables.cart.c.open_owner)
    .where(tables.cart.c.cart_id == sa.bindparam("cart_id"))
    .with_for_update()
)
_LOG: Final = (
    sa.select(tables.cart_operation.c.cart_id, tables.cart_operation.c.document)
    .where(tables.cart_operation.c.cart_id.in_(sa.bindparam("cart_ids", expanding=True)))
    .order_by(
        tables.cart_operation.c.cart_id,
        tables.cart_operation.c.device,
        tables.cart_operation.c.sequence,
    )
)
_LENGTH: Final = sa.select(sa.func.count()).where(
    tables.cart_operation.c.cart_id == sa.bindparam("cart_id")
)
_OPERATIONS: Final = Piece(
    name="operations",
    table=tables.cart_operation,
    columns=("cart_id", "device", "sequence", "document"),
)
_APPENDS: Final = {name: sa.text(_OPERATIONS.sql(dialect)) for name, dialect in DIALECTS.items()}


class SqlCarts:
    """`omnicommerce.cart.ports.CartRepository` over one database transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._headers = Aggregates(transaction, _CARTS)

    def get(self, cart_id: CartId) -> Cart:
        """Return the cart with all its operations, or raise `NotFound`."""
        return self._whole([self._headers.get(cart_id)])[0]

    def find_open(self, owner: str) -> tuple[Cart, ...]:
        """Return the owner's open carts, newest start first."""
        return self._whole(self._headers.find(_OF_OWNER, owner=owner))

    def find_by_hand_over(self, code_hash: str) -> tuple[Cart, ...]:
        """Return the open carts whose current hand-over code has this hash."""
        return self._whole(self._headers.find(_OF_CODE, code=code_hash))

    def add(self, cart: Cart) -> None:
        """Keep a new cart at version 0; its identity must be new."""
        self._headers.add(cart.header)

    def append(self, cart_id: CartId, operations: Iterable[Operation]) -> None:
        """Add operations to the log of an open cart; see the port."""
        if not self._lock(cart_id):
            raise Conflict(f"cart {cart_id!r} is not open any more", identity=cart_id)
        rows = [
            (cart_id, *operation.identity, pack(_KIND, _VERSION, operation))
            for operation in operations
        ]
        if rows:
            statement = _APPENDS[self._transaction.dialect]
            self._transaction.execute(statement, {"operations": as_rows(rows)})

    def save(self, cart: Cart) -> Cart:
        """Replace the header read at ``cart.version``; see the port."""
        if not _is_open(cart) and self._lock(cart.cart_id):
            ((length,),) = self._transaction.rows(_LENGTH, {"cart_id": cart.cart_id})
            if length != len(cart.operations):
                raise StaleVersion("cart", cart.cart_id, cart.version)
        saved = self._headers.save(cart.header)
        return attrs.evolve(saved, operations=cart.operations)

    def _lock(self, cart_id: CartId) -> bool:
        """Lock the header against everybody else, and tell whether the cart is open."""
        rows = self._transaction.rows(_LOCKED_OWNER, {"cart_id": cart_id})
        if not rows:
            raise NotFound("cart", cart_id)
        return rows[0][0] is not None

    def _whole(self, headers: Sequence[Cart]) -> tuple[Cart, ...]:
        """Bring the logs of all these carts in one statement."""
        if not headers:
            return ()
        wanted = {"cart_ids": [header.cart_id for header in headers]}
        logs: defaultdict[str, list[Operation]] = defaultdict(list)
        for cart_id, document in self._transaction.rows(_LOG, wanted):
            logs[cart_id].append(unpack(document, _KINDS))
        return tuple(
            attrs.evolve(header, operations=tuple(logs[header.cart_id])) for header in headers
        )


def _is_open(cart: Cart) -> bool:
    return cart.status is CartStatus.OPEN
