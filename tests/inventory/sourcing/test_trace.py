"""What a decision says about itself: verdicts, reasons, sentences, JSON."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

import attrs
import pytest

from omnicommerce import i18n
from omnicommerce.i18n.catalogue import find_message
from omnicommerce.inventory.sourcing.decide import source
from omnicommerce.inventory.sourcing.model import (
    Candidate,
    Capacity,
    CapacityUnit,
    Declined,
    DemandLine,
    Level,
    LocationKind,
    SourcingPlan,
    SourcingPolicy,
    SourcingRequest,
    Verdict,
)
from omnicommerce.inventory.sourcing.objectives import (
    Cost,
    Distance,
    Prefer,
    Score,
    SingleObjective,
    Splits,
    Weighted,
    WeightedTerm,
)
from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.ids import ChannelId, LocationId, Sku
from omnicommerce.kernel.json_schema import json_schema
from omnicommerce.kernel.predicates import AllOf, AtLeast, During, Not, OneOf, Opaque, Predicate
from omnicommerce.kernel.window import WeeklySpan, Window
from tests.inventory.sourcing.worlds import random_policy, random_request

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = {"location": {"gran-via": "Gran Vía", "depot": "el almacén"}, "sku": {"DRESS": "Alba"}}


def place(name: str, free: int = 5, **more: Any) -> Candidate:
    """Return a place with dresses."""
    return Candidate(location_id=LocationId(name), levels={"DRESS": Level(free)}, **more)


def request(*places: Candidate, **more: Any) -> SourcingRequest:
    """Return a request of three dresses."""
    line = DemandLine(line_id="1", sku=Sku("DRESS"), quantity=3)
    return SourcingRequest(lines=[line], candidates=places, **more)


def said(plan: SourcingPlan) -> dict[str, list[str]]:
    """Return the codes about each location."""
    return {one.location_id: [reason.code for reason in one.reasons] for one in plan.considered}


STORES_NEAR_BY = AllOf((OneOf("kind", {"store"}), Not(AtLeast("metres", 1000))))


def test_every_candidate_is_kept_with_its_reason() -> None:
    """Chosen, beaten or rejected: nobody is left out, and each one knows why."""
    plan = source(
        request(
            place("best", metres=1),
            place("same", metres=1, parcel_cost=9),
            place("worse", metres=2),
            place("few", 2, metres=0),
            place("nothing", 0, metres=1),
            place("far", metres=5000),
            place("depot", kind=LocationKind.WAREHOUSE, metres=1),
            place("busy", metres=1, capacity=Capacity(left=0)),
            place("web-only", metres=1, channels={"web"}),
            place("declined", metres=1),
            channel=ChannelId("till"),
            declined=[Declined(location_id=LocationId("declined"), sku=Sku("DRESS"))],
        ),
        SourcingPolicy(objectives=(Splits(), Distance(), Cost()), eligible=STORES_NEAR_BY),
    )
    assert said(plan) == {
        "best": ["sourcing.chosen"],
        "busy": ["sourcing.no_capacity"],
        "declined": ["sourcing.declined"],
        "depot": ["sourcing.not_eligible", "predicate.one_of"],
        "far": ["sourcing.not_eligible", "predicate.less_than"],
        "few": ["sourcing.not_needed"],
        "nothing": ["sourcing.nothing"],
        "same": ["sourcing.beaten"],
        "web-only": ["sourcing.wrong_channel"],
        "worse": ["sourcing.beaten"],
    }
    verdicts = {str(one.location_id): one for one in plan.considered}
    assert verdicts["best"].verdict is Verdict.CHOSEN
    assert (verdicts["same"].units, verdicts["same"].scores) == (3, (1, 1, 9))
    assert (verdicts["few"].units, verdicts["few"].scores) == (2, (1, 0, 0))
    assert dict(verdicts["same"].reasons[0].parameters) == {
        "location": "same",
        "objective": "cost",
        "score": 9,
        "best": 0,
    }


def test_a_dominated_place_names_who_has_the_better_of_it() -> None:
    """Equal in all respects, the later identity is put aside for the earlier one."""
    plan = source(request(place("b"), place("a")), SourcingPolicy())
    assert said(plan) == {"a": ["sourcing.chosen"], "b": ["sourcing.dominated"]}
    assert plan.considered[1].reasons[0].parameters["store"] == "a"


def test_a_refused_plan_says_who_had_what() -> None:
    """Where there is not enough in all, every place that has something says how much."""
    plan = source(request(place("a", 1), place("b", 1)), SourcingPolicy())
    assert said(plan) == {"a": ["sourcing.not_enough"], "b": ["sourcing.not_enough"]}
    assert {one.verdict for one in plan.considered} == {Verdict.REJECTED}


@pytest.mark.parametrize("seed", range(40))
def test_scores_of_the_chosen_add_up_to_the_plan(seed: int) -> None:
    """The scores of the chosen candidates are those of the certificate, rank by rank (I16)."""
    dice = random.Random(seed)
    policy = attrs.evolve(random_policy(dice), allow_partial=True)
    demand = random_request(dice, lines=4, skus=3, places=6)
    plan = source(demand, policy)
    assert [one.location_id for one in plan.considered] == sorted(
        one.location_id for one in demand.candidates
    )
    chosen = [one for one in plan.considered if one.verdict is Verdict.CHOSEN]
    assert sorted(one.location_id for one in chosen) == list(plan.locations)
    for rank, total in enumerate(plan.certificate.found[1:]):
        assert total == sum(one.scores[rank] for one in chosen)


def test_the_trace_speaks_english_and_spanish() -> None:
    """Each step has its sentence, with the names that people know."""
    plan = source(
        request(place("gran-via", metres=800), place("depot", kind=LocationKind.WAREHOUSE)),
        SourcingPolicy(eligible=OneOf("kind", {"store"})),
    )
    english = i18n.explain_trace(plan.trace, locale="en", detail="long", names=NAMES)
    assert english.splitlines() == [
        "Gran Vía: chosen. Gran Vía gives 3 of 3.",
        "el almacén: not chosen. el almacén may not take part.",
        "el almacén: not chosen. The kind of location must be one of store; it is warehouse.",
    ]
    spanish = i18n.explain_trace(plan.trace, locale="es", names=NAMES)
    assert spanish == "Gran Vía: elegida. Gran Vía da 3 de 3."
    assert [i18n.render(reason, locale="es") for reason in plan.reasons] == [
        "Ningún plan es mejor."
    ]


def test_a_short_plan_says_so_in_words() -> None:
    """What is lacking is told of the plan as a whole."""
    plan = source(request(place("gran-via", 2)), SourcingPolicy(allow_partial=True))
    said_of_it = [i18n.render(reason, locale="es", names=NAMES) for reason in plan.reasons]
    assert said_of_it == ["De Alba se pueden servir 2 de 3.", "Ningún plan es mejor."]


def test_what_is_not_proved_is_said() -> None:
    """Where the search was cut short, the reason names the objective and what may be possible."""
    for seed in range(20):
        dice = random.Random(seed)
        demand = random_request(dice, lines=8, skus=8, places=40)
        policy = SourcingPolicy(objectives=(Cost(),), allow_partial=True, nodes=1)
        plan = source(demand, policy)
        found = plan.reasons[-1]
        if not plan.certificate.is_optimal:
            break
    assert found.code == "sourcing.bounded"
    assert found.parameters["best"] < found.parameters["score"]
    assert "shipping cost" in i18n.render(found, locale="en")


@pytest.mark.parametrize("objective", [*get_args(SingleObjective), Weighted])
def test_each_objective_has_its_word(objective: type[SingleObjective]) -> None:
    """No objective is named by its code in a sentence: the catalogues have a word for each."""
    for locale in ("en", "es"):
        assert find_message([f"sourcing.objective.{objective.label}"], {}, locale) is not None


POLICY = {
    "objectives": [
        {"type": "from_collection_point"},
        {"type": "prefer", "condition": {"type": "one_of", "fact": "country", "values": ["ES"]}},
        {
            "type": "weighted",
            "terms": [
                {"objective": {"type": "cost"}, "weight": 10},
                {"objective": {"type": "score", "name": "returns"}, "weight": 1},
            ],
        },
        {"type": "stock_age"},
    ],
    "eligible": {
        "type": "not",
        "of": {"type": "at_least", "fact": "load", "minimum": 90, "among": None},
    },
    "max_parcels": 2,
    "allow_partial": True,
    "nodes": 500,
}


def test_a_policy_is_a_document() -> None:
    """A policy is read from JSON and written the same; what is wrong is named by its path."""
    policy = documents.load(SourcingPolicy, POLICY)
    assert policy.objectives[2] == Weighted(
        (WeightedTerm(Cost(), 10), WeightedTerm(Score("returns")))
    )
    assert documents.dump(policy) == POLICY
    with pytest.raises(InvalidConfiguration, match=r"\$\.objectives\[0\]"):
        documents.load(SourcingPolicy, {"objectives": [{"type": "astrology"}]})
    with pytest.raises(InvalidConfiguration, match="mix needs"):
        documents.load(SourcingPolicy, {"objectives": [{"type": "weighted", "terms": []}]})


def test_a_policy_has_a_schema() -> None:
    """Editors can help who writes one."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema(SourcingPolicy, unions={"Predicate": Predicate})
    jsonschema.validate(POLICY, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"nodes": 0}, schema)


