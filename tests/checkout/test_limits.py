"""Limits and budgets, on every database: held at place, captured on payment, given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.errors import QuoteOutdated
from omnicommerce.checkout.limits import bounded_key, limited_among
from omnicommerce.cli.demo_shop import DRESS, SCARF, SHOES, demo_shop
from omnicommerce.kernel.ids import LONGEST_ID
from omnicommerce.kernel.predicates import ALWAYS, OneOf
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import AccountKey
from omnicommerce.orders.model import Order
from omnicommerce.orders.return_model import ReturnPolicy
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.promotions import FactLimit, Promotion
from tests.checkout.offers import (
    CAMPAIGN,
    SCARF_GIFT,
    bring_back,
    collected,
    euros,
    offers,
    promotion,
    quoted,
    reopened,
    request_for,
    standing,
    total_spent,
)
from tests.shops import OpenShop, open_shop

ALL = OneOf("category", {"dress", "accessory", "shoes"})
USES = AccountKey("promotion", "campaign")


def campaign(**limits: Any) -> Promotion:
    """Return ten per cent off everything, within limits."""
    return promotion("campaign", on=ALL, **limits)


def kept_discount(*orders: Order) -> int:
    """Return what the campaign took off the units that customers kept, in minor units."""
    return sum(
        line.given_minor({"campaign"}, line.quantity) - line.given_minor({"campaign"}, line.gone)
        for order in orders
        for line in order.lines
    )


@pytest.fixture
def shop(database_url: str) -> Iterator[OpenShop]:
    """Open a shop with a campaign of 20 euros, on each database in turn."""
    with open_shop(database_url, offers(campaign(budget=2_000, limit_uses=5))) as shop:
        shop.stock(dress=9, scarf=9, shoes=9)
        yield shop
        report = shop.commerce.audit()
        assert report.is_clean, report.discrepancies


def test_a_budget_ends_the_campaign(shop: OpenShop) -> None:
    """Two dresses take 17.98 of 20.00; the third gets the rest, the fourth nothing (L5, 38)."""
    customers = [shop.customer(name) for name in ("Ana", "Bea", "Clara", "Dora")]
    orders = [shop.confirmed(customer, DRESS) for customer in customers]
    totals = [order.total_amount for order in orders]
    assert totals == [euros(text) for text in ("80.91", "80.91", "87.88", "89.90")]
    assert total_spent(shop, CAMPAIGN) == kept_discount(*orders) == 2_000
    assert total_spent(shop, USES) == 3
    assert [len(order.uses) for order in orders] == [1, 1, 1, 0]


def test_a_budget_that_is_not_given_in_parts(database_url: str) -> None:
    """Where the rest is too little the promotion gives nothing, and takes nothing."""
    whole = campaign(budget=2_000, partial_budget=False)
    with open_shop(database_url, offers(whole)) as shop:
        shop.stock(dress=3)
        orders = [shop.confirmed(shop.customer(name), DRESS) for name in ("Ana", "Bea", "Clara")]
        assert orders[2].total_amount == euros("89.90")
        assert total_spent(shop, CAMPAIGN) == kept_discount(*orders) == 1_798


def test_held_while_unpaid_free_when_cancelled(shop: OpenShop) -> None:
    """An order that is placed blocks its part; cancelled before or after payment, nothing (37)."""
    clara = shop.customer()
    for pays in (False, True):
        order = shop.place(clara, DRESS)
        now = standing(shop, CAMPAIGN)
        assert (now.held, now.balance, now.available) == (899, 0, 1_101)
        if pays:
            shop.commerce.checkout.pay(order.order_id, token="card")
            now = standing(shop, CAMPAIGN)
            assert (now.held, now.balance, now.available) == (0, -899, 1_101)
        shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
        assert standing(shop, CAMPAIGN).available == 2_000
        assert standing(shop, USES).available == 5
    lapsing = shop.place(clara, DRESS)
    shop.clock.advance(timedelta(minutes=15))
    assert standing(shop, CAMPAIGN).available == 2_000
    assert quoted(shop, clara, DRESS) == lapsing.total_amount


def test_what_comes_back_can_be_given_again(shop: OpenShop) -> None:
    """Each returned unit gives its share back to the budget; the use comes with the last (38)."""
    order = collected(shop, shop.customer(), DRESS, SCARF, SCARF)
    spent = [total_spent(shop, CAMPAIGN)]
    for number, sku in enumerate((SCARF, DRESS, SCARF)):
        after = bring_back(shop, order, sku, key=f"r{number}").order
        spent.append(total_spent(shop, CAMPAIGN))
        assert spent[-1] == kept_discount(after)
        assert total_spent(shop, USES) == (1 if number < 2 else 0)
    assert spent == [1398, 1149, 250, 0]


def test_evaluated_anew_a_budget_keeps_what_is_given_by_then(database_url: str) -> None:
    """The gift that a customer loses by returning the dress is not spent any more (36, 38)."""
    gift = attrs.evolve(SCARF_GIFT, budget=10_000, limit_uses=3)
    with open_shop(database_url, offers(gift, policy=ReturnPolicy.REEVALUATE)) as shop:
        shop.stock(dress=1, scarf=2)
        order = collected(shop, shop.customer(), DRESS, SCARF, SCARF)
        budget, uses = AccountKey("budget", "scarf-gift"), AccountKey("promotion", "scarf-gift")
        assert (total_spent(shop, budget), total_spent(shop, uses)) == (2_495, 1)
        bring_back(shop, order, SCARF, key="r1")
        assert (total_spent(shop, budget), total_spent(shop, uses)) == (2_495, 1)
        bring_back(shop, order, DRESS, key="r2")
        assert (total_spent(shop, budget), total_spent(shop, uses)) == (0, 0)


def test_an_order_does_not_count_against_itself(database_url: str) -> None:
    """The last use is this order's own: priced again it still has it, held or taken (21, 37)."""
    with open_shop(database_url, offers(campaign(limit_uses=1, budget=899))) as shop:
        shop.stock(dress=2)
        clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
        request = request_for(shop, clara, DRESS)
        quotes = [shop.commerce.checkout.quote(request) for _ in range(3)]
        assert {quote.total_amount for quote in quotes} == {euros("80.91")}
        order = shop.commerce.checkout.place(quotes[0])
        assert shop.commerce.checkout.place(quotes[1]) == order
        assert quoted(shop, lucia, DRESS) == euros("89.90")
        for _ in range(2):
            assert shop.commerce.price_again(order.order_id).selling_amount == euros("80.91")
            if not order.attempts:
                order = shop.commerce.checkout.pay(order.order_id, token="card")
        shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
        assert quoted(shop, lucia, DRESS) == euros("80.91")


