"""Taxes from an outside service: asked between units of work, paid, kept and given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest

from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.checkout.errors import QuoteOutdated
from omnicommerce.cli.demo_shop import DRESS, SCARF
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.orders.return_model import ReturnPolicy
from omnicommerce.pricing.effects import Gift
from omnicommerce.pricing.tax.errors import TaxUnavailable
from omnicommerce.pricing.tax.model import Jurisdiction, ServiceFailure, TaxConfiguration, TaxRate
from omnicommerce.pricing.tax.ports import TaxAnswer, TaxRequest
from omnicommerce.pricing.tax.result import RateShare
from tests.checkout.offers import bring_back, collected, euros, offers, promotion, request_for
from tests.shops import GRAN_VIA, OpenShop, open_shop

TEXAS = Jurisdiction("US", "TX")
STATE, CITY = Rate.percent("6.25"), Rate.percent("1.5")


@attrs.define
class Bureau:
    """A tax service that knows two taxes, counts its questions, and may be away."""

    asked: list[TaxRequest] = attrs.field(factory=list)
    is_away: bool = False
    open_units: int = 0

    def tax(self, request: TaxRequest) -> TaxAnswer:
        """Return both taxes of each amount, rounded half up."""
        assert self.open_units == 0, "asked inside a unit of work"
        if self.is_away:
            raise TaxUnavailable("no answer in time")
        self.asked.append(request)
        taxes = tuple(
            tuple(
                RateShare(name, rate, rate.of(each.minor, RoundingMode.HALF_UP))
                for name, rate in (("state", STATE), ("city", CITY))
            )
            for each in request.questions
        )
        return TaxAnswer(taxes, f"answer-{len(self.asked)}")


def taxed(
    *promotions: Any,
    failure: ServiceFailure = ServiceFailure.REFUSE,
    home: Jurisdiction | None = TEXAS,
    policy: ReturnPolicy = ReturnPolicy.KEEP_SHARES,
) -> ShopConfiguration:
    """Return a shop whose prices are without tax, with a table that says something else."""
    configuration = offers(*promotions, policy=policy)
    tax = TaxConfiguration(
        rates=(TaxRate(rate=Rate.percent(10)),),
        includes_tax=False,
        home=home,
        service_failure=failure,
    )
    return attrs.evolve(configuration, pricing=attrs.evolve(configuration.pricing, tax=tax))


@contextmanager
def opened(url: str, configuration: ShopConfiguration) -> Iterator[tuple[OpenShop, Bureau]]:
    """Open a shop with its tax service, which is told of every unit of work."""
    bureau = Bureau()
    with open_shop(url, configuration, tax_service=bureau) as shop:
        shop.stock(dress=9, scarf=9)
        store: Any = shop.commerce.store
        run = store.run

        def counted(work: Any) -> Any:
            bureau.open_units += 1
            try:
                return run(work)
            finally:
                bureau.open_units -= 1

        object.__setattr__(store, "run", counted)
        yield shop, bureau
        assert shop.commerce.audit().is_clean


def test_what_the_service_says_is_paid_and_kept(database_url: str) -> None:
    """It is asked once, for the quote; the order is placed, paid and priced again without it."""
    with opened(database_url, taxed(promotion("ten"))) as (shop, bureau):
        clara = shop.customer()
        checkout = shop.commerce.checkout
        quote = checkout.quote(request_for(shop, clara, DRESS, SCARF))
        (asked,) = bureau.asked
        assert [each.minor for each in asked.questions] == [8_091, 2_495]
        assert asked.buyer.destination == Jurisdiction("US", "TX")
        assert (asked.buyer.address, asked.buyer.customer_id) == (
            {"location": GRAN_VIA},
            clara.customer_id,
        )
        assert [line.tax_amount for line in quote.lines] == [euros("6.27"), euros("1.93")]
        assert (quote.total_amount, quote.due_amount) == (euros("114.06"), euros("114.06"))
        assert quote.points_to_earn == 114

        bureau.is_away = True
        order = checkout.place(quote)
        assert order.due_amount == euros("114.06")
        assert checkout.pay(order.order_id, token="card").points_earned == 114
        again = shop.commerce.price_again(order.order_id)
        assert (again, again.total_amount) == (quote.priced, order.total_amount)
        assert again.tax is not None
        assert (again.tax.reference, again.tax.by_rate) == ("answer-1", {CITY: 158, STATE: 662})
        assert len(bureau.asked) == 1


def test_another_basket_is_another_tax() -> None:
    """Once the basket would be priced otherwise, the quoted tax counts no longer."""
    with opened("memory:", taxed(promotion("once", limit_uses=1))) as (shop, _):
        checkout = shop.commerce.checkout
        quotes = [checkout.quote(request_for(shop, shop.customer(), DRESS)) for _ in range(2)]
        checkout.place(quotes[0])
        with pytest.raises(QuoteOutdated) as refused:
            checkout.place(quotes[1])
        assert "due_amount" in refused.value.reasons[0].parameters["what"]


@pytest.mark.parametrize("policy", list(ReturnPolicy))
def test_what_comes_back_is_refunded_with_its_tax(policy: ReturnPolicy) -> None:
    """Each unit refunds what it cost, outside tax included; nobody is asked again."""
    gift = promotion("gift", effect=Gift([SCARF], 1, Rate.percent(50)))
    with opened("memory:", taxed(gift, policy=policy)) as (shop, bureau):
        order = collected(shop, shop.customer(), DRESS, DRESS)
        assert order.total_amount == euros("207.18")
        bureau.is_away = True
        refunds = [
            bring_back(shop, order, line_id, key=str(number)).record.amount
            for number, line_id in enumerate((DRESS, "gift:gift", DRESS))
        ]
        assert refunds == [euros("96.87"), euros("13.44"), euros("96.87")]


def test_without_an_answer_there_is_no_quote() -> None:
    """Unless the shop's own rates may stand in: then they do, and say so."""
    with opened("memory:", taxed()) as (shop, bureau):
        bureau.is_away = True
        with pytest.raises(TaxUnavailable):
            shop.commerce.checkout.quote(request_for(shop, shop.customer(), DRESS))
    with opened("memory:", taxed(failure=ServiceFailure.TABLE)) as (shop, bureau):
        bureau.is_away = True
        checkout = shop.commerce.checkout
        quote = checkout.quote(request_for(shop, shop.customer(), DRESS))
        assert quote.total_amount == euros("98.89")
        tax = quote.priced.tax
        assert tax is not None
        assert [note.code for note in tax.notes] == ["tax.fallback"]
        bureau.is_away = False
        order = checkout.place(quote)
        assert shop.commerce.price_again(order.order_id).total_amount == order.total_amount
        assert bureau.asked == []