def test_a_plan_is_a_document() -> None:
    """Support staff can keep a plan and its trace, and read it again as it was."""
    dice = random.Random(7)
    plan = source(random_request(dice, lines=4, skus=3, places=6), random_policy(dice))
    assert documents.load(SourcingPlan, documents.dump(plan)) == plan


def test_a_preference_ranks_and_excludes_nobody() -> None:
    """A place of another country gives only where none of the preferred ones can."""
    here, there = place("z-here", 2, country="ES"), place("a-there", 9, country="PT")
    policy = SourcingPolicy(
        objectives=(Prefer(OneOf("country", {"ES"})), Splits()), allow_partial=True
    )
    assert source(request(here, there), policy).locations == ("a-there",)
    enough = attrs.evolve(here, levels={"DRESS": Level(3)})
    assert source(request(enough, there), policy).locations == ("z-here",)


def test_a_rule_of_the_shops_own_decides() -> None:
    """An opaque condition asks the function that was given, and fails where nobody gave it."""
    policy = SourcingPolicy(eligible=Opaque("has a ramp"))
    demand = request(place("a", attributes={"access": frozenset({"stairs"})}), place("b"))
    plan = source(demand, policy, own_rules={"has a ramp": lambda one: not one.attributes})
    assert plan.locations == ("b",)
    with pytest.raises(InvalidValue, match="has a ramp"):
        source(demand, policy)


