"""The carts over dictionaries: headers by version, and logs that only grow."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from omnicommerce.adapters.memory.repositories import VersionedRows
from omnicommerce.adapters.memory.table import Table, UndoLog
from omnicommerce.cart.model import Cart, CartStatus
from omnicommerce.cart.operations import Operation
from omnicommerce.kernel.errors import Conflict, StaleVersion
from omnicommerce.kernel.ids import CartId

__all__ = ["MemoryCarts"]


class MemoryCarts:
    """`omnicommerce.cart.ports.CartRepository` in memory."""

    def __init__(self, log: UndoLog) -> None:
        self._headers: VersionedRows[Cart] = VersionedRows(
            "cart",
            log,
            lambda cart: cart.cart_id,
            owner=lambda cart: cart.owner if _is_open(cart) else None,
            code=lambda c: c.hand_over.code_hash if c.hand_over and _is_open(c) else None,
        )
        self._operations: Table[tuple[CartId, str, int], tuple[CartId, Operation]] = Table(
            "cart_operations", log, cart=lambda row: row[0]
        )

    def get(self, cart_id: CartId) -> Cart:
        """Return the cart with all its operations, or raise `NotFound`."""
        return self._whole(self._headers.get(cart_id))

    def find_open(self, owner: str) -> tuple[Cart, ...]:
        """Return the owner's open carts, newest start first."""
        found = sorted(self._headers.rows.find("owner", owner), key=lambda cart: cart.cart_id)
        found.sort(key=lambda cart: cart.started_at, reverse=True)
        return tuple(self._whole(header) for header in found)

    def find_by_hand_over(self, code_hash: str) -> tuple[Cart, ...]:
        """Return the open carts whose current hand-over code has this hash."""
        found = sorted(self._headers.rows.find("code", code_hash), key=lambda cart: cart.cart_id)
        return tuple(self._whole(header) for header in found)

    def add(self, cart: Cart) -> None:
        """Keep a new cart at version 0; its identity must be new."""
        self._headers.add(cart.header)

    def append(self, cart_id: CartId, operations: Iterable[Operation]) -> None:
        """Add operations to the log of an open cart; see the port."""
        if not _is_open(self._headers.get(cart_id)):
            raise Conflict(f"cart {cart_id!r} is not open any more", identity=cart_id)
        for operation in operations:
            key = (cart_id, *operation.identity)
            if self._operations.get(key) is not None:
                raise Conflict(f"cart {cart_id!r} has this operation already", identity=cart_id)
            self._operations.put(key, (cart_id, operation))

    def save(self, cart: Cart) -> Cart:
        """Replace the header read at ``cart.version``; see the port."""
        stored = self._headers.get(cart.cart_id)
        closes = _is_open(stored) and not _is_open(cart)
        if closes and len(self._log(cart.cart_id)) != len(cart.operations):
            raise StaleVersion("cart", cart.cart_id, cart.version)
        saved = self._headers.save(cart.header)
        return attrs.evolve(saved, operations=cart.operations)

    def _whole(self, header: Cart) -> Cart:
        return attrs.evolve(header, operations=self._log(header.cart_id))

    def _log(self, cart_id: CartId) -> tuple[Operation, ...]:
        found = (operation for _, operation in self._operations.find("cart", cart_id))
        return tuple(sorted(found, key=lambda operation: operation.identity))


def _is_open(cart: Cart) -> bool:
    return cart.status is CartStatus.OPEN
