"""An order is sourced, held, declined by a store and sourced again, each time with reasons.

Two dresses and a scarf could come from four places. The plan is held in one transaction; then the
store that should send the dresses declines, and what can still move moves as a whole.

Run it: ``python -m examples.sourcing``
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from omnicommerce import LocationId, ManualClock, Sku
from omnicommerce.adapters.memory import MemoryStore
from omnicommerce.i18n import explain_trace, render
from omnicommerce.inventory.model import stock_account
from omnicommerce.inventory.sourcing import (
    Candidate,
    Declined,
    DemandLine,
    OpenAllocation,
    Sourcing,
    SourcingPlan,
    SourcingPolicy,
    SourcingRequest,
    reroute,
    source,
)
from omnicommerce.kernel.documents import load
from omnicommerce.ledger.model import Command

NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)

POLICY: Final = load(
    SourcingPolicy,
    {
        "objectives": [
            {"type": "splits"},
            {
                "type": "weighted",
                "terms": [
                    {"objective": {"type": "cost"}, "weight": 100},
                    {"objective": {"type": "distance"}, "weight": 1},
                ],
            },
        ],
        "eligible": {"type": "not", "of": {"type": "at_least", "fact": "load", "minimum": 90}},
    },
)

NAMES: Final = {
    "location": {
        "gran-via": "Gran Vía",
        "serrano": "Serrano",
        "sol": "Sol",
        "valencia": "Valencia",
    },
    "sku": {"DRESS-M": "dress Alba", "SCARF": "scarf Lino"},
}

STOCK: Final = {
    "gran-via": {"DRESS-M": 1, "SCARF": 4},
    "serrano": {"DRESS-M": 2, "SCARF": 1},
    "sol": {"DRESS-M": 9, "SCARF": 9},
    "valencia": {"DRESS-M": 40, "SCARF": 90},
}

PLACES: Final = (
    Candidate(location_id=LocationId("gran-via"), levels={}, metres=800, parcel_cost=420),
    Candidate(location_id=LocationId("serrano"), levels={}, metres=2_400, parcel_cost=420),
    Candidate(location_id=LocationId("sol"), levels={}, metres=300, parcel_cost=420, load=97),
    Candidate(location_id=LocationId("valencia"), levels={}, metres=303_000, parcel_cost=510),
)

WANTED: Final = SourcingRequest(
    lines=[
        DemandLine(line_id="1", sku=Sku("DRESS-M"), quantity=2),
        DemandLine(line_id="2", sku=Sku("SCARF"), quantity=1),
    ],
    candidates=PLACES,
)


def stocked() -> MemoryStore:
    """Open a store and receive what the places have."""
    store = MemoryStore()
    for where, units in STOCK.items():
        for sku, quantity in units.items():
            by = Command(f"delivery-{where}-{sku}", "delivery", NOON)
            account = stock_account(sku, where)
            store.run(lambda unit: unit.ledger.adjust(account, quantity, by=by))  # noqa: B023 - run at once
    return store


def show(plan: SourcingPlan, locale: str) -> None:
    """Print who gives what, and why."""
    print(explain_trace(plan.trace, locale=locale, detail="long", names=NAMES))
    for reason in plan.reasons:
        print(render(reason, locale=locale, names=NAMES))


def main() -> None:
    """Source, hold, and source again."""
    sourcing = Sourcing(stocked(), ManualClock(NOON))
    request = sourcing.look_up(WANTED)
    plan = source(request, POLICY)
    show(plan, "en")
    show(plan, "es")
    assert plan.certificate.is_optimal
    assert plan.locations == ("serrano",)

    until = NOON + timedelta(minutes=30)
    sourcing.hold(plan, request.candidates, group="order-1", expires_at=until, cause="order-1")

    declined = Declined(location_id=LocationId("serrano"), sku=Sku("DRESS-M"))
    print("Serrano cannot find the dresses.")
    held = [
        OpenAllocation(
            line_id=one.line_id,
            sku=one.sku,
            location_id=one.location_id,
            quantity=one.quantity,
        )
        for one in plan.allocations
    ]
    now = attrs.evolve(sourcing.look_up(WANTED), declined=[declined])
    better = reroute(now, POLICY, held)
    for move in better.moves:
        goods = f"{move.quantity} × {NAMES['sku'][move.sku]}"
        here, there = (NAMES["location"][place] for place in (move.source, move.target))
        print(f"{goods} from {there} instead of {here}")
    holds = sourcing.move(
        ["order-1"],
        given_up=better.given_up,
        taken_up=better.taken_up,
        group="order-1-again",
        cause="order-1",
    )
    free = sourcing.look_up(WANTED).candidates
    print("Free again at Serrano:", free[1].levels["DRESS-M"].free, "dresses")
    assert holds == ("order-1", "order-1-again")
    assert better.after[0] == 0


if __name__ == "__main__":
    main()
