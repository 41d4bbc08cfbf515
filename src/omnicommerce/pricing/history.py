"""What was advertised, where, to whom and since when: an announcement for every change of price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeAlias

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.pricing.basket import Situation

__all__ = [
    "Advertised",
    "PriceAnnounced",
    "PricePlace",
    "ReductionOf",
    "announce",
    "place_of",
]

Advertised: TypeAlias = Callable[[str, Situation], int | None]
"""What one unit of a SKU is advertised at in a situation, in minor units; None: not offered."""

ReductionOf: TypeAlias = Callable[[str, Situation], str | None]
"""The announced reduction that a price is part of; None: an ordinary price."""


def _currency(value: str | Currency) -> Currency:
    return Currency.of(value)


@attrs.frozen
class PricePlace:
    """Where a price is advertised and to whom: each place has a history of its own.

    Args:
        sku: What is offered.
        channel: Where the customer acts.
        currency: Of the price.
        segment: The customers it is for, such as ``gold``; None: everybody.
        location: The store, where stores differ; None: the whole channel.
    """

    sku: str = attrs.field(validator=valid_id)
    channel: str = attrs.field(validator=valid_id)
    currency: Currency = attrs.field(converter=_currency)
    segment: str | None = attrs.field(
        default=None, kw_only=True, validator=attrs.validators.optional(valid_id)
    )
    location: str | None = attrs.field(
        default=None, kw_only=True, validator=attrs.validators.optional(valid_id)
    )

    @property
    def sort_key(self) -> tuple[str, str, str, str, str]:
        """What places are listed by."""
        return (
            self.sku,
            self.channel,
            self.currency.code,
            self.segment or "",
            self.location or "",
        )


@attrs.frozen(kw_only=True)
class PriceAnnounced:
    """From an instant on, one unit was advertised at a price, until the next announcement.

    Args:
        place: Where and to whom.
        amount: Minor units for one unit; None: from then on it was not offered there.
        at: The first instant of the price.
        reduction: The announced price reduction it is part of; None: an ordinary price.
    """

    place: PricePlace
    amount: int | None = attrs.field()
    at: datetime = attrs.field(converter=require_instant)
    reduction: str | None = attrs.field(default=None, validator=attrs.validators.optional(valid_id))

    @amount.validator
    def _check_amount(self, _: object, value: int | None) -> None:
        if value is not None and (type(value) is not int or value < 0):
            raise InvalidValue(
                "amount", f"must be a whole number of minor units, not negative: {value!r}"
            )


def _no_reduction(sku: str, situation: Situation) -> None:
    del sku, situation


def announce(
    skus: Iterable[str],
    situations: Iterable[Situation],
    advertised: Advertised,
    *,
    at: datetime,
    currency: str | Currency,
    before: Iterable[PriceAnnounced] = (),
    reduction_of: ReductionOf = _no_reduction,
) -> Iterator[PriceAnnounced]:
    """Yield what must be recorded: the prices that are not the ones last announced.

    To compare two price books, announce the old one with no ``before`` and hand the
    result to the new one. To go on from the record, hand over
    `omnicommerce.pricing.ports.PriceHistory.in_force`. Run it after every release, and
    whenever a window of the configuration opens or closes.

    Args:
        skus: What is sold.
        situations: One per channel, segment and location that sees prices of its own;
            their own instants do not count.
        advertised: The price of one unit.
        at: The instant of the announcement.
        currency: Of situations that name none.
        before: What was announced until now; the latest of each place counts.
        reduction_of: Which announced reduction a price is part of.

    Raises:
        InvalidValue: Two situations are the same place.

    Example:
        >>> from datetime import UTC
        >>> web = Situation(channel="web", at=datetime(2026, 11, 27, tzinfo=UTC))
        >>> monday = announce(
        ...     ["DRESS", "SCARF"],
        ...     [web],
        ...     lambda sku, _: {"DRESS": 8990, "SCARF": 2495}[sku],
        ...     at=datetime(2026, 11, 23, tzinfo=UTC),
        ...     currency="EUR",
        ... )
        >>> friday = announce(
        ...     ["DRESS", "SCARF"],
        ...     [web],
        ...     lambda sku, _: {"DRESS": 6990, "SCARF": 2495}[sku],
        ...     at=web.at,
        ...     currency="EUR",
        ...     before=monday,
        ... )
        >>> [(event.place.sku, event.amount) for event in friday]
        [('DRESS', 6990)]
    """
    instant, unit = require_instant(at), Currency.of(currency)
    latest = _latest(before)
    seen_from = tuple(attrs.evolve(situation, at=instant) for situation in situations)
    _require_distinct(seen_from, unit)
    for sku in skus:
        for situation in seen_from:
            place = place_of(sku, situation, unit)
            amount = advertised(sku, situation)
            reduction = None if amount is None else reduction_of(sku, situation)
            last = latest.get(place)
            known = (None, None) if last is None else (last.amount, last.reduction)
            if known != (amount, reduction):
                yield PriceAnnounced(place=place, amount=amount, at=instant, reduction=reduction)


def place_of(sku: str, situation: Situation, currency: str | Currency) -> PricePlace:
    """Return the place whose history a situation belongs to.

    Its segment is the customer's classes in order, joined by a plus sign.

    Example:
        >>> from datetime import UTC
        >>> noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
        >>> member = Situation(channel="web", at=noon, customer_classes={"gold", "club"})
        >>> place_of("DRESS", member, "EUR").segment
        'club+gold'
    """
    return PricePlace(
        sku,
        situation.channel,
        situation.currency or currency,
        segment="+".join(sorted(situation.customer_classes)) or None,
        location=situation.location,
    )


def _latest(events: Iterable[PriceAnnounced]) -> dict[PricePlace, PriceAnnounced]:
    found: dict[PricePlace, PriceAnnounced] = {}
    for event in events:
        known = found.get(event.place)
        if known is None or known.at < event.at:
            found[event.place] = event
    return found


def _require_distinct(situations: tuple[Situation, ...], currency: Currency) -> None:
    places = [place_of("any", situation, currency) for situation in situations]
    if len(set(places)) < len(places):
        raise InvalidValue(
            "situations", "two have the same channel, segment, location and currency"
        )
