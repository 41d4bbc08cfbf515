"""Gifts are lines of the order: nothing promised that is not there, held and handed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.catalog.model import Component, Product, Variant
from omnicommerce.checkout.configuration import Shop, ShopConfiguration
from omnicommerce.checkout.errors import QuoteOutdated
from omnicommerce.checkout.gifts import NO_GIFTS, GiftStock, gifts_among
from omnicommerce.cli.demo_shop import DRESS, SCARF, SHOES
from omnicommerce.fulfilment.model import PickupStatus
from omnicommerce.i18n.receipts import receipt
from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import Sku
from omnicommerce.kernel.predicates import ALWAYS, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import AccountKey
from omnicommerce.orders.model import LineItem, Order
from omnicommerce.orders.return_model import ReturnPolicy
from omnicommerce.pricing.effects import Gift
from omnicommerce.pricing.model import PriceRow
from omnicommerce.pricing.promotions import Promotion
from omnicommerce.pricing.result import GivenAway
from omnicommerce.pricing.tax.model import Jurisdiction, TaxConfiguration, TaxRate
from tests.checkout.offers import (
    bring_back,
    collected,
    euros,
    offers,
    promotion,
    quoted,
    reopened,
    request_for,
    total_spent,
)
from tests.concurrency.race import at_once
from tests.shops import GRAN_VIA, OpenShop, open_shop

FREE_SCARF = promotion("free-scarf", effect=Gift([SCARF]), limit_uses=5)
"""With a dress a scarf is given."""

EITHER = promotion("either", effect=Gift([SCARF, SHOES]))
USES = AccountKey("promotion", "free-scarf")
SET = Sku("GIFT-SET")


@pytest.fixture
def shop(database_url: str) -> Iterator[OpenShop]:
    """Open a shop that gives a scarf with a dress, on each database, and audit it at the end."""
    with open_shop(database_url, offers(FREE_SCARF)) as shop:
        shop.stock(dress=5, scarf=2)
        yield shop
        assert shop.commerce.audit().is_clean


def gift_of(order: Order) -> LineItem:
    """Return the one gift of an order."""
    (line,) = [line for line in order.lines if line.gift_of is not None]
    return line


def gift_skus(shop: OpenShop, *skus: str, **more: Any) -> list[str]:
    """Return what would be given with SKUs."""
    quote = shop.commerce.checkout.quote(request_for(shop, shop.customer(), *skus, **more))
    return [line.sku for line in quote.lines if line.gift_of is not None]


def test_a_gift_is_held_prepared_and_handed_over(shop: OpenShop) -> None:
    """It leaves stock like a unit that was bought, and costs nothing."""
    order = shop.place(shop.customer(), DRESS)
    line = gift_of(order)
    assert (line.line_id, line.sku, line.quantity) == ("gift:free-scarf", SCARF, 1)
    assert (line.gift_of, line.list_amount, line.amount) == (
        "free-scarf",
        euros("24.95"),
        euros("0"),
    )
    assert [(a.promotion_id, a.amount) for a in line.adjustments] == [
        ("free-scarf", euros("-24.95"))
    ]
    assert order.list_amount == euros("114.85")
    assert order.total_amount == order.due_amount == euros("89.90")
    assert order.uses[0].line_ids == (line.line_id,)
    assert shop.available(SCARF) == 1
    assert shop.commerce.orders.get(order.order_id) == order
    assert shop.commerce.price_again(order.order_id).gifts[0].sku == SCARF

    shop.commerce.checkout.pay(order.order_id, token="card")
    pickup, code = shop.ready(order)
    assert {(each.sku, each.quantity) for each in pickup.lines} == {(DRESS, 1), (SCARF, 1)}
    done = shop.commerce.counter.hand_over(pickup.pickup_id, code, location_id=GRAN_VIA)
    assert [each.collected for each in done.order.lines] == [1, 1]
    assert (shop.available(DRESS), shop.available(SCARF)) == (4, 1)
    printed = receipt(done.order, locale="en", zone="Europe/Madrid", shop_name="Alma")
    assert re.search(r"Lino scarf +€24.95\n  free-scarf +-€24.95\n", printed)
    assert re.search(r"You save +€24.95\n", printed)


def test_what_is_not_there_is_not_given(shop: OpenShop) -> None:
    """Without a unit for it no gift is promised, and what the cart buys comes first."""
    clara = shop.customer()
    assert gift_skus(shop, DRESS) == [SCARF]
    assert gift_skus(shop, DRESS, SCARF) == [SCARF]
    assert gift_skus(shop, DRESS, SCARF, SCARF) == []
    shop.confirmed(clara, DRESS)
    shop.confirmed(clara, DRESS)
    order = shop.place(clara, DRESS)
    assert [line.sku for line in order.lines] == [DRESS]
    assert order.uses == ()
    assert total_spent(shop, USES) == 2
    assert shop.commerce.price_again(order.order_id).gifts == ()


def test_a_gift_that_went_in_between_outdates_the_quote(shop: OpenShop) -> None:
    """Nobody is given an order without the gift that they were shown."""
    clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
    quotes = [
        shop.commerce.checkout.quote(request_for(shop, who, DRESS)) for who in (clara, lucia, lucia)
    ]
    for quote in quotes[:2]:
        shop.commerce.checkout.place(quote)
    with pytest.raises(QuoteOutdated) as refused:
        shop.commerce.checkout.place(quotes[2])
    assert "lines" in refused.value.reasons[0].parameters["what"]


def test_cancelling_gives_the_gift_back(shop: OpenShop) -> None:
    """Before payment and after it; the cart that comes back has none, and earns it again."""
    clara = shop.customer()
    for pays in (False, True):
        order = (shop.confirmed if pays else shop.place)(clara, DRESS)
        assert shop.available(SCARF) == 1
        shop.commerce.checkout.cancel(order.order_id, cause="changed my mind")
        assert (shop.available(SCARF), total_spent(shop, USES)) == (2, 0)
        if not pays:
            cart = shop.commerce.carts.open_of(clara.customer_id)
            assert cart is not None
            assert [line.sku for line in cart.state.lines] == [DRESS]
    assert gift_skus(shop, DRESS) == [SCARF]


def test_a_gift_that_is_declined_or_missed_is_refunded_at_nothing(shop: OpenShop) -> None:
    """It goes back to the shelf, and no money with it."""
    clara = shop.customer()
    pickup, code = shop.ready(shop.confirmed(clara, DRESS))
    done = shop.commerce.counter.hand_over(
        pickup.pickup_id, code, location_id=GRAN_VIA, declined={"gift:free-scarf": 1}
    )
    assert done.refund_amount == euros("0")
    assert (shop.available(SCARF), shop.gateway.returned) == (2, {})
    assert done.order.uses[0].restored is True
    pickup, _ = shop.ready(shop.confirmed(clara, DRESS))
    shop.clock.set(pickup.collect_until)
    (missed,) = shop.commerce.counter.missed()
    assert missed.pickup.status is PickupStatus.MISSED
    assert missed.refund_amount == euros("89.90")
    assert (shop.available(SCARF), total_spent(shop, USES)) == (2, 0)


def test_a_gift_that_comes_back_can_be_given_again(shop: OpenShop) -> None:
    """In any order of returns exactly what was paid goes back; the use with the gift."""
    for first, second in ((DRESS, "gift:free-scarf"), ("gift:free-scarf", DRESS)):
        order = collected(shop, shop.customer(), DRESS)
        amounts = {}
        for line_id in (first, second):
            outcome = bring_back(shop, order, line_id, key=f"{order.order_id}:{line_id}")
            amounts[line_id] = outcome.record.amount
        assert amounts == {DRESS: euros("89.90"), "gift:free-scarf": euros("0")}
        assert all(not tender.left for tender in outcome.order.tenders)
        assert (shop.available(DRESS), shop.available(SCARF)) == (5, 2)
        assert total_spent(shop, USES) == 0


@pytest.mark.parametrize(
    ("policy", "refunds"),
    [
        (ReturnPolicy.KEEP_SHARES, ["89.90", "0"]),
        (ReturnPolicy.REEVALUATE, ["64.95", "24.95"]),
    ],
)
def test_who_keeps_only_the_gift(
    database_url: str, policy: ReturnPolicy, refunds: list[str]
) -> None:
    """With offers evaluated anew it costs what it would have cost (36)."""
    with open_shop(database_url, offers(FREE_SCARF, policy=policy)) as shop:
        shop.stock(dress=2, scarf=2)
        order = collected(shop, shop.customer(), DRESS)
        found = [
            bring_back(shop, order, line_id, key=line_id).record.amount
            for line_id in (DRESS, "gift:free-scarf")
        ]
        assert found == [euros(amount) for amount in refunds]
        assert total_spent(shop, USES) == 0
        assert shop.commerce.audit().is_clean


def test_a_gift_that_is_still_earned_stays_one() -> None:
    """Of two dresses one comes back: the other earns the scarf, and its price is refunded."""
    configuration = offers(FREE_SCARF, policy=ReturnPolicy.REEVALUATE)
    with open_shop("memory:", configuration) as shop:
        shop.stock(dress=2, scarf=2)
        order = collected(shop, shop.customer(), DRESS, DRESS)
        back = bring_back(shop, order, DRESS, key="1")
        assert (back.record.amount, back.order.uses[0].restored) == (euros("89.90"), False)
        back = bring_back(shop, order, "gift:free-scarf", key="2")
        assert (back.record.amount, back.order.uses[0].restored) == (euros("0"), True)
        assert bring_back(shop, order, DRESS, key="3").record.amount == euros("89.90")


@pytest.mark.parametrize("includes_tax", [True, False])
@pytest.mark.parametrize("policy", list(ReturnPolicy))
def test_a_gift_for_less_is_paid_and_taxed(policy: ReturnPolicy, includes_tax: bool) -> None:  # noqa: FBT001 - drawn
    """Two scarves for 80% off: a line with its price and tax, refunded unit by unit."""
    cheap = promotion("cheap", effect=Gift([SCARF], 2, Rate.percent(80)))
    configuration = offers(cheap, policy=policy)
    tax = TaxConfiguration(
        rates=(TaxRate(name="IVA", rate=Rate.percent(21), country="ES"),),
        includes_tax=includes_tax,
        home=Jurisdiction("ES"),
    )
    taxed = attrs.evolve(configuration, pricing=attrs.evolve(configuration.pricing, tax=tax))
    with open_shop("memory:", taxed) as shop:
        shop.stock(dress=1, scarf=2)
        order = collected(shop, shop.customer(), DRESS)
        line = gift_of(order)
        assert (line.list_amount, line.amount) == (euros("49.90"), euros("9.98"))
        assert line.paid_minor == (998 if includes_tax else 998 + 210)
        assert sum(each.paid_minor for each in order.lines) == order.total_amount.minor
        total = euros("0")
        for number, line_id in enumerate(("gift:cheap", DRESS, "gift:cheap")):
            total += bring_back(shop, order, line_id, key=str(number)).record.amount
        assert total == order.total_amount
        assert shop.commerce.audit().is_clean


def test_the_shopper_chooses(database_url: str) -> None:
    """What was chosen is given; what cannot be chosen is refused, with what can."""
    with open_shop(database_url, offers(EITHER)) as shop:
        shop.stock(dress=5, scarf=1, shoes=1)
        assert gift_skus(shop, DRESS) == [SCARF]
        assert gift_skus(shop, DRESS, choices={"either": SHOES, "long-gone": DRESS}) == [SHOES]
        with pytest.raises(InvalidValue) as refused:
            gift_skus(shop, DRESS, choices={"either": DRESS})
        assert refused.value.field == "choices"
        assert refused.value.parameters["given"] == sorted([SCARF, SHOES])
        request = request_for(shop, shop.customer(), DRESS, choices={"either": SHOES})
        order = shop.commerce.checkout.place(shop.commerce.checkout.quote(request))
        assert shop.commerce.price_again(order.order_id).gifts[0].sku == SHOES
        assert gift_skus(shop, DRESS, choices={"either": SHOES}) == []
        assert gift_skus(shop, DRESS) == [SCARF]
        shop.place(shop.customer(), SCARF)
        assert gift_skus(shop, DRESS) == []
        assert quoted(shop, shop.customer(), DRESS) == euros("89.90")


def test_two_promotions_give_the_last_one_to_nobody() -> None:
    """Where one unit does not suffice for both, neither promises it; with two both do."""
    other = promotion("other", effect=Gift([SCARF]))
    with open_shop("memory:", offers(FREE_SCARF, other)) as shop:
        shop.stock(dress=5, scarf=1)
        assert gift_skus(shop, DRESS) == []
        shop.stock(scarf=1)
        assert gift_skus(shop, DRESS) == [SCARF, SCARF]
        order = shop.confirmed(shop.customer(), DRESS)
        assert (shop.available(SCARF), len(order.lines)) == (0, 3)
        assert shop.commerce.audit().is_clean


def with_set(*promotions: Promotion) -> ShopConfiguration:
    """Return a shop that also sells a set of a dress and two scarves."""
    shop = offers(*promotions)
    parts = (Component(DRESS, 1), Component(SCARF, 2))
    product = Product(
        product_id="set",
        name={"en": "Set"},
        variants=(Variant(sku=SET, components=parts),),
    )
    row = PriceRow(price_list="list", sku=SET, amount=9_900)
    return attrs.evolve(
        shop,
        products=(*shop.products, product),
        pricing=attrs.evolve(shop.pricing, rows=(*shop.pricing.rows, row)),
    )


def test_a_kit_as_a_gift() -> None:
    """What is given as a kit needs all its parts beside those of the cart, and holds them."""
    gift = promotion("set", effect=Gift([SET]))
    with open_shop("memory:", with_set(gift)) as shop:
        shop.stock(dress=1, scarf=2)
        assert gift_skus(shop, DRESS) == []
        shop.stock(dress=1)
        assert gift_skus(shop, DRESS) == [SET]
        shop.confirmed(shop.customer(), DRESS)
        assert (shop.available(DRESS), shop.available(SCARF)) == (0, 0)
        assert shop.commerce.audit().is_clean


def test_a_gift_that_the_catalogue_does_not_know_is_not_there() -> None:
    """A price row alone is nothing to give: the quote goes without it."""
    gift = promotion("set", effect=Gift([SET]))
    configuration = with_set(gift)
    unknown = attrs.evolve(configuration, products=configuration.products[:-1])
    pricing = attrs.evolve(
        unknown.pricing, products=Shop(configuration).book.configuration.products
    )
    with open_shop("memory:", attrs.evolve(unknown, pricing=pricing)) as shop:
        shop.stock(dress=5, scarf=5)
        assert gift_skus(shop, DRESS) == []


def test_a_line_that_is_called_like_a_gift() -> None:
    """No two lines of an order share an identity, whatever SKUs are called."""
    shop = with_set(FREE_SCARF)
    product = attrs.evolve(
        shop.products[0],
        product_id="odd",
        variants=(Variant(sku=Sku("gift:free-scarf")),),
    )
    row = PriceRow(price_list="list", sku="gift:free-scarf", amount=100)
    pricing = attrs.evolve(shop.pricing, rows=(*shop.pricing.rows, row))
    odd = attrs.evolve(shop, products=(*shop.products, product), pricing=pricing)
    with open_shop("memory:", odd) as opened:
        opened.stock(scarf=1)
        request = request_for(opened, opened.customer(), "gift:free-scarf")
        lines = opened.commerce.checkout.quote(request).lines
        assert [line.line_id for line in lines] == ["gift:free-scarf", "gift:gift:free-scarf"]


def test_the_last_gift_goes_to_one(sqlite_url: str) -> None:
    """Of many who are promised the last scarf at once, one gets it, and the rest are told."""
    with open_shop(sqlite_url, offers(FREE_SCARF)) as shop:
        shop.stock(dress=9, scarf=1)
        shoppers = [shop.customer(f"Shopper{number}") for number in range(6)]
        quotes = [shop.commerce.checkout.quote(request_for(shop, who, DRESS)) for who in shoppers]
        answers = at_once([partial(_try, shop, quote) for quote in quotes])
        assert sorted(map(str, answers)) == ["False"] * 5 + ["True"]
        assert (shop.available(SCARF), shop.available(DRESS)) == (0, 8)
        assert shop.commerce.audit().is_clean


def _try(shop: OpenShop, quote: Any) -> bool:
    try:
        shop.commerce.checkout.place(quote)
    except (QuoteOutdated, Shortage):
        return False
    return True


def test_an_order_of_before_is_read(shop: OpenShop) -> None:
    """Orders that were written before there were gifts still load: all of it was bought."""
    order = shop.place(shop.customer(), SCARF)
    written: dict[str, Any] = dump(order)
    del written["payment"]
    for line in written["lines"]:
        del line["gift_of"]
    assert load(Order, written) == order


def test_another_configuration_later(shop: OpenShop) -> None:
    """An order with a gift is priced again as it was, after the promotion is gone."""
    order = shop.confirmed(shop.customer(), DRESS)
    later = reopened(shop, offers())
    assert later.commerce.price_again(order.order_id).gifts[0].off_minor == 2_495
    applied = {step.subject for step in later.commerce.explain_again(order.order_id).steps}
    assert "free-scarf" in applied


def test_only_gifts_that_could_be_given_are_looked_up() -> None:
    """Promotions for other goods name no gift, and a shop without gifts asks for none."""
    others = promotion("others", on=OneOf("product", {"plaza"}), effect=Gift([DRESS]))
    everything = promotion("everything", on=ALWAYS, effect=Gift([SHOES]))
    shop = Shop(offers(FREE_SCARF, others, everything))
    assert shop.gives_gifts
    assert gifts_among(shop.book, [DRESS, "NO-SUCH"]) == {SCARF, SHOES}
    assert gifts_among(shop.book, [SHOES]) == {SHOES, DRESS}
    assert not Shop(offers(promotion("ten"))).gives_gifts


@given(
    free=st.dictionaries(st.sampled_from("ABC"), st.integers(0, 9), min_size=3),
    wanted=st.lists(st.tuples(st.sampled_from("ABCX"), st.integers(1, 4)), max_size=5),
)
def test_what_is_not_lacking_is_there(free: dict[str, int], wanted: list[tuple[str, int]]) -> None:
    """Gifts that are not lacking fit into what is free together; each other one would not."""
    a, b, c = (Component(Sku(name)) for name in "ABC")
    parts = {"A": (a,), "B": (b,), "C": (c, c)}
    euro = euros("1").currency
    gifts = [
        GivenAway(f"p{turn}", sku, units, 0, 0, euro) for turn, (sku, units) in enumerate(wanted)
    ]
    stock = GiftStock(parts=parts, free=free)
    lacking = stock.lacking(gifts)
    assert ("X" in lacking) == any(gift.sku == "X" for gift in gifts)
    given_units = dict.fromkeys(free, 0)
    for gift in gifts:
        if gift.sku not in lacking:
            given_units[gift.sku] += gift.quantity * len(parts[gift.sku])
    assert all(units <= free[sku] for sku, units in given_units.items())
    for sku in lacking - {"X"}:
        asked = sum(gift.quantity for gift in gifts if gift.sku == sku) * len(parts[sku])
        assert asked > free[sku]
    assert NO_GIFTS.lacking(gifts) == {gift.sku for gift in gifts}
