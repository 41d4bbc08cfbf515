from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest

from omnicommerce import i18n
from omnicommerce.i18n.columns import width_of
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CartId, ChannelId, CustomerId, LocationId, OrderId, Sku
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure
from omnicommerce.orders.model import (
    LineAdjustment,
    LineItem,
    Order,
    OrderStatus,
    Refund,
    RefundState,
    Tender,
    TenderKind,
)


def eur(amount: str) -> Money:
    """Return an amount in euros."""
    return Money.of(amount, "EUR")


DRESS = LineItem(
    line_id="line_1",
    sku=Sku("DRESS-M"),
    name={"en": "Alba dress with long sleeves in linen", "es": "Vestido Alba"},
    quantity=2,
    list_amount=eur("119.80"),
    adjustments=(LineAdjustment(promotion_id="black", amount=eur("-20.00")),),
    amount=eur("99.80"),
    options={"size": "M"},
    notes=("gift wrap",),
    collected=1,
    declined=1,
)
OLIVES = LineItem(
    line_id="line_2",
    sku=Sku("OLIVES"),
    name={"en": "olives", "es": "de aceitunas"},
    quantity=1250,
    list_amount=eur("12.50"),
    amount=eur("12.50"),
)
TENDERS = (
    Tender(
        tender_id="t1",
        kind=TenderKind.COUPON,
        coupon_id="c1",
        amount=eur("2.00"),
        refunded_amount=eur("0"),
    ),
    Tender(
        tender_id="t2",
        kind=TenderKind.POINTS,
        amount=eur("10.30"),
        points=1030,
        refunded_amount=eur("4.90"),
    ),
    Tender(
        tender_id="t3",
        kind=TenderKind.GATEWAY,
        amount=eur("100.00"),
        refunded_amount=eur("45.00"),
    ),
)
ORDER = Order(
    order_id=OrderId("order_0001"),
    cart_id=CartId("cart_1"),
    channel=ChannelId("web"),
    customer_id=CustomerId("customer_1"),
    placed_at=datetime(2026, 11, 21, 11, 30, tzinfo=UTC),
    status=OrderStatus.COMPLETED,
    lines=(DRESS, OLIVES),
    list_amount=eur("132.30"),
    total_amount=eur("112.30"),
    change_amount=eur("0"),
    tenders=TENDERS,
    refunds=(
        Refund(
            refund_id="r1",
            tender_id="t2",
            amount=eur("4.90"),
            cause="declined",
            state=RefundState.DONE,
        ),
        Refund(
            refund_id="r2",
            tender_id="t3",
            amount=eur("45.00"),
            cause="declined",
            state=RefundState.DUE,
        ),
    ),
    points_earned=100,
    points_clawed=45,
    location_id=LocationId("madrid"),
    book_version="v1",
)
NAMES = {
    "promotion": {"black": "Black weekend"},
    "location": {"madrid": "Gran Vía 12, Madrid"},
    "channel": {"web": "Web"},
    "coupon": {"c1": "OLIVAS"},
}
MEASURES = {"OLIVES": Measure.GRAM}

ENGLISH = """\
                Casa Alba
           Gran Vía 12, Madrid

Order order_0001
Nov 21, 2026, 12:30 PM                 Web
------------------------------------------
2 × Alba dress with long sleeves
in linen                           €119.80
  M
  gift wrap
  Black weekend                    -€20.00
  of which handed back: 1
1.25 kg olives                      €12.50
------------------------------------------
Before promotions                  €132.30
TOTAL                              €112.30
You save                            €20.00

Coupon OLIVAS                        €2.00
Points (1,030)                      €10.30
Card                               €100.00
------------------------------------------
Refund: Points (490)                -€4.90
Refund on its way: Card            -€45.00
Paid after refunds                  €62.40
------------------------------------------
Points earned                          100
Points taken back                      -45

         Thank you for your visit
"""
SPANISH = """\
                Casa Alba
           Gran Vía 12, Madrid

Pedido order_0001
21 nov 2026, 12:30                     Web
------------------------------------------
2 × Vestido Alba                  119,80 €
  M
  gift wrap
  Black weekend                   -20,00 €
  devuelto de lo anterior: 1
1,25 kg de aceitunas               12,50 €
------------------------------------------
Antes de promociones              132,30 €
TOTAL                             112,30 €
Te ahorras                         20,00 €

Cupón OLIVAS                        2,00 €
Puntos (1.030)                     10,30 €
Tarjeta                           100,00 €
------------------------------------------
Devolución: Puntos (490)           -4,90 €
Devolución en camino: Tarjeta     -45,00 €
Pagado tras devoluciones           62,40 €
------------------------------------------
Puntos ganados                         100
Puntos retirados                       -45

          Gracias por tu visita
"""


