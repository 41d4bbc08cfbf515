"""Promotions, compiled: conditions taken apart, effects as functions on ints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final, TypeAlias

import attrs

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.predicates import ALWAYS, NEVER, AllOf, AtLeast, Facts, Predicate, holds
from omnicommerce.kernel.rounding import RoundingLevel, RoundingMode
from omnicommerce.pricing.arithmetic import (
    Shape,
    Shares,
    first_then_each,
    line_through,
    offer_list,
    shape_of,
    total_price,
)
from omnicommerce.pricing.effects import (
    AmountOff,
    BundlePrice,
    BuyGet,
    EarnPoints,
    Effect,
    FirstThenEach,
    Gift,
    GroupOff,
    MatchBand,
    MatchCoupon,
    OfferList,
    OpaqueEffect,
    Per,
    PercentOff,
    SetPrice,
    Spread,
    Tiers,
    TotalPrice,
)
from omnicommerce.pricing.facts import PLACE_FACTS, facts_of, is_history, members, with_numbers
from omnicommerce.pricing.local import effect_names_amounts
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.promotions import Base, Promotion, Target
from omnicommerce.pricing.sets import Used, bundle_price, buy_get, chosen, group_off, set_price
from omnicommerce.pricing.sheet import Sheet

__all__ = ["Application", "OpaqueFunction", "Rule", "compile_promotions", "in_turn"]

Application: TypeAlias = Callable[[Sheet, list[int]], "Shares | Used | None"]
"""From sheet and open matching entries to what is taken; None: nothing."""

OpaqueFunction: TypeAlias = Callable[[list[int], list[int], Mapping[str, Any]], list[int]]
"""From what is left of each matching product, its units and the parameters, to what is taken."""

_COUNTING = (BuyGet, SetPrice, BundlePrice, GroupOff, FirstThenEach)


@attrs.frozen(kw_only=True)
class Rule:
    """One promotion, ready to run.

    Args:
        position: Its place in the declared order.
        promotion: What it was made from.
        promotion_id: Its identity.
        everything: Whether it matches every product there is.
        of_delivery: Whether it takes from delivery, alone or too.
        has_conditions: Whether anything must hold at all: a use left, a family that counts.
        by_place: What must hold of the place alone; None: nothing.
        minima: Numbers that must be reached.
        rest: What else must hold; None: nothing.
        apply: From sheet and matching entries to what it takes; None: no effect here.
        bands: What it adds to coupons, if that is what it does.
        gives: Whether it gives units or points in place of money.
        counts_units: Whether goods sold by weight are left out.
        is_plain: Whether nothing limits it and it competes with no other, so that it just runs.
    """

    position: int
    promotion: Promotion
    promotion_id: str
    everything: bool
    of_delivery: bool
    has_conditions: bool
    by_place: Predicate | None
    minima: tuple[tuple[str, int], ...]
    rest: Predicate | None
    apply: Application
    bands: tuple[MatchBand, ...]
    gives: bool
    counts_units: bool
    is_plain: bool

    def passes(self, sheet: Sheet, at: list[int], facts: Facts) -> bool:
        """Tell whether the conditions hold now, those of the place aside."""
        for fact, minimum in self.minima:
            if sheet.number(fact, at) < minimum:
                return False
        if self.rest is None:
            return True
        return holds(self.rest, with_numbers(self.rest, facts, sheet.number, at))


def in_turn(promotions: Iterable[Promotion]) -> list[Promotion]:
    """Return the promotions in the declared order: lane, what comes after what, priority, id.

    Raises:
        InvalidConfiguration: Promotions wait for each other in a circle.
    """
    plain = sorted(promotions, key=lambda item: (item.lane, item.priority, item.promotion_id))
    if not any(promotion.after for promotion in plain):
        return plain
    rank = {promotion.promotion_id: number for number, promotion in enumerate(plain)}
    sorter = TopologicalSorter(
        {rank[p.promotion_id]: [rank[name] for name in p.after if name in rank] for p in plain}
    )
    try:
        sorter.prepare()
    except CycleError as circle:
        names = " after ".join(plain[number].promotion_id for number in circle.args[1])
        raise InvalidConfiguration("$.promotions", f"each waits for the other: {names}") from None
    order: list[Promotion] = []
    ready: list[int] = list(sorter.get_ready())
    while ready:
        first = min(ready)
        ready.remove(first)
        order.append(plain[first])
        sorter.done(first)
        ready += sorter.get_ready()
    return order


def compile_promotions(
    configuration: PricingConfiguration,
    effects: Mapping[str, OpaqueFunction],
    *,
    guarded: bool,
) -> tuple[Rule, ...]:
    """Return the rules in the declared order.

    Args:
        configuration: Whose promotions they are.
        effects: Functions of the shop's own, by name.
        guarded: Whether some prices have a floor, so that no rule just runs.
    """
    return tuple(
        _compile(promotion, position, configuration, effects, guarded=guarded)
        for position, promotion in enumerate(in_turn(configuration.promotions))
    )


def _compile(
    promotion: Promotion,
    position: int,
    configuration: PricingConfiguration,
    effects: Mapping[str, OpaqueFunction],
    *,
    guarded: bool,
) -> Rule:
    effect = promotion.effect
    counts_units = isinstance(effect, _COUNTING) or promotion.limits_units
    by_place: list[Predicate] = []
    minima: list[tuple[str, int]] = []
    rest: list[Predicate] = []
    for member in members(promotion.when):
        if isinstance(member, AtLeast) and member.among is None and not is_history(member.fact):
            minima.append((member.fact, member.minimum))
        elif facts_of(member) <= PLACE_FACTS:
            by_place.append(member)
        else:
            rest.append(member)
    of_items = promotion.target is Target.ITEMS
    apply = _application(promotion, configuration, effects)
    with_tax = _meant_with_tax(effect, configuration)
    if with_tax is not None:
        apply = partial(_in_basis, apply, with_tax)
    return Rule(
        position=position,
        promotion=promotion,
        promotion_id=promotion.promotion_id,
        everything=(
            promotion.on == ALWAYS
            and not counts_units
            and of_items
            and configuration.untouchable == NEVER
        ),
        of_delivery=not of_items,
        has_conditions=(
            promotion.when != ALWAYS or promotion.is_limited or promotion.family is not None
        ),
        by_place=_all(by_place),
        minima=tuple(minima),
        rest=_all(rest),
        apply=apply,
        bands=effect.bands if isinstance(effect, MatchCoupon) else (),
        gives=isinstance(effect, (Gift, EarnPoints)),
        counts_units=counts_units,
        is_plain=not guarded and with_tax is None and _runs_freely(promotion),
    )


def _runs_freely(promotion: Promotion) -> bool:
    return not (
        promotion.cap is not None
        or promotion.group is not None
        or promotion.family is not None
        or promotion.is_budgeted
        or promotion.base is Base.ORIGINAL
        or isinstance(promotion.effect, (Gift, EarnPoints, MatchCoupon))
    )


def _application(
    promotion: Promotion,
    configuration: PricingConfiguration,
    effects: Mapping[str, OpaqueFunction],
) -> Application:
    effect, mode = promotion.effect, configuration.rate_rounding
    match effect:
        case PercentOff() | AmountOff() | Tiers():
            return _quick(promotion, mode) or _shaped(promotion, shape_of(effect, mode))
        case BuyGet() | SetPrice() | BundlePrice() | GroupOff():
            return _of_sets(effect, mode)
        case OpaqueEffect():
            return _opaque(effect, effects)
        case FirstThenEach() | TotalPrice() | OfferList():
            return _of_entries(effect)
        case MatchCoupon() | Gift() | EarnPoints():
            return _no_shares


def _meant_with_tax(effect: Effect, configuration: PricingConfiguration) -> bool | None:
    """Tell whether an effect's amounts are meant with tax; None: as prices are entered."""
    tax = configuration.tax
    if tax is None or isinstance(effect, MatchCoupon) or not effect_names_amounts(effect):
        return None
    inner = effect.effect if isinstance(effect, GroupOff) else effect
    parts = [step.effect for step in inner.steps] if isinstance(inner, Tiers) else [inner]
    said = {part.includes_tax for part in parts if isinstance(part, AmountOff)} - {None}
    return said.pop() if len(said) == 1 else tax.discounts_include_tax


