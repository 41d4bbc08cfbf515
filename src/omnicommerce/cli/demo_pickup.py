"""The evening of the demo: ready, collected, tried on, handed back; and the books closed."""

from __future__ import annotations

from datetime import timedelta

from omnicommerce.cart.service import Visitor
from omnicommerce.checkout.counter import HandOver
from omnicommerce.checkout.model import PickupChoice, Quote
from omnicommerce.checkout.quote import situation_of
from omnicommerce.cli.demo_grids import span_of
from omnicommerce.cli.demo_order import pickup_request
from omnicommerce.cli.demo_outcome import Outcome, outcome_grid
from omnicommerce.cli.demo_shop import DRESS, FRIEND_CODE, SCARF
from omnicommerce.cli.demo_stage import BrokenClaim, Stage
from omnicommerce.cli.demo_steps import Grid, Letter, Mark, Note, Paper, Place, Row, Step
from omnicommerce.fulfilment.decide import PickupRefused
from omnicommerce.fulfilment.model import PickupStatus
from omnicommerce.kernel.ids import CartId, LocationId
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.audit import audit
from omnicommerce.orders.model import Order, OrderStatus
from omnicommerce.pricing.parity import parity

__all__ = ["close_books", "collect", "compare_channels", "prepare", "sell_again", "turn_away"]


def prepare(stage: Stage, order: Order) -> tuple[str, Step]:
    """Let the store put the order on the shelf; return the code that the customer got."""
    at = stage.at(15, 20)
    counter, store = stage.commerce.counter, _store_of(order)
    work = counter.worklist(store)
    stage.check("the store's list", [order.order_id], [pickup.order_id for pickup in work])
    others = (name for name in stage.commerce.shop.locations if name != store)
    elsewhere = [counter.worklist(LocationId(name)) for name in others]
    stage.check("nobody else prepares it", [(), ()], elsewhere)
    _, code = counter.ready(work[0].pickup_id)
    stage.check("one message", 1, len(stage.mailbox.messages))
    message = stage.mailbox.messages[0]
    stage.check("to her", stage.clara.email, message.recipient)
    stage.check("with the code", code, message.parameters["code"])
    return code, Step(
        at=at,
        place=Place.STORE,
        channel="store",
        who=stage.clara.name,
        says=Reason("demo.prepared", {"store": store, "order": order.order_id}),
        exhibits=(Letter(message),),
    )


def turn_away(stage: Stage, order: Order, code: str) -> Step:
    """Refuse the right code at the wrong store, and a wrong code at the right one."""
    at = stage.at(18, 25)
    wrong = f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"
    serrano = stage.location("madrid-serrano")
    reasons = (
        _no(stage, order, code, serrano),
        _no(stage, order, wrong, _store_of(order)),
    )
    found = [reason.code for reason in reasons]
    stage.check("told no twice", ["pickup.wrong_store", "pickup.wrong_code"], found)
    return Step(
        at=at,
        place=Place.STORE,
        channel="store",
        who=stage.clara.name,
        says=Reason("demo.turned_away", {"name": stage.clara.name, "location": serrano}),
        notes=tuple(Note(Mark.NO, reason) for reason in reasons),
    )


def _no(stage: Stage, order: Order, code: str, location_id: LocationId) -> Reason:
    try:
        stage.commerce.counter.hand_over(order.pickup_id or "", code, location_id=location_id)
    except PickupRefused as error:
        return error.reasons[0]
    raise BrokenClaim("nothing is handed over without the code", "PickupRefused", "a hand-over")


def collect(stage: Stage, quote: Quote, order: Order, code: str) -> Step:
    """Hand the goods over: the dress is kept, the scarf goes back."""
    at = stage.at(18, 30)
    before = Outcome.of(stage, quote, order)
    result = stage.commerce.counter.hand_over(
        order.pickup_id or "", code, location_id=_store_of(order), declined={SCARF: 1}
    )
    after = Outcome.of(stage, quote, result.order)
    _check_collected(stage, order, result, before, after)
    figures = {"sku": SCARF, "amount": str(result.refund_amount)}
    return Step(
        at=at,
        place=Place.STORE,
        channel="store",
        who=stage.clara.name,
        says=Reason("demo.collected", {"name": stage.clara.name, "sku": DRESS, "skus": [SCARF]}),
        exhibits=(outcome_grid(stage, before, after), Paper(result.order)),
        notes=(
            Note(Mark.YES, Reason("demo.refunded", figures)),
            Note(Mark.YES, Reason("demo.use_stays", {"sku": DRESS, "code": FRIEND_CODE})),
        ),
    )