def test_conditions_know_the_hour_and_the_attributes() -> None:
    """Windows ask for the instant of the request; attributes are texts."""
    open_late = Window(weekly=[WeeklySpan.parse("Mon 08:00-13:00")])
    policy = SourcingPolicy(
        eligible=AllOf((During(open_late), OneOf("attribute.access", {"ramp"})))
    )
    demand = request(place("a", attributes={"access": frozenset({"ramp"})}), at=NOON)
    assert source(demand, policy).is_complete
    later = attrs.evolve(demand, at=NOON.replace(hour=14))
    assert said(source(later, policy)) == {"a": ["sourcing.not_eligible", "predicate.during"]}
    with pytest.raises(InvalidValue, match="instant"):
        source(attrs.evolve(demand, at=None), policy)


def test_capacity_counts_orders_or_units() -> None:
    """One more order is all or nothing; units are given as far as they go."""
    orders = Capacity(left=1)
    units = Capacity(left=2, counts=CapacityUnit.UNITS)
    policy = SourcingPolicy(allow_partial=True)
    assert source(request(place("a", capacity=orders)), policy).is_complete
    assert source(request(place("a", capacity=units)), policy).shortfalls[0].quantity == 1


@pytest.mark.parametrize(
    ("field", "build"),
    [
        ("lines", lambda: SourcingRequest(lines=[], candidates=[])),
        ("candidates", lambda: request(place("a"), place("a"))),
        ("metres", lambda: place("a", metres=-1)),
        ("scores.x", lambda: place("a", scores={"x": -1})),
        ("channels", lambda: place("a", channels="web")),
        ("left", lambda: Capacity(left=-1)),
        ("nodes", lambda: SourcingPolicy(nodes=0)),
        ("max_parcels", lambda: SourcingPolicy(max_parcels=0)),
        ("terms", lambda: Weighted(())),
    ],
)
def test_what_cannot_be_is_refused_by_name(field: str, build: Callable[[], object]) -> None:
    """The error names the field."""
    with pytest.raises(InvalidValue) as error:
        build()
    assert error.value.field == field
