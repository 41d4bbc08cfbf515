"""Figures that the test suites of other engines assert, worked out by hand from their inputs."""

from __future__ import annotations

from typing import Any

import pytest

from omnicommerce.pricing.tax import Surcharge, TaxedAmount, surcharge_amounts, taxed
from tests.pricing.tax.make import amounts, place, rate

VENDURE = (rate(20, "standard"), rate(10, "reduced"), rate(0, "zero"))
TWO_TAXES = tuple(
    rate(percent, tax_class, name=name)
    for tax_class in ("standard", "reduced")
    for percent, name in ((4, "first"), ("4.5", "second"))
)
SALEOR = (rate(23, "standard"), rate(3, "low"))


class TestLines:
    """Lines with tax on top of their prices, in them, or some of each."""

    @pytest.mark.parametrize(
        ("percent", "minor", "net", "tax"),
        [
            (23, 5000, 4065, 935),
            (23, 1000, 813, 187),
            (21, 1777, 1469, 308),
            (10, 6666, 6060, 606),
            (11, 422, 380, 42),
            (5, 2555, 2433, 122),
            (7, 2000, 1869, 131),
            (19, 3000, 2521, 479),
            (9, 500, 459, 41),
            (5, 3000, 2857, 143),
        ],
    )
    def test_contained(self, percent: int, minor: int, net: int, tax: int) -> None:
        """Saleor's and Solidus' suites: tax contained in the price of a line."""
        where = place(rate(percent, "standard"))
        assert taxed(amounts(minor), place=where).total == (net, tax, minor)

    @pytest.mark.parametrize(
        ("percent", "minor", "tax"),
        [
            (23, 5000, 1150),
            (8, 15588, 1247),
            (13, 123400, 16042),
            (5, 3000, 150),
            (20, 31, 6),
            (20, 1999999800, 399999960),
        ],
    )
    def test_on_top(self, percent: int, minor: int, tax: int) -> None:
        """Saleor's, Solidus' and Vendure's suites: tax on top of the price of a line."""
        where = place(rate(percent, "standard"), includes_tax=False)
        assert taxed(amounts(minor), place=where).total == (minor, tax, minor + tax)

    def test_mixed(self) -> None:
        """Medusa, totals: 2 × 50.00 with 10% in it, and 2 × 50.00 with 10% on top."""
        items = [
            TaxedAmount("1", 10_000, "standard", 2, includes_tax=True),
            TaxedAmount("2", 10_000, "standard", 2, includes_tax=False),
        ]
        result = taxed(items, place=place(rate(10, "standard")))
        assert [item.tax for item in result.items] == [909, 1000]
        assert result.total == (19_091, 1909, 21_000)

    def test_two_taxes(self) -> None:
        """Vendure, order calculator: 4% and 4.5% on the same lines, each rounded."""
        items = [TaxedAmount("1", 2000, "standard", 2), TaxedAmount("2", 3499, "reduced")]
        result = taxed(items, place=place(*TWO_TAXES, includes_tax=False))
        assert result.total == (5499, 467, 5966)
        assert {str(one): tax for one, tax in result.by_rate.items()} == {"4%": 220, "4.5%": 247}

    def test_three_classes(self) -> None:
        """Vendure, order taxes: three classes summed by rate, one of them at 0%."""
        items = [TaxedAmount(one, 200, one, 2) for one in ("standard", "reduced", "zero")]
        result = taxed(items, place=place(*VENDURE, includes_tax=False))
        assert result.total == (600, 60, 660)
        expected = {"20%": 40, "10%": 20, "0%": 0}
        assert {str(one): tax for one, tax in result.by_rate.items()} == expected

    def test_no_such_class(self) -> None:
        """Solidus, taxation: a class without a rate is not taxed, nor is its shipment."""
        where = place(rate(20, "standard"), includes_tax=False)
        result = taxed(
            [TaxedAmount("1", 3000, "none")], [TaxedAmount("s", 1600, "none")], place=where
        )
        assert result.total == (4600, 0, 4600)


