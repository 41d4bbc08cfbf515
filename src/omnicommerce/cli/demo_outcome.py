"""What the counter changes, before and after: goods, uses, points and money."""

from __future__ import annotations

import attrs

from omnicommerce.checkout.model import Quote
from omnicommerce.cli.demo_shop import DRESS, SCARF
from omnicommerce.cli.demo_stage import Stage
from omnicommerce.cli.demo_steps import Cell, Grid, Row
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.ledger.model import AccountKey
from omnicommerce.orders.model import Order, TenderKind

__all__ = ["Outcome", "outcome_grid"]


@attrs.frozen(kw_only=True)
class Outcome:
    """How everything that an order touches stands at one moment.

    Args:
        dresses: Dresses in the store's books.
        scarves: Scarves that the store can sell.
        uses: How often the customer can still use the friend's promotion.
        points: Points to spend.
        pending: Points that wait.
        charged: What the card has paid, less what went back to it.
        store: Where.
    """

    dresses: int
    scarves: int
    uses: int
    points: int
    pending: int
    charged: Money
    store: str

    @classmethod
    def of(cls, stage: Stage, quote: Quote, order: Order) -> Outcome:
        """Read how it stands now."""
        store = quote.promise.location_id
        available = stage.commerce.inventory.available
        clara = stage.clara.customer_id
        friend = AccountKey("promotion", stage.promotion("friend"), clara)
        points = stage.commerce.loyalty.balance(clara)
        card = stage.require("the card paid", order.tender(TenderKind.GATEWAY))
        returned = stage.gateway.returned.get(card.reference or "", card.amount - card.amount)
        stage.check("the gateway gave back the same", card.refunded_amount, returned)
        return cls(
            dresses=available(DRESS, store).on_hand,
            scarves=available(SCARF, store).available,
            uses=stage.standings([friend])[friend].available,
            points=points.available,
            pending=points.pending,
            charged=card.left,
            store=store,
        )


def outcome_grid(stage: Stage, before: Outcome, after: Outcome) -> Grid:
    """Return both side by side."""
    name = stage.clara.name

    def row(label: Reason, field: str) -> Row:
        return Row(label, cells=(_cell(getattr(before, field)), _cell(getattr(after, field))))

    friend = {"promotion": stage.promotion("friend"), "name": name}
    return Grid(
        "outcome",
        columns=(Reason("demo.column.before"), Reason("demo.column.after")),
        rows=(
            row(Reason("demo.row.on_hand", {"sku": DRESS}), "dresses"),
            row(Reason("demo.row.for_sale", {"sku": SCARF}), "scarves"),
            row(Reason("demo.row.own_uses", friend), "uses"),
            row(Reason("demo.row.points", {"name": name}), "points"),
            row(Reason("demo.row.pending", {"name": name}), "pending"),
            row(Reason("demo.row.charged"), "charged"),
        ),
    )


def _cell(value: int | Money) -> Cell:
    return str(value) if isinstance(value, Money) else value
