"""Open a shop and hand out its capabilities."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib.metadata import entry_points
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

from omnicommerce.cart.service import Carts
from omnicommerce.cart.sign_in import SignIn
from omnicommerce.catalog.ports import ProductRepository
from omnicommerce.checkout.configuration import Shop, ShopConfiguration
from omnicommerce.checkout.counter import Counter
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.checkout.repricing import price_again, read_basis
from omnicommerce.checkout.service import Checkout
from omnicommerce.customers.service import Customers
from omnicommerce.fulfilment.ports import MessageSender
from omnicommerce.inventory.service import Inventory
from omnicommerce.kernel.clock import Clock, SystemClock
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue, Misuse
from omnicommerce.kernel.ids import IdFactory, OrderId, RandomIds
from omnicommerce.kernel.reasons import Trace
from omnicommerce.ledger.audit import AuditReport, audit
from omnicommerce.loyalty.service import Loyalty
from omnicommerce.orders.ports import PaymentGateway
from omnicommerce.orders.service import Orders
from omnicommerce.pricing.explain import explain
from omnicommerce.pricing.result import PricedBasket
from omnicommerce.pricing.tax.ports import TaxService
from omnicommerce.relay.ports import InboxStores, RelayStores

__all__ = ["Commerce", "ShopStores", "Store", "open_store"]

T = TypeVar("T")

_CONFIGURED: Final = ("carts", "checkout", "counter", "inventory", "loyalty", "sign_in")
"""The services that hold something of the configuration."""


class ShopStores(CheckoutStores, RelayStores, InboxStores, Protocol):
    """All that a unit of work has."""


class Store(Protocol):
    """A store of one shop's data: runs units of work until it is closed."""

    @abstractmethod
    def run(self, work: Callable[[ShopStores], T]) -> T:
        """Run one unit of work; see `omnicommerce.kernel.unit_of_work.Transactions`."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""


class Commerce:
    """One open shop: every capability, bound to one store and one configuration.

    Args:
        store: Where the shop's data lives.
        configuration: What was decided about the shop.
        gateway: Moves money.
        sender: Delivers messages to customers.
        clock: Tells the time; the machine's by default.
        ids: Makes identities; random by default.
        products: Where articles are looked up; the configuration's by default.
        tax_service: Works out the taxes of quotes; by default the configuration's rates do.

    Raises:
        InvalidConfiguration: The configuration is malformed; the path names the place.
    """

    def __init__(
        self,
        store: Store,
        configuration: ShopConfiguration,
        *,
        gateway: PaymentGateway,
        sender: MessageSender,
        clock: Clock | None = None,
        ids: IdFactory | None = None,
        products: ProductRepository | None = None,
        tax_service: TaxService | None = None,
    ) -> None:
        self.store = store
        self.shop: Shop = Shop(configuration, products=products)
        self._products = products
        self.clock: Clock = clock or SystemClock()
        self.ids: IdFactory = ids or RandomIds()
        self._gateway = gateway
        self._sender = sender
        self._tax_service = tax_service

    @classmethod
    def open(  # noqa: PLR0913 - one argument for each port that a shop may bring
        cls,
        url: str,
        configuration: ShopConfiguration,
        *,
        gateway: PaymentGateway,
        sender: MessageSender,
        clock: Clock | None = None,
        ids: IdFactory | None = None,
        products: ProductRepository | None = None,
        tax_service: TaxService | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Commerce:
        """Open the shop that lives at a URL, creating its tables if it is new.

        Args:
            url: ``memory:``, ``sqlite:///shop.db``, ``postgresql+psycopg://…``,
                ``mariadb+pymysql://…`` or a scheme that another package
                registers under the entry point group ``omnicommerce.adapters``.
            configuration: What was decided about the shop.
            gateway: Moves money.
            sender: Delivers messages to customers.
            clock: Tells the time; the machine's by default.
            ids: Makes identities; random by default.
            products: Where articles are looked up; the configuration's by default.
            tax_service: Works out the taxes of quotes, outside of any transaction; by default
                the configuration's rates do.
            options: Handed to the adapter.

        Raises:
            InvalidValue: No adapter knows the URL's scheme.
            InvalidConfiguration: The configuration is malformed.
            StoreUnavailable: The store cannot be reached.
        """
        store = open_store(url, dict(options or {}))
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

    def reconfigure(self, configuration: ShopConfiguration) -> None:
        """Go on with another configuration, or with the last good one where this one is wrong.

        Quotes that would be others now are refused as outdated when they are placed; orders
        keep the configuration that they pin. Services taken from here before keep the old
        one, so ask for them anew: `commerce.checkout`, not a variable.

        Raises:
            InvalidConfiguration: It is malformed, contradicts itself, or has another currency;
                the path names the place. Nothing changed.
        """
        shop = Shop(configuration, products=self._products)
        if shop.currency != self.shop.currency:
            problem = f"carts and orders are in {self.shop.currency}: open another shop"
            raise InvalidConfiguration("$.pricing.currency", problem)
        self.shop = shop
        for name in _CONFIGURED:
            self.__dict__.pop(name, None)

    @cached_property
    def customers(self) -> Customers:
        """Who buys."""
        return Customers(self.store, self.ids)

    @cached_property
    def carts(self) -> Carts:
        """The shared carts."""
        return Carts(
            self.store,
            self.clock,
            self.ids,
            self.shop.currency,
            self._unknown_skus,
            self.shop.configuration.carts,
        )

    @cached_property
    def inventory(self) -> Inventory:
        """Stock per location."""
        return Inventory(self.store, self.clock, self.shop.locations)

    @cached_property
    def checkout(self) -> Checkout:
        """From cart to paid order."""
        return Checkout(
            self.store,
            self.shop,
            self.clock,
            self.ids,
            self._gateway,
            tax_service=self._tax_service,
        )

    @cached_property
    def counter(self) -> Counter:
        """The store's counter: ready, hand-over, no-show."""
        return Counter(self.checkout, self._sender)

    @cached_property
    def orders(self) -> Orders:
        """Orders as they stand."""
        return Orders(self.store)

    @cached_property
    def loyalty(self) -> Loyalty:
        """Points; `Misuse` if the shop has no programme."""
        if self.shop.programme is None:
            raise Misuse("the shop's configuration has no loyalty programme")
        return Loyalty(self.store, self.clock, self.shop.programme)

    @cached_property
    def sign_in(self) -> SignIn:
        """What signing in does to a guest's cart."""
        return SignIn(self.store, self.clock, self.shop.configuration.carts)

    def _unknown_skus(self, skus: Iterable[str]) -> Iterable[str]:
        wanted = set(skus)
        return wanted.difference(self.shop.products.many(wanted))

    def price_again(self, order_id: OrderId) -> PricedBasket:
        """Price an order as it was priced: by the configuration that it pins, at its instant.

        However the shop's configuration changed since, the amounts are those of the
        order. What the order itself used of limited promotions does not count.

        Raises:
            NotFound: There is no such order.
        """
        order = self.orders.get(order_id)
        return price_again(self.checkout.books.get(order.book_version), order)

    def explain_again(self, order_id: OrderId) -> Trace:
        """Say why an order cost what it cost, by the configuration that it pins.

        Raises:
            NotFound: There is no such order.
        """
        order = self.orders.get(order_id)
        return explain(self.checkout.books.get(order.book_version), *read_basis(order))

    def tidy(self) -> None:
        """Book what the clock has ended, and look after orders that wait.

        Lapsed holds and lots are booked, orders not paid in time cancelled,
        payments of unknown outcome looked up, refunds that are due carried
        out, and pick-ups that nobody came for given back. A scheduler should
        call it every few minutes.
        """
        at = self.clock.now()
        while True:
            swept = self.store.run(lambda s: s.ledger.sweep(at))
            if not swept.holds and not swept.lots:
                break
        self.checkout.attend()
        self.counter.missed()

    def audit(self) -> AuditReport:
        """Fold the whole journal against accounts, lots and holds, and report what differs."""
        return self.store.run(lambda s: audit(s.ledger.books()))

    def close(self) -> None:
        """Let go of files and connections."""
        self.store.close()

    def __enter__(self) -> Self:
        """Return the shop, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close the shop."""
        self.close()


def open_store(url: str, options: dict[str, Any]) -> Store:
    """Open the store at a URL with the adapter that its scheme names.

    Raises:
        InvalidValue: No adapter knows the scheme.
        StoreUnavailable: The store cannot be reached.
    """
    scheme = str(url).partition(":")[0].partition("+")[0]
    found = {point.name: point for point in entry_points(group="omnicommerce.adapters")}
    if scheme not in found:
        known = ", ".join(sorted(found)) or "none are installed"
        raise InvalidValue("url", f"no adapter for {url!r}; schemes known: {known}")
    store: Store = found[scheme].load()(url, **options)
    return store
