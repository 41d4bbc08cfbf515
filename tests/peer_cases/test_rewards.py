"""What the format says of rewards, with figures worked out by hand."""

from __future__ import annotations

import pytest

from tests.peer_cases.running import Verdict, run_case
from tests.peer_cases.written import case, line, off, one, promotion, shipping

REWARDS = {
    "a cap cuts a reward": one(off("percent", value="50", cap="7.00"), {"discount_total": "7.00"}),
    "each takes off every unit": one(
        off("fixed_amount", value="12.00", allocation="each"),
        {"line_discounts": {"a": "20.00", "b": "12.00"}},
    ),
    "each takes off so many units of a line": one(
        off("fixed_amount", value="1.00", allocation="each", max_quantity=1),
        {"line_discounts": {"a": "1.00", "b": "1.00"}},
    ),
    "per_line takes once off every line": one(
        off("fixed_amount", value="4.00", allocation="per_line"),
        {"line_discounts": {"a": "4.00", "b": "4.00"}},
    ),
    "across is split by the amounts": one(
        off("fixed_amount", value="5.00", allocation="across"),
        {"line_discounts": {"a": "2.00", "b": "3.00"}},
    ),
    "once takes off the cheapest unit": one(
        off("fixed_amount", value="12.00", allocation="once"),
        {"line_discounts": {"a": "10.00", "b": "0.00"}},
    ),
    "the cheapest units in all": one(
        off("percent", value="50", max_units=2, unit_order="cheapest_first"),
        {"line_discounts": {"a": "10.00", "b": "0.00"}},
    ),
    "a percentage over a hundred takes all": one(
        off("percent", value="150"), {"discount_total": "50.00"}
    ),
    "the order costs a price": one(
        off("fixed_price", "order", value="40.00"),
        {"discount_total": "10.00", "order_discount": "10.00"},
    ),
    "nothing where the order is cheaper": one(
        off("fixed_price", "order", value="60.00"), {"applied": [], "total": "50.00"}
    ),
    "the order with its shipping": one(
        off("percent", "order", value="10", scope="items_and_shipping"),
        {"discount_total": "6.00", "shipping_discounts": {"s1": "1.00"}},
        shipping=[shipping("10.00")],
    ),
    "bundles of one price": one(
        off("bundle_price", value="25.00", bundle_quantity=3, max_applications=None),
        {"discount_total": "25.00"},
    ),
    "bundles as often as allowed": case(
        line("a", 7, "10.00"),
        promotions=[
            promotion(off("bundle_price", value="15.00", bundle_quantity=2, max_applications=2))
        ],
        expect={"discount_total": "10.00"},
    ),
    "others are got for those bought": one(
        off(
            "buy_x_get_y",
            buy={"quantity": 1, "filter": {"products": ["b"]}},
            get={"quantity": 1, "filter": {"products": ["a"]}, "percent": "50", "partial": False},
            max_applications=None,
        ),
        {"line_discounts": {"a": "5.00", "b": "0.00"}},
    ),
    "all that is got must be there": one(
        off(
            "buy_x_get_y",
            buy={"quantity": 1, "filter": {"products": ["b"]}},
            get={"quantity": 3, "filter": {"products": ["a"]}, "percent": "100", "partial": False},
            max_applications=None,
        ),
        {"applied": []},
    ),
    "a part of what is got": one(
        off(
            "buy_x_get_y",
            buy={"quantity": 1, "filter": {"products": ["b"]}},
            get={"quantity": 3, "filter": {"products": ["a"]}, "percent": "100", "partial": True},
            max_applications=None,
        ),
        {"line_discounts": {"a": "20.00", "b": "0.00"}},
    ),
    "the cheapest units are free": case(
        line("a", 2, "10.00"),
        line("b", 2, "30.00"),
        promotions=[promotion(off("cheapest_free", max_applications=2))],
        expect={"line_discounts": {"a": "20.00", "b": "0.00"}},
    ),
    "groups span lines": one(
        off("quantity_group", value="1.00", group_size=3, group_reward="fixed_amount"),
        {"line_discounts": {"a": "2.00", "b": "1.00"}},
    ),
    "a group is not complete": one(
        off("quantity_group", value="1.00", group_size=4, group_reward="fixed_amount"),
        {"applied": []},
    ),
    "tiers of what is in groups": case(
        line("a", 5, "10.00"),
        promotions=[
            promotion(
                off(
                    "quantity_group",
                    group_size=2,
                    group_reward="tiered_percent",
                    base="10",
                    tiers=[{"from": "4", "value": "20"}, {"from": "5", "value": "30"}],
                    basis="matching_quantity",
                )
            )
        ],
        expect={"discount_total": "8.00"},
    ),
    "tiers by the subtotal": one(
        off(
            "tiered_percent",
            base="0",
            tiers=[{"from": "60.00", "value": "20"}, {"from": "50.00", "value": "10"}],
            basis="subtotal",
        ),
        {"discount_total": "5.00"},
    ),
    "tiers by the amount of each line": one(
        off(
            "tiered_amount",
            allocation="per_line",
            base="1.00",
            tiers=[{"from": "30.00", "value": "3.00"}],
            basis="line_amount",
        ),
        {"line_discounts": {"a": "1.00", "b": "3.00"}},
    ),
    "tiers by how many match": one(
        off(
            "tiered_percent",
            filter={"products": ["a"]},
            base="0",
            tiers=[{"from": "2", "value": "10"}, {"from": "3", "value": "50"}],
            basis="matching_quantity",
        ),
        {"line_discounts": {"a": "2.00", "b": "0.00"}},
    ),
    "the first unit and the further ones": case(
        line("a", 4, "10.00"),
        promotions=[
            promotion(off("first_then_additional", first="3.00", additional="1.00", max_items=3))
        ],
        expect={"discount_total": "5.00"},
    ),
    "free shipping by its method": case(
        shipping=[shipping("5.00"), shipping("7.00", id="s2", method="van")],
        promotions=[promotion(off("free_shipping", "shipping", filter={"methods": ["van"]}))],
        expect={"shipping_discounts": {"s1": "0.00", "s2": "7.00"}, "shipping_total": "5.00"},
    ),
    "an amount off every entry": case(
        shipping=[shipping("5.00"), shipping("1.00", id="s2")],
        promotions=[promotion(off("fixed_amount", "shipping", value="2.00", allocation="each"))],
        expect={"shipping_discounts": {"s1": "2.00", "s2": "1.00"}},
    ),
    "nothing where shipping is cheaper": case(
        shipping=[shipping("5.00")],
        promotions=[promotion(off("shipping_fixed_price", "shipping", value="6.00"))],
        expect={"shipping_total": "5.00", "applied": []},
    ),
    "a gift for half its price": one(
        off("gift", "order", gift={"sku": "g", "qty": 2, "unit_price": "4.00", "percent": "50"}),
        {
            "subtotal": "50.00",
            "total": "54.00",
            "gifts": [{"sku": "g", "qty": 2, "unit_price": "4.00", "discount": "4.00"}],
        },
    ),
    "a reward in another currency": one(
        off("percent", value="10", currency="EUR"),
        {"applied": [], "not_applied": {"p1": "currency_mismatch"}},
    ),
    "a reward of nothing": one(off("fixed_amount", value="0.00"), {"applied": []}),
    "no promotion reduces a fixed line": case(
        line("a", 1, "10.00", discountable=False),
        line("b", 1, "30.00"),
        promotions=[promotion(off("fixed_amount", "order", value="40.00", allocation="across"))],
        expect={"line_discounts": {"a": "0.00", "b": "30.00"}, "unit_discounts": {"b": "30.00"}},
    ),
}


@pytest.mark.parametrize("name", REWARDS)
def test_a_reward_gives_what_the_format_says(name: str) -> None:
    """Each sentence of the format, by a case whose figures follow from it."""
    assert Verdict.PASSED is run_case(REWARDS[name]).verdict
