"""The conditions of a case's promotions, as predicates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Final

from omnicommerce.kernel.predicates import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    AtLeast,
    Not,
    OneOf,
    Predicate,
    holds,
)
from tests.peer_cases.amounts import count
from tests.peer_cases.facts import all_of, line_facts, matching, one_of, product_of
from tests.peer_cases.reading import Case, Part, Unsupported

__all__ = ["condition_of", "in_currency"]

_KNOWN: Final = OneOf("role", {"customer", "staff"})
_BASES: Final = {None: "base", "undiscounted": "base", "discounted": "left"}


def condition_of(condition: Part, case: Case) -> Predicate:
    """Return what must hold.

    Raises:
        Unsupported: The format has no such condition.
    """
    kind = condition["type"]
    if kind not in _CONDITIONS:
        raise Unsupported(f"condition {kind!r} is not in the format")
    return _CONDITIONS[kind](condition, case)


def _min_subtotal(condition: Part, case: Case) -> Predicate:
    among = matching(condition.get("filter"))
    scope = "spend" if among == ALWAYS else "items"
    return _compared(condition, case, scope, None if among == ALWAYS else among)


def _min_total(condition: Part, case: Case) -> Predicate:
    if matching(condition.get("filter")) != ALWAYS:
        raise Unsupported("min_total with a filter: shipping matches no filter of lines")
    return _compared(condition, case, "total", None)


def _compared(condition: Part, case: Case, scope: str, among: Predicate | None) -> Predicate:
    basis = condition.get("basis")
    if basis not in _BASES:
        raise Unsupported(f"basis {basis!r} is not in the format")
    fact = f"{scope}.{_BASES[basis]}{_tax_side(condition.get('with_tax'), case)}"
    reached = AtLeast(fact, case.scale.at_least(condition["amount"]), among)
    exceeded = AtLeast(fact, case.scale.above(condition["amount"]), among)
    operators: dict[str, Predicate] = {
        "gte": reached,
        "gt": exceeded,
        "lte": Not(exceeded),
        "lt": Not(reached),
        "eq": all_of([reached, Not(exceeded)]),
    }
    operator = condition.get("operator") or "gte"
    if operator not in operators:
        raise Unsupported(f"operator {operator!r} is not in the format")
    return all_of([operators[operator], in_currency(condition)])


def _tax_side(with_tax: bool | None, case: Case) -> str:  # noqa: FBT001 - as the format has it
    """Return what is put behind a fact where not the entered amount is asked for."""
    entered = {"exclusive": False, "inclusive": True}.get(case.mode)
    if with_tax is None or case.mode == "none" or with_tax is entered:
        return ""
    return ".gross" if with_tax else ".net"


def in_currency(part: Part) -> Predicate:
    """Return what keeps a condition or reward to its currency."""
    currency = part.get("currency")
    return ALWAYS if currency is None else OneOf("currency", {currency})


def _min_quantity(condition: Part, _: Case) -> Predicate:
    return _counted("units", condition["quantity"], condition)


def _min_line_quantity(condition: Part, _: Case) -> Predicate:
    return _counted("most", condition["quantity"], condition)


def _counted(measure: str, least: str | int, condition: Part) -> Predicate:
    among = matching(condition.get("filter"))
    return AtLeast(f"items.{measure}", count(least), None if among == ALWAYS else among)


def _distinct_products(condition: Part, case: Case) -> Predicate:
    """Count products; every line is an SKU of its own, so lines of one product are put together."""
    least = count(condition["count"])
    among = matching(condition.get("filter"))
    lines = [line for line in case.bought if holds(among, line_facts(line, case))]
    products = sorted(set(map(product_of, lines)))
    if len(products) == len(lines):
        return _counted("products", least, condition)
    chosen = [
        all_of(_some(all_of([among, one_of("product", [name])])) for name in names)
        for names in combinations(products, least)
    ]
    return AnyOf(chosen) if chosen else NEVER


def _some(among: Predicate) -> Predicate:
    return AtLeast("items.units", 1, among)


def _contains(condition: Part, _: Case) -> Predicate:
    return _matched("product", condition["products"], condition)


def _category(condition: Part, _: Case) -> Predicate:
    return _matched("category", condition["categories"], condition)


def _matched(fact: str, values: Iterable[str], condition: Part) -> Predicate:
    """Return whether any, all or none of the values are in the cart, or nothing else is."""
    wanted = sorted(set(values))
    if not wanted:
        return ALWAYS
    any_of_them = one_of(fact, wanted)
    matches: dict[str, Predicate] = {
        "any": _some(any_of_them),
        "all": all_of(_some(one_of(fact, [value])) for value in wanted),
        "none": Not(_some(any_of_them)),
        "only": Not(_some(Not(any_of_them))),
    }
    match = condition.get("match") or "any"
    if match not in matches:
        raise Unsupported(f"match {match!r} is not in the format")
    return matches[match]


def _customer_group(condition: Part, _: Case) -> Predicate:
    groups = sorted(set(condition["groups"]))
    match = condition.get("match") or "any"
    if match == "any":
        return one_of("customer_class", groups)
    if match == "all":
        return AllOf([one_of("customer_class", [group]) for group in groups])
    raise Unsupported(f"match {match!r} is not in the format")


def _logged_in(_: Part, __: Case) -> Predicate:
    return _KNOWN


def _staff(_: Part, __: Case) -> Predicate:
    return OneOf("role", {"staff"})


def _first_order(_: Part, __: Case) -> Predicate:
    return OneOf("attribute.first_order", {"yes"})


def _nth_order(condition: Part, _: Case) -> Predicate:
    before = count(condition["n"]) - 1
    return AllOf(
        [
            _KNOWN,
            AtLeast("history.orders", before),
            Not(AtLeast("history.orders", before + 1)),
        ]
    )


def _days_since_last_order(condition: Part, _: Case) -> Predicate:
    days = count(condition["min_days"])
    return AllOf(
        [
            _KNOWN,
            AtLeast("history.orders", 1),
            AtLeast("history.days_since_last_order", days),
        ]
    )


def _shipping_method(condition: Part, _: Case) -> Predicate:
    return one_of("delivery", condition["methods"])


def _country(condition: Part, _: Case) -> Predicate:
    return one_of("country", condition["countries"])


_CONDITIONS: Final[dict[str, Callable[[Part, Case], Predicate]]] = {
    "min_subtotal": _min_subtotal,
    "min_total": _min_total,
    "min_quantity": _min_quantity,
    "min_line_quantity": _min_line_quantity,
    "distinct_products": _distinct_products,
    "contains": _contains,
    "category": _category,
    "customer_group": _customer_group,
    "logged_in": _logged_in,
    "staff": _staff,
    "first_order": _first_order,
    "nth_order": _nth_order,
    "days_since_last_order": _days_since_last_order,
    "shipping_method": _shipping_method,
    "country": _country,
}
