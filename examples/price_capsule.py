"""A price that travels: the web signs it, a till without a network honours it.

Clara prices her basket at home during a sale and shows the code in the shop. The till has
no network, and the sale has ended on its price book. What she pays is a declared policy.

Run it: ``python -m examples.price_capsule``
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs

from omnicommerce import (
    Basket,
    BasketLine,
    Money,
    PriceBook,
    PricingConfiguration,
    Situation,
    price,
)
from omnicommerce.pricing.capsule import open_capsule, seal
from omnicommerce.pricing.honour import CapsulePolicy, honour
from omnicommerce.pricing.sealed import CapsuleRefused
from omnicommerce.pricing.signing import KeyRing, SigningKey

KEYS = KeyRing([SigningKey("2026-11", bytes(range(32)))])  # a real one is random and secret
PRICES = PricingConfiguration.load(
    {
        "currency": "EUR",
        "products": [{"sku": "DRESS"}, {"sku": "SCARF"}],
        "lists": [{"list_id": "shelf"}],
        "rows": [
            {"price_list": "shelf", "sku": "DRESS", "amount": 8990},
            {"price_list": "shelf", "sku": "SCARF", "amount": 2495},
        ],
        "promotions": [
            {"promotion_id": "sale", "effect": {"type": "percent_off", "rate": "10%"}},
        ],
    }
)
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def main() -> None:
    """Seal a basket on the web, and bring it to a till."""
    web, till = PriceBook.compile(PRICES), PriceBook.compile(attrs.evolve(PRICES, promotions=[]))
    at_home = Basket([BasketLine("1", "DRESS"), BasketLine("2", "SCARF", 2)])
    online = Situation(channel="web", at=NOON)
    text = seal(price(web, at_home, online), online, key=KEYS.current, valid_for=timedelta(hours=2))
    print(f"The code has {len(text)} characters: {text[:40]}…")

    in_store = Situation(channel="store", at=NOON + timedelta(hours=1), location="gran-via")
    capsule = open_capsule(text, keys=KEYS, at=in_store.at)
    scanned = Basket([BasketLine("a", "SCARF"), BasketLine("b", "DRESS"), BasketLine("c", "SCARF")])
    for policy in CapsulePolicy:
        verdict = honour(capsule, scanned, in_store, book=till, policy=policy)
        print(f"{policy}: {verdict.outcome}, {verdict.payable_amount}")
    same = honour(capsule, scanned, in_store, book=web, policy=CapsulePolicy.REPRICE)
    print(f"with the prices of the web: {same.outcome}, {same.payable_amount}")
    assert same.payable_amount == Money.of("125.82", "EUR")

    forged = text[:60] + ("A" if text[60] != "A" else "B") + text[61:]
    for what, wrong, at in (
        ("a changed letter", forged, in_store.at),
        ("two hours later", text, NOON + timedelta(hours=2)),
    ):
        try:
            open_capsule(wrong, keys=KEYS, at=at)
        except CapsuleRefused as refused:
            print(f"{what}: {refused.reasons[0].code}")


if __name__ == "__main__":
    main()
