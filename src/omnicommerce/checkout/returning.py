"""The unit of work that takes back what was handed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.plan import stock_demands
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.checkout.undo import carry_out, turn_of
from omnicommerce.kernel.errors import InvalidValue, NotFound
from omnicommerce.kernel.ids import LocationId, OrderId, valid_id
from omnicommerce.ledger.model import Command, Demand
from omnicommerce.orders.events import ItemsReturned
from omnicommerce.orders.model import Order
from omnicommerce.orders.return_model import Condition, Return, ReturnItem
from omnicommerce.orders.returns import Reprice, earlier_return, return_units

__all__ = ["ReturnOutcome", "ReturnRequest", "take_back"]

_CAUSE: Final = "returned"


@attrs.frozen(kw_only=True)
class ReturnRequest:
    """What a customer brings back; see `Checkout.return_items`."""

    order_id: OrderId
    items: tuple[ReturnItem, ...]
    reason: str = attrs.field(validator=valid_id)
    return_id: str = attrs.field(validator=valid_id)
    location_id: LocationId | None = None


@attrs.frozen(kw_only=True)
class ReturnOutcome:
    """What came of a return: the order, and its record."""

    order: Order
    record: Return


def take_back(
    stores: CheckoutStores,
    shop: Shop,
    request: ReturnRequest,
    *,
    reprice: Reprice | None,
    at: datetime,
) -> ReturnOutcome:
    """Count units as returned, refund them, and put back in stock what can be sold again.

    The same return asked for again changes nothing and returns its first answer.
    """
    order = stores.orders.get(request.order_id)
    place = _place(shop, order, request)
    known = earlier_return(
        order, request.return_id, request.items, reason=request.reason, location_id=place
    )
    if known is not None:
        return ReturnOutcome(order=order, record=known)
    back = return_units(
        order,
        request.items,
        return_id=request.return_id,
        reason=request.reason,
        at=at,
        location_id=place,
        restore_uses=shop.policy.returns.restore_uses,
        reprice=reprice,
    )
    stock = stock_demands(order.lines, _sellable(request.items), place)
    is_home = place == order.location_id
    settled = carry_out(
        stores,
        order,
        back,
        programme=shop.programme,
        cause=_CAUSE,
        at=at,
        stock=stock if is_home else (),
    )
    if not is_home:
        _receive(stores, order, stock, at)
    record = settled.returns[-1]
    stores.outbox.add(_event(order, record, turn_of(order)))
    return ReturnOutcome(order=stores.orders.save(settled), record=record)


def _place(shop: Shop, order: Order, request: ReturnRequest) -> LocationId:
    place = request.location_id or order.location_id
    if place is None:
        raise InvalidValue("location_id", "the order has none, so say where the goods came back")
    if place not in shop.locations:
        raise NotFound("location", place)
    return place


def _sellable(items: Iterable[ReturnItem]) -> Mapping[str, int]:
    units = Counter[str]()
    for item in items:
        if item.condition is Condition.SELLABLE:
            units[item.line_id] += item.quantity
    return units


def _receive(stores: CheckoutStores, order: Order, stock: Iterable[Demand], at: datetime) -> None:
    """Credit units where they came back, which is not where they had been taken from."""
    for number, demand in enumerate(stock):
        command = Command(f"{order.order_id}:stock:{turn_of(order)}:{number}", _CAUSE, at)
        stores.ledger.credit(demand.account, demand.quantity, by=command)


def _event(order: Order, record: Return, turn: int) -> ItemsReturned:
    return ItemsReturned(
        event_id=f"{order.order_id}:returned:{turn}",
        subject=order.order_id,
        at=record.at,
        return_id=record.return_id,
        reason=record.reason,
        location_id=record.location_id,
        items=tuple(line.item for line in record.lines),
        refund_amount=record.amount,
        withheld_amount=record.withheld_amount,
    )
