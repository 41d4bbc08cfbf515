"""Fingerprints of configurations: equal content, equal text, on any machine."""

from __future__ import annotations

import hashlib
from operator import attrgetter
from typing import Final

import attrs

from omnicommerce.kernel.documents import canonical
from omnicommerce.pricing.model import PriceRow, PricingConfiguration

__all__ = ["fingerprint"]

_DIGITS: Final = 16
_ROW: Final = attrgetter(*(field.name for field in attrs.fields(PriceRow)))
_UNORDERED: Final = frozenset({"products", "rows", "promotions"})


def fingerprint(configuration: PricingConfiguration) -> str:
    """Return 16 hexadecimal digits that name the content of a configuration.

    The order of products, rows and promotions is no content; that of lists and
    windows is, as it decides which row wins.
    """
    digest = hashlib.sha256()
    for field in attrs.fields(PricingConfiguration):
        value = getattr(configuration, field.name)
        texts = map(_item, value) if isinstance(value, tuple) else [str(value)]
        for text in sorted(texts) if field.name in _UNORDERED else texts:
            digest.update(text.encode())
            digest.update(b"\n")
        digest.update(f"[{field.name}]\n".encode())
    return digest.hexdigest()[:_DIGITS]


def _item(value: object) -> str:
    """Return the canonical text of one item; there can be very many rows, so they are quick."""
    return repr(_ROW(value)) if type(value) is PriceRow else canonical(value)
