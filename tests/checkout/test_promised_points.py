"""Points of promotions: promised, credited once when paid, taken back with what earned them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.cart.service import Visitor
from omnicommerce.checkout.configuration import Shop, ShopConfiguration
from omnicommerce.checkout.errors import QuoteOutdated
from omnicommerce.checkout.model import Quote
from omnicommerce.checkout.payment import begin_payment, confirm
from omnicommerce.cli.demo_shop import DRESS, SCARF, SHOES
from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.ids import CustomerId, OrderId
from omnicommerce.kernel.predicates import ALWAYS, AtLeast, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.ledger.errors import HoldEnded
from omnicommerce.ledger.model import AccountKey
from omnicommerce.loyalty.decide import points_for
from omnicommerce.loyalty.model import PointsBalance
from omnicommerce.orders.model import Order, OrderStatus, PointsPromise, TenderKind
from omnicommerce.orders.ports import GatewayAnswer, GatewayVerdict
from omnicommerce.orders.return_model import ReturnItem, ReturnPolicy
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.effects import BuyGet, EarnPoints, Gift
from omnicommerce.pricing.promotions import Promotion, SelectionPolicy
from tests import databases
from tests.checkout.offers import (
    bring_back,
    collected,
    offers,
    promotion,
    reopened,
    request_for,
    total_spent,
)
from tests.crash import crashes
from tests.shops import GRAN_VIA, OpenShop, open_shop

CLARA = CustomerId("customer_0001")
PENDING = timedelta(days=14)

DRESS_POINTS = promotion("dress-points", effect=EarnPoints(50), limit_per_customer=1)
"""With a dress 50 points, once for each customer."""

ALL_POINTS = promotion("all-points", on=ALWAYS, effect=EarnPoints(7, 2, Rate.percent(1)))
"""7 points, 2 for each unit, and one for each euro."""

USES = AccountKey("promotion", "dress-points", CLARA)


@pytest.fixture
def shop(database_url: str) -> Iterator[OpenShop]:
    """Open a shop whose promotions promise points, on each database; audit it at the end."""
    with open_shop(database_url, offers(DRESS_POINTS, ALL_POINTS)) as shop:
        shop.stock(dress=5, scarf=5, shoes=5)
        yield shop
        report = shop.commerce.audit()
        assert report.is_clean, report.discrepancies


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """Give an empty database of each real kind in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    database = request.getfixturevalue(f"_each_{request.param}")
    databases.empty(database.url)
    return str(database.url)


def points(shop: OpenShop, customer_id: Any = CLARA) -> PointsBalance:
    """Return a customer's points."""
    return shop.commerce.loyalty.balance(customer_id)


def quote_of(shop: OpenShop, *skus: str, **more: Any) -> Quote:
    """Return what SKUs would be for Clara, who is known already."""
    clara = shop.commerce.customers.get(CLARA)
    return shop.commerce.checkout.quote(request_for(shop, clara, *skus, **more))


def promises(order: Order | Quote) -> dict[str, int]:
    """Return the points that each promotion promised."""
    return {promise.promotion_id: promise.points for promise in order.promised}


def clawed(order: Order) -> dict[str, int]:
    """Return the points that were taken back of each promise."""
    return {promise.promotion_id: promise.clawed for promise in order.promised}


def by_rule(shop: OpenShop, order: Order | Quote) -> int:
    """Return what the programme's own rule gives for what is due."""
    programme = shop.commerce.shop.programme
    assert programme is not None
    return points_for(programme, order.due_amount)


def paying(order: Order) -> int:
    """Return the points that pay for what is kept of an order."""
    tender = order.tender(TenderKind.POINTS)
    if tender is None:
        return 0
    return tender.points - tender.points * tender.refunded_amount.minor // tender.amount.minor


