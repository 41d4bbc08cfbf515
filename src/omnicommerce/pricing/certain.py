"""When applying everything is certainly the best: no search is needed for the proof.

A rule that leaves less where less was left, whatever it was, can never be worth
leaving out: whoever comes after it starts from less and ends with less. That
holds product by product for rates and amounts off each product. What is spread
over several products keeps it for their sum only, so that after it only what
looks at the whole sum may follow.
"""

from __future__ import annotations

from collections.abc import Iterable

from omnicommerce.kernel.predicates import FactKey
from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.pricing.effects import (
    AmountOff,
    BuyGet,
    EarnPoints,
    Effect,
    FirstThenEach,
    Gift,
    OfferList,
    Per,
    PercentOff,
    SetPrice,
    Spread,
    TotalPrice,
)
from omnicommerce.pricing.facts import is_history, numbers_of
from omnicommerce.pricing.rules import Rule

__all__ = ["is_additive", "is_certain", "looks_at_rest", "works_on_products", "works_on_sum"]


def is_certain(turns: Iterable[tuple[Rule, list[int], bool]]) -> bool:
    """Tell whether no choice of fewer rules can give more than all of them did.

    Args:
        turns: Each rule that could match, in order: the entries it could take
            from, and whether its conditions held.
    """
    summed: set[int] = set()
    for rule, at, held in turns:
        if not held:
            if looks_at_rest(rule):
                return False
            continue
        if rule.gives or rule.bands:
            continue
        if not is_additive(rule):
            return False
        if works_on_products(rule.promotion.effect) or _of_one(rule, at):
            if not summed.isdisjoint(at):
                return False
        elif not works_on_sum(rule) or not rule.everything:
            if not summed.isdisjoint(at) or not _is_set(rule.promotion.effect):
                return False
            summed.update(at)
        else:
            summed.update(at)
    return True


def is_additive(rule: Rule) -> bool:
    """Tell whether nothing but the entries themselves decides what the rule takes of them."""
    promotion = rule.promotion
    return not (
        promotion.exclusive
        or promotion.skip_reduced
        or promotion.group is not None
        or promotion.family is not None
        or promotion.cap is not None
        or promotion.is_budgeted
        or promotion.limits_units
    )


def looks_at_rest(rule: Rule) -> bool:
    """Tell whether conditions ask what is left or matches, which depends on the choice.

    What was bought and what it costs before promotions is the same for every choice.
    """
    if any(_depends_on_choice(fact) for fact, _ in rule.minima):
        return True
    return rule.rest is not None and any(map(_depends_on_choice, numbers_of(rule.rest)))


def _depends_on_choice(key: FactKey) -> bool:
    fact = key if isinstance(key, str) else key[0]
    if is_history(fact):
        return False
    scope, measure, *_ = fact.split(".")
    return scope == "matching" or measure == "left"


def works_on_products(effect: Effect) -> bool:
    """Tell whether each product is worked out by itself, the less the less is left of it."""
    match effect:
        case PercentOff(_, level):
            found = level is not RoundingLevel.ORDER
        case AmountOff(_, per) | TotalPrice(_, per):
            found = per is not Per.ONCE
        case OfferList(_, replaces):
            found = not replaces
        case SetPrice(per=per, max_repeats=limit):
            found = per == 1 and limit is None
        case _:
            found = isinstance(effect, (FirstThenEach, Gift, EarnPoints))
    return found


def works_on_sum(rule: Rule) -> bool:
    """Tell whether the sum of what is left decides how much is taken off it."""
    effect = rule.promotion.effect
    match effect:
        case PercentOff(_, level):
            return level is RoundingLevel.ORDER
        case AmountOff(_, per, spread):
            return per is Per.ONCE and spread is Spread.PROPORTIONAL
        case TotalPrice(_, per):
            return per is Per.ONCE
        case _:
            return False


def _of_one(rule: Rule, at: list[int]) -> bool:
    return len(at) <= 1 and (works_on_sum(rule) or isinstance(rule.promotion.effect, BuyGet))


def _is_set(effect: Effect) -> bool:
    """Tell whether the effect makes sets of which the cheapest units are rewarded."""
    return isinstance(effect, BuyGet) and effect.bought is None
