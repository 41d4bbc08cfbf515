"""Use cases of checkout: quote, place, pay, resolve, cancel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime

import attrs

from omnicommerce.checkout.cancellation import cancel
from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.errors import PaymentDeclined
from omnicommerce.checkout.model import CheckoutRequest, Quote
from omnicommerce.checkout.outside_tax import taxed_outside
from omnicommerce.checkout.payment import begin_payment, confirm, keep_waiting, record_unpaid
from omnicommerce.checkout.placement import place, quote_in
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.checkout.price_books import PriceBooks
from omnicommerce.checkout.quote import retaxed
from omnicommerce.checkout.repricing import is_taxed_outside, repricing
from omnicommerce.checkout.returning import ReturnOutcome, ReturnRequest, take_back
from omnicommerce.checkout.where import stores_for
from omnicommerce.inventory.model import Point, StoreOption
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.ids import CartId, IdFactory, LocationId, OrderId
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.errors import HoldEnded
from omnicommerce.orders.decide import settle_refund
from omnicommerce.orders.events import RefundPaid
from omnicommerce.orders.model import (
    AttemptState,
    Order,
    OrderStatus,
    PaymentAttempt,
    Refund,
    RefundState,
)
from omnicommerce.orders.ports import GatewayAnswer, GatewayVerdict, PaymentGateway
from omnicommerce.orders.return_model import ReturnItem, ReturnPolicy
from omnicommerce.orders.returns import Reprice
from omnicommerce.pricing.tax.ports import TaxService

__all__ = ["Checkout"]

_NOTHING_DUE = GatewayAnswer(verdict=GatewayVerdict.APPROVED)


@attrs.frozen
class Checkout:
    """From cart to paid order.

    Every command is one unit of work, except that the payment gateway is
    called between two of them, never inside one.

    Args:
        transactions: Where units of work run.
        shop: The configuration in force.
        clock: Read once per command.
        ids: Makes identities before the transaction.
        gateway: Moves money.
        books: Finds the price book of each order.
        tax_service: Works out the taxes of quotes; None: the shop's own rates do.
    """

    transactions: Transactions[CheckoutStores]
    shop: Shop
    clock: Clock
    ids: IdFactory
    gateway: PaymentGateway
    books: PriceBooks = attrs.field(
        default=attrs.Factory(
            lambda self: PriceBooks(self.transactions, self.shop.book), takes_self=True
        )
    )
    tax_service: TaxService | None = None

    def stores_for(
        self, cart_id: CartId, *, actor: str, near: Point | None = None
    ) -> tuple[StoreOption, ...]:
        """Rank the stores where the whole cart could be collected; kits count as their parts.

        Stores that have everything come first, then nearer ones.

        Raises:
            ForeignCart: The cart is somebody else's.
            CartClosed: It was ordered, went into another one, or has expired.
            NotFound: There is no such cart.
        """
        at = self.clock.now()
        return self.transactions.run(
            lambda s: stores_for(s, self.shop, cart_id, actor=actor, near=near, at=at)
        )

    def quote(self, request: CheckoutRequest) -> Quote:
        """Say what the order would be, without holding anything; see `make_quote`.

        An outside tax service is asked after the unit of work, never inside it. Placing the
        quote does not ask again: its tax counts as long as the basket is priced alike.

        Raises:
            TaxUnavailable: The tax service gave no answer, and the shop's own rates are
                not to stand in.
        """
        at = self.clock.now()
        quote = self.transactions.run(lambda s: quote_in(s, self.shop, request, at=at))
        if self.tax_service is None:
            return quote
        priced = taxed_outside(self.tax_service, quote.priced, quote.situation)
        return quote if priced is quote.priced else retaxed(self.shop, quote, priced)

    def place(self, quote: Quote) -> Order:
        """Hold everything the quote needs in one transaction, or nothing.

        One cart becomes at most one order: placing it again, from any device,
        returns that order.

        Raises:
            QuoteOutdated: The quote is too old, or no longer true.
            Shortage: Something is not there any more; every lack is named.
        """
        at = self.clock.now()
        order_id = OrderId(self.ids.new("order"))
        pickup_id = self.ids.new("pickup")
        order = self.transactions.run(
            lambda s: place(
                s, self.shop, quote, self.books, order_id=order_id, pickup_id=pickup_id, at=at
            )
        )
        self.books.saw(order.book_version)
        return order

    def pay(self, order_id: OrderId, *, token: str) -> Order:
        """Collect what is due through the gateway and confirm the order.

        While nobody knows whether the money moved, the order stays ``placed``
        with an attempt that is ``unknown``: `resolve` finds out. What the
        order holds is extended meanwhile.

        Args:
            order_id: The order.
            token: The gateway's name for the means of payment.

        Raises:
            PaymentDeclined: Nothing was burnt; try again with another token.
            OrderStateRefused: It cannot be paid, or the last attempt is unresolved.
            HoldEnded: What it held has lapsed; the order is cancelled.
        """
        at = self.clock.now()
        hold = self.shop.policy.payment_hold
        try:
            order = self.transactions.run(lambda s: begin_payment(s, order_id, hold=hold, at=at))
        except HoldEnded:
            self.cancel(order_id, cause="hold.expired")
            raise
        if order.status is OrderStatus.CONFIRMED:
            return order
        attempt = order.attempts[-1]
        answer = _NOTHING_DUE
        if attempt.amount:
            answer = _ask(
                lambda: self.gateway.charge(attempt.attempt_id, attempt.amount, token=token)
            )
        return self._settle(order_id, attempt.attempt_id, answer)

    def resolve(self, order_id: OrderId) -> Order:
        """Find out what became of a payment whose outcome is not known, and act on it.

        Also carries out refunds that are due. Safe to call at any time, as
        often as wanted: a scheduler should, for orders with an open attempt.

        Raises:
            PaymentDeclined: The attempt turned out to be declined.
        """
        order = self.transactions.run(lambda s: s.orders.get(order_id))
        for attempt in order.unsettled:
            answer = self._look_up(attempt)
            if not self._may_be_on_its_way(attempt, answer):
                self._settle(order_id, attempt.attempt_id, answer)
        return self.pay_refunds(order_id)

    def cancel(self, order_id: OrderId, *, cause: str) -> Order:
        """Undo an order that nothing was handed over of, and give everything back.

        Before payment everything held is released and the customer gets a cart
        with the same content back; after it, money, points and
        promotion uses go back as well. Cancelling twice is cancelling once.

        Raises:
            OrderStateRefused: It is completed, or a payment is unresolved.
        """
        self._cancel(order_id, cause=cause)
        return self.pay_refunds(order_id)

    def return_items(
        self,
        order_id: OrderId,
        items: Iterable[ReturnItem],
        *,
        reason: str,
        key: str,
        location_id: LocationId | None = None,
    ) -> ReturnOutcome:
        """Take units back that the customer had collected, and refund them.

        What they cost goes back to the tenders that paid: points to their original
        lots, money through the gateway. Points they earned are clawed back, and
        promotions of which nothing is kept can be used again. What can be sold
        again is, where it came back. What a part of an offer is worth by itself is
        a matter of the shop's `ReturnTerms`.

        Args:
            order_id: The order.
            items: What comes back, and in what condition.
            reason: Why; kept in the order and in the event.
            key: Identity of this return: asking again returns the first answer.
            location_id: Where they came back; None: where they were collected.

        Raises:
            NotFound: There is no such order, line or location.
            OrderStateRefused: The customer has fewer units: they were not handed
                over yet (cancel or decline those), or came back before.
            InvalidValue: Nothing comes back, or a line twice in one condition.
            KeyReused: The key belongs to another return.
        """
        request = ReturnRequest(
            order_id=order_id,
            items=tuple(items),
            reason=reason,
            return_id=key,
            location_id=location_id,
        )
        at = self.clock.now()
        reprice = self.repricing(order_id)
        outcome = self.transactions.run(
            lambda s: take_back(s, self.shop, request, reprice=reprice, at=at)
        )
        return attrs.evolve(outcome, order=self.refunded(outcome.order))

    def repricing(self, order_id: OrderId) -> Reprice | None:
        """Return what prices kept units of an order, if the shop evaluates its offers anew.

        None for orders that an outside service taxed: what it would say of a part of
        them nobody knows, so their units are refunded at what they cost.
        """
        if self.shop.policy.returns.policy is ReturnPolicy.KEEP_SHARES:
            return None
        order = self.transactions.run(lambda s: s.orders.get(order_id))
        if is_taxed_outside(order):
            return None
        return repricing(self.books.get(order.book_version), order)

    def attend(self, *, limit: int = 100) -> tuple[Order, ...]:
        """Look after orders that wait: for a payment, for its answer, or for a refund.

        Payments with an unknown outcome are looked up, and what their orders
        hold is extended while nobody knows; orders that were not paid in time
        are cancelled and their carts come back; refunds that are due are
        carried out. A scheduler should call it every few minutes.

        Returns:
            The orders looked at, as they are now.
        """
        at = self.clock.now()
        soon = at + self.shop.policy.payment_hold / 2
        waiting = self.transactions.run(lambda s: s.orders.needing_attention(soon, limit=limit))
        return tuple(self._attend(order, at) for order in waiting)

    def _attend(self, order: Order, at: datetime) -> Order:
        order_id = order.order_id
        if order.status is not OrderStatus.PLACED:
            return self.pay_refunds(order_id)
        with contextlib.suppress(HoldEnded, PaymentDeclined):
            if order.unsettled and self.resolve(order_id).status is OrderStatus.PLACED:
                hold = self.shop.policy.payment_hold
                self.transactions.run(lambda s: keep_waiting(s, order_id, hold=hold, at=at))
            elif not order.unsettled and order.held_until and order.held_until <= at:
                self.cancel(order_id, cause="payment.overdue")
        return self.transactions.run(lambda s: s.orders.get(order_id))

    def refunded(self, order: Order) -> Order:
        """Carry out what is due to the customer, if anything is."""
        if all(refund.state is RefundState.DONE for refund in order.refunds):
            return order
        return self.pay_refunds(order.order_id)

    def pay_refunds(self, order_id: OrderId) -> Order:
        """Carry out the order's refunds that are due; those that fail stay due."""
        order = self.transactions.run(lambda s: s.orders.get(order_id))
        for refund in order.refunds:
            if refund.state is not RefundState.DONE:
                order = self._pay_refund(order, refund)
        return order

    def _may_be_on_its_way(self, attempt: PaymentAttempt, answer: GatewayAnswer) -> bool:
        """Tell whether a charge that the gateway has not seen may still reach it."""
        recent = self.clock.now() < attempt.opened_at + self.shop.policy.payment_hold / 2
        is_calling = attempt.state is AttemptState.OPEN and recent
        return is_calling and answer.verdict is GatewayVerdict.DECLINED

    def _look_up(self, attempt: PaymentAttempt) -> GatewayAnswer:
        if not attempt.amount:
            return _NOTHING_DUE
        return _ask(lambda: self.gateway.look_up(attempt.attempt_id))

    def _cancel(
        self, order_id: OrderId, *, cause: str, paid: tuple[str, str | None] | None = None
    ) -> Order:
        at = self.clock.now()
        programme = self.shop.programme
        cart_id = CartId(self.ids.new("cart"))
        return self.transactions.run(
            lambda s: cancel(
                s, order_id, programme=programme, cause=cause, at=at, cart_id=cart_id, paid=paid
            )
        )

    def _settle(self, order_id: OrderId, attempt_id: str, answer: GatewayAnswer) -> Order:
        at = self.clock.now()
        if answer.verdict is not GatewayVerdict.APPROVED:
            order = self.transactions.run(
                lambda s: record_unpaid(s, order_id, attempt_id, answer, at)
            )
            if answer.verdict is GatewayVerdict.DECLINED:
                raise PaymentDeclined(
                    Reason("payment.declined", {"order": order_id, "reason": answer.reason})
                )
            return order
        programme = self.shop.programme
        try:
            return self.transactions.run(
                lambda s: confirm(s, order_id, attempt_id, answer, programme=programme, at=at)
            )
        except HoldEnded:
            self._cancel(order_id, cause="hold.expired", paid=(attempt_id, answer.reference))
            self.pay_refunds(order_id)
            raise

    def _pay_refund(self, order: Order, refund: Refund) -> Order:
        at = self.clock.now()
        tender = next(t for t in order.tenders if t.tender_id == refund.tender_id)
        answer = _ask(
            lambda: self.gateway.refund(
                refund.refund_id, refund.amount, reference=tender.reference or ""
            )
        )
        return self.transactions.run(
            lambda s: _record_refund(s, order.order_id, refund, answer, at)
        )


def _ask(call: Callable[[], GatewayAnswer]) -> GatewayAnswer:
    """Call the gateway; whatever it raises means that nobody knows."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - a gateway may raise anything; the money may have moved
        return GatewayAnswer(verdict=GatewayVerdict.UNKNOWN, reason=repr(error))


def _record_refund(
    stores: CheckoutStores, order_id: OrderId, refund: Refund, answer: GatewayAnswer, at: datetime
) -> Order:
    states = {
        GatewayVerdict.APPROVED: RefundState.DONE,
        GatewayVerdict.UNKNOWN: RefundState.UNKNOWN,
        GatewayVerdict.DECLINED: RefundState.DUE,
    }
    order = stores.orders.get(order_id)
    settled = settle_refund(
        order, refund.refund_id, states[answer.verdict], reference=answer.reference
    )
    if settled == order:
        return order
    if answer.verdict is GatewayVerdict.APPROVED:
        stores.outbox.add(
            RefundPaid(
                event_id=f"{refund.refund_id}:paid",
                subject=order_id,
                at=at,
                refund_id=refund.refund_id,
                amount=refund.amount,
            )
        )
    return stores.orders.save(settled)
