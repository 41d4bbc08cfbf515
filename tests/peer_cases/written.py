"""Cases written by hand: short ways to say what a case is."""

from __future__ import annotations

from typing import Any

from tests.peer_cases.reading import Case

__all__ = [
    "EXCLUSIVE",
    "INCLUSIVE",
    "KNOWN",
    "TEN",
    "case",
    "line",
    "off",
    "one",
    "promotion",
    "shipping",
]

EXCLUSIVE = {"mode": "exclusive", "rates": {"standard": "0.2", "low": "0.1"}}
INCLUSIVE = {"mode": "inclusive", "rates": {"standard": "0.2", "low": "0.1"}}
KNOWN = {"groups": ["a", "b"], "first_order": False, "logged_in": True}


def line(line_id: str, qty: int, unit_price: str | None, **more: Any) -> dict[str, Any]:
    """Return a line; product and article are named as the line is."""
    return {
        "id": line_id,
        "sku": line_id,
        "product": line_id,
        "categories": [],
        "attributes": {},
        "qty": qty,
        "unit_price": unit_price,
        "tax_class": "standard",
        **more,
    }


def shipping(price: str | None, **more: Any) -> dict[str, Any]:
    """Return a shipping entry."""
    return {"id": "s1", "method": "post", "price": price, **more}


def off(kind: str, target: str = "line", **more: Any) -> dict[str, Any]:
    """Return a reward."""
    empty: dict[str, Any] = {
        "filter": {},
        "value": None,
        "allocation": None,
        "max_quantity": None,
        "cap": None,
    }
    return {"type": kind, "target": target, **empty, **more}


def promotion(reward: dict[str, Any], *conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a promotion without code that everybody can use."""
    return {
        "id": "p1",
        "code": None,
        "priority": 0,
        "exclusive": False,
        "combinable": True,
        "usage_limit": None,
        "used": 0,
        "per_customer_limit": None,
        "budget": None,
        "conditions": list(conditions),
        "reward": reward,
        **more,
    }


def case(*lines: dict[str, Any], expect: dict[str, Any], **more: Any) -> Case:
    """Return a universal case without tax in a currency of two decimals."""
    return Case(
        {
            "id": "written-001",
            "from": "nowhere",
            "currency": "USD",
            "tax": {"mode": "none", "rates": {}},
            "lines": list(lines),
            "shipping": [],
            "customer": {"groups": [], "first_order": False},
            "codes": [],
            "promotions": [],
            "semantics": "",
            "universal": True,
            **more,
            "expect": expect,
        }
    )


TEN = off("percent", value="10")


def one(
    reward: dict[str, Any], expect: dict[str, Any], *conditions: dict[str, Any], **more: Any
) -> Case:
    """Return a case with 2 × 10.00 of one product, 30.00 of another, and one promotion."""
    return case(
        line("a", 2, "10.00", categories=["x"], attributes={"color": "red"}),
        line("b", 1, "30.00", categories=["y"]),
        expect=expect,
        **{"promotions": [promotion(reward, *conditions)], **more},
    )
