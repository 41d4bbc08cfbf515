"""Many at once: no limit and no budget is ever exceeded, no unit returned twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.checkout.errors import QuoteOutdated
from omnicommerce.cli.demo_shop import DRESS, SCARF
from omnicommerce.customers.model import Customer
from omnicommerce.kernel.errors import Refused
from omnicommerce.kernel.ids import CustomerId
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import AccountKey
from omnicommerce.orders.model import Order
from omnicommerce.pricing.promotions import FactLimit
from tests import databases
from tests.checkout.offers import (
    CAMPAIGN,
    bring_back,
    collected,
    offers,
    promotion,
    request_for,
    standing,
    total_spent,
)
from tests.concurrency.race import at_once
from tests.crash import Crash, crashes
from tests.shops import OpenShop, open_shop

SHOPPERS = 10
TRIES = 12
CLARA = CustomerId("customer_0001")


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """Give an empty database of each real kind in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    database = request.getfixturevalue(f"_each_{request.param}")
    databases.empty(database.url)
    return str(database.url)


def buy(shop: OpenShop, customer: Customer, *, cancels: bool) -> Order:
    """Quote and place until it works, as a customer does; pay, and perhaps change one's mind."""
    request = request_for(shop, customer, DRESS, attributes={"club": "chess"})
    checkout = shop.commerce.checkout
    for _ in range(TRIES):
        try:
            order = checkout.place(checkout.quote(request))
        except (QuoteOutdated, Shortage):
            continue
        order = checkout.pay(order.order_id, token="card")
        return checkout.cancel(order.order_id, cause="?") if cancels else order
    raise AssertionError("always outdated")


@pytest.mark.parametrize("cancels", [False, True])
def test_a_budget_is_never_exceeded(url: str, cancels: bool) -> None:  # noqa: FBT001 - a parameter
    """Ten at once on money for three and a half: what is spent is what was given (37, 38)."""
    budget = 3_146
    limits = (FactLimit(fact="club", uses=7, budget=budget),)
    with open_shop(url, offers(promotion("campaign", budget=budget, fact_limits=limits))) as shop:
        shop.stock(dress=SHOPPERS)
        customers = [shop.customer(f"Shopper{turn}") for turn in range(SHOPPERS)]
        buying = [
            partial(buy, shop, customer, cancels=cancels and turn % 2 == 0)
            for turn, customer in enumerate(customers)
        ]
        orders = at_once(buying)
        given = sum(
            line.given_minor({"campaign"}, line.quantity)
            - line.given_minor({"campaign"}, line.gone)
            for order in orders
            for line in order.lines
        )
        assert total_spent(shop, CAMPAIGN) == given <= budget
        assert given == budget or cancels
        assert standing(shop, CAMPAIGN).held == 0
        assert shop.commerce.audit().is_clean


def test_uses_are_never_exceeded(url: str) -> None:
    """Ten at once for four uses: four get the offer, six pay the price (L9, 37)."""
    with open_shop(url, offers(promotion("campaign", limit_uses=4))) as shop:
        shop.stock(dress=SHOPPERS)
        customers = [shop.customer(f"Shopper{turn}") for turn in range(SHOPPERS)]
        orders = at_once([partial(buy, shop, each, cancels=False) for each in customers])
        assert sum(len(order.uses) for order in orders) == 4
        assert total_spent(shop, AccountKey("promotion", "campaign")) == 4
        assert shop.commerce.audit().is_clean


def test_a_unit_is_returned_once_whoever_asks(url: str) -> None:
    """Of eight returns at once of three units three succeed; each is refunded once (35)."""
    with open_shop(url) as shop:
        shop.stock(scarf=4)
        order = collected(shop, shop.customer(), SCARF, SCARF, SCARF, SCARF)
        kept = bring_back(shop, order, SCARF, key="first").order

        def attempt(number: int) -> bool:
            try:
                bring_back(shop, kept, SCARF, key=f"r{number}")
            except Refused:
                return False
            return True

        assert sum(at_once([partial(attempt, number) for number in range(8)])) == 3
        after = shop.commerce.orders.get(order.order_id)
        assert after.refunded_amount == order.total_amount
        assert shop.available(SCARF) == 4
        assert list(shop.gateway.returned.values()) == [order.total_amount]
        assert shop.commerce.audit().is_clean


def test_the_same_return_at_once_is_one_return(url: str) -> None:
    """The button pressed on four devices takes one unit back."""
    with open_shop(url) as shop:
        shop.stock(scarf=2)
        order = collected(shop, shop.customer(), SCARF, SCARF)
        same = [partial(bring_back, shop, order, SCARF, key="r1")] * 4
        records = [outcome.record for outcome in at_once(same)]
        assert records == [records[0]] * 4
        assert shop.available(SCARF) == 1
        assert len(shop.commerce.orders.get(order.order_id).returns) == 1


def _returning(url: str) -> Callable[[], object]:
    """Prepare to return a dress and a scarf of Clara's order in this process."""
    context = open_shop(url, _limited())
    shop = context.__enter__()
    _returning.kept = context  # type: ignore[attr-defined]  # the shop must outlive this call
    (order,) = shop.commerce.store.run(lambda s: s.orders.of_customer(CLARA))
    return lambda: bring_back(shop, order, DRESS, SCARF, key="r1")


def _limited() -> ShopConfiguration:
    return offers(promotion("campaign", limit_uses=2, budget=5_000))


def test_a_return_killed_between_any_two_statements(url: str) -> None:
    """Stock, points, use, budget, order and refund: all of it or nothing, and then it is mended."""
    with open_shop(url, _limited()) as shop:
        shop.stock(dress=1, scarf=2)
        clara = shop.customer()
        shop.commerce.loyalty.grant(clara.customer_id, 200, reason="welcome", key="welcome")
        order = collected(shop, clara, DRESS, SCARF, SCARF, points=120)

        def sight() -> tuple[object, ...]:
            points = shop.commerce.loyalty.balance(clara.customer_id)
            units = (shop.available(DRESS), shop.available(SCARF))
            budget = (total_spent(shop, CAMPAIGN), standing(shop, CAMPAIGN).available)
            now = shop.commerce.orders.get(order.order_id)
            return units, points, budget, now.lines, now.returns, now.tenders

        untouched, points = sight(), 0
        kept: list[tuple[Crash, tuple[object, ...]]] = []
        for crash in crashes(_returning, url):
            points += 1
            assert shop.commerce.audit().is_clean
            if sight() == untouched:
                assert not kept, crash
            else:
                kept.append((crash, sight()))

        assert points > 10
        assert [seen for _, seen in kept] == [kept[0][1]] * len(kept)
        assert kept[-1][0].completed
        units, *_ = sight()
        assert units == (1, 1)
        outcome = bring_back(shop, order, DRESS, SCARF, key="r1")
        assert len(outcome.order.returns) == 1
        shop.commerce.tidy()
        (refund,) = [
            each
            for each in shop.commerce.orders.get(order.order_id).refunds
            if each.tender_id == "gateway"
        ]
        assert (refund.state, list(shop.gateway.returned.values())) == ("done", [refund.amount])
