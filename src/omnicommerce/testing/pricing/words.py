"""What a configuration talks about: the products, places, people, instants and numbers that matter.

A strategy that draws from these finds what a configuration does; one that draws
from everything there could be finds that nothing happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Final

import attrs

from omnicommerce.kernel.predicates import ALWAYS, AtLeast, During, OneOf, Predicate
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.audit.situations import boundaries
from omnicommerce.pricing.audit.thresholds import about, bundle_repeats, quantities
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.effects import BundlePrice, BuyGet
from omnicommerce.pricing.facts import atoms_of, is_history, is_money
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.promotions import Promotion

__all__ = ["Words", "words_of"]

_LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MOST_PROMOTIONS: Final = 200
_MOST_PRODUCTS: Final = 2_000
_MOST_SKUS: Final = 24
_MOST_INSTANTS: Final = 60
_LARGEST: Final = 200


@attrs.frozen(kw_only=True)
class Words:
    """The values that make a difference, each sorted.

    Args:
        skus: Products that promotions match, and some that none does.
        texts: By fact, such as ``channel`` or ``attribute.source``: its values.
        codes: What can be entered.
        plans: Subscription plans that have prices.
        currencies: In which baskets can be priced.
        instants: Where windows open and close, with the instants before.
        quantities: Numbers of units about which something changes.
        days: Of customers' histories: days and numbers of orders about which something changes.
        limited: Promotions that can have no use left.
        budgeted: Promotions that can have little money left.
        gifts: By promotion: what can be chosen.
    """

    skus: tuple[str, ...]
    texts: dict[str, tuple[str, ...]]
    codes: tuple[str, ...]
    plans: tuple[str, ...]
    currencies: tuple[str, ...]
    instants: tuple[datetime, ...]
    quantities: tuple[int, ...]
    days: tuple[int, ...]
    limited: tuple[str, ...]
    budgeted: tuple[str, ...]
    gifts: dict[str, tuple[str, ...]]

    def of(self, fact: str) -> tuple[str, ...]:
        """Return the values of a fact that make a difference."""
        return self.texts.get(fact, ())


def words_of(book: PriceBook) -> Words:
    """Return what a price book talks about; of very many products and promotions the first."""
    configuration = book.configuration
    promotions = tuple(islice(configuration.promotions, _MOST_PROMOTIONS))
    atoms = list(chain.from_iterable(map(atoms_of, _conditions(configuration, promotions))))
    numbers = [atom for atom in atoms if isinstance(atom, AtLeast)]
    windows = [atom.window for atom in atoms if isinstance(atom, During)]
    windows += [item.window for item in configuration.windows]
    windows += [code.window for code in configuration.codes if code.window is not None]
    texts = _texts(configuration, [atom for atom in atoms if isinstance(atom, OneOf)])
    currencies = {configuration.currency.code}
    currencies |= {item.currency.code for item in configuration.lists if item.currency}
    return Words(
        skus=_skus(book, promotions),
        texts=texts,
        codes=_sorted([*texts.get("code", ()), *(code.code for code in configuration.codes)]),
        plans=_sorted(row.plan for row in configuration.rows if row.plan),
        currencies=tuple(sorted(currencies)),
        instants=_instants(windows),
        quantities=_quantities(promotions, numbers, configuration),
        days=about(atom.minimum for atom in numbers if is_history(atom.fact)),
        limited=tuple(sorted(p.promotion_id for p in promotions if p.is_limited)),
        budgeted=tuple(sorted(p.promotion_id for p in promotions if p.is_budgeted)),
        gifts={p.promotion_id: p.effect.skus for p in promotions if hasattr(p.effect, "skus")},
    )


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def _conditions(
    configuration: PricingConfiguration, promotions: Iterable[Promotion]
) -> Iterator[Predicate]:
    for promotion in promotions:
        yield promotion.when
        for terms in promotion.in_currencies.values():
            yield terms.when or ALWAYS
    for item in configuration.lists:
        yield item.when


def _texts(
    configuration: PricingConfiguration, atoms: Iterable[OneOf]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for atom in atoms:
        found.setdefault(atom.fact, set()).update(atom.values)
    for row in configuration.rows:
        for scope in ("location", "zone", "country", "customer_class", "customer"):
            value = getattr(row, scope)
            if value is not None:
                found.setdefault(scope, set()).add(value)
    for code in configuration.codes:
        if code.customer_id is not None:
            found.setdefault("customer", set()).add(code.customer_id)
    for group in configuration.parity_groups:
        found.setdefault("channel", set()).update(group.channels)
    for promotion in configuration.promotions:
        for limit in promotion.fact_limits:
            found.setdefault(f"attribute.{limit.fact}", set()).add(f"some-{limit.fact}")
    return {fact: tuple(sorted(values)) for fact, values in found.items()}


def _skus(book: PriceBook, promotions: Iterable[Promotion]) -> tuple[str, ...]:
    """Return two products for each thing that promotions ask of products, and some others."""
    every = [product.sku for product in islice(book.configuration.products, _MOST_PRODUCTS)]
    found: dict[str, None] = {}
    asked = dict.fromkeys(chain.from_iterable(map(_product_predicates, promotions)))
    for predicate in asked:
        matching = (sku for sku in every if book.matches(predicate, sku))
        found.update(dict.fromkeys(islice(matching, 2)))
    for promotion in promotions:
        found.update(dict.fromkeys(getattr(promotion.effect, "skus", ())))
    found.update(dict.fromkeys(guard.sku for guard in islice(book.configuration.guards, 2)))
    room = max(2, _MOST_SKUS - len(found))
    found.update(dict.fromkeys(islice((sku for sku in every if sku not in found), room)))
    return tuple(sorted(found))


def _product_predicates(promotion: Promotion) -> Iterator[Predicate]:
    effect = promotion.effect
    if promotion.target == "items":
        yield promotion.on
    if isinstance(effect, BuyGet) and effect.bought is not None:
        yield effect.bought
    if isinstance(effect, BundlePrice):
        yield from (part.on for part in effect.parts)
    for atom in atoms_of(promotion.when):
        if isinstance(atom, AtLeast) and atom.among is not None:
            yield atom.among


def _instants(windows: Iterable[Window]) -> tuple[datetime, ...]:
    bounded = [edge for window in windows for edge in (window.starts_at, window.ends_at) if edge]
    first = min(bounded, default=_LONG_AGO)
    found = boundaries(windows, first)
    return found[:_MOST_INSTANTS]


def _quantities(
    promotions: Iterable[Promotion],
    numbers: Iterable[AtLeast],
    configuration: PricingConfiguration,
) -> tuple[int, ...]:
    limits = {1, 2, 3}
    for promotion in promotions:
        limits.update(quantities(promotion, most=_LARGEST))
        if isinstance(promotion.effect, BundlePrice):
            limits.update(bundle_repeats(promotion.effect))
    counted = [n for n in numbers if not is_money(n.fact) and not is_history(n.fact)]
    limits.update(about(number.minimum for number in counted))
    for row in configuration.rows:
        limits.update(about((row.per, *(tier.from_quantity for tier in row.tiers))))
    return tuple(sorted(limit for limit in limits if limit <= _LARGEST))
