"""What promotions must get right beyond their own fields; each error names its path."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.predicates import (
    AllOf,
    AnyOf,
    AtLeast,
    During,
    Not,
    OneOf,
    Opaque,
    Predicate,
)
from omnicommerce.pricing.basket import MANUAL
from omnicommerce.pricing.certain import works_on_products
from omnicommerce.pricing.effects import (
    BundlePrice,
    BuyGet,
    EarnPoints,
    Effect,
    Gift,
    MatchCoupon,
    OfferList,
    SetPrice,
)
from omnicommerce.pricing.facts import facts_of, is_history, is_number, is_text
from omnicommerce.pricing.model import ListRole, PricingConfiguration
from omnicommerce.pricing.promotions import Competition, Promotion, Stacking, Target

__all__ = ["check_promotions", "some"]


def check_promotions(
    configuration: PricingConfiguration,
    products: Container[str],
    lists: Mapping[str, ListRole],
    currencies: Container[str],
) -> None:
    """Check what promotions refer to, and that what they say of each other makes sense.

    Raises:
        InvalidConfiguration: With the path of the first thing that is wrong.
    """
    stacking = configuration.stacking
    _check_stacking(stacking, configuration.promotions)
    groups = {group.group_id: None for group in stacking.groups}
    by_id = {promotion.promotion_id: promotion for promotion in configuration.promotions}
    targets: dict[str, Target] = {}
    for number, promotion in enumerate(configuration.promotions):
        path = f"$.promotions[{number}]"
        _check_id(f"{path}.promotion_id", promotion.promotion_id)
        _check_conditions(f"{path}.when", promotion.when)
        _check_on(f"{path}.on", promotion)
        _check_effect(f"{path}.effect", promotion.effect, products, lists)
        if promotion.group is not None:
            _check_group(f"{path}.group", promotion, groups, targets)
        if promotion.after:
            _check_after(f"{path}.after", promotion, by_id)
        if promotion.advertised:
            _check_advertised(path, promotion)
        for code, terms in promotion.in_currencies.items():
            where = f"{path}.in_currencies[{code!r}]"
            if code not in currencies:
                raise InvalidConfiguration(where, f"there is no price list in {code}")
            _check_effect(f"{where}.effect", terms.effect, products, lists)
            if terms.when is not None:
                _check_conditions(f"{where}.when", terms.when)


def _check_id(path: str, promotion_id: str) -> None:
    if promotion_id.startswith(f"{MANUAL}:"):
        problem = f"{MANUAL}: stands before the names of what staff take off; choose another id"
        raise InvalidConfiguration(path, problem)


def _check_conditions(path: str, when: Predicate) -> None:
    for where, atom in _atoms(path, when):
        if isinstance(atom, OneOf) and not is_text(atom.fact):
            raise InvalidConfiguration(where, f"there is no text {atom.fact!r} to ask for")
        if isinstance(atom, AtLeast):
            _check_number(where, atom)


def _check_number(where: str, atom: AtLeast) -> None:
    if not is_number(atom.fact):
        raise InvalidConfiguration(where, f"there is no number {atom.fact!r} to ask for")
    if atom.among is None:
        return
    if not atom.fact.startswith("items."):
        raise InvalidConfiguration(f"{where}.among", "chooses items: the fact must be items.*")
    _check_texts(f"{where}.among", atom.among)


def _check_on(path: str, promotion: Promotion) -> None:
    _check_texts(path, promotion.on)
    effect = promotion.effect
    if isinstance(effect, BuyGet) and effect.bought is not None:
        _check_texts(f"{path.removesuffix('.on')}.effect.bought", effect.bought)
    if isinstance(effect, BundlePrice):
        for number, part in enumerate(effect.parts):
            _check_texts(f"{path.removesuffix('.on')}.effect.parts[{number}].on", part.on)


def _check_texts(path: str, on: Predicate) -> None:
    for where, atom in _atoms(path, on):
        if not isinstance(atom, OneOf):
            raise InvalidConfiguration(where, "a product has texts only: use one_of")


def _check_effect(
    path: str, effect: Effect, products: Container[str], lists: Mapping[str, ListRole]
) -> None:
    if isinstance(effect, OfferList) and lists.get(effect.list_id) is not ListRole.OFFER:
        raise InvalidConfiguration(f"{path}.list_id", f"there is no offer list {effect.list_id!r}")
    if isinstance(effect, Gift):
        for number, sku in enumerate(effect.skus):
            if sku not in products:
                raise InvalidConfiguration(f"{path}.skus[{number}]", f"there is no product {sku!r}")


def _check_group(
    path: str, promotion: Promotion, groups: Container[str], targets: dict[str, Target]
) -> None:
    group = promotion.group or ""
    if group not in groups:
        raise InvalidConfiguration(path, f"there is no stacking group {group!r}")
    if isinstance(promotion.effect, (EarnPoints, MatchCoupon)):
        problem = "points and added coupon worth lower no price, so they compete with nothing"
        raise InvalidConfiguration(path, problem)
    if targets.setdefault(group, promotion.target) is not promotion.target:
        raise InvalidConfiguration(path, f"{group!r} competes for items and for delivery")


def _check_after(path: str, promotion: Promotion, by_id: Mapping[str, Promotion]) -> None:
    for number, name in enumerate(promotion.after):
        other = by_id.get(name)
        if other is None:
            raise InvalidConfiguration(f"{path}[{number}]", f"there is no promotion {name!r}")
        if other.lane > promotion.lane:
            problem = f"{name!r} is in a later lane, so it can never come before"
            raise InvalidConfiguration(f"{path}[{number}]", problem)


def _check_advertised(path: str, promotion: Promotion) -> None:
    """Refuse to advertise what depends on the basket: nobody could show it in a listing."""
    asked = facts_of(promotion.when)
    of_basket = {fact for fact in asked if is_number(fact) and not is_history(fact)}
    of_basket |= asked & {"code", "delivery", "payment"}
    if of_basket:
        problem = f"what is advertised cannot depend on {some(of_basket)}"
        raise InvalidConfiguration(f"{path}.when", problem)
    effect = promotion.effect
    alone = works_on_products(effect) and not isinstance(effect, Gift)
    if not alone or (isinstance(effect, SetPrice) and effect.per != 1):
        raise InvalidConfiguration(
            f"{path}.effect", "what is advertised must work on each product by itself"
        )


def _check_stacking(stacking: Stacking, promotions: Iterable[Promotion]) -> None:
    path = "$.stacking"
    ids = [group.group_id for group in stacking.groups]
    for number, group_id in enumerate(ids):
        if group_id in ids[:number]:
            raise InvalidConfiguration(
                f"{path}.groups[{number}].group_id", f"{group_id!r} is there twice"
            )
    families = {promotion.family for promotion in promotions}
    for number, exclusion in enumerate(stacking.exclusions):
        for field, family in (("family", exclusion.family), ("other", exclusion.other)):
            if family not in families:
                raise InvalidConfiguration(
                    f"{path}.exclusions[{number}].{field}", f"no promotion is of {family!r}"
                )
    rivals = {
        frozenset({item.family, item.other})
        for item in stacking.exclusions
        if item.over is Competition.BASKET
    }
    for number, alternative in enumerate(stacking.alternatives):
        where = f"{path}.alternatives[{number}]"
        unknown = alternative - families
        if unknown or not alternative:
            problem = f"no promotion is of {some(unknown)}" if unknown else "must not be empty"
            raise InvalidConfiguration(where, problem)
        clash = next((pair for pair in rivals if len(pair) > 1 and pair <= alternative), None)
        if clash is not None:
            problem = f"{some(clash)} exclude each other and cannot be used together"
            raise InvalidConfiguration(where, problem)


def _atoms(
    path: str, predicate: Predicate
) -> Iterator[tuple[str, OneOf | AtLeast | During | Opaque]]:
    match predicate:
        case AllOf(of) | AnyOf(of):
            for number, member in enumerate(of):
                yield from _atoms(f"{path}.of[{number}]", member)
        case Not(of):
            yield from _atoms(f"{path}.of", of)
        case OneOf() | AtLeast() | During() | Opaque():
            yield path, predicate


def some(names: Iterable[str]) -> str:
    """Return names for a sentence, in order."""
    return ", ".join(sorted(names))
