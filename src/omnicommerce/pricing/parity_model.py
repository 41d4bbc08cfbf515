"""Parity as data: which channels are bound to equal prices, how far, and what may differ."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import require_id, valid_id
from omnicommerce.kernel.predicates import ALWAYS, Predicate
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import Window

__all__ = [
    "ChannelFacts",
    "ParityException",
    "ParityGroup",
    "ParityLevel",
    "as_channel_facts",
    "as_exceptions",
    "as_groups",
]

_FACTS: Final = frozenset(
    {"location", "zone", "country", "region", "currency", "role", "customer_class"}
    | {"customer", "code", "payment", "delivery", "history"}
)
_SINGLE: Final = frozenset({"location", "zone", "country", "region", "currency", "role", "payment"})
_ATTRIBUTE: Final = re.compile(r"attribute\.\S+")
_PAIR: Final = 2


class ParityLevel(enum.StrEnum):
    """How far the channels of a group are equal; each level includes those before it.

    ======  ===============  =====================================================
    L0      ``list``         what each line costs before promotions
    L1      ``line``         what each line costs after them, gifts included
    L2      ``merchandise``  what all items cost
    L3      ``payable``      what is to be paid: tax, surcharges and delivery too
    L4      ``points``       points earned
    L5      ``trace``        the fate of every promotion
    ======  ===============  =====================================================
    """

    LIST = "list"
    LINE = "line"
    MERCHANDISE = "merchandise"
    PAYABLE = "payable"
    POINTS = "points"
    TRACE = "trace"

    @property
    def number(self) -> int:
        """Its place in the ladder, 0 to 5.

        Example:
            >>> ParityLevel.PAYABLE.number
            3
        """
        return tuple(ParityLevel).index(self)


def _channels(value: Iterable[str]) -> frozenset[str]:
    if isinstance(value, str):
        raise InvalidValue("channels", f"must be a set of texts, not {value!r}")
    return frozenset(value)


def _at_least_two(_: object, attribute: attrs.Attribute[Any], value: frozenset[str]) -> None:
    if len(value) < _PAIR:
        raise InvalidValue(attribute.name, "must name at least two channels")
    for channel in value:
        require_id(channel, attribute.name)


@attrs.frozen(kw_only=True)
class ParityGroup:
    """Channels that ask the same for the same basket, customer and instant.

    Args:
        group_id: Its identity.
        channels: At least two.
        level: Up to which level they are equal.

    Raises:
        InvalidValue: Fewer than two channels.
    """

    group_id: str = attrs.field(validator=valid_id)
    channels: frozenset[str] = attrs.field(converter=_channels, validator=_at_least_two)
    level: ParityLevel = attrs.field(
        default=ParityLevel.PAYABLE, validator=attrs.validators.instance_of(ParityLevel)
    )


def _share(_: object, attribute: attrs.Attribute[Any], value: Rate | None) -> None:
    if value is not None and not 0 < value.value <= 1:
        raise InvalidValue(attribute.name, f"must be over 0% and at most 100%, not {value}")


def _texts(value: Iterable[str]) -> frozenset[str]:
    if isinstance(value, str):
        raise InvalidValue("texts", f"must be a set of texts, not {value!r}")
    return frozenset(value)


_COUNT: Final = attrs.validators.optional(valid_quantity)


def _filled(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(attribute.name, f"must say something, not {value!r}")


@attrs.frozen(kw_only=True)
class ParityException:
    """Let some channels differ: for what, which way, by how much, why, and until when.

    At least one bound is needed. Of a line and of a total alike, the difference
    must be within each bound given; bounds of exceptions that meet add up.

    Args:
        exception_id: Its identity.
        channels: Which channels may differ from each other.
        on: Which products may cost something else, by their facts.
        customer_classes: Only customers of one of these; empty: everybody.
        window: Only at these times; None: whenever it has not expired.
        cheaper: The channel that may be cheaper than the others; None: any. Points may
            differ either way.
        max_amount: Minor units of difference at most.
        max_rate: The same as a share of the higher amount.
        max_points: Points of difference at most.
        reason: Why.
        owner: Who answers for it.
        expires_at: From this instant on it allows nothing.

    Raises:
        InvalidValue: Without bound, reason or owner, or for fewer than two channels.
    """

    exception_id: str = attrs.field(validator=valid_id)
    channels: frozenset[str] = attrs.field(converter=_channels, validator=_at_least_two)
    on: Predicate = ALWAYS
    customer_classes: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    window: Window | None = None
    cheaper: str | None = None
    max_amount: int | None = attrs.field(default=None, validator=_COUNT)
    max_rate: Rate | None = attrs.field(default=None, validator=_share)
    max_points: int | None = attrs.field(default=None, validator=_COUNT)
    reason: str = attrs.field(validator=_filled)
    owner: str = attrs.field(validator=_filled)
    expires_at: datetime = attrs.field(converter=require_instant)

    def __attrs_post_init__(self) -> None:
        """Refuse what is not bounded, and a direction that leads nowhere."""
        if self.max_amount is None and self.max_rate is None and self.max_points is None:
            raise InvalidValue(
                "max_amount", "one of max_amount, max_rate and max_points is needed: a bound"
            )
        if self.cheaper is not None and self.cheaper not in self.channels:
            raise InvalidValue("cheaper", f"{self.cheaper!r} is none of its channels")


def _values(value: Mapping[str, Iterable[str]]) -> Mapping[str, frozenset[str]]:
    for name, texts in value.items():
        if isinstance(texts, str):
            raise InvalidValue(name, f"must be a set of texts, not {texts!r}")
    return MappingProxyType({name: frozenset(texts) for name, texts in value.items()})


def require_fact(name: str, field: str) -> None:
    """Refuse what is no fact of a situation that a channel can hide or fix."""
    if name not in _FACTS and _ATTRIBUTE.fullmatch(name) is None:
        known = ", ".join(sorted(_FACTS))
        raise InvalidValue(field, f"{name!r} is not one of {known} or attribute.<name>")


@attrs.frozen(kw_only=True)
class ChannelFacts:
    """What a channel can know of who buys there: how facts follow from the channel.

    The same customer with the same wishes appears differently in each channel: a
    till knows its store and takes no codes, the web knows no store. A condition on
    such a fact is a condition on the channel by another name.

    Args:
        channel: The channel.
        unknown: Facts that are never known there, such as ``code`` or ``customer``
            (and with the customer, the history).
        always: Facts that always have these values there: ``{"country": {"ES"}}``.
        only: Facts that have no other values there: ``{"payment": {"cash", "card"}}``.

    Raises:
        InvalidValue: A name that is no fact, or one fact twice.
    """

    channel: str = attrs.field(validator=valid_id)
    unknown: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    always: Mapping[str, frozenset[str]] = attrs.field(factory=dict, converter=_values, hash=False)
    only: Mapping[str, frozenset[str]] = attrs.field(factory=dict, converter=_values, hash=False)

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        seen: set[str] = set()
        for field, names in (
            ("unknown", self.unknown),
            ("always", self.always),
            ("only", self.only),
        ):
            for name in sorted(names):
                require_fact(name, field)
                if name in seen:
                    raise InvalidValue(field, f"{name!r} is there twice")
                seen.add(name)
        self._check_values()

    def _check_values(self) -> None:
        for name, values in self.always.items():
            if not values or (name in _SINGLE and len(values) > 1):
                raise InvalidValue(f"always.{name}", "needs exactly one value")
            if name in {"delivery", "history"}:
                raise InvalidValue(f"always.{name}", "belongs to basket and customer: use only")
        for name, values in self.only.items():
            if not values:
                raise InvalidValue(f"only.{name}", "must not be empty: use unknown")
            if name in {"history", "customer"}:
                raise InvalidValue(f"only.{name}", "has no values of its own: use unknown")


def _once(field: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidValue(field, f"{name!r} is there twice")


def as_groups(value: Iterable[ParityGroup]) -> tuple[ParityGroup, ...]:
    """Return groups as a tuple, each there once: an attrs converter."""
    groups = tuple(value)
    _once("parity_groups", [group.group_id for group in groups])
    return groups


def as_exceptions(value: Iterable[ParityException]) -> tuple[ParityException, ...]:
    """Return exceptions as a tuple, each there once: an attrs converter."""
    exceptions = tuple(value)
    _once("parity_exceptions", [exception.exception_id for exception in exceptions])
    return exceptions


def as_channel_facts(value: Iterable[ChannelFacts]) -> tuple[ChannelFacts, ...]:
    """Return what is declared of channels as a tuple, each once: an attrs converter."""
    facts = tuple(value)
    _once("channel_facts", [item.channel for item in facts])
    return facts
