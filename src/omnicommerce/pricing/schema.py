"""The published JSON Schema of a pricing configuration."""

from __future__ import annotations

from typing import Any, Final

from omnicommerce.kernel.predicates import Predicate
from omnicommerce.pricing.delivery import DeliveryRate
from omnicommerce.pricing.effects import Effect
from omnicommerce.pricing.locks import CartPricePolicy
from omnicommerce.pricing.model import SCHEMA, PricingConfiguration

__all__ = ["json_schema"]

_ID: Final = "urn:omnicommerce:pricing:{version}"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the JSON form of a `PricingConfiguration`.

    Editors complete and check a configuration by it. Loading a configuration checks
    more: what parts must get right together, a schema cannot say.

    Example:
        >>> schema = json_schema()
        >>> schema["title"], schema["required"]
        ('PricingConfiguration', ['currency', 'products', 'lists', 'rows'])
    """
    from omnicommerce.kernel.json_schema import json_schema as schema_of  # noqa: PLC0415 - loads cattrs

    return schema_of(
        PricingConfiguration,
        schema_id=_ID.format(version=SCHEMA),
        unions={
            "CartPricePolicy": CartPricePolicy,
            "DeliveryRate": DeliveryRate,
            "Effect": Effect,
            "Predicate": Predicate,
        },
    )
