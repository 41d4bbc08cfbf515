"""The decision: what a basket costs in a situation, by one price book."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import Facts
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.basket import Basket, Coupon, CouponKind, Situation
from omnicommerce.pricing.book import PriceBook, View
from omnicommerce.pricing.effects import MatchBand
from omnicommerce.pricing.result import CouponMatch, Discount, PricedBasket, Table
from omnicommerce.pricing.rules import Rule
from omnicommerce.pricing.sheet import Sheet

__all__ = ["Observer", "SelectionPolicy", "Turn", "price", "run"]


class SelectionPolicy(enum.StrEnum):
    """How promotions that compete for the same items are chosen."""

    DECLARED_ORDER = "declared_order"
    """By lane, priority and id; each takes from what those before it left."""


class Turn(NamedTuple):
    """What happened when a rule's turn came.

    ``matching``: the entries it matches. ``at``: those of them it may take from.
    ``taken``: what it gave; None: nothing. ``facts``: what it could ask.
    """

    matching: list[int]
    at: list[int]
    taken: int | None
    facts: Facts


Observer: TypeAlias = Callable[[Rule, Sheet, Turn], None]
"""Told after each rule; with an observer every rule gets its turn, matching or not."""

_NONE: Final[list[int]] = []


def price(
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    *,
    policy: SelectionPolicy = SelectionPolicy.DECLARED_ORDER,
) -> PricedBasket:
    """Say what a basket costs: a pure function of its arguments.

    Only the multiset of what is bought counts: permuting, splitting or merging
    lines changes no total. Promotions never take more than is left of a line.

    Args:
        book: Prices and promotions.
        basket: Lines and presented coupons.
        situation: Where, when and for whom.
        policy: How competing promotions are chosen.

    Raises:
        UnknownSku: The book does not know some of the SKUs.
        NotPriced: Some lines have no price in this situation.
        InvalidValue: An amount is in another currency than the book.
    """
    return run(book, basket, situation, policy=policy)


def run(
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    *,
    policy: SelectionPolicy = SelectionPolicy.DECLARED_ORDER,
    observe: Observer | None = None,
) -> PricedBasket:
    """Price a basket like `price`, and tell an observer about every rule considered."""
    if policy is not SelectionPolicy.DECLARED_ORDER:
        raise InvalidValue("policy", f"{policy!r} is not a SelectionPolicy")
    return _Run(book, basket, situation).through(observe)


class _Run:
    """One calculation under way."""

    __slots__ = ("basket", "book", "discounts", "matches", "sheet", "situation", "view")

    def __init__(self, book: PriceBook, basket: Basket, situation: Situation) -> None:
        self.book = book
        self.basket = basket
        self.situation = situation
        self.view = book.view(situation)
        self.sheet = Sheet(basket, book.currency, book.configuration.row_rounding)
        self.discounts: list[Discount] = []
        self.matches: list[CouponMatch] = []
        for coupon in basket.coupons:
            if coupon.face.currency != book.currency:
                problem = f"{coupon.coupon_id!r} is in {coupon.face.currency}, not {book.currency}"
                raise InvalidValue("coupons", problem)

    def through(self, observe: Observer | None) -> PricedBasket:
        """Run the rules that can match, in their order, and return the answer."""
        book, sheet, situation = self.book, self.sheet, self.situation
        matched = book.matching(sheet.skus)
        sheet.set_base(self.view.base, self.basket)
        sheet.offers = self.view.offers
        everything = list(range(len(sheet.base)))
        for position in book.for_all_products(sheet.base_total, situation.codes):
            matched[position] = everything
        facts = self.view.facts
        if book.asks_facts or observe is not None:
            facts = _facts(self.view, situation)
        order = sorted(matched) if observe is None else range(len(book.rules))
        for position in order:
            rule, matching = book.rules[position], matched.get(position, _NONE)
            at = everything if rule.everything else matching
            if sheet.closed or rule.exclusive:
                at = _free(at, sheet, exclusive=rule.exclusive)
            taken: int | None = None
            if not rule.has_conditions or self.allows(rule, at, facts):
                taken = self.apply(rule, at)
            if observe is not None:
                observe(rule, sheet, Turn(matching, at, taken, facts))
        return self.answer()

    def allows(self, rule: Rule, at: list[int], facts: Facts) -> bool:
        """Tell whether every condition of the rule holds now."""
        return (
            rule.promotion_id not in self.situation.exhausted
            and self.view.is_active(rule)
            and rule.passes(self.sheet, at, facts)
        )

    def apply(self, rule: Rule, at: list[int]) -> int | None:
        """Let a rule whose conditions hold take effect; return what it gave, if anything."""
        if rule.bands:
            return self.match_coupons(rule, at)
        shares = rule.apply(self.sheet, at) if at else None
        if shares is None or not any(shares):
            return None
        total = self.sheet.take(at, shares)
        if self.book.has_exclusive:
            self.mark(rule, at, shares)
        self.discounts.append(
            Discount(rule.promotion_id, total, self.book.currency, tuple(at), tuple(shares))
        )
        return total

    def mark(self, rule: Rule, at: list[int], shares: list[int]) -> None:
        """Remember what was touched, and close it if the rule is exclusive."""
        entries = {entry for entry, share in zip(at, shares, strict=True) if share}
        self.sheet.touched |= entries
        if rule.exclusive:
            self.sheet.closed |= entries

    def match_coupons(self, rule: Rule, at: list[int]) -> int | None:
        """Add to the coupons that no earlier rule matched."""
        open_coupons = self.open_coupons(rule, at) if self.basket.coupons else ()
        given = 0
        for coupon in open_coupons:
            added = coupon.count * _added(rule.bands, coupon.face.minor)
            if added:
                given += added
                self.matches.append(
                    CouponMatch(coupon.coupon_id, rule.promotion_id, added, self.book.currency)
                )
        return given or None

    def open_coupons(self, rule: Rule, at: list[int]) -> list[Coupon]:
        """Return the coupons of kind value that belong to matching lines and are unmatched."""
        done = {match.coupon_id for match in self.matches}
        coupons = [
            coupon
            for coupon in self.basket.coupons
            if coupon.kind is CouponKind.VALUE and coupon.coupon_id not in done
        ]
        if rule.everything:
            return coupons
        skus = {self.sheet.skus[entry] for entry in at}
        lines = {line.line_id for line in self.basket.lines if line.sku in skus}
        return [coupon for coupon in coupons if coupon.line_id in lines]

    def answer(self) -> PricedBasket:
        """Return the priced basket."""
        sheet, coupons = self.sheet, self.basket.coupons
        return PricedBasket(
            book_version=self.book.version,
            currency=self.book.currency,
            basket=self.basket,
            discounts=tuple(self.discounts),
            matches=tuple(self.matches),
            table=Table(
                tuple(sheet.skus), tuple(sheet.given), tuple(sheet.pieces), tuple(sheet.base)
            ),
            base_minor=sheet.base_total,
            selling_minor=sheet.left_total,
            coupon_minor=sum([c.face.minor * c.count for c in coupons]) if coupons else 0,
            match_minor=sum([match.minor for match in self.matches]) if self.matches else 0,
        )


def _facts(view: View, situation: Situation) -> Facts:
    customer = situation.customer_id
    return {
        **view.facts,
        "customer": frozenset() if customer is None else frozenset({customer}),
        "code": situation.codes,
        "at": situation.at,
    }


def _free(at: list[int], sheet: Sheet, *, exclusive: bool) -> list[int]:
    """Return the entries that no exclusive promotion has closed, and an exclusive one may have."""
    taken = sheet.closed | sheet.touched if exclusive else sheet.closed
    return [entry for entry in at if entry not in taken]


def _added(bands: tuple[MatchBand, ...], face: int) -> int:
    """Return what is added to one coupon of this face."""
    for band in bands:
        if face <= band.up_to:
            if band.rate is not None:
                return band.rate.of(face, RoundingMode.DOWN)
            return max(0, (band.raised_to or 0) - face)
    return 0
