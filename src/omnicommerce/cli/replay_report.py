"""The outcome of a replay, as tables for people and as one JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from omnicommerce.cli.receipts_book import Totals
from omnicommerce.cli.replay_orders import OrdersReplay
from omnicommerce.cli.replay_pricing import Comparison, Material, PricingReplay
from omnicommerce.cli.replay_stock import StockReplay
from omnicommerce.i18n import explain_trace, format_money
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Trace
from omnicommerce.pricing import NotPriced, PriceBook, explain

__all__ = ["Outcome", "print_report", "print_stock_report", "to_document"]

_LOCALE: Final = "en-US"
_DOLLARS: Final = Currency.of("USD")
_GOOD: Final = "green"
_BAD: Final = "bold red"


@attrs.frozen(kw_only=True)
class Outcome:
    """A whole replay: what was read, how it was priced, and how it was sold, if it was."""

    material: Material
    book: PriceBook
    prices: PricingReplay
    orders: OrdersReplay | None

    @property
    def is_right(self) -> bool:
        """Tell whether engine and published rules agree and everything sold adds up."""
        return not self.prices.differing and (self.orders is None or self.orders.is_right)

    @property
    def speed(self) -> tuple[int, int]:
        """Baskets priced per second: of CPU time, and by the clock on the wall."""
        prices = self.prices
        return (
            _per_second(len(prices.comparisons), prices.cpu_seconds),
            _per_second(len(prices.comparisons), prices.wall_seconds),
        )


def _per_second(count: int, seconds: float) -> int:
    return int(count / seconds) if seconds else 0


def to_document(outcome: Outcome, *, explained: int) -> dict[str, Any]:
    """Return the outcome as a JSON document; money is in minor units.

    Args:
        outcome: What came of the replay.
        explained: How many differing baskets to list, each with its trace.
    """
    prices, material = outcome.prices, outcome.material
    document: dict[str, Any] = {
        "book": material.book_name,
        "households": len(material.households),
        "baskets": len(prices.comparisons),
        "priced": prices.priced,
        "equal_reference": prices.equal_reference,
        "equal_receipt": prices.equal_receipt,
        "differing": prices.differing,
        "points": prices.points,
        "points_model": prices.points_model,
        "baskets_per_second": outcome.speed[0],
        "baskets_per_second_wall": outcome.speed[1],
        "differences": [
            _difference(outcome.book, each) for each in prices.first_differences(explained)
        ],
    }
    if outcome.orders is not None:
        document |= _orders(outcome.orders)
    return document


def _orders(orders: OrdersReplay) -> dict[str, Any]:
    document = attrs.asdict(orders, filter=lambda field, _: field.name != "audit")
    seconds = document.pop("cpu_seconds"), document.pop("wall_seconds")
    audit = orders.audit
    return {
        **document,
        "audit": "clean" if audit.is_clean else "discrepancies",
        "audit_figures": {
            "accounts": audit.accounts,
            "lots": audit.lots,
            "holds": audit.holds,
            "entries": audit.entries,
            "discrepancies": len(audit.discrepancies),
        },
        "orders_per_second": _per_second(orders.orders, seconds[0]),
        "orders_per_second_wall": _per_second(orders.orders, seconds[1]),
    }


def _difference(book: PriceBook, each: Comparison) -> dict[str, Any]:
    return {
        "basket_id": each.receipt.basket_id,
        "household_id": each.receipt.household_id,
        "engine": _totals(each.found),
        "reference": _totals(each.reference),
        "receipt": _totals(each.paid),
        "trace": [
            {
                "subject": step.subject,
                "verdict": step.verdict,
                "code": step.reason.code,
                "parameters": dict(step.reason.parameters),
            }
            for step in _trace(book, each)
        ],
    }


def _totals(totals: Totals | None) -> dict[str, int] | None:
    return None if totals is None else attrs.asdict(totals)


def _trace(book: PriceBook, each: Comparison) -> Trace:
    try:
        return explain(book, each.receipt.basket, each.receipt.situation)
    except NotPriced:
        return Trace()


def print_report(console: Console, outcome: Outcome, *, explained: int) -> None:
    """Print the outcome as tables.

    Args:
        console: Where to.
        outcome: What came of the replay.
        explained: How many differing baskets to show, each with its trace.
    """
    console.print(_price_table(outcome))
    if outcome.orders is not None:
        console.print(_order_table(outcome.orders))
    _print_differences(console, outcome, explained)
    _print_verdict(console, is_right=outcome.is_right)


def print_stock_report(console: Console, outcome: StockReplay) -> None:
    """Print what came of serving lines from scarce stock."""
    title = f"First come, first served, on {outcome.database}"
    console.print(_two_columns(title, _stock_rows(outcome)))
    _print_verdict(console, is_right=outcome.is_right)


def _print_verdict(console: Console, *, is_right: bool) -> None:
    verdict = "Everything adds up." if is_right else "Something does not add up; see above."
    console.print(Text(verdict, style=_GOOD if is_right else _BAD))


def _stock_rows(outcome: StockReplay) -> Iterator[tuple[str, str, bool]]:
    served, refused = outcome.served, outcome.refused
    audit = outcome.audit
    yield "Stores and products", f"{outcome.pairs:,}", True
    yield "Lines", f"{outcome.lines:,}", True
    yield "  served, units", f"{len(served):,}, {sum(served):,}", True
    yield "  refused, units", f"{len(refused):,}, {sum(refused):,}", True
    yield "Weeks that sold more than there was", f"{outcome.oversold:,}", not outcome.oversold
    yield "What the auditor found", f"{len(audit.discrepancies):,}", audit.is_clean
    yield "Seconds", f"{outcome.wall_seconds:.1f}", True


def _print_differences(console: Console, outcome: Outcome, explained: int) -> None:
    shown = outcome.prices.first_differences(explained)
    if not shown:
        return
    book, beside = outcome.book, outcome.prices.priced - outcome.prices.equal_receipt
    console.print(f"{beside:,} baskets are not as on the receipt. The first that differ:")
    for each in shown:
        console.print(_difference_table(each))
        sentences = explain_trace(
            _trace(book, each),
            locale=_LOCALE,
            detail="long",
            names={"promotion": _promotion_names(book)},
            currency=book.currency,
        )
        console.print(Text(sentences), soft_wrap=True)


def _promotion_names(book: PriceBook) -> dict[str, str]:
    promotions = book.configuration.promotions
    return {each.promotion_id: each.name.get("en", each.promotion_id) for each in promotions}


def _two_columns(title: str, rows: Iterator[tuple[str, str, bool]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for label, figure, is_good in rows:
        table.add_row(label, Text(figure, style="" if is_good else _BAD))
    return table


def _price_table(outcome: Outcome) -> Table:
    return _two_columns(
        f"Receipts through the engine, prices of the book {outcome.material.book_name!r}",
        _price_rows(outcome),
    )


def _price_rows(outcome: Outcome) -> Iterator[tuple[str, str, bool]]:
    prices = outcome.prices
    cpu, wall = outcome.speed
    yield "Households", f"{len(outcome.material.households):,}", True
    yield "Baskets", f"{len(prices.comparisons):,}", True
    yield "Priced in full", f"{prices.priced:,}", True
    yield "  as the published rules say", f"{prices.equal_reference:,}", not prices.differing
    yield "  as the receipt says", f"{prices.equal_receipt:,}", True
    if prices.differing:
        yield "Not as the published rules say", f"{prices.differing:,}", False
    yield "Points for what the receipts say was paid, all baskets", f"{prices.points:,}", True
    yield "Points for what the engine says was due, priced ones", f"{prices.points_model:,}", True
    yield "Baskets per second, CPU time of pricing alone", f"{cpu:,}", True
    yield "Baskets per second, wall time of pricing alone", f"{wall:,}", True


def _order_table(orders: OrdersReplay) -> Table:
    return _two_columns(
        f"Through cart, checkout, payment and hand-over on {orders.database}", _order_rows(orders)
    )


def _order_rows(orders: OrdersReplay) -> Iterator[tuple[str, str, bool]]:
    all_left = orders.handed_over == orders.orders
    yield "Orders placed", f"{orders.orders:,}", True
    yield "Paid and handed over", f"{orders.handed_over:,}", all_left
    yield "Orders unlike their price", f"{len(orders.baskets_wrong):,}", not orders.baskets_wrong
    yield "Total before promotions", _money(orders.list_minor), True
    yield "Total after promotions", _money(orders.total_minor), True
    yield "Collected from customers", _money(orders.due_minor), True
    yield "Paid out by coupons worth more than the goods", _money(orders.change_minor), True
    right = not orders.households_wrong
    yield "Points on the ledger", f"{orders.points_ledger:,}", right
    yield "Points by the rule, from what was collected", f"{orders.points_due:,}", right
    yield "Units left in the stores", f"{orders.stock_left:,}", not orders.stock_left
    audit = orders.audit
    found = f"{len(audit.discrepancies):,} discrepancies"
    clean = f"clean, {audit.entries:,} entries"
    yield "Audit of the ledger", clean if audit.is_clean else found, audit.is_clean
    speed = _per_second(orders.orders, orders.wall_seconds)
    yield "Orders per second, wall time from cart to hand-over", f"{speed:,}", True


def _difference_table(each: Comparison) -> Table:
    receipt = each.receipt
    table = Table(
        title=f"Basket {receipt.basket_id} of household {receipt.household_id}",
        title_justify="left",
    )
    table.add_column("")
    for column in ("Shelf", "Card", "Match", "Paid"):
        table.add_column(column, justify="right")
    for name, totals in (
        ("Engine", each.found),
        ("Published rules", each.reference),
        ("Receipt", each.paid),
    ):
        figures = ["not priced"] if totals is None else map(_money, attrs.astuple(totals))
        table.add_row(name, *figures)
    return table


def _money(minor: int) -> str:
    return format_money(Money(minor, _DOLLARS), _LOCALE)
