"""What of a configuration counts in one currency: lists, rows, promotions and floors."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.predicates import AtLeast
from omnicommerce.pricing.effects import (
    AmountOff,
    BundlePrice,
    BuyGet,
    Effect,
    FirstThenEach,
    GroupOff,
    MatchCoupon,
    Measured,
    SetPrice,
    Tiers,
    TotalPrice,
)
from omnicommerce.pricing.facts import atoms_of, is_money
from omnicommerce.pricing.model import PriceGuard, PricingConfiguration
from omnicommerce.pricing.promotions import Promotion, Status
from omnicommerce.pricing.sheet import Floor

__all__ = ["effect_names_amounts", "floors_of", "localised", "names_amounts"]

_AMOUNTS = (AmountOff, FirstThenEach, SetPrice, BundlePrice, TotalPrice, MatchCoupon)


def localised(
    configuration: PricingConfiguration, currency: Currency, drafts: Container[str] = ()
) -> PricingConfiguration:
    """Return what counts in a currency: its lists and guards, and promotions that are active.

    Args:
        configuration: The whole.
        currency: One of its currencies.
        drafts: Ids of promotions that count although they are drafts.
    """
    main = configuration.currency
    lists = tuple(i for i in configuration.lists if (i.currency or main) == currency)
    ids = {item.list_id for item in lists}
    rows = configuration.rows
    if len(lists) < len(configuration.lists):
        rows = tuple(row for row in rows if row.price_list in ids)
    promotions = configuration.promotions
    if currency != main or any(p.status is not Status.ACTIVE for p in promotions):
        promotions = tuple(_alive(promotions, main, currency, drafts))
    return attrs.evolve(
        configuration,
        currency=currency,
        lists=lists,
        rows=rows,
        promotions=promotions,
        guards=tuple(g for g in configuration.guards if (g.currency or main) == currency),
    )


def _alive(
    promotions: Iterable[Promotion], main: Currency, currency: Currency, drafts: Container[str]
) -> Iterator[Promotion]:
    for promotion in promotions:
        if promotion.status is Status.ACTIVE or (
            promotion.status is Status.DRAFT and promotion.promotion_id in drafts
        ):
            there = promotion if currency == main else _in_currency(promotion, currency)
            if there is not None:
                yield there


def _in_currency(promotion: Promotion, currency: Currency) -> Promotion | None:
    terms = promotion.in_currencies.get(currency.code)
    if terms is None:
        return None if names_amounts(promotion) else promotion
    return attrs.evolve(
        promotion,
        effect=terms.effect,
        when=promotion.when if terms.when is None else terms.when,
        cap=terms.cap,
    )


def names_amounts(promotion: Promotion) -> bool:
    """Tell whether a promotion names amounts, which mean nothing in another currency."""
    asks_money = any(
        isinstance(atom, AtLeast) and is_money(atom.fact) for atom in atoms_of(promotion.when)
    )
    limited = promotion.cap is not None or promotion.is_budgeted
    return asks_money or limited or effect_names_amounts(promotion.effect)


def effect_names_amounts(effect: Effect) -> bool:
    """Tell whether an effect names amounts."""
    if isinstance(effect, GroupOff):
        return effect_names_amounts(effect.effect)
    if isinstance(effect, Tiers):
        by_money = effect.by is not Measured.UNITS
        return by_money or any(effect_names_amounts(step.effect) for step in effect.steps)
    if isinstance(effect, BuyGet):
        return effect.amount is not None
    return isinstance(effect, _AMOUNTS)


def floors_of(configuration: PricingConfiguration) -> Mapping[str, Floor]:
    """Return the floors of a localised configuration by SKU."""
    return {guard.sku: _floor(guard, configuration) for guard in configuration.guards}


def _floor(guard: PriceGuard, configuration: PricingConfiguration) -> Floor:
    paid = guard.minimum or 0
    if guard.cost is not None:
        if configuration.never_below_cost:
            paid = max(paid, guard.cost)
        if configuration.minimum_margin is not None:
            kept = 1 - configuration.minimum_margin.value
            paid = max(paid, -(-guard.cost * kept.denominator // kept.numerator))
    return Floor(paid, guard.advertised_minimum or 0, guard.per)
