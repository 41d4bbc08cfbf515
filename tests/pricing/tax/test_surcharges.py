"""Surcharges: fees and allowances that no promotion lowers, taxed like the rest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.tax import (
    Surcharge,
    SurchargeBase,
    TaxedAmount,
    check_surcharges,
    surcharge_amounts,
    taxed,
)
from tests.pricing.tax.make import place, rate


def due(*surcharges: Surcharge, items: int = 1000, **options: Any) -> dict[str, int]:
    """Return what each surcharge comes to."""
    facts = options.pop("facts", {})
    charged = surcharge_amounts(surcharges, facts, items=items, **options)
    return {charge.key: charge.minor for charge in charged}


def fee(name: str, amount: int | None = None, **options: Any) -> Surcharge:
    """Return a surcharge."""
    return Surcharge(surcharge_id=name, amount=amount, **options)


class TestAmounts:
    """What is due, and how much."""

    def test_amount_and_rate(self) -> None:
        """A fixed amount, a share of the items, and a share of items and delivery."""
        both = SurchargeBase.ITEMS_AND_DELIVERY
        charged = due(
            fee("wrap", 240),
            fee("card", rate=Rate.percent("1.5")),
            fee("island", rate=Rate.percent(10), base=both),
            delivery=500,
        )
        assert charged == {"wrap": 240, "card": 15, "island": 150}

    def test_only_when_its_condition_holds(self) -> None:
        """A surcharge is for the situations that it names."""
        card = fee("card", 50, when=OneOf("payment", {"card"}))
        assert due(card) == {}
        assert due(card, facts={"payment": frozenset({"card"})}) == {"card": 50}

    @given(st.lists(st.integers(-2000, 2000), max_size=5), st.integers(0, 2000))
    def test_the_total_never_falls_below_zero(self, sizes: list[int], items: int) -> None:
        """Pricing 11: allowances take what there is, the smaller id first, and no more."""
        charged = due(*(fee(f"{n}", size) for n, size in enumerate(sizes)), items=items)
        assert items + sum(charged.values()) >= 0
        for number, size in enumerate(sizes):
            assert charged[f"{number}"] == size if size >= 0 else size <= charged[f"{number}"] <= 0

    def test_order_of_storage(self) -> None:
        """Pricing 20: surcharges are taken by their ids, however they are stored."""
        some = [fee("b", -700), fee("a", -700), fee("c", 100)]
        assert due(*some) == due(*reversed(some)) == {"a": -700, "b": -400, "c": 100}


class TestTax:
    """Surcharges take part in the tax, and have a basis of their own if they say so."""

    def test_basis_of_its_own(self) -> None:
        """An allowance with tax on a basket without it lowers the gross by what it says."""
        where = place(rate(20, "standard"), includes_tax=False)
        charges = surcharge_amounts(
            [fee("late", -240, tax_class="standard", includes_tax=True)], {}, items=1000
        )
        result = taxed([TaxedAmount("1", 1000, "standard")], [], charges, place=where)
        assert result.surcharges_total == (-200, -40, -240)
        assert result.total == (800, 160, 960)

    def test_in_the_trace(self) -> None:
        """The trace tells each surcharge, then each tax with its base."""
        where = place(rate(20, "standard", name="VAT"))
        charges = surcharge_amounts([fee("wrap", 240, tax_class="standard")], {}, items=960)
        trace = taxed([TaxedAmount("1", 960, "standard")], [], charges, place=where).trace
        told = [(step.subject, step.reason.code, dict(step.reason.parameters)) for step in trace]
        assert told == [
            ("wrap", "surcharge.applied", {"amount": "2.40 EUR"}),
            ("VAT", "tax.rate", {"rate": "20%", "base": "10.00 EUR", "amount": "2.00 EUR"}),
        ]


class TestBadInput:
    """What has no size is refused."""

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({}, "either amount or rate"),
            ({"amount": 1, "rate": Rate.percent(1)}, "either amount or rate"),
            ({"amount": 1.5}, "whole minor units"),
            ({"amount": True}, "whole minor units"),
            ({"amount": 1, "surcharge_id": ""}, "printable"),
        ],
    )
    def test_surcharge(self, options: dict[str, Any], problem: str) -> None:
        """Neither amount nor rate, both, or an amount that is none."""
        with pytest.raises(InvalidValue, match=problem):
            Surcharge(**{"surcharge_id": "x", **options})

    def test_identity(self) -> None:
        """Two of one id are refused with the path of the second."""
        with pytest.raises(InvalidConfiguration) as caught:
            check_surcharges((fee("a", 1), fee("a", 2)))
        assert caught.value.path == "$.surcharges[1].surcharge_id"
