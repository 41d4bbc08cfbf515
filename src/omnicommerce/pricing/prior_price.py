"""The price before a reduction: the lowest of the last 30 days, from recorded announcements.

Article 6a of Directive 98/6/EC, as amended by Directive (EU) 2019/2161 ("Omnibus"): whoever
announces a price reduction indicates the prior price (1), which is the lowest price applied during
a period of at least 30 days before the reduction is applied (2). Member states may rule otherwise
for goods that perish quickly (3), shorten the period for goods that are newer than 30 days (4), and
let a reduction that deepens step by step keep the price from before its first step (5). The
Commission explains it in notice 2021/C 526/02.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.window import Gap, Window
from omnicommerce.pricing.history import PriceAnnounced, PricePlace

__all__ = ["PriorPrice", "PriorPriceRule", "PriorStatus", "Progressive", "lowest_prior_price"]

_MOST_DAYS: Final = 3650


class Progressive(enum.StrEnum):
    """What counts as prior once a reduction deepens without interruption.

    ``first_announcement``: the price from before its first step (Article 6a(5), where the
    member state allows it). ``each_step``: every step is a reduction of its own, and the
    prices of earlier steps count.
    """

    FIRST_ANNOUNCEMENT = "first_announcement"
    EACH_STEP = "each_step"


@attrs.frozen(kw_only=True)
class PriorPriceRule:
    """How a member state counts.

    Args:
        zone: IANA name of the zone whose wall clock counts the days.
        days: How far back prices count.
        progressive: What a deepening reduction is compared with.

    Raises:
        InvalidValue: An unknown zone, or no days.
    """

    zone: str = attrs.field()
    days: int = attrs.field(default=30)
    progressive: Progressive = Progressive.FIRST_ANNOUNCEMENT

    @zone.validator
    def _check_zone(self, _: object, value: str) -> None:
        Window(zone=value)

    @days.validator
    def _check_days(self, _: object, value: int) -> None:
        if type(value) is not int or not 1 <= value <= _MOST_DAYS:
            raise InvalidValue("days", f"must be 1 to {_MOST_DAYS}, not {value!r}")

    def opens_at(self, starts_at: datetime) -> datetime:
        """Return the first instant whose price counts before a reduction.

        It shows the same time of day on the wall of the zone, so many days before;
        where clocks changed in between, it is never later than as many times 24 hours.

        Example:
            >>> from datetime import UTC
            >>> rule = PriorPriceRule(zone="Europe/Madrid")
            >>> rule.opens_at(datetime(2026, 11, 13, 23, tzinfo=UTC)).isoformat()
            '2026-10-14T22:00:00+00:00'
        """
        elapsed = timedelta(days=self.days)
        instant = require_instant(starts_at, "starts_at")
        wall = instant.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None, fold=0) - elapsed
        by_the_wall = Window.local(wall, None, self.zone, gap=Gap.SHIFT).starts_at
        return min(by_the_wall or instant, instant - elapsed)


class PriorStatus(enum.StrEnum):
    """What can be said of a prior price.

    ``known``: the record covers all days that count. ``new``: the goods were not on sale
    for that long. ``exempt``: they perish quickly. ``unknown``: the record has a gap or
    nothing was offered. All but ``known`` are for a person to decide on, by national law.
    """

    KNOWN = "known"
    NEW = "new"
    EXEMPT = "exempt"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class PriorPrice:
    """The lowest price before a reduction, or why there is none.

    Attributes:
        sku: Whose price.
        status: What can be said of it.
        amount: The lowest price on record; None where the record does not tell.
        opens_at: From when on prices counted.
        starts_at: When the reduction started; prices from then on do not count.
        days: How many days counted.
    """

    sku: str
    status: PriorStatus
    amount: Money | None
    opens_at: datetime
    starts_at: datetime
    days: int

    @property
    def reason(self) -> Reason:
        """What to show beside a reduced price, or to tell the merchant."""
        parameters = {"sku": self.sku, "days": self.days}
        match self.status:
            case PriorStatus.KNOWN:
                shown = {"sku": self.sku, "days": self.days, "amount": str(self.amount)}
                return Reason("price.lowest_prior", shown)
            case PriorStatus.NEW:
                return Reason("price.prior_new", parameters)
            case PriorStatus.EXEMPT:
                return Reason("price.prior_exempt", parameters)
            case PriorStatus.UNKNOWN:
                return Reason("price.prior_unknown", parameters)

    def rate_off(self, now: Money) -> Rate | None:
        """Return the reduction that may be announced, exactly; None: there is none.

        A percentage must be taken of the prior price, whatever the price was the day
        before: judgment of 26 September 2024, Aldi Süd, C-330/23.

        Raises:
            InvalidValue: Another currency.
        """
        if self.amount is None or now >= self.amount:
            return None
        return Rate(Fraction(self.amount.minor - now.minor, self.amount.minor))


def lowest_prior_price(
    events: Iterable[PriceAnnounced],
    place: PricePlace,
    *,
    reduction_starts_at: datetime,
    rule: PriorPriceRule,
    reduction: str | None = None,
    on_sale_since: datetime | None = None,
    perishable: bool = False,
) -> PriorPrice:
    """Return the lowest price in force at any moment of ``[start - days, start)``.

    The price in force when that window opens counts, however long ago it was
    announced. Prices of the running reduction never do: an instant in its midst means
    its start.

    Args:
        events: What was announced, in any order; other places are left out. They must
            reach back to the announcement in force when the window opens.
        place: Whose history.
        reduction_starts_at: When the reduction starts, or any instant at which it runs.
        rule: How days are counted.
        reduction: The reduction meant; None: the one whose price is in force then.
        on_sale_since: When the goods were first offered, if the shop knows: a record
            that begins within the days that count cannot tell new goods from gaps.
        perishable: Whether the goods deteriorate or expire rapidly.

    Raises:
        InvalidValue: A naive instant, or two prices of one place at one instant.

    Example:
        >>> from datetime import UTC
        >>> dress = PricePlace("DRESS", "web", "EUR")
        >>> prior = lowest_prior_price(
        ...     [
        ...         PriceAnnounced(place=dress, amount=8990, at=datetime(2026, 1, 7, tzinfo=UTC)),
        ...         PriceAnnounced(place=dress, amount=7990, at=datetime(2026, 11, 2, tzinfo=UTC)),
        ...         PriceAnnounced(place=dress, amount=9990, at=datetime(2026, 11, 5, tzinfo=UTC)),
        ...     ],
        ...     dress,
        ...     reduction_starts_at=datetime(2026, 11, 27, tzinfo=UTC),
        ...     rule=PriorPriceRule(zone="Europe/Madrid"),
        ... )
        >>> prior.status.value, str(prior.amount)
        ('known', '79.90 EUR')
    """
    timeline = _timeline(events, place)
    starts_at = _start(
        timeline, require_instant(reduction_starts_at, "reduction_starts_at"), reduction, rule
    )
    opens_at = rule.opens_at(starts_at)
    amounts = list(_amounts(timeline, opens_at, starts_at))
    since = None if on_sale_since is None else require_instant(on_sale_since, "on_sale_since")
    recorded_since = timeline[0].at if timeline else None
    status = _status(recorded_since, opens_at, since, has_prices=bool(amounts))
    lowest = Money(min(amounts), place.currency) if amounts else None
    return PriorPrice(
        sku=place.sku,
        status=PriorStatus.EXEMPT if perishable else status,
        amount=None if status is PriorStatus.UNKNOWN else lowest,
        opens_at=opens_at,
        starts_at=starts_at,
        days=rule.days,
    )


def _timeline(events: Iterable[PriceAnnounced], place: PricePlace) -> list[PriceAnnounced]:
    """Return a place's announcements in order, each once."""
    found = sorted({event for event in events if event.place == place}, key=lambda e: e.at)
    for earlier, later in itertools.pairwise(found):
        if earlier.at == later.at:
            raise InvalidValue(
                "events", f"{place.sku!r} has two prices at {later.at.isoformat()} in one place"
            )
    return found


