"""Limits and budgets on the ledger: what is left of promotions and codes for one customer.

A promotion can be limited in its uses and in the money it gives: in all, for each
customer, and for each value of any other fact, such as an e-mail address. A code can be
limited in its uses. Each limit is one account: ``("promotion", id, scope)`` and
``("code", code)`` for uses, ``("budget", id, scope)`` for minor units. What is held and
taken is on the account, and its floor is minus the limit: so a limit that changes counts
what was used before, and asking writes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.kernel.ids import LONGEST_ID
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.ledger.model import AccountKey, Command, Standing
from omnicommerce.ledger.ports import Ledger
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.codes import CodeBook
from omnicommerce.pricing.facts import atoms_of
from omnicommerce.pricing.promotions import Promotion

__all__ = [
    "BUDGET",
    "CODE",
    "CUSTOMER",
    "NOTHING_LIMITED",
    "USES",
    "Left",
    "Limit",
    "Limits",
    "allow",
    "allowances",
    "bounded_key",
    "code_allowances",
    "left_of",
    "limited_among",
]

USES: Final = "promotion"
BUDGET: Final = "budget"
CODE: Final = "code"

CUSTOMER: Final = "customer"
"""The fact behind limits per customer; it binds only customers who are known."""

_DIGITS: Final = 32


@attrs.frozen(kw_only=True)
class Limit:
    """How often a promotion can be used, and how much it may give.

    Args:
        fact: For each value of which fact: `CUSTOMER`, or a name in
            `Situation.attributes`; None: in all.
        uses: How often; None: any number.
        budget: Minor units; None: any amount.
    """

    fact: str | None = None
    uses: int | None = None
    budget: int | None = None


@attrs.frozen(kw_only=True)
class Limits:
    """All limits of a shop.

    Args:
        promotions: The limits of each promotion that has some, by its id.
        asked: The values of the fact ``code`` that each promotion asks for.
        codes: The coupon codes, with theirs.
    """

    promotions: Mapping[str, tuple[Limit, ...]]
    asked: Mapping[str, frozenset[str]]
    codes: CodeBook

    @classmethod
    def of(cls, book: PriceBook) -> Limits:
        """Return the limits of what a book was compiled from."""
        promotions = book.configuration.promotions
        limits = {each.promotion_id: tuple(_limits(each)) for each in promotions}
        return cls(
            promotions={name: found for name, found in limits.items() if found},
            asked={each.promotion_id: _asked(each) for each in promotions},
            codes=book.codes,
        )


def _limits(promotion: Promotion) -> Iterator[Limit]:
    if promotion.limit_uses is not None or promotion.budget is not None:
        yield Limit(uses=promotion.limit_uses, budget=promotion.budget)
    uses, budget = promotion.limit_per_customer, promotion.budget_per_customer
    if uses is not None or budget is not None:
        yield Limit(fact=CUSTOMER, uses=uses, budget=budget)
    for limit in promotion.fact_limits:
        yield Limit(fact=limit.fact, uses=limit.uses, budget=limit.budget)


def _asked(promotion: Promotion) -> frozenset[str]:
    elsewhere = [terms.when for terms in promotion.in_currencies.values() if terms.when]
    return frozenset(
        value
        for when in (promotion.when, *elsewhere)
        for atom in atoms_of(when)
        if isinstance(atom, OneOf) and atom.fact == "code"
        for value in atom.values
    )


@attrs.frozen(kw_only=True)
class Left:
    """What is left for one customer.

    Args:
        exhausted: Promotions that can give nothing any more, and codes (normalised)
            that can be used no more.
        remaining: Minor units that promotions with a budget may still give.
    """

    exhausted: frozenset[str]
    remaining: Mapping[str, int]


NOTHING_LIMITED: Final = Left(exhausted=frozenset(), remaining={})


def allowances(limits: Limits, promotion_id: str, situation: Situation) -> dict[AccountKey, int]:
    """Return the accounts that limit a promotion in a situation, each with its limit.

    A limit for each value of a fact that the situation does not have binds nobody.
    """
    return {
        AccountKey(kind, promotion_id, scope): allowed
        for limit in limits.promotions.get(promotion_id, ())
        for scope in _scopes(limit.fact, situation)
        for kind, allowed in ((USES, limit.uses), (BUDGET, limit.budget))
        if allowed is not None
    }


def code_allowances(limits: Limits, entered: Iterable[str]) -> dict[AccountKey, int]:
    """Return the accounts of those entered codes that are limited, each with its limit."""
    return {AccountKey(CODE, code): limit for code, limit in limits.codes.limits(entered).items()}


def _scopes(fact: str | None, situation: Situation) -> tuple[str, ...]:
    """Return the scopes of one limit's accounts: an address has no place in a journal."""
    if fact is None:
        return ("-",)
    if fact == CUSTOMER:
        return () if situation.customer_id is None else (situation.customer_id,)
    values = sorted(situation.attributes.get(fact, ()))
    return tuple(bounded_key(fact, _digest(value)) for value in values)