def test_an_order_given_back_before_payment_is_priced_as_before(shop: OpenShop) -> None:
    """The cart that comes back from a cancelled order gets the same offer again (37)."""
    clara = shop.customer()
    order = shop.place(clara, DRESS)
    shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
    cart = shop.commerce.carts.open_of(clara.customer_id)
    assert cart is not None
    again = shop.commerce.checkout.quote(shop.request(clara, cart.cart_id))
    assert again.total_amount == order.total_amount


def test_limits_for_each_customer_and_each_address(database_url: str) -> None:
    """A customer, and whoever uses one address, gets the offer once (L6)."""
    limits = (FactLimit(fact="email", uses=1), FactLimit(fact="club", budget=1_000))
    shared = campaign(limit_per_customer=2, budget_per_customer=1_500, fact_limits=limits)
    with open_shop(database_url, offers(shared)) as shop:
        shop.stock(dress=9, scarf=9)
        clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
        assert shop.confirmed(clara, DRESS).total_amount == euros("80.91")
        assert quoted(shop, clara, DRESS) == euros("89.90")
        guest = request_for(shop, lucia, DRESS)
        guest = attrs.evolve(guest, customer_id=None, attributes={"email": "clara@example.com"})
        assert shop.commerce.checkout.quote(guest).total_amount == euros("89.90")
        other = attrs.evolve(guest, attributes={"email": "guest@example.com", "club": {"chess"}})
        quote = shop.commerce.checkout.quote(other)
        assert quote.total_amount == euros("80.91")
        shop.commerce.checkout.place(quote)
        chess = {"attributes": {"club": {"chess", "go"}}}
        assert quoted(shop, lucia, DRESS, **chess) == euros("88.89")
        assert quoted(shop, lucia, DRESS) == euros("80.91")


