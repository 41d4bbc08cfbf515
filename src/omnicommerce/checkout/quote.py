"""The pure decision of a quote: what this cart would be as an order, here and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from omnicommerce.cart.fold import CartLine, CartState
from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.errors import CheckoutRefused
from omnicommerce.checkout.gifts import (
    NO_GIFTS,
    GiftStock,
    check_choices,
    gift_lines,
    price_with_gifts,
)
from omnicommerce.checkout.limits import NOTHING_LIMITED, Left
from omnicommerce.checkout.line_shares import gift_shares, gift_tax, shares_of
from omnicommerce.checkout.model import CheckoutRequest, Promise, Quote
from omnicommerce.checkout.promised_points import promised_points
from omnicommerce.checkout.uses import uses_of
from omnicommerce.customers.model import Customer
from omnicommerce.fulfilment.decide import PickupRefused, slot_at
from omnicommerce.fulfilment.model import PickupPoint
from omnicommerce.inventory.model import Location
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.loyalty.decide import money_for, points_for
from omnicommerce.orders.model import (
    LineAdjustment,
    LineItem,
    PointsPromise,
    Tender,
    TenderKind,
)
from omnicommerce.pricing.basket import Basket, BasketLine, OrderHistory, Situation
from omnicommerce.pricing.result import PricedBasket

__all__ = ["Known", "make_quote", "retaxed", "situation_of"]


@attrs.frozen(kw_only=True)
class Known:
    """What a quote depends on besides request and cart: looked up in its unit of work.

    Args:
        customer: Who they are, if known.
        points_available: Points they could spend now.
        left: What limited promotions may still give them.
        history: Their earlier orders; None: no price depends on them.
        gifts: What the store could give away.
    """

    customer: Customer | None = None
    points_available: int = 0
    left: Left = NOTHING_LIMITED
    history: OrderHistory | None = None
    gifts: GiftStock = NO_GIFTS


def make_quote(
    shop: Shop, request: CheckoutRequest, cart: CartState, known: Known, *, at: datetime
) -> Quote:
    """Say what the order would be: price, tenders, points and promise.

    Args:
        shop: The configuration in force.
        request: What the customer decided.
        cart: Their cart as it is now.
        known: What was looked up.
        at: The instant of the decision.

    Raises:
        ChannelUnknown: The shop does not sell there.
        CheckoutRefused: An empty cart, another customer's points, points that
            are not there, amounts, coupons, discounts, promised prices or a role
            given by a channel that may not.
        PickupRefused: The store hands nothing over, or not at that time.
        NotPriced: Nobody set a price for a line, or for the plan it is bought on.
        UnknownSku: A line's SKU is not sold any more.
        InvalidValue: The request speaks of lines that the cart does not have, or
            chooses a gift that a promotion does not give.
    """
    customer = known.customer
    _check_channel(shop, request)
    if not cart.lines and not request.coupons:
        raise CheckoutRefused(Reason("cart.empty", {"cart": request.cart_id}))
    if not _may_act_for(shop, request):
        raise CheckoutRefused(Reason("checkout.not_yours", {"customer": request.customer_id}))
    if request.points and (customer is None or known.points_available < request.points):
        raise CheckoutRefused(_points_reason(request, customer, known.points_available))
    promise = _promise(shop, request, at=at)
    check_choices(shop.book, request.choices)
    situation = situation_of(
        shop, request, cart.codes, customer, left=known.left, history=known.history, at=at
    )
    priced, situation = price_with_gifts(shop.book, _basket(request, cart), situation, known.gifts)
    lines = (*_line_items(shop, cart.lines, priced), *gift_lines(shop, priced))
    promised: tuple[PointsPromise, ...] = ()
    if customer is not None and shop.programme is not None:
        promised = promised_points(shop.book, priced, situation, lines)
    return Quote(
        request=request,
        made_at=at,
        valid_until=at + shop.policy.quote_valid,
        situation=situation,
        priced=priced,
        lines=lines,
        uses=uses_of(shop.limits, priced, situation, lines, promised),
        promise=promise,
        list_amount=Money.total((line.list_amount for line in lines), shop.currency),
        book_version=priced.book_version,
        promised=promised,
        **_sums(shop, request, priced, promised),
    )


def retaxed(shop: Shop, quote: Quote, priced: PricedBasket) -> Quote:
    """Return a quote with another tax of the same basket: what is paid, and how.

    Args:
        shop: The configuration in force.
        quote: The quote.
        priced: Its basket, priced alike and taxed otherwise.
    """
    lines = [_retaxed(line, priced) for line in quote.lines]
    sums = _sums(shop, quote.request, priced, quote.promised)
    return attrs.evolve(quote, priced=priced, lines=tuple(lines), **sums)


def _retaxed(line: LineItem, priced: PricedBasket) -> LineItem:
    if line.gift_of is None:
        tax, shares = priced.line_tax(line.line_id), shares_of(priced, line.line_id)
    else:
        promotions = [gift.promotion_id for gift in priced.gifts]
        number = promotions.index(line.gift_of)
        tax = gift_tax(priced, number)
        shares = gift_shares(priced.gifts[number], tax)
    return attrs.evolve(
        line,
        paid_amount=tax.gross_amount if tax else None,
        tax_amount=tax.tax_amount if tax else None,
        shares=shares,
    )


def _sums(
    shop: Shop,
    request: CheckoutRequest,
    priced: PricedBasket,
    promised: Iterable[PointsPromise],
) -> dict[str, Any]:
    """Return what a quote's sums are, and how they are paid."""
    points, tenders = _tenders(shop, request, priced)
    due = next((t.amount for t in tenders if t.kind is TenderKind.GATEWAY), _nothing(shop))
    to_earn = sum(promise.points for promise in promised)
    if request.customer_id is not None and shop.programme is not None:
        to_earn += points_for(shop.programme, due)
    return {
        "tenders": tenders,
        "total_amount": priced.total_amount,
        "due_amount": due,
        "change_amount": max(_nothing(shop), -priced.payable_amount),
        "points_spent": points,
        "points_to_earn": to_earn,
    }


