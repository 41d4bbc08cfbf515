"""A catalogue that lives in memory, built from a shop's configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omnicommerce.catalog.gtin import normalise_gtin
from omnicommerce.catalog.model import Product
from omnicommerce.catalog.ports import Article
from omnicommerce.kernel.errors import InvalidConfiguration, NotFound

__all__ = ["Catalog"]


class Catalog:
    """An immutable snapshot of products that answers as a `ProductRepository`.

    Args:
        products: What is sold.

    Raises:
        InvalidConfiguration: Two articles share a SKU or barcode, or a kit
            holds something unknown or another kit; the path names the place.
    """

    def __init__(self, products: Iterable[Product]) -> None:
        self._articles: dict[str, Article] = {}
        self._by_gtin: dict[str, Article] = {}
        self._product_ids: set[str] = set()
        self.products: tuple[Product, ...] = tuple(products)
        for place, product in enumerate(self.products):
            self._add(product, f"$.products[{place}]")
        for place, product in enumerate(self.products):
            self._check_kits(product, f"$.products[{place}]")

    def _add(self, product: Product, path: str) -> None:
        if product.product_id in self._product_ids:
            raise InvalidConfiguration(
                f"{path}.product_id", f"{product.product_id!r} appears twice"
            )
        self._product_ids.add(product.product_id)
        for turn, variant in enumerate(product.variants):
            article = Article(product, variant)
            if variant.sku in self._articles:
                raise InvalidConfiguration(
                    f"{path}.variants[{turn}].sku", f"{variant.sku!r} appears twice"
                )
            self._articles[variant.sku] = article
            if variant.gtin is None:
                continue
            if variant.gtin in self._by_gtin:
                raise InvalidConfiguration(
                    f"{path}.variants[{turn}].gtin", f"{variant.gtin} is another article's"
                )
            self._by_gtin[variant.gtin] = article

    def _check_kits(self, product: Product, path: str) -> None:
        for turn, variant in enumerate(product.variants):
            parts = [part.sku for part in variant.components]
            for number, part in enumerate(variant.components):
                where = f"{path}.variants[{turn}].components[{number}].sku"
                if part.sku not in self._articles:
                    raise InvalidConfiguration(where, f"there is no article {part.sku!r}")
                if part.sku in parts[:number]:
                    raise InvalidConfiguration(
                        where, f"{part.sku!r} appears twice; give one quantity"
                    )
                if self._articles[part.sku].variant.components:
                    raise InvalidConfiguration(
                        where, f"{part.sku!r} is a kit itself; list its components instead"
                    )

    def get(self, sku: str) -> Article:
        """Return the article, or raise `NotFound`."""
        try:
            return self._articles[sku]
        except KeyError:
            raise NotFound("SKU", sku) from None

    def many(self, skus: Iterable[str]) -> Mapping[str, Article]:
        """Return the articles that exist, by SKU; unknown ones are left out."""
        return {sku: self._articles[sku] for sku in skus if sku in self._articles}

    def by_gtin(self, gtin: str) -> Article:
        """Return the article of a barcode in any of its lengths, or raise `NotFound`."""
        normal = normalise_gtin(gtin)
        try:
            return self._by_gtin[normal]
        except KeyError:
            raise NotFound("barcode", gtin) from None

    def __contains__(self, sku: object) -> bool:
        """Tell whether there is an article of this SKU."""
        return sku in self._articles

    def __len__(self) -> int:
        """Return how many articles there are."""
        return len(self._articles)
