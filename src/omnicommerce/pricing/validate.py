"""What a configuration as a whole must get right; each error names its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.predicates import AllOf, AnyOf, AtLeast, During, Not, OneOf, Predicate
from omnicommerce.pricing.effects import OfferList
from omnicommerce.pricing.model import ListRole, PriceRow, PricingConfiguration, Promotion
from omnicommerce.pricing.rules import NUMBERS, PLACE_FACTS, TEXTS, facts_of

__all__ = ["check"]


def check(configuration: PricingConfiguration) -> None:
    """Check what refers to something else, and that identities are unique.

    Raises:
        InvalidConfiguration: With the path of the first thing that is wrong.
    """
    products = _unique("products", "sku", [item.sku for item in configuration.products])
    _unique("lists", "list_id", [item.list_id for item in configuration.lists])
    windows = _unique("windows", "window_id", [item.window_id for item in configuration.windows])
    _unique("promotions", "promotion_id", [item.promotion_id for item in configuration.promotions])
    for number, item in enumerate(configuration.lists):
        unknown = facts_of(item.when) - PLACE_FACTS
        if unknown:
            problem = f"a list can only depend on {_some(PLACE_FACTS)}, not on {_some(unknown)}"
            raise InvalidConfiguration(f"$.lists[{number}].when", problem)
    roles = {item.list_id: item.role for item in configuration.lists}
    for number, row in enumerate(configuration.rows):
        if (
            row.price_list not in roles
            or row.sku not in products
            or (row.window is not None and row.window not in windows)
        ):
            _refuse_row(f"$.rows[{number}]", row, roles, products)
    for number, promotion in enumerate(configuration.promotions):
        _check_promotion(f"$.promotions[{number}]", promotion, roles)


def _unique(collection: str, field: str, identities: list[str]) -> frozenset[str]:
    found = frozenset(identities)
    if len(found) < len(identities):
        seen: set[str] = set()
        for number, identity in enumerate(identities):
            if identity in seen:
                path = f"$.{collection}[{number}].{field}"
                raise InvalidConfiguration(path, f"{identity!r} is there twice")
            seen.add(identity)
    return found


def _refuse_row(
    path: str, row: PriceRow, lists: dict[str, ListRole], products: frozenset[str]
) -> None:
    if row.price_list not in lists:
        raise InvalidConfiguration(f"{path}.price_list", f"there is no list {row.price_list!r}")
    if row.sku not in products:
        raise InvalidConfiguration(f"{path}.sku", f"there is no product {row.sku!r}")
    raise InvalidConfiguration(f"{path}.window", f"there is no window {row.window!r}")


def _check_promotion(path: str, promotion: Promotion, lists: dict[str, ListRole]) -> None:
    effect = promotion.effect
    if isinstance(effect, OfferList) and lists.get(effect.list_id) is not ListRole.OFFER:
        raise InvalidConfiguration(
            f"{path}.effect.list_id", f"there is no offer list {effect.list_id!r}"
        )
    for where, atom in _atoms(f"{path}.when", promotion.when):
        if isinstance(atom, OneOf) and atom.fact not in TEXTS:
            raise InvalidConfiguration(where, f"{atom.fact!r} is not one of {_some(TEXTS)}")
        if isinstance(atom, AtLeast) and atom.fact not in NUMBERS:
            raise InvalidConfiguration(where, f"{atom.fact!r} is not one of {_some(NUMBERS)}")
    for where, atom in _atoms(f"{path}.on", promotion.on):
        if not isinstance(atom, OneOf):
            raise InvalidConfiguration(where, "a product has texts only: use one_of")


def _atoms(path: str, predicate: Predicate) -> Iterator[tuple[str, OneOf | AtLeast | During]]:
    match predicate:
        case AllOf(of) | AnyOf(of):
            for number, member in enumerate(of):
                yield from _atoms(f"{path}.of[{number}]", member)
        case Not(of):
            yield from _atoms(f"{path}.of", of)
        case OneOf() | AtLeast() | During():
            yield path, predicate


def _some(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
