"""What the catalogue room needs from the outside: products, perhaps from the adopter's tables."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Protocol

import attrs

from omnicommerce.catalog.model import Component, Product, Variant
from omnicommerce.kernel.ids import Sku

__all__ = ["Article", "ProductRepository"]


@attrs.frozen
class Article:
    """A variant with the product it belongs to."""

    product: Product
    variant: Variant

    @property
    def sku(self) -> Sku:
        """The variant's identity."""
        return self.variant.sku

    def stock_parts(self, quantity: int) -> tuple[Component, ...]:
        """Return what stock gives for this many: the SKU itself, or the parts of the kits."""
        if not self.variant.components:
            return (Component(self.sku, quantity),)
        return tuple(
            Component(part.sku, part.quantity * quantity) for part in self.variant.components
        )


class ProductRepository(Protocol):
    """Look articles up; read-only for the engine, which never caches across calls."""

    @abstractmethod
    def get(self, sku: str) -> Article:
        """Return the article, or raise `NotFound`."""

    @abstractmethod
    def many(self, skus: Iterable[str]) -> Mapping[str, Article]:
        """Return the articles that exist, by SKU; unknown ones are left out."""

    @abstractmethod
    def by_gtin(self, gtin: str) -> Article:
        """Return the article of a barcode in any of its lengths, or raise `NotFound`."""
