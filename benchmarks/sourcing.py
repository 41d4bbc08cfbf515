"""Sourcing: twenty lines over five hundred locations, and how much of it is proved.

Every location has each SKU with a probability that is fixed by size; the seeds are fixed too. A
decision is timed from a ready request to a plan with its trace: 500 candidates with verdict,
scores and reason are part of the time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from benchmarks.measure import Row, progress, proofs
from omnicommerce.inventory.sourcing import (
    EXACT_PLACES,
    Candidate,
    Cost,
    DemandLine,
    Distance,
    Level,
    LocationKind,
    Objective,
    SourcingPolicy,
    SourcingRequest,
    Splits,
    StockAge,
    source,
)
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.kernel.predicates import OneOf

__all__ = ["SIZES", "Size", "demand", "rows", "rows_of"]

REQUESTS: Final = 15
"""Requests of each size."""


class Size(NamedTuple):
    """A size of request, what matters, the share to be proved (0: any), the median time allowed."""

    name: str
    objectives: tuple[Objective, ...]
    lines: int
    places: int
    density: float
    proven: float
    milliseconds: float


NEAREST: Final = (Splits(), Distance())
CHEAPEST: Final = (Splits(), Cost(), StockAge())

SIZES: Final = (
    Size("few parcels, then near", NEAREST, 20, 500, 0.8, 0.9, 50),
    Size("few parcels, then cheap, then old stock", CHEAPEST, 20, 500, 0.8, 0.0, 50),
    Size("few parcels, then near, stock is scarce", NEAREST, 20, 500, 0.3, 0.0, 50),
    Size("few parcels, then near", NEAREST, 3, 500, 0.5, 1.0, 25),
    Size("few parcels, then cheap, then old stock", CHEAPEST, 20, EXACT_PLACES, 0.4, 1.0, 50),
)


def demand(seed: int, lines: int, places: int, density: float) -> SourcingRequest:
    """Return a request over many locations; the same seed gives the same one everywhere."""
    dice = random.Random(seed)
    skus = [Sku(f"sku-{number:02d}") for number in range(lines)]
    return SourcingRequest(
        lines=[
            DemandLine(line_id=f"line-{sku}", sku=sku, quantity=dice.randint(1, 3)) for sku in skus
        ],
        candidates=[
            Candidate(
                location_id=LocationId(f"place-{number:03d}"),
                levels={
                    sku: Level(dice.randint(1, 8), age_days=dice.randint(0, 90))
                    for sku in skus
                    if dice.random() < density
                },
                kind=dice.choice([LocationKind.STORE, LocationKind.WAREHOUSE]),
                metres=dice.randint(0, 900_000),
                parcel_cost=dice.randint(300, 700),
                unit_cost=dice.randint(0, 60),
            )
            for number in range(places)
        ],
    )


def rows() -> Iterator[Row]:
    """Yield the proved share and the median time of each size."""
    for size in SIZES:
        shape = f"{size.lines} lines over {size.places} locations, {size.name}"
        progress(f"sourcing: {REQUESTS} requests of {shape}")
        requests = [demand(seed, size.lines, size.places, size.density) for seed in range(REQUESTS)]
        yield from rows_of(size, requests, shape)


def rows_of(size: Size, requests: Sequence[SourcingRequest], shape: str) -> Iterator[Row]:
    """Source each request once, after a warm-up, and yield the rows of a size."""
    policy = SourcingPolicy(
        objectives=size.objectives,
        eligible=OneOf("kind", {"store", "warehouse"}),
        allow_partial=True,
    )
    source(requests[0], policy)

    def solver(request: SourcingRequest) -> Callable[[], bool]:
        return lambda: source(request, policy).certificate.is_optimal

    solvers = [solver(request) for request in requests]
    yield from proofs("sourcing", shape, solvers, proven=size.proven, limit=size.milliseconds)
