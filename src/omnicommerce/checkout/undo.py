"""Giving units of an order back: money, points, promotion uses, in one unit of work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.ledger.model import AccountKey, Beyond, Command, Demand
from omnicommerce.loyalty.decide import clawed_back
from omnicommerce.loyalty.model import Programme, points_account
from omnicommerce.orders.events import RefundDue
from omnicommerce.orders.model import Order, PointsPromise, Refund, RefundState, TenderKind
from omnicommerce.orders.returns import GivenBack

__all__ = ["announce", "carry_out", "turn_of"]


def carry_out(
    stores: CheckoutStores,
    before: Order,
    back: GivenBack,
    *,
    programme: Programme | None,
    cause: str,
    at: datetime,
    stock: Iterable[Demand] = (),
) -> Order:
    """Do on the ledger what giving units of a paid order back does, and announce its refunds.

    Points that paid return to their original lots, uses and budgets of
    promotions to their accounts, and points earned by money that goes back, or
    promised for units that do, are clawed back. The order is not saved here.

    Args:
        stores: The unit of work.
        before: The order as it was.
        back: What was decided.
        programme: The loyalty programme.
        cause: Why; kept in journal and events.
        at: When.
        stock: Captured units that can be sold again where they were taken from.

    Returns:
        The order as it is now.
    """
    order, turn = back.order, turn_of(before)
    restored = [Demand(AccountKey(*account), quantity) for account, quantity in back.restored]
    restored += [*_points_back(before, order, programme), *stock]
    if restored:
        command = Command(f"{order.order_id}:restore:{turn}", cause, at)
        stores.ledger.restore(order.order_id, by=command, demands=restored)
    claw = Command(f"{order.order_id}:claw:{turn}", cause, at)
    order = _claw_back(stores, before, order, programme, claw)
    announce(stores, order, back.refunds, at)
    return order


def announce(stores: CheckoutStores, order: Order, refunds: Iterable[Refund], at: datetime) -> None:
    """Tell of the refunds that the gateway has to carry out."""
    for refund in refunds:
        if refund.state is RefundState.DUE:
            stores.outbox.add(
                RefundDue(
                    event_id=refund.refund_id,
                    subject=order.order_id,
                    at=at,
                    refund_id=refund.refund_id,
                    amount=refund.amount,
                    cause=refund.cause,
                )
            )


def turn_of(order: Order) -> int:
    """Return a number that grows whenever units of the order are given back."""
    return len(order.refunds) + sum(line.gone for line in order.lines)


def _points_back(before: Order, after: Order, programme: Programme | None) -> list[Demand]:
    paid, now = before.tender(TenderKind.POINTS), after.tender(TenderKind.POINTS)
    if paid is None or now is None or programme is None or after.customer_id is None:
        return []
    points = now.points * now.refunded_amount.minor // now.amount.minor
    points -= paid.points * paid.refunded_amount.minor // paid.amount.minor
    if not points:
        return []
    return [Demand(points_account(after.customer_id, programme.programme_id), points)]


def _claw_back(
    stores: CheckoutStores,
    before: Order,
    order: Order,
    programme: Programme | None,
    command: Command,
) -> Order:
    if programme is None or order.customer_id is None:
        return attrs.evolve(order, promised=before.promised)
    points = _forfeited(before, order, programme)
    points += _clawed(order.promised) - _clawed(before.promised)
    if points <= 0:
        return order
    stores.ledger.debit(
        points_account(order.customer_id, programme.programme_id),
        points,
        by=command,
        beyond=Beyond.DEFICIT,
        origin=order.order_id,
    )
    return attrs.evolve(order, points_clawed=order.points_clawed + points)


def _forfeited(before: Order, order: Order, programme: Programme) -> int:
    """Return what refunded money forfeits of the points that it had earned by the rule."""
    tender = order.tender(TenderKind.GATEWAY)
    if tender is None:
        return 0
    promised = sum(promise.points for promise in order.promised if promise.credited)
    target = clawed_back(
        programme,
        earned=order.points_earned - promised,
        paid=tender.amount,
        refunded=tender.refunded_amount,
    )
    return max(0, target - (before.points_clawed - _clawed(before.promised)))


def _clawed(promised: Iterable[PointsPromise]) -> int:
    return sum(promise.clawed for promise in promised)
