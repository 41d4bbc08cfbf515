"""What a good plan is: objectives as data, each a figure per parcel or per unit, less is better.

Every objective is a sum over the parcels and the units of a plan, so objectives can be ranked,
weighed and mixed in any way, and the best plan can be found and proved whatever the mix.
"""

from __future__ import annotations

from typing import ClassVar, Final, TypeAlias

import attrs

from omnicommerce.kernel.documents import JSON_SCHEMA, register_atoms
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.predicates import Predicate
from omnicommerce.kernel.quantity import valid_quantity

__all__ = [
    "FARTHEST_METRES",
    "Cost",
    "Distance",
    "FromCollectionPoint",
    "LeadTime",
    "Load",
    "MarkdownRisk",
    "MostStock",
    "Objective",
    "Prefer",
    "Priority",
    "Score",
    "SingleObjective",
    "Splits",
    "Stay",
    "StockAge",
    "Weighted",
    "WeightedTerm",
]

FARTHEST_METRES: Final = 20_100_000
"""More than half the way around the Earth: how far away a place is that nobody located."""


@attrs.frozen
class Splits:
    """Few parcels: each counts 1."""

    label: ClassVar[str] = "splits"


@attrs.frozen
class Distance:
    """Short ways: the metres of each parcel; a place that nobody located is farthest."""

    label: ClassVar[str] = "distance"


@attrs.frozen
class Cost:
    """Low cost of shipping, in minor units: of each parcel, and of each unit in it."""

    label: ClassVar[str] = "cost"


@attrs.frozen
class LeadTime:
    """Soon there: the minutes of each parcel."""

    label: ClassVar[str] = "lead_time"


@attrs.frozen
class Load:
    """Spare busy places: each parcel counts the load of its place."""

    label: ClassVar[str] = "load"


@attrs.frozen
class Priority:
    """In the shop's own order: each unit counts the priority of its place, 0 being the first."""

    label: ClassVar[str] = "priority"


@attrs.frozen
class StockAge:
    """Old stock first: each unit counts its days in stock, and more is better."""

    label: ClassVar[str] = "stock_age"


@attrs.frozen
class MarkdownRisk:
    """What would have to be marked down first: each unit counts its risk, and more is better."""

    label: ClassVar[str] = "markdown_risk"


@attrs.frozen
class MostStock:
    """Where there is most: each unit counts what its place has free, and more is better."""

    label: ClassVar[str] = "most_stock"


@attrs.frozen
class FromCollectionPoint:
    """From where the customer collects: each unit from elsewhere counts 1."""

    label: ClassVar[str] = "from_collection_point"


@attrs.frozen
class Stay:
    """Where the order has it already: each unit counts 1 where it holds nothing of its SKU."""

    label: ClassVar[str] = "stay"


@attrs.frozen
class Prefer:
    """Places of one sort first: each parcel from a place that does not satisfy it counts 1.

    Args:
        condition: Over the same facts as eligibility, such as the country of the customer.
    """

    label: ClassVar[str] = "prefer"

    condition: Predicate


@attrs.frozen
class Score:
    """A figure of the shop's own: each parcel counts it; a place without it counts 0.

    Args:
        name: Under which the candidates carry it.
    """

    label: ClassVar[str] = "score"

    name: str = attrs.field(validator=valid_id)


SingleObjective: TypeAlias = (
    Splits
    | Distance
    | Cost
    | LeadTime
    | Load
    | Priority
    | StockAge
    | MarkdownRisk
    | MostStock
    | FromCollectionPoint
    | Stay
    | Prefer
    | Score
)


@attrs.frozen
class WeightedTerm:
    """One objective of a mix, and how many points each of its units counts.

    Args:
        objective: What is counted.
        weight: Points for one metre, minor unit, parcel and so on.
    """

    objective: SingleObjective
    weight: int = attrs.field(default=1, validator=valid_quantity)


def _terms(terms: tuple[WeightedTerm, ...]) -> tuple[WeightedTerm, ...]:
    return tuple(terms)


@attrs.frozen
class Weighted:
    """A mix of objectives, in whole points.

    Args:
        terms: What is mixed.
    """

    label: ClassVar[str] = "weighted"

    terms: tuple[WeightedTerm, ...] = attrs.field(
        converter=_terms, metadata={JSON_SCHEMA: {"minItems": 1}}
    )

    @terms.validator
    def _check_terms(self, _: object, terms: tuple[WeightedTerm, ...]) -> None:
        if not terms:
            raise InvalidValue("terms", "a mix needs at least one objective")


Objective: TypeAlias = SingleObjective | Weighted
"""One rank of a policy."""

register_atoms(SingleObjective, Weighted)
