"""The whole engine under random shoppers: whatever they do, the sums hold.

Two customers with one cart each after another, a till full of cards that are
approved, declined or lost, a clock that moves, pick-ups that are collected,
declined in part or missed, goods that come back. After every step units, money,
points, promotion uses, budgets and slots are where they belong.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.cli.demo_shop import DRESS, FRIEND_CODE, SCARF, SHOES, demo_shop
from omnicommerce.kernel.errors import InvalidValue, Refused
from omnicommerce.kernel.ids import LocationId
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.ledger.model import AccountKey, Standing
from omnicommerce.orders.model import Order, OrderStatus, TenderKind
from omnicommerce.orders.ports import GatewayVerdict
from omnicommerce.orders.return_model import Condition, ReturnItem, ReturnPolicy, ReturnTerms
from omnicommerce.pricing.effects import EarnPoints, Gift
from omnicommerce.pricing.promotions import Promotion
from tests.shops import GRAN_VIA, SERRANO, open_shop

SKUS = (DRESS, SCARF, SHOES)
NAMES = ("Clara", "Lucia")


BUDGET = 3_000
CLUB = AccountKey("budget", "club-outfit")


GIFT = Promotion(
    promotion_id="gift",
    on=OneOf("category", {"dress"}),
    effect=Gift([SCARF, SHOES], 2, Rate.percent(90)),
    limit_per_customer=2,
)
"""With a dress two scarves, or two pairs of shoes, for a tenth of their price."""


POINTS = (
    Promotion(promotion_id="points", effect=EarnPoints(7, 2, Rate.percent(1))),
    Promotion(
        promotion_id="points-for-scarves",
        on=OneOf("category", {"accessory"}),
        effect=EarnPoints(90),
        limit_per_customer=2,
    ),
)
"""Some points for everything, and some for scarves, in place of money off."""


def _shop_of_lasting_points(policy: ReturnPolicy, *more: Promotion) -> ShopConfiguration:
    """Return the demo's shop, where no points lapse and the club's promotion has a budget.

    The sums below count every point.
    """
    shop = demo_shop()
    assert shop.programme is not None
    promotions = tuple(
        attrs.evolve(each, budget=BUDGET) if each.promotion_id == CLUB.subject else each
        for each in shop.pricing.promotions
    )
    return attrs.evolve(
        shop,
        programme=attrs.evolve(shop.programme, lifetime=None),
        pricing=attrs.evolve(shop.pricing, promotions=(*promotions, *more)),
        policy=attrs.evolve(shop.policy, returns=ReturnTerms(policy=policy)),
    )


class Shoppers(RuleBasedStateMachine):
    """Drive an open shop with random commands, good and bad."""

    policy = ReturnPolicy.KEEP_SHARES
    more: tuple[Promotion, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.context = ExitStack()
        configuration = _shop_of_lasting_points(self.policy, *self.more)
        self.shop = self.context.enter_context(open_shop("memory:", configuration))
        self.received: dict[str, int] = dict.fromkeys(SKUS, 0)
        self.orders: list[Any] = []
        self.codes: dict[str, tuple[str, str]] = {}

    @initialize(units=st.integers(1, 3))
    def open_up(self, units: int) -> None:
        """Receive some of everything, and welcome two customers with points."""
        self.customers = [self.shop.customer(name, "member") for name in NAMES]
        for customer in self.customers:
            self.shop.commerce.loyalty.grant(
                customer.customer_id, 200, reason="welcome", key=customer.customer_id
            )
        for sku in SKUS:
            self._receive(sku, units)

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 2))
    def receive(self, sku: str, units: int) -> None:
        """Goods arrive."""
        self._receive(sku, units)

    @rule(
        who=st.integers(0, 1),
        skus=st.lists(st.sampled_from(SKUS), min_size=1, max_size=4),
        points=st.integers(0, 250),
        code=st.booleans(),
    )
    def place(self, who: int, skus: list[str], points: int, code: bool) -> None:  # noqa: FBT001 - drawn
        """Somebody places an order, if everything is there."""
        with contextlib.suppress(Refused):
            order = self.shop.place(
                self.customers[who], *skus, points=points, codes=FRIEND_CODE if code else ""
            )
            self.orders.append(order.order_id)

    @rule(data=st.data(), verdict=st.sampled_from(GatewayVerdict))
    def pay(self, data: st.DataObject, verdict: GatewayVerdict) -> None:
        """Somebody pays; the card may be declined, or its answer lost."""
        order_id = self._draw(data)
        if order_id and self._order(order_id).status is OrderStatus.PLACED:
            self.shop.gateway._script.clear()
            if verdict is not GatewayVerdict.APPROVED:
                self.shop.gateway.next_charge(verdict)
            with contextlib.suppress(Refused):
                self.shop.commerce.checkout.pay(order_id, token="card")

    @rule(data=st.data())
    def resolve(self, data: st.DataObject) -> None:
        """A scheduler asks the gateway what became of a payment."""
        order_id = self._draw(data)
        if order_id:
            with contextlib.suppress(Refused):
                self.shop.commerce.checkout.resolve(order_id)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Somebody changes their mind."""
        order_id = self._draw(data)
        if order_id:
            with contextlib.suppress(Refused):
                self.shop.commerce.checkout.cancel(order_id, cause="changed my mind")

    @rule(data=st.data())
    def collect(self, data: st.DataObject) -> None:
        """The store prepares an order, and its customer keeps some of it."""
        order_id = self._draw(data)
        if order_id is None:
            return
        order = self._order(order_id)
        declined = {line.line_id: data.draw(st.integers(0, line.quantity)) for line in order.lines}
        with contextlib.suppress(Refused):
            pickup, code = self.shop.ready(order)
            self.shop.commerce.counter.hand_over(
                pickup.pickup_id, code, location_id=GRAN_VIA, declined=declined
            )

    @rule(
        data=st.data(),
        condition=st.sampled_from(Condition),
        place=st.sampled_from((None, GRAN_VIA, SERRANO)),
        again=st.booleans(),
    )
    def bring_back(
        self,
        data: st.DataObject,
        condition: Condition,
        place: LocationId | None,
        again: bool,  # noqa: FBT001 - drawn
    ) -> None:
        """A customer brings some of an order back, and may press the button twice."""
        order_id = self._draw(data)
        if order_id is None:
            return
        lines = [line for line in self._order(order_id).lines if line.collected]
        wanted = [(line.line_id, data.draw(st.integers(0, line.quantity))) for line in lines]
        items = [ReturnItem(name, units, condition) for name, units in wanted if units]
        key = self.shop.commerce.ids.new("return")
        with contextlib.suppress(Refused, InvalidValue):
            for _ in range(2 if again else 1):
                self.shop.commerce.checkout.return_items(
                    order_id, items, reason="did not fit", key=key, location_id=place
                )

    @rule(data=st.data())
    def prepare(self, data: st.DataObject) -> None:
        """The store prepares an order that may never be collected."""
        order_id = self._draw(data)
        if order_id:
            with contextlib.suppress(Refused):
                self.shop.ready(self._order(order_id))

    @rule(minutes=st.sampled_from((1, 14, 16, 60, 60 * 24, 60 * 24 * 8, 60 * 24 * 30)))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.shop.clock.advance(timedelta(minutes=minutes))

    @rule()
    def tidy(self) -> None:
        """A scheduler tidies; it changes nothing that anybody is told."""
        told = [self.shop.available(sku) for sku in SKUS]
        self.shop.commerce.tidy()
        missed = [o for o in self._every() if any(r.cause == "missed" for r in o.refunds)]
        if not missed:
            assert [self.shop.available(sku) for sku in SKUS] == told

    @invariant()
    def the_books_are_right(self) -> None:
        """The journal folds to the figures (inventory I4, loyalty I1, I2)."""
        report = self.shop.commerce.audit()
        assert report.is_clean, report.discrepancies

    @invariant()
    def every_unit_is_somewhere(self) -> None:
        """Received units are on hand, with customers, or damaged (inventory I1, I21)."""
        for sku in SKUS:
            gone = sum(
                line.collected for order in self._every() for line in order.lines if line.sku == sku
            )
            back = sum(
                item.quantity
                for order in self._every()
                for item in _brought_back(order)
                if _sku_of(order, item) == sku and item.condition is Condition.SELLABLE
            )
            places = [
                self.shop.commerce.inventory.available(sku, each) for each in (GRAN_VIA, SERRANO)
            ]
            assert sum(each.on_hand for each in places) == self.received[sku] - gone + back
            assert all(0 <= each.held <= each.on_hand for each in places)

    @invariant()
    def paid_is_kept_and_refunded(self) -> None:
        """An order's amount is what its kept units cost and what went back (pricing 35, 36)."""
        for order in self._every():
            if order.status not in {OrderStatus.CONFIRMED, OrderStatus.COMPLETED}:
                continue
            kept = sum(line.amount.minor - line.gone_minor for line in order.lines)
            withheld = order.total_amount.minor - order.refunded_amount.minor - kept
            assert withheld >= 0
            if self.policy is ReturnPolicy.KEEP_SHARES or not any(o.left for o in order.lines):
                assert withheld == 0

    @invariant()
    def a_budget_is_what_customers_kept_of_it(self) -> None:
        """What is spent is the discount on kept units, and never more than there is (38)."""
        standing = self._standing(CLUB)
        assert 0 <= -standing.balance <= standing.held - standing.balance <= BUDGET
        kept = sum(
            line.given_minor({CLUB.subject}, line.quantity)
            - line.given_minor({CLUB.subject}, line.gone)
            for order in self._every()
            if order.status in {OrderStatus.CONFIRMED, OrderStatus.COMPLETED}
            for line in order.lines
        )
        if self.policy is ReturnPolicy.KEEP_SHARES:
            assert -standing.balance == kept

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        """What the gateway kept is what paid orders cost after refunds (inventory I37, I39)."""
        kept = sum(m.minor for m in self.shop.gateway.collected.values())
        kept -= sum(m.minor for m in self.shop.gateway.returned.values())
        unresolved = 0
        owed = 0
        for order in self._every():
            tender = order.tender(TenderKind.GATEWAY)
            if tender is None:
                continue
            assert tender.refunded_amount <= tender.amount
            if order.attempts and order.attempts[-1].state == "unknown":
                unresolved += order.attempts[-1].amount.minor
            if order.status in {OrderStatus.CONFIRMED, OrderStatus.COMPLETED}:
                owed += tender.left.minor
        assert kept == owed + unresolved

    @invariant()
    def points_follow_the_money(self) -> None:
        """Points are what was granted, plus earned, minus spent, net of returns (loyalty I10)."""
        for customer in getattr(self, "customers", ()):
            earned = spent = 0
            for order in self._every():
                if order.customer_id != customer.customer_id:
                    continue
                earned += order.points_earned - order.points_clawed
                tender = order.tender(TenderKind.POINTS)
                if tender and order.status in {OrderStatus.CONFIRMED, OrderStatus.COMPLETED}:
                    spent += tender.points - tender.points * tender.refunded_amount.minor // (
                        tender.amount.minor
                    )
            balance = self.shop.commerce.loyalty.balance(customer.customer_id)
            total = balance.available + balance.pending + balance.held - balance.owed
            assert total == 200 + earned - spent

    @invariant()
    def promised_points_are_those_of_kept_units(self) -> None:
        """What promotions promised is credited when paid, and taken back at most once (I11)."""
        for order in self._every():
            is_paid = order.points_earned > 0
            assert all(promise.credited == is_paid for promise in order.promised)
            gone = {line.line_id: line.gone for line in order.lines}
            for promise in order.promised if is_paid else ():
                assert promise.clawed <= promise.points
                if self.policy is ReturnPolicy.KEEP_SHARES or not any(o.left for o in order.lines):
                    assert promise.clawed == promise.earned_by(gone)
            if is_paid and not any(line.left for line in order.lines):
                assert order.points_clawed == order.points_earned

    @invariant()
    def a_limited_promotion_is_used_once_per_customer(self) -> None:
        """Orders that keep the friend's discount are at most one per customer."""
        for customer in getattr(self, "customers", ()):
            account = AccountKey("promotion", "friend", customer.customer_id)
            kept = [
                use
                for order in self._every()
                if order.customer_id == customer.customer_id
                and order.status in {OrderStatus.CONFIRMED, OrderStatus.COMPLETED}
                for use in order.uses
                if use.promotion_id == "friend" and not use.restored
            ]
            standing = self._standing(account)
            assert len(kept) <= 1
            assert standing.available + standing.held + len(kept) <= 1

    def _standing(self, account: AccountKey) -> Standing:
        at = self.shop.clock.now()
        return self.shop.commerce.store.run(lambda s: s.ledger.standings([account], at=at)[account])

    def teardown(self) -> None:
        """Close the shop."""
        self.context.close()

    def _receive(self, sku: str, units: int) -> None:
        key = self.shop.commerce.ids.new("receipt")
        self.shop.commerce.inventory.receive(sku, GRAN_VIA, units, key=key)
        self.received[sku] += units

    def _draw(self, data: st.DataObject) -> Any:
        return data.draw(st.sampled_from(self.orders)) if self.orders else None

    def _order(self, order_id: Any) -> Order:
        return self.shop.commerce.orders.get(order_id)

    def _every(self) -> list[Order]:
        return [self._order(order_id) for order_id in self.orders]


