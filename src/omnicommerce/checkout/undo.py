"""Giving units of an order back: money, points, promotion uses, in one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.kernel.money import Money
from omnicommerce.ledger.model import AccountKey, Beyond, Command, Demand
from omnicommerce.loyalty.decide import clawed_back
from omnicommerce.loyalty.model import Programme, points_account
from omnicommerce.orders.decide import forfeited_uses, give_back, refund_for, with_units
from omnicommerce.orders.events import RefundDue
from omnicommerce.orders.model import Order, RefundState, TenderKind

__all__ = ["refund_units"]


def refund_units(
    stores: CheckoutStores,
    order: Order,
    declined: Mapping[str, int],
    *,
    programme: Programme | None,
    cause: str,
    at: datetime,
) -> tuple[Order, Money]:
    """Count units as declined and give back what they cost; return the order and the amount.

    Each tender gets its part back: points return to their original lots,
    what the gateway must return becomes a refund that is due. Points earned
    by money that goes back are clawed back, and a promotion whose every line
    went back can be used again. The order is not saved here.

    Raises:
        OrderStateRefused: More units than are open.
    """
    amount = Money.total(
        (
            refund_for(line, declined[line.line_id])
            for line in order.lines
            if declined.get(line.line_id)
        ),
        order.total_amount.currency,
    )
    before = order
    order = with_units(order, collected={}, declined=declined)
    order, refunds = give_back(order, amount, cause=cause)
    order, forfeited = forfeited_uses(order)
    restored = [Demand(AccountKey(*account), 1) for account in forfeited]
    restored += _points_back(before, order, programme)
    turn = len(before.refunds) + sum(line.declined for line in before.lines)
    if restored:
        command = Command(f"{order.order_id}:restore:{turn}", cause, at)
        stores.ledger.restore(order.order_id, by=command, demands=restored)
    order = _claw_back(
        stores, order, programme, Command(f"{order.order_id}:claw:{turn}", cause, at)
    )
    for refund in refunds:
        if refund.state is RefundState.DUE:
            stores.outbox.add(
                RefundDue(
                    event_id=refund.refund_id,
                    subject=order.order_id,
                    at=at,
                    refund_id=refund.refund_id,
                    amount=refund.amount,
                    cause=cause,
                )
            )
    return order, amount


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
    stores: CheckoutStores, order: Order, programme: Programme | None, command: Command
) -> Order:
    tender = order.tender(TenderKind.GATEWAY)
    if programme is None or tender is None or order.customer_id is None:
        return order
    target = clawed_back(
        programme,
        earned=order.points_earned,
        paid=tender.amount,
        refunded=tender.refunded_amount,
    )
    points = target - order.points_clawed
    if points <= 0:
        return order
    stores.ledger.debit(
        points_account(order.customer_id, programme.programme_id),
        points,
        by=command,
        beyond=Beyond.DEFICIT,
        origin=order.order_id,
    )
    return attrs.evolve(order, points_clawed=target)
