"""Products, their variants, and kits of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from omnicommerce.catalog.gtin import normalise_gtin
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import Sku, require_id, valid_id
from omnicommerce.kernel.quantity import Measure, valid_quantity

__all__ = ["Component", "Product", "Variant"]


def _texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    if not isinstance(texts, Mapping):
        raise InvalidValue("texts", f"must be texts by name, not {texts!r}")
    return MappingProxyType({name: texts[name] for name in sorted(texts)})


def _names(names: Iterable[str]) -> frozenset[str]:
    if isinstance(names, str):
        raise InvalidValue("categories", f"must be several names, not the text {names!r}")
    return frozenset(names)


def _valid_names(_: object, attribute: attrs.Attribute[Any], names: Iterable[str]) -> None:
    for name in names:
        require_id(name, attribute.name)


def _valid_texts(_: object, attribute: attrs.Attribute[Any], texts: Mapping[str, Any]) -> None:
    for name, text in texts.items():
        require_id(name, attribute.name)
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            raise InvalidValue(attribute.name, f"{name!r} must be printable text, not {text!r}")


def _components(components: Iterable[Component]) -> tuple[Component, ...]:
    return tuple(components)


def _variants(variants: Iterable[Variant]) -> tuple[Variant, ...]:
    return tuple(variants)


@attrs.frozen
class Component:
    """What one kit holds of a SKU, in its smallest unit."""

    sku: Sku = attrs.field(validator=valid_id)
    quantity: int = attrs.field(default=1, validator=valid_quantity)


@attrs.frozen(kw_only=True)
class Variant:
    """One thing that can be bought: a product in one size, colour or pack.

    Args:
        sku: Identity in stock, prices and carts.
        options: What sets it apart from its siblings, such as ``{"size": "M"}``.
        gtin: Its barcode in any length; kept as 14 digits.
        components: What it consists of, if it is a kit: stock is kept of the
            components, never of the kit.
    """

    sku: Sku = attrs.field(validator=valid_id)
    options: Mapping[str, str] = attrs.field(
        factory=dict, converter=_texts, validator=_valid_texts, hash=False
    )
    gtin: str | None = attrs.field(
        default=None, converter=attrs.converters.optional(normalise_gtin)
    )
    components: tuple[Component, ...] = attrs.field(default=(), converter=_components)


@attrs.frozen(kw_only=True)
class Product:
    """What customers recognise as one article, with the variants they choose from.

    Args:
        product_id: Identity.
        name: What it is called, by language such as ``en`` or ``es-MX``; one is needed.
        categories: Every category it belongs to, parents included.
        attributes: Further facts that promotions may ask for, such as ``{"brand": "Alma"}``.
        measure: What one unit of its quantity is; weighed goods are sold by the gram.
        tax_class: By which it is taxed; None: by the shop's default class.
        variants: At least one.
    """

    product_id: str = attrs.field(validator=valid_id)
    name: Mapping[str, str] = attrs.field(converter=_texts, validator=_valid_texts, hash=False)
    categories: frozenset[str] = attrs.field(
        default=frozenset(), converter=_names, validator=_valid_names
    )
    attributes: Mapping[str, str] = attrs.field(
        factory=dict, converter=_texts, validator=_valid_texts, hash=False
    )
    measure: Measure = Measure.EACH
    tax_class: str | None = attrs.field(default=None, validator=attrs.validators.optional(valid_id))
    variants: tuple[Variant, ...] = attrs.field(converter=_variants)

    def __attrs_post_init__(self) -> None:
        """Refuse a product nobody could name or buy."""
        if not self.name:
            raise InvalidValue("name", f"product {self.product_id!r} needs a name in one language")
        if not self.variants:
            raise InvalidValue("variants", f"product {self.product_id!r} needs a variant")

    def called(self, language: str) -> str:
        """Return its name in a language such as ``es-MX``, else ``es``, else English, else any."""
        wanted = (language, language.replace("_", "-").partition("-")[0], "en", min(self.name))
        return next(self.name[each] for each in wanted if each in self.name)
