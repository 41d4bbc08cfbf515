"""The unit of work that turns a cart into an order: everything held, or nothing."""

from __future__ import annotations

from datetime import datetime

import attrs

from omnicommerce.cart.decide import open_cart_of, require_owner
from omnicommerce.cart.model import CartStatus
from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.errors import QuoteOutdated
from omnicommerce.checkout.gifts import gift_stock
from omnicommerce.checkout.limits import allow, left_of, limited_among
from omnicommerce.checkout.model import CheckoutRequest, Quote
from omnicommerce.checkout.outside_tax import ToldTaxing
from omnicommerce.checkout.plan import commit_plan
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.checkout.price_books import PriceBooks
from omnicommerce.checkout.quote import Known, make_quote, retaxed, situation_of
from omnicommerce.checkout.repricing import basis_of
from omnicommerce.checkout.uses import limits_on
from omnicommerce.fulfilment.model import Pickup, PickupLine, slot_account
from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.ids import CustomerId, OrderId
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import AccountKey, Command
from omnicommerce.loyalty.model import points_account
from omnicommerce.orders.events import OrderPlaced
from omnicommerce.orders.model import Order, OrderStatus
from omnicommerce.pricing.basket import OrderHistory

__all__ = ["place", "quote_in"]


def quote_in(
    stores: CheckoutStores, shop: Shop, request: CheckoutRequest, *, at: datetime
) -> Quote:
    """Quote a request within a unit of work; see `make_quote` for what may go wrong."""
    cart = open_cart_of(stores.carts.get(request.cart_id), request.actor, at=at)
    customer = stores.customers.get(request.customer_id) if request.customer_id else None
    points = 0
    if request.points and customer is not None and shop.programme is not None:
        account = points_account(customer.customer_id, shop.programme.programme_id)
        points = stores.ledger.standings([account], at=at)[account].available
    situation = situation_of(shop, request, cart.codes, customer, at=at)
    limited = limited_among(shop.book, shop.limits, (line.sku for line in cart.lines))
    known = Known(
        customer=customer,
        points_available=points,
        left=left_of(stores.ledger, shop.limits, situation, limited, at=at),
        history=_history(stores, shop, request.customer_id),
        gifts=gift_stock(stores.ledger, shop, cart, request.pickup.location_id, at=at),
    )
    return make_quote(shop, request, cart, known, at=at)


def _history(
    stores: CheckoutStores, shop: Shop, customer_id: CustomerId | None
) -> OrderHistory | None:
    """Return what a customer's earlier orders say, if a price may depend on that."""
    if customer_id is None or not shop.asks_history:
        return None
    past = stores.orders.past_of(customer_id)
    return OrderHistory(
        placed_at=[each.placed_at for each in past if each.status is OrderStatus.COMPLETED],
        cancelled=sum(each.status is OrderStatus.CANCELLED for each in past),
    )


def place(
    stores: CheckoutStores,
    shop: Shop,
    quote: Quote,
    books: PriceBooks,
    *,
    order_id: OrderId,
    pickup_id: str,
    at: datetime,
) -> Order:
    """Hold everything the quote needs and write the order; a cart's second call returns its order.

    Raises:
        QuoteOutdated: The quote is too old, or a price, promotion or tender changed.
        Shortage: Something is not there any more; every lack is named.
    """
    request = quote.request
    cart = stores.carts.get(request.cart_id)
    require_owner(cart, request.actor)
    known = stores.orders.find_by_cart(request.cart_id)
    if known is not None:
        return known
    try:
        _require_true(stores, shop, quote, at)
    except Refused:
        # Another device may have placed this very cart since it was looked up above.
        known = stores.orders.find_by_cart(request.cart_id)
        if known is None:
            raise
        return known
    point = shop.pickup_points[request.pickup.location_id]
    takes_place = quote.promise.slot is not None and point.slot_capacity is not None
    plan = commit_plan(
        quote.lines,
        quote.uses,
        quote.promise,
        slots_are_limited=takes_place,
        customer_id=request.customer_id,
        programme=shop.programme,
        points=quote.points_spent,
    )
    places = point.slot_capacity if takes_place else None
    allow(stores.ledger, _limits(shop, quote, places), cause=order_id, at=at)
    books.keep(stores, at=at)
    order = _order(quote, order_id, pickup_id, at, shop)
    stores.orders.add(order)
    stores.pickups.add(_pickup(quote, order, takes_place=takes_place))
    stores.carts.save(attrs.evolve(cart, status=CartStatus.ORDERED))
    stores.outbox.add(_placed(order))
    if plan.demands:
        stores.ledger.hold(
            order_id,
            plan.demands,
            expires_at=order.held_until,
            by=Command(f"{order_id}:hold", order_id, at),
        )
    return order


def _require_true(stores: CheckoutStores, shop: Shop, quote: Quote, at: datetime) -> None:
    """Refuse a quote that is too old, or that would be another one now."""
    if at >= quote.valid_until:
        raise QuoteOutdated(Reason("quote.expired", {"valid_until": quote.valid_until.isoformat()}))
    again = quote_in(stores, shop, quote.request, at=at)
    if isinstance(quote.priced.taxing, ToldTaxing) and quote.priced == again.priced:
        again = retaxed(shop, again, quote.priced)
    differences = quote.differences(again)
    if differences:
        raise QuoteOutdated(Reason("quote.changed", {"what": list(differences)}))


def _limits(shop: Shop, quote: Quote, places: int | None) -> dict[AccountKey, int]:
    """Return the accounts that an order of this quote takes from up to a limit."""
    limits = limits_on(shop.limits, quote.uses, quote.situation)
    if quote.promise.slot is not None and places is not None:
        limits[slot_account(quote.promise.location_id, quote.promise.slot)] = places
    return limits


def _order(quote: Quote, order_id: OrderId, pickup_id: str, at: datetime, shop: Shop) -> Order:
    request = quote.request
    return Order(
        order_id=order_id,
        cart_id=request.cart_id,
        channel=request.channel,
        customer_id=request.customer_id,
        placed_at=at,
        status=OrderStatus.PLACED,
        lines=quote.lines,
        list_amount=quote.list_amount,
        total_amount=quote.total_amount,
        change_amount=quote.change_amount,
        tenders=quote.tenders,
        uses=quote.uses,
        promised=quote.promised,
        location_id=quote.promise.location_id,
        pickup_id=pickup_id,
        held_until=at + shop.policy.payment_hold,
        payment=request.payment,
        book_version=quote.book_version,
        basis=basis_of(quote.priced, quote.situation),
    )


def _pickup(quote: Quote, order: Order, *, takes_place: bool) -> Pickup:
    return Pickup(
        pickup_id=order.pickup_id or "",
        order_id=order.order_id,
        location_id=quote.promise.location_id,
        customer_id=order.customer_id,
        slot=quote.promise.slot,
        takes_place=takes_place,
        ready_by=quote.promise.ready_by,
        collect_until=quote.promise.collect_until,
        lines=tuple(
            PickupLine(line_id=line.line_id, sku=line.sku, quantity=line.quantity)
            for line in order.lines
        ),
    )


def _placed(order: Order) -> OrderPlaced:
    return OrderPlaced(
        event_id=f"{order.order_id}:placed",
        subject=order.order_id,
        at=order.placed_at,
        cart_id=order.cart_id,
        channel=order.channel,
        total_amount=order.total_amount,
    )
