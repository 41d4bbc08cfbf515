"""What the format says of prices, shipping and tax, with figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.peer_cases.reading import Case
from tests.peer_cases.running import Verdict, run_case
from tests.peer_cases.written import (
    EXCLUSIVE,
    INCLUSIVE,
    TEN,
    case,
    line,
    off,
    one,
    promotion,
    shipping,
)


def sent(rate: dict[str, Any], price: str, *lines: dict[str, Any]) -> Case:
    """Return a case that is sent by a rate."""
    return case(*lines, shipping=[shipping(None, rate=rate)], expect={"shipping_total": price})


SHIPPING = {
    "flat": sent({"type": "flat", "amount": "4.00"}, "4.00", line("a", 3, "1.00")),
    "per unit": sent({"type": "per_unit", "amount": "4.00"}, "12.00", line("a", 3, "1.00")),
    "units that need no shipping": sent(
        {"type": "per_unit", "amount": "4.00"},
        "8.00",
        line("a", 2, "1.00"),
        line("b", 5, "1.00", requires_shipping=False),
    ),
    "every third unit starts anew": sent(
        {
            "type": "first_then_additional",
            "first": "5.00",
            "additional": "1.00",
            "restart_every": 3,
        },
        "19.00",
        line("a", 7, "1.00"),
    ),
    "below the threshold": sent(
        {"type": "threshold", "below": "5.00", "from": "20.00", "at_or_above": "1.00"},
        "5.00",
        line("a", 1, "19.99"),
    ),
    "at the threshold": sent(
        {"type": "threshold", "below": "5.00", "from": "20.00", "at_or_above": "1.00"},
        "1.00",
        line("a", 2, "10.00"),
    ),
    "a share of the items": sent(
        {"type": "percent_of_items", "percent": "12.5"}, "2.50", line("a", 2, "10.00")
    ),
    "a base and units": sent(
        {"type": "base_plus_per_unit", "base": "3.00", "per_unit": "0.50"},
        "4.50",
        line("a", 3, "1.00"),
    ),
}
BANDS = {
    "type": "weight_bands",
    "bands": [{"up_to": "2", "price": "6.00"}, {"up_to": "0.5", "price": "2.00"}],
}
for weight, price in (
    ("0.5", "2.00"),
    ("0.501", "6.00"),
    ("2", "6.00"),
    ("2.2", "8.00"),
    ("4", "12.00"),
):
    SHIPPING[f"a weight of {weight}"] = sent(BANDS, price, line("a", 1, "1.00", weight=weight))

PRICES = {
    "a price for the whole line": case(
        line("a", 3, None, line_total="10.00"),
        expect={"subtotal": "10.00", "unit_prices": {"a": "3.33"}},
    ),
    "a price with a part of a cent": case(
        line("a", 3, "1.335"), expect={"subtotal": "4.01", "line_totals": {"a": "4.01"}}
    ),
    "a currency without decimals": case(
        line("a", 1, "15.00"),
        currency="JPY",
        promotions=[promotion(TEN)],
        expect={"discount_total": "2.00", "total": "13.00"},
    ),
    "the highest tier that holds": case(
        line(
            "a",
            100,
            None,
            price_tiers=[
                {"min_quantity": 1, "price": "9.00"},
                {"min_quantity": 10, "max_quantity": 100, "price": "8.00"},
                {"min_quantity": 100, "price": "7.00"},
            ],
        ),
        expect={"unit_prices": {"a": "7.00"}, "subtotal": "700.00"},
    ),
    "a tier that no longer holds": case(
        line(
            "a",
            11,
            None,
            price_tiers=[
                {"min_quantity": 1, "price": "9.00"},
                {"min_quantity": 5, "max_quantity": 10, "price": "8.00"},
            ],
        ),
        expect={"subtotal": "99.00"},
    ),
    "a quantity of none": case(
        line("a", 0, "10.00"),
        line("b", 1, "3.00"),
        expect={"subtotal": "3.00", "line_totals": {"a": "0.00"}, "line_gross": {"a": "0.00"}},
    ),
    "lines of one product are one product": case(
        line("a", 1, "10.00", product="p"),
        line("b", 1, "10.00", product="p"),
        line("c", 1, "10.00"),
        promotions=[
            promotion(TEN, {"type": "distinct_products", "count": 3}),
            promotion(TEN, {"type": "distinct_products", "count": 2}, id="p2"),
        ],
        expect={"applied": ["p2"], "not_applied": {"p1": "condition_not_met"}},
    ),
}

TAXES = {
    "tax on what is left": one(
        TEN,
        {
            "discount_net": "5.00",
            "discount_gross": "6.00",
            "subtotal_net": "45.00",
            "subtotal_gross": "54.00",
            "total_net": "45.00",
            "total_gross": "54.00",
            "line_net": {"a": "18.00"},
            "line_tax": {"a": "3.60"},
            "line_gross": {"a": "21.60"},
        },
        tax=EXCLUSIVE,
    ),
    "tax within prices": one(
        TEN, {"total": "45.00", "tax_total": "7.50", "discount_net": "4.17"}, tax=INCLUSIVE
    ),
    "shipping at the average rate of the lines": case(
        line("a", 1, "10.00"),
        line("b", 1, "30.00", tax_class="low"),
        tax=EXCLUSIVE,
        shipping=[shipping("8.00", tax_class="weighted_by_lines")],
        expect={"shipping_net": "8.00", "shipping_tax": "1.00", "shipping_gross": "9.00"},
    ),
    "shipping that says that its price holds tax": case(
        tax=EXCLUSIVE,
        shipping=[shipping("12.00", tax_class="standard", tax_inclusive=True)],
        expect={"shipping_net": "10.00", "total": "12.00"},
    ),
    "an amount with tax off prices without": case(
        line("a", 1, "4.00"),
        tax=EXCLUSIVE,
        promotions=[promotion(off("fixed_amount", value="2.25", value_includes_tax=True))],
        expect={"discount_gross": "2.25", "total": "2.55"},
    ),
    "an amount without tax off prices with": case(
        line("a", 1, "12.00"),
        tax=INCLUSIVE,
        promotions=[promotion(off("fixed_amount", value="1.00", value_includes_tax=False))],
        expect={"discount_net": "1.00", "total": "10.80"},
    ),
    "a price with tax for prices without": case(
        line("a", 2, "10.00"),
        tax=EXCLUSIVE,
        promotions=[promotion(off("fixed_price", "order", value="18.00", value_includes_tax=True))],
        expect={"total": "18.00", "discount_gross": "6.00"},
    ),
    "a surcharge is never reduced": one(
        off("percent", "order", value="100"),
        {"surcharge_total": "2.00", "total": "2.40", "tax_by_rate": {"0.2": "0.40", "0.1": "0.00"}},
        tax=EXCLUSIVE,
        surcharges=[{"id": "x", "price": "2.00", "tax_class": "standard"}],
    ),
    "a surcharge on items and shipping": one(
        TEN,
        {"surcharge_total": "5.50", "total": "60.50"},
        shipping=[shipping("10.00")],
        surcharges=[{"id": "x", "percent": "10", "base": "items_and_shipping"}],
    ),
    "gift cards pay": one(
        TEN,
        {"total": "45.00", "remaining_to_pay": "10.00"},
        gift_cards=[{"id": "g1", "balance": "20.00"}, {"id": "g2", "balance": "15.00"}],
    ),
    "gift cards never pay too much": one(
        TEN,
        {"total": "45.00", "remaining_to_pay": "0.00"},
        gift_cards=[{"id": "g1", "balance": "200.00"}],
    ),
}


@pytest.mark.parametrize("name", SHIPPING)
def test_shipping_costs_what_the_format_says(name: str) -> None:
    """Each sentence of the format, by a case whose figures follow from it."""
    assert Verdict.PASSED is run_case(SHIPPING[name]).verdict


@pytest.mark.parametrize("name", PRICES)
def test_prices_are_what_the_format_says(name: str) -> None:
    """Each sentence of the format, by a case whose figures follow from it."""
    assert Verdict.PASSED is run_case(PRICES[name]).verdict


@pytest.mark.parametrize("name", TAXES)
def test_taxes_are_what_the_format_says(name: str) -> None:
    """Each sentence of the format, by a case whose figures follow from it."""
    assert Verdict.PASSED is run_case(TAXES[name]).verdict