def _check_collected(
    stage: Stage, order: Order, result: HandOver, before: Outcome, after: Outcome
) -> None:
    """Make sure that goods, money, points and uses came out right."""
    stage.check("completed", OrderStatus.COMPLETED, result.order.status)
    stage.check("collected", PickupStatus.COLLECTED, result.pickup.status)
    scarf = stage.require("the scarf's line", order.line(SCARF))
    stage.check("refunded what the scarf cost her", scarf.amount, result.refund_amount)
    card, worth = before.charged - after.charged, stage.commerce.loyalty.programme.point_value
    points = after.points - before.points
    back = card + (worth or card) * points
    stage.check("card and points together", result.refund_amount, back)
    programme = stage.commerce.loyalty.programme
    earned = after.charged.minor // programme.earn_per.minor * programme.earn_points
    total, refund = order.total_amount.minor, result.refund_amount.minor
    for tender in result.order.tenders:
        share = abs(tender.refunded_amount.minor * total - tender.amount.minor * refund)
        stage.check("in proportion, within a cent", True, share < total)
    stage.check("points for what she keeps", earned, after.pending)
    stage.check("the dress has left", (1, 0), (before.dresses, after.dresses))
    stage.check("the scarf is back", (0, 1), (before.scarves, after.scarves))
    stage.check("the friend's use stays used", before.uses, after.uses)
    holds = stage.commerce.store.run(lambda s: s.ledger.holds(order.order_id))
    stage.check("nothing is held any more", 0, sum(hold.open for hold in holds))


def sell_again(stage: Stage, choice: PickupChoice, cart_id: CartId) -> Step:
    """Let Lucía buy what was handed back."""
    at = stage.at(18, 45)
    lucia, commerce = stage.lucia, stage.commerce
    phone = Visitor(lucia.customer_id, "lucias-phone")
    commerce.carts.remove(cart_id, DRESS, by=phone)
    tomorrow = PickupChoice(choice.location_id, stage.wall(10, days=1))
    quote = commerce.checkout.quote(pickup_request(lucia, cart_id, tomorrow, channel="app"))
    order = commerce.checkout.place(quote)
    order = commerce.checkout.pay(order.order_id, token="lucias-card")  # noqa: S106 - no secret
    stage.check("hers now", (OrderStatus.CONFIRMED, [SCARF]), (order.status, _skus(order)))
    left = commerce.inventory.available(SCARF, choice.location_id).available
    stage.check("no scarf is left", 0, left)
    slot = stage.require("her slot", quote.promise.slot)
    figures = {"sku": SCARF, "amount": str(order.total_amount), "slot": span_of(slot)}
    return Step(
        at=at,
        place=Place.PHONE,
        channel="app",
        who=lucia.name,
        says=Reason("demo.lucia_again", {"name": lucia.name, "sku": SCARF}),
        notes=(Note(Mark.YES, Reason("demo.lucia_bought", figures)),),
    )


def _skus(order: Order) -> list[str]:
    return [line.sku for line in order.lines]


def close_books(stage: Stage) -> Step:
    """Audit the ledger: every figure follows from the journal, and everything adds up to zero."""
    at = stage.at(21, 0)
    report, balances = stage.commerce.store.run(
        lambda s: (
            audit(s.ledger.books()),
            sum(balance for _, balance, _, _, _ in s.ledger.books().accounts()),
        )
    )
    found = [str(discrepancy.reason) for discrepancy in report.discrepancies]
    stage.check("the audit finds nothing", [], found)
    world = balances - sum(report.counters.values())
    stage.check("accounts and the world add up to zero", 0, world)
    figures = {
        "entries": report.entries - stage.books_before.entries,
        "accounts": report.accounts - stage.books_before.accounts,
        "holds": report.holds - stage.books_before.holds,
    }
    return Step(
        at=at,
        place=Place.SHOP,
        channel="store",
        who=stage.commerce.shop.configuration.name,
        says=Reason("demo.closed", {"shop": stage.commerce.shop.configuration.name}),
        notes=(
            Note(Mark.YES, Reason("demo.audit_clean", figures)),
            Note(Mark.YES, Reason("demo.world_zero", {"sum": world})),
        ),
    )


def compare_channels(stage: Stage, quote: Quote) -> Step:
    """Price Clara's basket in every channel of the shop."""
    shop = stage.commerce.shop
    codes = [FRIEND_CODE]
    situation = situation_of(shop, quote.request, codes, stage.clara, at=quote.made_at)
    report = parity(shop.book, quote.priced.basket, situation, shop.channels)
    stage.check("no channel differs", (), report.differences)
    stage.check(
        "as quoted", {quote.total_amount}, {b.payable_amount for b in report.baskets.values()}
    )
    rows = tuple(
        Row(
            Reason("demo.row.channel", {"channel": channel}),
            cells=(
                *(str(line.selling_amount) for line in basket.lines),
                str(basket.payable_amount),
            ),
        )
        for channel, basket in report.baskets.items()
    )
    lines = (Reason("demo.column.line", {"sku": line.sku}) for line in quote.priced.lines)
    columns = (*lines, Reason("demo.column.total"))
    return Step(
        at=stage.clock.now() + timedelta(minutes=1),
        place=Place.EVERYWHERE,
        channel="store",
        who=stage.clara.name,
        says=Reason("demo.parity", {"name": stage.clara.name}),
        exhibits=(Grid("parity", columns=columns, rows=rows),),
        notes=(Note(Mark.YES, Reason("demo.parity_equal", {"channels": len(shop.channels)})),),
    )


def _store_of(order: Order) -> LocationId:
    return order.location_id or LocationId("nowhere")
