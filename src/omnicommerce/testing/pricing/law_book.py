"""The laws of pricing, as functions of one case: each raises a sentence that says what is wrong.

The numbers are those of the list of invariants in the documentation. A law that
holds only for some baskets says nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from omnicommerce.kernel import documents
from omnicommerce.pricing.basket import Basket, BasketLine
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.effects import OfferList
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.promotions import SelectionPolicy
from omnicommerce.pricing.result import PricedBasket
from omnicommerce.testing.pricing.case import Case

__all__ = ["LAWS", "Law", "LawBroken"]


class LawBroken(AssertionError):
    """A law of pricing does not hold for a basket."""

    def __init__(self, number: int, sentence: str, case: Case) -> None:
        super().__init__(f"Pricing {number}: {sentence}\n    {case!r}")


Law = Callable[[Case], None]
"""Raises `LawBroken` where it does not hold."""


def nothing_costs_less_than_nothing(case: Case) -> None:
    """Pricing 11: no line, no delivery and no total is below zero."""
    priced = case.priced()
    least = [line.selling_minor for line in priced.lines]
    least += [line.selling_minor for line in priced.delivery]
    if min([priced.selling_minor, *least]) < 0:
        raise LawBroken(11, f"something costs {min(least)} minor units", case)


def promotions_take_no_more_than_there_is(case: Case) -> None:
    """Pricing 12: what is taken off a line is at most what it cost before."""
    if any(_raises_prices(case)):
        return
    for line in case.priced().lines:
        taken = line.base_minor - line.selling_minor
        if not 0 <= taken <= line.base_minor:
            raise LawBroken(12, f"{taken} of {line.base_minor} are taken off {line.sku}", case)


def floors_hold(case: Case) -> None:
    """Pricing 13: no promotion takes a price below its floor, and what floors stop is told."""
    if case.basket.discounts or any(_raises_prices(case)):
        return
    book, priced = _book(case), case.priced()
    for line, bought in zip(priced.lines, case.basket.lines, strict=True):
        floor = book.floors.get(line.sku)
        if floor is None or not line.adjustments:
            continue
        least = min(line.base_minor, floor.paid * line.quantity // floor.per)
        shared = sum(other.sku == line.sku for other in case.basket.lines)
        if line.selling_minor < least - shared:
            raise LawBroken(13, f"{bought.sku} costs {line.selling_minor}, below {least}", case)
    if any(minor <= 0 for _, minor in priced.blocked):
        raise LawBroken(13, f"blocked are {priced.blocked}", case)


def the_order_of_lines_changes_nothing(case: Case) -> None:
    """Pricing 17: permuting lines changes no total and nothing of any line."""
    other = case.buying(reversed(case.basket.lines)).priced()
    _require_same(17, "with the lines in another order", case, other)
    mine = {line.line_id: line for line in case.priced().lines}
    if {line.line_id: line for line in other.lines} != mine:
        raise LawBroken(17, "a line costs something else in another order", case)


def splitting_a_line_changes_nothing(case: Case) -> None:
    """Pricing 18: units may be spread over any lines of the same product."""
    changed = {item.line_id for item in case.basket.discounts}
    lines: list[BasketLine] = []
    for line in case.basket.lines:
        if line.given is not None or line.quantity == 1 or line.line_id in changed:
            lines.append(line)
            continue
        lines.append(attrs.evolve(line, quantity=1))
        rest = attrs.evolve(line, line_id=f"{line.line_id}-rest", quantity=line.quantity - 1)
        lines.append(rest)
    if case.basket.coupons:
        return
    _require_same(18, "with units in lines of their own", case, case.buying(lines).priced())


def pricing_twice_is_pricing_once(case: Case) -> None:
    """Pricing 19 and 21: the same case costs the same again, whatever was priced between."""
    first = case.priced()
    case.buying(case.basket.lines[:1]).priced()
    _require_same(21, "when priced again", case, first)


def storage_order_changes_nothing(case: Case) -> None:
    """Pricing 20: promotions, rows and products may be stored in any order."""
    configuration = case.configuration
    turned = attrs.evolve(
        configuration,
        promotions=tuple(reversed(configuration.promotions)),
        rows=tuple(reversed(configuration.rows)),
        products=tuple(reversed(configuration.products)),
    )
    _require_same(20, "with the configuration stored the other way", case, case.by(turned).priced())


def documents_keep_the_price(case: Case) -> None:
    """Pricing 23: configuration and basket cost the same after a round trip through JSON."""
    configuration = documents.parse(PricingConfiguration, documents.canonical(case.configuration))
    basket = documents.parse(Basket, documents.canonical(case.basket))
    again = attrs.evolve(case.by(configuration), basket=basket)
    _require_same(23, "after a round trip through JSON", case, again.priced())


def what_does_not_apply_changes_nothing(case: Case) -> None:
    """Pricing 28: without a promotion that took no part everything costs the same."""
    if case.policy is SelectionPolicy.BEST_FOR_CUSTOMER or case.configuration.stacking.alternatives:
        return
    priced = case.priced()
    idle = {p.promotion_id for p in case.promotions} - set(priced.uses)
    idle -= {item.promotion_id for item in priced.discounts} | dict(priced.blocked).keys()
    used = [p for p in case.configuration.promotions if p.promotion_id not in idle]
    _require_same(28, "without promotions that did nothing", case, case.among(used).priced())


def the_best_is_no_worse_than_the_declared_order(case: Case) -> None:
    """Pricing 33: the best choice gives no less than the declared order, within its bound."""
    best = attrs.evolve(case, policy=SelectionPolicy.BEST_FOR_CUSTOMER).priced()
    declared = attrs.evolve(case, policy=SelectionPolicy.DECLARED_ORDER).priced()
    proof = best.certificate
    if proof is None or proof.bound < proof.discount:
        raise LawBroken(33, f"the certificate says {proof}", case)
    if case.configuration.stacking.alternatives:
        return
    if _given(best) < _given(declared) or proof.bound < _given(declared):
        raise LawBroken(33, f"best gives {_given(best)}, in order {_given(declared)}", case)


def a_use_is_something_given(case: Case) -> None:
    """Pricing 39: a promotion is used exactly where it gave something."""
    priced = case.priced()
    promotions = {p.promotion_id for p in case.promotions}
    given = {item.promotion_id for item in priced.discounts if item.minor > 0} & promotions
    others = {item.promotion_id for item in priced.matches}
    others |= {item.promotion_id for item in priced.gifts}
    others |= {item.promotion_id for item in priced.benefits}
    if set(priced.uses) != given | others:
        raise LawBroken(39, f"used are {priced.uses}, given something have {given}", case)


def adjustments_sum_to_the_total(case: Case) -> None:
    """Pricing 48: base and adjustments sum to the price, line by line and in all."""
    priced = case.priced()
    lines = sum(line.selling_minor for line in priced.lines)
    base = sum(line.base_minor for line in priced.lines)
    if (lines, base) != (priced.selling_minor, priced.base_minor):
        raise LawBroken(48, f"lines sum to {lines}, the basket costs {priced.selling_minor}", case)


def every_promotion_has_one_verdict(case: Case) -> None:
    """Pricing 49: each promotion is applied, beaten or failed, once."""
    verdicts: dict[str, set[str]] = {}
    for step in case.explained():
        verdicts.setdefault(step.subject, set()).add(step.verdict)
    if {p.promotion_id for p in case.promotions} != verdicts.keys():
        raise LawBroken(49, f"told are {sorted(verdicts)}", case)
    for name, found in verdicts.items():
        if len(found) != 1 or not found <= {"applied", "beaten", "failed"}:
            raise LawBroken(49, f"{name} is {sorted(found)}", case)


LAWS: Final[tuple[Law, ...]] = (
    nothing_costs_less_than_nothing,
    promotions_take_no_more_than_there_is,
    floors_hold,
    the_order_of_lines_changes_nothing,
    splitting_a_line_changes_nothing,
    pricing_twice_is_pricing_once,
    storage_order_changes_nothing,
    documents_keep_the_price,
    what_does_not_apply_changes_nothing,
    the_best_is_no_worse_than_the_declared_order,
    a_use_is_something_given,
    adjustments_sum_to_the_total,
    every_promotion_has_one_verdict,
)
"""Every law that holds for every configuration."""


def _book(case: Case) -> PriceBook:
    currency = case.situation.currency
    return case.book if currency is None else case.book.in_currency(currency)


def _raises_prices(case: Case) -> list[bool]:
    return [isinstance(item.effect, OfferList) and item.effect.replaces for item in case.promotions]


def _given(priced: PricedBasket) -> int:
    taken = sum(item.minor for item in priced.discounts)
    return taken + sum(gift.off_minor for gift in priced.gifts) + priced.match_minor


def _require_same(number: int, how: str, case: Case, other: PricedBasket) -> None:
    mine = case.priced()
    figures = [(p.total_minor, p.payable_minor, p.points, p.uses) for p in (mine, other)]
    if figures[0] != figures[1]:
        raise LawBroken(number, f"{how} it comes to {figures[1]} instead of {figures[0]}", case)