def _in_basis(apply: Application, with_tax: bool, sheet: Sheet, at: list[int]) -> Used | None:  # noqa: FBT001 - bound by position
    """Work an effect out on amounts with tax, or without, and return what that is as entered."""
    other = sheet.with_tax(gross=with_tax)
    found = apply(other, at)
    if found is None:
        return None
    offs, units = (found.shares, found.units) if isinstance(found, Used) else (found, None)
    shares: Shares = []
    meant: dict[int, int] = {}
    for k, off in zip(at, offs, strict=True):
        left = sheet.left[k]
        if other.left[k] == left:
            shares.append(off)
            continue
        shares.append(left - max(0, min(left, sheet.enter(k, other.left[k] - off, with_tax))))
        meant[k] = off
    return Used(shares, units, meant)


def _of_sets(effect: BuyGet | SetPrice | BundlePrice | GroupOff, mode: RoundingMode) -> Application:
    match effect:
        case BuyGet():
            return buy_get(effect, mode)
        case SetPrice():
            return partial(set_price, effect)
        case BundlePrice():
            return partial(bundle_price, effect)
        case GroupOff():
            return partial(group_off, effect, shape_of(effect.effect, mode))


def _of_entries(effect: FirstThenEach | TotalPrice | OfferList) -> Application:
    match effect:
        case FirstThenEach():
            return partial(first_then_each, effect)
        case TotalPrice():
            return lambda sheet, at: total_price(effect, sheet.left_at(at))
        case OfferList():
            return partial(offer_list, effect)


