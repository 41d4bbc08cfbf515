"""Rounding, always named: how an exact fraction becomes whole minor units."""

from __future__ import annotations

import enum

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["RemainderSide", "Rounding", "RoundingLevel", "RoundingMode", "round_ratio"]


class RoundingMode(enum.StrEnum):
    """Which neighbour an inexact amount goes to.

    ``up`` and ``down`` mean away from and towards zero, so that a refund is the
    mirror of its sale; ``ceiling`` and ``floor`` look at the number line.
    """

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    HALF_DOWN = "half_down"
    UP = "up"
    DOWN = "down"
    CEILING = "ceiling"
    FLOOR = "floor"


class RoundingLevel(enum.StrEnum):
    """What is rounded once: each unit, each line, or the order."""

    UNIT = "unit"
    LINE = "line"
    ORDER = "order"


class RemainderSide(enum.StrEnum):
    """Which of net and tax is the remainder; the other one is computed and rounded."""

    NET = "net"
    TAX = "tax"


@attrs.frozen(kw_only=True)
class Rounding:
    """A shop's rounding policy: part of its configuration, never ambient.

    Args:
        level: What is rounded once.
        mode: Which neighbour an inexact amount goes to.
        remainder: Which of net and tax is what is left over from the gross amount.
        cash_step: Cash is paid in multiples of this many minor units (5 in
            Switzerland); applies to the cash tender only, never to a price.
    """

    level: RoundingLevel = RoundingLevel.LINE
    mode: RoundingMode = RoundingMode.HALF_UP
    remainder: RemainderSide = RemainderSide.NET
    cash_step: int = attrs.field(default=1)

    @cash_step.validator
    def _check_cash_step(self, _: object, value: int) -> None:
        if value < 1:
            raise InvalidValue("cash_step", f"must be at least 1 minor unit, not {value!r}")


def round_ratio(numerator: int, denominator: int, mode: RoundingMode) -> int:
    """Round ``numerator / denominator`` to an integer without leaving the integers.

    Example:
        >>> [round_ratio(n, 2, RoundingMode.HALF_EVEN) for n in (1, 3, -1)]
        [0, 2, 0]

    Raises:
        InvalidValue: The denominator is zero.
    """
    if denominator == 0:
        raise InvalidValue("denominator", "must not be zero")
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    if mode is RoundingMode.FLOOR:
        return numerator // denominator
    if mode is RoundingMode.CEILING:
        return -(-numerator // denominator)
    size, rest = divmod(abs(numerator), denominator)
    if rest and _goes_up(mode, 2 * rest - denominator, odd=bool(size & 1)):
        size += 1
    return -size if numerator < 0 else size


def _goes_up(mode: RoundingMode, beyond_half: int, *, odd: bool) -> bool:
    if mode is RoundingMode.UP:
        return True
    if mode is RoundingMode.DOWN:
        return False
    if beyond_half:
        return beyond_half > 0
    return mode is RoundingMode.HALF_UP or (mode is RoundingMode.HALF_EVEN and odd)
