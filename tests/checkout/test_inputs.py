"""Everything that a shop's backend can say at checkout reaches the price, and is pinned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from omnicommerce.adapters.sql import SqlStore
from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.errors import CheckoutRefused, QuoteOutdated
from omnicommerce.checkout.model import CheckoutRequest, Quote
from omnicommerce.cli.demo_shop import DRESS, SCARF
from omnicommerce.customers.model import Customer
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.ids import ChannelId
from omnicommerce.kernel.predicates import AtLeast, Not, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.orders.model import Order, OrderStatus, PastOrder
from omnicommerce.pricing.basket import ManualDiscount, Role
from omnicommerce.pricing.effects import Gift, PercentOff
from omnicommerce.pricing.errors import NotPriced
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.locks import PriceLock
from omnicommerce.pricing.model import PriceRow
from omnicommerce.pricing.promotions import Promotion
from omnicommerce.pricing.tax.model import Jurisdiction, Surcharge, TaxConfiguration, TaxRate
from tests.checkout.offers import collected, euros, offers, promotion, quoted, reopened, request_for
from tests.shops import GRAN_VIA, MONDAY, OpenShop, open_shop

TILL = ChannelId("store")
SPANISH = TaxRate(name="IVA", rate=Rate.percent(21), country="ES")
CANARIAN = TaxRate(name="IVA", rate=Rate.percent(7), country="ES", region="CN")
FRENCH = TaxRate(name="TVA", rate=Rate.percent(20), country="FR")
TAXED = TaxConfiguration(
    rates=[SPANISH, CANARIAN, FRENCH], includes_tax=False, home=Jurisdiction("ES")
)


def priced_by(*promotions: Promotion, rows: tuple[PriceRow, ...] = (), **pricing: Any) -> Any:
    """Return the demo's shop with other promotions, more rows, and whatever else of pricing."""
    shop = offers(*promotions)
    changed = attrs.evolve(shop.pricing, rows=(*shop.pricing.rows, *rows), **pricing)
    return attrs.evolve(shop, pricing=changed)


@contextmanager
def opened(url: str, *promotions: Promotion, **pricing: Any) -> Iterator[OpenShop]:
    """Open such a shop with some stock."""
    with open_shop(url, priced_by(*promotions, **pricing)) as shop:
        shop.stock(dress=9, scarf=9)
        yield shop


def placed(shop: OpenShop, request: CheckoutRequest) -> tuple[Quote, Order]:
    """Quote, place, and require that the order is priced again as it was, from what it keeps."""
    checkout = shop.commerce.checkout
    quote = checkout.quote(request)
    order = checkout.place(quote)
    stored = shop.commerce.orders.get(order.order_id)
    assert stored == order
    assert shop.commerce.price_again(order.order_id) == quote.priced
    assert shop.commerce.price_again(order.order_id).total_amount == order.total_amount
    told = explain(shop.commerce.shop.book, quote.priced.basket, quote.situation)
    assert shop.commerce.explain_again(order.order_id) == told
    return quote, order


def test_a_means_of_payment(database_url: str) -> None:
    """What is taken off for a transfer, and charged for cash, counts once it is chosen (C9)."""
    transfer = promotion("transfer", when=OneOf("payment", {"transfer"}))
    cash = Surcharge(surcharge_id="cash", when=OneOf("payment", {"cash"}), amount=250)
    with opened(database_url, transfer, surcharges=(cash,)) as shop:
        clara = shop.customer()
        prices = {None: "89.90", "transfer": "80.91", "cash": "92.40"}
        for payment, price in prices.items():
            request = request_for(shop, clara, DRESS, payment=payment)
            quote, order = placed(shop, request)
            assert (quote.total_amount, order.due_amount) == (euros(price), euros(price))
            assert (quote.situation.payment, order.payment) == (payment, payment)


