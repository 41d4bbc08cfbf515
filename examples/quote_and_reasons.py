"""Promotions as data: what a basket costs, and why.

The prices come from JSON, as they would from a file or a database. Every promotion tells
its fate: it applied, another one beat it, or a condition is missing, with the figures.

Run it: ``python -m examples.quote_and_reasons``
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from omnicommerce import (
    Basket,
    BasketLine,
    Money,
    PriceBook,
    PricingConfiguration,
    Situation,
    explain,
    price,
)
from omnicommerce.i18n import explain_trace

PRICES: Final = """
{
  "currency": "EUR",
  "products": [
    {"sku": "DRESS", "facts": {"category": ["dress"]}},
    {"sku": "SCARF", "facts": {"category": ["accessory"]}}
  ],
  "lists": [{"list_id": "shelf"}],
  "rows": [
    {"price_list": "shelf", "sku": "DRESS", "amount": 8990},
    {"price_list": "shelf", "sku": "SCARF", "amount": 2495}
  ],
  "promotions": [
    {"promotion_id": "15% off dresses for the club", "exclusive": true, "priority": -1,
     "when": {"type": "one_of", "fact": "customer_class", "values": ["club"]},
     "on": {"type": "one_of", "fact": "category", "values": ["dress"]},
     "effect": {"type": "percent_off", "rate": "15%"}},
    {"promotion_id": "10% off dresses",
     "on": {"type": "one_of", "fact": "category", "values": ["dress"]},
     "effect": {"type": "percent_off", "rate": "10%"}},
    {"promotion_id": "3 scarves for 2",
     "on": {"type": "one_of", "fact": "category", "values": ["accessory"]},
     "effect": {"type": "buy_get", "buy": 2}}
  ]
}
"""


def main() -> None:
    """Price one basket for a member of the club and for somebody else."""
    book = PriceBook.compile(PricingConfiguration.load(json.loads(PRICES)))
    basket = Basket([BasketLine("1", "DRESS"), BasketLine("2", "SCARF", 2)])
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    totals = {}
    for who, classes in (("A member", {"club"}), ("A guest", set[str]())):
        situation = Situation(channel="web", at=at, customer_classes=classes)
        priced, trace = price(book, basket, situation), explain(book, basket, situation)
        totals[who] = priced.payable_amount
        print(f"{who} pays {priced.payable_amount} instead of {priced.base_amount}")
        print(explain_trace(trace, locale="en", detail="long", currency="EUR"), end="\n\n")
    assert totals["A member"] == Money.of("126.31", "EUR")
    assert totals["A guest"] == Money.of("130.81", "EUR")


if __name__ == "__main__":
    main()
