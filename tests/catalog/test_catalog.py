"""The catalogue: what a shop sells, built from its configuration and looked up."""

from __future__ import annotations

from typing import Any

import pytest

from omnicommerce.catalog.model import Component, Product, Variant
from omnicommerce.catalog.ports import ProductRepository
from omnicommerce.catalog.snapshot import Catalog
from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue, NotFound
from omnicommerce.kernel.ids import Sku
from omnicommerce.kernel.quantity import Measure

PRODUCTS: list[dict[str, Any]] = [
    {
        "product_id": "dress",
        "name": {"en": "Summer dress", "es": "Vestido de verano"},
        "categories": ["clothes", "dresses"],
        "attributes": {"brand": "Alma"},
        "variants": [
            {"sku": "DRESS-M", "options": {"size": "M"}, "gtin": "4006381333931"},
            {"sku": "DRESS-L", "options": {"size": "L"}},
        ],
    },
    {
        "product_id": "ham",
        "name": {"es": "Jamón"},
        "measure": "gram",
        "variants": [{"sku": "HAM"}],
    },
    {
        "product_id": "picnic",
        "name": {"en": "Picnic"},
        "variants": [
            {
                "sku": "PICNIC",
                "components": [{"sku": "HAM", "quantity": 250}, {"sku": "DRESS-M"}],
            }
        ],
    },
]


@pytest.fixture
def catalog() -> Catalog:
    """Give a catalogue of a dress in two sizes, ham by the gram and a kit of them."""
    return Catalog(load(tuple[Product, ...], PRODUCTS))


def test_articles_are_found(catalog: Catalog) -> None:
    """By SKU, several at once, and by barcode in any of its lengths."""
    repository: ProductRepository = catalog
    assert repository.get("DRESS-M").product.product_id == "dress"
    assert set(repository.many(["HAM", "UNICORN", "HAM"])) == {"HAM"}
    assert repository.by_gtin("04006381333931").sku == "DRESS-M"
    assert "HAM" in catalog
    assert "UNICORN" not in catalog
    assert len(catalog) == 4


@pytest.mark.parametrize(
    ("look_up", "error"),
    [
        (lambda catalog: catalog.get("UNICORN"), NotFound),
        (lambda catalog: catalog.by_gtin("96385074"), NotFound),
        (lambda catalog: catalog.by_gtin("4006381333932"), InvalidValue),
    ],
)
def test_what_is_not_there_is_said(catalog: Catalog, look_up: Any, error: type[Exception]) -> None:
    """Unknown SKUs and barcodes are not found; a mistyped barcode is a mistake."""
    with pytest.raises(error):
        look_up(catalog)


def test_names_are_told_in_the_customers_language(catalog: Catalog) -> None:
    """The region falls back to its language, that to English, and that to any name."""
    dress, ham = catalog.get("DRESS-M").product, catalog.get("HAM").product
    assert dress.called("es-MX") == dress.called("es_ES") == "Vestido de verano"
    assert dress.called("de") == "Summer dress"
    assert ham.called("en") == "Jamón"


def test_weighed_goods_count_grams(catalog: Catalog) -> None:
    """What is sold by weight says so."""
    assert catalog.get("HAM").product.measure is Measure.GRAM


def test_a_kit_takes_its_components_from_stock(catalog: Catalog) -> None:
    """Two kits take twice each component; what is no kit takes itself."""
    assert catalog.get("PICNIC").stock_parts(2) == (
        Component(Sku("HAM"), 500),
        Component(Sku("DRESS-M"), 2),
    )
    assert catalog.get("HAM").stock_parts(300) == (Component(Sku("HAM"), 300),)


def test_products_survive_json(catalog: Catalog) -> None:
    """What is written is read back (pricing 23)."""
    assert load(tuple[Product, ...], dump(catalog.products)) == catalog.products


def product(sku: str, **variant: Any) -> dict[str, Any]:
    """Return the JSON form of a product with one variant."""
    return {"product_id": sku, "name": {"en": sku}, "variants": [{"sku": sku, **variant}]}


@pytest.mark.parametrize(
    ("products", "path"),
    [
        ([product("A"), product("A")], "$.products[1].product_id"),
        ([product("A"), {**product("A"), "product_id": "b"}], "$.products[1].variants[0].sku"),
        (
            [product("A", gtin="96385074"), product("B", gtin="00000096385074")],
            "$.products[1].variants[0].gtin",
        ),
        (
            [product("K", components=[{"sku": "UNICORN"}])],
            "$.products[0].variants[0].components[0].sku",
        ),
        (
            [product("K", components=[{"sku": "K"}])],
            "$.products[0].variants[0].components[0].sku",
        ),
        (
            [product("A", components=[{"sku": "B"}]), product("B", components=[{"sku": "A"}])],
            "$.products[0].variants[0].components[0].sku",
        ),
        (
            [product("A"), product("K", components=[{"sku": "A"}, {"sku": "A"}])],
            "$.products[1].variants[0].components[1].sku",
        ),
    ],
)
def test_catalogues_that_contradict_themselves_are_refused(
    products: list[dict[str, Any]], path: str
) -> None:
    """Duplicates, kits of nothing and kits in circles are errors at their path."""
    with pytest.raises(InvalidConfiguration) as caught:
        Catalog(load(tuple[Product, ...], products))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": {}}, "$.name"),
        ({"name": {"en": " "}}, "$.name"),
        ({"name": "Dress"}, "$.name"),
        ({"variants": []}, "$.variants"),
        ({"variants": [{"sku": " A"}]}, "$.variants[0].sku"),
        ({"variants": [{"sku": "A", "gtin": "4006381333932"}]}, "$.variants[0]"),
        ({"variants": [{"sku": "A", "colour": "red"}]}, "$.variants[0].colour"),
        ({"variants": [{"sku": "A", "components": [{"sku": "B", "quantity": 0}]}]}, None),
        ({"measure": "stone"}, "$.measure"),
        ({"categories": "clothes"}, "$.categories"),
        ({"price": "3 EUR"}, "$.price"),
    ],
)
def test_malformed_products_name_the_path(change: dict[str, Any], path: str | None) -> None:
    """Each mistake in a product's JSON is an error at its path."""
    with pytest.raises(InvalidConfiguration) as caught:
        load(Product, {**product("A"), **change})
    expected = path or "$.variants[0].components[0].quantity"
    assert caught.value.path.startswith(expected)


def test_one_category_is_not_its_letters() -> None:
    """A text where several names are meant is refused, not taken apart."""
    with pytest.raises(InvalidValue, match="several names"):
        Product(
            product_id="a",
            name={"en": "A"},
            categories="clothes",
            variants=(Variant(sku=Sku("A")),),
        )