def test_what_is_promised_is_credited_with_the_programmes_points(shop: OpenShop) -> None:
    """The quote says it, the order who promised it; both wait and lapse together (I9, I15)."""
    clara = shop.customer()
    order = shop.place(clara, DRESS, SCARF, SCARF)
    quote = quote_of(shop, DRESS, SCARF, SCARF)
    # 7 points, 2 for each of three units, and 139.80 euros.
    assert promises(order) == {"dress-points": 50, "all-points": 7 + 6 + 139}
    assert promises(quote) == {"all-points": 152}, "its one use is held"
    assert quote.points_to_earn == 139 + 152
    assert (points(shop).pending, order.points_earned) == (0, 0)

    order = shop.commerce.checkout.pay(order.order_id, token="card")
    assert order.points_earned == 139 + 50 + 152 == points(shop).pending
    assert all(promise.credited for promise in order.promised)
    assert shop.commerce.orders.get(order.order_id) == order
    (lot,) = shop.commerce.store.run(
        lambda s: s.ledger.lots(AccountKey("points", CLARA, "club-alma"))
    )
    assert (lot.origin, lot.remaining) == (order.order_id, 341)
    shop.clock.advance(PENDING)
    assert (points(shop).available, points(shop).pending) == (341, 0)
    shop.clock.advance(timedelta(days=365) - PENDING)
    assert points(shop).available == 0


def test_units_that_earn_nothing_have_no_share(shop: OpenShop) -> None:
    """Each unit's points are fixed at place: those for units by units, all others by money."""
    shop.customer()
    quote = quote_of(shop, DRESS, SCARF, SCARF)
    every, dress = quote.promised
    assert dict(dress.shares) == {DRESS: ((1, 50),)}
    # 146 points by money: 94 for 89.90, 52 for 49.90; and 2 for each unit.
    assert dict(every.shares) == {DRESS: ((1, 96),), SCARF: ((2, 28),)}


def test_nobody_is_promised_what_nobody_can_get(shop: OpenShop) -> None:
    """A guest earns nothing, is told so, and takes no use of the promotion."""
    clara = shop.customer()
    known = quote_of(shop, DRESS)
    guest = shop.commerce.checkout.quote(attrs.evolve(known.request, customer_id=None))
    assert (known.points_to_earn, [use.promotion_id for use in known.uses]) == (
        89 + 50 + 98,
        ["dress-points"],
    )
    assert (guest.points_to_earn, guest.promised, guest.uses) == (0, (), ())
    assert guest.priced.points == 50 + 98, "what a customer would have"
    order = shop.commerce.checkout.place(guest)
    order = shop.commerce.checkout.pay(order.order_id, token="card")
    assert (order.points_earned, order.promised) == (0, ())
    assert points(shop, clara.customer_id) == PointsBalance(available=0, pending=0, held=0, owed=0)


def test_a_code_for_points_that_nobody_gets_is_not_used() -> None:
    """A guest's code stays unused where all that it unlocks are points."""
    code = CouponCode(code="STAR", unlocks="star", limit_uses=1)
    starred = promotion("starred", effect=EarnPoints(30), when=OneOf("code", {"star"}))
    with open_shop("memory:", offers(starred, codes=(code,))) as shop:
        shop.stock(dress=2)
        shop.customer()
        known = quote_of(shop, DRESS, codes="STAR")
        guest = shop.commerce.checkout.quote(attrs.evolve(known.request, customer_id=None))
        assert [(use.promotion_id, use.line_ids) for use in known.uses] == [("code:star", (DRESS,))]
        assert guest.uses == ()


def test_a_shop_that_promises_points_needs_a_programme() -> None:
    """It does not open, and the error says which promotion promises them."""
    configuration = attrs.evolve(offers(promotion("ten"), DRESS_POINTS), programme=None)
    with pytest.raises(InvalidConfiguration, match="no programme") as refused:
        Shop(configuration)
    assert refused.value.path == "$.pricing.promotions[1].effect"
    Shop(attrs.evolve(configuration, programme=offers().programme))


