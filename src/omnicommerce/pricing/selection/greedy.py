"""First solutions: applications taken in some order as often as they fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from omnicommerce.pricing.selection.model import Candidate, Model

__all__ = ["best_first", "filled"]


def best_first(model: Model, rivals: Mapping[int, frozenset[int]]) -> Candidate:
    """Return the best of three: nothing, dearest application first, dearest per unit first.

    Args:
        model: The problem.
        rivals: For each offer, those it excludes.
    """
    nothing = [0] * len(model.applications)
    return max(
        model.candidate(nothing),
        *(filled(model, nothing, order, rivals) for order in _orders(model)),
        key=lambda candidate: candidate.value,
    )


def _orders(model: Model) -> tuple[list[int], list[int]]:
    """Return the applications by value, and by value per unit."""
    applications = model.applications
    sizes = [sum([a for _, a in application.uses]) for application in applications]
    whole = 1 << 20
    return (
        sorted(range(len(sizes)), key=lambda j: (-applications[j].value, j)),
        sorted(range(len(sizes)), key=lambda j: (-(applications[j].value * whole // sizes[j]), j)),
    )


def filled(
    model: Model,
    counts: Sequence[int],
    order: Iterable[int],
    rivals: Mapping[int, frozenset[int]],
) -> Candidate:
    """Return a solution with as much as still fits added, in an order.

    Args:
        model: The problem.
        counts: Feasible counts to start from.
        order: The applications to try.
        rivals: For each offer, those it excludes.
    """
    result = list(counts)
    left = model.left(result)
    applied: dict[int, int] = {}
    for application, count in zip(model.applications, result, strict=True):
        if count:
            applied[application.offer] = applied.get(application.offer, 0) + count
    for j in order:
        offer, uses, _ = model.applications[j]
        most = model.highs[j] if model.costs[j] > 0 else 0
        for k, a in uses:
            if left[k] < most * a:
                most = left[k] // a
        if most and offer in model.limits:
            most = min(most, model.limits[offer] - applied.get(offer, 0))
        if most <= 0 or (offer in rivals and not rivals[offer].isdisjoint(applied)):
            continue
        result[j] += most
        applied[offer] = applied.get(offer, 0) + most
        for k, a in uses:
            left[k] -= a * most
    return model.candidate(result)