def _quick(promotion: Promotion, mode: RoundingMode) -> Application | None:
    """Return the shortest way of the commonest effects: on what is left, of every unit."""
    effect = promotion.effect
    if promotion.limits_units or promotion.base is Base.ORIGINAL:
        return None
    if isinstance(effect, PercentOff) and effect.level is RoundingLevel.LINE:
        line = line_through(effect.rate, mode)
        if line is None:
            return None
        factor, offset, divisor = line

        def percent(sheet: Sheet, at: list[int]) -> Shares:
            left = sheet.left
            return [(left[k] * factor + offset) // divisor for k in at]

        return percent
    if (
        isinstance(effect, AmountOff)
        and effect.per is Per.ONCE
        and effect.spread is Spread.PROPORTIONAL
    ):
        amount = effect.amount

        def once(sheet: Sheet, at: list[int]) -> Shares | None:
            left = sheet.left if len(at) == len(sheet.left) else [sheet.left[k] for k in at]
            off = min(amount, sum(left))
            return split(off, left) if off else None

        return once
    return None


def _shaped(promotion: Promotion, shape: Shape) -> Application:
    """Return the application of an effect to the amounts and units that the promotion names."""
    if promotion.limits_units:
        return partial(_on_some_units, promotion, shape)
    if promotion.base is Base.ORIGINAL:
        return lambda sheet, at: shape(sheet, at, sheet.base_at(at), sheet.quantities_at(at))
    if _looks_at_units(promotion.effect):
        return lambda sheet, at: shape(sheet, at, sheet.left_at(at), sheet.quantities_at(at))
    return lambda sheet, at: shape(sheet, at, sheet.left_at(at), _NO_UNITS)


def _looks_at_units(effect: Effect) -> bool:
    if isinstance(effect, PercentOff):
        return effect.level is RoundingLevel.UNIT
    return not (
        isinstance(effect, AmountOff)
        and effect.per is not Per.UNIT
        and effect.spread is not Spread.UNITS
    )


_NO_UNITS: Final[list[int]] = []


def _on_some_units(promotion: Promotion, shape: Shape, sheet: Sheet, at: list[int]) -> Used | None:
    original = promotion.base is Base.ORIGINAL
    amounts = sheet.base_at(at) if original else sheet.left_at(at)
    units = sheet.quantities_at(at)
    if promotion.max_units_each is not None:
        each = [
            chosen([amount], [count], promotion.max_units_each, promotion.first_units)
            for amount, count in zip(amounts, units, strict=True)
        ]
        amounts = [values[0] for values, _ in each]
        units = [counts[0] for _, counts in each]
    if promotion.max_units is not None:
        amounts, units = chosen(amounts, units, promotion.max_units, promotion.first_units)
    shares = shape(sheet, at, amounts, units)
    return Used(shares, dict(zip(at, units, strict=True))) if shares else None


def _opaque(effect: OpaqueEffect, effects: Mapping[str, OpaqueFunction]) -> Application:
    function = effects.get(effect.name)
    if function is None:
        raise InvalidConfiguration(
            "$.promotions", f"nobody gave the effect {effect.name!r}: pass effects={{...}}"
        )

    def apply(sheet: Sheet, at: list[int]) -> Shares:
        left = sheet.left_at(at)
        shares = function(left, sheet.quantities_at(at), effect.parameters)
        return [max(0, min(share, most)) for share, most in zip(shares, left, strict=True)]

    return apply


def _no_shares(_: Sheet, __: list[int]) -> None:
    return None


def _all(of: list[Predicate]) -> Predicate | None:
    if not of:
        return None
    return of[0] if len(of) == 1 else AllOf(tuple(of))
