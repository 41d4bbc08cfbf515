"""Predicates as data: a closed set of atoms over named facts, with reasons when they fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.window import Window

__all__ = [
    "ALWAYS",
    "AllOf",
    "AnyOf",
    "AtLeast",
    "During",
    "Fact",
    "Facts",
    "Not",
    "OneOf",
    "Predicate",
    "failures",
    "holds",
]

Fact: TypeAlias = frozenset[str] | int | datetime
"""A fact is a set of texts (a product's categories), a number (spend), or an instant."""

Facts: TypeAlias = Mapping[str, Fact]


def _set(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


def _members(of: Iterable[Predicate]) -> tuple[Predicate, ...]:
    return tuple(of)


@attrs.frozen
class OneOf:
    """Hold when the fact shares at least one text with ``values``."""

    fact: str
    values: frozenset[str] = attrs.field(converter=_set)

    @values.validator
    def _check_values(self, _: object, values: frozenset[str]) -> None:
        if not values:
            raise InvalidValue("values", f"{self.fact}: an empty set can never match")


@attrs.frozen
class AtLeast:
    """Hold when the number is ``minimum`` or more (money facts count minor units)."""

    fact: str
    minimum: int


@attrs.frozen
class During:
    """Hold when the instant of the decision lies in the window."""

    window: Window


@attrs.frozen
class AllOf:
    """Hold when every member holds; the empty one always holds."""

    of: tuple[Predicate, ...] = attrs.field(converter=_members)


@attrs.frozen
class AnyOf:
    """Hold when at least one member holds."""

    of: tuple[Predicate, ...] = attrs.field(converter=_members)

    @of.validator
    def _check_of(self, _: object, of: tuple[Predicate, ...]) -> None:
        if not of:
            raise InvalidValue("of", "an empty choice can never match")


@attrs.frozen
class Not:
    """Hold when the member does not."""

    of: Predicate


Predicate: TypeAlias = OneOf | AtLeast | During | AllOf | AnyOf | Not

ALWAYS = AllOf(())
"""The predicate that holds whatever the facts."""

_NO_TEXTS: frozenset[str] = frozenset()


def holds(predicate: Predicate, facts: Facts) -> bool:
    """Tell whether the predicate holds; a fact nobody gave is empty, zero or no instant.

    Example:
        >>> holds(OneOf("category", {"dress"}), {"category": frozenset({"dress", "summer"})})
        True
    """
    match predicate:
        case OneOf(fact, values):
            return not values.isdisjoint(_texts(facts, fact))
        case AtLeast(fact, minimum):
            return _number(facts, fact) >= minimum
        case During(window):
            return _is_during(window, facts)
        case AllOf(of):
            return all(holds(member, facts) for member in of)
        case AnyOf(of):
            return any(holds(member, facts) for member in of)
        case Not(of):
            return not holds(of, facts)


def failures(predicate: Predicate, facts: Facts) -> tuple[Reason, ...]:
    """Return why it does not hold: each failed atom with observed and required values.

    Empty exactly when the predicate holds. Of an `AnyOf` every member's
    failures are listed, as mending any one of them is enough.
    """
    return tuple(_failures(predicate, facts))


def _failures(predicate: Predicate, facts: Facts) -> Iterator[Reason]:
    if holds(predicate, facts):
        return
    match predicate:
        case OneOf(fact, values):
            observed = sorted(_texts(facts, fact))
            yield Reason(
                "predicate.one_of",
                {"fact": fact, "required": sorted(values), "observed": observed},
            )
        case AtLeast(fact, minimum):
            observed_number = _number(facts, fact)
            yield Reason(
                "predicate.at_least",
                {
                    "fact": fact,
                    "required": minimum,
                    "observed": observed_number,
                    "missing": minimum - observed_number,
                },
            )
        case During(window):
            at = facts.get("at")
            observed_at = at.isoformat() if isinstance(at, datetime) else None
            yield Reason("predicate.during", {"required": str(window), "observed": observed_at})
        case AllOf(of) | AnyOf(of):
            for member in of:
                yield from _failures(member, facts)
        case Not():
            yield Reason("predicate.not", {"excluded": str(predicate.of)})


def _texts(facts: Facts, name: str) -> frozenset[str]:
    value = facts.get(name, _NO_TEXTS)
    if not isinstance(value, frozenset):
        raise InvalidValue(f"facts.{name}", f"must be a set of texts, not {value!r}")
    return value


def _number(facts: Facts, name: str) -> int:
    value = facts.get(name, 0)
    if not isinstance(value, int):
        raise InvalidValue(f"facts.{name}", f"must be a whole number, not {value!r}")
    return value


def _is_during(window: Window, facts: Facts) -> bool:
    at = facts.get("at")
    if not isinstance(at, datetime):
        raise InvalidValue("facts.at", "the instant of the decision is needed")
    return window.contains(at)
