"""The commit plan: everything scarce that an order needs, as demands on the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from omnicommerce.checkout.model import CommitPlan, Promise
from omnicommerce.fulfilment.model import slot_account
from omnicommerce.inventory.model import stock_account
from omnicommerce.kernel.ids import CustomerId, LocationId
from omnicommerce.ledger.model import AccountKey, Demand
from omnicommerce.loyalty.model import Programme, points_account
from omnicommerce.orders.model import LineItem, PromotionUse

__all__ = ["commit_plan", "stock_demands"]


def commit_plan(
    lines: Iterable[LineItem],
    uses: Iterable[PromotionUse],
    promise: Promise,
    *,
    slots_are_limited: bool,
    customer_id: CustomerId | None,
    programme: Programme | None,
    points: int,
) -> CommitPlan:
    """Return what one transaction has to hold for an order, or none of it.

    Stock comes from the store of the promise; kits take their components.
    """
    items = tuple(lines)
    captured = [demand for use in uses for demand in _use_demands(use)]
    if points and customer_id is not None and programme is not None:
        captured.append(Demand(points_account(customer_id, programme.programme_id), points))
    if promise.slot is not None and slots_are_limited:
        captured.append(Demand(slot_account(promise.location_id, promise.slot), 1))
    stock = stock_demands(
        items, {line.line_id: line.quantity for line in items}, promise.location_id
    )
    return CommitPlan(demands=(*stock, *captured), captured_on_payment=tuple(captured))


def _use_demands(use: PromotionUse) -> Iterator[Demand]:
    yield from (Demand(AccountKey(*account), 1) for account in use.accounts)
    if use.given_minor:
        yield from (Demand(AccountKey(*account), use.given_minor) for account in use.budgets)


def stock_demands(
    lines: Iterable[LineItem], units: Mapping[str, int], location_id: LocationId
) -> tuple[Demand, ...]:
    """Return what stock gives for some units of some lines; a kit's parts are whole per unit."""
    return tuple(
        Demand(stock_account(sku, location_id), quantity * units[line.line_id] // line.quantity)
        for line in lines
        if units.get(line.line_id)
        for sku, quantity in line.components
    )
