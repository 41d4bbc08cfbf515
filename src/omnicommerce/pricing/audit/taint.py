"""What of a configuration mentions a channel, and what of that comes to something different."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeAlias, get_args

import attrs

from omnicommerce.kernel.predicates import ALWAYS, NEVER, OneOf, Opaque, Predicate
from omnicommerce.pricing.audit.artefacts import Artefact, ArtefactKind, Mention
from omnicommerce.pricing.audit.lens import Lens
from omnicommerce.pricing.audit.logic import Atom, atoms, key, simplify
from omnicommerce.pricing.audit.row_taint import row_artefacts, row_sign
from omnicommerce.pricing.effects import EarnPoints, OpaqueEffect
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.parity_model import ParityLevel
from omnicommerce.pricing.promotions import Promotion, Status, Target

__all__ = ["Taint", "opaque_names", "opaque_places"]

_Form: TypeAlias = Any
"""Nested tuples and texts: equal exactly when two artefacts are written the same."""

_PRODUCT_FIELDS: Final = frozenset({"on", "among", "bought", "untouchable"})
"""Fields with predicates over the facts of products; all others ask about the situation."""

_APART: Final = frozenset(
    {"products", "rows", "lists", "windows", "parity_groups", "parity_exceptions", "channel_facts"}
    | {"delivery_methods"}  # what delivery costs before promotions is outside parity
)
_PREDICATES: Final = get_args(Predicate)
_TAX_FACTS: Final = frozenset({"country", "region"})


def _members(value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Yield field name, path and value of what a value is made of."""
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            if not field.name.startswith("_"):
                yield field.name, f"{path}.{field.name}", getattr(value, field.name)
    elif isinstance(value, tuple | list):
        for number, member in enumerate(value):
            yield "", f"{path}[{number}]", member
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield "", f"{path}.{name}", member


def _predicates(value: Any, path: str, field: str = "") -> Iterator[tuple[str, Predicate, bool]]:
    """Yield path and predicate of a value, and whether it asks about the situation."""
    if isinstance(value, _PREDICATES):
        yield path, value, field not in _PRODUCT_FIELDS
        return
    for name, place, member in _members(value, path):
        yield from _predicates(member, place, name or field)


def situation_atoms(value: Any, path: str) -> Iterator[tuple[str, Atom]]:
    """Walk the atoms of every predicate over the situation inside a value, with their paths."""
    for place, predicate, is_situational in _predicates(value, path):
        if is_situational:
            yield from atoms(predicate, place)


def opaque_places(configuration: PricingConfiguration) -> tuple[str, ...]:
    """Return the paths of all code in a configuration: nothing can be proved of it."""
    found: list[str] = []
    for path, value in _top(configuration):
        if isinstance(value, Promotion):
            if value.status is not Status.ACTIVE:
                continue
            if isinstance(value.effect, OpaqueEffect):
                found.append(f"{path}.effect")
        found += [
            place
            for where, predicate, _ in _predicates(value, path)
            for place, atom in atoms(predicate, where)
            if isinstance(atom, Opaque)
        ]
    return tuple(found)


def _top(configuration: PricingConfiguration) -> Iterator[tuple[str, Any]]:
    """Yield each artefact with its path: the members of collections, and all other fields."""
    for field in attrs.fields(PricingConfiguration):
        value = getattr(configuration, field.name)
        if field.name in _APART and field.name != "lists":
            continue
        if isinstance(value, tuple):
            for number, member in enumerate(value):
                yield f"$.{field.name}[{number}]", member
        else:
            yield f"$.{field.name}", value


