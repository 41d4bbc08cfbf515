"""What a promotion does: a closed set of effects, as data.

Every amount is in minor units of the book's currency. No effect takes more than
is left of what it matches; what it takes is spread over it exactly. Which
units or items an effect works on, and how much it may take at most, is said by
the promotion: the same fields serve every effect.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from omnicommerce.kernel.documents import register_atoms
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.predicates import Predicate
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel

__all__ = [
    "AmountOff",
    "BundlePart",
    "BundlePrice",
    "BuyGet",
    "Choice",
    "EarnPoints",
    "Effect",
    "FirstThenEach",
    "Gift",
    "GroupOff",
    "MatchBand",
    "MatchCoupon",
    "Measured",
    "OfferList",
    "OpaqueEffect",
    "Per",
    "PercentOff",
    "Remainder",
    "Rewarded",
    "SetPrice",
    "SetsWithin",
    "Spread",
    "Tier",
    "Tiers",
    "TotalPrice",
]


class Remainder(enum.StrEnum):
    """What units cost that do not fill a set of “n for x”.

    ``pro_rata``: their part of x. ``whole_set``: x, as a started set costs the
    full set. ``regular``: what they cost without the set, which only a
    promotion can mean, as a price row has nothing else to fall back on.
    """

    PRO_RATA = "pro_rata"
    WHOLE_SET = "whole_set"
    REGULAR = "regular"


def _amount(_: object, attribute: attrs.Attribute[int], value: object) -> None:
    if type(value) is not int or value < 0:
        raise InvalidValue(
            attribute.name, f"must be a whole number of minor units, not negative: {value!r}"
        )


def _positive_amount(_: object, attribute: attrs.Attribute[int], value: object) -> None:
    if type(value) is not int or value < 1:
        raise InvalidValue(
            attribute.name, f"must be a positive whole number of minor units, not {value!r}"
        )


def _share(_: object, attribute: attrs.Attribute[Rate], value: object) -> None:
    if type(value) is not Rate or not 0 < value.value <= Fraction(1):
        raise InvalidValue(
            attribute.name, f"must be a rate over 0% and at most 100%, not {value!s}"
        )


@attrs.frozen
class PercentOff:
    """Take a rate off the matching items.

    Args:
        rate: Over 0%, at most 100%.
        level: ``line`` rounds once for each product, however its units are
            spread over lines; ``unit`` rounds for each unit; ``order`` rounds
            once over all matching items.
    """

    rate: Rate = attrs.field(validator=_share)
    level: RoundingLevel = attrs.field(
        default=RoundingLevel.LINE, validator=attrs.validators.instance_of(RoundingLevel)
    )


class Per(enum.StrEnum):
    """How often an amount is taken.

    ``once``: split over all matching items. ``product``: once off each product
    (off each delivery line, where delivery is the target). ``unit``: off each unit.
    """

    ONCE = "once"
    PRODUCT = "product"
    UNIT = "unit"


class Spread(enum.StrEnum):
    """How an amount that is taken once is split over the items.

    ``proportional``: by what is left of each. ``even``: the same off each
    product, as far as it goes. ``units``: the same off each unit.
    """

    PROPORTIONAL = "proportional"
    EVEN = "even"
    UNITS = "units"


@attrs.frozen
class AmountOff:
    """Take an amount off: once, off each product, or off each unit.

    Args:
        amount: Minor units.
        per: How often.
        spread: How an amount taken once is split.
        includes_tax: Whether the amount is meant with tax (True) or without
            (False); None: as prices are entered.
    """

    amount: int = attrs.field(validator=_positive_amount)
    per: Per = attrs.field(default=Per.ONCE, validator=attrs.validators.instance_of(Per))
    spread: Spread = attrs.field(
        default=Spread.PROPORTIONAL, validator=attrs.validators.instance_of(Spread)
    )
    includes_tax: bool | None = None


@attrs.frozen
class FirstThenEach:
    """Take an amount off the first unit of each product, another off each further one.

    Args:
        first: Minor units off the first unit.
        additional: Minor units off each further unit.
        max_units: On how many units of each product at most; None: on all.
    """

    first: int = attrs.field(validator=_amount)
    additional: int = attrs.field(validator=_amount)
    max_units: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )

    def __attrs_post_init__(self) -> None:
        """Refuse an effect that can never give anything."""
        if not self.first and not self.additional:
            raise InvalidValue("first", "first and additional must not both be zero")


class SetsWithin(enum.StrEnum):
    """Whether the units of a set may be of several products, or of one only."""

    BASKET = "basket"
    PRODUCT = "product"


class Rewarded(enum.StrEnum):
    """Which units of the complete sets are the rewarded ones.

    ``cheapest``: of all matching units the cheapest. ``dearest``: the dearest.
    ``cheapest_of_set``: units are put into sets from the dearest down, and the
    cheapest of each set are rewarded, which is never less than ``cheapest``.
    """

    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    CHEAPEST_OF_SET = "cheapest_of_set"


@attrs.frozen
class BuyGet:
    """For every ``buy`` units, give something off ``get`` other units.

    Bought units are never rewarded too. Without ``bought`` both are units that
    the promotion matches, and every ``buy + get`` of them are a set; units that
    fill no set are neither needed nor rewarded. With it, the promotion matches
    the rewarded units and ``bought`` the others; a unit that is both serves once:
    the dearest are the bought ones. Goods sold by weight do not count.

    Args:
        buy: Units that a set needs beside the rewarded ones.
        get: Rewarded units of a set.
        rate: What is taken off a rewarded unit; 100% gives it away.
        amount: Minor units off a rewarded unit, in place of the rate.
        max_repeats: How many sets are rewarded at most; None: all of them.
        bought: Which units count as bought, where they are others.
        rewarded: Which units are rewarded.
        within: Whether sets are made over the whole basket or of each product.
        partial: Whether, with ``bought``, a last set with fewer than ``get``
            units to reward is rewarded too.
    """

    buy: int = attrs.field(validator=valid_quantity)
    get: int = attrs.field(default=1, validator=valid_quantity)
    rate: Rate = attrs.field(factory=lambda: Rate.percent(100), validator=_share)
    max_repeats: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )
    amount: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(_positive_amount)
    )
    bought: Predicate | None = None
    rewarded: Rewarded = attrs.field(
        default=Rewarded.CHEAPEST, validator=attrs.validators.instance_of(Rewarded)
    )
    within: SetsWithin = attrs.field(
        default=SetsWithin.BASKET, validator=attrs.validators.instance_of(SetsWithin)
    )
    partial: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse combinations that say nothing."""
        if self.bought is not None and self.within is SetsWithin.PRODUCT:
            raise InvalidValue("within", "sets of one product need no other units to be bought")
        if self.bought is not None and self.rewarded is Rewarded.CHEAPEST_OF_SET:
            raise InvalidValue(
                "rewarded", "sets with other units bought reward cheapest or dearest"
            )
        if self.partial and self.bought is None:
            raise InvalidValue("partial", "only sets with other units bought can be partial")