def test_the_market_of_the_location_or_of_the_request(database_url: str) -> None:
    """Tax is that of where the goods are collected, unless the backend knows better."""
    here = priced_by(tax=TAXED)
    spain = attrs.evolve(
        here,
        locations=tuple(
            attrs.evolve(each, country="ES", region="CN") if each.location_id == GRAN_VIA else each
            for each in here.locations
        ),
    )
    with open_shop(database_url, spain) as shop:
        shop.stock(dress=9)
        clara = shop.customer()
        for said, rate in (
            ({}, 7),
            ({"region": "MD"}, 21),
            ({"country": "ES"}, 7),
            ({"country": "FR"}, 20),
        ):
            quote, order = placed(shop, request_for(shop, clara, DRESS, **said))
            tax = quote.priced.tax
            assert tax is not None
            assert list(tax.by_rate) == [Rate.percent(rate)]
            assert order.total_amount.minor == 8_990 + quote.priced.tax_minor
    with open_shop("memory:", here) as shop:
        shop.stock(dress=1)
        quote = shop.commerce.checkout.quote(request_for(shop, shop.customer(), DRESS))
        assert (quote.situation.country, quote.situation.region) == (None, None)


def test_a_location_is_in_a_country() -> None:
    """One that is written otherwise is refused when the shop opens, with its path."""
    shop = priced_by()
    places = (attrs.evolve(shop.locations[0], country="es"), *shop.locations[1:])
    with pytest.raises(InvalidConfiguration) as refused:
        Shop(attrs.evolve(shop, locations=places))
    assert refused.value.path == "$.locations[0].country"


def test_a_company_has_its_contract_and_its_exemption(database_url: str) -> None:
    """Whom a customer buys for decides their prices and tax, in every channel."""
    contract = PriceRow(price_list="list", sku=DRESS, amount=5_000, customer="acme")
    exactly = promotion("acme", when=OneOf("company", {"acme"}), on=OneOf("product", {"lino"}))
    with opened(database_url, exactly, rows=(contract,), tax=TAXED) as shop:
        clara = shop.customer()
        assert quoted(shop, clara, DRESS, SCARF) == euros("138.97")
        shop.commerce.customers.buys_for(clara.customer_id, "acme", tax_exempt=True)
        quote, order = placed(shop, request_for(shop, clara, DRESS, SCARF))
        assert quote.total_amount == euros("72.45")
        assert (quote.situation.company_id, quote.situation.tax_exempt) == ("acme", True)
        shop.commerce.customers.buys_for(clara.customer_id, None)
        assert shop.commerce.price_again(order.order_id).total_amount == euros("72.45")
        guest = attrs.evolve(request_for(shop, clara, DRESS, SCARF), customer_id=None)
        assert shop.commerce.checkout.quote(guest).total_amount == euros("138.97")


def test_an_exemption_that_ends_in_between_outdates_the_quote() -> None:
    """A quote without tax is not placed once tax is due."""
    with opened("memory:", tax=TAXED) as shop:
        clara = shop.customer()
        shop.commerce.customers.buys_for(clara.customer_id, None, tax_exempt=True)
        quote = shop.commerce.checkout.quote(request_for(shop, clara, DRESS))
        shop.commerce.customers.buys_for(clara.customer_id, None)
        with pytest.raises(QuoteOutdated) as refused:
            shop.commerce.checkout.place(quote)
        assert "due_amount" in refused.value.reasons[0].parameters["what"]


def test_a_line_on_a_subscription_plan(database_url: str) -> None:
    """A line on a plan costs what the plan says; the others do not (P14)."""
    monthly = PriceRow(price_list="list", sku=DRESS, amount=7_000, plan="monthly")
    with opened(database_url, rows=(monthly,)) as shop:
        clara = shop.customer()
        quote, _ = placed(shop, request_for(shop, clara, DRESS, SCARF, plans={DRESS: "monthly"}))
        assert quote.total_amount == euros("94.95")
        with pytest.raises(NotPriced):
            quoted(shop, clara, SCARF, plans={SCARF: "monthly"})
        with pytest.raises(InvalidValue) as refused:
            quoted(shop, clara, SCARF, plans={"GHOST": "monthly"})
        assert refused.value.field == "plans"


