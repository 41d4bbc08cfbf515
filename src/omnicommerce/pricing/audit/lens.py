"""How a channel sees who buys: facts hidden, fixed or limited by it, in questions and answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs

from omnicommerce.kernel.predicates import ALWAYS, NEVER, AtLeast, During, OneOf, Predicate
from omnicommerce.pricing.audit.logic import Atom, ended, substitute
from omnicommerce.pricing.basket import Basket, Role, Situation
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.parity_model import ChannelFacts

__all__ = ["Lens", "Sight", "lenses"]

Sight: TypeAlias = tuple[str, frozenset[str]]
"""How a fact appears: ``free``, ``unknown``, ``always`` or ``only``, and with which values."""

_FREE: Final[Sight] = ("free", frozenset())
_UNKNOWN: Final[Sight] = ("unknown", frozenset())
_FIELDS: Final = {
    "location": "location",
    "zone": "zone",
    "country": "country",
    "region": "region",
    "currency": "currency",
    "role": "role",
    "payment": "payment",
}
_SETS: Final = {"customer_class": "customer_classes", "code": "codes"}
_ATTRIBUTE: Final = "attribute."
_ANOTHER: Final = "another"
"""The delivery method in place of one that the channel does not offer."""


@attrs.frozen
class Lens:
    """One channel, and what it makes of the facts.

    Args:
        channel: The channel.
        facts: What is declared of it.
        currency: The currency of who names none.
        offered: Delivery methods that the channel offers; None: all that there are.
    """

    channel: str
    facts: ChannelFacts
    currency: str
    offered: frozenset[str] | None = None

    def sight(self, fact: str) -> Sight:
        """Return how a fact appears in this channel."""
        if fact == "channel":
            return ("always", frozenset({self.channel}))
        if fact.startswith("history"):
            hidden = {"history", "customer"} & self.facts.unknown
            return _UNKNOWN if hidden else _FREE
        if fact in self.facts.unknown or (fact == "company" and "customer" in self.facts.unknown):
            # Who names no currency is priced in the main one.
            return ("always", frozenset({self.currency})) if fact == "currency" else _UNKNOWN
        for kind, values in (("always", self.facts.always), ("only", self.facts.only)):
            if fact in values:
                return (kind, values[fact])
        if fact == "delivery" and self.offered is not None:
            return ("only", self.offered)
        return self._role() if fact == "role" else _FREE

    def _role(self) -> Sight:
        """Return how a role appears that is declared nowhere: it follows from the customer."""
        if "customer" in self.facts.unknown:
            return ("only", frozenset({Role.ANONYMOUS, Role.STAFF}))
        if "customer" in self.facts.always:
            return ("only", frozenset({Role.CUSTOMER, Role.STAFF}))
        return _FREE

    def predicate(self, predicate: Predicate, at: datetime) -> Predicate:
        """Return what is left of a predicate once the channel is known, from an instant on."""

        def replace(atom: Atom) -> Predicate:
            match atom:
                case During(window) if ended(window, at):
                    return NEVER
                case OneOf():
                    return self._text(atom)
                case AtLeast() if atom.minimum <= 0:
                    return ALWAYS
                case AtLeast() if self.sight(atom.fact) is _UNKNOWN:
                    return NEVER  # who has no history has ordered nothing, no day ago
                case _:
                    return atom

        return substitute(predicate, replace)

    def _text(self, atom: OneOf) -> Predicate:
        kind, values = self.sight(atom.fact)
        if kind == "free":
            return atom
        if atom.fact == "role" and kind != "always":
            # What a hidden role appears as depends on more than the role: another fact.
            return OneOf(f"role as {kind} {sorted(values)}", atom.values)
        common = atom.values & values
        if kind == "always":
            return ALWAYS if common else NEVER
        return OneOf(atom.fact, common) if common else NEVER

    def situation(self, situation: Situation) -> Situation:
        """Return the situation as this channel sees it."""
        changes: dict[str, Any] = {"channel": self.channel}
        for fact, name in _FIELDS.items():
            self._set_single(fact, name, getattr(situation, name), changes)
        for fact, name in _SETS.items():
            kind, values = self.sight(fact)
            if kind != "free":
                changes[name] = _seen(kind, values, getattr(situation, name))
        self._set_customer(situation, changes)
        if situation.attributes or any(_ATTRIBUTE in fact for fact in self.facts.always):
            changes["attributes"] = self._attributes(situation)
        return attrs.evolve(situation, **changes)

    def _set_single(self, fact: str, name: str, value: str | None, changes: dict[str, Any]) -> None:
        kind, values = self.sight(fact)
        if kind == "free":
            return
        given = frozenset() if value is None else frozenset({value})
        seen = _seen(kind, values, given)
        changes[name] = next(iter(seen), None)
        if fact == "role" and changes[name] is not None:
            changes[name] = Role(str(changes[name]))

    def _set_customer(self, situation: Situation, changes: dict[str, Any]) -> None:
        kind, values = self.sight("customer")
        if kind == "unknown":
            changes["customer_id"] = changes["company_id"] = None
        elif kind == "always":
            changes["customer_id"] = min(values)
        if self.sight("history") is _UNKNOWN and situation.history is not None:
            changes["history"] = None

    def _attributes(self, situation: Situation) -> dict[str, frozenset[str]]:
        fixed = {fact.removeprefix(_ATTRIBUTE) for fact in self.facts.always if _ATTRIBUTE in fact}
        found: dict[str, frozenset[str]] = {}
        for name in sorted(fixed | set(situation.attributes)):
            given = situation.attributes.get(name, frozenset())
            kind, values = self.sight(f"{_ATTRIBUTE}{name}")
            seen = given if kind == "free" else _seen(kind, values, given)
            if seen:
                found[name] = seen
        return found

    def basket(self, basket: Basket) -> Basket:
        """Return the basket as it can be in this channel: a delivery it has not is another one."""
        kind, values = self.sight("delivery")
        if kind == "free" or not basket.delivery:
            return basket
        lines = [
            line if line.method in values else attrs.evolve(line, method=_ANOTHER)
            for line in basket.delivery
        ]
        return attrs.evolve(basket, delivery=lines)


def _seen(kind: str, values: frozenset[str], given: frozenset[str]) -> frozenset[str]:
    if kind == "always":
        return values
    return given & values if kind == "only" else frozenset()


def lenses(
    configuration: PricingConfiguration, channels: Iterable[str], at: datetime
) -> tuple[Lens, ...]:
    """Return the lens of each channel, in the order of their names.

    Args:
        configuration: What it declares of channels, and which deliveries they offer.
        channels: The channels.
        at: The instant from which on they are looked through.
    """
    declared = {item.channel: item for item in configuration.channel_facts}
    currency = configuration.currency.code
    found: list[Lens] = []
    for channel in sorted(channels):
        facts = declared.get(channel, ChannelFacts(channel=channel))
        plain = Lens(channel, facts, currency)
        methods = configuration.delivery_methods
        offered = [item for item in methods if plain.predicate(item.when, at) != NEVER]
        if len(offered) < len(methods):
            plain = attrs.evolve(plain, offered=frozenset(item.method_id for item in offered))
        found.append(plain)
    return tuple(found)
