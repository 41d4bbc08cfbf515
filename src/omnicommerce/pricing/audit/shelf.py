"""Products by what tells them apart: one stands for all that no rule can distinguish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final, TypeAlias

import attrs

from omnicommerce.kernel.predicates import ALWAYS, AllOf, AnyOf, AtLeast, OneOf, Predicate, holds
from omnicommerce.kernel.quantity import Measure
from omnicommerce.pricing.audit.logic import atoms
from omnicommerce.pricing.effects import BundlePrice, BuyGet
from omnicommerce.pricing.model import PriceRow, PricingConfiguration, ProductTraits
from omnicommerce.pricing.promotions import Promotion, Status

__all__ = ["Shelf", "item_predicates"]

_Sign: TypeAlias = tuple[Any, ...]
_MOST: Final = 6


def item_predicates(promotion: Promotion) -> Iterator[Predicate]:
    """Yield every predicate over products in a promotion."""
    yield promotion.on
    for effect, when in _terms(promotion):
        if isinstance(effect, BuyGet) and effect.bought is not None:
            yield effect.bought
        if isinstance(effect, BundlePrice):
            yield from (part.on for part in effect.parts)
        for _, atom in atoms(when):
            if isinstance(atom, AtLeast) and atom.among is not None:
                yield atom.among


def _terms(promotion: Promotion) -> Iterator[tuple[Any, Predicate]]:
    yield promotion.effect, promotion.when
    for terms in promotion.in_currencies.values():
        yield terms.effect, promotion.when if terms.when is None else terms.when


class Shelf:
    """The products of a configuration, and what its rules can tell of them.

    Attributes:
        configuration: Whose products they are.
    """

    def __init__(self, configuration: PricingConfiguration) -> None:
        self.configuration = configuration
        self._products = {product.sku: product for product in configuration.products}
        self._matching: dict[Predicate, tuple[str, ...]] = {}

    def piece(self, sku: str) -> int:
        """Return what counts as one piece: a unit or, of weighed goods, what a price is for."""
        if self._products[sku].measure is Measure.EACH:
            return 1
        return self._pers.get(sku, 1)

    def matching(self, predicate: Predicate) -> tuple[str, ...]:
        """Return the SKUs of the products that match, sorted."""
        known = self._matching.get(predicate)
        if known is None:
            known = self._matching[predicate] = tuple(
                sku
                for sku in self._candidates(predicate)
                if holds(predicate, self._products[sku].all_facts)
            )
        return known

    def representatives(self, predicate: Predicate, most: int = _MOST) -> tuple[str, ...]:
        """Return products that match and have a price, one of each kind, the cheapest first.

        If there is room, dearer ones of the same kind follow: they round otherwise.
        """
        kinds: defaultdict[_Sign, list[str]] = defaultdict(list)
        for sku in self.matching(predicate):
            if sku in self.amounts:
                kinds[self.sign(sku)].append(sku)
        ordered = [sorted(skus, key=self._by_amount) for skus in kinds.values()]
        ordered.sort(key=lambda skus: self._by_amount(skus[0]))
        turns = max(map(len, ordered), default=0)
        found: list[str] = []
        for turn in range(turns):
            found += [skus[-turn] for skus in ordered if turn < len(skus)]
            if len(found) >= most:
                break
        return tuple(found[:most])

    def _by_amount(self, sku: str) -> tuple[int, str]:
        return self.amounts[sku], sku

    def _candidates(self, predicate: Predicate) -> Sequence[str]:
        wanted = _necessary(predicate)
        if wanted is None:
            return self._skus
        found = {sku for pair in wanted for sku in self._by_fact.get(pair, ())}
        return sorted(found)

    def sign(self, sku: str) -> _Sign:
        """Return what rules and rows can tell of a product, its amounts aside."""
        return self._signs.get(sku, ())

    @cached_property
    def _skus(self) -> tuple[str, ...]:
        return tuple(sorted(self._products))

    @cached_property
    def _by_fact(self) -> dict[tuple[str, str], list[str]]:
        found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for product in self._products.values():
            for fact, values in product.all_facts.items():
                for value in values:
                    found[fact, value].append(product.sku)
        return found

    @cached_property
    def amounts(self) -> dict[str, int]:
        """What one unit costs by the first row of each product: a rough figure, to sort by."""
        found: dict[str, int] = {}
        for row in self.configuration.rows:
            found.setdefault(row.sku, -(-row.amount // row.per))
        return found

    @cached_property
    def _pers(self) -> dict[str, int]:
        return {row.sku: row.per for row in reversed(self.configuration.rows)}

    @cached_property
    def _signs(self) -> dict[str, _Sign]:
        marks: defaultdict[str, set[Any]] = defaultdict(set)
        for number, predicate in enumerate(self.predicates):
            for sku in self.matching(predicate):
                marks[sku].add(number)
        for row in self.configuration.rows:
            marks[row.sku].add(_shape(row))
        for guard in self.configuration.guards:
            marks[guard.sku].add("guard")
        return {
            sku: (frozenset(marks[sku]), *_kind(product)) for sku, product in self._products.items()
        }

    @cached_property
    def predicates(self) -> tuple[Predicate, ...]:
        """Every predicate over products that some active rule asks, once each."""
        found: dict[Predicate, None] = {self.configuration.untouchable: None}
        for promotion in self.configuration.promotions:
            if promotion.status is Status.ACTIVE:
                found.update(dict.fromkeys(item_predicates(promotion)))
        for exception in self.configuration.parity_exceptions:
            found[exception.on] = None
        found.pop(ALWAYS, None)
        return tuple(found)


def _kind(product: ProductTraits) -> tuple[str, ...]:
    """Return what else of a product reaches its price."""
    plain = attrs.fields(ProductTraits)
    return tuple(
        str(getattr(product, field.name)) for field in plain if field.name not in {"sku", "facts"}
    )


def _shape(row: PriceRow) -> _Sign:
    return (
        row.price_list,
        row.per,
        row.mix,
        row.location or row.zone or row.country,
        row.window,
        row.customer_class or row.customer,
        row.plan,
        tuple(tier.from_quantity for tier in row.tiers),
    )


def _necessary(predicate: Predicate) -> frozenset[tuple[str, str]] | None:
    """Return texts of which a product must have one to match; None: nothing is known."""
    match predicate:
        case OneOf(fact, values):
            return frozenset((fact, value) for value in values)
        case AllOf(of):
            return _smallest(map(_necessary, of))
        case AnyOf(of):
            parts = [_necessary(member) for member in of]
            known = [part for part in parts if part is not None]
            return frozenset().union(*known) if len(known) == len(parts) else None
        case _:
            return None


def _smallest(
    parts: Iterable[frozenset[tuple[str, str]] | None],
) -> frozenset[tuple[str, str]] | None:
    return min((part for part in parts if part is not None), key=len, default=None)
