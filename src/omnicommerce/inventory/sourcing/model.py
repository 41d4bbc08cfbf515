"""The nouns of sourcing: what is wanted, who could give it, the policy, and the plan."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from omnicommerce.inventory.sourcing.objectives import (
    Distance,
    Objective,
    Splits,
)
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import ChannelId, LocationId, Sku, valid_id
from omnicommerce.kernel.predicates import ALWAYS, Predicate
from omnicommerce.kernel.quantity import LARGEST_QUANTITY, valid_quantity
from omnicommerce.kernel.reasons import Reason, Trace, TraceStep
from omnicommerce.ledger.model import AccountKey

__all__ = [
    "Allocation",
    "Candidate",
    "Capacity",
    "CapacityUnit",
    "Certificate",
    "Considered",
    "Declined",
    "DemandLine",
    "Level",
    "LocationKind",
    "Shortfall",
    "SourcingPlan",
    "SourcingPolicy",
    "SourcingRequest",
    "Verdict",
]

_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


def _count(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if type(value) is not int or not 0 <= value <= LARGEST_QUANTITY:
        raise InvalidValue(
            attribute.name, f"must be a whole number from 0 to {LARGEST_QUANTITY}, not {value!r}"
        )


_optional_count = attrs.validators.optional(_count)
_optional_id = attrs.validators.optional(valid_id)


class LocationKind(enum.StrEnum):
    """What sort of place a candidate is."""

    STORE = "store"
    WAREHOUSE = "warehouse"
    PICKUP_POINT = "pickup_point"
    SUPPLIER = "supplier"


class CapacityUnit(enum.StrEnum):
    """What the capacity of a place counts: an order each, or each unit."""

    ORDERS = "orders"
    UNITS = "units"


class Verdict(enum.StrEnum):
    """What became of a candidate."""

    CHOSEN = "chosen"
    BEATEN = "beaten"
    REJECTED = "rejected"


@attrs.frozen(kw_only=True)
class DemandLine:
    """One line of what is wanted.

    Args:
        line_id: Identity within the request.
        sku: What.
        quantity: How many, in its smallest unit.
        may_split: Whether it may come from several places.
        shipping_group: Lines of different groups never share a package.
        unit_grams: Weight of one unit, for packages.
    """

    line_id: str = attrs.field(validator=valid_id)
    sku: Sku = attrs.field(validator=valid_id)
    quantity: int = attrs.field(validator=valid_quantity)
    may_split: bool = True
    shipping_group: str | None = None
    unit_grams: int = attrs.field(default=0, validator=_count)


@attrs.frozen
class Level:
    """What one place has of one SKU.

    Args:
        free: Units that may be promised, as availability gives them; below 0 counts as 0.
        age_days: How long they have been there.
        markdown_risk: How likely they end up marked down, in thousandths.
        held: Units among them that the order in question holds already.
    """

    free: int
    age_days: int = 0
    markdown_risk: int = 0
    held: int = 0


@attrs.frozen(kw_only=True)
class Capacity:
    """What a place can still take on.

    Args:
        left: Orders or units.
        counts: Which of them.
        account: The ledger account that counts it, held together with the stock; None: it is
            counted elsewhere.
    """

    left: int = attrs.field(validator=_count)
    counts: CapacityUnit = CapacityUnit.ORDERS
    account: AccountKey | None = None


def _frozen(values: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(dict(values)) if values else _NOTHING


def _texts(values: Iterable[str]) -> frozenset[str]:
    if isinstance(values, str):
        raise InvalidValue("channels", f"must be several texts, not {values!r}")
    return frozenset(values)


@attrs.frozen(kw_only=True)
class Candidate:
    """A location that may give something, with its figures for this one request.

    Args:
        location_id: Identity.
        levels: What it has by SKU; a SKU that is missing it has not.
        kind: What sort of place it is.
        channels: The channels it may serve; none named: all.
        zone: Its zone, for conditions.
        country: Its country, for conditions.
        attributes: More texts for conditions, as ``attribute.NAME``.
        metres: How far the customer is; None: unknown, taken for the farthest.
        parcel_cost: Of sending a parcel from there, in minor units.
        unit_cost: Of each unit in it, in minor units.
        lead_minutes: Until a parcel from there arrives.
        load: How busy it is, in whatever measure all candidates share.
        priority: 0 is the first choice.
        capacity: What it can still take on; None: there is no limit.
        scores: Figures of the shop's own, for the objective `Score`.
    """

    location_id: LocationId = attrs.field(validator=valid_id)
    levels: Mapping[str, Level] = attrs.field(converter=_frozen)
    kind: LocationKind = LocationKind.STORE
    channels: frozenset[str] = attrs.field(default=frozenset(), converter=_texts)
    zone: str | None = None
    country: str | None = None
    attributes: Mapping[str, frozenset[str]] = attrs.field(default=_NOTHING, converter=_frozen)
    metres: int | None = attrs.field(default=None, validator=_optional_count)
    parcel_cost: int = attrs.field(default=0, validator=_count)
    unit_cost: int = attrs.field(default=0, validator=_count)
    lead_minutes: int = attrs.field(default=0, validator=_count)
    load: int = attrs.field(default=0, validator=_count)
    priority: int = attrs.field(default=0, validator=_count)
    capacity: Capacity | None = None
    scores: Mapping[str, int] = attrs.field(default=_NOTHING, converter=_frozen)

    @scores.validator
    def _check_scores(self, _: object, scores: Mapping[str, int]) -> None:
        for name, value in scores.items():
            if type(value) is not int or not 0 <= value <= LARGEST_QUANTITY:
                raise InvalidValue(f"scores.{name}", f"must be a whole number from 0, not {value}")


@attrs.frozen(kw_only=True)
class Declined:
    """A place that said no to a SKU of this order: nothing of it comes from there again."""

    location_id: LocationId = attrs.field(validator=valid_id)
    sku: Sku = attrs.field(validator=valid_id)


def _lines(lines: Iterable[DemandLine]) -> tuple[DemandLine, ...]:
    return tuple(lines)


def _candidates(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple(candidates)


def _declines(declined: Iterable[Declined]) -> tuple[Declined, ...]:
    return tuple(declined)


@attrs.frozen(kw_only=True)
class SourcingRequest:
    """One demand and everybody who may serve it; the order of both does not matter.

    Args:
        lines: What is wanted.
        candidates: Who may give it.
        channel: Where the order was made, if that matters.
        collect_at: The location where the customer collects, if they do.
        at: The instant of the decision, where a condition asks for it.
        declined: Who has said no to what.
    """

    lines: tuple[DemandLine, ...] = attrs.field(converter=_lines)
    candidates: tuple[Candidate, ...] = attrs.field(converter=_candidates)
    channel: ChannelId | None = attrs.field(default=None, validator=_optional_id)
    collect_at: LocationId | None = attrs.field(default=None, validator=_optional_id)
    at: datetime | None = attrs.field(
        default=None, converter=attrs.converters.optional(require_instant)
    )
    declined: tuple[Declined, ...] = attrs.field(default=(), converter=_declines)

    def __attrs_post_init__(self) -> None:
        """Refuse an empty demand, and what is there twice."""
        if not self.lines:
            raise InvalidValue("lines", "must name at least one line")
        _require_distinct("lines", [line.line_id for line in self.lines])
        _require_distinct("candidates", [place.location_id for place in self.candidates])


def _require_distinct(field: str, identities: list[Any]) -> None:
    if len(set(identities)) < len(identities):
        twice = sorted({one for one in identities if identities.count(one) > 1})
        raise InvalidValue(field, f"{', '.join(twice)} is there twice")


def _objectives(objectives: Iterable[Objective]) -> tuple[Objective, ...]:
    return tuple(objectives)


@attrs.frozen(kw_only=True)
class SourcingPolicy:
    """How a shop sources: a document, like the rest of its configuration.

    Args:
        objectives: What matters, most important first: a later one only decides between plans
            that all earlier ones find equally good. That as few units as possible are short
            comes before all of them.
        eligible: Which places may take part at all.
        max_parcels: How many places may share an order; null: any number.
        allow_partial: Whether a plan may leave something short, and says so; else it is all
            or nothing.
        nodes: How much search may cost where too many places are in question to search all
            plans: a number of steps, never a time.
    """

    objectives: tuple[Objective, ...] = attrs.field(
        default=(Splits(), Distance()), converter=_objectives
    )
    eligible: Predicate = ALWAYS
    max_parcels: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )
    allow_partial: bool = False
    nodes: int = attrs.field(default=250, validator=valid_quantity)


@attrs.frozen(kw_only=True, order=True)
class Allocation:
    """Some units of a line that come from one location."""

    line_id: str
    sku: Sku
    location_id: LocationId
    quantity: int


@attrs.frozen(kw_only=True, order=True)
class Shortfall:
    """The units of a line that come from nowhere."""

    line_id: str
    sku: Sku
    quantity: int


@attrs.frozen(kw_only=True)
class Certificate:
    """What is proved of a plan.

    Scores are compared like words in a dictionary: the first figure that differs decides. The
    first one counts the units that are short, then comes one for each objective.

    Args:
        found: The scores of the plan.
        bound: No plan has better scores than these.
        nodes: How many steps the search took.
    """

    found: tuple[int, ...]
    bound: tuple[int, ...]
    nodes: int

    @property
    def is_optimal(self) -> bool:
        """Whether no plan is better."""
        return self.found == self.bound


@attrs.frozen(kw_only=True)
class Considered:
    """What became of one candidate, and why.

    Args:
        location_id: Who.
        verdict: Chosen, beaten by the plan, or rejected before any plan.
        units: How many units it could give alone, or gives if it is chosen.
        scores: By objective, what those units from there count.
        reasons: Why.
    """

    location_id: LocationId
    verdict: Verdict
    units: int = 0
    scores: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()


@attrs.frozen(kw_only=True)
class SourcingPlan:
    """Which units come from where, what is short, and why it is this plan.

    Args:
        allocations: By line and location; what a hold takes, no more and no less.
        shortfalls: By line; with ``allow_partial`` off, everything if anything is short.
        certificate: What is proved of it.
        considered: Every candidate, by location.
        reasons: About the plan as a whole.
    """

    allocations: tuple[Allocation, ...]
    shortfalls: tuple[Shortfall, ...]
    certificate: Certificate
    considered: tuple[Considered, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing is short."""
        return not self.shortfalls

    @property
    def locations(self) -> tuple[LocationId, ...]:
        """The locations that give something, by identity."""
        return tuple(sorted({allocation.location_id for allocation in self.allocations}))

    @property
    def trace(self) -> Trace:
        """Every candidate with its verdict and reasons: the chosen ones first, then by location."""
        order = list(Verdict)
        ranked = sorted(self.considered, key=lambda one: order.index(one.verdict))
        return Trace(
            tuple(
                TraceStep(subject=one.location_id, verdict=str(one.verdict), reason=reason)
                for one in ranked
                for reason in one.reasons
            )
        )
