"""What conditions can ask for: the names of facts, and where their values come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import (
    AllOf,
    AnyOf,
    AtLeast,
    During,
    Fact,
    FactKey,
    Facts,
    Not,
    OneOf,
    Opaque,
    Predicate,
)
from omnicommerce.pricing.basket import Basket, OrderHistory, Situation

__all__ = [
    "PLACE_FACTS",
    "atoms_of",
    "facts_of",
    "is_history",
    "is_money",
    "is_number",
    "is_text",
    "members",
    "necessary",
    "numbers_of",
    "situation_facts",
    "with_numbers",
]

PLACE_FACTS: Final = frozenset(
    {"channel", "location", "zone", "country", "currency", "role", "customer_class"}
)
"""Facts that are the same for every basket in one place: answers about them are kept."""

_TEXTS: Final = PLACE_FACTS | {"customer", "company", "code", "payment", "delivery"}
_AMOUNTS: Final = frozenset({"base", "left"})
_COUNTS: Final = frozenset({"units", "products", "most"})
_SCOPES: Final = frozenset({"spend", "delivery", "total", "matching", "items"})
_COUNTED: Final = frozenset({"matching", "items"})
_HISTORY: Final = frozenset(
    {"history.orders", "history.cancelled", "history.days_since_last_order"}
)
_RECENT: Final = re.compile(r"history\.orders_in_([1-9][0-9]{0,4})_days")
_DAY: Final = timedelta(days=1)


def is_text(fact: str) -> bool:
    """Tell whether conditions may ask for this fact as a text."""
    return fact in _TEXTS or (fact.startswith("attribute.") and len(fact) > len("attribute."))


def is_number(fact: str) -> bool:
    """Tell whether conditions may ask for this fact as a number."""
    if is_history(fact):
        return True
    scope, _, measure = fact.partition(".")
    measure, _, tax = measure.partition(".")
    if measure in _AMOUNTS:
        return scope in _SCOPES and tax in {"", "gross", "net"}
    return scope in _COUNTED and measure in _COUNTS and not tax


def is_money(fact: str) -> bool:
    """Tell whether the fact is a number of minor units."""
    return is_number(fact) and not is_history(fact) and fact.split(".")[1] in _AMOUNTS


def is_history(fact: str) -> bool:
    """Tell whether the fact is about earlier orders of the customer."""
    return fact in _HISTORY or _RECENT.fullmatch(fact) is not None


def members(predicate: Predicate) -> Iterator[Predicate]:
    """Walk what must hold together: the members of nested `AllOf`, or the predicate itself."""
    if isinstance(predicate, AllOf):
        for member in predicate.of:
            yield from members(member)
    else:
        yield predicate


def atoms_of(predicate: Predicate) -> Iterator[OneOf | AtLeast | During | Opaque]:
    """Walk the atoms of a predicate; what `AtLeast.among` asks of items is not gone into."""
    match predicate:
        case AllOf(of) | AnyOf(of):
            for member in of:
                yield from atoms_of(member)
        case Not(of):
            yield from atoms_of(of)
        case _:
            yield predicate


def facts_of(predicate: Predicate) -> frozenset[str]:
    """Return the names of the facts asked for; ``at`` is the instant, opaque ones have a ``?``."""
    return frozenset(map(_name, atoms_of(predicate)))


def _name(atom: OneOf | AtLeast | During | Opaque) -> str:
    match atom:
        case OneOf(fact) | AtLeast(fact):
            return fact
        case During():
            return "at"
        case Opaque(name):
            return f"?{name}"


def numbers_of(predicate: Predicate) -> frozenset[FactKey]:
    """Return the numbers of the basket that the predicate asks for."""
    return frozenset(
        atom.key
        for atom in atoms_of(predicate)
        if isinstance(atom, AtLeast) and not is_history(atom.fact)
    )


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


def situation_facts(
    asked: Iterable[str],
    opaque: Mapping[str, Callable[[Basket, Situation], bool]],
    basket: Basket,
    situation: Situation,
    codes: frozenset[str],
) -> dict[Any, Fact]:
    """Return the facts of a basket and its situation that do not belong to the place.

    Args:
        asked: The facts that somebody asks for.
        opaque: Functions of the shop's own, by name.
        basket: What is priced.
        situation: Where, when and for whom.
        codes: What the entered codes unlock.
    """
    facts: dict[Any, Fact] = {
        "customer": _text(situation.customer_id),
        "company": _text(situation.company_id),
        "code": codes,
        "at": situation.at,
        "payment": _text(situation.payment),
        "delivery": frozenset(line.method for line in basket.delivery),
    }
    for fact in asked:
        if fact.startswith("attribute."):
            name = fact.removeprefix("attribute.")
            facts[fact] = situation.attributes.get(name, frozenset())
        elif is_history(fact):
            facts[fact] = _history(fact, situation)
        elif fact.startswith("?"):
            name = fact[1:]
            facts[Opaque(name)] = _bound(opaque, name, basket, situation)
    return facts


def _text(value: str | None) -> frozenset[str]:
    return frozenset() if value is None else frozenset({value})


def _history(fact: str, situation: Situation) -> int:
    history = situation.history or OrderHistory()
    before = [instant for instant in history.placed_at if instant <= situation.at]
    if fact == "history.orders":
        return len(before)
    if fact == "history.cancelled":
        return history.cancelled
    if fact == "history.days_since_last_order":
        return (situation.at - max(before)) // _DAY if before else 0
    found = _RECENT.fullmatch(fact)
    days = int(found[1]) if found else 0
    return sum(instant > situation.at - days * _DAY for instant in before)


def _bound(
    opaque: Mapping[str, Callable[[Basket, Situation], bool]],
    name: str,
    basket: Basket,
    situation: Situation,
) -> Callable[[], bool]:
    function = opaque.get(name)
    if function is None:
        raise InvalidValue("conditions", f"nobody gave the function {name!r}")
    return lambda: function(basket, situation)


def with_numbers(
    predicate: Predicate, facts: Facts, number: Callable[[FactKey, list[int]], int], at: list[int]
) -> Facts:
    """Return the facts and those numbers of the basket that the predicate asks for."""
    wanted = numbers_of(predicate)
    return {**facts, **{key: number(key, at) for key in wanted}} if wanted else facts
