"""What the cases of other engines showed of amounts with and without tax: each was wrong once."""

from __future__ import annotations

import pytest

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AtLeast, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    AmountOff,
    Basket,
    BasketLine,
    Effect,
    PercentOff,
    PriceBook,
    PricedBasket,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Promotion,
    SelectionPolicy,
    Situation,
    price,
)
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.effects import FirstThenEach, Per, TotalPrice
from omnicommerce.pricing.promotions import Base, Stacking, StackingGroup, Target
from omnicommerce.pricing.tax import TaxConfiguration, TaxRate
from tests.pricing.shop import NOW

EUR = Currency.of("EUR")


def priced(
    *promotions: Promotion,
    with_tax: bool = False,
    meant: bool | None = None,
    policy: SelectionPolicy | None = None,
    stacking: Stacking | None = None,
    units: int = 1,
) -> PricedBasket:
    """Price tea at 10 % for 10.00 and a cup at 20 % for 4.00, sent for 5.00 at 20 %."""
    configuration = PricingConfiguration(
        currency="EUR",
        products=[ProductTraits("tea", tax_class="food"), ProductTraits("cup", tax_class="goods")],
        lists=[PriceList("shelf")],
        rows=[
            PriceRow(price_list="shelf", sku="tea", amount=1000),
            PriceRow(price_list="shelf", sku="cup", amount=400),
        ],
        promotions=promotions,
        stacking=stacking or Stacking(),
        tax=TaxConfiguration(
            rates=[
                TaxRate(rate=Rate.percent(10), tax_class="food"),
                TaxRate(rate=Rate.percent(20), tax_class="goods"),
            ],
            includes_tax=with_tax,
            discounts_include_tax=meant,
        ),
    )
    basket = Basket(
        [BasketLine("1", "tea", units), BasketLine("2", "cup", units)],
        delivery=[DeliveryLine("d", "post", Money(500, EUR), "goods")],
    )
    return price(
        PriceBook.compile(configuration),
        basket,
        Situation(channel="web", at=NOW),
        policy=policy,
    )


def off(effect: Effect, sku: str = "cup", **more: object) -> Promotion:
    """Return a promotion for one product."""
    fields: dict[str, object] = {"promotion_id": "off", "on": OneOf("sku", {sku}), **more}
    return Promotion(effect=effect, **fields)  # type: ignore[arg-type]  # fields by name


def gross(result: PricedBasket, line_id: str) -> int:
    """Return what a line costs with tax."""
    tax = result.line_tax(line_id)
    return 0 if tax is None else tax.gross


def test_an_amount_with_tax_lowers_the_price_with_tax_by_exactly_that() -> None:
    """4.80 less 2.25 is 2.55; worked out without tax it would be a cent less."""
    result = priced(off(AmountOff(225, includes_tax=True)))
    assert gross(result, "2") == 255
    assert result.total_minor == 1100 + 255 + 600


def test_an_amount_without_tax_lowers_the_price_without_tax_by_exactly_that() -> None:
    """10.00 with a tenth of tax is 9.09 without; less 1.00 it is 8.09."""
    result = priced(off(AmountOff(100, includes_tax=False), "tea"), with_tax=True)
    tax = result.line_tax("1")
    assert tax is not None
    assert (tax.net, tax.gross) == (809, 890)


def test_an_amount_as_entered_is_taken_as_it_is() -> None:
    """Where prices are without tax, an amount without tax needs no conversion."""
    result = priced(off(AmountOff(100, includes_tax=False)))
    assert result.line("2").selling_minor == 300
    assert result.discounts[0].meant == ()


@pytest.mark.parametrize(
    ("effect", "left"),
    [
        (AmountOff(100, Per.UNIT), 3 * 380),
        (AmountOff(100, Per.PRODUCT), 1340),
        (FirstThenEach(200, 100), 1040),
        (TotalPrice(1000), 1000),
    ],
)
def test_the_shop_can_mean_all_amounts_with_tax(effect: Effect, left: int) -> None:
    """Three cups cost 14.40 with tax."""
    assert gross(priced(off(effect), meant=True, units=3), "2") == left


def test_an_amount_over_several_tax_classes_is_split_with_tax() -> None:
    """15.80 with tax, less 1.58, is a tenth less of each."""
    result = priced(Promotion(promotion_id="all", effect=AmountOff(158)), meant=True)
    assert (gross(result, "1"), gross(result, "2")) == (990, 432)


def test_an_amount_with_tax_can_be_taken_from_delivery() -> None:
    """6.00 with tax less 1.55."""
    effect = AmountOff(155, includes_tax=True)
    result = priced(Promotion(promotion_id="post", effect=effect, target=Target.DELIVERY))
    assert result.tax is not None
    assert result.tax.delivery_total.gross == 445


def test_more_than_the_price_with_tax_leaves_nothing() -> None:
    """Nothing is left of the cup, and no tax."""
    result = priced(off(AmountOff(481, includes_tax=True)))
    assert (result.line("2").selling_minor, gross(result, "2")) == (0, 0)


def test_what_comes_later_still_can_take_all() -> None:
    """After an amount with tax, the whole rest leaves exactly nothing."""
    result = priced(
        off(AmountOff(225, includes_tax=True)),
        off(PercentOff(Rate.percent(100)), promotion_id="free", lane=1),
    )
    assert gross(result, "2") == 0


def test_an_amount_that_is_cut_is_cut_as_prices_are_entered() -> None:
    """A cap is in the shop's own basis: 1.00 off the price without tax."""
    result = priced(off(AmountOff(225, includes_tax=True), cap=100))
    assert result.line("2").selling_minor == 300
    assert gross(result, "2") == 360


def test_amounts_with_tax_compete_in_groups() -> None:
    """The winner of a group takes exactly what it says."""
    result = priced(
        off(AmountOff(225, includes_tax=True), group="best"),
        off(AmountOff(100), promotion_id="less", group="best"),
        stacking=Stacking(groups=[StackingGroup("best")]),
    )
    assert gross(result, "2") == 255


def test_an_amount_with_tax_of_prices_before_promotions() -> None:
    """Half off and 2.25 with tax, both of the original 4.00, leave 0.15 with tax."""
    result = priced(
        off(PercentOff(Rate.percent(50)), promotion_id="half", lane=0),
        off(AmountOff(225, includes_tax=True), base=Base.ORIGINAL, lane=1),
    )
    assert gross(result, "2") == 15


def test_the_best_choice_knows_which_product_an_amount_is_for() -> None:
    """Of products with different taxes each is converted by its own."""
    promotions = (
        off(AmountOff(225, includes_tax=True), exclusive=True),
        off(AmountOff(110, includes_tax=True), "tea", promotion_id="tea", exclusive=True),
    )
    result = priced(*promotions, policy=SelectionPolicy.BEST_FOR_CUSTOMER)
    assert result.line("1").selling_minor == 900
    assert result.line("2").selling_minor == 212


@pytest.mark.parametrize(("least", "applies"), [(2180, True), (2181, False)])
def test_a_condition_on_the_total_with_tax_counts_that_of_delivery(
    least: int,
    applies: bool,  # noqa: FBT001 - a parameter
) -> None:
    """11.00, 4.80 and 6.00 are 21.80 with tax."""
    promotion = Promotion(
        promotion_id="p", when=AtLeast("total.base.gross", least), effect=AmountOff(100)
    )
    assert bool(priced(promotion).uses) is applies
