"""Pricing an order again, as it was priced: all of it, or what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from omnicommerce.checkout.line_shares import paid_for
from omnicommerce.checkout.uses import given_by
from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import NotFound
from omnicommerce.kernel.money import Money
from omnicommerce.orders.model import Order
from omnicommerce.orders.returns import Kept, Reprice
from omnicommerce.orders.shares import even_runs, first_units
from omnicommerce.pricing.basket import Basket, BasketLine, GivenPrice, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price

__all__ = ["basis_of", "read_basis", "repricing"]


def basis_of(basket: Basket, situation: Situation) -> Mapping[str, Any]:
    """Return what an order pins, besides the version of the price book, to be priced again."""
    return {"basket": dump(basket), "situation": dump(situation)}


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

    Args:
        book: The price book of the order's version.
        order: The order.
    """
    basket, situation = read_basis(order)

    def reprice(kept: Mapping[str, int]) -> Kept:
        priced = price(book, _part(basket, kept), situation)
        return Kept(
            minor=sum(paid_for(priced, line.line_id) for line in priced.lines),
            given={promotion_id: given_by(priced, promotion_id) for promotion_id in priced.uses},
        )

    return reprice


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
