"""A shop on an event loop: the same services, run so that nothing they wait for blocks it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from importlib.util import find_spec
from inspect import isawaitable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.util import await_, greenlet_spawn

from omnicommerce.catalog.ports import ProductRepository
from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.commerce import Commerce, Store, open_store
from omnicommerce.fulfilment.ports import Message, MessageSender
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.errors import AdapterError, Misuse
from omnicommerce.kernel.ids import IdFactory
from omnicommerce.kernel.money import Money
from omnicommerce.orders.ports import GatewayAnswer, PaymentGateway
from omnicommerce.pricing.tax.ports import TaxService

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["AsyncCommerce", "AsyncMessageSender", "AsyncPaymentGateway", "awaited"]

T = TypeVar("T")


class AsyncPaymentGateway(Protocol):
    """Move money; `PaymentGateway` with coroutines, and the same promises."""

    @abstractmethod
    async def charge(self, operation_id: str, amount: Money, *, token: str) -> GatewayAnswer:
        """Collect money from the means of payment that ``token`` stands for."""

    @abstractmethod
    async def refund(self, operation_id: str, amount: Money, *, reference: str) -> GatewayAnswer:
        """Give money of an approved charge back."""

    @abstractmethod
    async def look_up(self, operation_id: str) -> GatewayAnswer:
        """Tell what became of an operation; one it never saw is ``DECLINED``."""


class AsyncMessageSender(Protocol):
    """Deliver messages; `MessageSender` with a coroutine, and the same promises."""

    @abstractmethod
    async def send(self, message: Message) -> None:
        """Hand the message to whatever delivers it; raising means that it was not."""


def awaited(answer: Awaitable[T]) -> T:
    """Wait for a coroutine in synchronous code that `AsyncCommerce.run` runs.

    A port that has no async form here, such as a tax service, waits with it::

        class Taxes(TaxService):
            def tax(self, request: TaxRequest) -> TaxAnswer:
                return awaited(self._client.ask(request))

    Raises:
        Misuse: Called anywhere else.
    """
    try:
        return await_(answer)
    except MissingGreenlet as error:
        raise Misuse("only what AsyncCommerce.run runs can wait for a coroutine") from error


def _either(answer: Awaitable[T] | T) -> T:
    return awaited(answer) if isawaitable(answer) else answer


class _Gateway(PaymentGateway):
    """A gateway of either kind, as the services call it."""

    def __init__(self, gateway: PaymentGateway | AsyncPaymentGateway) -> None:
        self._gateway = gateway

    def charge(self, operation_id: str, amount: Money, *, token: str) -> GatewayAnswer:
        return _either(self._gateway.charge(operation_id, amount, token=token))

    def refund(self, operation_id: str, amount: Money, *, reference: str) -> GatewayAnswer:
        return _either(self._gateway.refund(operation_id, amount, reference=reference))

    def look_up(self, operation_id: str) -> GatewayAnswer:
        return _either(self._gateway.look_up(operation_id))


class _Sender(MessageSender):
    """A sender of either kind, as the services call it."""

    def __init__(self, sender: MessageSender | AsyncMessageSender) -> None:
        self._sender = sender

    def send(self, message: Message) -> None:
        return _either(self._sender.send(message))


class AsyncCommerce:
    """One open shop on one event loop.

    `run` takes what to do with the shop's services. They are those of
    `Commerce`: one code base, decided and tested once. Where they wait for the
    database or for a coroutine, other tasks go on.

    Open it with `open`; any number of tasks of the loop may use it at once.

    Args:
        store: A store whose waiting awaits, such as
            `omnicommerce.adapters.sql.aio.open_sql_store` opens, or one in memory.
        configuration: What was decided about the shop.
        gateway: Moves money; its methods may be coroutines.
        sender: Delivers messages to customers; its method may be a coroutine.
        options: The other arguments of `Commerce`: ``clock``, ``ids``,
            ``products`` and ``tax_service``.

    Raises:
        InvalidConfiguration: The configuration is malformed; the path names the place.
    """

    def __init__(
        self,
        store: Store,
        configuration: ShopConfiguration,
        *,
        gateway: PaymentGateway | AsyncPaymentGateway,
        sender: MessageSender | AsyncMessageSender,
        **options: Any,
    ) -> None:
        self._commerce = Commerce(
            store, configuration, gateway=_Gateway(gateway), sender=_Sender(sender), **options
        )

    @classmethod
    async def open(  # noqa: PLR0913 - one argument for each port that a shop may bring
        cls,
        database: str | AsyncEngine,
        configuration: ShopConfiguration,
        *,
        gateway: PaymentGateway | AsyncPaymentGateway,
        sender: MessageSender | AsyncMessageSender,
        clock: Clock | None = None,
        ids: IdFactory | None = None,
        products: ProductRepository | None = None,
        tax_service: TaxService | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Self:
        """Open the shop that lives at a URL, creating its tables if it is new.

        Args:
            database: ``memory:``, ``sqlite:///shop.db``, ``postgresql://…``,
                ``mariadb://…``, or an async engine, which stays the caller's.
            configuration: What was decided about the shop.
            gateway: Moves money; its methods may be coroutines.
            sender: Delivers messages to customers; its method may be a coroutine.
            clock: Tells the time; the machine's by default.
            ids: Makes identities; random by default.
            products: Where articles are looked up; the configuration's by default.
            tax_service: Works out the taxes of quotes; it can wait with `awaited`.
            options: Handed to `omnicommerce.adapters.sql.aio.open_sql_store`.

        Raises:
            InvalidValue: The URL names no database we know, or a driver that blocks.
            InvalidConfiguration: The configuration is malformed.
            StoreUnavailable: The store cannot be reached.
            AdapterError: A driver is missing, or the schema is of another release.
        """
        store = await _open_store(database, dict(options or {}))
        try:
            return cls(
                store,
                configuration,
                gateway=gateway,
                sender=sender,
                clock=clock,
                ids=ids,
                products=products,
                tax_service=tax_service,
            )
        except BaseException:
            await greenlet_spawn(store.close)
            raise

    async def run(self, work: Callable[[Commerce], T]) -> T:
        """Do something with the shop's services, and return what it returned.

        ``work`` is ordinary code and may call any number of services; each of
        their commands is a transaction. A task that is cancelled leaves no half
        of one: what is not yet being committed is rolled back, and a commit
        that has begun ends before the cancellation is raised.

        Args:
            work: Takes the shop; must not keep it, nor block the thread.

        Raises:
            OmnicommerceError: What the services raise.
        """
        return await greenlet_spawn(work, self._commerce)

    async def close(self) -> None:
        """Let go of files and connections."""
        await greenlet_spawn(self._commerce.close)

    async def __aenter__(self) -> Self:
        """Return the shop, to be closed at the end of the block."""
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close the shop."""
        await self.close()


async def _open_store(database: str | AsyncEngine, options: dict[str, Any]) -> Store:
    if find_spec("greenlet") is None:
        raise AdapterError("greenlet is missing: pip install 'omnicommerce[async]'")
    if isinstance(database, str) and database.partition(":")[0] == "memory":
        return open_store(database, options)
    from omnicommerce.adapters.sql.aio import open_sql_store  # noqa: PLC0415 - a shop in memory needs none

    store: Store = await open_sql_store(database, **options)  # pyright: ignore[reportAssignmentType]
    return store