def test_an_address_is_not_written_into_the_journal(shop: OpenShop) -> None:
    """The account of an e-mail address is named by its digest: journals are never edited."""
    limited = offers(campaign(fact_limits=(FactLimit(fact="email", uses=1),)))
    with open_shop("memory:", limited) as other:
        other.stock(dress=1)
        order = other.confirmed(other.customer(), DRESS)
        ((_, _, scope),) = order.uses[0].accounts
        assert scope.startswith("email:")
        assert "clara" not in scope
        entries = other.commerce.store.run(lambda s: s.ledger.entries())
        assert not any("clara" in f"{entry}" for entry in entries)
    assert shop.commerce.audit().is_clean


def test_a_code_for_one_use(database_url: str) -> None:
    """A single-use code is held, taken and given back; unused, it is not burnt (L3, 39)."""
    spring = promotion("spring", when=OneOf("code", {"spring"}))
    codes = tuple(CouponCode(code=f"ONCE-{n}", unlocks="spring", limit_uses=1) for n in (1, 2))
    with open_shop(database_url, offers(spring, codes=codes)) as shop:
        shop.stock(dress=5, scarf=1)
        clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
        first = shop.confirmed(clara, DRESS, codes="ONCE-1")
        assert first.total_amount == euros("80.91")
        assert quoted(shop, lucia, DRESS, codes="once1") == euros("89.90")
        assert quoted(shop, lucia, DRESS, codes="once2") == euros("80.91")
        assert shop.confirmed(lucia, SCARF, codes="ONCE-2").uses == ()
        assert quoted(shop, lucia, DRESS, codes="once2") == euros("80.91")
        shop.commerce.checkout.cancel(first.order_id, cause="changed my mind")
        done = collected(shop, lucia, DRESS, codes="ONCE-1")
        assert done.uses[0].restored is False
        assert bring_back(shop, done, DRESS, key="r1").order.uses[0].restored is True
        assert quoted(shop, clara, DRESS, codes="ONCE-1") == euros("80.91")
        assert shop.commerce.audit().is_clean


def test_only_what_gave_something_is_used(shop: OpenShop) -> None:
    """One order is one use, however many lines; no discount, no use (39)."""
    clara = shop.customer()
    order = shop.confirmed(clara, DRESS, SCARF, SHOES)
    assert [use.promotion_id for use in order.uses] == ["campaign"]
    assert total_spent(shop, USES) == 1
    assert set(order.uses[0].line_ids) == {DRESS, SCARF, SHOES}


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_a_limit_that_changes_counts_what_was_used(database_url: str, limit: int) -> None:
    """After two uses of five a new limit leaves the rest of it, and so does going back."""
    with open_shop(database_url, offers(campaign(limit_uses=5))) as shop:
        shop.stock(dress=9)
        for name in ("Ana", "Bea"):
            shop.confirmed(shop.customer(name), DRESS)
        for wanted in (limit, 5, limit):
            changed = reopened(shop, offers(campaign(limit_uses=wanted)))
            price = "80.91" if wanted > 2 else "89.90"
            assert quoted(changed, changed.customer("Clara"), DRESS) == euros(price)
            order = changed.place(changed.customer("Clara"), DRESS)
            assert order.total_amount == euros(price)
            if order.uses:
                assert standing(changed, USES).available == max(0, wanted - 3)
            changed.commerce.checkout.cancel(order.order_id, cause="changed my mind")
        assert shop.commerce.audit().is_clean


def test_two_configurations_at_once(database_url: str) -> None:
    """While an old process still sells with the old limit, nothing is counted twice."""
    with open_shop(database_url, offers(campaign(limit_uses=3))) as old:
        old.stock(dress=9)
        new = reopened(old, offers(campaign(limit_uses=4)))
        shops = (old, new, old, new, old, new)
        orders = [
            shop.confirmed(shop.customer(f"Shopper{turn}"), DRESS)
            for turn, shop in enumerate(shops)
        ]
        assert [len(order.uses) for order in orders] == [1, 1, 1, 1, 0, 0]
        assert total_spent(old, USES) == 4
        assert old.commerce.audit().is_clean


