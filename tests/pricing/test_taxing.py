"""Tax and surcharges of a priced basket."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AtLeast, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    PercentOff,
    PriceBook,
    PricedBasket,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    Situation,
    price,
)
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.promotions import Target
from omnicommerce.pricing.tax import Surcharge, TaxConfiguration, TaxRate

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def priced(
    *promotions: Promotion,
    includes_tax: bool = False,
    exempt: bool = False,
    lines: tuple[BasketLine, ...] = (BasketLine("1", "tea", 2), BasketLine("2", "cup")),
) -> PricedBasket:
    """Price tea at 10 % and a cup at 20 %, with delivery and a card fee."""
    configuration = PricingConfiguration(
        currency="EUR",
        products=[ProductTraits("tea", tax_class="food"), ProductTraits("cup", tax_class="goods")],
        lists=[PriceList("shelf")],
        rows=[
            PriceRow(price_list="shelf", sku="tea", amount=1000),
            PriceRow(price_list="shelf", sku="cup", amount=2000),
        ],
        promotions=promotions,
        tax=TaxConfiguration(
            rates=[
                TaxRate(rate=Rate.percent(10), tax_class="food"),
                TaxRate(rate=Rate.percent(20), tax_class="goods"),
            ],
            includes_tax=includes_tax,
        ),
        surcharges=[
            Surcharge(
                surcharge_id="card",
                amount=100,
                when=OneOf("payment", {"card"}),
                tax_class="goods",
            )
        ],
    )
    basket = Basket(
        lines, delivery=[DeliveryLine("d", "post", Money(500, Currency.of("EUR")), "goods")]
    )
    situation = Situation(channel="web", at=NOW, payment="card", tax_exempt=exempt)
    return price(PriceBook.compile(configuration), basket, situation)


def test_tax_comes_on_top_of_prices_without_tax() -> None:
    """20.00 at 10 %, and 20.00, 5.00 and 1.00 at 20 %."""
    result = priced()
    assert (result.selling_minor, result.tax_minor) == (4000, 200 + 520)
    assert result.payable_minor == 4000 + 500 + 100 + 720


def test_tax_is_within_prices_with_tax() -> None:
    """What is paid is what the shelf says, whatever part of it is tax."""
    result = priced(includes_tax=True)
    assert result.payable_minor == 4600
    assert result.tax_minor == 182 + 333 + 83 + 17


def test_tax_is_on_what_promotions_leave() -> None:
    """Half off everything halves the tax of the items."""
    half = Promotion(promotion_id="half", effect=PercentOff(Rate.percent(50)))
    assert priced(half).tax_minor == 100 + 200 + 120


def test_all_free_is_exactly_nothing() -> None:
    """Pricing 14: 100 % off leaves no cent, tax included, in either mode."""
    free = Promotion(
        promotion_id="free",
        effect=PercentOff(Rate.percent(100)),
        target=Target.ITEMS_AND_DELIVERY,
    )
    assert priced(free).total_minor == 120
    assert priced(free, includes_tax=True).total_minor == 100


@pytest.mark.parametrize("includes_tax", [True, False])
def test_an_exempt_buyer_pays_no_tax(includes_tax: bool) -> None:  # noqa: FBT001 - a parameter
    """Net amounts are paid where prices hold tax, too."""
    result = priced(includes_tax=includes_tax, exempt=True)
    assert result.tax_minor == 0
    assert result.total_minor == (4600 - 182 - 333 - 83 - 17 if includes_tax else 4600)


def test_lines_of_one_product_share_its_tax_exactly() -> None:
    """Pricing 9: however units are spread over lines, net and tax sum to the product's."""
    lines = (BasketLine("1", "tea"), BasketLine("2", "tea", 2), BasketLine("3", "cup"))
    result = priced(lines=lines)
    taxes = [result.line_tax(line.line_id) for line in lines]
    assert [tax.tax for tax in taxes if tax] == [100, 200, 400]
    assert all(tax.net + tax.tax == tax.gross for tax in taxes if tax)


def test_conditions_can_ask_for_amounts_with_tax() -> None:
    """46.00 without tax are 46.00 and the tax on top: the items alone cost 46.00 with tax."""
    reached = Promotion(
        promotion_id="p", when=AtLeast("spend.base.gross", 4600), effect=AmountOff(100)
    )
    missed = Promotion(
        promotion_id="q", when=AtLeast("spend.base.gross", 4601), effect=AmountOff(100)
    )
    assert [item.promotion_id for item in priced(reached, missed).discounts] == ["p"]
