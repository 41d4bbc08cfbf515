"""The morning of the demo: one cart on two devices, then one cart of a guest and a member."""

from __future__ import annotations

from omnicommerce.cart.merge import MergeKind, MergePreview
from omnicommerce.cart.model import Cart
from omnicommerce.cart.service import Visitor
from omnicommerce.cli.demo_shop import DRESS, FRIEND_CODE, SCARF
from omnicommerce.cli.demo_stage import Stage
from omnicommerce.cli.demo_steps import Mark, Note, Place, Step
from omnicommerce.kernel.ids import ChannelId
from omnicommerce.kernel.reasons import Reason

__all__ = ["find_dress", "sign_in", "take_over"]


def find_dress(stage: Stage) -> tuple[Visitor, Step]:
    """Put the dress into a guest's cart on the phone; return the phone."""
    at = stage.at(8, 40)
    carts = stage.commerce.carts
    phone = Visitor(stage.commerce.ids.new("guest"), "phone")
    cart = carts.start(phone, ChannelId("app"))
    carts.add(cart.cart_id, DRESS, by=phone)
    cart = carts.apply_code(cart.cart_id, FRIEND_CODE, by=phone)
    priced = stage.priced(cart.state, "app")
    stage.check("the dress on the phone", [(DRESS, 1)], _content(cart))
    stage.check("the friend gave something", True, priced.selling_minor < priced.base_minor)
    figures = {"list": str(priced.base_amount), "total": str(priced.selling_amount)}
    return phone, Step(
        at=at,
        place=Place.PHONE,
        channel="app",
        who=stage.clara.name,
        says=Reason(
            "demo.found",
            {
                "shop": stage.commerce.shop.configuration.name,
                "name": stage.clara.name,
                "sku": DRESS,
                "code": FRIEND_CODE,
            },
        ),
        notes=(Note(Mark.PLAIN, Reason("demo.price_seen", figures)),),
    )


def take_over(stage: Stage, phone: Visitor) -> tuple[Visitor, Cart, Step]:
    """Open the phone's cart on the laptop by the code; return the laptop and the cart."""
    at = stage.at(13, 10)
    carts = stage.commerce.carts
    before = stage.require("the cart was kept", carts.open_of(phone.actor))
    laptop = Visitor(stage.commerce.ids.new("guest"), "laptop")
    code = carts.hand_over(before.cart_id, actor=phone.actor)
    cart = carts.take_over(code, actor=laptop.actor)
    app, web = stage.priced(before.state, "app"), stage.priced(cart.state, "web")
    stage.check("the same cart on the laptop", before.cart_id, cart.cart_id)
    stage.check("the same things in it", (_content(before), before.state.codes), _seen(cart))
    stage.check("the same price in app and web", app.payable_amount, web.payable_amount)
    prices = {"phone": str(app.payable_amount), "laptop": str(web.payable_amount)}
    return (
        laptop,
        cart,
        Step(
            at=at,
            place=Place.LAPTOP,
            channel="web",
            who=stage.clara.name,
            says=Reason("demo.taken_over", {"code": code}),
            notes=(
                Note(Mark.YES, Reason("demo.same_cart", {"sku": DRESS, "code": FRIEND_CODE})),
                Note(Mark.YES, Reason("demo.same_price", prices)),
            ),
        ),
    )


def sign_in(stage: Stage, laptop: Visitor, guests: Cart) -> tuple[Cart, Step]:
    """Preview what signing in does to the carts, then do it; return the one cart."""
    at = stage.at(13, 12)
    clara = stage.clara
    older = stage.require("an older cart", stage.commerce.carts.open_of(clara.customer_id))
    stage.check("what is in the older cart", [(DRESS, 1), (SCARF, 1)], _content(older))
    preview = _preview(stage, laptop, guests, older)
    kinds = [change.kind for change in preview.changes]
    wanted = [MergeKind.UNCHANGED, MergeKind.REPRICED, MergeKind.CODE_ADDED]
    stage.check("what the preview announces", wanted, kinds)
    merged = stage.commerce.sign_in.merge(
        guests.cart_id, guest=laptop.actor, customer=clara.customer_id
    )
    again = stage.commerce.sign_in.merge(
        guests.cart_id, guest=laptop.actor, customer=clara.customer_id
    )
    stage.check(
        "merged as announced", ([(DRESS, 1), (SCARF, 1)], (FRIEND_CODE,)), _seen(again.cart)
    )
    stage.check("merged once", merged.cart.state, again.cart.state)
    return merged.cart, Step(
        at=at,
        place=Place.LAPTOP,
        channel="web",
        who=clara.name,
        says=Reason("demo.signed_in", {"name": clara.name, "skus": [DRESS, SCARF]}),
        notes=(
            *(Note(Mark.PLAIN, change.reason) for change in preview.changes),
            Note(Mark.YES, Reason("demo.merged", {"skus": [DRESS, SCARF]})),
        ),
    )


def _preview(stage: Stage, laptop: Visitor, guests: Cart, older: Cart) -> MergePreview:
    """Ask what merging would do, prices included."""
    before = stage.priced(guests.state, "web")
    codes = {*guests.state.codes, *older.state.codes}
    after = stage.priced_lines(older.state.lines, codes, "web", stage.clara)
    preview = stage.commerce.sign_in.preview(
        guests.cart_id,
        guest=laptop.actor,
        customer=stage.clara.customer_id,
        prices_before={line.line_id: line.selling_amount for line in before.lines},
        prices_after={line.line_id: line.selling_amount for line in after.lines},
    )
    return stage.require("there are two carts to merge", preview)


def _content(cart: Cart) -> list[tuple[str, int]]:
    return sorted((line.sku, line.quantity) for line in cart.state.lines)


def _seen(cart: Cart) -> tuple[list[tuple[str, int]], tuple[str, ...]]:
    return _content(cart), cart.state.codes
