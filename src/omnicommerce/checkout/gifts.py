"""Gifts of an order: given only if they are there, and lines of the order like what is bought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.cart.fold import CartState
from omnicommerce.catalog.model import Component
from omnicommerce.checkout.configuration import Shop
from omnicommerce.checkout.limits import bounded_key
from omnicommerce.checkout.line_shares import gift_shares, gift_tax
from omnicommerce.checkout.where import stock_demand
from omnicommerce.inventory.model import stock_account
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId
from omnicommerce.ledger.model import AccountKey
from omnicommerce.ledger.ports import Ledger
from omnicommerce.orders.model import LineAdjustment, LineItem
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.effects import Gift
from omnicommerce.pricing.result import GivenAway, PricedBasket

__all__ = [
    "NO_GIFTS",
    "GiftStock",
    "check_choices",
    "gift_lines",
    "gift_stock",
    "gifts_among",
    "price_with_gifts",
]

_KEY: Final = "gift"


@attrs.frozen(kw_only=True)
class GiftStock:
    """What a store could give away beside a cart.

    Args:
        parts: What stock gives for one unit of each gift that the shop sells, by SKU.
        free: What nobody holds of each of these parts once the cart has its own.
    """

    parts: Mapping[str, tuple[Component, ...]]
    free: Mapping[str, int]

    def lacking(self, gifts: Iterable[GivenAway]) -> frozenset[str]:
        """Return the SKUs of the gifts that are not there, those before them taken."""
        left, lacking = Counter(self.free), set()
        for gift in gifts:
            wanted = Counter[str]()
            for part in self.parts.get(gift.sku, ()):
                wanted[part.sku] += part.quantity * gift.quantity
            if wanted and all(units <= left[sku] for sku, units in wanted.items()):
                left.subtract(wanted)
            else:
                lacking.add(gift.sku)
        return frozenset(lacking)


NO_GIFTS: Final = GiftStock(parts={}, free={})


def gifts_among(book: PriceBook, skus: Iterable[str]) -> frozenset[str]:
    """Return what promotions that could match these SKUs may give.

    So a quote asks for the stock of gifts only where one could be given.
    """
    known = sorted({sku for sku in skus if book.product(sku) is not None})
    matching = {*book.matching(known), *book.for_baskets}
    effects = [book.rules[position].promotion.effect for position in matching]
    return frozenset(sku for each in effects if isinstance(each, Gift) for sku in each.skus)


def gift_stock(
    ledger: Ledger, shop: Shop, cart: CartState, location_id: LocationId, *, at: datetime
) -> GiftStock:
    """Look up what a store could give away beside a cart: one question, or none.

    Gifts that the catalogue does not know are not there.

    Raises:
        UnknownSku: A line's SKU is not sold any more.
    """
    skus: frozenset[str] = frozenset()
    if shop.gives_gifts:
        skus = gifts_among(shop.book, (line.sku for line in cart.lines))
    if not skus:
        return NO_GIFTS
    found = shop.products.many(skus)
    parts = {sku: article.stock_parts(1) for sku, article in found.items()}
    accounts: dict[str, AccountKey] = {
        part.sku: stock_account(part.sku, location_id) for each in parts.values() for part in each
    }
    standings = ledger.standings(accounts.values(), at=at)
    taken = stock_demand(shop, cart)
    free = {
        sku: max(0, standings[account].available - taken.get(sku, 0))
        for sku, account in accounts.items()
    }
    return GiftStock(parts=parts, free=free)


def check_choices(book: PriceBook, choices: Mapping[str, str]) -> None:
    """Refuse a gift that the promotion does not give; promotions that are gone are left out.

    Raises:
        InvalidValue: The promotion gives something else.
    """
    for rule in book.rules if choices else ():
        effect, chosen = rule.promotion.effect, choices.get(rule.promotion_id)
        if isinstance(effect, Gift) and chosen is not None and chosen not in effect.skus:
            problem = f"promotion {rule.promotion_id!r} gives no {chosen!r}"
            raise InvalidValue("choices", problem, given=sorted(effect.skus))


def price_with_gifts(
    book: PriceBook, basket: Basket, situation: Situation, stock: GiftStock
) -> tuple[PricedBasket, Situation]:
    """Price a basket so that no gift is given that is not there.

    Of several promotions that give one SKU, all go without where it does not suffice.

    Returns:
        The answer, and the situation with what is not available.
    """
    priced = price(book, basket, situation)
    while lacking := stock.lacking(priced.gifts):
        situation = attrs.evolve(situation, unavailable=situation.unavailable | lacking)
        priced = price(book, basket, situation)
    return priced, situation


def gift_lines(shop: Shop, priced: PricedBasket) -> Iterator[LineItem]:
    """Return the lines of an order that are gifts: worth something, and for less or for nothing."""
    taken = {line.line_id for line in priced.basket.lines}
    articles = shop.articles(gift.sku for gift in priced.gifts)
    for number, gift in enumerate(priced.gifts):
        article, tax = articles[gift.sku], gift_tax(priced, number)
        change = LineAdjustment(
            promotion_id=gift.promotion_id, amount=gift.amount - gift.worth_amount
        )
        yield LineItem(
            line_id=_line_id(gift.promotion_id, taken),
            sku=article.sku,
            name=article.product.name,
            quantity=gift.quantity,
            list_amount=gift.worth_amount,
            adjustments=(change,) if gift.off_minor else (),
            amount=gift.amount,
            paid_amount=tax.gross_amount if tax else None,
            tax_amount=tax.tax_amount if tax else None,
            shares=gift_shares(gift, tax),
            components=tuple(
                (part.sku, part.quantity) for part in article.stock_parts(gift.quantity)
            ),
            gift_of=gift.promotion_id,
        )


def _line_id(promotion_id: str, taken: Iterable[str]) -> str:
    key = bounded_key(_KEY, promotion_id)
    while key in taken:
        key = bounded_key(_KEY, key)
    return key
