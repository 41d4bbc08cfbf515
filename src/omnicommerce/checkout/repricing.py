"""Pricing an order again, as it was priced: all of it, or what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from omnicommerce.checkout.line_shares import paid_for
from omnicommerce.checkout.outside_tax import answer_kept, tax_answer_of, taxed_as_kept
from omnicommerce.checkout.uses import given_by
from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import NotFound
from omnicommerce.kernel.money import Money
from omnicommerce.orders.model import LineItem, Order
from omnicommerce.orders.returns import Kept, Reprice
from omnicommerce.orders.shares import even_runs, first_units
from omnicommerce.pricing.basket import Basket, BasketLine, GivenPrice, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.result import PricedBasket

__all__ = ["basis_of", "is_taxed_outside", "price_again", "read_basis", "repricing"]

_TAX: Final = "tax"


def basis_of(priced: PricedBasket, situation: Situation) -> Mapping[str, Any]:
    """Return what an order pins, besides the version of the price book, to be priced again."""
    basis = {"basket": dump(priced.basket), "situation": dump(situation)}
    answer = tax_answer_of(priced)
    return basis if answer is None else {**basis, _TAX: answer_kept(answer)}


def is_taxed_outside(order: Order) -> bool:
    """Tell whether an order's tax is what an outside service said."""
    return _TAX in order.basis


def price_again(book: PriceBook, order: Order) -> PricedBasket:
    """Return an order as it was priced and taxed; nobody outside is asked.

    Raises:
        NotFound: The order was not placed by checkout.
    """
    basket, situation = read_basis(order)
    return taxed_as_kept(price(book, basket, situation), situation, order.basis.get(_TAX))


def read_basis(order: Order) -> tuple[Basket, Situation]:
    """Return basket and situation as they were priced.

    What an order itself used of limited promotions never counts here: the
    situation says what was left before.

    Raises:
        NotFound: The order was not placed by checkout.
    """
    if not order.basis:
        raise NotFound("basis of order", order.order_id)
    return load(Basket, order.basis["basket"]), load(Situation, order.basis["situation"])


def repricing(book: PriceBook, order: Order) -> Reprice:
    """Return what prices some units of an order's lines by themselves, as the order was priced.

    A gift that is kept is one still if what else is kept earns it. Otherwise it costs what it
    would have cost.

    Args:
        book: The price book of the order's version.
        order: The order.
    """
    basket, situation = read_basis(order)
    gifts = {line.line_id: line for line in order.lines if line.gift_of is not None}

    def reprice(kept: Mapping[str, int]) -> Kept:
        part = _part(basket, kept)
        priced = price(book, part, situation)
        earned = {gift.promotion_id: gift.sku for gift in priced.gifts}
        left = [line for line_id, line in gifts.items() if line_id in kept]
        free = [line for line in left if earned.get(line.gift_of or "") == line.sku]
        bought = [line for line in left if line not in free]
        if bought:
            lines = [BasketLine(line.line_id, line.sku, kept[line.line_id]) for line in bought]
            priced = price(book, attrs.evolve(part, lines=(*part.lines, *lines)), situation)
        given_back = {line.gift_of for line in gifts.values() if line not in free}
        return Kept(
            minor=sum(paid_for(priced, line.line_id) for line in priced.lines)
            + sum(_last_units(line, kept[line.line_id]) for line in free),
            given={
                promotion_id: given_by(priced, promotion_id)
                for promotion_id in priced.uses
                if promotion_id not in given_back
            },
            promised={each.promotion_id: each.points for each in priced.benefits},
        )

    return reprice


def _last_units(line: LineItem, units: int) -> int:
    """Return what so many units of a line had cost that are given back last, in minor units."""
    return line.paid_minor - first_units(line.unit_shares.refunds, line.quantity - units)


def _part(basket: Basket, kept: Mapping[str, int]) -> Basket:
    """Return the basket of the units that are kept, and of what belongs to them."""
    return attrs.evolve(
        basket,
        lines=_lines(basket, kept),
        coupons=tuple(c for c in basket.coupons if c.line_id is None or c.line_id in kept),
        discounts=tuple(d for d in basket.discounts if d.line_id is None or d.line_id in kept),
    )


def _lines(basket: Basket, kept: Mapping[str, int]) -> Iterator[BasketLine]:
    for line in basket.lines:
        units = kept.get(line.line_id)
        if units:
            given = line.given and _part_of_given(line.given, line.quantity, units)
            yield attrs.evolve(line, quantity=units, given=given)


def _part_of_given(given: GivenPrice, units: int, kept: int) -> GivenPrice:
    """Return the amounts of the last units of a line that has amounts of its own."""

    def part(amount: Money) -> Money:
        gone = first_units(even_runs(amount.minor, units), units - kept)
        return Money(amount.minor - gone, amount.currency)

    offer = None if given.offer is None else part(given.offer)
    return attrs.evolve(given, base=part(given.base), offer=offer)
