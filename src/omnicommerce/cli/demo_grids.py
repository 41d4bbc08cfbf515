"""The small tables of the demo: stores by distance, and accounts of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omnicommerce.checkout.limits import allowances
from omnicommerce.checkout.model import Quote
from omnicommerce.checkout.plan import commit_plan
from omnicommerce.cli.demo_stage import Stage
from omnicommerce.cli.demo_steps import Grid, Mark, Row
from omnicommerce.fulfilment.model import Slot
from omnicommerce.inventory.model import StoreOption
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import AccountKey, Standing

__all__ = ["account_label", "accounts_of", "ledger_grid", "span_of", "store_grid"]


def store_grid(options: Iterable[StoreOption]) -> Grid:
    """Return the stores from near to far, each with what it lacks."""
    return Grid(
        "stores",
        columns=(Reason("demo.column.distance"), Reason("demo.column.stock")),
        rows=tuple(_store_row(each) for each in sorted(options, key=lambda o: o.metres or 0)),
    )


def _store_row(option: StoreOption) -> Row:
    stock = Reason("demo.has_everything")
    if option.lacking:
        lacking = option.lacking[0]
        figures = {"on_hand": lacking.on_hand, "safety_stock": lacking.safety_stock}
        stock = Reason("demo.lacks", {"sku": lacking.sku, **figures})
    return Row(
        Reason("demo.row.store", {"store": option.location.location_id}),
        cells=(Reason("demo.distance", {"metres": option.metres}), stock),
        mark=Mark.YES if option.can_serve else Mark.NO,
    )


def accounts_of(stage: Stage, quote: Quote) -> tuple[AccountKey, ...]:
    """Return the accounts that an order of this quote needs, stock first."""
    plan = commit_plan(
        quote.lines,
        quote.uses,
        quote.promise,
        slots_are_limited=True,
        customer_id=quote.request.customer_id,
        programme=stage.commerce.shop.programme,
        points=quote.points_spent,
    )
    return tuple(demand.account for demand in plan.demands)


def ledger_grid(
    stage: Stage,
    quote: Quote,
    before: Mapping[AccountKey, Standing],
    after: Mapping[AccountKey, Standing],
) -> Grid:
    """Return what was free of each account before, what is free now, and what is held."""
    return Grid(
        "ledger",
        columns=(
            Reason("demo.column.before"),
            Reason("demo.column.now"),
            Reason("demo.column.held"),
        ),
        rows=tuple(
            Row(
                account_label(stage, quote, account),
                cells=(
                    _free(stage, quote, before[account]),
                    after[account].available,
                    after[account].held,
                ),
            )
            for account in accounts_of(stage, quote)
        ),
    )


def _free(stage: Stage, quote: Quote, standing: Standing) -> int:
    """Return what is free; of a limit that nobody has taken from yet that is all of it."""
    shop, account = stage.commerce.shop, standing.account
    if standing != Standing(account=account):
        return standing.available
    if account.kind == "slot":
        return shop.pickup_points[quote.promise.location_id].slot_capacity or 0
    return allowances(shop.limits, account.subject, quote.situation).get(account, 0)


def account_label(stage: Stage, quote: Quote, account: AccountKey) -> Reason:
    """Return what an account counts, in words."""
    match account:
        case AccountKey("stock", sku, store):
            return Reason("demo.row.stock", {"sku": sku, "store": store})
        case AccountKey("promotion", promotion, "-"):
            return Reason("demo.row.uses", {"promotion": promotion})
        case AccountKey("promotion"):
            return Reason("demo.row.per_customer", {"name": stage.clara.name})
        case AccountKey("points"):
            return Reason("demo.row.points", {"name": stage.clara.name})
        case _:
            return Reason("demo.row.slot", {"slot": span_of(quote.promise.slot)})


def span_of(slot: Slot | None) -> Mapping[str, str]:
    """Return a slot as the plain figures of a sentence."""
    if slot is None:
        return {}
    return {"starts_at": slot.starts_at.isoformat(), "ends_at": slot.ends_at.isoformat()}
