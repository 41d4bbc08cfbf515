"""The published JSON Schema of a configuration."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it has no types

from docs.write_schema import PUBLISHED, text
from omnicommerce.cli.shop_dir import load_pricing, read_shop
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.pricing import PricingConfiguration
from omnicommerce.pricing.schema import json_schema
from tests.audit.clean_shop import clean

SHOP = Path(__file__).parents[2] / "examples" / "shop"
VALIDATOR = Draft202012Validator(json_schema())


def problems(data: Any) -> list[str]:
    """Return where a document is not as the schema says."""
    return [error.json_path for error in VALIDATOR.iter_errors(data)]


def test_the_schema_is_one() -> None:
    """It is valid JSON Schema 2020-12 itself."""
    Draft202012Validator.check_schema(json_schema())


def test_the_published_file_is_up_to_date() -> None:
    """After a change of a class, ``python docs/write_schema.py`` writes it again."""
    assert PUBLISHED.read_text(encoding="utf-8") == text()


def test_the_example_shop_is_valid() -> None:
    """A shop with every feature in use, as it is dumped."""
    assert problems(load_pricing(SHOP).dump()) == []


def test_its_files_are_valid_as_they_are_written() -> None:
    """People write less than what is dumped; that is valid too."""
    written = {
        key: value
        for key, value in read_shop(SHOP).document.items()
        if key in json_schema()["properties"] and key != "products"
    }
    assert problems({**written, "products": []}) == []


def test_the_clean_shop_of_the_audit_is_valid() -> None:
    """Another shop, made by other hands."""
    assert problems(clean().dump()) == []


MALFORMED: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "a currency in small letters": (("currency",), "eur"),
    "a negative amount": (("rows", 0, "amount"), -1),
    "an amount as text": (("rows", 0, "amount"), "89.90"),
    "an unknown field": (("rows", 0, "price"), 8990),
    "an unknown effect": (("promotions", 1, "effect", "type"), "percent"),
    "a field of another effect": (("promotions", 1, "effect", "amount"), 5),
    "a rate without a number": (("promotions", 1, "effect", "rate"), "much"),
    "an unknown condition": (("promotions", 1, "when"), {"type": "unless"}),
    "a naive instant": (("windows", 0, "window", "starts_at"), "2026-11-27T00:00:00"),
    "no units in a set": (("promotions", 7, "effect", "buy"), 0),
    "an unknown word": (("selection",), "best"),
    "a promotion without id": (("promotions", 1, "promotion_id"), ""),
    "an exception without owner": (("parity_exceptions", 0, "owner"), None),
    "a negative limit": (("promotions", 1, "limit_uses"), -5),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_not_valid(name: str) -> None:
    """Where the library refuses a document for its form, so does the schema."""
    place, value = MALFORMED[name]
    data = deepcopy(load_pricing(SHOP).dump())
    *parents, last = place
    holder = data
    for key in parents:
        holder = holder[key]
    holder[last] = value
    assert problems(data)
    with pytest.raises(InvalidConfiguration):
        PricingConfiguration.load(data)


def test_the_file_is_json_that_editors_read() -> None:
    """It names its dialect and itself."""
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert published["$schema"].startswith("https://json-schema.org/draft/2020-12")
    assert published["$id"] == "urn:omnicommerce:pricing:1"
