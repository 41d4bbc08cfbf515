"""What the format says of conditions and filters, with figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.peer_cases.reading import Case
from tests.peer_cases.running import Verdict, run_case
from tests.peer_cases.written import EXCLUSIVE, INCLUSIVE, KNOWN, TEN, off, one, shipping


def met(condition: dict[str, Any], **more: Any) -> Case:
    """Return a case in which a condition holds."""
    return one(TEN, {"applied": ["p1"], "discount_total": "5.00"}, condition, **more)


def not_met(condition: dict[str, Any], **more: Any) -> Case:
    """Return a case in which a condition does not hold."""
    return one(TEN, {"applied": [], "not_applied": {"p1": "condition_not_met"}}, condition, **more)


def subtotal(operator: str, amount: str, **more: Any) -> dict[str, Any]:
    """Return the condition on what items are worth."""
    return {"type": "min_subtotal", "operator": operator, "amount": amount, **more}


CONDITIONS = {
    "at least": met(subtotal("gte", "50.00")),
    "more than": not_met(subtotal("gt", "50.00")),
    "more than, by a cent": met(subtotal("gt", "49.99")),
    "at most": met(subtotal("lte", "50.00")),
    "less than": not_met(subtotal("lt", "50.00")),
    "less than, by a cent": met(subtotal("lt", "50.01")),
    "exactly": met(subtotal("eq", "50.00")),
    "exactly, in another way": not_met(subtotal("eq", "50.005")),
    "only matching lines": not_met(subtotal("gte", "21.00", filter={"products": ["a"]})),
    "another currency": not_met(subtotal("gte", "1.00", currency="EUR")),
    "this currency": met(subtotal("gte", "1.00", currency="USD")),
    "items and shipping": met(
        {"type": "min_total", "operator": "eq", "amount": "60.00"}, shipping=[shipping("10.00")]
    ),
    "units": met({"type": "min_quantity", "quantity": 3}),
    "units of some": not_met({"type": "min_quantity", "quantity": 2, "filter": {"skus": ["b"]}}),
    "units of a line": met({"type": "min_line_quantity", "quantity": 2}),
    "units of no line": not_met({"type": "min_line_quantity", "quantity": 3}),
    "products": met({"type": "distinct_products", "count": 2}),
    "too few products": not_met({"type": "distinct_products", "count": 3}),
    "products of some": not_met(
        {"type": "distinct_products", "count": 2, "filter": {"categories": ["x"]}}
    ),
    "one of the products": met({"type": "contains", "products": ["a", "z"], "match": "any"}),
    "none of the products": not_met({"type": "contains", "products": ["a"], "match": "none"}),
    "every product": not_met({"type": "contains", "products": ["a", "z"], "match": "all"}),
    "only the products": met({"type": "contains", "products": ["a", "b"], "match": "only"}),
    "not only the products": not_met({"type": "contains", "products": ["a"], "match": "only"}),
    "an empty list": met({"type": "contains", "products": [], "match": "all"}),
    "a category": met({"type": "category", "categories": ["x"], "match": "any"}),
    "no category": not_met({"type": "category", "categories": ["x"], "match": "none"}),
    "only a category": not_met({"type": "category", "categories": ["x"], "match": "only"}),
    "an ancestor": met(
        {"type": "category", "categories": ["top"], "match": "any"},
        category_tree={"x": "middle", "middle": "top"},
    ),
    "one of the groups": met(
        {"type": "customer_group", "groups": ["b", "c"], "match": "any"}, customer=KNOWN
    ),
    "all of the groups": not_met(
        {"type": "customer_group", "groups": ["b", "c"], "match": "all"}, customer=KNOWN
    ),
    "signed in": met({"type": "logged_in"}, customer=KNOWN),
    "not signed in": not_met({"type": "logged_in"}),
    "staff": met({"type": "staff"}, customer=KNOWN | {"staff": True}),
    "no staff": not_met({"type": "staff"}, customer=KNOWN),
    "a first order": met({"type": "first_order"}, customer=KNOWN | {"first_order": True}),
    "no first order": not_met({"type": "first_order"}, customer=KNOWN),
    "the second order": met(
        {"type": "nth_order", "n": 2}, customer=KNOWN | {"completed_orders": 1}
    ),
    "the third order": not_met(
        {"type": "nth_order", "n": 2}, customer=KNOWN | {"completed_orders": 2}
    ),
    "an unknown customer's order": not_met({"type": "nth_order", "n": 1}),
    "long ago": met(
        {"type": "days_since_last_order", "min_days": 30},
        customer=KNOWN | {"completed_orders": 1, "days_since_last_order": 30},
    ),
    "not so long ago": not_met(
        {"type": "days_since_last_order", "min_days": 30},
        customer=KNOWN | {"completed_orders": 1, "days_since_last_order": 29},
    ),
    "never": not_met({"type": "days_since_last_order", "min_days": 0}, customer=KNOWN),
    "a shipping method": met(
        {"type": "shipping_method", "methods": ["post"]}, shipping=[shipping("1.00")]
    ),
    "another shipping method": not_met(
        {"type": "shipping_method", "methods": ["van"]}, shipping=[shipping("1.00")]
    ),
    "a country": met({"type": "country", "countries": ["PL"]}, customer=KNOWN | {"country": "PL"}),
    "no country": not_met({"type": "country", "countries": ["PL"]}, customer=KNOWN),
    "with tax": met(subtotal("gte", "60.00", with_tax=True), tax=EXCLUSIVE),
    "not enough with tax": not_met(subtotal("gte", "60.01", with_tax=True), tax=EXCLUSIVE),
    "without tax": met(subtotal("lte", "41.67", with_tax=False), tax=INCLUSIVE),
    "items and shipping with tax": met(
        {"type": "min_total", "operator": "eq", "amount": "72.00", "with_tax": True},
        tax=EXCLUSIVE,
        shipping=[shipping("10.00", tax_class="standard")],
    ),
}

FILTERS = {
    name: one(
        off("percent", value="10", filter=chosen),
        {"line_discounts": {"a": "2.00" if "a" in reduced else "0.00"}, "applied": applied},
    )
    for name, chosen, reduced, applied in (
        ("products", {"products": ["a", "z"]}, "a", ["p1"]),
        ("articles", {"skus": ["b"]}, "b", ["p1"]),
        ("categories", {"categories": ["x"]}, "a", ["p1"]),
        ("an attribute", {"attributes": {"color": "red"}}, "a", ["p1"]),
        ("one of the values", {"attributes": {"color": ["red", "blue"]}}, "a", ["p1"]),
        ("another value", {"attributes": {"color": ["blue"]}}, "", []),
        ("all keys must match", {"products": ["a"], "categories": ["y"]}, "", []),
        ("left out", {"exclude": {"products": ["a"]}}, "b", ["p1"]),
        ("all of what is left out", {"exclude": {"products": ["a"], "skus": ["b"]}}, "ab", ["p1"]),
    )
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_holds_when_the_format_says(name: str) -> None:
    """Each sentence of the format, by a case whose figures follow from it."""
    assert Verdict.PASSED is run_case(CONDITIONS[name]).verdict


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_matches_what_the_format_says(name: str) -> None:
    """Each sentence of the format, by a case whose figures follow from it."""
    assert Verdict.PASSED is run_case(FILTERS[name]).verdict
