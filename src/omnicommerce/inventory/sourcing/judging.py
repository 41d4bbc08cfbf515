"""A plan that somebody made by hand, held against a request: what it breaks, and its scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from omnicommerce.inventory.sourcing.decide import NO_RULES
from omnicommerce.inventory.sourcing.eligibility import OwnRules, reasons_against
from omnicommerce.inventory.sourcing.figures import parcel_figure, unit_figure
from omnicommerce.inventory.sourcing.model import (
    Allocation,
    CapacityUnit,
    SourcingPolicy,
    SourcingRequest,
)
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.reasons import Reason

__all__ = ["Judgement", "judged"]


@attrs.frozen(kw_only=True)
class Judgement:
    """What there is to say against some allocations, and how good they are.

    Args:
        reasons: The rules that they break; none: the plan may be held.
        scores: Units short, then the score of each objective; see `Certificate`.
    """

    reasons: tuple[Reason, ...]
    scores: tuple[int, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether no rule is broken."""
        return not self.reasons


def judged(
    request: SourcingRequest,
    policy: SourcingPolicy,
    allocations: Iterable[Allocation],
    *,
    own_rules: OwnRules = NO_RULES,
) -> Judgement:
    """Hold allocations against a request, such as those that a person chose instead of a plan's.

    Args:
        request: What is wanted, and who may give it.
        policy: What matters.
        allocations: Which units come from where.
        own_rules: Functions for `Opaque` conditions, by name.

    Raises:
        InvalidValue: An allocation names a line or location that the request does not have,
            or another SKU than its line.
    """
    chosen = tuple(sorted(allocations))
    _require_known(request, chosen)
    reasons = (
        *_against_lines(request, policy, chosen),
        *_against_places(request, policy, chosen, own_rules),
    )
    return Judgement(reasons=reasons, scores=_scores(request, policy, chosen, own_rules))


def _require_known(request: SourcingRequest, chosen: Iterable[Allocation]) -> None:
    skus = {line.line_id: line.sku for line in request.lines}
    places = {candidate.location_id for candidate in request.candidates}
    for one in chosen:
        if skus.get(one.line_id) != one.sku:
            raise InvalidValue("allocations", f"no line {one.line_id!r} wants {one.sku!r}")
        if one.location_id not in places:
            raise InvalidValue("allocations", f"{one.location_id!r} is no candidate")


def _against_lines(
    request: SourcingRequest, policy: SourcingPolicy, chosen: tuple[Allocation, ...]
) -> Iterator[Reason]:
    for line in sorted(request.lines, key=lambda line: line.line_id):
        own = [one for one in chosen if one.line_id == line.line_id]
        found = sum(one.quantity for one in own)
        figures = {"sku": line.sku, "wanted": line.quantity, "found": found}
        if found > line.quantity:
            yield Reason("sourcing.too_much", figures)
        elif found < line.quantity and not policy.allow_partial:
            yield Reason("sourcing.short", figures)
        if len({one.location_id for one in own}) > 1 and not line.may_split:
            yield Reason("sourcing.torn", {"sku": line.sku})
    parcels = len({one.location_id for one in chosen})
    if policy.max_parcels is not None and parcels > policy.max_parcels:
        figures_of_all = {"parcels": parcels, "most": policy.max_parcels}
        yield Reason("sourcing.too_many_parcels", figures_of_all)


def _against_places(
    request: SourcingRequest,
    policy: SourcingPolicy,
    chosen: tuple[Allocation, ...],
    own_rules: OwnRules,
) -> Iterator[Reason]:
    declined = {(one.location_id, one.sku) for one in request.declined}
    for place in sorted(request.candidates, key=lambda candidate: candidate.location_id):
        own = [one for one in chosen if one.location_id == place.location_id]
        if not own:
            continue
        yield from reasons_against(place, request, policy, own_rules)
        for sku, units in sorted(_by_sku(own).items()):
            free = 0
            if (place.location_id, sku) not in declined and sku in place.levels:
                free = max(0, place.levels[sku].free)
            if units > free:
                figures = {
                    "sku": sku,
                    "location": place.location_id,
                    "wanted": units,
                    "available": free,
                }
                yield Reason("sourcing.over_free", figures)
        capacity = place.capacity
        counted = capacity is not None and capacity.counts is CapacityUnit.UNITS
        if capacity and counted and sum(one.quantity for one in own) > capacity.left:
            yield Reason("sourcing.no_capacity", {"location": place.location_id})


def _by_sku(allocations: Iterable[Allocation]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for one in allocations:
        found[one.sku] = found.get(one.sku, 0) + one.quantity
    return found


def _scores(
    request: SourcingRequest,
    policy: SourcingPolicy,
    chosen: tuple[Allocation, ...],
    own_rules: OwnRules,
) -> tuple[int, ...]:
    places = {candidate.location_id: candidate for candidate in request.candidates}
    used = sorted({one.location_id for one in chosen})
    scores = [sum(line.quantity for line in request.lines) - sum(one.quantity for one in chosen)]
    for objective in policy.objectives:
        parcels = [parcel_figure(objective, places[j], request, own_rules) for j in used]
        units = [
            one.quantity * unit_figure(objective, place, place.levels[one.sku], request)
            for one in chosen
            if one.sku in (place := places[one.location_id]).levels
        ]
        scores.append(sum(parcels) + sum(units))
    return tuple(scores)
