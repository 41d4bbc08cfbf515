"""Fingerprints of configurations: equal content, equal text, on any machine."""

from __future__ import annotations

import hashlib
from operator import attrgetter
from typing import Any, Final

import attrs

from omnicommerce.kernel.documents import canonical
from omnicommerce.pricing.model import PriceRow, PricingConfiguration

__all__ = ["fingerprint", "texts_of"]

_DIGITS: Final = 16
_ROW: Final = attrgetter(*(field.name for field in attrs.fields(PriceRow)))
_UNORDERED: Final = frozenset(
    {"codes", "guards", "parity_exceptions", "parity_groups", "products", "promotions", "rows"}
)


def fingerprint(configuration: PricingConfiguration) -> str:
    """Return 16 hexadecimal digits that name the content of a configuration.

    The order of products, rows and promotions is no content; that of lists and
    windows is, as it decides which row wins.
    """
    digest = hashlib.sha256()
    for field in attrs.fields(PricingConfiguration):
        for text in texts_of(field.name, getattr(configuration, field.name)):
            digest.update(text.encode())
            digest.update(b"\n")
        digest.update(f"[{field.name}]\n".encode())
    return digest.hexdigest()[:_DIGITS]


def texts_of(part: str, value: Any) -> list[str]:
    """Return a part's content as texts that are equal where the content is."""
    texts = [_item(item) for item in value] if isinstance(value, tuple) else [_item(value)]
    return sorted(texts) if part in _UNORDERED else texts


def _item(value: object) -> str:
    """Return the canonical text of one item; there can be very many rows, so they are quick."""
    return repr(_ROW(value)) if type(value) is PriceRow else canonical(value)