def test_what_staff_take_off(database_url: str) -> None:
    """A staff discount from a till lowers its line after all promotions, and returns know it."""
    discounts = (
        ManualDiscount(
            discount_id="1", by="marta", why="a scratch", rate=Rate.percent(50), line_id=DRESS
        ),
        ManualDiscount(
            discount_id="2", by="marta", why="late", amount=euros("1.00"), line_id=SCARF
        ),
    )
    with opened(database_url, promotion("ten")) as shop:
        request = request_for(
            shop, shop.customer(), DRESS, SCARF, channel=TILL, discounts=discounts
        )
        quote, order = placed(shop, request)
        assert quote.total_amount == euros("64.40")
        line = order.line(DRESS)
        assert line is not None
        assert [each.promotion_id for each in line.adjustments] == ["ten", "manual:1"]
        assert order.uses == ()
        with pytest.raises(InvalidValue) as refused:
            quoted(shop, shop.customer(), SCARF, channel=TILL, discounts=discounts)
        assert refused.value.field == "discounts"


def test_promised_prices(database_url: str) -> None:
    """A promised price counts until it ends, and the order keeps it for ever."""
    lock = PriceLock(DRESS, 6_000, until=MONDAY + timedelta(minutes=10), source="quote:Q-17")
    with opened(database_url, promotion("ten")) as shop:
        clara = shop.customer()
        request = request_for(shop, clara, DRESS, channel=TILL, locks=(lock,))
        quote, order = placed(shop, request)
        assert quote.total_amount == euros("54.00")
        late = shop.commerce.checkout.quote(
            request_for(shop, clara, DRESS, channel=TILL, locks=(lock,))
        )
        shop.clock.advance(timedelta(minutes=10))
        assert quoted(shop, clara, DRESS, channel=TILL, locks=(lock,)) == euros("80.91")
        with pytest.raises(QuoteOutdated):
            shop.commerce.checkout.place(late)
        assert shop.commerce.price_again(order.order_id).total_amount == euros("54.00")


def test_a_price_for_staff() -> None:
    """Only a till says that who acts is an employee, and then their prices count."""
    staff = promotion("staff", when=OneOf("role", {"staff"}))
    with opened("memory:", staff) as shop:
        clara = shop.customer()
        assert quoted(shop, clara, DRESS) == euros("89.90")
        assert quoted(shop, clara, DRESS, channel=TILL, role=Role.STAFF) == euros("80.91")


@pytest.mark.parametrize(
    "said",
    [
        {"discounts": (ManualDiscount(discount_id="1", by="me", why="?", rate=Rate.percent(99)),)},
        {"locks": (PriceLock(DRESS, 1),)},
        {"role": Role.STAFF},
        {"role": Role.ANONYMOUS},
    ],
)
@pytest.mark.parametrize("channel", ["web", "app", "phone", "marketplace"])
def test_only_a_till_is_taken_at_its_word(said: dict[str, Any], channel: str) -> None:
    """Discounts, promised prices and roles from anywhere else are refused, and so is the order."""
    with opened("memory:") as shop:
        clara = shop.customer()
        request = request_for(shop, clara, DRESS, channel=ChannelId(channel), **said)
        with pytest.raises(CheckoutRefused) as refused:
            shop.commerce.checkout.quote(request)
        assert [reason.code for reason in refused.value.reasons] == ["checkout.needs_till"]
        told = shop.commerce.checkout.quote(attrs.evolve(request, channel=TILL))
        smuggled = attrs.evolve(told, request=request)
        with pytest.raises(CheckoutRefused):
            shop.commerce.checkout.place(smuggled)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"payment": ""}, "payment"),
        ({"payment": 7}, "payment"),
        ({"country": "es"}, "country"),
        ({"country": "Spain"}, "country"),
        ({"region": " "}, "region"),
        ({"plans": {DRESS: ""}}, f"plans.{DRESS}"),
        ({"plans": {"": "monthly"}}, "plans"),
        ({"choices": {"gift": None}}, "choices.gift"),
    ],
)
def test_what_is_malformed_names_its_field(said: dict[str, Any], field: str) -> None:
    """A request is checked when it is made."""
    with opened("memory:") as shop:
        with pytest.raises(InvalidValue) as refused:
            request_for(shop, shop.customer(), DRESS, **said)
        assert refused.value.field == field


