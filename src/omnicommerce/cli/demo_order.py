"""Lunch in the demo: a store, a quote with its reasons, one commit, and two cards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from omnicommerce.cart.model import Cart, CartStatus
from omnicommerce.cart.service import Visitor
from omnicommerce.checkout.errors import PaymentDeclined
from omnicommerce.checkout.model import CheckoutRequest, PickupChoice, Quote
from omnicommerce.checkout.quote import situation_of
from omnicommerce.cli.demo_grids import accounts_of, ledger_grid, span_of, store_grid
from omnicommerce.cli.demo_shop import DRESS, HERE, SCARF
from omnicommerce.cli.demo_stage import BrokenClaim, Stage
from omnicommerce.cli.demo_steps import Bill, Mark, Note, Place, Step
from omnicommerce.customers.model import Customer
from omnicommerce.fulfilment.decide import offered_slots
from omnicommerce.kernel.ids import CartId, ChannelId, LocationId
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.errors import Shortage
from omnicommerce.loyalty.model import points_account
from omnicommerce.orders.model import AttemptState, Order, OrderStatus
from omnicommerce.orders.ports import GatewayVerdict
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.result import PricedBasket

__all__ = [
    "ask_price",
    "choose_store",
    "decline_card",
    "pay",
    "pickup_request",
    "place_order",
    "refuse_lucia",
]

_POINTS: Final = 200
_DEMAND: Final[dict[str, int]] = {DRESS: 1, SCARF: 1}


def choose_store(stage: Stage) -> tuple[PickupChoice, Step]:
    """Find the nearest store that has everything, and a slot there."""
    at = stage.at(13, 14)
    options = stage.commerce.inventory.stores_for(_DEMAND, near=HERE)
    chosen = options[0]
    nearest = min(options, key=lambda option: option.metres or 0)
    stage.check("the chosen store has everything", True, chosen.can_serve)
    stage.check("the nearest lacks the dress", [DRESS], [one.sku for one in nearest.lacking])
    nearer = [o for o in options if o.can_serve and (o.metres or 0) < (chosen.metres or 0)]
    stage.check("no nearer store has everything", [], nearer)
    store = chosen.location.location_id
    starts_at = stage.wall(18)
    offered = offered_slots(stage.commerce.shop.pickup_points[store], at=at)
    found = next((slot for slot in offered if slot.starts_at == starts_at), None)
    slot = stage.require("a slot after work", found)
    return PickupChoice(store, starts_at), Step(
        at=at,
        place=Place.LAPTOP,
        channel="web",
        who=stage.clara.name,
        says=Reason("demo.stores", {"name": stage.clara.name}),
        exhibits=(store_grid(options),),
        notes=(
            Note(Mark.YES, Reason("demo.store_chosen", {"location": store, "slot": span_of(slot)})),
        ),
    )


def pickup_request(
    customer: Customer,
    cart_id: CartId,
    choice: PickupChoice,
    *,
    channel: str = "web",
    points: int = 0,
) -> CheckoutRequest:
    """Return a member's wish to collect a cart at a store."""
    return CheckoutRequest(
        cart_id=cart_id,
        actor=customer.customer_id,
        channel=ChannelId(channel),
        pickup=choice,
        customer_id=customer.customer_id,
        points=points,
    )


def ask_price(stage: Stage, cart: Cart, choice: PickupChoice) -> tuple[Quote, Step]:
    """Ask what the order would be, and why."""
    at = stage.at(13, 15)
    request = pickup_request(stage.clara, cart.cart_id, choice, points=_POINTS)
    quote = stage.commerce.checkout.quote(request)
    shop, priced = stage.commerce.shop, quote.priced
    situation = situation_of(shop, request, cart.state.codes, stage.clara, at=at)
    trace = explain(shop.book, priced.basket, situation)
    given = sum(s.reason.parameters["amount"] for s in trace if s.verdict == "applied")
    stage.check("the reasons add up to what it costs less", priced.discount_amount.minor, given)
    tenders = Money.total((tender.amount for tender in quote.tenders), shop.currency)
    stage.check("what pays adds up to the total", quote.total_amount, tenders)
    stage.check("as priced without a store", _in_cart(stage, cart), quote.total_amount)
    return quote, Step(
        at=at,
        place=Place.LAPTOP,
        channel="web",
        who=stage.clara.name,
        says=Reason("demo.quoted", {"points": quote.points_spent}),
        exhibits=(Bill(quote, trace),),
    )


