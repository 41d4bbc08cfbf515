"""A small shop as a web service: FastAPI, one event loop, and no thread that waits.

Sixteen customers buy at the same moment; three find a dress. Then one of them pays through a
gateway that is a coroutine, and collects it.

Run it: ``python -m examples.fastapi_shop``, or serve it:
``uvicorn --factory examples.fastapi_shop:make_app``
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import httpx
from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from examples.alma import ALMA, GRAN_VIA, WEB, names
from omnicommerce import (
    CartId,
    CheckoutRequest,
    Commerce,
    CustomerId,
    GatewayAnswer,
    Money,
    NotFound,
    OrderId,
    PickupChoice,
    Refused,
    Visitor,
)
from omnicommerce.adapters.aio import AsyncCommerce, AsyncPaymentGateway
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.i18n import render

BUYERS, DRESSES = 16, 3
CARD: Final = "card_1"


class SlowGateway(AsyncPaymentGateway):
    """A gateway over the network; the loop goes on while it thinks."""

    def __init__(self) -> None:
        self._bank = InProcessGateway()

    async def charge(self, operation_id: str, amount: Money, *, token: str) -> GatewayAnswer:
        """Collect money."""
        await asyncio.sleep(0.01)
        return self._bank.charge(operation_id, amount, token=token)

    async def refund(self, operation_id: str, amount: Money, *, reference: str) -> GatewayAnswer:
        """Give money back."""
        await asyncio.sleep(0.01)
        return self._bank.refund(operation_id, amount, reference=reference)

    async def look_up(self, operation_id: str) -> GatewayAnswer:
        """Tell what became of an operation."""
        return self._bank.look_up(operation_id)


class NewLine(BaseModel):
    """What goes into a cart."""

    sku: str
    quantity: int = 1


class Payment(BaseModel):
    """How an order is paid."""

    token: str


class Collection(BaseModel):
    """What a customer shows at the counter."""

    code: str


def _shop(request: Request) -> AsyncCommerce:
    shop: AsyncCommerce = request.app.state.shop
    return shop


Shop = Annotated[AsyncCommerce, Depends(_shop)]
Buyer = Annotated[str, Header(alias="X-Customer")]
"""Who is signed in; a real shop reads it from its own session."""


def make_app(url: str = "sqlite:///shop.db", mailbox: Mailbox | None = None) -> FastAPI:
    """Make the web service of the shop at a URL."""

    @asynccontextmanager
    async def open_shop(app: FastAPI) -> AsyncIterator[None]:
        sender = mailbox or Mailbox()
        async with await AsyncCommerce.open(
            url, ALMA, gateway=SlowGateway(), sender=sender
        ) as app.state.shop:
            yield

    app = FastAPI(title=ALMA.name, lifespan=open_shop)
    app.add_exception_handler(Refused, _say_no)
    app.add_exception_handler(NotFound, _say_where)
    app.post("/carts", status_code=201)(start_cart)
    app.post("/carts/{cart_id}/lines", status_code=201)(add_line)
    app.post("/carts/{cart_id}/order", status_code=201)(place_order)
    app.post("/orders/{order_id}/payment")(pay_order)
    app.post("/pickups/{pickup_id}/ready")(make_ready)
    app.post("/pickups/{pickup_id}/collection")(hand_over)
    return app


async def _say_no(_: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refused)
    said = [render(reason, locale="en", names=names("en")) for reason in refusal.reasons]
    return JSONResponse({"code": refusal.code, "reasons": said}, status_code=409)


async def _say_where(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=404)


async def start_cart(shop: Shop, customer: Buyer) -> dict[str, str]:
    """Start a cart."""
    cart = await shop.run(lambda s: s.carts.start(Visitor(customer, "web"), WEB))
    return {"cart": cart.cart_id}


async def add_line(cart_id: str, line: NewLine, shop: Shop, customer: Buyer) -> dict[str, int]:
    """Put something into a cart."""
    by = Visitor(customer, "web")
    cart = await shop.run(
        lambda s: s.carts.add(CartId(cart_id), line.sku, quantity=line.quantity, by=by)
    )
    return {"lines": len(cart.state.lines)}


async def place_order(cart_id: str, shop: Shop, customer: Buyer) -> dict[str, str]:
    """Quote a cart and place the order: several units of work, one trip to the services."""
    request = CheckoutRequest(
        cart_id=CartId(cart_id),
        actor=customer,
        customer_id=CustomerId(customer),
        channel=WEB,
        pickup=PickupChoice(GRAN_VIA),
    )
    order = await shop.run(lambda s: s.checkout.place(s.checkout.quote(request)))
    return {
        "order": order.order_id,
        "pickup": str(order.pickup_id),
        "due": str(order.due_amount),
    }


async def pay_order(order_id: str, payment: Payment, shop: Shop) -> dict[str, str]:
    """Pay an order; a second try with the same order is answered, not charged."""
    order = await shop.run(lambda s: s.checkout.pay(OrderId(order_id), token=payment.token))
    return {"status": order.status}


async def make_ready(pickup_id: str, shop: Shop) -> dict[str, str]:
    """Put an order on the shelf; its customer gets a code."""
    pickup, _ = await shop.run(lambda s: s.counter.ready(pickup_id))
    return {"status": pickup.status}


async def hand_over(pickup_id: str, shown: Collection, shop: Shop) -> dict[str, str]:
    """Hand the goods over against the code."""
    done = await shop.run(
        lambda s: s.counter.hand_over(pickup_id, shown.code, location_id=GRAN_VIA)
    )
    return {"status": done.pickup.status}


async def buy(client: httpx.AsyncClient, customer: str) -> httpx.Response:
    """Do what a customer's browser does."""
    headers = {"X-Customer": customer}
    cart = (await client.post("/carts", headers=headers)).json()["cart"]
    await client.post(f"/carts/{cart}/lines", json={"sku": "DRESS-M"}, headers=headers)
    return await client.post(f"/carts/{cart}/order", headers=headers)


def open_for_business(shop: Commerce) -> list[str]:
    """Receive the dresses, register the customers, and return who they are."""
    shop.inventory.receive("DRESS-M", GRAN_VIA, DRESSES, key="delivery-1")
    return [
        shop.customers.register(f"Buyer {number}", f"buyer{number}@example.com").customer_id
        for number in range(BUYERS)
    ]


async def tour(url: str) -> None:
    """Send requests to the service, all in this process."""
    mailbox = Mailbox()
    app = make_app(url, mailbox)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://alma.example") as client,
    ):
        buyers = await app.state.shop.run(open_for_business)
        answers = await asyncio.gather(*(buy(client, buyer) for buyer in buyers))
        count = Counter(answer.status_code for answer in answers)
        print(f"{BUYERS} at once:", dict(sorted(count.items())))
        refused = next(answer for answer in answers if answer.status_code == 409)
        print(refused.json()["reasons"][0])

        order = next(answer.json() for answer in answers if answer.status_code == 201)
        paid = await client.post(f"/orders/{order['order']}/payment", json={"token": CARD})
        print(f"Paid {order['due']}: {paid.json()['status']}")
        await client.post(f"/pickups/{order['pickup']}/ready")
        code = mailbox.messages[-1].parameters["code"]
        gone = await client.post(f"/pickups/{order['pickup']}/collection", json={"code": code})
        print(f"At the counter: {gone.json()['status']}")

        assert count[201] == DRESSES
        assert (await app.state.shop.run(Commerce.audit)).is_clean


def main() -> None:
    """Serve a shop on a file that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tour(f"sqlite:///{Path(folder, 'shop.db').as_posix()}"))


if __name__ == "__main__":
    main()
