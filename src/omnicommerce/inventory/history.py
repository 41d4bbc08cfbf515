"""What the journal says of one stock account: changes in order, and the level at any instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.inventory.causes import StockCause
from omnicommerce.kernel.ids import LocationId, Sku
from omnicommerce.ledger.model import Entry, Verb

__all__ = [
    "SAFETY_STOCK",
    "Claim",
    "LevelAt",
    "LevelDifference",
    "StockChange",
    "level_at",
    "open_groups",
    "timeline",
]

SAFETY_STOCK: Final = "safety stock"
"""The reason of entries whose document is the new safety stock."""


@attrs.frozen(kw_only=True)
class StockChange:
    """One line of the journal in the words of the stock room.

    Args:
        at: When; never earlier than the change before it. Claims that the clock
            ended changed when they ended, not when that was booked.
        verb: What was done, such as ``hold``, ``capture`` or ``adjust``.
        on_hand: Units that came (negative: went).
        held: Units that were set aside (negative: no longer).
        cause: Why, with its document.
        key: The command's key.
        group: The claim that it is about, such as an order's identity.
    """

    at: datetime
    verb: Verb
    on_hand: int
    held: int
    cause: StockCause
    key: str
    group: str | None = None


@attrs.frozen(kw_only=True)
class Claim:
    """Units set aside: for whom, since when and until when (None: until they are used)."""

    group: str
    cause: StockCause
    quantity: int
    since: datetime
    until: datetime | None = None


@attrs.frozen(kw_only=True)
class LevelAt:
    """How one SKU stood at one location at an instant, by the journal.

    ``safety_stock`` and ``available`` are None where the journal does not say
    what was kept back: a floor that was set past `Inventory.keep_back`.
    """

    sku: Sku
    location_id: LocationId
    at: datetime
    on_hand: int
    held: int
    safety_stock: int | None
    claims: tuple[Claim, ...] = ()

    @property
    def available(self) -> int | None:
        """What could be promised: on hand, less held, less safety stock, never negative."""
        if self.safety_stock is None:
            return None
        return max(0, self.on_hand - self.held - self.safety_stock)


@attrs.frozen(kw_only=True)
class LevelDifference:
    """Two levels, and every change between them: ``before`` plus ``changes`` is ``after``."""

    before: LevelAt
    after: LevelAt
    changes: tuple[StockChange, ...]


def open_groups(entries: Iterable[Entry], at: datetime | None = None) -> frozenset[str]:
    """Return the groups with units booked as held at an instant (None: by now)."""
    held: Counter[str] = Counter()
    for entry, instant in _in_time(entries):
        if entry.group is not None and (at is None or instant <= at):
            held[entry.group] += entry.held_change
    return frozenset(group for group, units in held.items() if units)


def timeline(
    entries: Sequence[Entry], until: Mapping[str, datetime | None], *, now: datetime
) -> tuple[StockChange, ...]:
    """Return the changes of an account in order, with the clock's endings where they belong.

    Args:
        entries: The whole journal of the account, in sequence.
        until: When claims end, by group: at least of those whose ending may
            have been booked later than it came, or not yet.
        now: What was booked by a clock ahead of this one happened now.
    """
    changes: list[StockChange] = []
    held: Counter[str] = Counter()
    latest: dict[str, datetime] = {}
    for entry, instant in _in_time(entries):
        at = min(instant, now)
        if entry.group is not None:
            ended = until.get(entry.group) if entry.verb is Verb.EXPIRE else None
            at = latest[entry.group] = max(min(at, ended or at), latest.get(entry.group, at))
            held[entry.group] += entry.held_change
        changes.append(_change(entry, at))
    changes += [
        StockChange(
            at=max(ended, latest[group]),
            verb=Verb.EXPIRE,
            on_hand=0,
            held=-units,
            cause=StockCause("sweep"),
            key="sweep",
            group=group,
        )
        for group, units in sorted(held.items())
        if units and (ended := until.get(group)) is not None
    ]
    return tuple(sorted(changes, key=lambda change: change.at))


def level_at(
    changes: Iterable[StockChange],
    until: Mapping[str, datetime | None],
    *,
    sku: str,
    location_id: str,
    at: datetime,
) -> LevelAt:
    """Fold the changes up to and including an instant."""
    on_hand = held = 0
    safety_stock: int | None = 0
    claims: dict[str, Claim] = {}
    for change in changes:
        if change.at > at:
            continue
        on_hand, held = on_hand + change.on_hand, held + change.held
        if change.verb is Verb.FLOOR:
            safety_stock = _kept_back(change.cause)
        if change.group is not None and change.held:
            _fold_claim(claims, change, until.get(change.group))
    return LevelAt(
        sku=Sku(sku),
        location_id=LocationId(location_id),
        at=at,
        on_hand=on_hand,
        held=held,
        safety_stock=safety_stock,
        claims=tuple(claims[group] for group in sorted(claims)),
    )


def _in_time(entries: Iterable[Entry]) -> Iterator[tuple[Entry, datetime]]:
    """Yield entries with instants that never go back, whatever the clocks did."""
    latest: datetime | None = None
    for entry in entries:
        latest = entry.at if latest is None else max(latest, entry.at)
        yield entry, latest


def _change(entry: Entry, at: datetime) -> StockChange:
    return StockChange(
        at=at,
        verb=entry.verb,
        on_hand=entry.balance_change,
        held=entry.held_change,
        cause=StockCause.read(entry.cause),
        key=entry.key,
        group=entry.group,
    )


def _kept_back(cause: StockCause) -> int | None:
    if cause.reason != SAFETY_STOCK or cause.document is None:
        return None
    try:
        return int(cause.document)
    except ValueError:
        return None


def _fold_claim(claims: dict[str, Claim], change: StockChange, until: datetime | None) -> None:
    group = str(change.group)
    known = claims.get(group)
    if known is None:
        claims[group] = Claim(
            group=group, cause=change.cause, quantity=change.held, since=change.at, until=until
        )
    elif known.quantity + change.held:
        claims[group] = attrs.evolve(known, quantity=known.quantity + change.held)
    else:
        del claims[group]
