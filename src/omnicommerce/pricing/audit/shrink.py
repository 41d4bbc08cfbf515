"""Smaller cases that still show the same: fewer units, fewer lines, fewer facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs

from omnicommerce.pricing.audit.bench import Case
from omnicommerce.pricing.basket import BasketLine

__all__ = ["shrunk", "simpler"]

T = TypeVar("T")

_FIELDS: Final[tuple[str, ...]] = (
    "history",
    "customer_id",
    "company_id",
    "role",
    "payment",
    "location",
    "zone",
    "region",
    "country",
    "currency",
)
_SETS: Final = ("codes", "customer_classes", "unavailable")


def shrunk(case: Case, shows: Callable[[Case], T | None], found: T, at: datetime) -> tuple[Case, T]:
    """Return the smallest case reached by small steps that still shows it, and what it shows.

    Args:
        case: Where to start.
        shows: What a case shows; None: not the same thing.
        found: What ``case`` shows.
        at: The instant to prefer.
    """
    while True:
        for candidate in simpler(case, at):
            again = shows(candidate)
            if again is not None:
                case, found = candidate, again
                break
        else:
            return case, found


def simpler(case: Case, at: datetime) -> Iterator[Case]:
    """Yield cases with a little less, those with much less first.

    Example:
        >>> from datetime import UTC, datetime
        >>> from omnicommerce.pricing.audit.bench import Case
        >>> from omnicommerce.pricing.basket import Basket, BasketLine, Situation
        >>> at = datetime(2026, 11, 21, tzinfo=UTC)
        >>> three = Case(Basket([BasketLine("1", "TEA", 3)]), Situation(channel="web", at=at))
        >>> [one.units for one in simpler(three, at)]
        [1, 2]
    """
    yield from _with_fewer_units(case)
    basket, situation = case.basket, case.situation
    if basket.delivery:
        yield Case(attrs.evolve(basket, delivery=()), situation)
    if basket.coupons:
        yield Case(attrs.evolve(basket, coupons=()), situation)
    for name in _FIELDS:
        if getattr(situation, name) is not None:
            yield case.changed(**{name: None})
    for name in _SETS:
        values = getattr(situation, name)
        for value in sorted(values):
            yield case.changed(**{name: values - {value}})
    for name in sorted(situation.attributes):
        rest = {key: value for key, value in situation.attributes.items() if key != name}
        yield case.changed(attributes=rest)
    if situation.at != at:
        yield case.changed(at=at)


def _with_fewer_units(case: Case) -> Iterator[Case]:
    lines = case.basket.lines
    named: set[Any] = {coupon.line_id for coupon in case.basket.coupons}
    for number, line in enumerate(lines):
        rest = [*lines[:number], *lines[number + 1 :]]
        if rest and line.line_id not in named:
            yield _with_lines(case, rest)
        for quantity in _smaller(line.quantity):
            less = attrs.evolve(line, quantity=quantity)
            yield _with_lines(case, [*lines[:number], less, *lines[number + 1 :]])


def _smaller(quantity: int) -> Iterator[int]:
    """Yield smaller quantities: one, a half, a tenth less, one less."""
    found = {1, quantity // 2, quantity - quantity // 10, quantity - 1}
    yield from sorted(number for number in found if 0 < number < quantity)


def _with_lines(case: Case, lines: list[BasketLine]) -> Case:
    return Case(attrs.evolve(case.basket, lines=lines), case.situation)
