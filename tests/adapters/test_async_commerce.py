from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.machinery import ModuleSpec
from typing import Any

import attrs
import pytest

from examples.alma import ALMA, GRAN_VIA, MONDAY, WEB
from omnicommerce.adapters import aio
from omnicommerce.adapters.aio import (
    AsyncCommerce,
    AsyncMessageSender,
    AsyncPaymentGateway,
    awaited,
)
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.adapters.sql.aio import make_async_engine
from omnicommerce.cart.service import Visitor
from omnicommerce.checkout.model import CheckoutRequest, PickupChoice
from omnicommerce.commerce import Commerce
from omnicommerce.customers.model import Customer
from omnicommerce.fulfilment.model import PickupStatus
from omnicommerce.fulfilment.ports import Message
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.errors import AdapterError, InvalidConfiguration, InvalidValue, Misuse
from omnicommerce.kernel.ids import OrderId
from omnicommerce.kernel.money import Money
from omnicommerce.ledger.errors import Shortage
from omnicommerce.orders.model import AttemptState, Order, OrderStatus
from omnicommerce.orders.ports import GatewayAnswer

DRESS = "DRESS-M"


class _Network(AsyncPaymentGateway, AsyncMessageSender):
    """A gateway and a mail service that need the loop to answer."""

    def __init__(self) -> None:
        self.bank, self.mailbox = InProcessGateway(), Mailbox()
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()

    async def _travel(self) -> None:
        await asyncio.sleep(0)

    async def charge(self, operation_id: str, amount: Money, *, token: str) -> GatewayAnswer:
        await self._travel()
        answer = self.bank.charge(operation_id, amount, token=token)
        self.asked.set()
        await self.answers.wait()
        return answer

    async def refund(self, operation_id: str, amount: Money, *, reference: str) -> GatewayAnswer:
        await self._travel()
        return self.bank.refund(operation_id, amount, reference=reference)

    async def look_up(self, operation_id: str) -> GatewayAnswer:
        await self._travel()
        return self.bank.look_up(operation_id)

    async def send(self, message: Message) -> None:
        await self._travel()
        self.mailbox.send(message)


@attrs.frozen
class _Opened:
    """An open shop with what is outside of it."""

    shop: AsyncCommerce
    network: _Network
    clock: ManualClock

    async def stock(self, units: int) -> None:
        await self.shop.run(lambda s: s.inventory.receive(DRESS, GRAN_VIA, units, key="delivery"))

    async def customer(self, name: str = "clara") -> Customer:
        return await self.shop.run(lambda s: s.customers.register(name, f"{name}@example.com"))

    async def place(self, customer: Customer) -> Order:
        """Put a dress into a new cart and place it, one service after the other."""
        by = Visitor(customer.customer_id, "phone")
        cart = await self.shop.run(lambda s: s.carts.start(by, WEB))
        await self.shop.run(lambda s: s.carts.add(cart.cart_id, DRESS, by=by))
        request = CheckoutRequest(
            cart_id=cart.cart_id,
            actor=customer.customer_id,
            customer_id=customer.customer_id,
            channel=WEB,
            pickup=PickupChoice(GRAN_VIA),
        )
        quote = await self.shop.run(lambda s: s.checkout.quote(request))
        return await self.shop.run(lambda s: s.checkout.place(quote))

    async def pay(self, order: Order) -> Order:
        return await self.shop.run(lambda s: s.checkout.pay(order.order_id, token="card"))

    async def order(self, order_id: OrderId) -> Order:
        return await self.shop.run(lambda s: s.orders.get(order_id))


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[_Opened]:
    network, clock = _Network(), ManualClock(MONDAY)
    async with await AsyncCommerce.open(
        url, ALMA, gateway=network, sender=network, clock=clock
    ) as shop:
        yield _Opened(shop, network, clock)
        assert (await shop.run(Commerce.audit)).is_clean


def test_a_purchase_from_the_cart_to_the_hand_over(database_url: str) -> None:
    """Cart, quote, order, payment, shelf and hand-over work on a loop as they do on a thread."""

    async def scenario() -> None:
        async with _opened(database_url) as opened:
            await opened.stock(1)
            order = await opened.place(await opened.customer())
            assert order.status is OrderStatus.PLACED
            order = await opened.pay(order)
            assert order.status is OrderStatus.CONFIRMED
            assert opened.network.bank.collected == {
                order.attempts[-1].attempt_id: order.due_amount
            }
            pickup_id = str(order.pickup_id)
            _, code = await opened.shop.run(lambda s: s.counter.ready(pickup_id))
            assert opened.network.mailbox.messages[-1].parameters["code"] == code
            done = await opened.shop.run(
                lambda s: s.counter.hand_over(pickup_id, code, location_id=GRAN_VIA)
            )
            assert done.pickup.status is PickupStatus.COLLECTED
            left = await opened.shop.run(lambda s: s.inventory.available(DRESS, GRAN_VIA))
            assert left.available == 0

    asyncio.run(scenario())


