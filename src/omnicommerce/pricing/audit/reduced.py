"""A configuration with some promotions and products only, to see what they do by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from omnicommerce.pricing.effects import Gift
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.promotions import Promotion, Stacking

__all__ = ["reduced"]


def reduced(
    configuration: PricingConfiguration, promotions: Iterable[Promotion], skus: Iterable[str]
) -> PricingConfiguration:
    """Return the configuration with these promotions and products, and what belongs to them.

    Args:
        configuration: The whole.
        promotions: What stays, in any order.
        skus: Which products stay; those given as gifts stay too.
    """
    kept = tuple(promotions)
    names = {promotion.promotion_id for promotion in kept}
    products = set(skus) | set(_gifts(kept))
    return attrs.evolve(
        configuration,
        products=[item for item in configuration.products if item.sku in products],
        rows=[row for row in configuration.rows if row.sku in products],
        guards=[guard for guard in configuration.guards if guard.sku in products],
        promotions=[
            attrs.evolve(item, after=[name for name in item.after if name in names])
            for item in kept
        ],
        stacking=_stacking(configuration.stacking, kept),
        parity_groups=(),
        parity_exceptions=(),
    )


def _gifts(promotions: Iterable[Promotion]) -> Iterator[str]:
    for promotion in promotions:
        effects = [promotion.effect, *(term.effect for term in promotion.in_currencies.values())]
        for effect in effects:
            if isinstance(effect, Gift):
                yield from effect.skus


def _stacking(stacking: Stacking, promotions: Iterable[Promotion]) -> Stacking:
    """Return what is left of the stacking when some families are gone."""
    families = {promotion.family for promotion in promotions}
    alternatives = [item & families for item in stacking.alternatives]
    return attrs.evolve(
        stacking,
        exclusions=[
            item
            for item in stacking.exclusions
            if item.family in families and item.other in families
        ],
        alternatives=[item for item in alternatives if item],
    )
