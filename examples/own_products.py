"""A backend that has its products in a table of its own, and keeps them there.

`Commerce.open` takes any `ProductRepository`: three look-ups. The engine never keeps what
they answer, so a new name in the table shows in the next quote.

Run it: ``python -m examples.own_products``
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing

import attrs

from examples.alma import ALMA, quote
from omnicommerce import Article, Commerce, NotFound, Product, ProductTraits, Sku, Variant
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.catalog.gtin import normalise_gtin

TABLE = "CREATE TABLE articles (sku TEXT PRIMARY KEY, gtin TEXT UNIQUE, title TEXT)"
BY_SKU = "SELECT sku, gtin, title FROM articles WHERE sku = ?"
BY_GTIN = "SELECT sku, gtin, title FROM articles WHERE gtin = ?"


@attrs.frozen
class ProductTable:
    """A `ProductRepository` over the backend's table."""

    database: sqlite3.Connection

    def get(self, sku: str) -> Article:
        """Return the article, or raise `NotFound`."""
        return self._one(BY_SKU, sku)

    def many(self, skus: Iterable[str]) -> Mapping[str, Article]:
        """Return the articles that exist, by SKU."""
        rows = [row for sku in skus for row in self.database.execute(BY_SKU, [sku])]
        return {row[0]: _article(*row) for row in rows}

    def by_gtin(self, gtin: str) -> Article:
        """Return the article of a barcode, or raise `NotFound`."""
        return self._one(BY_GTIN, normalise_gtin(gtin))

    def _one(self, query: str, value: str) -> Article:
        for row in self.database.execute(query, [value]):
            return _article(*row)
        raise NotFound("article", value)


def _article(sku: str, gtin: str, title: str) -> Article:
    variant = Variant(sku=Sku(sku), gtin=gtin)
    return Article(Product(product_id=sku, name={"en": title}, variants=(variant,)), variant)


def main() -> None:
    """Sell from the backend's table."""
    traits = tuple(ProductTraits(row.sku) for row in ALMA.pricing.rows)
    pricing = attrs.evolve(ALMA.pricing, products=traits)
    configuration = attrs.evolve(ALMA, products=(), pricing=pricing)
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(TABLE)
        row = ("SCARF", normalise_gtin("8412345000041"), "Lino scarf")
        database.execute("INSERT INTO articles VALUES (?, ?, ?)", row)
        table, gateway, mailbox = ProductTable(database), InProcessGateway(), Mailbox()
        with Commerce.open(
            "memory:", configuration, gateway=gateway, sender=mailbox, products=table
        ) as shop:
            clara = shop.customers.register("Clara", "clara@example.com")
            scanned = table.by_gtin("8412345000041")
            print(f"Scanned: {scanned.product.called('en')}")
            for title in ("Lino scarf", "Lino scarf, hand-woven"):
                database.execute("UPDATE articles SET title = ?", [title])
                (line,) = quote(shop, clara, scanned.sku).lines
                print(f"Quoted: {line.name['en']}, {line.amount}")
                assert line.name["en"] == title


if __name__ == "__main__":
    main()
