"""The decision: what a basket costs in a situation, by one price book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.best import best_for_customer
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.calculation import Calculation, Observer
from omnicommerce.pricing.promotions import SelectionPolicy
from omnicommerce.pricing.result import PricedBasket

__all__ = ["price", "run"]

_NONE: Final[frozenset[str]] = frozenset()


def price(
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    *,
    policy: SelectionPolicy | None = None,
) -> PricedBasket:
    """Say what a basket costs: a pure function of its arguments.

    Only the multiset of what is bought counts: permuting, splitting or merging
    lines changes no total. Promotions never take more than is left of a line.

    Args:
        book: Prices and promotions.
        basket: What is bought, how it is brought, and coupons presented.
        situation: Where, when and for whom.
        policy: How competing promotions are chosen; None: as the book says.

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
    policy: SelectionPolicy | None = None,
    observe: Observer | None = None,
) -> PricedBasket:
    """Price a basket like `price`, and tell an observer about every rule that could match."""
    if situation.currency is not None:
        book = book.in_currency(situation.currency)
    configuration = book.configuration
    best = (policy or configuration.selection) is SelectionPolicy.BEST_FOR_CUSTOMER
    through = best_for_customer if best else _in_declared_order
    alternatives = configuration.stacking.alternatives
    if not alternatives:
        return through(book, basket, situation, observe=observe)
    answers = [
        (without, through(book, basket, situation, without=without))
        for without in _without(alternatives)
    ]
    without, cheapest = min(answers, key=lambda answer: answer[1].payable_minor)
    if observe is not None:
        cheapest = through(book, basket, situation, without=without, observe=observe)
    return _proven_among(cheapest, [answer for _, answer in answers])


def _in_declared_order(
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    *,
    without: frozenset[str] = _NONE,
    observe: Observer | None = None,
) -> PricedBasket:
    calculation = Calculation(book, basket, situation, without=without)
    matched = calculation.prepare(every_rule=observe is not None)
    return calculation.through(matched, observe)


def _proven_among(best: PricedBasket, answers: Iterable[PricedBasket]) -> PricedBasket:
    """Let the certificate of the best answer hold for all alternatives."""
    if best.certificate is None:
        return best
    proofs = [answer.certificate for answer in answers if answer.certificate is not None]
    bound = max(proof.bound for proof in proofs)
    nodes = sum(proof.nodes for proof in proofs)
    return attrs.evolve(best, certificate=best.certificate._replace(bound=bound, nodes=nodes))


def _without(alternatives: tuple[frozenset[str], ...]) -> Iterator[frozenset[str]]:
    """Return, for each alternative, the families of all others."""
    every = frozenset().union(*alternatives)
    for families in alternatives:
        yield every - families