def opaque_names(configuration: PricingConfiguration) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the functions that conditions and effects ask for."""
    effects: set[str] = set()
    conditions: set[str] = set()
    for path, value in _top(configuration):
        if isinstance(value, Promotion):
            terms = [value.effect, *(term.effect for term in value.in_currencies.values())]
            effects |= {effect.name for effect in terms if isinstance(effect, OpaqueEffect)}
        for where, predicate, _ in _predicates(value, path):
            found = atoms(predicate, where)
            conditions |= {atom.name for _, atom in found if isinstance(atom, Opaque)}
    return frozenset(conditions), frozenset(effects)


@attrs.frozen
class Taint:
    """What channel-dependence the audit of one group starts from.

    Args:
        configuration: Prices and promotions.
        lenses: The channels of the group.
        at: The instant of the audit; what has ended by then is left out.
        level: Up to where prices are compared.
    """

    configuration: PricingConfiguration
    lenses: tuple[Lens, ...]
    at: datetime
    level: ParityLevel

    @cached_property
    def facts(self) -> frozenset[str]:
        """The facts that do not appear the same in every channel; the channel is one."""
        names = {"channel", "role", "history", "company", "delivery"}
        for lens in self.lenses:
            names |= lens.facts.unknown | set(lens.facts.always) | set(lens.facts.only)
        return frozenset(name for name in names if self._differs(name))

    def _differs(self, fact: str) -> bool:
        return len({lens.sight(fact) for lens in self.lenses}) > 1

    def is_derived(self, fact: str) -> bool:
        """Tell whether a fact of a condition follows from the channel."""
        return fact in self.facts or (fact.startswith("history.") and "history" in self.facts)

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Every place that names the channel or something that follows from it."""
        return tuple(
            Mention(place, atom.fact)
            for path, value in _top(self.configuration)
            for place, atom in self._tainted(value, path)
        )

    def _tainted(self, value: Any, path: str) -> Iterator[tuple[str, Any]]:
        for place, atom in situation_atoms(value, path):
            fact = getattr(atom, "fact", None)
            if isinstance(fact, str) and self.is_derived(fact):
                yield place, atom

    @cached_property
    def artefacts(self) -> tuple[Artefact, ...]:
        """What is not the same in every channel once the channel is known."""
        found = [
            artefact
            for path, value in _top(self.configuration)
            for artefact in self._differing(path, value)
        ]
        found += row_artefacts(self.configuration, self.lenses, self.at, self.facts)
        return (*found, *self._direct())

    @cached_property
    def kindred(self) -> tuple[tuple[Lens, ...], ...]:
        """The channels in groups for which all of this comes to the same."""
        found: dict[Any, list[Lens]] = {}
        values = dict(_top(self.configuration))
        names = sorted(self.facts - {"channel"})
        skus = {sku for artefact in self.artefacts for sku in artefact.skus}
        for lens in self.lenses:
            forms = [
                self.form(values[artefact.path], lens)
                for artefact in self.artefacts
                if artefact.kind in {ArtefactKind.PROMOTION, ArtefactKind.OTHER}
            ]
            rows = row_sign(self.configuration, lens, self.at, self.facts, skus)
            key = (tuple(forms), tuple(map(lens.sight, names)), rows)
            found.setdefault(key, []).append(lens)
        return tuple(map(tuple, found.values()))

    def _differing(self, path: str, value: Any) -> Iterator[Artefact]:
        mentions = [place for place, _ in self._tainted(value, path)]
        if not mentions or path.startswith("$.lists[") or self._is_invisible(value):
            return
        if len({self.form(value, lens) for lens in self.lenses}) > 1:
            kind = ArtefactKind.PROMOTION if isinstance(value, Promotion) else ArtefactKind.OTHER
            whens = tuple(
                inner for _, inner, situational in _predicates(value, path) if situational
            )
            yield Artefact(kind, path, tuple(mentions), whens=whens)

    def form(self, value: Any, lens: Lens, field: str = "") -> _Form:
        """Return what of a value is left in a channel; None: nothing."""
        if isinstance(value, _PREDICATES):
            if field in _PRODUCT_FIELDS:
                return key(simplify(value))
            return self._answers(value, lens)
        if isinstance(value, Promotion) and value.status is not Status.ACTIVE:
            return None
        when = getattr(value, "when", None)
        if field == "" and when is not None and self._is_gone(when, lens):
            return None
        if attrs.has(type(value)) or isinstance(value, tuple | list | Mapping):
            parts = [
                (place, self.form(member, lens, name or "-"))
                for name, place, member in _members(value, "")
            ]
            return (type(value).__name__, *sorted(parts, key=lambda part: part[0]))
        return tuple(sorted(value)) if isinstance(value, frozenset) else repr(value)

    def _answers(self, predicate: Predicate, lens: Lens) -> _Form:
        """Return what a condition comes to; a trace also tells which parts of it fail."""
        whole = key(lens.predicate(predicate, self.at))
        if self.level is not ParityLevel.TRACE:
            return whole
        parts = [key(lens.predicate(atom, self.at)) for _, atom in atoms(predicate)]
        return (whole, *parts)

    def _is_gone(self, when: Predicate, lens: Lens) -> bool:
        """Tell whether nobody will notice what only counts then."""
        return self.level is not ParityLevel.TRACE and lens.predicate(when, self.at) == NEVER

    def _is_invisible(self, value: Any) -> bool:
        """Tell whether the group's level does not show what a promotion gives."""
        if not isinstance(value, Promotion) or value.exclusive or value.family or value.group:
            return False
        if isinstance(value.effect, EarnPoints):
            return self.level.number < ParityLevel.POINTS.number
        return (
            value.target is Target.DELIVERY
            and self.level.number < ParityLevel.PAYABLE.number
            and not self._asks_delivery
        )

    @cached_property
    def _asks_delivery(self) -> bool:
        """Whether a condition or effect looks at what delivery costs by now."""
        return any(
            str(getattr(atom, "fact", "")).startswith(("delivery.", "total."))
            for path, value in _top(self.configuration)
            for _, atom in situation_atoms(value, path)
        )

    def _direct(self) -> Iterator[Artefact]:
        """Yield facts that reach the price without any condition, and follow from the channel."""
        facts = {"currency"} & self.facts
        if getattr(self.configuration, "tax", None) is not None:
            facts |= _TAX_FACTS & self.facts
        if self.level.number < ParityLevel.PAYABLE.number:
            facts -= _TAX_FACTS
        for number, item in enumerate(self.configuration.channel_facts):
            named = item.unknown | set(item.always) | set(item.only)
            if facts & named and item.channel in {lens.channel for lens in self.lenses}:
                path = f"$.channel_facts[{number}]"
                yield Artefact(ArtefactKind.FACTS, path, (path,), whens=(ALWAYS,))
        if "customer" in self.facts:
            yield from self._personal_codes()

    def _personal_codes(self) -> Iterator[Artefact]:
        """Yield codes of one customer, where some channel does not know who buys."""
        for number, code in enumerate(self.configuration.codes):
            asking = self._asking(code.unlocks)
            if code.customer_id is not None and asking:
                path = f"$.codes[{number}]"
                places = (f"{path}.customer_id",)
                yield Artefact(ArtefactKind.OTHER, path, places, promotions=asking)

    def _asking(self, value: str) -> tuple[int, ...]:
        """Return the positions of the promotions that ask for what a code unlocks."""
        return tuple(
            number
            for number, promotion in enumerate(self.configuration.promotions)
            if any(
                isinstance(atom, OneOf) and atom.fact == "code" and value in atom.values
                for _, atom in situation_atoms(promotion, "$")
            )
        )
