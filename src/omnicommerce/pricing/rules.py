"""Promotions, compiled: conditions taken apart, effects as functions on ints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeAlias

import attrs

from omnicommerce.kernel.predicates import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    During,
    Facts,
    Not,
    OneOf,
    Predicate,
    holds,
)
from omnicommerce.pricing.arithmetic import amount_off, buy_get, offer_list, percent_off, set_price
from omnicommerce.pricing.effects import (
    AmountOff,
    BuyGet,
    Effect,
    MatchBand,
    MatchCoupon,
    OfferList,
    PercentOff,
    SetPrice,
)
from omnicommerce.pricing.model import PricingConfiguration, Promotion
from omnicommerce.pricing.sheet import Sheet

__all__ = [
    "NUMBERS",
    "PLACE_FACTS",
    "TEXTS",
    "Rule",
    "Shares",
    "compile_promotions",
    "facts_of",
    "members",
    "necessary",
]

PLACE_FACTS: Final = frozenset({"channel", "location", "zone", "customer_class"})
"""Facts that are the same for every basket in one place: answers about them are kept."""

TEXTS: Final = PLACE_FACTS | {"customer", "code"}
NUMBERS: Final = frozenset(
    {"spend.base", "spend.left", "matching.base", "matching.left", "matching.units"}
)

Shares: TypeAlias = list[int]
"""What is taken from each matching entry, in their order."""


@attrs.frozen(kw_only=True)
class Rule:
    """One promotion, ready to run.

    Args:
        position: Its place in the declared order.
        promotion: What it was made from.
        promotion_id: Its identity.
        exclusive: Whether it shares its items with no other.
        everything: Whether it matches every product there is.
        has_conditions: Whether anything must hold at all, a use being left included.
        by_place: What must hold of the place alone; None: nothing.
        minima: Numbers that must be reached.
        rest: What else must hold; None: nothing.
        apply: From sheet and matching entries to shares; None: no effect here.
        bands: What it adds to coupons, if that is what it does.
        counts_units: Whether goods sold by weight are left out.
    """

    position: int
    promotion: Promotion
    promotion_id: str
    exclusive: bool
    everything: bool
    has_conditions: bool
    by_place: Predicate | None
    minima: tuple[tuple[str, int], ...]
    rest: Predicate | None
    apply: Callable[[Sheet, list[int]], Shares | None]
    bands: tuple[MatchBand, ...]
    counts_units: bool

    def passes(self, sheet: Sheet, at: list[int], facts: Facts) -> bool:
        """Tell whether the conditions hold now, those of the place aside."""
        for fact, minimum in self.minima:
            if sheet.number(fact, at) < minimum:
                return False
        if self.rest is None:
            return True
        return holds(self.rest, with_numbers(self.rest, facts, sheet, at))


def with_numbers(predicate: Predicate, facts: Facts, sheet: Sheet, at: list[int]) -> Facts:
    """Return the facts and those numbers that the predicate asks for."""
    wanted = facts_of(predicate) & NUMBERS
    return {**facts, **{fact: sheet.number(fact, at) for fact in wanted}} if wanted else facts


def compile_promotions(configuration: PricingConfiguration) -> tuple[Rule, ...]:
    """Return the rules in the declared order: lane, priority, id."""
    ordered = sorted(
        configuration.promotions, key=lambda item: (item.lane, item.priority, item.promotion_id)
    )
    return tuple(
        _compile(promotion, position, configuration) for position, promotion in enumerate(ordered)
    )


def _compile(promotion: Promotion, position: int, configuration: PricingConfiguration) -> Rule:
    counts_units = isinstance(promotion.effect, (BuyGet, SetPrice))
    by_place: list[Predicate] = []
    minima: list[tuple[str, int]] = []
    rest: list[Predicate] = []
    for member in members(promotion.when):
        if isinstance(member, AtLeast) and member.fact in NUMBERS:
            minima.append((member.fact, member.minimum))
        elif facts_of(member) <= PLACE_FACTS:
            by_place.append(member)
        else:
            rest.append(member)
    return Rule(
        position=position,
        promotion=promotion,
        promotion_id=promotion.promotion_id,
        exclusive=promotion.exclusive,
        everything=promotion.on == ALWAYS and not counts_units,
        has_conditions=promotion.when != ALWAYS or promotion.is_limited,
        by_place=_all(by_place),
        minima=tuple(minima),
        rest=_all(rest),
        apply=_application(promotion.effect, configuration),
        bands=promotion.effect.bands if isinstance(promotion.effect, MatchCoupon) else (),
        counts_units=counts_units,
    )


def _application(
    effect: Effect, configuration: PricingConfiguration
) -> Callable[[Sheet, list[int]], Shares | None]:
    mode = configuration.rate_rounding
    match effect:
        case PercentOff():
            return percent_off(effect, mode)
        case AmountOff(amount):
            return partial(amount_off, amount)
        case BuyGet():
            return partial(buy_get, effect, mode)
        case SetPrice():
            return partial(set_price, effect)
        case OfferList():
            return partial(offer_list, effect)
        case MatchCoupon():
            return _no_shares


def _no_shares(_: Sheet, __: list[int]) -> Shares | None:
    return None


def _all(of: list[Predicate]) -> Predicate | None:
    if not of:
        return None
    return of[0] if len(of) == 1 else AllOf(tuple(of))


def members(predicate: Predicate) -> Iterator[Predicate]:
    """Walk what must hold together: the members of nested `AllOf`, or the predicate itself."""
    if isinstance(predicate, AllOf):
        for member in predicate.of:
            yield from members(member)
    else:
        yield predicate


def facts_of(predicate: Predicate) -> frozenset[str]:
    """Return the names of the facts that the predicate asks for; ``at`` is the instant."""
    match predicate:
        case OneOf(fact) | AtLeast(fact):
            return frozenset({fact})
        case During():
            return frozenset({"at"})
        case Not(of):
            return facts_of(of)
        case AllOf(many) | AnyOf(many):
            return frozenset().union(*map(facts_of, many))


def necessary(predicate: Predicate) -> frozenset[tuple[str, str]] | None:
    """Return texts of which at least one must be a fact for it to hold; None: nothing is known."""
    match predicate:
        case OneOf(fact, values):
            return frozenset((fact, value) for value in values)
        case AnyOf(of):
            keys = [necessary(member) for member in of]
            known = [key for key in keys if key is not None]
            return frozenset().union(*known) if len(known) == len(keys) else None
        case AllOf(of):
            keys = [necessary(member) for member in of]
            return min((key for key in keys if key is not None), key=len, default=None)
        case _:
            return None
