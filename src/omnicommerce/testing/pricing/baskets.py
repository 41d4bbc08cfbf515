"""Hypothesis strategies for what is bought, by whom, where and when, by one price book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.basket import (
    Basket,
    BasketLine,
    Coupon,
    CouponKind,
    GivenPrice,
    ManualDiscount,
    OrderHistory,
    Role,
    Situation,
)
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.delivery import DeliveryLine
from omnicommerce.pricing.locks import PriceLock
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.promotions import SelectionPolicy
from omnicommerce.pricing.rules import OpaqueFunction
from omnicommerce.testing.pricing.atoms import CONDITIONS, EFFECTS
from omnicommerce.testing.pricing.case import Case
from omnicommerce.testing.pricing.configurations import configurations
from omnicommerce.testing.pricing.words import Words, words_of

__all__ = ["baskets", "cases", "cases_of", "situations"]

_FOREIGN: Final = "elsewhere"
_DAY: Final = timedelta(days=1)
_MONEY: Final = (99, 0, 50, 450, 1999)


@lru_cache(64)
def _words(book: PriceBook) -> Words:
    return words_of(book)


def situations(shop: PriceBook | PricingConfiguration) -> st.SearchStrategy[Situation]:
    """Generate places, people and instants that matter to a shop.

    Args:
        shop: Its configuration, or the book compiled from it.
    """
    return _situations(_book(shop))


def baskets(
    shop: PriceBook | PricingConfiguration, situation: Situation | None = None
) -> st.SearchStrategy[Basket]:
    """Generate baskets of products that have a price in a situation.

    Now and then the till gave a price, coupons are handed over, staff take
    something off, delivery costs something, or a price was promised earlier.

    Args:
        shop: Its configuration, or the book compiled from it.
        situation: Where, when and for whom; None: nobody anywhere, when the first window opens.
    """
    book = _book(shop)
    here = situation or Situation(channel=_FOREIGN, at=_words(book).instants[0])
    return _baskets(book, here)


def _book(shop: PriceBook | PricingConfiguration) -> PriceBook:
    if isinstance(shop, PriceBook):
        return shop
    return PriceBook.compile(shop, effects=EFFECTS, conditions=CONDITIONS)


@st.composite
def _situations(draw: st.DrawFn, book: PriceBook) -> Situation:
    words = _words(book)
    at = draw(st.sampled_from(words.instants))
    customer = draw(_one_of(words, "customer"))
    fields: dict[str, Any] = {
        "channel": draw(st.sampled_from((*words.of("channel"), _FOREIGN))),
        "at": at,
        "customer_id": customer,
        "company_id": draw(_one_of(words, "company")),
        "customer_classes": draw(_some(words.of("customer_class"))),
        "currency": draw(st.sampled_from((None, *words.currencies))),
        "codes": draw(_some(words.codes)),
        "payment": draw(_one_of(words, "payment")),
        "exhausted": draw(_some(words.limited)),
        "remaining": {name: draw(st.sampled_from((100, 0, 1))) for name in words.budgeted},
    }
    for scope in ("location", "zone", "country"):
        fields[scope] = draw(_one_of(words, scope))
    if words.of("role"):
        fields["role"] = draw(st.sampled_from((None, *Role)))
    if words.days:
        fields["history"] = draw(_histories(words, at))
    fields["attributes"] = {
        fact.removeprefix("attribute."): draw(_some(values))
        for fact, values in words.texts.items()
        if fact.startswith("attribute.")
    }
    if words.gifts:
        gifts = sorted({sku for skus in words.gifts.values() for sku in skus})
        fields["unavailable"] = draw(_some(tuple(gifts)))
    return Situation(**fields)


def _one_of(words: Words, fact: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from((None, *words.of(fact)))


def _some(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    """Generate no, one or two of some values."""
    if not values:
        return st.just(frozenset())
    one = st.sampled_from(values)
    return st.one_of(
        st.just(frozenset()),
        one.map(lambda text: frozenset({text})),
        st.frozensets(one, max_size=2),
    )


def _histories(words: Words, at: datetime) -> st.SearchStrategy[OrderHistory | None]:
    ago = st.sampled_from(words.days).map(lambda days: at - days * _DAY)
    made = st.builds(
        lambda placed, cancelled: OrderHistory(placed_at=tuple(placed), cancelled=cancelled),
        st.lists(ago, max_size=3),
        st.integers(0, 1),
    )
    return st.none() | made


@st.composite
def _baskets(draw: st.DrawFn, book: PriceBook, situation: Situation) -> Basket:
    words = _words(book)
    if situation.currency is not None:
        book = book.in_currency(situation.currency)
    view = book.view(situation)
    plain = [sku for sku in words.skus if view.base(sku) is not None]
    planned = [(sku, plan) for plan in words.plans for sku in words.skus if view.on_plan(plan)(sku)]
    buyable: list[tuple[str, str | None]] = [*((sku, None) for sku in plain), *planned]
    found: list[tuple[tuple[str, str | None], int]] = []
    if buyable:
        pair = st.tuples(st.sampled_from(buyable), st.sampled_from(words.quantities))
        found = draw(st.lists(pair, min_size=1, max_size=5))
    lines = [
        BasketLine(f"line-{number}", sku, quantity, plan=plan)
        for number, ((sku, plan), quantity) in enumerate(found)
    ]
    extras = draw(st.sampled_from(("", "", "", "", "given", "coupons", "staff", "locks")))
    if extras == "given":
        lines = [draw(_given(line, book.currency)) for line in lines]
    fields: dict[str, Any] = {"lines": lines, "delivery": draw(_deliveries(words, book.currency))}
    if extras == "coupons":
        fields["coupons"] = draw(_coupons(lines, book.currency))
    if extras == "staff":
        fields["discounts"] = draw(_staff(lines, book.currency))
    if extras == "locks" and plain:
        locks = st.builds(PriceLock, st.sampled_from(plain), st.sampled_from(_MONEY))
        fields["locks"] = draw(st.lists(locks, max_size=2, unique_by=lambda lock: lock.sku))
    if words.gifts:
        choices = {name: draw(st.sampled_from((None, *skus))) for name, skus in words.gifts.items()}
        fields["choices"] = {name: sku for name, sku in choices.items() if sku is not None}
    return Basket(**fields)


def _given(line: BasketLine, currency: Currency) -> st.SearchStrategy[BasketLine]:
    money = st.sampled_from(_MONEY).map(lambda minor: Money(minor, currency))
    given = st.builds(GivenPrice, money, st.none() | money)
    return st.just(line) | given.map(lambda found: attrs.evolve(line, given=found, plan=None))


def _deliveries(words: Words, currency: Currency) -> st.SearchStrategy[list[DeliveryLine]]:
    methods = (*words.of("delivery"), *words.of("method"), "van")
    one = st.builds(
        lambda method, minor: DeliveryLine(method, method, Money(minor, currency)),
        st.sampled_from(methods),
        st.sampled_from((495, 0, 100)),
    )
    several = st.lists(one, max_size=2, unique_by=lambda line: line.delivery_id)
    return st.just([]) | several


def _coupons(lines: list[BasketLine], currency: Currency) -> st.SearchStrategy[list[Coupon]]:
    line_ids = st.sampled_from((None, *(line.line_id for line in lines)))
    one = st.builds(
        Coupon,
        st.sampled_from(("first", "second")),
        st.sampled_from((50, 75, 100, 0)).map(lambda minor: Money(minor, currency)),
        st.integers(1, 2),
        st.sampled_from(CouponKind),
        line_ids,
    )
    return st.lists(one, max_size=2, unique_by=lambda coupon: coupon.coupon_id)


def _staff(lines: list[BasketLine], currency: Currency) -> st.SearchStrategy[list[ManualDiscount]]:
    own = [line.line_id for line in lines if line.given is None]
    amounts = ({"rate": Rate.percent(10)}, {"amount": Money(100, currency)})
    one = st.builds(
        lambda name, line_id, terms: ManualDiscount(
            discount_id=name, by="manager", why="late", line_id=line_id, **terms
        ),
        st.sampled_from(("first", "second")),
        st.sampled_from((None, *own)),
        st.sampled_from(amounts),
    )
    return st.lists(one, max_size=2, unique_by=lambda item: item.discount_id)


@st.composite
def cases_of(
    draw: st.DrawFn,
    book: PriceBook,
    policy: SelectionPolicy | None = None,
    effects: Mapping[str, OpaqueFunction] = EFFECTS,
) -> Case:
    """Generate baskets in situations for one price book.

    Args:
        book: A compiled configuration.
        policy: How promotions are chosen; None: by either policy.
        effects: The functions that the book was compiled with.
    """
    situation = draw(_situations(book))
    basket = draw(_baskets(book, situation))
    chosen = policy or draw(st.sampled_from(SelectionPolicy))
    return Case(book, basket, situation, chosen, effects)


@st.composite
def cases(
    draw: st.DrawFn,
    shops: st.SearchStrategy[PricingConfiguration] | None = None,
    policy: SelectionPolicy | None = None,
) -> Case:
    """Generate price books, and a basket in a situation for each.

    Args:
        shops: Their configurations; None: `configurations`.
        policy: How promotions are chosen; None: by either policy.
    """
    configuration = draw(configurations() if shops is None else shops)
    book = PriceBook.compile(configuration, effects=EFFECTS, conditions=CONDITIONS)
    return draw(cases_of(book, policy))
