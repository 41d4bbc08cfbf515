"""What the format says of several promotions and of limits, with figures worked out by hand."""

from __future__ import annotations

import pytest

from tests.peer_cases.running import Verdict, run_case
from tests.peer_cases.written import KNOWN, TEN, case, line, off, one, promotion, shipping

HALF = promotion(off("percent", value="50"), id="half", priority=20)
FIVE = promotion(off("fixed_amount", value="5.00", allocation="per_line"), id="five", priority=10)
TEN_OFF = promotion(
    off("fixed_amount", "order", value="10.00", allocation="across"), id="ten", priority=30
)
GIFT = promotion(
    off("gift", "order", gift={"sku": "g", "qty": 1, "unit_price": "11.00", "percent": "100"}),
    id="gift",
)
SET_OF_TWO = off("bundle_price", value="15.00", bundle_quantity=2, max_applications=1)

STACKING = {
    "the next works on what the one before left": one(
        TEN,
        {"line_totals": {"a": "5.00", "b": "10.00"}, "application_order": ["half", "five"]},
        promotions=[FIVE, HALF],
        stacking="compound",
    ),
    "each on the original amounts": one(
        TEN,
        {"line_totals": {"a": "5.00", "b": "10.00"}},
        promotions=[FIVE | {"priority": 30}, HALF],
        stacking="additive",
    ),
    "the best for each line": one(
        TEN,
        {"line_totals": {"a": "10.00", "b": "15.00"}, "not_applied": {"five": "better_promotion"}},
        promotions=[FIVE, HALF],
        stacking="best_only",
    ),
    "a line and the order do not compete": one(
        TEN,
        {"total": "15.00", "applied": ["half", "ten"]},
        promotions=[HALF, TEN_OFF],
        stacking="best_only",
    ),
    "a gift competes for the order": one(
        TEN,
        {"total": "50.00", "applied": ["gift"], "not_applied": {"ten": "better_promotion"}},
        promotions=[TEN_OFF, GIFT],
        stacking="best_only",
    ),
    "lines come before the order": one(
        TEN,
        {"total": "15.00", "by_promotion": {"half": {"total": "25.00"}, "ten": "10.00"}},
        promotions=[TEN_OFF, HALF],
    ),
    "tiers by the subtotal count what was there before": one(
        TEN,
        {"by_promotion": {"half": "25.00", "tiers": "5.00"}},
        promotions=[
            HALF,
            promotion(
                off(
                    "tiered_percent",
                    base="10",
                    tiers=[{"from": "50.00", "value": "20"}],
                    basis="subtotal",
                ),
                id="tiers",
            ),
        ],
    ),
    "an exclusive one leaves its units to nobody": one(
        TEN,
        {"line_totals": {"a": "10.00", "b": "25.00"}},
        promotions=[
            promotion(
                off("percent", value="50", filter={"products": ["a"]}),
                id="only",
                priority=20,
                exclusive=True,
            ),
            FIVE,
        ],
    ),
    "an exclusive one does not touch used units": one(
        TEN,
        {"applied": ["half"], "not_applied": {"only": "exclusive_conflict"}, "total": "25.00"},
        promotions=[HALF, promotion(TEN, id="only", exclusive=True)],
    ),
    "what does not combine stays alone": one(
        TEN,
        {"total": "25.00", "not_applied": {"five": "better_promotion"}},
        promotions=[HALF | {"combinable": False}, FIVE],
    ),
    "a gift that does not combine stays alone": one(
        TEN,
        {"total": "50.00", "not_applied": {"ten": "better_promotion"}},
        promotions=[GIFT | {"combinable": False, "priority": 50}, TEN_OFF],
    ),
    "a unit is part of one set only": case(
        line("a", 3, "10.00"),
        promotions=[promotion(SET_OF_TWO, id="s1"), promotion(SET_OF_TWO, id="s2")],
        expect={"discount_total": "5.00", "applied": ["s1"]},
    ),
    "what is for shipping comes before what is for both": case(
        shipping=[shipping("10.00")],
        promotions=[
            promotion(off("percent", "order", value="50", scope="items_and_shipping"), priority=9),
            promotion(off("fixed_amount", "shipping", value="4.00"), id="post"),
        ],
        expect={"shipping_total": "3.00"},
    ),
}

