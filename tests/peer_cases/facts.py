"""What promotions can ask of the lines and deliveries of a case, and how filters ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from omnicommerce.kernel.predicates import ALWAYS, NEVER, AllOf, Not, OneOf, Predicate
from tests.peer_cases.reading import Case, Part, Unsupported

__all__ = ["FIXED", "all_of", "line_facts", "matching", "one_of", "product_of"]

FIXED = OneOf("discountable", {"no"})
"""What lines are that no promotion may reduce."""

_NAMES = {"products": "product", "skus": "article", "categories": "category", "methods": "method"}


def line_facts(line: Part, case: Case) -> dict[str, frozenset[str]]:
    """Return what promotions can ask of a line: its categories and all that are above them."""
    facts = {
        "product": frozenset({product_of(line)}),
        "article": frozenset({str(line.get("sku") or line["id"])}),
        "category": frozenset(_with_ancestors(line.get("categories") or (), case)),
    }
    if line.get("discountable") is False:
        facts[FIXED.fact] = FIXED.values
    for name, value in (line.get("attributes") or {}).items():
        facts[f"attribute.{name}"] = frozenset(_texts(value))
    return facts


def product_of(line: Part) -> str:
    """Return the product of a line, which may be sold in several articles."""
    return str(line.get("product") or line.get("sku") or line["id"])


def _with_ancestors(categories: Iterable[str], case: Case) -> set[str]:
    tree: Mapping[str, str | list[str]] = case.data.get("category_tree") or {}
    found: set[str] = set()
    waiting = list(categories)
    while waiting:
        category = waiting.pop()
        if category not in found:
            found.add(category)
            waiting += _texts(tree.get(category, ()))
    return found


def matching(filters: Part | None) -> Predicate:
    """Return the predicate of a filter: every key must match, in it any value does."""
    members = [
        member
        for key, value in (filters or {}).items()
        if value is not None
        for member in _asked(key, value)
    ]
    return all_of(members)


def _asked(key: str, value: object) -> list[Predicate]:
    asks: dict[str, Callable[[object], list[Predicate]]] = {
        "attributes": _attributes,
        "exclude": _excluded,
    }
    if key in asks:
        return asks[key](value)
    if key not in _NAMES:
        raise Unsupported(f"filter {key!r} is not in the format")
    return [one_of(_NAMES[key], _texts(value))]


def _attributes(value: object) -> list[Predicate]:
    if not isinstance(value, dict):
        raise Unsupported("filter 'attributes' must be an object")
    return [one_of(f"attribute.{name}", _texts(wanted)) for name, wanted in value.items()]


def _excluded(value: object) -> list[Predicate]:
    if not isinstance(value, dict):
        raise Unsupported("filter 'exclude' must be an object")
    return [Not(matching(value))] if value else []


def one_of(fact: str, values: Iterable[object]) -> Predicate:
    """Return the predicate that asks for any of these values; of none it can have none."""
    texts = frozenset(map(str, values))
    return OneOf(fact, texts) if texts else NEVER


def all_of(members: Iterable[Predicate]) -> Predicate:
    """Return the predicate that asks for all of these."""
    of = tuple(member for member in members if member != ALWAYS)
    return of[0] if len(of) == 1 else AllOf(of)


def _texts(value: object) -> list[str]:
    if isinstance(value, (list, tuple)):
        return list(map(str, value))
    return [str(value)]
