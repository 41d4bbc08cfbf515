"""What changed from one configuration to the next: facts for the record."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from typing import Any, Final

import attrs

from omnicommerce.kernel import documents
from omnicommerce.pricing.fingerprint import fingerprint, texts_of
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.promotions import Promotion, Status

__all__ = ["ChangeKind", "ConfigurationChanged", "PartChanged", "changes"]

_NAMED: Final = {
    "products": "sku",
    "lists": "list_id",
    "windows": "window_id",
    "promotions": "promotion_id",
    "codes": "code",
    "surcharges": "surcharge_id",
}
"""Parts that have an identity, and the field that holds it."""


class ChangeKind(enum.StrEnum):
    """What happened to a part of a configuration."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    DRAFTED = "drafted"
    ACTIVATED = "activated"
    ARCHIVED = "archived"


@attrs.frozen(kw_only=True)
class PartChanged:
    """One part of a configuration is there, gone or different.

    Args:
        kind: What happened; of promotions also what they became.
        part: The part, such as ``promotions`` or ``tax``.
        identity: Which of them; None: the part is one whole.
        fields: The names of the fields that differ; empty where all do.
    """

    kind: ChangeKind
    part: str
    identity: str | None = None
    fields: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ConfigurationChanged:
    """One configuration took the place of another: what an audit keeps.

    Args:
        before: Fingerprint of the old one.
        after: Fingerprint of the new one.
        parts: What differs; empty where nothing does.
    """

    before: str
    after: str
    parts: tuple[PartChanged, ...]


def changes(old: PricingConfiguration, new: PricingConfiguration) -> ConfigurationChanged:
    """Say what differs between two configurations, part by part, in canonical order.

    Price rows are one whole: there can be very many.
    """
    found: list[PartChanged] = []
    for field in attrs.fields(PricingConfiguration):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name in _NAMED:
            found += _of_named(field.name, before, after)
        elif texts_of(field.name, before) != texts_of(field.name, after):
            found.append(PartChanged(kind=ChangeKind.CHANGED, part=field.name))
    return ConfigurationChanged(before=fingerprint(old), after=fingerprint(new), parts=tuple(found))


def _of_named(part: str, before: Iterable[Any], after: Iterable[Any]) -> Iterator[PartChanged]:
    name = _NAMED[part]
    old = {getattr(item, name): item for item in before}
    new = {getattr(item, name): item for item in after}
    for identity in sorted(old.keys() | new.keys()):
        if identity not in new:
            yield PartChanged(kind=ChangeKind.REMOVED, part=part, identity=identity)
        elif identity not in old:
            kind = _kind(None, new[identity])
            yield PartChanged(kind=kind, part=part, identity=identity)
        elif documents.canonical(old[identity]) != documents.canonical(new[identity]):
            yield PartChanged(
                kind=_kind(old[identity], new[identity]),
                part=part,
                identity=identity,
                fields=_differing(old[identity], new[identity]),
            )


def _kind(old: Any, new: Any) -> ChangeKind:
    """Return what happened; a promotion that is in another state of its life became that."""
    if not isinstance(new, Promotion) or (isinstance(old, Promotion) and old.status is new.status):
        return ChangeKind.ADDED if old is None else ChangeKind.CHANGED
    return {
        Status.DRAFT: ChangeKind.DRAFTED,
        Status.ACTIVE: ChangeKind.ACTIVATED,
        Status.ARCHIVED: ChangeKind.ARCHIVED,
    }[new.status]


def _differing(old: Any, new: Any) -> tuple[str, ...]:
    before, after = documents.dump(old), documents.dump(new)
    return tuple(name for name in before if before[name] != after.get(name))
