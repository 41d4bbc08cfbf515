"""Who may take part: conditions over the facts of a candidate, and what else rules it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from omnicommerce.inventory.sourcing.model import (
    Candidate,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.inventory.sourcing.objectives import FARTHEST_METRES
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import (
    ALWAYS,
    AllOf,
    AnyOf,
    Fact,
    Facts,
    Not,
    Opaque,
    Predicate,
    failures,
)
from omnicommerce.kernel.reasons import Reason

__all__ = ["OwnRules", "candidate_facts", "reasons_against"]

OwnRules: TypeAlias = Mapping[str, Callable[[Candidate], bool]]
"""Functions of the shop's own for `Opaque` conditions, by name; they must be pure."""


def candidate_facts(
    candidate: Candidate,
    request: SourcingRequest,
    predicate: Predicate,
    own_rules: OwnRules,
) -> Facts:
    """Return the facts that a condition about a candidate may ask for.

    Texts: ``location``, ``kind``, ``zone``, ``country``, ``channel`` (those it may serve) and
    ``attribute.NAME``. Numbers: ``metres``, ``lead_minutes``, ``load``, ``priority``,
    ``parcel_cost``, and ``capacity_left`` where there is a limit. A window asks for the
    instant of the request.

    Raises:
        InvalidValue: The condition asks for a function that nobody gave.
    """
    facts: dict[Any, Fact] = {
        "location": frozenset({candidate.location_id}),
        "kind": frozenset({str(candidate.kind)}),
        "zone": _text(candidate.zone),
        "country": _text(candidate.country),
        "channel": candidate.channels,
        "metres": FARTHEST_METRES if candidate.metres is None else candidate.metres,
        "lead_minutes": candidate.lead_minutes,
        "load": candidate.load,
        "priority": candidate.priority,
        "parcel_cost": candidate.parcel_cost,
    }
    if candidate.capacity is not None:
        facts["capacity_left"] = candidate.capacity.left
    for name, texts in candidate.attributes.items():
        facts[f"attribute.{name}"] = texts
    if request.at is not None:
        facts["at"] = request.at
    for name in _opaque_names(predicate):
        facts[Opaque(name)] = _bound(own_rules, name, candidate)
    return facts


def _text(value: str | None) -> frozenset[str]:
    return frozenset() if value is None else frozenset({value})


def _opaque_names(predicate: Predicate) -> frozenset[str]:
    match predicate:
        case Opaque(name):
            return frozenset({name})
        case AllOf(of) | AnyOf(of):
            return frozenset().union(*map(_opaque_names, of))
        case Not(of):
            return _opaque_names(of)
        case _:
            return frozenset()


def _bound(own_rules: OwnRules, name: str, candidate: Candidate) -> Callable[[], bool]:
    function = own_rules.get(name)
    if function is None:
        raise InvalidValue("eligible", f"nobody gave the function {name!r}")
    return lambda: function(candidate)


def reasons_against(
    candidate: Candidate,
    request: SourcingRequest,
    policy: SourcingPolicy,
    own_rules: OwnRules,
) -> tuple[Reason, ...]:
    """Return why a candidate may not take part whatever the plan; empty if it may.

    The reason that conditions failed is followed by each condition that did.
    """
    place = {"location": candidate.location_id}
    if not _serves(candidate, request.channel):
        return (Reason("sourcing.wrong_channel", {**place, "channel": request.channel}),)
    if policy.eligible != ALWAYS:
        facts = candidate_facts(candidate, request, policy.eligible, own_rules)
        failed = failures(policy.eligible, facts)
        if failed:
            return (Reason("sourcing.not_eligible", place), *failed)
    if candidate.capacity is not None and not candidate.capacity.left:
        return (Reason("sourcing.no_capacity", place),)
    if not any(_has(candidate, line.sku) for line in request.lines):
        return (Reason("sourcing.nothing", place),)
    declined = {one.sku for one in request.declined if one.location_id == candidate.location_id}
    if declined and all(
        line.sku in declined for line in request.lines if _has(candidate, line.sku)
    ):
        return (Reason("sourcing.declined", place),)
    return ()


def _serves(candidate: Candidate, channel: str | None) -> bool:
    return channel is None or not candidate.channels or channel in candidate.channels


def _has(candidate: Candidate, sku: str) -> bool:
    level = candidate.levels.get(sku)
    return level is not None and level.free > 0
