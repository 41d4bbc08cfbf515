"""What the cart room needs from a store."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Protocol

from omnicommerce.cart.model import Cart
from omnicommerce.cart.operations import Operation
from omnicommerce.kernel.events import Outbox
from omnicommerce.kernel.ids import CartId

__all__ = ["CartRepository", "CartStores"]


class CartRepository(Protocol):
    """Keep carts: a header that changes by version, and a log that only grows."""

    @abstractmethod
    def get(self, cart_id: CartId) -> Cart:
        """Return the cart with all its operations, or raise `NotFound`."""

    @abstractmethod
    def find_open(self, owner: str) -> tuple[Cart, ...]:
        """Return the owner's carts with status open, expired ones too, newest start first."""

    @abstractmethod
    def find_by_hand_over(self, code_hash: str) -> tuple[Cart, ...]:
        """Return the open carts whose current hand-over code has this hash."""

    @abstractmethod
    def add(self, cart: Cart) -> None:
        """Keep a new cart at version 0, without operations.

        Raises:
            Conflict: Its identity is taken.
        """

    @abstractmethod
    def append(self, cart_id: CartId, operations: Iterable[Operation]) -> None:
        """Add operations to the log of an open cart.

        Appends of different devices never conflict, and no header changes.

        Raises:
            Conflict: The cart is not open any more, or one of these devices
                and sequences is taken: read the cart again.
            NotFound: There is no such cart.
        """

    @abstractmethod
    def save(self, cart: Cart) -> Cart:
        """Replace the header read at ``cart.version``; return the cart one version later.

        The log is not written. A header that is no longer open ends the log:
        then nothing may have been appended since ``cart.operations`` were read.

        Raises:
            StaleVersion: The header was changed since, or the cart is being
                closed and its log has grown since.
        """


class CartStores(Protocol):
    """The part of a unit of work that this room uses."""

    @property
    @abstractmethod
    def carts(self) -> CartRepository:
        """The carts of this unit of work."""

    @property
    @abstractmethod
    def outbox(self) -> Outbox:
        """Where events are kept."""
