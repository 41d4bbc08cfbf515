"""What a promotion does: a closed set of effects, as data.

Every amount is in minor units of the book's one currency. No effect takes more
than is left of the lines it matches; what it takes is spread over them exactly.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

import attrs

from omnicommerce.kernel.documents import register_atoms
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel

__all__ = [
    "AmountOff",
    "BuyGet",
    "Effect",
    "MatchBand",
    "MatchCoupon",
    "OfferList",
    "PercentOff",
    "Remainder",
    "SetPrice",
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
    """Take a rate off what is left of the matching items.

    Args:
        rate: Over 0%, at most 100%.
        level: ``line`` rounds once for each product, however its units are
            spread over lines; ``order`` rounds once over all matching items.
    """

    rate: Rate = attrs.field(validator=_share)
    level: RoundingLevel = attrs.field(default=RoundingLevel.LINE)

    @level.validator
    def _check_level(self, _: object, value: RoundingLevel) -> None:
        if value not in {RoundingLevel.LINE, RoundingLevel.ORDER}:
            raise InvalidValue("level", f"must be line or order, not {value!s}")


@attrs.frozen
class AmountOff:
    """Take an amount off once, spread over the matching items by what is left of each."""

    amount: int = attrs.field(validator=_positive_amount)


@attrs.frozen
class BuyGet:
    """Of every ``buy + get`` matching units, give a rate off the ``get`` cheapest.

    Units that fill no set are neither needed nor rewarded; of all matching
    units the cheapest are the rewarded ones. Goods sold by weight do not count.

    Args:
        buy: Units that a set needs beside the rewarded ones.
        get: Rewarded units of a set.
        rate: What is taken off a rewarded unit; 100% gives it away.
        max_repeats: How many sets are rewarded at most; None: all of them.
    """

    buy: int = attrs.field(validator=valid_quantity)
    get: int = attrs.field(default=1, validator=valid_quantity)
    rate: Rate = attrs.field(factory=lambda: Rate.percent(100), validator=_share)
    max_repeats: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )


@attrs.frozen
class SetPrice:
    """Let ``per`` matching units cost ``amount`` together, where that is less.

    With ``regular`` the dearest units fill the sets. Goods sold by weight do not count.
    """

    per: int = attrs.field(validator=valid_quantity)
    amount: int = attrs.field(validator=_amount)
    remainder: Remainder = attrs.field(
        default=Remainder.REGULAR, validator=attrs.validators.instance_of(Remainder)
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


Effect: TypeAlias = PercentOff | AmountOff | BuyGet | SetPrice | OfferList | MatchCoupon

register_atoms(Effect)