class TestDelivery:
    """Delivery beside items of other classes."""

    @pytest.mark.parametrize(
        ("includes_tax", "total"), [(False, (8000, 1240, 9240)), (True, (6978, 1022, 8000))]
    )
    def test_two_classes(self, includes_tax: bool, total: Any) -> None:  # noqa: FBT001 - a case
        """Saleor, checkout: 23% and 3%, delivery at the higher."""
        items = [*amounts(1000, 1000, 2000), TaxedAmount("4", 3000, "low")]
        where = place(*SALEOR, includes_tax=includes_tax)
        assert taxed(items, amounts(1000), place=where).total == total

    def test_contained(self) -> None:
        """Saleor, e2e: 17.77 and delivery of 6.66 with 21% in them."""
        result = taxed(amounts(1777), amounts(666), place=place(rate(21, "standard")))
        assert (result.total.gross, result.total.tax) == (2443, 424)
        assert result.delivery_total.tax == 116


class TestDiscounts:
    """Tax of what is left after promotions."""

    def test_voucher_on_prices_with_tax(self) -> None:
        """Saleor, checkout: 3 × 10.00 less 3.00, delivery 10.00, 23% in all of it."""
        result = taxed(amounts(2700), amounts(1000), place=place(rate(23, "standard")))
        assert result.total == (3008, 692, 3700)

    def test_all_off(self) -> None:
        """Solidus, Vendure: what is reduced to nothing has no tax."""
        where = place(rate(10, "standard"), includes_tax=False)
        assert taxed(amounts(0, 0, 0), place=where).total == (0, 0, 0)

    def test_amounts_off_with_tax_on_prices_without(self) -> None:
        """django-oscar: 5 × 4.00 with 20% on top less 5 × 2.25 with tax is 12.75."""
        where = place(rate(20, "standard"), includes_tax=False)
        items = [entry._replace(off_other_basis=225) for entry in amounts(*[400] * 5)]
        assert taxed(items, place=where).total.gross == 1275

    def test_an_amount_off_with_tax_lowers_the_gross_by_itself(self) -> None:
        """django-oscar: 10.00 with tax off 400.00 with 20% on top is exactly 10.00 of gross."""
        where = place(rate(20, "standard"), includes_tax=False)
        photo = TaxedAmount("photo", 40_000, "standard", off_other_basis=1000)
        assert taxed([photo], place=where).total.gross == 48_000 - 1000


class TestSurcharges:
    """Vendure, order calculator: surcharges of every basis and sign."""

    @pytest.mark.parametrize(
        ("includes_tax", "items", "charge", "net", "gross"),
        [
            (
                True,
                [TaxedAmount("1", 2000, "standard", 2), TaxedAmount("2", 3499, "reduced")],
                {"amount": 240, "tax_class": "none"},
                5088,
                5739,
            ),
            (False, amounts(1000), {"amount": 240, "tax_class": "standard"}, 1240, 1488),
            (True, amounts(1000), {"amount": -240, "tax_class": "standard"}, 633, 760),
            (
                False,
                amounts(1000),
                {"amount": -240, "tax_class": "standard", "includes_tax": True},
                800,
                960,
            ),
        ],
        ids=["untaxed", "taxed", "negative", "negative with tax"],
    )
    def test_surcharge(
        self,
        includes_tax: bool,  # noqa: FBT001 - a case
        items: list[TaxedAmount],
        charge: dict[str, Any],
        net: int,
        gross: int,
    ) -> None:
        """A surcharge takes part in the tax, in the basis of the shop or its own."""
        surcharge = Surcharge(surcharge_id="x", **charge)
        charges = surcharge_amounts([surcharge], {}, items=sum(entry.minor for entry in items))
        result = taxed(items, [], charges, place=place(*VENDURE, includes_tax=includes_tax))
        assert (result.total.net, result.total.gross) == (net, gross)