def test_a_service_is_told_the_country() -> None:
    """Of the request, else of the location or home; if nobody says one, it is not asked."""
    with opened("memory:", taxed(home=None)) as (shop, bureau):
        clara, checkout = shop.customer(), shop.commerce.checkout
        checkout.quote(request_for(shop, clara, DRESS, country="US", region="NY"))
        assert bureau.asked[0].buyer.destination == Jurisdiction("US", "NY")
        with pytest.raises(InvalidValue) as refused:
            checkout.quote(request_for(shop, clara, DRESS))
        assert (refused.value.field, len(bureau.asked)) == ("country", 1)


def test_a_shop_without_taxes_asks_nobody() -> None:
    """Where nothing is taxed a service has nothing to say."""
    with opened("memory:", offers()) as (shop, bureau):
        quote = shop.commerce.checkout.quote(request_for(shop, shop.customer(), DRESS))
        assert (quote.total_amount, bureau.asked) == (euros("89.90"), [])


def test_an_exemption_is_told_too() -> None:
    """The service learns that the buyer owes nothing, and decides."""
    with opened("memory:", taxed()) as (shop, bureau):
        clara = shop.customer()
        shop.commerce.customers.buys_for(clara.customer_id, None, tax_exempt=True)
        shop.commerce.checkout.quote(request_for(shop, clara, DRESS))
        assert len(bureau.asked[0].exemptions) == 1
