"""Sourcing: which locations give what for a demand, why, and how that is held and changed."""

from __future__ import annotations

from omnicommerce.inventory.sourcing.batch import (
    OpenOrder,
    reroute_all,
)
from omnicommerce.inventory.sourcing.candidates import (
    candidate_of,
    figures_of,
    with_figures,
)
from omnicommerce.inventory.sourcing.decide import (
    source,
)
from omnicommerce.inventory.sourcing.eligibility import (
    OwnRules,
)
from omnicommerce.inventory.sourcing.errors import (
    SourcingRefused,
)
from omnicommerce.inventory.sourcing.grouping import (
    Claim,
    LocationGroup,
    Shift,
    group_free,
    make_room,
    room_at,
    spread,
)
from omnicommerce.inventory.sourcing.holding import (
    capacity_account,
    plan_demands,
    stock_demands,
)
from omnicommerce.inventory.sourcing.improving import (
    EXACT_PLACES,
)
from omnicommerce.inventory.sourcing.judging import (
    Judgement,
    judged,
)
from omnicommerce.inventory.sourcing.model import (
    Allocation,
    Candidate,
    Capacity,
    CapacityUnit,
    Certificate,
    Considered,
    Declined,
    DemandLine,
    Level,
    LocationKind,
    Shortfall,
    SourcingPlan,
    SourcingPolicy,
    SourcingRequest,
    Verdict,
)
from omnicommerce.inventory.sourcing.objectives import (
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
    WeightedTerm,
)
from omnicommerce.inventory.sourcing.packages import (
    Package,
    packages,
)
from omnicommerce.inventory.sourcing.rerouting import (
    Move,
    OpenAllocation,
    Rerouting,
    reroute,
)
from omnicommerce.inventory.sourcing.service import (
    Sourcing,
)

__all__ = [
    "EXACT_PLACES",
    "Allocation",
    "Candidate",
    "Capacity",
    "CapacityUnit",
    "Certificate",
    "Claim",
    "Considered",
    "Cost",
    "Declined",
    "DemandLine",
    "Distance",
    "FromCollectionPoint",
    "Judgement",
    "LeadTime",
    "Level",
    "Load",
    "LocationGroup",
    "LocationKind",
    "MarkdownRisk",
    "MostStock",
    "Move",
    "Objective",
    "OpenAllocation",
    "OpenOrder",
    "OwnRules",
    "Package",
    "Prefer",
    "Priority",
    "Rerouting",
    "Score",
    "Shift",
    "Shortfall",
    "Sourcing",
    "SourcingPlan",
    "SourcingPolicy",
    "SourcingRefused",
    "SourcingRequest",
    "Splits",
    "Stay",
    "StockAge",
    "Verdict",
    "Weighted",
    "WeightedTerm",
    "candidate_of",
    "capacity_account",
    "figures_of",
    "group_free",
    "judged",
    "make_room",
    "packages",
    "plan_demands",
    "reroute",
    "reroute_all",
    "room_at",
    "source",
    "spread",
    "stock_demands",
    "with_figures",
]
