"""Every priced receipt as an order: placed, paid, handed over; then points, stock and audit."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.checkout.ports import CheckoutStores
from omnicommerce.cli.console import Watch
from omnicommerce.cli.receipts_book import Receipt
from omnicommerce.cli.replay_database import replay_database
from omnicommerce.cli.replay_pricing import Comparison, points_of
from omnicommerce.cli.replay_till import Till
from omnicommerce.commerce import Commerce
from omnicommerce.inventory.model import stock_account
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.ledger.audit import AuditReport
from omnicommerce.orders.model import Order, OrderStatus

__all__ = ["OrdersReplay", "open_shop", "replay_orders"]


@attrs.frozen(kw_only=True)
class OrdersReplay:
    """What came of selling every priced basket; amounts in minor units, times in seconds.

    Args:
        database: Where it happened, without passwords.
        orders: Orders that were placed.
        handed_over: Orders that were paid and left with their customer.
        list_minor: What they cost before promotions.
        total_minor: What they cost after promotions.
        due_minor: What customers paid.
        change_minor: What coupons worth more than the goods paid out.
        points_ledger: Points on the ledger.
        points_due: Points by the rule, from what each order collected.
        households_wrong: Households whose points are not what the rule says.
        baskets_wrong: Baskets whose order differs from their price.
        stock_left: Units that were delivered and not handed over.
        audit: What the ledger's auditor says.
        cpu_seconds: Of this process.
        wall_seconds: By the clock on the wall.
    """

    database: str
    orders: int
    handed_over: int
    list_minor: int
    total_minor: int
    due_minor: int
    change_minor: int
    points_ledger: int
    points_due: int
    households_wrong: tuple[str, ...]
    baskets_wrong: tuple[str, ...]
    stock_left: int
    audit: AuditReport
    cpu_seconds: float
    wall_seconds: float

    @property
    def is_right(self) -> bool:
        """Tell whether everything adds up."""
        return (
            self.handed_over == self.orders
            and not self.baskets_wrong
            and not self.households_wrong
            and self.stock_left == 0
            and self.audit.is_clean
        )


@attrs.frozen
class Sold:
    """A basket's price, and the order it became."""

    comparison: Comparison
    order: Order

    @property
    def is_as_priced(self) -> bool:
        """Tell whether the order costs and collects what pricing alone said."""
        found, order = self.comparison.found, self.order
        return found is not None and (
            order.list_amount.minor,
            order.total_amount.minor,
            order.due_amount.minor,
            order.change_amount.minor,
        ) == (found.shelf, found.card, max(0, found.paid), max(0, -found.paid))


@contextmanager
def open_shop(
    configuration: ShopConfiguration, first: Receipt, database: str | None
) -> Iterator[tuple[Till, str]]:
    """Open the shop of the receipts; give its till, and the database's name to show.

    Args:
        configuration: The shop.
        first: The receipt at whose instant the clock starts.
        database: URL; None: an SQLite file that is deleted afterwards.

    Raises:
        InvalidValue: No adapter knows the URL.
        StoreUnavailable: The database cannot be reached.
    """
    clock = ManualClock(first.situation.at)
    with (
        replay_database(database) as (url, options, name),
        Commerce.open(
            url,
            configuration,
            gateway=InProcessGateway(),
            sender=Mailbox(),
            clock=clock,
            options=options,
        ) as commerce,
    ):
        yield Till(commerce, clock, commerce.ids.new("replay")), name


def replay_orders(
    till: Till, database: str, comparisons: Iterable[Comparison], *, watch: Watch[Any]
) -> OrdersReplay:
    """Sell every priced basket in the order of time, then check what is left behind.

    Raises:
        OmnicommerceError: The shop refused a step of a basket, or its database failed.
    """
    priced = [each for each in comparisons if each.found is not None]
    till.stock_up((each.receipt for each in priced), watch=watch)
    began = time.process_time(), time.perf_counter()
    sold = [
        Sold(each, till.serve(each.receipt))
        for each in watch(priced, "Selling the baskets", len(priced))
    ]
    cpu, wall = time.process_time() - began[0], time.perf_counter() - began[1]
    earned = _points_by_rule(sold)
    booked = {household: _points_booked(till, household) for household in earned}
    orders = [each.order for each in sold]
    return OrdersReplay(
        database=database,
        orders=len(orders),
        handed_over=sum(order.status is OrderStatus.COMPLETED for order in orders),
        list_minor=sum(order.list_amount.minor for order in orders),
        total_minor=sum(order.total_amount.minor for order in orders),
        due_minor=sum(order.due_amount.minor for order in orders),
        change_minor=sum(order.change_amount.minor for order in orders),
        points_ledger=sum(booked.values()),
        points_due=sum(earned.values()),
        households_wrong=tuple(sorted(h for h in earned if earned[h] != booked[h])),
        baskets_wrong=tuple(s.comparison.receipt.basket_id for s in sold if not s.is_as_priced),
        stock_left=_stock_left(till.commerce, sold),
        audit=till.commerce.audit(),
        cpu_seconds=cpu,
        wall_seconds=wall,
    )


def _points_by_rule(sold: Iterable[Sold]) -> Mapping[str, int]:
    points: defaultdict[str, int] = defaultdict(int)
    for each in sold:
        household = each.comparison.receipt.household_id
        points[household] += points_of(each.order.due_amount.minor)
    return points


def _points_booked(till: Till, household_id: str) -> int:
    balance = till.commerce.loyalty.balance(till.customers[household_id])
    return balance.available


def _stock_left(commerce: Commerce, sold: Iterable[Sold]) -> int:
    """Count the units that the shop still has of what was sold."""
    accounts = {
        stock_account(line.sku, each.comparison.receipt.situation.location or "")
        for each in sold
        for line in each.comparison.receipt.basket.lines
    }

    def count(stores: CheckoutStores) -> int:
        rows = stores.ledger.books().accounts()
        return sum(abs(balance) + held for key, balance, held, _, _ in rows if key in accounts)

    return commerce.store.run(count)
