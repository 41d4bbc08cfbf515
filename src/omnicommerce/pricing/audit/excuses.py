"""Which differences the declared exceptions allow, and by how much the others go too far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.audit.bench import Case
from omnicommerce.pricing.audit.shelf import Shelf
from omnicommerce.pricing.parity import ParityDifference
from omnicommerce.pricing.parity_model import ParityException, ParityLevel

__all__ = ["Excuses", "Judgement", "figures_of_difference", "telling"]

_MONEY: Final = ParityLevel.PAYABLE.number


@attrs.frozen(kw_only=True)
class Judgement:
    """What of a case no exception allows.

    Attributes:
        uncovered: The differences that are not allowed.
        used: Ids of the exceptions that allowed others.
        reason: Why they are not allowed; None: all are.
    """

    uncovered: tuple[ParityDifference, ...]
    used: frozenset[str]
    reason: Reason | None = None


@attrs.frozen
class Excuses:
    """The exceptions of a configuration, judged at one instant.

    Args:
        exceptions: The exceptions.
        at: The instant of the audit: what has expired by then allows nothing.
        shelf: The products.
    """

    exceptions: tuple[ParityException, ...]
    at: datetime
    shelf: Shelf

    def judge(self, case: Case, differences: Sequence[ParityDifference]) -> Judgement:
        """Return what of the differences of two channels is not allowed."""
        uncovered: list[ParityDifference] = []
        used: set[str] = set()
        for difference in differences:
            allowing = self._allowing(case, difference)
            if allowing is None:
                uncovered.append(difference)
            else:
                used |= allowing
        if not uncovered:
            return Judgement(uncovered=(), used=frozenset(used))
        reason = self._why(case, telling(uncovered))
        return Judgement(uncovered=tuple(uncovered), used=frozenset(used), reason=reason)

    def unpriced(self, case: Case, channels: tuple[str, str]) -> bool:
        """Tell whether exceptions allow that one of two channels has no price for the basket."""
        skus = {line.sku for line in case.basket.lines}
        about = [item for item in self._live() if self._concerns(item, case, channels)]
        return all(any(sku in self.shelf.matching(item.on) for item in about) for sku in skus)

    def _live(self) -> Iterable[ParityException]:
        return (item for item in self.exceptions if item.expires_at > self.at)

    def _allowing(self, case: Case, difference: ParityDifference) -> set[str] | None:
        """Return the exceptions that together allow a difference; None: they do not."""
        about = [item for item in self._live() if self._covers(item, case, difference)]
        if difference.level is ParityLevel.TRACE or _is_gift(case, difference):
            return {item.exception_id for item in about} or None
        allowed = sum(_bound(item, difference) for item in about)
        if not about or abs(_delta(difference)) > allowed:
            return None
        return {item.exception_id for item in about}

    def _covers(self, item: ParityException, case: Case, difference: ParityDifference) -> bool:
        channels = (difference.reference, difference.channel)
        return (
            self._concerns(item, case, channels)
            and self._matches(item, case, difference)
            and _has_direction(item, difference)
        )

    def _concerns(self, item: ParityException, case: Case, channels: tuple[str, str]) -> bool:
        classes = item.customer_classes
        return (
            item.channels.issuperset(channels)
            and (not classes or not classes.isdisjoint(case.situation.customer_classes))
            and (item.window is None or item.window.contains(case.situation.at))
        )

    def _matches(self, item: ParityException, case: Case, difference: ParityDifference) -> bool:
        """Tell whether it is about the line, or of a total, about some line of the basket."""
        by_id = {line.line_id: line.sku for line in case.basket.lines}
        pool = set(self.shelf.matching(item.on))
        if difference.level.number > ParityLevel.LINE.number:
            return not pool.isdisjoint(by_id.values())
        return by_id.get(str(difference.line_id), str(difference.line_id)) in pool

    def _why(self, case: Case, difference: ParityDifference) -> Reason:
        """Return which exception comes nearest to allowing a difference, and what it lacks."""
        channels = (difference.reference, difference.channel)
        figures = figures_of_difference(difference)
        near = [
            item
            for item in self.exceptions
            if self._concerns(item, case, channels) and self._matches(item, case, difference)
        ]
        if not near:
            if difference.level is ParityLevel.TRACE:
                return Reason("parity.trace_differs", figures)
            return Reason("parity.differs", figures)
        item = min(near, key=lambda one: (one.expires_at <= self.at, one.exception_id))
        figures["exception_id"] = item.exception_id
        if item.expires_at <= self.at:
            ended = item.expires_at.isoformat()
            return Reason("parity.exception_expired", {**figures, "expired_at": ended})
        if not _has_direction(item, difference):
            return Reason("parity.exception_direction", {**figures, "allowed": item.cheaper})
        allowed = _figure(_bound(item, difference), difference)
        return Reason("parity.exception_exceeded", {**figures, "allowed": allowed})


def telling(differences: Sequence[ParityDifference]) -> ParityDifference:
    """Return the difference of a total, of money if there is one, else the first."""
    for level in (ParityLevel.PAYABLE, ParityLevel.MERCHANDISE, ParityLevel.POINTS):
        for item in differences:
            if item.level is level:
                return item
    return differences[0]


def figures_of_difference(difference: ParityDifference) -> dict[str, Any]:
    """Return what differs as a reason carries it."""
    found: dict[str, Any] = {
        "reference": difference.reference,
        "channel": difference.channel,
        "level": difference.level.value,
    }
    if difference.level is ParityLevel.TRACE:
        return {**found, "promotion_id": difference.line_id}
    return {
        **found,
        "asked": _figure(difference.expected, difference),
        "found": _figure(difference.found, difference),
        "delta": _figure(_delta(difference), difference),
    }


def _figure(number: int | None, difference: ParityDifference) -> str | int | None:
    """Return a figure as reasons carry it: money as text, points and units as numbers."""
    if number is None or difference.level.number > _MONEY:
        return number
    return str(Money(number, difference.currency))


def _is_gift(case: Case, difference: ParityDifference) -> bool:
    return difference.line_id is not None and all(
        line.line_id != difference.line_id for line in case.basket.lines
    )


def _delta(difference: ParityDifference) -> int:
    return (difference.found or 0) - (difference.expected or 0)


def _has_direction(item: ParityException, difference: ParityDifference) -> bool:
    """Tell whether the cheaper channel is the one that may be; points follow what is paid."""
    if item.cheaper is None or difference.level.number > _MONEY:
        return True
    cheaper = difference.channel if _delta(difference) < 0 else difference.reference
    return item.cheaper == cheaper


def _bound(item: ParityException, difference: ParityDifference) -> int:
    """Return how much of a difference one exception allows."""
    if difference.level.number > _MONEY:
        return item.max_points or 0
    bounds = [] if item.max_amount is None else [item.max_amount]
    if item.max_rate is not None:
        higher = max(abs(difference.expected or 0), abs(difference.found or 0))
        bounds.append(item.max_rate.of(higher, RoundingMode.UP))
    return min(bounds, default=0)
