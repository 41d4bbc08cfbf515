"""What comes back when only a part is kept: unit shares, and offers evaluated anew.

Three scarves for the price of two are returned one by one, and refund to the cent what was paid.
Then a scarf that was free with a dress: who brings the dress back and keeps the scarf pays for it
in a shop that evaluates offers anew, and does not in one that keeps the shares.

Run it: ``python -m examples.returns``
"""

from __future__ import annotations

from typing import Any, Final

from examples.alma import ALMA, GRAN_VIA, MONDAY, quote
from omnicommerce import Commerce, ManualClock, OrderId, SequentialIds, ShopConfiguration
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.orders.return_model import ReturnItem

CARD: Final = "card_1"
PROMOTIONS: Final = {
    "three-for-two": {
        "promotion_id": "three-for-two",
        "on": {"type": "one_of", "fact": "product", "values": ["lino"]},
        "effect": {"type": "buy_get", "buy": 2},
    },
    "scarf-gift": {
        "promotion_id": "scarf-gift",
        "on": {"type": "one_of", "fact": "product", "values": ["lino"]},
        "effect": {
            "type": "buy_get",
            "buy": 1,
            "bought": {"type": "one_of", "fact": "category", "values": ["dress"]},
        },
    },
}


def alma_with(promotion: str, returns: str) -> ShopConfiguration:
    """Return the shop with one promotion and a policy for returns."""
    data: dict[str, Any] = ALMA.dump()
    data["pricing"]["promotions"] = [PROMOTIONS[promotion]]
    data["policy"]["returns"] = {"policy": returns}
    return ShopConfiguration.load(data)


def tell(configuration: ShopConfiguration, *skus: str, back: tuple[str, ...]) -> list[str]:
    """Buy and collect, bring units back one after the other, and return the refunds."""
    gateway = InProcessGateway()
    with Commerce.open(
        "memory:",
        configuration,
        gateway=gateway,
        sender=Mailbox(),
        clock=ManualClock(MONDAY),
        ids=SequentialIds(),
    ) as shop:
        clara = shop.customers.register("Clara", "clara@example.com")
        for sku in skus:
            shop.inventory.receive(sku, GRAN_VIA, 1, key=shop.ids.new("delivery"))
        order = shop.checkout.place(quote(shop, clara, *skus))
        order = shop.checkout.pay(order.order_id, token=CARD)
        hand_over(shop, order.pickup_id or "")
        print(f"Clara pays {order.total_amount} for {', '.join(skus)}")
        refunds = [bring_back(shop, order.order_id, sku, number) for number, sku in enumerate(back)]
        assert list(gateway.returned.values()) == list(gateway.collected.values())
        assert shop.audit().is_clean
    return refunds


def hand_over(shop: Commerce, pickup_id: str) -> None:
    """Give everything to the customer."""
    _, code = shop.counter.ready(pickup_id)
    shop.counter.hand_over(pickup_id, code, location_id=GRAN_VIA)


def bring_back(shop: Commerce, order_id: OrderId, sku: str, number: int) -> str:
    """Return one unit."""
    outcome = shop.checkout.return_items(
        order_id, [ReturnItem(sku, 1)], reason="did not fit", key=f"return-{number}"
    )
    print(f"  brings back {sku}: {outcome.record.amount}")
    return str(outcome.record.amount)


def main() -> None:
    """Return the same goods under two policies."""
    scarves = ("SCARF",) * 3
    refunds = tell(alma_with("three-for-two", "keep_shares"), *scarves, back=scarves)
    assert refunds == ["16.64 EUR", "16.63 EUR", "16.63 EUR"]

    outfit = ("DRESS-M", "SCARF")
    print("The shares are kept:")
    refunds = tell(alma_with("scarf-gift", "keep_shares"), *outfit, back=outfit)
    assert refunds == ["89.90 EUR", "0.00 EUR"]

    print("The offer is evaluated anew:")
    refunds = tell(alma_with("scarf-gift", "reevaluate"), *outfit, back=outfit)
    assert refunds == ["64.95 EUR", "24.95 EUR"]


if __name__ == "__main__":
    main()