def test_a_slot_whose_places_change(database_url: str) -> None:
    """More places for a slot are there at once; fewer count those that are taken."""
    one, two = (
        attrs.evolve(
            demo_shop(),
            pickup_points=tuple(
                attrs.evolve(point, slot_capacity=places) for point in demo_shop().pickup_points
            ),
        )
        for places in (1, 2)
    )
    with open_shop(database_url, one) as shop:
        shop.stock(dress=9)
        clara = shop.customer()
        shop.place(clara, DRESS)
        with pytest.raises(Shortage):
            shop.place(clara, DRESS)
        wider = reopened(shop, two)
        wider.place(clara, DRESS)
        for narrow in (shop, wider):
            with pytest.raises(Shortage) as refused:
                narrow.place(clara, DRESS)
            assert [short.account.kind for short in refused.value.shortages] == ["slot"]


def test_a_budget_that_ran_out_in_between(shop: OpenShop) -> None:
    """A quote that counted on the last of a budget is outdated, not wrong."""
    clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
    quotes = [
        shop.commerce.checkout.quote(request_for(shop, who, *[DRESS] * 2)) for who in (clara, lucia)
    ]
    shop.commerce.checkout.place(quotes[0])
    with pytest.raises(QuoteOutdated) as refused:
        shop.commerce.checkout.place(quotes[1])
    assert "due_amount" in refused.value.reasons[0].parameters["what"]
    assert standing(shop, CAMPAIGN).held == 1_798


def test_identities_as_long_as_they_may_be(database_url: str) -> None:
    """Long ids of promotions, customers and facts fit every key, and stay apart."""
    names = [f"{'p' * (LONGEST_ID - 1)}{n}" for n in (1, 2)]
    fact = "f" * LONGEST_ID
    limits = (FactLimit(fact=fact, uses=1, budget=5_000),)
    promotions = [
        promotion(name, limit_uses=2, limit_per_customer=1, budget=9_000, fact_limits=limits)
        for name in names
    ]
    with open_shop(database_url, offers(*promotions)) as shop:
        shop.stock(dress=2)
        clara = shop.customer()
        facts = {fact: {"x" * 500, "spaces  and\ttabs"}}
        request = request_for(shop, clara, DRESS, attributes=facts)
        order = shop.commerce.checkout.place(shop.commerce.checkout.quote(request))
        assert [use.promotion_id for use in order.uses] == names
        assert [len(use.accounts) for use in order.uses] == [4, 4]
        shop.commerce.checkout.pay(order.order_id, token="card")
        assert quoted(shop, clara, DRESS) == euros("89.90")
        assert shop.commerce.audit().is_clean


def test_only_limits_that_can_matter_are_looked_up() -> None:
    """Of many limited promotions a quote asks for those that match something in the cart."""
    others = [
        promotion(f"other-{n}", limit_uses=1, on=OneOf("product", {"plaza"})) for n in range(50)
    ]
    everything = promotion("everything", limit_uses=1, on=ALWAYS)
    shop = Shop(offers(campaign(budget=1), everything, promotion("free", on=ALL), *others))
    limits = shop.limits
    assert limited_among(shop.book, limits, [DRESS, "NO-SUCH"]) == {"campaign", "everything"}
    assert limited_among(shop.book, limits, []) == {"everything"}
    assert len(limited_among(shop.book, limits, [SHOES])) == 52


@given(st.lists(st.text("ab:", min_size=1, max_size=90), min_size=2, max_size=4))
def test_keys_are_bounded_and_apart(parts: list[str]) -> None:
    """A key is never too long, is the joined text where that fits, and tells texts apart."""
    key = bounded_key(*parts)
    text = ":".join(parts)
    assert len(key) <= LONGEST_ID
    assert (key == text) == (len(text) <= LONGEST_ID)
    assert key != bounded_key(*parts, "b" * 120)