def earlier(shop: OpenShop, customer: Customer) -> tuple[PastOrder, ...]:
    """Ask the store for a customer's earlier orders."""
    return shop.commerce.store.run(lambda s: s.orders.past_of(customer.customer_id))


def test_earlier_orders_count(database_url: str) -> None:
    """A first order, a third one, and who cancels too often: completed ones are counted (C6)."""
    first = promotion("first", when=Not(AtLeast("history.orders", 1)))
    third = promotion("third", effect=_half(), when=AtLeast("history.orders", 2))
    fickle = promotion("fickle", effect=_half(), when=AtLeast("history.cancelled", 1))
    with opened(database_url, first, third, fickle) as shop:
        clara, lucia = shop.customer("Clara"), shop.customer("Lucia")
        assert earlier(shop, clara) == ()
        _, one = placed(shop, request_for(shop, clara, DRESS))
        assert one.total_amount == euros("80.91")
        assert quoted(shop, clara, DRESS) == euros("80.91")
        assert earlier(shop, clara) == (PastOrder(MONDAY, OrderStatus.PLACED),)
        stale = shop.commerce.checkout.quote(request_for(shop, clara, DRESS))
        shop.commerce.checkout.pay(one.order_id, token="card")
        pickup, code = shop.ready(one)
        shop.commerce.counter.hand_over(pickup.pickup_id, code, location_id=GRAN_VIA)
        with pytest.raises(QuoteOutdated):
            shop.commerce.checkout.place(stale)
        assert quoted(shop, clara, DRESS) == euros("89.90")
        assert quoted(shop, lucia, DRESS) == euros("80.91")
        collected(shop, clara, SCARF)
        quote, _ = placed(shop, request_for(shop, clara, DRESS))
        assert quote.total_amount == euros("44.95")
        assert quote.situation.history is not None
        assert quote.situation.history.placed_at == (MONDAY, MONDAY)
        other = shop.place(lucia, SCARF)
        shop.commerce.checkout.cancel(other.order_id, cause="?")
        assert [each.status for each in earlier(shop, lucia)] == [OrderStatus.CANCELLED]
        quote, _ = placed(shop, request_for(shop, lucia, DRESS))
        assert quote.total_amount == euros("40.45")
        guest = attrs.evolve(request_for(shop, clara, DRESS), customer_id=None)
        assert shop.commerce.checkout.quote(guest).total_amount == euros("80.91")


def _half() -> PercentOff:
    return PercentOff(Rate.percent(50))


@contextmanager
def statements(shop: OpenShop) -> Iterator[list[str]]:
    """List the statements that a shop's database is sent."""
    store = shop.commerce.store
    assert isinstance(store, SqlStore)
    seen: list[str] = []

    def see(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    sa.event.listen(store._engine, "before_cursor_execute", see)
    yield seen
    sa.event.remove(store._engine, "before_cursor_execute", see)


def test_nobody_pays_for_what_nobody_asks(sqlite_url: str) -> None:
    """History and gifts cost one question each, and only where something depends on them."""
    gift = promotion("gift", effect=Gift([SCARF]))
    loyal = promotion("loyal", when=AtLeast("history.orders", 1))
    with open_shop(sqlite_url) as shop:
        shop.stock(dress=9, scarf=9)
        clara = shop.customer()
        requests: dict[str, CheckoutRequest] = {
            sku: request_for(shop, clara, sku) for sku in (DRESS, SCARF)
        }

        def sent(sku: str, *promotions: Promotion) -> int:
            other = reopened(shop, offers(*promotions))
            with statements(other) as seen:
                other.commerce.checkout.quote(requests[sku])
            return len(seen)

        plain = sent(DRESS, promotion("ten"))
        assert sent(SCARF, gift) == plain
        assert sent(DRESS, gift) == plain + 1
        assert sent(DRESS, loyal) == plain + 1
        assert sent(DRESS, loyal, gift) == plain + 2
