"""What a parcel and what a unit from a candidate count for an objective."""

from __future__ import annotations

from typing import Final

from omnicommerce.inventory.sourcing.eligibility import OwnRules, candidate_facts
from omnicommerce.inventory.sourcing.model import Candidate, Level, SourcingRequest
from omnicommerce.inventory.sourcing.objectives import (
    FARTHEST_METRES,
    Cost,
    Distance,
    FromCollectionPoint,
    LeadTime,
    Load,
    MarkdownRisk,
    MostStock,
    Objective,
    Prefer,
    Priority,
    Score,
    Splits,
    Stay,
    StockAge,
    Weighted,
)
from omnicommerce.kernel.predicates import holds

__all__ = ["depends_on_level", "parcel_figure", "unit_figure"]

_BY_LEVEL: Final = (StockAge, MarkdownRisk, MostStock, Stay)
"""Objectives whose figure of a unit differs between the SKUs of one place."""


def parcel_figure(
    objective: Objective, candidate: Candidate, request: SourcingRequest, own_rules: OwnRules
) -> int:
    """Return what a parcel from a candidate counts for an objective; never negative."""
    match objective:
        case Splits():
            figure = 1
        case Distance():
            figure = FARTHEST_METRES if candidate.metres is None else candidate.metres
        case Cost():
            figure = candidate.parcel_cost
        case LeadTime():
            figure = candidate.lead_minutes
        case Load():
            figure = candidate.load
        case Score(name):
            figure = candidate.scores.get(name, 0)
        case Prefer(condition):
            facts = candidate_facts(candidate, request, condition, own_rules)
            figure = 0 if holds(condition, facts) else 1
        case Weighted(terms):
            figure = sum(
                term.weight * parcel_figure(term.objective, candidate, request, own_rules)
                for term in terms
            )
        case _:
            figure = 0
    return figure


def unit_figure(
    objective: Objective, candidate: Candidate, level: Level, request: SourcingRequest
) -> int:
    """Return what a unit from a candidate counts for an objective; negative is good."""
    match objective:
        case Cost():
            figure = candidate.unit_cost
        case Priority():
            figure = candidate.priority
        case StockAge():
            figure = -level.age_days
        case MarkdownRisk():
            figure = -level.markdown_risk
        case MostStock():
            figure = -max(0, level.free)
        case Stay():
            figure = 0 if level.held else 1
        case FromCollectionPoint():
            figure = 0 if candidate.location_id == request.collect_at else 1
        case Weighted(terms):
            figure = sum(
                term.weight * unit_figure(term.objective, candidate, level, request)
                for term in terms
            )
        case _:
            figure = 0
    return figure


def depends_on_level(objective: Objective) -> bool:
    """Tell whether a unit's figure depends on what the place has of its SKU."""
    if isinstance(objective, Weighted):
        return any(depends_on_level(term.objective) for term in objective.terms)
    return isinstance(objective, _BY_LEVEL)
