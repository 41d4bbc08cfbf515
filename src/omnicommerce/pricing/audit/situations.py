"""Situations in which a condition can hold: places, customers, histories and instants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

import attrs

from omnicommerce.kernel.predicates import During, Predicate
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.audit.logic import SINGLE_FACTS, Conjunction, atoms
from omnicommerce.pricing.basket import OrderHistory, Role, Situation
from omnicommerce.pricing.model import PricingConfiguration

__all__ = ["TICK", "boundaries", "grounds", "instant_in", "situated", "windows_of"]

TICK: Final = timedelta(microseconds=1)
_HORIZON: Final = timedelta(days=9)
_DAY: Final = timedelta(days=1)
_MOST_GROUNDS: Final = 24
_MOST_BOUNDARIES: Final = 40
_CUSTOMER: Final = "customer"
_RECENT: Final = "history.orders_in_"


def windows_of(predicate: Predicate) -> Iterator[Window]:
    """Yield the windows that a predicate asks about."""
    for _, atom in atoms(predicate):
        if isinstance(atom, During):
            yield atom.window


def boundaries(windows: Iterable[Window], at: datetime) -> tuple[datetime, ...]:
    """Return the instants from ``at`` on at which a window opens or closes, with the tick before.

    Weekly windows are followed for nine days, from ``at`` and from their start.
    """
    found = {at}
    for window in windows:
        for start in {at, window.starts_at or at}:
            begin = max(start, at) - TICK
            edges = window.boundaries(begin, begin + _HORIZON)
            found.update(islice(edges, _MOST_BOUNDARIES))
        found.update(edge for edge in (window.starts_at, window.ends_at) if edge is not None)
    ticks = {edge - TICK for edge in found}
    return tuple(sorted(edge for edge in found | ticks if edge >= at))


def instant_in(
    inside: Iterable[Window], outside: Iterable[Window], at: datetime
) -> datetime | None:
    """Return the first instant found from ``at`` on that lies inside and outside of these windows.

    None: there is none among their boundaries.
    """
    wanted, barred = tuple(inside), tuple(outside)
    for instant in boundaries((*wanted, *barred), at):
        if all(window.contains(instant) for window in wanted) and not any(
            window.contains(instant) for window in barred
        ):
            return instant
    return None


def grounds(
    configuration: PricingConfiguration, at: datetime, known: Iterable[Situation] = ()
) -> tuple[Situation, ...]:
    """Return the places and customers for whom prices are written, each a situation to start from.

    Args:
        configuration: Whose rows they are.
        at: The instant of each.
        known: Further situations, such as the shop's locations with their zones.
    """
    plain = Situation(channel="-", at=at)
    found: dict[Any, Situation] = {}
    for situation in (plain, *known):
        found[_place(situation)] = attrs.evolve(situation, channel="-", at=at)
    scopes = ("location", "zone", "country", "customer_class", "customer")
    seen = {tuple(getattr(row, scope) for scope in scopes) for row in configuration.rows}
    for values in sorted(seen, key=lambda one: tuple(value or "" for value in one)):
        ground = _ground(plain, dict(zip(scopes, values, strict=True)))
        found.setdefault(_place(ground), ground)
    return tuple(islice(found.values(), _MOST_GROUNDS))


def _place(situation: Situation) -> tuple[Any, ...]:
    return (
        situation.location,
        situation.zone,
        situation.country,
        situation.currency,
        situation.customer_classes,
        situation.customer_id,
    )


def _ground(plain: Situation, row: Mapping[str, str | None]) -> Situation:
    customer_class = row["customer_class"]
    return attrs.evolve(
        plain,
        location=row["location"],
        zone=row["zone"],
        country=row["country"],
        customer_classes=frozenset() if customer_class is None else {customer_class},
        customer_id=row["customer"],
    )


def situated(way: Conjunction, ground: Situation) -> Situation | None:
    """Return a situation in which a conjunction holds, as near to the ground as can be.

    Numbers of the basket are left to the basket. None: no instant was found.
    """
    at = instant_in(way.inside, way.outside, ground.at)
    if at is None:
        return None
    changes: dict[str, Any] = {"at": at}
    for fact in sorted(SINGLE_FACTS - {"channel", "role"}):
        value = getattr(ground, fact)
        choices = way.choices(fact)
        if choices and value not in choices:
            changes[fact] = choices[0]
        elif value in way.barred.get(fact, ()):
            changes[fact] = None
    changes["customer_classes"] = _texts(way, "customer_class", ground.customer_classes)
    changes["codes"] = _texts(way, "code", ground.codes)
    changes["attributes"] = dict(_attributes(way, ground))
    changes |= _customer(way, ground, at)
    return attrs.evolve(ground, **changes)


def _texts(way: Conjunction, fact: str, given: frozenset[str]) -> frozenset[str]:
    barred = way.barred.get(fact, frozenset())
    chosen = {
        min(values - barred)
        for values in way.needed.get(fact, ())
        if values.isdisjoint(given - barred)
    }
    return (given - barred) | chosen


def _attributes(way: Conjunction, ground: Situation) -> Iterator[tuple[str, frozenset[str]]]:
    asked = {fact for fact in (*way.needed, *way.barred) if fact.startswith("attribute.")}
    names = {fact.removeprefix("attribute.") for fact in asked} | set(ground.attributes)
    for name in sorted(names):
        values = _texts(way, f"attribute.{name}", ground.attributes.get(name, frozenset()))
        if values:
            yield name, values


def _customer(way: Conjunction, ground: Situation, at: datetime) -> dict[str, Any]:
    """Return who buys: signed in where a role, an identity or a history needs it."""
    customer = ground.customer_id
    wanted = _texts(way, "customer", frozenset())
    if wanted:
        customer = min(wanted)
    elif customer in way.barred.get("customer", ()):
        customer = None
    company = min(_texts(way, "company", frozenset()), default=ground.company_id)
    roles = way.choices("role")
    if Role.CUSTOMER in roles or any(str(fact).startswith("history") for fact in way.least):
        customer = customer or _CUSTOMER
    barred = way.barred.get("role", frozenset())
    role = ground.role
    if roles and Role.CUSTOMER not in roles:
        role = Role(roles[0])
    elif role in barred:
        role = None
    if customer is None and Role.ANONYMOUS in barred and role is None:
        customer = _CUSTOMER
    changes = {"customer_id": customer, "company_id": company, "role": role}
    history = _history(way, at)
    return changes if history is None else {**changes, "history": history}


def _history(way: Conjunction, at: datetime) -> OrderHistory | None:
    numbers = {str(fact): limit for fact, limit in way.least.items() if _is_history(fact)}
    if not numbers and not any(map(_is_history, way.below)):
        return None
    recent = [limit for fact, limit in numbers.items() if fact.startswith(_RECENT)]
    ago = numbers.get("history.days_since_last_order", 0)
    orders = max([numbers.get("history.orders", 0), min(ago, 1), *recent])
    last = at - ago * _DAY
    placed = [last - (number + 1) * timedelta(minutes=1) for number in range(orders)]
    return OrderHistory(
        placed_at=placed,
        cancelled=numbers.get("history.cancelled", 0),
    )


def _is_history(fact: Any) -> bool:
    return isinstance(fact, str) and fact.startswith("history")
