"""Why a basket costs what it costs: the fate of every promotion, as data."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

from omnicommerce.kernel.predicates import failures
from omnicommerce.kernel.reasons import Reason, Trace, TraceStep
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import FAILED, PriceBook
from omnicommerce.pricing.calculation import Calculation, Turn
from omnicommerce.pricing.decide import run
from omnicommerce.pricing.effects import (
    BuyGet,
    EarnPoints,
    Effect,
    GroupOff,
    MatchCoupon,
    Remainder,
    SetPrice,
)
from omnicommerce.pricing.facts import with_numbers
from omnicommerce.pricing.promotions import SelectionPolicy
from omnicommerce.pricing.result import PricedBasket
from omnicommerce.pricing.rules import Rule
from omnicommerce.pricing.sheet import Sheet

__all__ = ["APPLIED", "BEATEN", "FAILED", "explain"]

APPLIED: Final = "applied"
BEATEN: Final = "beaten"


def explain(
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    *,
    policy: SelectionPolicy | None = None,
) -> Trace:
    """Say for every promotion whether it was applied, beaten, or failed, and why.

    The steps are in the declared order; the subject is the promotion's id.
    ``applied``: what it took off in minor units, or what it gave: units, points, or
    money on coupons. ``beaten``: its conditions hold,
    but others left it nothing; they are named, with what it would have given by
    itself and how much more they gave. ``failed``: each condition that does not
    hold, with what was observed and required, or what its effect still lacks; of
    a promotion that matches nothing in the basket only that is said. The amounts
    taken off sum to what the basket costs less.

    Raises:
        UnknownSku: As `price`.
        NotPriced: As `price`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from omnicommerce.kernel.predicates import AtLeast
        >>> from omnicommerce.pricing import AmountOff, BasketLine, PriceList, PriceRow
        >>> from omnicommerce.pricing import PricingConfiguration, ProductTraits, Promotion
        >>> book = PriceBook.compile(
        ...     PricingConfiguration(
        ...         currency="EUR",
        ...         products=[ProductTraits("TEA")],
        ...         lists=[PriceList("shelf")],
        ...         rows=[PriceRow(price_list="shelf", sku="TEA", amount=450)],
        ...         promotions=[
        ...             Promotion(
        ...                 promotion_id="five-off",
        ...                 when=AtLeast("spend.base", 2000),
        ...                 effect=AmountOff(500),
        ...             )
        ...         ],
        ...     )
        ... )
        >>> now = Situation(channel="web", at=datetime(2026, 11, 21, tzinfo=UTC))
        >>> (step,) = explain(book, Basket([BasketLine("1", "TEA", 4)]), now)
        >>> step.verdict, step.reason.parameters["missing"]
        ('failed', 200)
    """
    if situation.currency is not None:
        book = book.in_currency(situation.currency)
    told: list[Iterable[TraceStep]] = list(book.unmatched)
    contested: list[tuple[Rule, Turn, list[Reason]]] = []

    def witness(rule: Rule, sheet: Sheet, turn: Turn) -> None:
        name = rule.promotion_id
        if turn.taken is not None:
            told[rule.position] = (TraceStep(name, APPLIED, _gave(rule, turn.taken)),)
            return
        lacks = _lacks(rule, sheet, turn, situation)
        if lacks and len(turn.at) == len(turn.matching):
            told[rule.position] = [TraceStep(name, FAILED, reason) for reason in lacks]
        else:
            contested.append((rule, turn, lacks))

    priced = run(book, basket, situation, policy=policy, observe=witness)
    contest = _Contest(book, basket, situation, priced)
    for rule, turn, lacks in contested:
        told[rule.position] = contest.steps(rule, turn, lacks)
    return Trace(tuple(chain.from_iterable(told)))


def _gave(rule: Rule, taken: int) -> Reason:
    """Say what a promotion did: it took money off, or gave units, points or money on coupons."""
    if rule.bands:
        return Reason("promotion.matched", {"amount": taken})
    if not rule.gives:
        return Reason("promotion.applied", {"amount": taken})
    if isinstance(rule.promotion.effect, EarnPoints):
        return Reason("promotion.earned", {"points": taken})
    return Reason("promotion.gave", {"amount": taken})


def _lacks(rule: Rule, sheet: Sheet, turn: Turn, situation: Situation) -> list[Reason]:
    """Return what of the conditions does not hold, or what the effect still needs."""
    found = [
        _too_little(fact, required, observed)
        for fact, required in rule.minima
        if (observed := sheet.number(fact, turn.at)) < required
    ]
    if situation.exhausted and rule.promotion_id in situation.exhausted:
        found.insert(0, Reason("promotion.no_uses_left"))
    if rule.by_place is not None:
        found += failures(rule.by_place, turn.facts)
    if rule.rest is not None:
        found += failures(rule.rest, with_numbers(rule.rest, turn.facts, sheet.number, turn.at))
    if found:
        return found
    lacking = _lacking(rule.promotion.effect, sheet, turn)
    return [lacking] if lacking is not None else []


def _too_little(fact: str, required: int, observed: int) -> Reason:
    return Reason(
        "predicate.at_least",
        {
            "fact": fact,
            "required": required,
            "observed": observed,
            "missing": required - observed,
        },
    )


class _Contest:
    """Who took what from which entries, to say who beat whom and by how much."""

    def __init__(
        self, book: PriceBook, basket: Basket, situation: Situation, priced: PricedBasket
    ) -> None:
        self._book = book
        self._basket = basket
        self._situation = situation
        self._priced = priced
        self._fresh: tuple[Calculation, dict[int, list[int]]] | None = None

    def steps(self, rule: Rule, turn: Turn, lacks: list[Reason]) -> list[TraceStep]:
        """Return the verdict on a rule that gave nothing, with a step for each reason."""
        if lacks and not self._alone(rule):
            return [TraceStep(rule.promotion_id, FAILED, reason) for reason in lacks]
        return [self._beaten(rule, turn)]

    def _beaten(self, rule: Rule, turn: Turn) -> TraceStep:
        """Say who took what this rule could have had, and how much more that was."""
        alone = self._alone(rule)
        matching = set(turn.matching)
        takers = {
            item.promotion_id: sum(
                share for k, share in zip(item.at, item.shares, strict=True) if k in matching
            )
            for item in self._priced.discounts
        }
        by = sorted(name for name, amount in takers.items() if amount)
        if not by or not alone:
            reason = Reason("promotion.nothing_to_give")
            return TraceStep(rule.promotion_id, FAILED, reason)
        figures = {"by": by, "amount": alone, "ahead": sum(takers.values()) - alone}
        return TraceStep(rule.promotion_id, BEATEN, Reason("promotion.beaten", figures))

    def _alone(self, rule: Rule) -> int:
        """Return what the rule would give if it had its turn first."""
        if rule.gives or rule.bands:
            return 0
        if self._fresh is None:
            calculation = Calculation(self._book, self._basket, self._situation)
            self._fresh = (calculation, calculation.prepare())
        calculation, matched = self._fresh
        at = matched.get(rule.position, [])
        if rule.has_conditions and not calculation.allows(rule, at):
            return 0
        bid = calculation.bid(rule, at)
        return sum(bid.shares) if bid is not None else 0


def _lacking(effect: Effect, sheet: Sheet, turn: Turn) -> Reason | None:
    """Return what the effect still needs, if that can be said."""
    if isinstance(effect, MatchCoupon):
        return Reason("promotion.no_coupon")
    if isinstance(effect, BuyGet) and effect.bought is None:
        needed = effect.buy + effect.get
    elif isinstance(effect, SetPrice) and effect.remainder is Remainder.REGULAR:
        needed = effect.per
    elif isinstance(effect, GroupOff):
        needed = effect.size
    else:
        return None
    observed = sheet.number("matching.units", turn.at)
    if observed >= needed:
        return None
    return Reason(
        "promotion.too_few_units",
        {"required": needed, "observed": observed, "missing": needed - observed},
    )
