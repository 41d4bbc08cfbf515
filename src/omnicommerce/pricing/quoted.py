"""Prices quoted to a customer: offered until an instant, and binding once accepted."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue, Refused
from omnicommerce.kernel.ids import valid_id
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.locks import PriceLock

__all__ = [
    "QUOTE_TRANSITIONS",
    "QuoteRefused",
    "QuoteState",
    "QuotedPrices",
    "accept",
    "decline",
    "locks_of",
    "withdraw",
]


class QuoteRefused(Refused):
    """The quote cannot be accepted, declined or withdrawn."""

    code = "refused.quote"


class QuoteState(enum.StrEnum):
    """Where a quote stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


QUOTE_TRANSITIONS: Final[Mapping[QuoteState, frozenset[QuoteState]]] = {
    QuoteState.OFFERED: frozenset(
        {QuoteState.ACCEPTED, QuoteState.DECLINED, QuoteState.WITHDRAWN, QuoteState.EXPIRED}
    ),
    QuoteState.ACCEPTED: frozenset(),
    QuoteState.DECLINED: frozenset(),
    QuoteState.WITHDRAWN: frozenset(),
    QuoteState.EXPIRED: frozenset(),
}
"""Only an offer can change; that it has expired is never stored, the clock says so."""


def _locks(value: Iterable[PriceLock]) -> tuple[PriceLock, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class QuotedPrices:
    """Unit prices offered to one customer.

    Args:
        quote_id: Its identity.
        customer_id: Who may accept it: a customer or a company.
        locks: The prices; each has an end of its own, which counts once accepted.
        offered_at: When it was made.
        valid_until: The first instant at which it can no longer be accepted.
        state: Where it stands, the clock aside; see `state_at`.

    Raises:
        InvalidValue: No price, two prices of one SKU, or an end that is not after the offer.
    """

    quote_id: str = attrs.field(validator=valid_id)
    customer_id: str = attrs.field(validator=valid_id)
    locks: tuple[PriceLock, ...] = attrs.field(converter=_locks)
    offered_at: datetime = attrs.field(converter=require_instant)
    valid_until: datetime = attrs.field(converter=require_instant)
    state: QuoteState = QuoteState.OFFERED

    def __attrs_post_init__(self) -> None:
        """Refuse what nobody could accept."""
        if not self.locks:
            raise InvalidValue("locks", "a quote needs at least one price")
        if len({lock.sku for lock in self.locks}) < len(self.locks):
            raise InvalidValue("locks", "each SKU has one price")
        if self.valid_until <= self.offered_at:
            raise InvalidValue("valid_until", "must be after offered_at")

    def state_at(self, at: datetime) -> QuoteState:
        """Return where it stands by the clock."""
        if self.state is QuoteState.OFFERED and require_instant(at) >= self.valid_until:
            return QuoteState.EXPIRED
        return self.state


def accept(quote: QuotedPrices, *, customer_id: str, at: datetime) -> QuotedPrices:
    """Accept an offer: from now on its prices are locked.

    Raises:
        QuoteRefused: It is another customer's, has expired, or is no offer any more.

    Example:
        >>> from datetime import UTC
        >>> quote = QuotedPrices(
        ...     quote_id="Q-17",
        ...     customer_id="acme",
        ...     locks=[PriceLock("CHAIR", 4200, source="quote:Q-17")],
        ...     offered_at=datetime(2026, 11, 2, tzinfo=UTC),
        ...     valid_until=datetime(2026, 12, 2, tzinfo=UTC),
        ... )
        >>> accepted = accept(quote, customer_id="acme", at=datetime(2026, 11, 20, tzinfo=UTC))
        >>> [lock.amount for lock in locks_of(accepted, at=datetime(2027, 1, 8, tzinfo=UTC))]
        [4200]
    """
    _require_owner(quote, customer_id)
    return _moved(quote, QuoteState.ACCEPTED, at)


def decline(quote: QuotedPrices, *, customer_id: str, at: datetime) -> QuotedPrices:
    """Decline an offer.

    Raises:
        QuoteRefused: It is another customer's, has expired, or is no offer any more.
    """
    _require_owner(quote, customer_id)
    return _moved(quote, QuoteState.DECLINED, at)


def withdraw(quote: QuotedPrices, *, at: datetime) -> QuotedPrices:
    """Take an offer back before it is accepted: the seller's side.

    Raises:
        QuoteRefused: It has expired, or is no offer any more.
    """
    return _moved(quote, QuoteState.WITHDRAWN, at)


def locks_of(quote: QuotedPrices, *, at: datetime) -> tuple[PriceLock, ...]:
    """Return the prices that hold at an instant: those of an accepted quote that have not ended."""
    instant = require_instant(at)
    if quote.state is not QuoteState.ACCEPTED:
        return ()
    return tuple(lock for lock in quote.locks if lock.holds_at(instant))


def _require_owner(quote: QuotedPrices, customer_id: str) -> None:
    if customer_id != quote.customer_id:
        raise QuoteRefused(Reason("quote.not_yours", {"quote": quote.quote_id}))


def _moved(quote: QuotedPrices, state: QuoteState, at: datetime) -> QuotedPrices:
    stands = quote.state_at(at)
    if stands is QuoteState.EXPIRED:
        raise QuoteRefused(Reason("quote.expired", {"valid_until": quote.valid_until.isoformat()}))
    if state not in QUOTE_TRANSITIONS[stands]:
        raise QuoteRefused(
            Reason(
                "quote.state",
                {"quote": quote.quote_id, "status": str(stands), "wanted": str(state)},
            )
        )
    return attrs.evolve(quote, state=state)
