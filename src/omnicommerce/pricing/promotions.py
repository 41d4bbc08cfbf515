"""Promotions: conditions and an effect, and how several of them combine."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.predicates import ALWAYS, Predicate
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.pricing.effects import (
    AmountOff,
    Choice,
    Effect,
    MatchCoupon,
    OfferList,
    PercentOff,
    Tiers,
)

__all__ = [
    "Base",
    "Competition",
    "CurrencyTerms",
    "Exclusion",
    "FactLimit",
    "Promotion",
    "SelectionPolicy",
    "Stacking",
    "StackingGroup",
    "Status",
    "Target",
    "Winner",
]


def _frozen_texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(texts))


class Target(enum.StrEnum):
    """What a promotion takes from: the items, the delivery, or both together."""

    ITEMS = "items"
    DELIVERY = "delivery"
    ITEMS_AND_DELIVERY = "items_and_delivery"


class Base(enum.StrEnum):
    """Of what amount an effect is worked out: what is left by now, or the price before promotions.

    Whatever it is worked out from, no more is taken than is left.
    """

    REMAINING = "remaining"
    ORIGINAL = "original"


class Status(enum.StrEnum):
    """Where a promotion is in its life; only active ones are ever applied."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


@attrs.frozen(kw_only=True)
class FactLimit:
    """How often, or up to how much, a promotion serves each value of a fact.

    Args:
        fact: A name in `Situation.attributes`, such as ``email``.
        uses: How often for each value; None: any number.
        budget: Minor units given to each value at most; None: any amount.
    """

    fact: str = attrs.field(validator=valid_id)
    uses: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )
    budget: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )

    def __attrs_post_init__(self) -> None:
        """Refuse a limit that limits nothing."""
        if self.uses is None and self.budget is None:
            raise InvalidValue("uses", "one of uses and budget is needed")


@attrs.frozen(kw_only=True)
class CurrencyTerms:
    """What a promotion says in another currency, where it names amounts.

    Args:
        effect: Its effect there.
        when: Its conditions there; None: the same.
        cap: Its cap there.
    """

    effect: Effect
    when: Predicate | None = None
    cap: int | None = None


def _terms(value: Mapping[str, CurrencyTerms]) -> Mapping[str, CurrencyTerms]:
    return MappingProxyType({Currency.of(code).code: terms for code, terms in value.items()})


