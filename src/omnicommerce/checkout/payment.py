"""Units of work around a payment: open an attempt, confirm an order, record a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from omnicommerce.checkout.model import CommitPlan, Promise
from omnicommerce.checkout.plan import commit_plan
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.fulfilment.decide import advance as advance_pickup
from omnicommerce.fulfilment.events import PickupRequested
from omnicommerce.fulfilment.model import Pickup, PickupStatus
from omnicommerce.kernel.ids import OrderId
from omnicommerce.ledger.model import Command
from omnicommerce.loyalty.decide import earn_terms, points_for
from omnicommerce.loyalty.model import Programme, points_account
from omnicommerce.orders.decide import advance, open_attempt, settle_attempt
from omnicommerce.orders.events import OrderConfirmed, PaymentDeclined
from omnicommerce.orders.model import (
    AttemptState,
    Order,
    OrderStatus,
    PaymentAttempt,
    TenderKind,
)
from omnicommerce.orders.ports import GatewayAnswer

__all__ = ["begin_payment", "confirm", "keep_waiting", "plan_of", "record_unpaid"]


def begin_payment(
    stores: CheckoutStores, order_id: OrderId, *, hold: timedelta, at: datetime
) -> Order:
    """Record an attempt before the gateway is called, and extend what the order holds.

    An order that is confirmed already is returned as it is.

    Raises:
        OrderStateRefused: It cannot be paid, or an attempt has no known outcome.
        HoldEnded: What it held has lapsed.
    """
    order = stores.orders.get(order_id)
    if order.status is OrderStatus.CONFIRMED:
        return order
    attempt = PaymentAttempt(
        attempt_id=f"{order_id}:pay:{len(order.attempts) + 1}",
        amount=order.due_amount,
        state=AttemptState.OPEN,
        opened_at=at,
    )
    order = open_attempt(order, attempt)
    if stores.ledger.holds(order_id):
        command = Command(f"{attempt.attempt_id}:extend", order_id, at)
        stores.ledger.extend(order_id, expires_at=at + hold, by=command)
    return stores.orders.save(attrs.evolve(order, held_until=at + hold))


def confirm(
    stores: CheckoutStores,
    order_id: OrderId,
    attempt_id: str,
    answer: GatewayAnswer,
    *,
    programme: Programme | None,
    at: datetime,
) -> Order:
    """Make final what payment makes final, earn points, and ask the store to prepare.

    Raises:
        HoldEnded: What the order held lapsed before the payment was known.
    """
    order = stores.orders.get(order_id)
    if order.status is OrderStatus.CONFIRMED:
        return order
    order = settle_attempt(order, attempt_id, AttemptState.APPROVED, reference=answer.reference)
    order = attrs.evolve(advance(order, OrderStatus.CONFIRMED), held_until=None)
    pickup = _pickup(stores, order)
    _make_final(stores, order, plan_of(order, pickup, programme), at)
    order = _earn(stores, order, programme, at)
    stores.pickups.save(advance_pickup(pickup, PickupStatus.REQUESTED))
    stores.outbox.add(
        OrderConfirmed(
            event_id=f"{order_id}:confirmed",
            subject=order_id,
            at=at,
            paid_amount=order.due_amount,
            points_earned=order.points_earned,
        )
    )
    stores.outbox.add(
        PickupRequested(
            event_id=f"{pickup.pickup_id}:requested",
            subject=pickup.pickup_id,
            at=at,
            order_id=order_id,
            location_id=pickup.location_id,
            ready_by=pickup.ready_by,
        )
    )
    return stores.orders.save(order)


def keep_waiting(
    stores: CheckoutStores, order_id: OrderId, *, hold: timedelta, at: datetime
) -> Order:
    """Extend what an order holds while nobody knows whether its payment went through.

    Raises:
        HoldEnded: What it held has lapsed.
    """
    order = stores.orders.get(order_id)
    if order.status is not OrderStatus.PLACED:
        return order
    if stores.ledger.holds(order_id):
        command = Command(f"{order_id}:wait:{order.version}", order_id, at)
        stores.ledger.extend(order_id, expires_at=at + hold, by=command)
    return stores.orders.save(attrs.evolve(order, held_until=at + hold))


def record_unpaid(
    stores: CheckoutStores, order_id: OrderId, attempt_id: str, answer: GatewayAnswer, at: datetime
) -> Order:
    """Record that an attempt was declined, or that nobody knows yet; the order still waits."""
    order = stores.orders.get(order_id)
    state = AttemptState(str(answer.verdict))
    settled = settle_attempt(order, attempt_id, state, reason=answer.reason)
    if settled is order:
        return order
    if state is AttemptState.DECLINED:
        stores.outbox.add(
            PaymentDeclined(
                event_id=f"{attempt_id}:declined",
                subject=order_id,
                at=at,
                attempt_id=attempt_id,
                reason=answer.reason,
            )
        )
    return stores.orders.save(settled)


def plan_of(order: Order, pickup: Pickup, programme: Programme | None) -> CommitPlan:
    """Return the commit plan that the order was placed with."""
    points = order.tender(TenderKind.POINTS)
    return commit_plan(
        order.lines,
        order.uses,
        Promise(
            location_id=pickup.location_id,
            slot=pickup.slot,
            ready_by=pickup.ready_by,
            collect_until=pickup.collect_until,
        ),
        slots_are_limited=pickup.takes_place,
        customer_id=order.customer_id,
        programme=programme,
        points=points.points if points else 0,
    )


def _pickup(stores: CheckoutStores, order: Order) -> Pickup:
    (pickup,) = stores.pickups.of_order(order.order_id)
    return pickup


def _make_final(stores: CheckoutStores, order: Order, plan: CommitPlan, at: datetime) -> None:
    if plan.captured_on_payment:
        stores.ledger.capture(
            order.order_id,
            by=Command(f"{order.order_id}:capture", order.order_id, at),
            demands=plan.captured_on_payment,
        )
    if len(plan.demands) > len(plan.captured_on_payment):
        stores.ledger.extend(
            order.order_id,
            expires_at=None,
            by=Command(f"{order.order_id}:keep", order.order_id, at),
        )


def _earn(stores: CheckoutStores, order: Order, programme: Programme | None, at: datetime) -> Order:
    """Credit what the programme gives for the money, and what promotions promised."""
    if programme is None or order.customer_id is None:
        return order
    promised = tuple(attrs.evolve(promise, credited=True) for promise in order.promised)
    points = points_for(programme, order.due_amount)
    points += sum(promise.points for promise in promised)
    if points:
        stores.ledger.credit(
            points_account(order.customer_id, programme.programme_id),
            points,
            by=Command(f"{order.order_id}:earn", order.order_id, at),
            terms=earn_terms(programme, origin=order.order_id, at=at),
        )
    return attrs.evolve(order, promised=promised, points_earned=points)
