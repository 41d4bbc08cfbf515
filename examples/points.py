"""The life of loyalty points: earned, waiting, spent, and given back.

Points earned today can be spent in 14 days and expire in 90. Points that come back with a
return are the old ones, not new ones: they expire on the day they would have anyway.

Run it: ``python -m examples.points``
"""

from __future__ import annotations

from datetime import timedelta

from examples.alma import ALMA, GRAN_VIA, MONDAY, quote
from omnicommerce import Commerce, Customer, ManualClock, PointsBalance, SequentialIds
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox

CARD = "card_1"


def buy(shop: Commerce, customer: Customer, sku: str, *, points: int = 0) -> str:
    """Buy one unit, and return the pick-up."""
    shop.inventory.receive(sku, GRAN_VIA, 1, key=f"delivery-{sku}")
    order = shop.checkout.place(quote(shop, customer, sku, points=points))
    order = shop.checkout.pay(order.order_id, token=CARD)
    assert order.pickup_id is not None
    print(f"Clara buys {sku} for {order.total_amount}, paying with {points} points")
    return order.pickup_id


def main() -> None:
    """Follow Clara's points for three months."""
    clock = ManualClock(MONDAY)
    gateway, mailbox = InProcessGateway(), Mailbox()
    with Commerce.open(
        "memory:", ALMA, gateway=gateway, sender=mailbox, clock=clock, ids=SequentialIds()
    ) as shop:
        clara = shop.customers.register("Clara", "clara@example.com")

        def show(event: str) -> PointsBalance:
            now = shop.loyalty.balance(clara.customer_id)
            print(f"  {event}: {now.available} to spend, {now.pending} waiting")
            return now

        buy(shop, clara, "DRESS-M")
        assert show("at once").pending == 80
        clock.advance(timedelta(days=14))
        assert show("14 days later").available == 80

        pickup_id = buy(shop, clara, "SCARF", points=80)
        after = show("at once")
        assert (after.available, after.pending) == (0, 20)
        _, code = shop.counter.ready(pickup_id)
        shop.counter.hand_over(pickup_id, code, location_id=GRAN_VIA, declined={"SCARF": 1})
        back = show("the scarf goes back")
        assert (back.available, back.pending) == (80, 0)

        clock.set(MONDAY + timedelta(days=90, seconds=-1))
        assert show("on the last day of the first points").available == 80
        clock.advance(timedelta(seconds=1))
        assert show("a second later").available == 0
        assert shop.audit().is_clean


if __name__ == "__main__":
    main()
