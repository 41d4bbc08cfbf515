"""A quote as rows: what is bought, what promotions give, and what pays."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from omnicommerce.cli.demo_steps import Bill
from omnicommerce.cli.demo_words import Words, spaced
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.orders.model import TenderKind

__all__ = ["BillRow", "bill_rows"]


@attrs.frozen
class BillRow:
    """One row: what it is, the amount, and how it is shown."""

    label: str
    amount: str
    style: str = ""


def bill_rows(bill: Bill, words: Words) -> Iterator[BillRow]:
    """Yield the rows of a quote in the reader's language."""
    quote = bill.quote

    def row(reason: Reason, amount: Money, style: str = "") -> BillRow:
        return BillRow(words.say(reason), spaced(words.money(amount)), style)

    for line in quote.lines:
        figures = {"sku": line.sku, "quantity": line.quantity}
        yield row(Reason("demo.bill.line", figures), line.list_amount)
        for change in line.adjustments:
            name = words.name("promotion", change.promotion_id)
            yield BillRow(f"  {name}", spaced(words.money(change.amount)), "green")
    yield row(Reason("demo.bill.total"), quote.total_amount, "bold")
    for tender in quote.tenders:
        if tender.kind is TenderKind.POINTS:
            figures = {"points": tender.points}
            yield row(Reason("demo.bill.points", figures), -tender.amount)
    yield row(Reason("demo.bill.due"), quote.due_amount, "bold")
    yield BillRow(words.say(Reason("demo.bill.earn")), str(quote.points_to_earn), "dim")