def limited_among(book: PriceBook, limits: Limits, skus: Iterable[str]) -> frozenset[str]:
    """Return the limited promotions that could give something for these SKUs.

    So a quote looks up as many limits as promotions can match, however many are configured.
    """
    known = sorted({sku for sku in skus if book.product(sku) is not None})
    matching = {*book.matching(known), *book.for_baskets} if limits.promotions else set()
    ids = {book.rules[position].promotion_id for position in matching}
    return frozenset(ids & limits.promotions.keys())


def left_of(
    ledger: Ledger,
    limits: Limits,
    situation: Situation,
    promotion_ids: Iterable[str],
    *,
    at: datetime,
) -> Left:
    """Say what is left of some promotions and of the codes of a situation; nothing is written."""
    wanted = {name: allowances(limits, name, situation) for name in promotion_ids}
    codes = code_allowances(limits, situation.codes)
    accounts = {*codes, *(account for each in wanted.values() for account in each)}
    if not accounts:
        return NOTHING_LIMITED
    standings = ledger.standings(accounts, at=at)
    exhausted = {code.subject for code in codes if not _left(standings[code], codes[code])}
    remaining: dict[str, int] = {}
    for promotion_id, each in wanted.items():
        left = {account: _left(standings[account], allowed) for account, allowed in each.items()}
        if left and not min(left.values()):
            exhausted.add(promotion_id)
        money = [units for account, units in left.items() if account.kind == BUDGET]
        if money:
            remaining[promotion_id] = min(money)
    return Left(exhausted=frozenset(exhausted), remaining=remaining)


def _left(standing: Standing, allowed: int) -> int:
    """Return what a limit leaves, whatever limit the account was made with."""
    return max(0, allowed + standing.balance - standing.held)


def allow(ledger: Ledger, limits: Mapping[AccountKey, int], *, cause: str, at: datetime) -> None:
    """Let each account be taken from up to its limit, what was taken before included.

    Accounts that were made with another limit get this one. The limit is stated, not
    added: saying it twice, from two processes, changes nothing.

    Args:
        ledger: Of the unit of work that takes from the accounts.
        limits: The limit of each account.
        cause: What is about to take from them, such as a new order's id; no two are equal.
        at: When.
    """
    if not limits:
        return
    standings = ledger.standings(limits, at=at)
    for account in sorted(limits):
        limit = limits[account]
        if standings[account].floor != -limit:
            key = bounded_key(cause, "limit", str(limit), *attrs.astuple(account))
            ledger.set_floor(account, -limit, by=Command(key, "limit", at))


def bounded_key(*parts: str) -> str:
    """Join parts to an identity; the tail of one that would be too long becomes its digest.

    Example:
        >>> bounded_key("limit", "spring")
        'limit:spring'
        >>> len(bounded_key("limit", "spring" * 50))
        120
    """
    key = ":".join(parts)
    if len(key) <= LONGEST_ID:
        return key
    return f"{key[: LONGEST_ID - _DIGITS - 1]}~{_digest(key)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