def _in_cart(stage: Stage, cart: Cart) -> Money:
    priced: PricedBasket = stage.priced(cart.state, "web", stage.clara)
    return priced.selling_amount


def place_order(stage: Stage, quote: Quote) -> tuple[Order, Step]:
    """Hold everything in one transaction."""
    at = stage.at(13, 16)
    accounts = accounts_of(stage, quote)
    before, runs = stage.standings(accounts), stage.store.runs
    order = stage.commerce.checkout.place(quote)
    transactions = stage.store.runs - runs
    after = stage.standings(accounts)
    held = stage.commerce.store.run(lambda s: s.ledger.holds(order.order_id))
    stage.check("one transaction", 1, transactions)
    stage.check("every account is held", set(accounts), {hold.account for hold in held})
    for hold in held:
        change = after[hold.account].held - before[hold.account].held
        stage.check(f"held: {hold.account.kind}", hold.quantity, change)
    stage.check("held as long as told", {order.held_until}, {hold.expires_at for hold in held})
    again = stage.commerce.checkout.place(quote)
    stage.check("placing it again is the same order", order, again)
    until = order.held_until or at
    figures = {"accounts": len(accounts), "minutes": int((until - at).total_seconds()) // 60}
    return order, Step(
        at=at,
        place=Place.SHOP,
        channel="web",
        who=stage.clara.name,
        says=Reason("demo.placed", {"name": stage.clara.name}),
        exhibits=(ledger_grid(stage, quote, before, after),),
        notes=(Note(Mark.YES, Reason("demo.one_commit", figures)),),
    )


def refuse_lucia(stage: Stage, choice: PickupChoice) -> tuple[CartId, Step]:
    """Let Lucía want the same units, and tell her no; return her cart."""
    at = stage.at(13, 17)
    lucia, commerce = stage.lucia, stage.commerce
    phone = Visitor(lucia.customer_id, "lucias-phone")
    cart_id = commerce.carts.start(phone, ChannelId("app")).cart_id
    for sku in _DEMAND:
        commerce.carts.add(cart_id, sku, by=phone)
    quote = commerce.checkout.quote(pickup_request(lucia, cart_id, choice, channel="app"))
    accounts = accounts_of(stage, quote)
    before = stage.standings(accounts)
    reasons = _refusal(stage, quote).reasons
    on_hand = [before[account].balance for account in accounts if account.kind == "stock"]
    stage.check("they are the last ones", [1, 1], on_hand)
    stage.check("both are held", ["ledger.held"] * 2, [reason.code for reason in reasons])
    stage.check("a refusal takes nothing", before, stage.standings(accounts))
    status = commerce.carts.get(cart_id, lucia.customer_id).status
    stage.check("her cart is kept", CartStatus.OPEN, status)
    other = commerce.inventory.stores_for(_DEMAND, near=HERE)[0]
    stage.check("another store can serve her", True, other.can_serve)
    figures = {"location": other.location.location_id, "metres": other.metres}
    return cart_id, Step(
        at=at,
        place=Place.PHONE,
        channel="app",
        who=lucia.name,
        says=Reason("demo.lucia_wants", {"name": lucia.name, "store": choice.location_id}),
        notes=(
            *(Note(Mark.NO, reason) for reason in reasons),
            Note(Mark.PLAIN, Reason("demo.still_possible", figures)),
        ),
    )


def _refusal(stage: Stage, quote: Quote) -> Shortage:
    try:
        stage.commerce.checkout.place(quote)
    except Shortage as error:
        return error
    raise BrokenClaim("the last unit is not sold twice", "Shortage", "an order")


def decline_card(stage: Stage, quote: Quote, order: Order) -> Step:
    """Let the first card be declined; nothing is burnt."""
    at = stage.at(13, 18)
    accounts = accounts_of(stage, quote)
    before = stage.standings(accounts)
    stage.gateway.next_charge(GatewayVerdict.DECLINED, "card expired")
    error = _declined(stage, order)
    after = stage.commerce.orders.get(order.order_id)
    stage.check("it has expired", ["card expired"], [one.reason for one in after.attempts])
    stage.check("no money moved", {}, stage.gateway.collected)
    stage.check("everything is still held", before, stage.standings(accounts))
    stage.check("the order still waits", OrderStatus.PLACED, after.status)
    return Step(
        at=at,
        place=Place.LAPTOP,
        channel="web",
        who=stage.clara.name,
        says=Reason("demo.declined", {"due": str(quote.due_amount)}),
        notes=(
            Note(Mark.NO, error.reasons[0]),
            Note(Mark.YES, Reason("demo.nothing_burnt")),
        ),
    )


def _declined(stage: Stage, order: Order) -> PaymentDeclined:
    try:
        stage.commerce.checkout.pay(order.order_id, token="first-card")  # noqa: S106 - no secret
    except PaymentDeclined as error:
        return error
    raise BrokenClaim("the first card is declined", "PaymentDeclined", "a payment")


def pay(stage: Stage, quote: Quote, order: Order) -> tuple[Order, Step]:
    """Pay with the second card; the order is confirmed and earns points that are pending."""
    at = stage.at(13, 19)
    paid = stage.commerce.checkout.pay(order.order_id, token="second-card")  # noqa: S106 - no secret
    states = [attempt.state for attempt in paid.attempts]
    stage.check("two attempts", [AttemptState.DECLINED, AttemptState.APPROVED], states)
    stage.check("confirmed", OrderStatus.CONFIRMED, paid.status)
    stage.check("charged once", [quote.due_amount], list(stage.gateway.collected.values()))
    points = stage.commerce.loyalty.balance(stage.clara.customer_id)
    stage.check("points are pending", quote.points_to_earn, points.pending)
    stage.check("spent points are gone", 0, points.held)
    _check_captured(stage, quote, paid.location_id)
    until = at + stage.commerce.loyalty.programme.pending
    _check_pending(stage, paid, until)
    return paid, Step(
        at=at,
        place=Place.LAPTOP,
        channel="web",
        who=stage.clara.name,
        says=Reason("demo.paid", {"due": str(quote.due_amount), "order": paid.order_id}),
        notes=(
            Note(Mark.YES, Reason("demo.captured", {"store": paid.location_id})),
            Note(Mark.YES, Reason("demo.pending", _pending(paid, until))),
        ),
    )


def _check_pending(stage: Stage, order: Order, until: datetime) -> None:
    """Make sure that earned points wait until then, and no longer."""
    programme = stage.commerce.loyalty.programme.programme_id
    account = points_account(stage.clara.customer_id, programme)
    for at, pending in ((until - timedelta(microseconds=1), order.points_earned), (until, 0)):
        found = stage.standings([account], at=at)[account]
        stage.check("points wait as long as told", pending, found.pending)


def _pending(order: Order, until: datetime) -> dict[str, int | str]:
    return {"points": order.points_earned, "until": until.isoformat()}


def _check_captured(stage: Stage, quote: Quote, location_id: LocationId | None) -> None:
    """Make sure that use, points and slot are final, and that the units still wait."""
    for account, standing in stage.standings(accounts_of(stage, quote)).items():
        waits = account.kind == "stock" and account.scope == location_id
        stage.check(f"captured: {account.kind}", int(waits), standing.held)
