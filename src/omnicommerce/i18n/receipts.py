"""The receipt of an order as plain text, as a till prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from omnicommerce.i18n.catalogue import find_message
from omnicommerce.i18n.columns import centred, pair
from omnicommerce.i18n.figures import Audience, Names, fill
from omnicommerce.i18n.formats import (
    format_instant,
    format_money,
    format_number,
    format_quantity,
)
from omnicommerce.i18n.locales import localised
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure
from omnicommerce.orders.model import (
    LineItem,
    Order,
    OrderStatus,
    Refund,
    RefundState,
    Tender,
)

__all__ = ["receipt"]

_NARROWEST: Final = 24
_INDENT: Final = 2
_ALL_EACH: Final[Mapping[str, Measure]] = MappingProxyType({})


def receipt(
    order: Order,
    *,
    locale: str,
    zone: str,
    shop_name: str,
    names: Names | None = None,
    measures: Mapping[str, Measure] = _ALL_EACH,
    width: int = 42,
) -> str:
    """Return the receipt of an order: lines, what promotions changed, what paid, what went back.

    Args:
        order: The order as it stands.
        locale: Such as ``es-ES``.
        zone: IANA name of the zone whose wall clock dates it.
        shop_name: Printed on top.
        names: Names of promotions, locations, channels and coupons to print
            instead of their identities; a line's own name is in the order.
        measures: How SKUs that are not counted one by one are measured.
        width: Characters of a line.

    Returns:
        Lines of at most ``width`` cells, each ended by a newline; amounts end
        at the right edge. Only ordinary spaces are used.

    Raises:
        InvalidValue: An unknown locale or zone, or under 24 characters of width.
    """
    if type(width) is not int or width < _NARROWEST:
        raise InvalidValue("width", f"must be a whole number from {_NARROWEST}, not {width!r}")
    audience = Audience(locale=locale, zone=zone, names=names or {})
    paper = _Paper(audience=audience, measures=measures, width=width)
    parts = (
        paper.head(order, shop_name),
        (text for line in order.lines for text in paper.line(line)),
        paper.totals(order),
        paper.refunds(order),
        paper.points(order),
    )
    blocks = ["\n".join(part) for part in parts]
    rule = f"\n{'-' * width}\n"
    thanks = "\n".join(centred(paper.words("thanks"), width))
    return f"{rule.join(block for block in blocks if block)}\n\n{thanks}\n"


@attrs.frozen(kw_only=True)
class _Paper:
    """Where and for whom a receipt is printed."""

    audience: Audience
    measures: Mapping[str, Measure]
    width: int

    def words(self, code: str, parameters: Mapping[str, Any] | None = None) -> str:
        figures = parameters or {}
        text = find_message((f"receipt.{code}",), figures, self.audience.locale) or code
        return fill(text, figures, self.audience)

    def row(self, left: str, amount: Money, *, indent: int = 0) -> Iterator[str]:
        money = format_money(amount, self.audience.locale)
        return pair(left, money, self.width, indent=indent)

    def head(self, order: Order, shop_name: str) -> Iterator[str]:
        yield from centred(shop_name, self.width)
        if order.location_id is not None:
            yield from centred(self.audience.name("location", order.location_id), self.width)
        yield ""
        yield from pair(self.words("order", {"order": order.order_id}), "", self.width)
        when = format_instant(order.placed_at, self.audience.locale, self.audience.zone)
        yield from pair(when, self.audience.name("channel", order.channel), self.width)
        if order.status is OrderStatus.CANCELLED:
            yield from centred(self.words("cancelled"), self.width)

    def line(self, line: LineItem) -> Iterator[str]:
        name = localised(line.name, self.audience.locale) or line.sku
        measure = self.measures.get(line.sku, Measure.EACH)
        form = "quantity_each" if measure is Measure.EACH else "quantity_measured"
        parameters = {"quantity": self.quantity(line, line.quantity), "name": name}
        yield from self.row(self.words(form, parameters), line.list_amount)
        extras = (*line.options.values(), *line.notes)
        for extra in extras:
            yield from pair(extra, "", self.width, indent=_INDENT)
        for change in line.adjustments:
            promotion = self.audience.name("promotion", change.promotion_id)
            yield from self.row(promotion, change.amount, indent=_INDENT)
        if line.gone:
            units = {"quantity": self.quantity(line, line.gone)}
            yield from pair(self.words("handed_back", units), "", self.width, indent=_INDENT)

    def quantity(self, line: LineItem, amount: int) -> str:
        measure = self.measures.get(line.sku, Measure.EACH)
        return format_quantity(amount, measure, self.audience.locale)

    def totals(self, order: Order) -> Iterator[str]:
        goods = sum((line.amount for line in order.lines), Money.zero(order.total_amount.currency))
        saved, charges = order.list_amount - goods, order.total_amount - goods
        if saved:
            yield from self.row(self.words("before"), order.list_amount)
        if charges:
            yield from self.row(self.words("charges"), charges)
        yield from self.row(self.words("total"), order.total_amount)
        if saved.minor > 0:
            yield from self.row(self.words("saved"), saved)
        yield ""
        for tender in order.tenders:
            yield from self.row(self.tender(tender), tender.amount)
        if order.change_amount:
            yield from self.row(self.words("change"), order.change_amount)

    def tender(self, tender: Tender) -> str:
        coupon = self.audience.name("coupon", tender.coupon_id or "")
        points = format_number(tender.points, self.audience.locale)
        return self.words(f"tender.{tender.kind}", {"points": points, "coupon": coupon})

    def refunds(self, order: Order) -> Iterator[str]:
        tenders = {tender.tender_id: tender for tender in order.tenders}
        back = {name: Money.zero(tender.amount.currency) for name, tender in tenders.items()}
        for refund in order.refunds:
            tender, before = tenders[refund.tender_id], back[refund.tender_id]
            back[refund.tender_id] = after = before + refund.amount
            points = _points_of(tender, after) - _points_of(tender, before)
            yield from self.refund(refund, attrs.evolve(tender, points=points))
        if order.refunds:
            kept = order.total_amount - order.refunded_amount
            yield from self.row(self.words("kept"), kept)

    def refund(self, refund: Refund, tender: Tender) -> Iterator[str]:
        code = "refund" if refund.state is RefundState.DONE else "refund_due"
        yield from self.row(self.words(code, {"tender": self.tender(tender)}), -refund.amount)

    def points(self, order: Order) -> Iterator[str]:
        figures = (("points_earned", order.points_earned), ("points_clawed", -order.points_clawed))
        for code, points in figures:
            if points:
                shown = format_number(points, self.audience.locale)
                yield from pair(self.words(code), shown, self.width)


def _points_of(tender: Tender, amount: Money) -> int:
    """Return how many of a tender's points a part of its amount stands for."""
    return tender.points * amount.minor // tender.amount.minor if tender.points else 0