def _ids(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise InvalidValue("after", f"must be a list of ids, not {value!r}")
    return tuple(value)


def _fact_limits(value: Iterable[FactLimit]) -> tuple[FactLimit, ...]:
    return tuple(value)


_COUNT: Final = attrs.validators.optional(valid_quantity)


@attrs.frozen(kw_only=True)
class Promotion:
    """A rule that makes matching baskets cheaper: conditions and an effect.

    Conditions can ask for texts: ``channel``, ``location``, ``zone``, ``country``,
    ``currency``, ``role`` (``anonymous``, ``customer``, ``staff``), ``customer_class``,
    ``customer``, ``code``, ``payment``, ``delivery`` (the methods chosen) and
    ``attribute.<name>``; for numbers of the basket: ``spend.base`` (items before any
    promotion), ``spend.left`` (when its turn comes), ``delivery.*`` and ``total.*``
    (items and delivery), ``matching.base``, ``.left``, ``.units``, ``.products``
    (different ones) and ``.most`` (of one product) of what it matches, ``items.*``
    the same of the items that `AtLeast.among` chooses; ``.gross`` or ``.net`` behind
    an amount asks for it with or without tax. Of the customer: ``history.orders``,
    ``history.cancelled``, ``history.days_since_last_order`` and
    ``history.orders_in_<n>_days``.

    Args:
        promotion_id: Its identity, kept in orders.
        effect: What it does.
        name: What people read, by locale.
        when: What must hold of basket and situation.
        on: Which items it matches, by their facts; of delivery, by ``method``.
        target: What it takes from.
        base: Of what amount its effect is worked out.
        lane: Phases of the calculation; lower lanes go first.
        priority: Within a lane, lower numbers go first, then the smaller id.
        after: Promotions of the same lane that must have had their turn, whatever
            the priorities.
        exclusive: It takes only units that no promotion has touched, and leaves
            them to no other.
        family: What it is where promotions exclude each other (`Stacking`).
        group: The `StackingGroup` in which it competes.
        skip_reduced: Leave out what a sale list or another promotion made cheaper.
        advertised: Whether listings show it: it must not depend on the basket.
        cap: Minor units it takes at most from a basket.
        max_units: How many units it works on at most.
        max_units_each: The same for each product.
        first_units: Which units those are.
        limit_uses: How often it can be used by all customers; the ledger counts.
        limit_per_customer: How often by each customer.
        budget: Minor units it gives to all customers together at most.
        budget_per_customer: Minor units it gives to each customer at most.
        fact_limits: Limits for each value of other facts.
        partial_budget: Whether the rest of a budget is given when it is less than
            the reward; False: then nothing.
        in_currencies: Its terms in other currencies. One that names amounts does
            nothing in a currency for which it has no terms.
        status: Where it is in its life.
    """

    promotion_id: str = attrs.field(validator=valid_id)
    effect: Effect
    name: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen_texts, hash=False)
    when: Predicate = ALWAYS
    on: Predicate = ALWAYS
    target: Target = Target.ITEMS
    base: Base = Base.REMAINING
    lane: int = 0
    priority: int = 0
    after: tuple[str, ...] = attrs.field(default=(), converter=_ids)
    exclusive: bool = False
    family: str | None = None
    group: str | None = None
    skip_reduced: bool = False
    advertised: bool = False
    cap: int | None = attrs.field(default=None, validator=_COUNT)
    max_units: int | None = attrs.field(default=None, validator=_COUNT)
    max_units_each: int | None = attrs.field(default=None, validator=_COUNT)
    first_units: Choice = Choice.CHEAPEST
    limit_uses: int | None = attrs.field(default=None, validator=_COUNT)
    limit_per_customer: int | None = attrs.field(default=None, validator=_COUNT)
    budget: int | None = attrs.field(default=None, validator=_COUNT)
    budget_per_customer: int | None = attrs.field(default=None, validator=_COUNT)
    fact_limits: tuple[FactLimit, ...] = attrs.field(default=(), converter=_fact_limits)
    partial_budget: bool = True
    in_currencies: Mapping[str, CurrencyTerms] = attrs.field(
        factory=dict, converter=_terms, hash=False
    )
    status: Status = Status.ACTIVE

    def __attrs_post_init__(self) -> None:
        """Refuse limits of units where the effect is not worked out from units."""
        if self.limits_units and not isinstance(self.effect, (PercentOff, AmountOff, Tiers)):
            raise InvalidValue("max_units", "only limits percent_off, amount_off and tiers")
        if self.base is Base.ORIGINAL and isinstance(self.effect, (OfferList, MatchCoupon)):
            raise InvalidValue("base", "this effect is always worked out from what is left")

    @property
    def is_limited(self) -> bool:
        """Whether its uses are counted, so that they can run out."""
        return (
            self.limit_uses is not None
            or self.limit_per_customer is not None
            or self.is_budgeted
            or bool(self.fact_limits)
        )

    @property
    def is_budgeted(self) -> bool:
        """Whether what it gives is counted, so that it can run out."""
        return (
            self.budget is not None
            or self.budget_per_customer is not None
            or any(limit.budget is not None for limit in self.fact_limits)
        )

    @property
    def limits_units(self) -> bool:
        """Whether it works on some of the matching units only."""
        return self.max_units is not None or self.max_units_each is not None


class Competition(enum.StrEnum):
    """For what promotions compete: each product by itself, or the whole basket."""

    PRODUCT = "product"
    BASKET = "basket"


class Winner(enum.StrEnum):
    """Which of a group applies: the one that gives most, or the first that gives anything."""

    BEST = "best"
    FIRST = "first"


@attrs.frozen
class StackingGroup:
    """Promotions of which only one applies: to each product, or to the basket.

    The group has its turn when its first member has.
    """

    group_id: str = attrs.field(validator=valid_id)
    winner: Winner = Winner.BEST
    over: Competition = Competition.PRODUCT


@attrs.frozen
class Exclusion:
    """Two families of promotions that do not combine; the one that comes first stays.

    Both may be the same: then its members do not combine with each other.
    """

    family: str = attrs.field(validator=valid_id)
    other: str = attrs.field(validator=valid_id)
    over: Competition = Competition.PRODUCT


def _groups(value: Iterable[StackingGroup]) -> tuple[StackingGroup, ...]:
    return tuple(value)


def _exclusions(value: Iterable[Exclusion]) -> tuple[Exclusion, ...]:
    return tuple(value)


def _alternatives(value: Iterable[Iterable[str]]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(families) for families in value)


@attrs.frozen
class Stacking:
    """Which promotions combine.

    Args:
        groups: Groups of which one promotion applies.
        exclusions: Families that do not combine.
        alternatives: Sets of families of which only one set is used for a basket:
            the one that makes it cheapest, ties to the first. Promotions of no
            such family always count.
    """

    groups: tuple[StackingGroup, ...] = attrs.field(default=(), converter=_groups)
    exclusions: tuple[Exclusion, ...] = attrs.field(default=(), converter=_exclusions)
    alternatives: tuple[frozenset[str], ...] = attrs.field(default=(), converter=_alternatives)


class SelectionPolicy(enum.StrEnum):
    """How promotions that compete for the same items are chosen."""

    DECLARED_ORDER = "declared_order"
    """By lane, priority and id; each takes from what those before it left."""

    BEST_FOR_CUSTOMER = "best_for_customer"
    """The admissible choice that makes the basket cheapest, with a certificate."""