@pytest.mark.parametrize("pays", [False, True])
def test_a_cancelled_order_gives_none(shop: OpenShop, pays: bool) -> None:  # noqa: FBT001 - drawn
    """Before payment nothing was credited, after it all goes back, and the use as well."""
    clara = shop.customer()
    order = (shop.confirmed if pays else shop.place)(clara, DRESS, SCARF)
    assert (points(shop).pending > 0) == pays
    for _ in range(2):
        order = shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
    assert order.points_clawed == order.points_earned
    assert clawed(order) == (promises(order) if pays else dict.fromkeys(promises(order), 0))
    assert points(shop) == PointsBalance(available=0, pending=0, held=0, owed=0)
    assert total_spent(shop, USES) == 0
    assert promises(quote_of(shop, DRESS))["dress-points"] == 50


def test_a_payment_that_came_too_late_credits_nothing(shop: OpenShop) -> None:
    """The money goes back, and no points are taken that nobody got."""
    clara = shop.customer()
    shop.gateway.next_charge(GatewayVerdict.UNKNOWN)
    order = shop.confirmed(clara, DRESS)
    assert order.status is OrderStatus.PLACED
    shop.clock.advance(timedelta(days=1))
    with pytest.raises(HoldEnded):
        shop.commerce.checkout.resolve(order.order_id)
    order = shop.commerce.orders.get(order.order_id)
    assert (order.status, order.points_earned, order.points_clawed) == ("cancelled", 0, 0)
    assert clawed(order) == {"all-points": 0, "dress-points": 0}
    assert points(shop) == PointsBalance(available=0, pending=0, held=0, owed=0)


def test_declined_or_missed_is_given_back(shop: OpenShop) -> None:
    """Units that stay at the counter earn nothing; neither does an order nobody collects."""
    clara = shop.customer()
    pickup, code = shop.ready(shop.confirmed(clara, DRESS, SCARF, SCARF))
    done = shop.commerce.counter.hand_over(
        pickup.pickup_id, code, location_id=GRAN_VIA, declined={SCARF: 1}
    ).order
    assert clawed(done) == {"all-points": 28, "dress-points": 0}
    assert points(shop).pending == done.points_earned - done.points_clawed
    assert done.points_earned - done.points_clawed == 114 + 50 + 152 - 28
    kept = points(shop)
    pickup, _ = shop.ready(shop.confirmed(clara, SHOES))
    shop.clock.set(pickup.collect_until)
    (missed,) = shop.commerce.counter.missed()
    order = shop.commerce.orders.get(missed.pickup.order_id)
    assert order.points_clawed == order.points_earned > 0
    assert points(shop) == kept


def test_what_did_not_earn_them_does_not_take_them(shop: OpenShop) -> None:
    """The scarf goes back and the dress keeps its 50; with the dress they go, and the use too."""
    order = collected(shop, shop.customer(), DRESS, SCARF)
    after = bring_back(shop, order, SCARF, key="r1").order
    assert clawed(after) == {"all-points": 28, "dress-points": 0}
    assert total_spent(shop, USES) == 1
    after = bring_back(shop, order, DRESS, key="r2").order
    assert clawed(after) == promises(after)
    assert total_spent(shop, USES) == 0
    assert points(shop) == PointsBalance(available=0, pending=0, held=0, owed=0)


def test_points_that_were_spent_are_owed(shop: OpenShop) -> None:
    """Who spends promised points and returns what earned them owes them (loyalty I10)."""
    clara = shop.customer()
    first = collected(shop, clara, DRESS)
    shop.clock.advance(PENDING)
    earned = points(shop).available
    assert earned == first.points_earned == 89 + 50 + 98
    second = collected(shop, clara, SHOES, points=earned)
    bring_back(shop, first, DRESS, key="r1")
    now = points(shop)
    assert (now.available, now.owed, now.pending) == (0, earned, second.points_earned)


