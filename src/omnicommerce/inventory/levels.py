"""When stock is low, and which event tells that it became so."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from functools import cached_property

import attrs

from omnicommerce.inventory.events import (
    StockBack,
    StockEvent,
    StockLow,
    StockOut,
    StockRecovered,
)
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import valid_id
from omnicommerce.ledger.model import AccountKey

__all__ = [
    "LowStock",
    "StockLevel",
    "StockThresholds",
    "event_of",
    "level_account",
    "level_before",
    "level_of",
]


class StockLevel(enum.IntEnum):
    """How much can be promised; the numbers are what the ledger keeps.

    Any two of them differ by another number, so that the size of a change and
    where it led tell where it began.
    """

    ENOUGH = 0
    LOW = 1
    OUT = 3


@attrs.frozen(kw_only=True)
class LowStock:
    """From how few units on stock is low.

    Args:
        threshold: At or below it, in smallest units.
        sku: Of what; None: of everything.
        location_id: Where; None: everywhere.
    """

    threshold: int = attrs.field()
    sku: str | None = attrs.field(default=None, validator=attrs.validators.optional(valid_id))
    location_id: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_id)
    )

    @threshold.validator
    def _check_threshold(self, _: object, value: object) -> None:
        if type(value) is not int or value < 1:
            raise InvalidValue("threshold", f"must be a whole number from 1, not {value!r}")


def _in_order(rules: Iterable[LowStock]) -> tuple[LowStock, ...]:
    return tuple(rules)


@attrs.frozen
class StockThresholds:
    """The thresholds of a shop; the most particular one counts.

    One for the SKU at the location comes before one for the SKU anywhere, that
    before one for the location, and that before the general one.

    Raises:
        InvalidValue: Two are for the same.
    """

    rules: tuple[LowStock, ...] = attrs.field(default=(), converter=_in_order)

    @rules.validator
    def _check_rules(self, _: object, value: tuple[LowStock, ...]) -> None:
        seen = set()
        for place, rule in enumerate(value):
            if (rule.sku, rule.location_id) in seen:
                raise InvalidValue(f"rules[{place}]", "there is another one for the same")
            seen.add((rule.sku, rule.location_id))

    def of(self, sku: str, location_id: str) -> int | None:
        """Return the threshold of a SKU at a location; None: there is none."""
        found = self._found
        wanted = ((sku, location_id), (sku, None), (None, location_id), (None, None))
        return next((found[which] for which in wanted if which in found), None)

    @cached_property
    def _found(self) -> Mapping[tuple[str | None, str | None], int]:
        return {(rule.sku, rule.location_id): rule.threshold for rule in self.rules}


def level_account(stock: AccountKey) -> AccountKey:
    """Return the ledger account that keeps the last known level of a stock account."""
    return AccountKey("stock_level", stock.subject, stock.scope)


def level_of(available: int, threshold: int | None) -> StockLevel:
    """Return the level of what can be promised."""
    if available <= 0:
        return StockLevel.OUT
    return StockLevel.ENOUGH if threshold is None or available > threshold else StockLevel.LOW


def level_before(level: StockLevel, distance: int) -> StockLevel:
    """Return the level that lies this far from another one."""
    return next(other for other in StockLevel if abs(other - level) == distance)


def event_of(before: StockLevel, level: StockLevel) -> type[StockEvent]:
    """Return the kind of event that a change of level is."""
    if level is StockLevel.OUT:
        return StockOut
    if before is StockLevel.OUT:
        return StockBack
    return StockLow if level is StockLevel.LOW else StockRecovered