@attrs.frozen
class SetPrice:
    """Let ``per`` matching units cost ``amount`` together, where that is less.

    With ``regular`` the dearest units fill the sets, and only sets that are
    cheaper for it are made. With ``per`` 1 each unit is a set: its price is set.
    Goods sold by weight do not count.

    Args:
        per: Units of a set.
        amount: What a set costs, in minor units.
        remainder: What units cost that fill no set.
        max_repeats: How many sets at most; None: all.
    """

    per: int = attrs.field(validator=valid_quantity)
    amount: int = attrs.field(validator=_amount)
    remainder: Remainder = attrs.field(
        default=Remainder.REGULAR, validator=attrs.validators.instance_of(Remainder)
    )
    max_repeats: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )

    def __attrs_post_init__(self) -> None:
        """Refuse a limit of sets where units outside sets are priced as well."""
        if self.max_repeats is not None and self.remainder is not Remainder.REGULAR:
            raise InvalidValue("max_repeats", "can only be given with the remainder 'regular'")


@attrs.frozen
class BundlePart:
    """Some units of a bundle: so many of those that match."""

    on: Predicate
    units: int = attrs.field(default=1, validator=valid_quantity)


def _parts(value: Iterable[BundlePart]) -> tuple[BundlePart, ...]:
    return tuple(value)


