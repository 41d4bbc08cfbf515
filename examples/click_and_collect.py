"""Buy on the web, collect in the store, hand one thing back at the counter.

The first card is declined: nothing is lost, the next one pays the same order. The receipt
at the end is for a Spanish reader.

Run it: ``python -m examples.click_and_collect``
"""

from __future__ import annotations

from examples.alma import ALMA, GRAN_VIA, MONDAY, names, quote
from omnicommerce import (
    Commerce,
    GatewayVerdict,
    ManualClock,
    Money,
    PaymentDeclined,
    SequentialIds,
)
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.i18n import explain_error, receipt

OLD_CARD, NEW_CARD = "card_1", "card_2"


def main() -> None:
    """Tell the story of one order."""
    gateway, mailbox, clock = InProcessGateway(), Mailbox(), ManualClock(MONDAY)
    with Commerce.open(
        "memory:", ALMA, gateway=gateway, sender=mailbox, clock=clock, ids=SequentialIds()
    ) as shop:
        shop.inventory.receive_delivery({"DRESS-M": 1, "SCARF": 1}, GRAN_VIA, key="delivery-1")
        clara = shop.customers.register("Clara", "clara@example.com", locale="es-ES")
        order = shop.checkout.place(quote(shop, clara, "DRESS-M", "SCARF"))
        gateway.next_charge(GatewayVerdict.DECLINED, "the card has expired")
        try:
            shop.checkout.pay(order.order_id, token=OLD_CARD)
        except PaymentDeclined as refusal:
            print(explain_error(refusal, locale="en"))
        order = shop.checkout.pay(order.order_id, token=NEW_CARD)
        print(f"The order is {order.status}")

        (pickup,) = shop.counter.worklist(GRAN_VIA)
        pickup, code = shop.counter.ready(pickup.pickup_id)
        print(f"{mailbox.messages[-1].recipient} got the code {code}\n")
        done = shop.counter.hand_over(
            pickup.pickup_id, code, location_id=GRAN_VIA, declined={"SCARF": 1}
        )
        print(
            receipt(
                done.order,
                locale=clara.locale,
                zone=ALMA.time_zone,
                shop_name=ALMA.name,
                names=names("es"),
            )
        )
        assert done.refund_amount == Money.of("24.95", "EUR")
        assert list(gateway.returned.values()) == [done.refund_amount]
        assert shop.inventory.available("SCARF", GRAN_VIA).available == 1
        assert shop.inventory.available("DRESS-M", GRAN_VIA).available == 0


if __name__ == "__main__":
    main()
