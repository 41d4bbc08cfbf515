"""The algebra of predicates: simplified, substituted, and as a choice of conjunctions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from omnicommerce.kernel.predicates import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    AtLeast,
    During,
    FactKey,
    Not,
    OneOf,
    Opaque,
    Predicate,
)
from omnicommerce.kernel.window import Window

__all__ = [
    "SINGLE_FACTS",
    "Atom",
    "Conjunction",
    "atoms",
    "conjoined",
    "conjunctions",
    "ended",
    "key",
    "simplify",
    "substitute",
]

Atom: TypeAlias = OneOf | AtLeast | During | Opaque
_Key: TypeAlias = tuple[object, ...]
_Literal: TypeAlias = tuple[Atom, bool]

SINGLE_FACTS: Final = frozenset(
    {"channel", "location", "zone", "country", "region", "currency", "role", "payment"}
)
"""Facts of a situation that have one value at most; others can have several."""


def atoms(predicate: Predicate, path: str = "$") -> Iterator[tuple[str, Atom]]:
    """Walk the atoms of a predicate with their paths.

    Example:
        >>> [path for path, _ in atoms(Not(AllOf([OneOf("channel", {"web"})])), "$.when")]
        ['$.when.of.of[0]']
    """
    match predicate:
        case AllOf(of) | AnyOf(of):
            for number, member in enumerate(of):
                yield from atoms(member, f"{path}.of[{number}]")
        case Not(of):
            yield from atoms(of, f"{path}.of")
        case _:
            yield path, predicate


def key(predicate: Predicate) -> _Key:
    """Return what two predicates share exactly when they are written the same."""
    match predicate:
        case OneOf(fact, values):
            return ("one_of", fact, *sorted(values))
        case AtLeast(fact, minimum, among):
            return ("at_least", fact, minimum, "" if among is None else str(key(simplify(among))))
        case During(window):
            return ("during", repr(window))
        case Opaque(name):
            return ("opaque", name)
        case Not(of):
            return ("not", str(key(of)))
        case AllOf(of) | AnyOf(of):
            return (type(predicate).__name__, *(str(key(member)) for member in of))


def simplify(predicate: Predicate) -> Predicate:
    """Return an equal predicate: constants folded, nesting flattened, members sorted, once each.

    Example:
        >>> simplify(AnyOf([NEVER, AllOf([ALWAYS, Not(Not(OneOf("code", {"A"})))])]))
        OneOf(fact='code', values=frozenset({'A'}))
    """
    match predicate:
        case Not(of):
            inner = simplify(of)
            return inner.of if isinstance(inner, Not) else Not(inner)
        case AllOf(of):
            return _joined(AllOf, of, neutral=ALWAYS, absorbing=NEVER)
        case AnyOf(of):
            return _joined(AnyOf, of, neutral=NEVER, absorbing=ALWAYS)
        case _:
            return predicate


def _joined(
    kind: type[AllOf | AnyOf],
    of: Iterable[Predicate],
    *,
    neutral: Predicate,
    absorbing: Predicate,
) -> Predicate:
    found: dict[str, Predicate] = {}
    for member in of:
        simple = simplify(member)
        if simple == absorbing:
            return absorbing
        inner = simple.of if isinstance(simple, kind) else (simple,)
        found.update((str(key(part)), part) for part in inner if part != neutral)
    if any(str(key(simplify(Not(part)))) in found for part in found.values()):
        return absorbing
    members = tuple(found[name] for name in sorted(found))
    if len(members) == 1:
        return members[0]
    return kind(members) if members else neutral


def substitute(predicate: Predicate, replace: Callable[[Atom], Predicate]) -> Predicate:
    """Return the predicate with each atom replaced, simplified."""

    def walk(inner: Predicate) -> Predicate:
        match inner:
            case AllOf(of):
                return AllOf(tuple(map(walk, of)))
            case AnyOf(of):
                return AnyOf(tuple(map(walk, of)))
            case Not(of):
                return Not(walk(of))
            case _:
                return replace(inner)

    return simplify(walk(predicate))


class Conjunction(NamedTuple):
    """What must hold together: one way in which a predicate can hold.

    ``needed``: for each fact, sets of texts of which it must share one each.
    ``barred``: texts that it must not have. ``least`` and ``below``: numbers that
    must be reached, and not be reached. ``inside`` and ``outside``: windows.
    ``opaque``: what code must answer.
    """

    needed: Mapping[str, tuple[frozenset[str], ...]]
    barred: Mapping[str, frozenset[str]]
    least: Mapping[FactKey, int]
    below: Mapping[FactKey, int]
    inside: tuple[Window, ...]
    outside: tuple[Window, ...]
    opaque: tuple[tuple[str, bool], ...]

    def choices(self, fact: str) -> tuple[str, ...]:
        """Return the texts by any one of which the demands on a single-valued fact are met."""
        sets = self.needed.get(fact)
        if not sets:
            return ()
        return tuple(sorted(frozenset.intersection(*sets) - self.barred.get(fact, frozenset())))

    @property
    def contradiction(self) -> str | None:
        """The fact about which it contradicts itself, if it does."""
        for fact, sets in self.needed.items():
            barred = self.barred.get(fact, frozenset())
            if any(not values - barred for values in sets):
                return fact
            if fact in SINGLE_FACTS and not self.choices(fact):
                return fact
        for number, limit in self.below.items():
            if self.least.get(number, 0) >= limit:
                return number if isinstance(number, str) else number[0]
        return None if _meet(self.inside) and not _swallowed(self) else "at"


def _meet(windows: Iterable[Window]) -> bool:
    """Tell whether the bounds of the windows leave an instant inside all of them."""
    starts = [window.starts_at for window in windows if window.starts_at is not None]
    ends = [window.ends_at for window in windows if window.ends_at is not None]
    return not starts or not ends or max(starts) < min(ends)


def _swallowed(conjunction: Conjunction) -> bool:
    return any(window in conjunction.outside for window in conjunction.inside)


def conjunctions(predicate: Predicate, *, most: int = 64) -> tuple[Conjunction, ...]:
    """Return the ways in which a predicate can hold, without those that contradict themselves.

    Args:
        predicate: What is to hold.
        most: How many are worked out at most; the number can be exponential.

    Example:
        >>> ways = conjunctions(AnyOf([OneOf("code", {"A"}), AtLeast("spend.base", 500)]))
        >>> [dict(way.least) for way in ways]
        [{'spend.base': 500}, {}]
    """
    found = map(conjoined, islice(_products(simplify(predicate), positive=True), most))
    return tuple(item for item in found if item.contradiction is None)


def conjoined(literals: Iterable[_Literal]) -> Conjunction:
    """Return the conjunction of some atoms, each to hold or not to hold."""
    needed: dict[str, tuple[frozenset[str], ...]] = {}
    barred: dict[str, frozenset[str]] = {}
    least: dict[FactKey, int] = {}
    below: dict[FactKey, int] = {}
    windows: dict[bool, tuple[Window, ...]] = {True: (), False: ()}
    opaque: list[tuple[str, bool]] = []
    for atom, positive in literals:
        match atom:
            case OneOf(fact, values) if positive:
                needed[fact] = (*needed.get(fact, ()), values)
            case OneOf(fact, values):
                barred[fact] = barred.get(fact, frozenset()) | values
            case AtLeast() if positive:
                least[atom.key] = max(least.get(atom.key, 0), atom.minimum)
            case AtLeast():
                below[atom.key] = min(below.get(atom.key, atom.minimum), atom.minimum)
            case During(window):
                windows[positive] = (*windows[positive], window)
            case Opaque(name):
                opaque.append((name, positive))
    return Conjunction(needed, barred, least, below, windows[True], windows[False], tuple(opaque))


def _products(predicate: Predicate, *, positive: bool) -> Iterator[tuple[_Literal, ...]]:
    """Yield the conjunctions of literals of the disjunctive normal form, lazily."""
    match predicate:
        case Not(of):
            yield from _products(of, positive=not positive)
        case AllOf(of) if positive:
            yield from _crossed(of, positive=True)
        case AnyOf(of) if not positive:
            yield from _crossed(of, positive=False)
        case AllOf(of) | AnyOf(of):
            for member in of:
                yield from _products(member, positive=positive)
        case _:
            yield ((predicate, positive),)


def _crossed(of: tuple[Predicate, ...], *, positive: bool) -> Iterator[tuple[_Literal, ...]]:
    if not of:
        yield ()
        return
    first, *others = of
    for left in _products(first, positive=positive):
        for right in _crossed(tuple(others), positive=positive):
            yield left + right


def ended(window: Window, at: datetime) -> bool:
    """Tell whether nothing of the window is left."""
    return window.ends_at is not None and window.ends_at <= at