@attrs.frozen
class BundlePrice:
    """Let a bundle of different items cost ``amount`` together, where that is less.

    The promotion's own ``on`` must match as well. The dearest units of each part
    fill the bundles; parts that share products are filled in their order.
    Goods sold by weight do not count.

    Args:
        parts: What a bundle is made of.
        amount: What it costs, in minor units.
        max_repeats: How many bundles at most; None: all that are cheaper for it.
    """

    parts: tuple[BundlePart, ...] = attrs.field(converter=_parts)
    amount: int = attrs.field(validator=_amount)
    max_repeats: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )

    @parts.validator
    def _check_parts(self, _: object, parts: tuple[BundlePart, ...]) -> None:
        if not parts:
            raise InvalidValue("parts", "must not be empty")


@attrs.frozen
class TotalPrice:
    """Let everything that matches cost ``amount`` together, where that is less.

    Args:
        amount: Minor units.
        per: ``once`` for all of it, ``product`` for each product or delivery line.
    """

    amount: int = attrs.field(validator=_amount)
    per: Per = attrs.field(
        default=Per.ONCE, validator=attrs.validators.in_([Per.ONCE, Per.PRODUCT])
    )


class Measured(enum.StrEnum):
    """What the steps of `Tiers` look at.

    ``spend``: all items. ``spend_base``: all items before any promotion.
    ``matching``: what matches. ``product``: each product (or delivery line) by
    itself. ``units``: how many units match. ``delivery``: all delivery lines. Other
    amounts are what is left when the promotion's turn comes.
    """

    SPEND = "spend"
    SPEND_BASE = "spend_base"
    MATCHING = "matching"
    PRODUCT = "product"
    UNITS = "units"
    DELIVERY = "delivery"


@attrs.frozen
class Tier:
    """What is given from an amount or number on."""

    at_least: int = attrs.field(validator=_amount)
    effect: PercentOff | AmountOff


def _tiers(value: Iterable[Tier]) -> tuple[Tier, ...]:
    return tuple(value)


@attrs.frozen
class Tiers:
    """Give the effect of the highest tier that is reached, and only that.

    Args:
        by: What must reach the tiers.
        steps: The tiers, rising. Below the first one nothing is given.
    """

    by: Measured
    steps: tuple[Tier, ...] = attrs.field(converter=_tiers)

    @steps.validator
    def _check_steps(self, _: object, steps: tuple[Tier, ...]) -> None:
        limits = [step.at_least for step in steps]
        if not limits:
            raise InvalidValue("steps", "must not be empty")
        if limits != sorted(set(limits)):
            raise InvalidValue("steps", "must have rising at_least")


class Choice(enum.StrEnum):
    """Which units come first where not all of them can have something."""

    CHEAPEST = "cheapest"
    DEAREST = "dearest"


@attrs.frozen
class GroupOff:
    """Give an effect to units in complete groups of ``size`` only.

    A group may span products. Goods sold by weight do not count.

    Args:
        size: Units of a group.
        effect: What each such unit gets: `PercentOff` or `AmountOff` per unit, or
            tiers of them.
        left_out: Which units fill no group: the cheapest or the dearest.
    """

    size: int = attrs.field(validator=valid_quantity)
    effect: PercentOff | AmountOff | Tiers
    left_out: Choice = attrs.field(
        default=Choice.CHEAPEST, validator=attrs.validators.instance_of(Choice)
    )


@attrs.frozen
class OfferList:
    """Price the matching items from the rows of an offer list, such as the card price.

    A line that the till priced itself costs the offer it gave. Items without a
    row keep their price.

    Args:
        list_id: A price list of role ``offer``.
        replaces: Whether an offer above the price counts too. By default the
            lower price stays, line by line; where a list is the law, say True,
            and an adjustment may then be an increase.
    """

    list_id: str
    replaces: bool = False