def _brought_back(order: Order) -> Iterator[ReturnItem]:
    for each in order.returns:
        for line in each.lines:
            yield line.item


def _sku_of(order: Order, item: ReturnItem) -> str:
    line = order.line(item.line_id)
    assert line is not None
    return line.sku


TestShoppers = Shoppers.TestCase


class ShoppersOfferedAnew(Shoppers):
    """The same in a shop that evaluates offers anew when goods come back."""

    policy = ReturnPolicy.REEVALUATE


TestShoppersOfferedAnew = ShoppersOfferedAnew.TestCase


class ShoppersWithGifts(Shoppers):
    """The same where some of what leaves the shop is given: units are units."""

    more = (GIFT,)


TestShoppersWithGifts = ShoppersWithGifts.TestCase


class ShoppersWithGiftsAnew(ShoppersOfferedAnew):
    """The same where who keeps only the gift pays for it."""

    more = (GIFT,)


TestShoppersWithGiftsAnew = ShoppersWithGiftsAnew.TestCase


class ShoppersPromisedPoints(Shoppers):
    """The same where promotions promise points for after the order."""

    more = POINTS


TestShoppersPromisedPoints = ShoppersPromisedPoints.TestCase


class ShoppersPromisedPointsAnew(ShoppersOfferedAnew):
    """The same where what is kept has to earn them."""

    more = POINTS


TestShoppersPromisedPointsAnew = ShoppersPromisedPointsAnew.TestCase
