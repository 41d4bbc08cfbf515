"""Use cases at the store's counter: ready, hand-over, decline, no-show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.plan import stock_demands
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.checkout.service import Checkout
from omnicommerce.checkout.undo import carry_out
from omnicommerce.fulfilment.decide import PickupRefused, check_code, end, make_ready
from omnicommerce.fulfilment.events import PickupHandedOver, PickupMissed, PickupReady
from omnicommerce.fulfilment.model import Pickup, PickupStatus
from omnicommerce.fulfilment.ports import Message, MessageSender
from omnicommerce.kernel.errors import InvalidValue, NotFound
from omnicommerce.kernel.ids import LocationId
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import Command
from omnicommerce.orders.decide import advance, with_units
from omnicommerce.orders.events import OrderCompleted
from omnicommerce.orders.model import Order, OrderStatus
from omnicommerce.orders.returns import Reprice, give_units_back

__all__ = ["Counter", "HandOver"]


@attrs.frozen(kw_only=True)
class HandOver:
    """What came of a customer's visit: the order, the pick-up and what goes back."""

    order: Order
    pickup: Pickup
    refund_amount: Money


@attrs.frozen
class Counter:
    """What a store does with pick-ups.

    Args:
        checkout: Shares its transactions, clock, identities and gateway.
        sender: Tells customers that their goods are ready.
    """

    checkout: Checkout
    sender: MessageSender

    @property
    def _shop(self) -> Shop:
        return self.checkout.shop

    def worklist(self, location_id: LocationId, *, limit: int = 100) -> tuple[Pickup, ...]:
        """Return what the store has to prepare or hand over, most urgent first."""
        return self.checkout.transactions.run(lambda s: s.pickups.open_at(location_id, limit=limit))

    def ready(self, pickup_id: str) -> tuple[Pickup, str]:
        """Put an order on the shelf and send its customer a code; return the code as well.

        Calling it again replaces the code: for a customer who lost it, or when
        the message did not get through.

        Raises:
            PickupRefused: It is not paid yet, or has ended.
            AdapterError: The message could not be sent; everything else was
                done, so call it again.
        """
        at = self.checkout.clock.now()
        code = self.checkout.ids.code()
        pickup, message = self.checkout.transactions.run(
            lambda s: self._make_ready(s, pickup_id, code, at)
        )
        if message is not None:
            self.sender.send(message)
        return pickup, code

    def hand_over(
        self,
        pickup_id: str,
        code: str,
        *,
        location_id: LocationId,
        declined: Mapping[str, int] | None = None,
    ) -> HandOver:
        """Hand the goods over against the code; what is declined goes back and is refunded.

        What the customer keeps leaves the books, what they decline can be
        sold again at once, its money, points and promotion uses go back.

        Args:
            pickup_id: The pick-up.
            code: What the customer shows.
            location_id: The store they are in.
            declined: Units declined by line; nothing by default.

        Raises:
            PickupRefused: Wrong code, wrong store, not ready, or too many wrong codes.
            NotFound: A declined line is not in the order.
            InvalidValue: Not a whole number of units.
            OrderStateRefused: More units declined than there are.
        """
        at = self.checkout.clock.now()
        wanted = dict(declined or {})
        reprice = self._reprice(pickup_id) if wanted else None
        outcome = self.checkout.transactions.run(
            lambda s: self._hand_over(
                s, pickup_id, code, location_id, declined=wanted, reprice=reprice, at=at
            )
        )
        if isinstance(outcome, Reason):
            raise PickupRefused(outcome)
        return self._refunded(outcome)

    def missed(self, *, limit: int = 100) -> tuple[HandOver, ...]:
        """End the pick-ups nobody came for in time: goods, money and points go back.

        A scheduler should call it now and then. If the customer arrives in the
        same instant, one of the two wins and the other is refused.
        """
        at = self.checkout.clock.now()
        due = self.checkout.transactions.run(lambda s: s.pickups.overdue(at, limit=limit))
        ended = []
        for pickup in due:
            outcome = self.checkout.transactions.run(
                lambda s, pickup=pickup: self._miss(s, pickup.pickup_id, at)  # type: ignore[misc]  # bound per turn
            )
            if outcome is not None:
                ended.append(self._refunded(outcome))
        return tuple(ended)

    def _reprice(self, pickup_id: str) -> Reprice | None:
        pickup = self.checkout.transactions.run(lambda s: s.pickups.get(pickup_id))
        return self.checkout.repricing(pickup.order_id)

    def _refunded(self, outcome: HandOver) -> HandOver:
        """Carry out what is due to the customer, if anything is."""
        return attrs.evolve(outcome, order=self.checkout.refunded(outcome.order))

    def _make_ready(
        self, stores: CheckoutStores, pickup_id: str, code: str, at: datetime
    ) -> tuple[Pickup, Message | None]:
        pickup = stores.pickups.save(make_ready(stores.pickups.get(pickup_id), code, at=at))
        stores.outbox.add(
            PickupReady(
                event_id=f"{pickup_id}:ready:{pickup.version}",
                subject=pickup_id,
                at=at,
                order_id=pickup.order_id,
                location_id=pickup.location_id,
                collect_until=pickup.collect_until,
            )
        )
        if pickup.customer_id is None:
            return pickup, None
        customer = stores.customers.get(pickup.customer_id)
        location = self._shop.locations[pickup.location_id]
        return pickup, Message(
            message_id=f"{pickup_id}:ready:{pickup.version}",
            template="pickup.ready",
            recipient=customer.email,
            locale=customer.locale,
            parameters={
                "name": customer.name,
                "shop": self._shop.configuration.name,
                "store": location.name,
                "slot": _slot_parameters(pickup),
                "code": code,
                "order": pickup.order_id,
                "collect_until": pickup.collect_until.isoformat(),
                "time_zone": location.time_zone,
            },
        )

    def _hand_over(
        self,
        stores: CheckoutStores,
        pickup_id: str,
        code: str,
        location_id: LocationId,
        *,
        declined: Mapping[str, int],
        reprice: Reprice | None,
        at: datetime,
    ) -> HandOver | Reason:
        pickup = stores.pickups.get(pickup_id)
        checked, reason = check_code(pickup, code, location_id)
        if reason is not None:
            if checked is not pickup:
                stores.pickups.save(checked)
            return reason
        order = stores.orders.get(pickup.order_id)
        _check_units(order, declined)
        kept = {
            line.line_id: line.open - declined.get(line.line_id, 0)
            for line in order.lines
            if line.open > declined.get(line.line_id, 0)
        }
        visit = _Visit(
            pickup=pickup, kept=kept, declined=declined, cause="declined", reprice=reprice, at=at
        )
        outcome = self._finish(stores, order, visit)
        stores.outbox.add(
            PickupHandedOver(
                event_id=f"{pickup_id}:handed_over",
                subject=pickup_id,
                at=at,
                order_id=order.order_id,
                kept=kept,
                declined=dict(declined),
                refund_amount=outcome.refund_amount,
            )
        )
        return outcome

    def _miss(self, stores: CheckoutStores, pickup_id: str, at: datetime) -> HandOver | None:
        pickup = stores.pickups.get(pickup_id)
        if pickup.status is not PickupStatus.READY or at < pickup.collect_until:
            return None
        order = stores.orders.get(pickup.order_id)
        everything = {line.line_id: line.open for line in order.lines}
        visit = _Visit(pickup=pickup, kept={}, declined=everything, cause="missed", at=at)
        outcome = self._finish(stores, order, visit)
        stores.outbox.add(
            PickupMissed(
                event_id=f"{pickup_id}:missed",
                subject=pickup_id,
                at=at,
                order_id=order.order_id,
                refund_amount=outcome.refund_amount,
            )
        )
        return outcome

    def _finish(self, stores: CheckoutStores, order: Order, visit: _Visit) -> HandOver:
        """Capture what is kept, release and refund what is not, and end pick-up and order."""
        order_id, pickup, cause, at = order.order_id, visit.pickup, visit.cause, visit.at
        leaving = stock_demands(order.lines, visit.kept, pickup.location_id)
        if leaving:
            command = Command(f"{order_id}:collect", cause, at)
            stores.ledger.capture(order_id, by=command, demands=leaving)
        staying = stock_demands(order.lines, visit.declined, pickup.location_id)
        if staying:
            command = Command(f"{order_id}:return", cause, at)
            stores.ledger.release(order_id, by=command, demands=staying)
        order = with_units(order, collected=visit.kept)
        back = give_units_back(order, declined=visit.declined, cause=cause, reprice=visit.reprice)
        programme = self._shop.programme
        order = carry_out(stores, order, back, programme=programme, cause=cause, at=at)
        order = advance(order, OrderStatus.COMPLETED)
        stores.outbox.add(OrderCompleted(event_id=f"{order_id}:completed", subject=order_id, at=at))
        return HandOver(
            order=stores.orders.save(order),
            pickup=stores.pickups.save(end(pickup, visit.status(order), at=at)),
            refund_amount=back.amount,
        )


@attrs.frozen(kw_only=True)
class _Visit:
    """How a pick-up ended: what was kept of it and what was not."""

    pickup: Pickup
    kept: Mapping[str, int]
    declined: Mapping[str, int]
    cause: str
    reprice: Reprice | None = None
    at: datetime

    def status(self, order: Order) -> PickupStatus:
        """Return where the pick-up stands now."""
        if self.kept or not order.lines:
            return PickupStatus.COLLECTED
        return PickupStatus.MISSED if self.cause == "missed" else PickupStatus.DECLINED


def _slot_parameters(pickup: Pickup) -> Mapping[str, str] | None:
    if pickup.slot is None:
        return None
    starts_at, ends_at = pickup.slot.starts_at, pickup.slot.ends_at
    return {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}


def _check_units(order: Order, declined: Mapping[str, int]) -> None:
    for line_id, units in declined.items():
        if order.line(line_id) is None:
            raise NotFound("order line", line_id)
        if type(units) is not int or units < 0:
            raise InvalidValue(f"declined.{line_id}", f"must be a whole number, not {units!r}")
