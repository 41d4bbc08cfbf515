"""The unit of work that undoes an order nothing was handed over of."""

from __future__ import annotations

from datetime import datetime

import attrs

from omnicommerce.cart.events import CartStarted
from omnicommerce.cart.model import CartStatus
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.checkout.undo import announce, carry_out
from omnicommerce.fulfilment.decide import end
from omnicommerce.fulfilment.model import PICKUP_TRANSITIONS, Pickup, PickupStatus, slot_account
from omnicommerce.kernel.ids import CartId, OrderId
from omnicommerce.ledger.model import Command, Demand
from omnicommerce.loyalty.model import Programme
from omnicommerce.orders.decide import advance, require_settled, settle_attempt, with_units
from omnicommerce.orders.events import OrderCancelled
from omnicommerce.orders.model import AttemptState, Order, OrderStatus
from omnicommerce.orders.returns import give_units_back

__all__ = ["cancel"]


def cancel(
    stores: CheckoutStores,
    order_id: OrderId,
    *,
    programme: Programme | None,
    cause: str,
    at: datetime,
    cart_id: CartId,
    paid: tuple[str, str | None] | None = None,
) -> Order:
    """Undo an order: release what is held, give back what was paid.

    Args:
        stores: The unit of work.
        order_id: The order; one that is cancelled already stays as it is.
        programme: The loyalty programme.
        cause: Why; kept in journal and events.
        at: When.
        cart_id: Identity of the cart that the customer gets back, with the same
            content, if the order was never confirmed.
        paid: Attempt and gateway reference of a payment that turned out to be
            approved after the order's holds had lapsed: it is refunded.

    Raises:
        OrderStateRefused: It is completed, or a payment is unresolved.
    """
    order = stores.orders.get(order_id)
    if order.status is OrderStatus.CANCELLED:
        return order
    if paid is not None:
        order = settle_attempt(order, paid[0], AttemptState.APPROVED, reference=paid[1])
    require_settled(order)
    was_confirmed = order.status is OrderStatus.CONFIRMED
    order = attrs.evolve(advance(order, OrderStatus.CANCELLED), held_until=None)
    if stores.ledger.holds(order_id):
        stores.ledger.release(order_id, by=Command(f"{order_id}:release", cause, at))
    everything = {line.line_id: line.open for line in order.lines}
    if not was_confirmed:
        _give_cart_back(stores, order, cart_id, at)
    if was_confirmed:
        back = give_units_back(order, declined=everything, cause=cause)
        order = carry_out(stores, order, back, programme=programme, cause=cause, at=at)
    elif paid is not None:  # what it held was never captured: only the money went somewhere
        back = give_units_back(order, declined=everything, cause=cause)
        order = back.order
        announce(stores, order, back.refunds, at)
    else:
        order = with_units(order, declined=everything)
    for pickup in stores.pickups.of_order(order_id):
        if PickupStatus.CANCELLED in PICKUP_TRANSITIONS[pickup.status]:
            stores.pickups.save(end(pickup, PickupStatus.CANCELLED, at=at))
        if was_confirmed:
            _give_slot_back(stores, pickup, cause, at)
    stores.outbox.add(
        OrderCancelled(event_id=f"{order_id}:cancelled", subject=order_id, at=at, cause=cause)
    )
    return stores.orders.save(order)


def _give_cart_back(stores: CheckoutStores, order: Order, cart_id: CartId, at: datetime) -> None:
    """Open a cart with the content of the order's, which was spent when it was placed."""
    spent = stores.carts.get(order.cart_id)
    cart = attrs.evolve(
        spent,
        cart_id=cart_id,
        status=CartStatus.OPEN,
        started_at=at,
        expires_at=at + (spent.expires_at - spent.started_at),
        hand_over=None,
        version=0,
        operations=(),
    )
    stores.carts.add(cart)
    stores.carts.append(cart_id, spent.operations)
    stores.outbox.add(
        CartStarted(
            event_id=f"{cart_id}:started",
            subject=cart_id,
            at=at,
            owner=cart.owner,
            channel=cart.channel,
        )
    )


def _give_slot_back(stores: CheckoutStores, pickup: Pickup, cause: str, at: datetime) -> None:
    if pickup.slot is None or not pickup.takes_place or pickup.slot.starts_at <= at:
        return
    stores.ledger.restore(
        pickup.order_id,
        by=Command(f"{pickup.pickup_id}:slot", cause, at),
        demands=[Demand(slot_account(pickup.location_id, pickup.slot), 1)],
    )
