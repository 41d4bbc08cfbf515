"""The shares of a line are those that pricing and tax tell of each of its units."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.checkout.line_shares import paid_for, shares_of
from omnicommerce.kernel.rate import Rate
from omnicommerce.orders.shares import Runs
from omnicommerce.pricing.basket import Basket, BasketLine, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.effects import AmountOff, PercentOff
from omnicommerce.pricing.model import PriceList, PriceRow, PricingConfiguration, ProductTraits
from omnicommerce.pricing.promotions import Promotion
from omnicommerce.pricing.tax.model import Jurisdiction, TaxConfiguration, TaxRate

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _each(runs: Runs) -> list[int]:
    return [each for count, each in runs for _ in range(count)]


@given(
    prices=st.lists(st.integers(0, 9_999), min_size=1, max_size=3),
    quantities=st.lists(st.integers(1, 9), min_size=3, max_size=3),
    off=st.tuples(st.integers(1, 90), st.integers(1, 900)),
    rate=st.integers(0, 30),
    includes_tax=st.booleans(),
)
def test_units_have_what_pricing_and_tax_tell_of_them(
    prices: list[int],
    quantities: list[int],
    off: tuple[int, int],
    rate: int,
    includes_tax: bool,  # noqa: FBT001 - drawn
) -> None:
    """Amount, adjustments, tax and what is paid, unit by unit, summing to the line (34, O4)."""
    skus = [f"SKU-{number}" for number in range(len(prices))]
    percent, amount = off
    book = PriceBook.compile(
        PricingConfiguration(
            currency="EUR",
            products=[ProductTraits(sku) for sku in skus],
            lists=[PriceList("shelf")],
            rows=[
                PriceRow(price_list="shelf", sku=sku, amount=price_)
                for sku, price_ in zip(skus, prices, strict=True)
            ],
            promotions=[
                Promotion(promotion_id="percent", effect=PercentOff(Rate.percent(percent))),
                Promotion(promotion_id="amount", effect=AmountOff(amount), priority=1),
            ],
            tax=TaxConfiguration(
                rates=(TaxRate(name="IVA", rate=Rate.percent(rate), country="ES"),),
                includes_tax=includes_tax,
                home=Jurisdiction("ES"),
            ),
        )
    )
    lines = [BasketLine(sku, sku, units) for sku, units in zip(skus, quantities, strict=False)]
    priced = price(book, Basket(lines), Situation(channel="web", at=NOON))
    for line in priced.lines:
        tax, shares = priced.line_tax(line.line_id), shares_of(priced, line.line_id)
        assert tax is not None
        paid = paid_for(priced, line.line_id)
        shares.require(
            units=line.quantity,
            amount=line.selling_minor,
            changes=[change.minor for change in line.adjustments],
            paid=paid,
            tax=tax.tax,
        )
        assert paid == tax.gross
        for unit in range(line.quantity):
            part = tax.part(unit, unit + 1, line.quantity)
            assert (_each(shares.taxes)[unit], _each(shares.paid)[unit]) == (part.tax, part.gross)
            assert _each(shares.amounts)[unit] == line.unit_amounts()[unit].minor
            told = [change.minor for change in line.unit_adjustments(unit)]
            assert [_each(runs)[unit] for runs in shares.adjustments] == told
    assert sum(paid_for(priced, line.line_id) for line in priced.lines) == priced.total_minor