def test_an_order_paid_with_points_alone_earns_what_was_promised(shop: OpenShop) -> None:
    """No money, no points by the rule; what promotions promised comes, and goes on return."""
    clara = shop.customer()
    shop.commerce.loyalty.grant(CLARA, 8_990, reason="welcome", key="welcome")
    order = collected(shop, clara, DRESS, points=8_990)
    assert (order.due_amount.minor, order.points_earned) == (0, 50 + 98)
    assert (points(shop).available, points(shop).pending) == (0, 148)
    bring_back(shop, order, DRESS, key="r1")
    assert (points(shop).available, points(shop).pending, points(shop).owed) == (8_990, 0, 0)


@pytest.mark.parametrize("kept", [DRESS, SCARF])
def test_evaluated_anew_what_is_kept_has_to_earn_them(database_url: str, kept: str) -> None:
    """100 points from 110 euros: who keeps less loses them all, and never twice (36)."""
    goal = Promotion(
        promotion_id="goal", effect=EarnPoints(100), when=AtLeast("spend.base", 11_000)
    )
    configuration = offers(goal, ALL_POINTS, policy=ReturnPolicy.REEVALUATE)
    with open_shop(database_url, configuration) as shop:
        shop.stock(dress=1, scarf=1)
        order = collected(shop, shop.customer(), DRESS, SCARF)
        back = SCARF if kept == DRESS else DRESS
        after = bring_back(shop, order, back, key="r1").order
        alone = promises(quote_of(shop, kept))["all-points"]
        assert clawed(after) == {"all-points": 125 - alone, "goal": 100}
        after = bring_back(shop, order, kept, key="r2").order
        assert after.points_clawed == after.points_earned
        assert points(shop) == PointsBalance(available=0, pending=0, held=0, owed=0)
        assert shop.commerce.audit().is_clean


@pytest.mark.parametrize("policy", list(ReturnPolicy))
@given(data=st.data())
def test_any_returns_take_back_what_was_credited(policy: ReturnPolicy, data: st.DataObject) -> None:
    """In any parts and any order; by shares only the units count, not the way there (I11)."""
    gift = promotion("gift", effect=Gift([SHOES]))
    effects = st.builds(
        EarnPoints, st.integers(1, 300), st.integers(0, 9), st.none() | st.just(Rate.percent(3))
    )
    promising = [
        promotion(f"points-{number}", effect=data.draw(effects), on=on)
        for number, on in enumerate((ALWAYS, OneOf("category", {"accessory", "shoes"})))
    ]
    ten = promotion("ten", exclusive=data.draw(st.booleans()))
    bought = data.draw(st.lists(st.sampled_from([DRESS, SCARF, SHOES]), min_size=1, max_size=5))
    spent = data.draw(st.integers(0, 20_000))
    with open_shop("memory:", offers(ten, gift, *promising, policy=policy)) as shop:
        shop.stock(dress=5, scarf=5, shoes=6)
        clara = shop.customer()
        shop.commerce.loyalty.grant(CLARA, 20_000, reason="welcome", key="welcome")
        order = collected(shop, clara, *bought, points=spent)
        assert order.points_earned == by_rule(shop, order) + sum(promises(order).values())
        units = [line.line_id for line in order.lines for _ in range(line.quantity)]
        for number, line_id in enumerate(data.draw(st.permutations(units))):
            before = order
            order = bring_back(shop, order, line_id, key=f"r{number}").order
            assert order.points_clawed >= before.points_clawed
            balance = points(shop)
            total = balance.available + balance.pending - balance.owed
            assert total == 20_000 - paying(order) + order.points_earned - order.points_clawed
            if policy is ReturnPolicy.KEEP_SHARES:
                gone = {line.line_id: line.gone for line in order.lines}
                assert all(each.clawed == each.earned_by(gone) for each in order.promised)
        assert order.points_clawed == order.points_earned
        assert clawed(order) == promises(order)
        assert points(shop) == PointsBalance(available=20_000, pending=0, held=0, owed=0)
        assert shop.commerce.audit().is_clean


