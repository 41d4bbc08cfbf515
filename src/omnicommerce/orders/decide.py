"""Pure changes of an order; every one returns a new order or refuses with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from omnicommerce.kernel.allocation import allocate_capped
from omnicommerce.kernel.errors import InvalidValue, NotFound, Refused
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.orders.model import (
    ATTEMPT_TRANSITIONS,
    ORDER_TRANSITIONS,
    AttemptState,
    LineItem,
    Order,
    OrderStatus,
    PaymentAttempt,
    Refund,
    RefundState,
    TenderKind,
)
from omnicommerce.orders.shares import first_units, proportional

__all__ = [
    "OrderStateRefused",
    "advance",
    "give_back",
    "open_attempt",
    "refund_for",
    "require_settled",
    "settle_attempt",
    "settle_refund",
    "with_units",
]


_NONE: Final[Mapping[str, int]] = MappingProxyType({})


class OrderStateRefused(Refused):
    """The order is not in a state in which this can happen."""

    code = "refused.order_state"


def advance(order: Order, status: OrderStatus) -> Order:
    """Move the order to another status.

    Raises:
        OrderStateRefused: The table of transitions has no such step.
    """
    if status not in ORDER_TRANSITIONS[order.status]:
        raise OrderStateRefused(
            Reason(
                "order.state",
                {"order": order.order_id, "status": str(order.status), "wanted": str(status)},
            )
        )
    return attrs.evolve(order, status=status)


def open_attempt(order: Order, attempt: PaymentAttempt) -> Order:
    """Record that a payment is about to be tried.

    Raises:
        OrderStateRefused: The order is not waiting for payment, or an earlier
            attempt has no known outcome yet.
    """
    if order.status is not OrderStatus.PLACED:
        raise OrderStateRefused(
            Reason("order.not_payable", {"order": order.order_id, "status": str(order.status)})
        )
    require_settled(order)
    return attrs.evolve(order, attempts=(*order.attempts, attempt))


def require_settled(order: Order) -> None:
    """Refuse an order while nobody knows what became of a payment.

    Raises:
        OrderStateRefused: An attempt has no known outcome.
    """
    for attempt in order.unsettled:
        raise OrderStateRefused(
            Reason("payment.unsettled", {"order": order.order_id, "attempt": attempt.attempt_id})
        )


def settle_attempt(
    order: Order,
    attempt_id: str,
    state: AttemptState,
    *,
    reference: str | None = None,
    reason: str | None = None,
) -> Order:
    """Record what became of a payment attempt; telling the same again changes nothing.

    Raises:
        NotFound: There is no such attempt.
        OrderStateRefused: It was settled otherwise before.
    """
    known = next((a for a in order.attempts if a.attempt_id == attempt_id), None)
    if known is None:
        raise NotFound("payment attempt", attempt_id)
    if known.state is state:
        return order
    if state not in ATTEMPT_TRANSITIONS[known.state]:
        raise OrderStateRefused(
            Reason("payment.settled", {"attempt": attempt_id, "state": str(known.state)})
        )
    settled = attrs.evolve(known, state=state, reference=reference, reason=reason)
    attempts = tuple(settled if a is known else a for a in order.attempts)
    tenders = tuple(
        attrs.evolve(tender, reference=reference)
        if state is AttemptState.APPROVED and tender.kind is TenderKind.GATEWAY
        else tender
        for tender in order.tenders
    )
    return attrs.evolve(order, attempts=attempts, tenders=tenders)


def refund_for(line: LineItem, units: int) -> Money:
    """Return what giving back this many more units of a line refunds.

    Each unit has a share of the line's amount, fixed by the sale, so any
    sequence of partial returns refunds exactly what was paid for the line.

    Raises:
        OrderStateRefused: Fewer units are left to give back.
    """
    if not 0 <= units <= line.left:
        raise _too_many(line, units, line.left)
    after = first_units(line.unit_shares.refunds, line.gone + units)
    return Money(after - line.gone_minor, line.amount.currency)


def with_units(
    order: Order,
    *,
    collected: Mapping[str, int] = _NONE,
    declined: Mapping[str, int] = _NONE,
    returned: Mapping[str, int] = _NONE,
) -> Order:
    """Count units that were handed over, declined, or brought back.

    Raises:
        NotFound: A line is unknown.
        InvalidValue: A negative number of units.
        OrderStateRefused: More units than are open; or, to be brought back, than
            the customer has.
    """
    for line_id, units in (*collected.items(), *declined.items(), *returned.items()):
        if order.line(line_id) is None:
            raise NotFound("order line", line_id)
        if type(units) is not int or units < 0:
            raise InvalidValue(f"lines.{line_id}", f"must be a whole number, not {units!r}")
    lines = tuple(
        _count_units(
            line,
            collected=collected.get(line.line_id, 0),
            declined=declined.get(line.line_id, 0),
            returned=returned.get(line.line_id, 0),
        )
        for line in order.lines
    )
    return attrs.evolve(order, lines=lines)


def _count_units(line: LineItem, *, collected: int, declined: int, returned: int) -> LineItem:
    if collected + declined > line.open:
        raise _too_many(line, collected + declined, line.open)
    if returned > line.kept:
        figures = {"line": line.line_id, "wanted": returned, "kept": line.kept}
        raise OrderStateRefused(Reason("order.not_kept", figures))
    if not collected + declined + returned:
        return line
    return attrs.evolve(
        line,
        collected=line.collected + collected,
        declined=line.declined + declined,
        returned=line.returned + returned,
    )


def _too_many(line: LineItem, wanted: int, units: int) -> OrderStateRefused:
    figures = {"line": line.line_id, "wanted": wanted, "open": units}
    return OrderStateRefused(Reason("order.units", figures))


def give_back(order: Order, amount: Money, *, cause: str) -> tuple[Order, tuple[Refund, ...]]:
    """Spread an amount to give back over the tenders that paid, in proportion to what they paid.

    What each tender gets in all depends on what was given back in all, and not
    on the steps in between (`proportional`). So no tender gets back more than it
    paid, and once everything is given back every tender has got exactly what it
    paid. Coupons and points go back at once; what the gateway has to return
    becomes a refund that is due.

    Raises:
        InvalidValue: More than is left on all tenders.
    """
    shares = _tender_shares(order, amount)
    refunds: list[Refund] = []
    tenders = []
    for tender in order.tenders:
        share = Money(shares[tender.tender_id], amount.currency)
        tenders.append(attrs.evolve(tender, refunded_amount=tender.refunded_amount + share))
        if not share:
            continue
        is_due = tender.kind is TenderKind.GATEWAY
        refunds.append(
            Refund(
                refund_id=f"{order.order_id}:refund:{len(order.refunds) + len(refunds) + 1}",
                tender_id=tender.tender_id,
                amount=share,
                cause=cause,
                state=RefundState.DUE if is_due else RefundState.DONE,
            )
        )
    changed = attrs.evolve(order, tenders=tuple(tenders), refunds=(*order.refunds, *refunds))
    return changed, tuple(refunds)


def _tender_shares(order: Order, amount: Money) -> Mapping[str, int]:
    """Return what each tender gets of an amount, so that it then has its part of everything."""
    left = sum(tender.left.minor for tender in order.tenders)
    if not 0 <= amount.minor <= left:
        raise InvalidValue("amount", f"{amount} is more than the tenders have left")
    paid = {tender.tender_id: tender.amount.minor for tender in order.tenders}
    parts = proportional(order.refunded_amount.minor + amount.minor, paid)
    lacking = {
        tender.tender_id: max(0, parts[tender.tender_id] - tender.refunded_amount.minor)
        for tender in order.tenders
    }
    return allocate_capped(amount.minor, lacking, lacking).shares


def settle_refund(
    order: Order, refund_id: str, state: RefundState, *, reference: str | None = None
) -> Order:
    """Record what became of a refund; one that is done stays done."""
    refunds = tuple(
        attrs.evolve(refund, state=state, reference=reference)
        if refund.refund_id == refund_id and refund.state is not RefundState.DONE
        else refund
        for refund in order.refunds
    )
    return attrs.evolve(order, refunds=refunds)