def _start(
    timeline: Sequence[PriceAnnounced], at: datetime, reduction: str | None, rule: PriorPriceRule
) -> datetime:
    """Return when the reduction that runs at an instant began; if none runs, the instant."""
    so_far = [event for event in timeline if event.at <= at]
    if not so_far or so_far[-1].amount is None:
        return at
    wanted = reduction or so_far[-1].reduction
    if wanted is None or so_far[-1].reduction != wanted:
        return at
    first = so_far.pop()
    while so_far and _continues(so_far[-1], first, rule.progressive):
        first = so_far.pop()
    return first.at


def _continues(earlier: PriceAnnounced, later: PriceAnnounced, progressive: Progressive) -> bool:
    """Tell whether two announcements are one reduction; one that rose in between is not."""
    if earlier.reduction != later.reduction or earlier.amount is None or later.amount is None:
        return False
    if progressive is Progressive.EACH_STEP:
        return earlier.amount == later.amount
    return earlier.amount >= later.amount


def _amounts(
    timeline: Sequence[PriceAnnounced], opens_at: datetime, starts_at: datetime
) -> Iterator[int]:
    """Yield the prices in force at any moment of ``[opens_at, starts_at)``."""
    ends = [event.at for event in timeline[1:]] + [starts_at]
    for event, ends_at in zip(timeline, ends, strict=False):
        if event.at < starts_at and ends_at > opens_at and event.amount is not None:
            yield event.amount


def _status(
    recorded_since: datetime | None,
    opens_at: datetime,
    on_sale_since: datetime | None,
    *,
    has_prices: bool,
) -> PriorStatus:
    if recorded_since is None:
        return PriorStatus.UNKNOWN
    if on_sale_since is not None and on_sale_since > opens_at:
        return PriorStatus.NEW if recorded_since <= on_sale_since else PriorStatus.UNKNOWN
    return PriorStatus.KNOWN if has_prices and recorded_since <= opens_at else PriorStatus.UNKNOWN
