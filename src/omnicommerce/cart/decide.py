"""Pure decisions about carts: who may use one, which operations it takes, how much it holds."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.cart.errors import CartClosed, CartFull, CartRefused, ForeignCart
from omnicommerce.cart.fold import CartState, distinct
from omnicommerce.cart.model import Cart, CartPolicy, CartStatus, HandOver
from omnicommerce.cart.operations import AddUnits, Change, Note, Operation, Selection, SetQuantity
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import require_id
from omnicommerce.kernel.reasons import Reason

__all__ = [
    "accept",
    "check_fits",
    "code_hash",
    "next_operations",
    "open_cart_of",
    "opens",
    "owner_of",
    "require_open",
    "require_owner",
    "selection_of",
    "skus_of",
]

_GUEST: Final = "guest"


def owner_of(actor: str) -> str:
    """Return how a cart's row names an actor: a customer as they are, a guest by a hash.

    A guest's actor is a secret token such as ``guest_5f0c…``, so that reading
    the store opens nobody's cart. Everything else is a customer's identity,
    which the caller must have authenticated: never pass on what a browser sent.

    Raises:
        InvalidValue: It begins with ``guest``, but is no token.
    """
    require_id(actor, "actor")
    if not actor.startswith(_GUEST):
        return actor
    if not actor.startswith(f"{_GUEST}_"):
        raise InvalidValue("actor", "begins with 'guest', but is no token such as 'guest_5f0c…'")
    return f"{_GUEST}:{hashlib.sha256(actor.encode()).hexdigest()}"


def require_owner(cart: Cart, actor: str) -> None:
    """Refuse everybody whose cart it is not, and to whom it was not handed over.

    Raises:
        ForeignCart: It is somebody else's; the reason tells nothing about it.
    """
    holder = owner_of(actor)
    if holder != cart.owner and holder not in cart.shared_with:
        raise ForeignCart(Reason("cart.foreign", {"cart": cart.cart_id}))


def require_open(cart: Cart, *, at: datetime) -> None:
    """Refuse a cart that was ordered, went into another one, or has expired.

    Raises:
        CartClosed: The reason says which, and where it went.
    """
    name = {"cart": cart.cart_id}
    if cart.status is CartStatus.MERGED:
        raise CartClosed(Reason("cart.merged", {**name, "into": cart.merged_into}))
    if cart.status is CartStatus.ORDERED:
        raise CartClosed(Reason("cart.ordered", name))
    if at >= cart.expires_at:
        expired_at = cart.expires_at.isoformat()
        raise CartClosed(Reason("cart.expired", {**name, "expired_at": expired_at}))


def open_cart_of(cart: Cart, actor: str, *, at: datetime) -> CartState:
    """Return what the actor's open cart holds.

    Raises:
        ForeignCart: It is somebody else's.
        CartClosed: It was ordered, went into another one, or has expired.
    """
    require_owner(cart, actor)
    require_open(cart, at=at)
    return cart.state


def accept(
    cart: Cart, offered: Iterable[Operation], policy: CartPolicy, *, at: datetime
) -> tuple[Operation, ...]:
    """Return the operations that are new to the cart, of those that a device offers.

    What the cart has already is left out, so a device may offer all it has.
    Sequences must follow on without a gap: whoever has seen a device's fifth
    operation has seen its fourth, or removals would reach what nobody saw.

    Args:
        cart: The open cart.
        offered: Operations of any devices, in any order.
        policy: The shop's limits.
        at: The shop's own time.

    Raises:
        KeyReused: A device's sequence stands for another operation here.
        ForeignCart: An operation is by somebody to whom the cart is not open.
        CartRefused: An operation is missing in between, or a device's clock is ahead.
        InvalidValue: An operation says that it has seen what nobody did.
    """
    named = [attrs.evolve(each, actor=_actor_of(cart, each)) for each in offered]
    everything = distinct((*cart.operations, *named))
    known = {operation.identity for operation in cart.operations}
    new = [operation for operation in everything if operation.identity not in known]
    highest = dict(cart.sequences)
    for operation in sorted(new, key=lambda each: each.identity):
        expected = highest.get(operation.device, 0) + 1
        if operation.sequence != expected:
            raise CartRefused(
                Reason("cart.operation_missing", {"device": operation.device, "sequence": expected})
            )
        highest[operation.device] = expected
    for operation in new:
        _check_news(operation, highest, policy, at)
    return tuple(new)


def _actor_of(cart: Cart, operation: Operation) -> str:
    if operation.actor == cart.owner or operation.actor in cart.shared_with:
        return operation.actor
    require_owner(cart, operation.actor)
    return owner_of(operation.actor)


def _check_news(
    operation: Operation, highest: dict[str, int], policy: CartPolicy, at: datetime
) -> None:
    for device, sequence in operation.seen.items():
        if sequence > highest.get(device, 0):
            raise InvalidValue("seen", f"{device!r} has no operation {sequence} yet")
    if operation.at > at + policy.clock_ahead:
        clocks = {"device_at": operation.at.isoformat(), "at": at.isoformat()}
        raise CartRefused(Reason("cart.clock_ahead", {"device": operation.device, **clocks}))


def next_operations(
    cart: Cart, changes: Iterable[Change], *, device: str, actor: str, at: datetime
) -> tuple[Operation, ...]:
    """Return changes made here and now as the device's next operations, having seen the cart."""
    seen = dict(cart.sequences)
    last = seen.pop(device, 0)
    return tuple(
        Operation(
            device=device,
            sequence=last + turn,
            actor=owner_of(actor),
            at=at,
            seen={**seen, device: last + turn - 1} if last + turn > 1 else seen,
            change=change,
        )
        for turn, change in enumerate(changes, 1)
    )


