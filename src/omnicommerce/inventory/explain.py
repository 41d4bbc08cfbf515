"""An availability figure, explained: what is there, who has claimed it, what is kept back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from omnicommerce.inventory.history import Claim
from omnicommerce.inventory.model import Availability
from omnicommerce.kernel.reasons import Reason, Trace, TraceStep

__all__ = ["explain_availability", "refusal"]


def explain_availability(
    found: Availability, claims: Iterable[Claim], on_the_way: Mapping[str, int]
) -> Trace:
    """Return the sum behind an availability, one step for each part of it.

    Args:
        found: The figures.
        claims: Who has set units aside; they sum to ``found.held``.
        on_the_way: Units in transit to the location, by where they come from;
            they do not count yet.
    """
    return Trace(tuple(_steps(found, claims, on_the_way)))


def _steps(
    found: Availability, claims: Iterable[Claim], on_the_way: Mapping[str, int]
) -> Iterator[TraceStep]:
    figures = {"sku": found.sku, "location": found.location_id}
    on_hand = Reason("stock.on_hand", {**figures, "units": found.on_hand})
    yield TraceStep(found.sku, "counted", on_hand)
    for claim in claims:
        yield TraceStep(found.sku, "set_aside", _claimed(claim))
    if found.safety_stock > 0:
        kept = Reason("stock.kept_back", {"units": found.safety_stock})
        yield TraceStep(found.sku, "set_aside", kept)
    elif found.safety_stock < 0:
        allowed = Reason("stock.backorders", {"units": -found.safety_stock})
        yield TraceStep(found.sku, "counted", allowed)
    for source, units in sorted(on_the_way.items()):
        coming = Reason("stock.on_the_way", {"store": source, "units": units})
        yield TraceStep(found.sku, "skipped", coming)
    yield TraceStep(found.sku, "ok", _sum(found))


def _claimed(claim: Claim) -> Reason:
    figures = {"units": claim.quantity, "group": claim.group, "cause": claim.cause.text}
    if claim.until is None:
        return Reason("stock.held", figures)
    return Reason("stock.held_until", {**figures, "until": claim.until.isoformat()})


def _sum(found: Availability) -> Reason:
    figures = {
        "location": found.location_id,
        "on_hand": found.on_hand,
        "held": found.held,
        "safety_stock": found.safety_stock,
        "backorders": -found.safety_stock,
        "available": found.available,
    }
    if found.on_hand - found.held < found.safety_stock:
        return Reason("stock.none_available", figures)
    if found.safety_stock < 0:
        return Reason("stock.available_with_backorders", figures)
    return Reason("stock.available", figures)


def refusal(found: Availability, claims: Iterable[Claim], wanted: int) -> Reason | None:
    """Return why so many units cannot be promised; None: they can.

    What is not there at all comes first, then what is kept back: only where
    there would be enough but for the claims of others are these the reason.
    """
    if wanted <= found.available:
        return None
    figures = {
        "sku": found.sku,
        "location": found.location_id,
        "wanted": wanted,
        "on_hand": found.on_hand,
        "held": found.held,
        "safety_stock": found.safety_stock,
        "available": found.available,
    }
    if found.on_hand - min(0, found.safety_stock) < wanted:
        return Reason("stock.refused_not_there", figures)
    if found.on_hand - found.safety_stock < wanted:
        return Reason("stock.refused_kept_back", figures)
    holders = [claim.group for claim in claims]
    return Reason("stock.refused_held", {**figures, "holders": holders})