def test_sixteen_tasks_and_three_units(database_url: str) -> None:
    """Of sixteen who buy at once, three get one of the last three, and thirteen the reason."""

    async def scenario() -> None:
        async with _opened(database_url) as opened:
            await opened.stock(3)
            buyers = [await opened.customer(f"buyer{number}") for number in range(16)]
            answers = await asyncio.gather(
                *(opened.place(buyer) for buyer in buyers), return_exceptions=True
            )
            refused = [answer for answer in answers if isinstance(answer, Shortage)]
            placed = [answer for answer in answers if isinstance(answer, Order)]
            assert (len(placed), len(refused)) == (3, 13)
            paid = await asyncio.gather(*(opened.pay(order) for order in placed))
            assert {order.status for order in paid} == {OrderStatus.CONFIRMED}

    asyncio.run(scenario())


def test_other_tasks_buy_while_a_payment_is_on_its_way(sqlite_url: str) -> None:
    """A gateway that takes its time holds up the one who pays, and nobody else."""

    async def scenario() -> None:
        async with _opened(sqlite_url) as opened:
            await opened.stock(2)
            first = await opened.place(await opened.customer("first"))
            opened.network.answers.clear()
            paying = asyncio.create_task(opened.pay(first))
            await opened.network.asked.wait()
            await opened.place(await opened.customer("second"))
            assert not paying.done()
            opened.network.answers.set()
            assert (await paying).status is OrderStatus.CONFIRMED

    asyncio.run(scenario())


def test_a_payment_cancelled_on_its_way_is_found_out(database_url: str) -> None:
    """A task cancelled while the gateway has the money leaves an attempt that is looked up."""

    async def scenario() -> None:
        async with _opened(database_url) as opened:
            await opened.stock(1)
            order = await opened.place(await opened.customer())
            opened.network.answers.clear()
            paying = asyncio.create_task(opened.pay(order))
            await opened.network.asked.wait()
            paying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await paying
            order = await opened.order(order.order_id)
            assert order.status is OrderStatus.PLACED
            assert order.attempts[-1].state is AttemptState.OPEN
            await opened.shop.run(lambda s: s.checkout.resolve(order.order_id))
            assert (await opened.order(order.order_id)).status is OrderStatus.CONFIRMED

    asyncio.run(scenario())


def test_ports_that_do_not_wait_work_too() -> None:
    """An ordinary gateway and an ordinary sender are called as they are."""

    async def scenario() -> None:
        gateway, mailbox = InProcessGateway(), Mailbox()
        async with await AsyncCommerce.open(
            "memory:", ALMA, gateway=gateway, sender=mailbox
        ) as shop:
            opened = _Opened(shop, _Network(), ManualClock(MONDAY))
            await opened.stock(1)
            order = await opened.pay(await opened.place(await opened.customer()))
            await shop.run(lambda s: s.counter.ready(str(order.pickup_id)))
            assert len(gateway.collected) == len(mailbox.messages) == 1

    asyncio.run(scenario())


async def _open(database: Any, configuration: Any = ALMA) -> AsyncCommerce:
    return await AsyncCommerce.open(
        database, configuration, gateway=InProcessGateway(), sender=Mailbox()
    )


def test_an_engine_of_the_caller_can_be_used(sqlite_url: str) -> None:
    """A shop over the caller's own engine leaves it usable, for another shop say."""

    async def scenario() -> None:
        engine = make_async_engine(sqlite_url)
        for _ in range(2):
            async with await _open(engine) as shop:
                assert (await shop.run(Commerce.audit)).is_clean
        await engine.dispose()

    asyncio.run(scenario())


def test_what_cannot_be_opened(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong URL, a wrong configuration and a missing extra are errors that say so."""
    wrong = attrs.evolve(ALMA, channels=ALMA.channels * 2)
    with pytest.raises(InvalidValue, match="'nosuch' is not one of"):
        asyncio.run(_open("nosuch://host/shop"))
    with pytest.raises(InvalidConfiguration, match="appears twice"):
        asyncio.run(_open(sqlite_url, wrong))

    def absent(name: str) -> ModuleSpec | None:
        assert name == "greenlet"
        return None

    monkeypatch.setattr(aio, "find_spec", absent)
    with pytest.raises(AdapterError, match=r"pip install 'omnicommerce\[async\]'"):
        asyncio.run(_open("memory:"))


def test_only_what_the_shop_runs_can_wait_for_a_coroutine() -> None:
    """Waiting for a coroutine anywhere else is an error, and the coroutine is closed."""
    with pytest.raises(Misuse, match=r"AsyncCommerce\.run"):
        awaited(asyncio.sleep(0))
