"""Predicates as data: a closed set of atoms over named facts, with reasons when they fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.window import Window

__all__ = [
    "ALWAYS",
    "NEVER",
    "AllOf",
    "AnyOf",
    "AtLeast",
    "During",
    "Fact",
    "FactKey",
    "Facts",
    "Not",
    "OneOf",
    "Opaque",
    "Predicate",
    "failures",
    "holds",
]

Fact: TypeAlias = "frozenset[str] | int | datetime | Callable[[], bool]"
"""A set of texts (a product's categories), a number (spend), an instant, or an opaque answer."""

FactKey: TypeAlias = "str | tuple[str, Predicate]"
"""The name of a fact; of a number of some items, with what chooses those items."""

Facts: TypeAlias = Mapping[Any, Fact]
"""Facts by `FactKey`; opaque ones by their `Opaque` atom."""


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
    """Hold when the number is ``minimum`` or more (money facts count minor units).

    Args:
        fact: Its name.
        minimum: What must be reached.
        among: Which items the number counts, where it counts items; None: all of them.
    """

    fact: str
    minimum: int
    among: Predicate | None = None

    @property
    def key(self) -> FactKey:
        """What names the number among the facts."""
        return self.fact if self.among is None else (self.fact, self.among)


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


@attrs.frozen
class Opaque:
    """Hold when a function of the shop's own says so: code, not data.

    Whoever decides brings the function under ``name``; it must be pure. Nothing
    can be proved of it, so proofs leave it out and say so.
    """

    name: str


Predicate: TypeAlias = OneOf | AtLeast | During | AllOf | AnyOf | Not | Opaque

ALWAYS = AllOf(())
"""The predicate that holds whatever the facts."""

NEVER = Not(ALWAYS)
"""The predicate that no facts satisfy."""

_NO_TEXTS: frozenset[str] = frozenset()


def holds(predicate: Predicate, facts: Facts) -> bool:
    """Tell whether the predicate holds; a fact nobody gave is empty, zero or no instant.

    Example:
        >>> holds(OneOf("category", {"dress"}), {"category": frozenset({"dress", "summer"})})
        True
    """
    match predicate:
        case OneOf(fact, values):
            found = not values.isdisjoint(_texts(facts, fact))
        case AtLeast():
            found = _number(facts, predicate.key) >= predicate.minimum
        case During(window):
            found = _is_during(window, facts)
        case Opaque():
            found = _answer(facts, predicate)
        case AllOf(of):
            found = all(holds(member, facts) for member in of)
        case AnyOf(of):
            found = any(holds(member, facts) for member in of)
        case Not(of):
            found = not holds(of, facts)
    return found


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
        case AtLeast(fact, minimum, among):
            observed_number = _number(facts, predicate.key)
            figures = {
                "fact": fact,
                "required": minimum,
                "observed": observed_number,
                "missing": minimum - observed_number,
            }
            if among is not None:
                figures["among"] = _told(among)
            yield Reason("predicate.at_least", figures)
        case During(window):
            at = facts.get("at")
            observed_at = at.isoformat() if isinstance(at, datetime) else None
            yield Reason("predicate.during", {"required": str(window), "observed": observed_at})
        case AllOf(of) | AnyOf(of):
            for member in of:
                yield from _failures(member, facts)
        case Not(of):
            yield _excluded(of, facts)
        case Opaque(name):
            yield Reason("predicate.opaque", {"name": name})


def _excluded(predicate: Predicate, facts: Facts) -> Reason:
    """Say what holds that must not."""
    match predicate:
        case OneOf(fact, values):
            found = sorted(values & _texts(facts, fact))
            return Reason("predicate.none_of", {"fact": fact, "excluded": found})
        case AtLeast(fact, minimum):
            observed = _number(facts, predicate.key)
            return Reason(
                "predicate.less_than", {"fact": fact, "limit": minimum, "observed": observed}
            )
        case _:
            return Reason("predicate.not", {"excluded": _told(predicate)})


def _texts(facts: Facts, name: str) -> frozenset[str]:
    value = facts.get(name, _NO_TEXTS)
    if not isinstance(value, frozenset):
        raise InvalidValue(f"facts.{name}", f"must be a set of texts, not {value!r}")
    return value


def _number(facts: Facts, key: FactKey) -> int:
    value = facts.get(key, 0)
    if not isinstance(value, int):
        name = key if isinstance(key, str) else key[0]
        raise InvalidValue(f"facts.{name}", f"must be a whole number, not {value!r}")
    return value


def _answer(facts: Facts, opaque: Opaque) -> bool:
    function = facts.get(opaque)
    if not callable(function):
        raise InvalidValue(f"facts.{opaque.name}", "needs the function that answers it")
    return function()


def _is_during(window: Window, facts: Facts) -> bool:
    at = facts.get("at")
    if not isinstance(at, datetime):
        raise InvalidValue("facts.at", "the instant of the decision is needed")
    return window.contains(at)


def _told(predicate: Predicate) -> str:
    """Return a predicate as text that is the same in every process."""
    match predicate:
        case OneOf(fact, values):
            text = f"{fact} in {', '.join(sorted(values))}"
        case AtLeast(fact, minimum):
            text = f"{fact} >= {minimum}"
        case During(window):
            text = f"during {window}"
        case Opaque(name):
            text = name
        case Not(of):
            text = f"not ({_told(of)})"
        case AllOf(of):
            text = " and ".join(f"({_told(member)})" for member in of)
        case AnyOf(of):
            text = " or ".join(f"({_told(member)})" for member in of)
    return text