def print_receipt(order: Order = ORDER, *, locale: str = "en", width: int = 42) -> str:
    """Return the receipt that Casa Alba prints."""
    return i18n.receipt(
        order,
        locale=locale,
        zone="Europe/Madrid",
        shop_name="Casa Alba",
        names=NAMES,
        measures=MEASURES,
        width=width,
    )


@pytest.mark.parametrize(("locale", "golden"), [("en", ENGLISH), ("es-ES", SPANISH)])
def test_the_receipt_tells_the_whole_order(locale: str, golden: str) -> None:
    """Lines, promotions, tenders, refunds and points, in the customer's language."""
    assert golden == print_receipt(locale=locale)


@pytest.mark.parametrize("width", [24, 32, 42, 80])
@pytest.mark.parametrize("locale", ["en", "es", "ja", "ar"])
def test_no_line_is_wider_than_the_paper(width: int, locale: str) -> None:
    """Long names are wrapped, amounts stay whole at the right edge."""
    wide = attrs.evolve(DRESS, name={"en": "アルバ ドレス 長袖 リネン" * 3}, adjustments=())
    lines = print_receipt(
        attrs.evolve(ORDER, lines=(wide,)), locale=locale, width=width
    ).splitlines()
    assert width == max(map(width_of, lines))
    assert all(line == line.rstrip() for line in lines)


def test_a_plain_order_has_a_plain_receipt() -> None:
    """Nothing is said about promotions, refunds, points or a place where there are none."""
    plain = attrs.evolve(
        ORDER,
        lines=(OLIVES,),
        list_amount=eur("12.50"),
        total_amount=eur("12.50"),
        tenders=(attrs.evolve(TENDERS[2], amount=eur("12.50"), refunded_amount=eur("0")),),
        refunds=(),
        points_earned=0,
        points_clawed=0,
        location_id=None,
    )
    assert (
        "                Casa Alba\n"
        "\n"
        "Order order_0001\n"
        "Nov 21, 2026, 12:30 PM                 Web\n"
        "------------------------------------------\n"
        "1.25 kg olives                      €12.50\n"
        "------------------------------------------\n"
        "TOTAL                               €12.50\n"
        "\n"
        "Card                                €12.50\n"
        "\n"
        "         Thank you for your visit\n" == print_receipt(plain)
    )


def test_change_and_cancellation_are_printed() -> None:
    """What coupons paid out shows as change, and a cancelled order says so on top."""
    order = attrs.evolve(ORDER, change_amount=eur("0.50"), status=OrderStatus.CANCELLED)
    text = print_receipt(order)
    assert "Change                               €0.50" in text
    assert "                CANCELLED" in text


def test_names_cannot_break_the_paper() -> None:
    """Line breaks and control characters in a name do not reach the printer."""
    line = attrs.evolve(OLIVES, name={"en": "olives\n\x1b[2Jfree\tof charge"})
    text = print_receipt(attrs.evolve(ORDER, lines=(line,)))
    assert "1.25 kg olives [2Jfree of charge" in text


@pytest.mark.parametrize("width", [0, 23, 42.0])
def test_too_narrow_paper_is_refused(width: int) -> None:
    """Paper that cannot hold an amount is the caller's mistake."""
    with pytest.raises(InvalidValue, match="width"):
        print_receipt(width=width)