@attrs.frozen(kw_only=True)
class MatchBand:
    """What the shop adds to a coupon whose face is at most ``up_to``.

    Exactly one of ``rate`` (a share of the face: 100% doubles the coupon) and
    ``raised_to`` (the coupon becomes worth this) is given.
    """

    up_to: int = attrs.field(validator=_amount)
    rate: Rate | None = None
    raised_to: int | None = attrs.field(default=None, validator=attrs.validators.optional(_amount))

    def __attrs_post_init__(self) -> None:
        """Refuse bands that say two things or nothing, or would lower a coupon."""
        if (self.rate is None) == (self.raised_to is None):
            raise InvalidValue("band", "needs exactly one of rate and raised_to")
        if self.raised_to is not None and self.raised_to < self.up_to:
            raise InvalidValue("raised_to", "must not be less than up_to")
        if self.rate is not None and self.rate.value < 0:
            raise InvalidValue("rate", "must not be negative")


def _bands(value: Iterable[MatchBand]) -> tuple[MatchBand, ...]:
    return tuple(value)


@attrs.frozen
class MatchCoupon:
    """Let the shop add to each presented manufacturer coupon of kind ``value``.

    The first band whose ``up_to`` is not below the face counts; beyond the last
    band nothing is added. Like the coupon itself, what is added pays: it is no
    price reduction, and is not limited by what is left of the line.
    """

    bands: tuple[MatchBand, ...] = attrs.field(converter=_bands)

    @bands.validator
    def _check_bands(self, _: object, bands: tuple[MatchBand, ...]) -> None:
        limits = [band.up_to for band in bands]
        if not limits:
            raise InvalidValue("bands", "must not be empty")
        if limits != sorted(set(limits)):
            raise InvalidValue("bands", "must have rising up_to")


def _skus(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise InvalidValue("skus", f"must be a list of SKUs, not {value!r}")
    return tuple(value)


@attrs.frozen
class Gift:
    """Add units to the basket, for less or for nothing.

    The shopper may choose one of ``skus`` (`Basket.choices`); otherwise the first
    one that is there is added. A SKU that is not there (`Situation.unavailable`)
    is no gift; the given units are named in the answer, apart from the lines.

    Args:
        skus: What may be given.
        quantity: How many units of one of them.
        rate: What is taken off their price; 100% gives them away.
    """

    skus: tuple[str, ...] = attrs.field(converter=_skus)
    quantity: int = attrs.field(default=1, validator=valid_quantity)
    rate: Rate = attrs.field(factory=lambda: Rate.percent(100), validator=_share)

    @skus.validator
    def _check_skus(self, _: object, skus: tuple[str, ...]) -> None:
        if not skus:
            raise InvalidValue("skus", "must not be empty")


@attrs.frozen
class EarnPoints:
    """Promise points after the order, in place of money off now.

    Args:
        points: Points once for the basket.
        per_unit: Points for each matching unit.
        rate: Points for what is left of the matching items, in points for each
            minor unit: 1% is one point for each whole major unit of two decimals.
    """

    points: int = attrs.field(default=0, validator=_amount)
    per_unit: int = attrs.field(default=0, validator=_amount)
    rate: Rate | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an effect that can never give anything."""
        if self.rate is not None and self.rate.value < 0:
            raise InvalidValue("rate", f"must not be below 0%, not {self.rate}")
        if not self.points and not self.per_unit and not (self.rate and self.rate.value):
            raise InvalidValue("points", "one of points, per_unit and rate must be positive")


def _parameters(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


@attrs.frozen
class OpaqueEffect:
    """Let a function of the shop's own say what is taken: code, not data.

    `PriceBook.compile` is given the function under ``name``. It gets what is left
    of each matching product and its units, and returns what it takes of each;
    it must be pure and must not depend on their order. Nothing can be proved of
    it: proofs leave it out and say so.
    """

    name: str = attrs.field(validator=valid_id)
    parameters: Mapping[str, Any] = attrs.field(factory=dict, converter=_parameters, hash=False)


Effect: TypeAlias = (
    PercentOff
    | AmountOff
    | FirstThenEach
    | BuyGet
    | SetPrice
    | BundlePrice
    | TotalPrice
    | Tiers
    | GroupOff
    | OfferList
    | MatchCoupon
    | Gift
    | EarnPoints
    | OpaqueEffect
)

register_atoms(Effect)