@pytest.mark.parametrize("selection", list(SelectionPolicy))
def test_units_that_an_exclusive_promotion_used_up_earn_nothing(
    selection: SelectionPolicy,
) -> None:
    """The dress is sold at an exclusive price: the points are the scarf's."""
    first = promotion("a-tenth", exclusive=True)
    configuration = offers(first, ALL_POINTS)
    pricing = attrs.evolve(configuration.pricing, selection=selection)
    with open_shop("memory:", attrs.evolve(configuration, pricing=pricing)) as shop:
        shop.stock(dress=1, scarf=1)
        shop.customer()
        (promise,) = quote_of(shop, DRESS, SCARF).promised
        assert promise.shares == {SCARF: ((1, 7 + 2 + 24),)}


def test_units_of_a_set_earn_by_what_is_left_to_pay() -> None:
    """Three scarves for two, one of them apart from the sets: each SKU has its whole part."""
    sets = promotion(
        "a-set", effect=BuyGet(buy=1, get=1, max_repeats=1), on=OneOf("category", {"accessory"})
    )
    rest = promotion("rest", on=OneOf("category", {"shoes"}), exclusive=True)
    by_money = promotion("some", on=ALWAYS, effect=EarnPoints(100))
    with open_shop("memory:", offers(sets, rest, by_money)) as shop:
        shop.stock(dress=1, scarf=3)
        shop.customer()
        (promise,) = quote_of(shop, DRESS, SCARF, SCARF, SCARF).promised
        # 89.90 and 49.90 of 139.80
        assert promise.shares == {DRESS: ((1, 64),), SCARF: ((3, 12),)}


def test_a_gift_earns_nothing() -> None:
    """The scarf that is bought earns the points, and the one that is given does not."""
    gift = promotion("gift", effect=Gift([SCARF]))
    scarves = promotion("scarves", on=OneOf("category", {"accessory"}), effect=EarnPoints(30))
    with open_shop("memory:", offers(gift, scarves)) as shop:
        shop.stock(dress=1, scarf=2)
        order = collected(shop, shop.customer(), DRESS, SCARF)
        assert [line.line_id for line in order.lines] == [DRESS, SCARF, "gift:gift"]
        assert order.promised[0].shares == {SCARF: ((1, 30),)}
        assert clawed(bring_back(shop, order, "gift:gift", key="r1").order) == {"scarves": 0}
        assert clawed(bring_back(shop, order, SCARF, key="r2").order) == {"scarves": 30}


def test_lines_of_one_article_share_by_units(shop: OpenShop) -> None:
    """A dress as it is and two to be taken in are two lines, and each unit earns alike."""
    clara = shop.customer()
    visitor = Visitor(CLARA, "phone")
    cart_id = shop.cart(CLARA, DRESS)
    shop.commerce.carts.add(cart_id, DRESS, 2, by=visitor, options={"hem": "short"})
    quote = shop.commerce.checkout.quote(shop.request(clara, cart_id))
    shares = quote.promised[1].shares
    assert [shares[line.line_id] for line in quote.lines] == [((1, 17),), ((1, 17), (1, 16))]


def test_a_promise_that_is_gone_outdates_the_quote(shop: OpenShop) -> None:
    """Nobody places an order for points that are not promised any more."""
    shop.customer()
    quote = quote_of(shop, DRESS)
    other = reopened(shop, offers(attrs.evolve(DRESS_POINTS, effect=EarnPoints(49)), ALL_POINTS))
    with pytest.raises(QuoteOutdated) as refused:
        other.commerce.checkout.place(quote)
    assert refused.value.reasons[0].parameters["what"] == ["promised"]


def test_a_shop_that_gave_its_programme_up_credits_nothing(shop: OpenShop) -> None:
    """The promise stays on the order, and says that it was not kept."""
    order = shop.place(shop.customer(), DRESS)
    without = reopened(shop, attrs.evolve(offers(), programme=None))
    order = without.commerce.checkout.pay(order.order_id, token="card")
    assert (order.points_earned, promises(order)["dress-points"]) == (0, 50)
    assert not any(each.credited for each in order.promised)
    order = shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
    assert (order.points_clawed, points(shop).owed) == (0, 0)


