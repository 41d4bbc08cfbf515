"""The nouns of the shared cart."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from omnicommerce.cart.fold import CartState, fold
from omnicommerce.cart.operations import Operation
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CartId, ChannelId, valid_id
from omnicommerce.kernel.quantity import LARGEST_QUANTITY

__all__ = ["Cart", "CartPolicy", "CartStatus", "HandOver"]


class CartStatus(enum.StrEnum):
    """Where a cart stands; only an open one takes operations, and none opens again."""

    OPEN = "open"
    MERGED = "merged"
    ORDERED = "ordered"


def _positive(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if type(value) is not int or value < 1:
        raise InvalidValue(attribute.name, f"must be a whole number from 1, not {value!r}")


def _lasting(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, timedelta) or value <= timedelta():
        raise InvalidValue(attribute.name, f"must be a positive duration, not {value!r}")


@attrs.frozen(kw_only=True)
class CartPolicy:
    """A shop's limits for carts.

    Args:
        largest_lines: Lines in a cart, lists included.
        largest_quantity: Units of one line, in its smallest unit.
        largest_operations: Operations in a cart's log.
        largest_note: Characters of a note.
        keep: How long a cart lasts after it was last used.
        code_valid: How long a hand-over code opens a cart.
        code_digits: Digits of a hand-over code; whoever guesses one sees a
            cart, so callers must limit guesses.
        clock_ahead: How far a device's clock may be ahead of the shop's.
        merge: Name of the merge policy used at sign-in.
    """

    largest_lines: int = attrs.field(default=500, validator=_positive)
    largest_quantity: int = attrs.field(default=LARGEST_QUANTITY, validator=_positive)
    largest_operations: int = attrs.field(default=10_000, validator=_positive)
    largest_note: int = attrs.field(default=500, validator=_positive)
    keep: timedelta = attrs.field(default=timedelta(days=60), validator=_lasting)
    code_valid: timedelta = attrs.field(default=timedelta(minutes=10), validator=_lasting)
    code_digits: int = attrs.field(default=8, validator=_positive)
    clock_ahead: timedelta = attrs.field(default=timedelta(minutes=5), validator=_lasting)
    merge: str = attrs.field(default="max", validator=valid_id)


@attrs.frozen
class HandOver:
    """A cart's current hand-over code: only its hash is kept, and it opens once."""

    code_hash: str
    expires_at: datetime = attrs.field(converter=require_instant)


@attrs.frozen(kw_only=True)
class Cart:
    """A cart: its header, which changes by version, and its log, which only grows.

    Args:
        cart_id: Identity.
        owner: Whose it is, as `owner_of` writes it: a customer, or a guest by
            the hash of their token.
        shared_with: Who else may use it since a hand-over, written alike.
        currency: What it will be paid in.
        channel: Where it was started.
        started_at: When.
        expires_at: First instant at which it can no longer be used.
        status: Open, merged into another, or ordered.
        merged_into: The cart it was merged into.
        hand_over: The code that opens it for somebody else.
        version: Counts the changes of the header that were saved.
        operations: The log, in any order.
    """

    cart_id: CartId = attrs.field(validator=valid_id)
    owner: str = attrs.field(validator=valid_id)
    shared_with: frozenset[str] = frozenset()
    currency: Currency
    channel: ChannelId = attrs.field(validator=valid_id)
    started_at: datetime = attrs.field(converter=require_instant)
    expires_at: datetime = attrs.field(converter=require_instant)
    status: CartStatus = CartStatus.OPEN
    merged_into: CartId | None = None
    hand_over: HandOver | None = None
    version: int = 0
    operations: tuple[Operation, ...] = ()

    @functools.cached_property
    def state(self) -> CartState:
        """What the log folds to; computed when first asked for."""
        return fold(self.operations)

    @property
    def header(self) -> Cart:
        """The cart without its log: what a repository stores in the cart's own row."""
        return attrs.evolve(self, operations=())

    @property
    def sequences(self) -> Mapping[str, int]:
        """The highest sequence of each device: what somebody who reads this cart has seen."""
        return self.state.seen