LIMITED = promotion(TEN, usage_limit=3, used=2)
LIMITS = {
    "a use is left": one(TEN, {"applied": ["p1"]}, promotions=[LIMITED]),
    "no use is left": one(TEN, {"applied": []}, promotions=[LIMITED | {"used": 3}]),
    "no use is there": one(TEN, {"applied": []}, promotions=[LIMITED | {"usage_limit": 0}]),
    "the customer has used it": one(
        TEN,
        {"not_applied": {"p1": "per_customer_limit"}},
        promotions=[promotion(TEN, per_customer_limit=1)],
        customer=KNOWN | {"uses": {"p1": 1}},
    ),
    "another customer has used it": one(
        TEN, {"applied": ["p1"]}, promotions=[promotion(TEN, per_customer_limit=1)], customer=KNOWN
    ),
    "the budget is spent": one(
        TEN,
        {"applied": [], "budget_used": {"p1": "0.00"}},
        promotions=[promotion(TEN, budget={"type": "spend", "limit": "9.00", "used": "9.00"})],
    ),
    "the budget of uses": one(
        TEN,
        {"applied": ["p1"], "budget_used": {"p1": "1"}},
        promotions=[promotion(TEN, budget={"type": "usage", "limit": "2", "used": "1"})],
    ),
    "money of the budget is used": one(
        TEN,
        {"budget_used": {"p1": "5.00"}},
        promotions=[promotion(TEN, budget={"type": "spend", "limit": "9.00", "used": "1.00"})],
    ),
    "it has not started": one(
        TEN,
        {"applied": []},
        promotions=[promotion(TEN, starts_at="2024-02-01T00:00:01Z")],
        at="2024-02-01T00:00:00Z",
    ),
    "its first instant": one(
        TEN,
        {"applied": ["p1"]},
        promotions=[promotion(TEN, starts_at="2024-02-01T00:00:00Z")],
        at="2024-02-01T00:00:00Z",
    ),
    "its last instant": one(
        TEN,
        {"applied": ["p1"]},
        promotions=[promotion(TEN, ends_at="2024-02-01T00:00:00Z")],
        at="2024-02-01T00:00:00Z",
    ),
    "it is over": one(
        TEN,
        {"applied": []},
        promotions=[promotion(TEN, ends_at="2024-01-31T23:59:59Z")],
        at="2024-02-01T00:00:00Z",
    ),
    "it is switched off": one(TEN, {"applied": []}, promotions=[promotion(TEN, active=False)]),
    "capitals of codes do not count": one(
        TEN, {"applied": ["p1"]}, promotions=[promotion(TEN, code="Save")], codes=["sAVE"]
    ),
    "capitals of codes count": one(
        TEN,
        {"applied": []},
        promotions=[promotion(TEN, code="Save")],
        codes=["sAVE"],
        options={"case_sensitive_codes": True},
    ),
    "two promotions with one code": one(
        TEN,
        {"applied": ["p1", "p2"]},
        promotions=[promotion(TEN, code="SAVE"), promotion(TEN, code="save", id="p2")],
        codes=["SAVE"],
    ),
    "automatic promotions are left out": one(
        TEN,
        {"applied": ["p2"], "not_applied": {"p1": "automatic_disabled"}},
        promotions=[promotion(TEN), promotion(TEN, code="SAVE", id="p2")],
        codes=["SAVE"],
        options={"automatic_promotions": False},
    ),
}


@pytest.mark.parametrize("name", STACKING)
def test_promotions_combine_as_the_format_says(name: str) -> None:
    """Each sentence of the format, by a case whose figures follow from it."""
    assert Verdict.PASSED is run_case(STACKING[name]).verdict


@pytest.mark.parametrize("name", LIMITS)
def test_limits_hold_as_the_format_says(name: str) -> None:
    """Each sentence of the format, by a case whose figures follow from it."""
    assert Verdict.PASSED is run_case(LIMITS[name]).verdict