def test_points_are_not_taken_back_where_there_is_no_programme(shop: OpenShop) -> None:
    """Nor does the order say that they were."""
    order = shop.confirmed(shop.customer(), DRESS)
    without = reopened(shop, attrs.evolve(offers(), programme=None))
    order = without.commerce.checkout.cancel(order.order_id, cause="changed my mind")
    assert (order.points_clawed, set(clawed(order).values())) == (0, {0})
    assert points(shop).pending == order.points_earned


def test_an_order_from_before_has_no_promises(shop: OpenShop) -> None:
    """A stored order without the field loads, and one with it is the same afterwards."""
    order = shop.confirmed(shop.customer(), DRESS)
    document = dump(order)
    assert load(Order, document) == order
    before = load(Order, {key: value for key, value in document.items() if key != "promised"})
    assert before == attrs.evolve(order, promised=())


def test_shares_of_other_points_are_refused() -> None:
    """A promise whose shares do not sum to it cannot be reversed exactly."""
    with pytest.raises(InvalidValue) as refused:
        PointsPromise(promotion_id="p", points=50, shares={"line": ((2, 24),)})
    assert refused.value.field == "shares"


def _promising() -> ShopConfiguration:
    return offers(DRESS_POINTS, ALL_POINTS)


_APPROVED = GatewayAnswer(verdict=GatewayVerdict.APPROVED, reference="charge-1")
_ORDER = OrderId("order_0001")


def _confirming(url: str) -> Callable[[], object]:
    """Prepare to confirm Clara's order in this process: its payment was approved."""
    context = open_shop(url, _promising())
    shop = context.__enter__()
    _confirming.kept = context  # type: ignore[attr-defined]  # the shop must outlive this call
    return lambda: _confirm(shop)


def _confirm(shop: OpenShop) -> Order:
    programme, at = shop.commerce.shop.programme, shop.clock.now()
    return shop.commerce.store.run(
        lambda s: confirm(s, _ORDER, f"{_ORDER}:pay:1", _APPROVED, programme=programme, at=at)
    )


def test_confirm_killed_between_any_two_statements_credits_once(url: str) -> None:
    """The order is confirmed and all its points are there, or neither (loyalty I8, I11)."""
    with open_shop(url, _promising()) as shop:
        shop.stock(dress=1, scarf=1)
        order = shop.place(shop.customer(), DRESS, SCARF)
        at, hold = shop.clock.now(), timedelta(hours=1)
        shop.commerce.store.run(lambda s: begin_payment(s, _ORDER, hold=hold, at=at))
        expected = 114 + sum(promises(order).values())
        seen = []
        for crash in crashes(_confirming, url):
            order = shop.commerce.orders.get(_ORDER)
            seen.append(order.status is OrderStatus.CONFIRMED)
            credited = expected if seen[-1] else 0
            assert (points(shop).pending, order.points_earned) == (credited, credited), crash
            assert {each.credited for each in order.promised} == {seen[-1]}
            assert shop.commerce.audit().is_clean
        assert len(seen) > 10
        assert seen == sorted(seen)
        assert (seen[0], seen[-1]) == (False, True)
        assert _confirm(shop) == order
        assert points(shop).pending == expected


def test_a_return_asked_for_twice_takes_them_once(shop: OpenShop) -> None:
    """The same return takes back what it took back the first time."""
    order = collected(shop, shop.customer(), SCARF, SCARF, SCARF)
    items = [ReturnItem(SCARF, 2)]
    first = bring_back(shop, order, *items, key="r1").order
    again = bring_back(shop, order, *items, key="r1").order
    assert again.promised == first.promised
    assert points(shop).pending == first.points_earned - first.points_clawed > 0