def situation_of(
    shop: Shop,
    request: CheckoutRequest,
    codes: Iterable[str],
    customer: Customer | None,
    *,
    left: Left = NOTHING_LIMITED,
    history: OrderHistory | None = None,
    at: datetime,
) -> Situation:
    """Return what a price may depend on, for this request."""
    location = shop.locations.get(request.pickup.location_id)
    country, region = _market(request, location)
    return Situation(
        channel=request.channel,
        at=at,
        location=location.location_id if location else None,
        zone=location.zone if location else None,
        country=country,
        region=region,
        customer_classes=customer.classes if customer else frozenset(),
        customer_id=customer.customer_id if customer else None,
        company_id=customer.company_id if customer else None,
        role=request.role,
        tax_exempt=customer.tax_exempt if customer else False,
        codes=frozenset(codes),
        payment=request.payment,
        history=history,
        attributes=_attributes(request, customer),
        exhausted=left.exhausted,
        remaining=left.remaining,
    )


def _market(request: CheckoutRequest, location: Location | None) -> tuple[str | None, str | None]:
    """Return country and region: what the request says, else where the goods are collected."""
    if location is None:
        return request.country, request.region
    country = request.country or location.country
    is_there = country == location.country
    return country, request.region or (location.region if is_there else None)


def _attributes(
    request: CheckoutRequest, customer: Customer | None
) -> Mapping[str, frozenset[str]]:
    """Return the facts of the request, and the address of a customer who is known."""
    if customer is None:
        return request.attributes
    return {**request.attributes, "email": frozenset({customer.email})}


def _nothing(shop: Shop) -> Money:
    return Money.zero(shop.currency)


def _check_channel(shop: Shop, request: CheckoutRequest) -> None:
    channel = shop.channel(request.channel)
    if request.needs_till and not channel.reads_prices:
        raise CheckoutRefused(Reason("checkout.needs_till", {"channel": channel.channel_id}))


def _may_act_for(shop: Shop, request: CheckoutRequest) -> bool:
    """Tell whether the actor is the customer named, or a till that scanned their card."""
    if request.customer_id is None or request.customer_id == request.actor:
        return True
    return shop.channel(request.channel).reads_prices


def _points_reason(request: CheckoutRequest, customer: Customer | None, available: int) -> Reason:
    if customer is None:
        return Reason("checkout.sign_in_needed", {"points": request.points})
    return Reason("checkout.points_not_enough", {"wanted": request.points, "available": available})


