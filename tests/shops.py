"""An open shop for tests: the demo's configuration with a clock and identities of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import attrs

from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.cart.service import Visitor
from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.checkout.model import CheckoutRequest, PickupChoice
from omnicommerce.cli.demo_shop import DRESS, SCARF, SHOES, demo_shop
from omnicommerce.commerce import Commerce
from omnicommerce.customers.model import Customer
from omnicommerce.fulfilment.model import Pickup
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.ids import CartId, ChannelId, LocationId, SequentialIds
from omnicommerce.orders.model import Order
from omnicommerce.pricing.tax.ports import TaxService

__all__ = ["GRAN_VIA", "MONDAY", "SERRANO", "OpenShop", "open_shop"]

MONDAY = datetime(2026, 11, 16, 7, 40, tzinfo=UTC)
"""Breakfast time in Madrid on the Monday of Clara's story."""

GRAN_VIA = LocationId("madrid-gran-via")
SERRANO = LocationId("madrid-serrano")
WEB = ChannelId("web")


@attrs.frozen(kw_only=True)
class OpenShop:
    """A shop with its clock, gateway and mailbox at hand."""

    commerce: Commerce
    clock: ManualClock
    gateway: InProcessGateway
    mailbox: Mailbox

    def customer(self, name: str = "Clara", *classes: str) -> Customer:
        """Register a customer."""
        address = f"{name.lower()}@example.com"
        return self.commerce.customers.register(name, address, locale="es", classes=classes)

    def stock(self, location_id: str = GRAN_VIA, **units: int) -> None:
        """Receive units; ``dress``, ``scarf`` and ``shoes`` name SKUs."""
        skus = {"dress": DRESS, "scarf": SCARF, "shoes": SHOES}
        for name, quantity in units.items():
            key = self.commerce.ids.new("receipt")
            self.commerce.inventory.receive(skus[name], location_id, quantity, key=key)

    def cart(self, owner: str, *skus: str, codes: tuple[str, ...] = ()) -> CartId:
        """Start a cart with one unit of each SKU."""
        visitor = Visitor(owner, "phone")
        cart_id = self.commerce.carts.start(visitor, WEB).cart_id
        for sku in skus:
            self.commerce.carts.add(cart_id, sku, by=visitor)
        for code in codes:
            self.commerce.carts.apply_code(cart_id, code, by=visitor)
        return cart_id

    def request(
        self, customer: Customer, cart_id: CartId, *, points: int = 0, hours: int = 4
    ) -> CheckoutRequest:
        """Ask for a pick-up some hours from now, on the hour."""
        start = self.clock.now().replace(minute=0) + timedelta(hours=hours)
        return CheckoutRequest(
            cart_id=cart_id,
            actor=customer.customer_id,
            channel=WEB,
            pickup=PickupChoice(GRAN_VIA, start),
            customer_id=customer.customer_id,
            points=points,
        )

    def place(self, customer: Customer, *skus: str, points: int = 0, codes: str = "") -> Order:
        """Put SKUs into a new cart and place it."""
        cart_id = self.cart(customer.customer_id, *skus, codes=tuple(codes.split()))
        request = self.request(customer, cart_id, points=points)
        return self.commerce.checkout.place(self.commerce.checkout.quote(request))

    def confirmed(self, customer: Customer, *skus: str, points: int = 0, codes: str = "") -> Order:
        """Place an order and pay it."""
        order = self.place(customer, *skus, points=points, codes=codes)
        return self.commerce.checkout.pay(order.order_id, token="card")

    def ready(self, order: Order) -> tuple[Pickup, str]:
        """Put a confirmed order on the shelf."""
        assert order.pickup_id is not None
        return self.commerce.counter.ready(order.pickup_id)

    def available(self, sku: str, location_id: str = GRAN_VIA) -> int:
        """Return what can be promised."""
        return self.commerce.inventory.available(sku, location_id).available


@contextmanager
def open_shop(
    url: str,
    configuration: ShopConfiguration | None = None,
    *,
    tax_service: TaxService | None = None,
) -> Iterator[OpenShop]:
    """Open the demo's shop, or another one, at a database."""
    clock, gateway, mailbox = ManualClock(MONDAY), InProcessGateway(), Mailbox()
    with Commerce.open(
        url,
        configuration or demo_shop(),
        gateway=gateway,
        sender=mailbox,
        clock=clock,
        ids=SequentialIds(),
        tax_service=tax_service,
    ) as commerce:
        yield OpenShop(commerce=commerce, clock=clock, gateway=gateway, mailbox=mailbox)