def check_fits(
    policy: CartPolicy, before: CartState, after: CartState, operations: Iterable[Operation]
) -> None:
    """Refuse operations that would bring a cart above the shop's limits.

    What is above them already, by edits of several devices, may shrink.

    Raises:
        CartFull: Too many lines, or too much on one; the reason says which.
        InvalidValue: A note is too long.
    """
    for operation in operations:
        note = operation.change.text if isinstance(operation.change, Note) else ""
        if len(note) > policy.largest_note:
            raise InvalidValue("text", f"is longer than {policy.largest_note} characters")
    held = {line.line_id: line.quantity for line in (*before.lines, *before.saved)}
    lines = (*after.lines, *after.saved)
    if len(lines) > max(policy.largest_lines, len(held)):
        raise CartFull(Reason("cart.too_many_lines", {"largest": policy.largest_lines}))
    for line in lines:
        if line.quantity > max(policy.largest_quantity, held.get(line.line_id, 0)):
            raise CartFull(
                Reason(
                    "cart.too_many_units",
                    {
                        "sku": line.sku,
                        "wanted": line.quantity,
                        "largest": policy.largest_quantity,
                    },
                )
            )


def selection_of(cart: Cart, line_id: str) -> Selection:
    """Return what a line of this cart is or was for.

    Raises:
        CartRefused: It never had such a line.
    """
    line = cart.state.line(line_id)
    if line is not None:
        return line.selection
    for operation in cart.operations:
        match operation.change:
            case AddUnits(selection) | SetQuantity(selection) if selection.line_id == line_id:
                return selection
            case _:
                continue
    raise CartRefused(Reason("cart.no_such_line", {"line": line_id}))


def skus_of(changes: Iterable[Change]) -> frozenset[str]:
    """Return the SKUs that changes put into a cart."""
    return frozenset(
        change.selection.sku for change in changes if isinstance(change, (AddUnits, SetQuantity))
    )


def code_hash(code: str) -> str:
    """Return the hash under which a hand-over code is kept; spaces and case do not count."""
    require_id(code, "code")
    return hashlib.sha256("".join(code.split()).casefold().encode()).hexdigest()


def opens(code: str, hand_over: HandOver | None, *, at: datetime) -> bool:
    """Tell whether a code opens what was handed over, in a time that tells nothing about it."""
    if hand_over is None or at >= hand_over.expires_at:
        return False
    return hmac.compare_digest(code_hash(code), hand_over.code_hash)