def _promise(shop: Shop, request: CheckoutRequest, *, at: datetime) -> Promise:
    choice = request.pickup
    point: PickupPoint | None = shop.pickup_points.get(choice.location_id)
    if point is None:
        raise PickupRefused(Reason("pickup.no_such_store", {"location": choice.location_id}))
    if choice.slot_starts_at is None:
        if point.slot_capacity is not None:
            raise PickupRefused(Reason("pickup.slot_needed", {"location": choice.location_id}))
        slot, ready_by = None, at + point.preparation
        collect_until = ready_by + point.keep
    else:
        slot = slot_at(point, choice.slot_starts_at, at=at)
        ready_by, collect_until = slot.starts_at, slot.ends_at + point.keep
    return Promise(
        location_id=choice.location_id, slot=slot, ready_by=ready_by, collect_until=collect_until
    )


def _basket(request: CheckoutRequest, cart: CartState) -> Basket:
    line_ids = {line.line_id for line in cart.lines}
    for name in ("given", "plans"):
        unknown = set(getattr(request, name)) - line_ids
        if unknown:
            raise InvalidValue(name, f"the cart has no line {min(unknown)!r}")
    lines = (
        BasketLine(
            line.line_id,
            line.sku,
            line.quantity,
            request.given.get(line.line_id),
            request.plans.get(line.line_id),
        )
        for line in cart.lines
    )
    return Basket(
        tuple(lines),
        request.coupons,
        discounts=request.discounts,
        locks=request.locks,
        choices=request.choices,
    )


def _tenders(
    shop: Shop, request: CheckoutRequest, priced: PricedBasket
) -> tuple[int, tuple[Tender, ...]]:
    """Return the points spent and the tenders: coupons, what the shop adds, points, the rest."""
    payable = Money(max(0, priced.payable_minor), shop.currency)
    points, worth = _points_spent(shop, request.points, payable)
    coupons = (
        _tender(TenderKind.COUPON, coupon.face * coupon.count, coupon_id=coupon.coupon_id)
        for coupon in request.coupons
    )
    others = (
        _tender(TenderKind.MATCH, priced.match_amount),
        _tender(TenderKind.POINTS, worth, points=points),
        _tender(TenderKind.GATEWAY, payable - worth),
    )
    return points, (*coupons, *(tender for tender in others if tender.amount))


def _points_spent(shop: Shop, wanted: int, payable: Money) -> tuple[int, Money]:
    """Return how many of the points wanted are needed, and what they pay."""
    worth = money_for(shop.programme, 1).minor if shop.programme else 0
    if shop.programme is None or not worth:
        return 0, _nothing(shop)
    points = min(wanted, payable.minor // worth)
    return points, money_for(shop.programme, points)


def _tender(
    kind: TenderKind, amount: Money, *, points: int = 0, coupon_id: str | None = None
) -> Tender:
    return Tender(
        tender_id=f"{kind}:{coupon_id}" if coupon_id else str(kind),
        kind=kind,
        amount=amount,
        points=points,
        coupon_id=coupon_id,
        refunded_amount=Money.zero(amount.currency),
    )


def _line_items(shop: Shop, lines: Iterable[CartLine], priced: PricedBasket) -> Iterator[LineItem]:
    articles = shop.articles(line.sku for line in lines)
    for line in lines:
        article, priced_line = articles[line.sku], priced.line(line.line_id)
        tax = priced.line_tax(line.line_id)
        yield LineItem(
            line_id=line.line_id,
            sku=article.sku,
            name=article.product.name,
            quantity=line.quantity,
            list_amount=priced_line.base_amount,
            adjustments=tuple(
                LineAdjustment(promotion_id=a.promotion_id, amount=a.amount)
                for a in priced_line.adjustments
            ),
            amount=priced_line.selling_amount,
            paid_amount=tax.gross_amount if tax else None,
            tax_amount=tax.tax_amount if tax else None,
            shares=shares_of(priced, line.line_id),
            components=tuple(
                (part.sku, part.quantity) for part in article.stock_parts(line.quantity)
            ),
            options=dict(line.options),
            notes=line.notes,
        )
