"""What a configuration as a whole must get right; each error names its path."""

from __future__ import annotations

from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.pricing.codes import CodeBook, CouponCode
from omnicommerce.pricing.facts import PLACE_FACTS, atoms_of, facts_of
from omnicommerce.pricing.model import ListRole, PriceRow, PricingConfiguration
from omnicommerce.pricing.tax.validate import check_surcharges, check_tax
from omnicommerce.pricing.validate_promotions import check_promotions, some

__all__ = ["check", "code_book"]


def check(configuration: PricingConfiguration) -> None:
    """Check what refers to something else, and that identities are unique.

    Raises:
        InvalidConfiguration: With the path of the first thing that is wrong.
    """
    products = _unique("products", "sku", [item.sku for item in configuration.products])
    _unique("lists", "list_id", [item.list_id for item in configuration.lists])
    windows = _unique("windows", "window_id", [item.window_id for item in configuration.windows])
    _unique("promotions", "promotion_id", [item.promotion_id for item in configuration.promotions])
    _unique(
        "delivery_methods",
        "method_id",
        [item.method_id for item in configuration.delivery_methods],
    )
    for number, item in enumerate(configuration.lists):
        unknown = facts_of(item.when) - PLACE_FACTS
        if unknown:
            problem = f"a list can only depend on {some(PLACE_FACTS)}, not on {some(unknown)}"
            raise InvalidConfiguration(f"$.lists[{number}].when", problem)
    roles = {item.list_id: item.role for item in configuration.lists}
    for number, row in enumerate(configuration.rows):
        if (
            row.price_list not in roles
            or row.sku not in products
            or (row.window is not None and row.window not in windows)
        ):
            _refuse_row(f"$.rows[{number}]", row, roles, products)
    for number, guard in enumerate(configuration.guards):
        if guard.sku not in products:
            raise InvalidConfiguration(
                f"$.guards[{number}].sku", f"there is no product {guard.sku!r}"
            )
    currencies = {
        configuration.currency.code,
        *(i.currency.code for i in configuration.lists if i.currency),
    }
    check_promotions(configuration, products, roles, currencies)
    code_book(configuration)
    if configuration.tax is not None:
        check_tax(configuration.tax)
    check_surcharges(configuration.surcharges)


def code_book(configuration: PricingConfiguration) -> CodeBook:
    """Return the coupon codes, with those that promotions name and nothing else unlocks.

    Raises:
        InvalidConfiguration: Two codes are the same under the policy.
    """
    known = {coupon.unlocks for coupon in configuration.codes}
    named = sorted(
        value
        for promotion in configuration.promotions
        for atom in atoms_of(promotion.when)
        if isinstance(atom, OneOf) and atom.fact == "code"
        for value in atom.values - known
    )
    implied = tuple(CouponCode(code=value) for value in dict.fromkeys(named))
    return CodeBook.compile((*configuration.codes, *implied), configuration.code_policy)


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
