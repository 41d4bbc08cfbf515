"""One cart on the phone and on the laptop, also while neither has a network.

A guest's cart goes from phone to laptop by a short code. Both devices change it in a
tunnel; once their operations arrive, in whatever order and however often, the carts are
one again. Signing in then says what it would do before it does it.

Run it: ``python -m examples.two_devices``
"""

from __future__ import annotations

from examples.alma import ALMA, MONDAY, names
from omnicommerce import Cart, ChannelId, Commerce, ManualClock, SequentialIds, Sku, Visitor
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.cart.fold import fold
from omnicommerce.cart.operations import AddUnits, Operation, RemoveLine, Selection
from omnicommerce.i18n import render

PHONE = Visitor("guest_4f1c9a7b20d84e6f", "phone")
LAPTOP = Visitor("guest_c05d7e21b3a9468f", "laptop")


def content(cart: Cart) -> str:
    """Return what is in the cart, on one line."""
    return ", ".join(f"{line.quantity} × {line.sku}" for line in cart.state.lines)


def offline(by: Visitor, sequence: int, change: AddUnits | RemoveLine) -> Operation:
    """Return what a device writes down that has seen no more than the phone's first operation."""
    who = {"device": by.device, "actor": by.actor}
    return Operation(**who, sequence=sequence, at=MONDAY, seen={"phone": 1}, change=change)


def share(shop: Commerce) -> Cart:
    """Let both devices edit one cart offline, and return what it becomes."""
    cart_id = shop.carts.start(PHONE, ChannelId("app")).cart_id
    shop.carts.add(cart_id, "DRESS-M", by=PHONE)
    code = shop.carts.hand_over(cart_id, actor=PHONE.actor)
    cart = shop.carts.take_over(code, actor=LAPTOP.actor)
    print(f"The laptop opens the phone's cart by the code {code}: {content(cart)}")

    on_phone = [offline(PHONE, 2, AddUnits(Selection(Sku("SCARF")), 2))]
    on_laptop = [
        offline(LAPTOP, 1, RemoveLine("DRESS-M")),
        offline(LAPTOP, 2, AddUnits(Selection(Sku("SHOES-38")))),
    ]
    before = cart.operations
    assert fold([*before, *on_phone, *on_laptop]) == fold([*on_laptop, *on_phone, *before])
    shop.carts.synchronise(cart_id, on_laptop, actor=LAPTOP.actor)
    cart = shop.carts.synchronise(cart_id, on_phone, actor=PHONE.actor)
    assert cart.state == shop.carts.synchronise(cart_id, on_phone, actor=PHONE.actor).state
    print(f"Out of the tunnel, on both devices: {content(cart)}")
    return cart


def main() -> None:
    """Share a cart, then sign in to an account that has an older one."""
    gateway, mailbox, clock = InProcessGateway(), Mailbox(), ManualClock(MONDAY)
    with Commerce.open(
        "memory:", ALMA, gateway=gateway, sender=mailbox, clock=clock, ids=SequentialIds()
    ) as shop:
        clara = shop.customers.register("Clara", "clara@example.com").customer_id
        tablet = Visitor(clara, "tablet")
        older = shop.carts.start(tablet, ChannelId("web"))
        shop.carts.add(older.cart_id, "SCARF", by=tablet)
        cart = share(shop)
        preview = shop.sign_in.preview(cart.cart_id, guest=PHONE.actor, customer=clara)
        assert preview is not None
        print("If you sign in:")
        for change in preview.changes:
            print(" ", render(change.reason, locale="en", names=names("en")))
        merged = shop.sign_in.merge(cart.cart_id, guest=PHONE.actor, customer=clara).cart
        print(f"Clara's cart: {content(merged)}")
        assert merged.cart_id == older.cart_id
        assert content(merged) == "2 × SCARF, 1 × SHOES-38"


if __name__ == "__main__":
    main()
