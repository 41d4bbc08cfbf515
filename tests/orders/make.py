"""Orders for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, OrderId, Sku
from omnicommerce.kernel.money import Money
from omnicommerce.orders.model import LineItem, Order, OrderStatus, Tender, TenderKind

__all__ = ["AT", "EUR", "line", "order", "tender"]

EUR = Currency.of("EUR")
AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


def line(amount: int, quantity: int) -> LineItem:
    """Return a line that cost this much."""
    return LineItem(
        line_id="line_1",
        sku=Sku("DRESS"),
        name={"en": "Dress"},
        quantity=quantity,
        list_amount=Money(amount, EUR),
        amount=Money(amount, EUR),
    )


def order(*tenders: Tender, lines: tuple[LineItem, ...] = ()) -> Order:
    """Return a paid order."""
    total = Money.total((tender.amount for tender in tenders), EUR)
    return Order(
        order_id=OrderId("order_1"),
        cart_id=CartId("cart_1"),
        channel=ChannelId("web"),
        customer_id=CustomerId("customer_1"),
        placed_at=AT,
        status=OrderStatus.CONFIRMED,
        lines=lines,
        list_amount=total,
        total_amount=total,
        change_amount=Money.zero(EUR),
        tenders=tenders,
        book_version="v1",
    )


def tender(turn: int, kind: TenderKind, amount: int) -> Tender:
    """Return a tender of which nothing was given back."""
    return Tender(
        tender_id=f"tender_{turn}",
        kind=kind,
        amount=Money(amount, EUR),
        refunded_amount=Money.zero(EUR),
    )
