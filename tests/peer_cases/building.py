"""From a case to a price book, a basket and a situation: what a shop would configure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from omnicommerce.kernel.money import Money
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing import (
    Basket,
    BasketLine,
    Coupon,
    CouponKind,
    PriceBook,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
    Situation,
)
from omnicommerce.pricing.basket import OrderHistory, Role
from omnicommerce.pricing.code_policy import normalise
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.model import PriceTier
from tests.peer_cases.amounts import count
from tests.peer_cases.facts import FIXED, line_facts
from tests.peer_cases.promotions import (
    code_policy,
    instant,
    promotions_of,
    remaining,
    spent,
    stacking_of,
)
from tests.peer_cases.reading import Case, Part, Unsupported
from tests.peer_cases.rewards import gift_sku
from tests.peer_cases.shipping import delivery_amount
from tests.peer_cases.taxes import WEIGHTED, surcharge_of, tax_of

__all__ = ["basket_of", "book_of", "situation_of"]

_LIST: Final = "prices"
_NOW: Final = datetime(2024, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)


def book_of(case: Case, *, promoted: bool = True) -> PriceBook:
    """Return the price book: every line is an SKU of its own, named as the line is.

    Args:
        case: Whose prices, taxes and promotions it has.
        promoted: Whether promotions count.
    """
    promotions = promotions_of(case) if promoted else ()
    gifts = _gifts(case)
    return PriceBook.compile(
        PricingConfiguration(
            currency=case.data["currency"],
            products=[
                *(_product(line, case) for line in case.bought),
                *(ProductTraits(sku, tax_class=gift.get("tax_class")) for sku, gift in gifts),
            ],
            lists=[PriceList(_LIST)],
            rows=[
                *(_row(line, case) for line in case.bought),
                *(_priced(sku, case.scale.exact(gift["unit_price"])) for sku, gift in gifts),
            ],
            promotions=promotions,
            row_rounding=RoundingMode.HALF_UP,
            stacking=stacking_of(promotions),
            untouchable=FIXED,
            codes=_codes(case),
            code_policy=code_policy(case),
            tax=tax_of(case),
            surcharges=[surcharge_of(part, case) for part in case.parts("surcharges")],
        )
    )


def _product(line: Part, case: Case) -> ProductTraits:
    return ProductTraits(
        str(line["id"]),
        line_facts(line, case),
        tax_class=line.get("tax_class"),
        includes_tax=line.get("tax_inclusive"),
    )


def _gifts(case: Case) -> list[tuple[str, Part]]:
    gifts = [
        part["reward"]["gift"]
        for part in case.parts("promotions")
        if part["reward"]["type"] == "gift"
    ]
    return list({gift_sku(gift): gift for gift in gifts}.items())


def _row(line: Part, case: Case) -> PriceRow:
    sku, scale = str(line["id"]), case.scale
    if line.get("line_total") is not None:
        return _priced(sku, scale.exact(line["line_total"]) / count(line["qty"]))
    if line.get("price_tiers"):
        return _tiered(sku, line, case)
    return _priced(sku, scale.exact(line["unit_price"]))


def _priced(sku: str, unit: Fraction) -> PriceRow:
    """Return a row for a unit price, which may have a part of a minor unit."""
    if unit < 0:
        raise Unsupported("a price below zero")
    return PriceRow(price_list=_LIST, sku=sku, amount=unit.numerator, per=unit.denominator)


def _tiered(sku: str, line: Part, case: Case) -> PriceRow:
    """Return a row with tiers; where more units would be dearer, with the price that holds."""
    tiers = line["price_tiers"]
    starts = {1, *(count(tier["min_quantity"]) for tier in tiers)}
    starts |= {count(tier["max_quantity"]) + 1 for tier in tiers if tier.get("max_quantity")}
    prices = [(start, _tier_price(start, tiers, case)) for start in sorted(starts)]
    steps = [price for price in prices if price[1] is not None]
    amounts = [amount for _, amount in steps if amount is not None]
    falling = amounts == sorted(amounts, reverse=True)
    whole = all(amount.denominator == 1 for amount in amounts)
    if not falling or not whole or len(steps) < len(prices):
        holding = _tier_price(count(line["qty"]), tiers, case)
        if holding is None:
            raise Unsupported("no price tier holds for the quantity")
        return _priced(sku, holding)
    return PriceRow(
        price_list=_LIST,
        sku=sku,
        amount=int(amounts[0]),
        tiers=[PriceTier(start, int(amount)) for start, amount in steps[1:] if amount is not None],
    )


def _tier_price(quantity: int, tiers: list[Part], case: Case) -> Fraction | None:
    """Return the price of the highest tier that holds."""
    holding = [
        tier
        for tier in tiers
        if count(tier["min_quantity"]) <= quantity
        and (tier.get("max_quantity") is None or quantity <= count(tier["max_quantity"]))
    ]
    if not holding:
        return None
    return case.scale.exact(max(holding, key=lambda tier: count(tier["min_quantity"]))["price"])


def basket_of(case: Case, book: PriceBook) -> Basket:
    """Return what is bought, how it is brought, and the gift cards that pay."""
    lines = [
        BasketLine(str(line["id"]), str(line["id"]), count(line["qty"])) for line in case.bought
    ]
    items = Basket(lines)
    return Basket(
        lines,
        [
            Coupon(
                str(card["id"]),
                _money(case.scale.minor(card["balance"]), book),
                1,
                CouponKind.TENDER,
            )
            for card in case.parts("gift_cards")
        ],
        delivery=[_delivery(part, case, book, items) for part in case.parts("shipping")],
    )


def _money(minor: int, book: PriceBook) -> Money:
    return Money(minor, book.currency)


def _delivery(part: Part, case: Case, book: PriceBook, items: Basket) -> DeliveryLine:
    tax_class = part.get("tax_class")
    return DeliveryLine(
        str(part["id"]),
        str(part.get("method") or part["id"]),
        _money(delivery_amount(part, case, book, items), book),
        None if tax_class == WEIGHTED else tax_class,
        part.get("tax_inclusive"),
    )


def situation_of(case: Case) -> Situation:
    """Return who buys when, with which codes, and which promotions are used up."""
    customer = case.customer
    at = instant(case.data["at"]) if case.data.get("at") else _NOW
    promotions = case.parts("promotions")
    budgets = {str(part["id"]): remaining(part, case) for part in promotions}
    return Situation(
        channel="shop",
        at=at,
        country=customer.get("country"),
        customer_classes=frozenset(map(str, customer.get("groups") or ())),
        role=_role(customer),
        codes=frozenset(map(str, case.parts("codes"))),
        history=_history(customer, at),
        attributes={"first_order": "yes"} if customer.get("first_order") else {},
        exhausted=frozenset(str(part["id"]) for part in promotions if spent(part, case)),
        remaining={name: most for name, most in budgets.items() if most is not None},
    )


def _role(customer: Part) -> Role:
    if customer.get("staff"):
        return Role.STAFF
    return Role.CUSTOMER if customer.get("logged_in") else Role.ANONYMOUS


def _history(customer: Part, at: datetime) -> OrderHistory:
    """Return the earlier orders: the last one was placed when the customer says."""
    days = customer.get("days_since_last_order")
    completed = customer.get("completed_orders")
    orders = int(days is not None) if completed is None else count(completed)
    last = at - count(days or 0) * _DAY
    found: dict[str, Any] = {
        "placed_at": [last - number * _DAY for number in range(orders)],
        "cancelled": count(customer.get("cancelled_orders") or 0),
    }
    return OrderHistory(**found)


def _codes(case: Case) -> list[CouponCode]:
    """Return the codes that promotions have: several may have the same one."""
    policy = code_policy(case)
    named = [str(part["code"]) for part in case.parts("promotions") if part.get("code") is not None]
    return list(
        {code: CouponCode(code=code) for code in (normalise(n, policy) for n in named)}.values()
    )
