"""The till of the receipts: one receipt through cart, checkout, payment and hand-over."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

from omnicommerce.cart.operations import AddUnits, Operation, Selection
from omnicommerce.cart.service import Visitor
from omnicommerce.checkout.model import CheckoutRequest, PickupChoice
from omnicommerce.cli.console import Watch
from omnicommerce.cli.receipts_book import Receipt
from omnicommerce.cli.replay_shop import CARD_HOLDER
from omnicommerce.commerce import Commerce
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, LocationId, Sku
from omnicommerce.orders.model import Order

__all__ = ["Till"]

_DELIVERY_LINES: Final = 200


@attrs.frozen
class Till:
    """Serves the customers of the receipts, one after the other, at the time of each receipt.

    Args:
        commerce: The open shop.
        clock: The shop's clock, set to each receipt's instant.
        run: Identity of this replay: a second one in the same database has
            customers and deliveries of its own.
    """

    commerce: Commerce
    clock: ManualClock
    run: str
    customers: dict[str, CustomerId] = attrs.field(factory=dict, init=False)

    def stock_up(self, receipts: Iterable[Receipt], *, watch: Watch[Any]) -> None:
        """Deliver to each store exactly what these receipts sell there."""
        needed: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for receipt in receipts:
            for line in receipt.basket.lines:
                needed[receipt.situation.location or ""][line.sku] += line.quantity
        parts = [
            (store, dict(part))
            for store, quantities in sorted(needed.items())
            for part in _parts(sorted(quantities.items()), _DELIVERY_LINES)
        ]
        for number, (store, quantities) in enumerate(
            watch(parts, "Stocking the stores", len(parts))
        ):
            key = f"{self.run}:{number}"
            self.commerce.inventory.receive_delivery(quantities, store, key=key)

    def serve(self, receipt: Receipt) -> Order:
        """Sell what is on a receipt, and return the order as it is when the customer leaves."""
        self.clock.set(receipt.situation.at)
        store = LocationId(receipt.situation.location or "")
        customer_id = self._customer(receipt.household_id)
        cart_id = self._fill_cart(receipt, customer_id)
        checkout, counter = self.commerce.checkout, self.commerce.counter
        quote = checkout.quote(_request(receipt, cart_id, customer_id, store))
        order = checkout.pay(checkout.place(quote).order_id, token="till")  # noqa: S106 - a name, no secret
        pickup, code = counter.ready(order.pickup_id or "")
        return counter.hand_over(pickup.pickup_id, code, location_id=store).order

    def _customer(self, household_id: str) -> CustomerId:
        known = self.customers.get(household_id)
        if known is None:
            customer = self.commerce.customers.register(
                f"Household {household_id}",
                f"household-{household_id}@{self.run}.example",
                locale="en-US",
                classes={CARD_HOLDER},
            )
            known = self.customers[household_id] = customer.customer_id
        return known

    def _fill_cart(self, receipt: Receipt, customer_id: CustomerId) -> CartId:
        device = f"till-{receipt.situation.location}"
        visitor = Visitor(customer_id, device)
        cart = self.commerce.carts.start(visitor, ChannelId(receipt.situation.channel))
        scans = tuple(
            Operation(
                device=device,
                sequence=number,
                actor=customer_id,
                at=receipt.situation.at,
                change=AddUnits(Selection(Sku(line.sku)), line.quantity),
            )
            for number, line in enumerate(receipt.basket.lines, 1)
        )
        if scans:
            self.commerce.carts.synchronise(cart.cart_id, scans, actor=customer_id)
        return cart.cart_id


def _parts(things: Sequence[tuple[str, int]], size: int) -> Iterator[Sequence[tuple[str, int]]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _request(
    receipt: Receipt, cart_id: CartId, customer_id: CustomerId, store: LocationId
) -> CheckoutRequest:
    return CheckoutRequest(
        cart_id=cart_id,
        actor=customer_id,
        channel=ChannelId(receipt.situation.channel),
        pickup=PickupChoice(store),
        customer_id=customer_id,
        coupons=receipt.basket.coupons,
        given={line.line_id: line.given for line in receipt.basket.lines if line.given},
    )
