"""Fingerprints of configurations: equal content, equal text, on any machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from operator import attrgetter
from typing import Final

import attrs

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
        digest.update(f"\n[{field.name}]\n".encode())
        value = getattr(configuration, field.name)
        if field.name not in _UNORDERED:
            digest.update(canonical(value).encode())
            continue
        for text in sorted(map(_item, value)):
            digest.update(text.encode())
            digest.update(b"\n")
    return digest.hexdigest()[:_DIGITS]


def _item(value: object) -> str:
    return repr(_ROW(value)) if type(value) is PriceRow else canonical(value)


def canonical(value: object) -> str:
    """Return a text that is equal for equal configuration values and only for those."""
    if value is None or isinstance(value, (bool, str, int)):
        return repr(value)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(canonical, value)))}}}"
    if isinstance(value, tuple):
        return f"({','.join(map(canonical, value))})"
    if isinstance(value, Mapping):
        pairs = sorted((canonical(key), canonical(item)) for key, item in value.items())
        return f"{{{','.join(f'{key}:{item}' for key, item in pairs)}}}"
    return f"{type(value).__name__}({','.join(_fields(value))})"


def _fields(value: object) -> Iterator[str]:
    for field in attrs.fields(type(value)):  # type: ignore[arg-type] # whatever is left is attrs
        if field.eq:
            yield f"{field.name}={canonical(getattr(value, field.name))}"
