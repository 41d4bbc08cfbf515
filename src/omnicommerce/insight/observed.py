"""Prices as somebody saw them, and how far apart two of them may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.rate import Rate

__all__ = ["Board", "ObservedPrice", "Tolerance", "gather", "natural_order"]

Board: TypeAlias = dict[str, dict[str, tuple[dict[int, list[str]], ...]]]
"""By product and period, for each kind of price: who asks how much."""

_DIGITS: Final = re.compile(r"(\d{1,18})")
_REMEMBERED: Final = 100_000


@attrs.frozen(kw_only=True)
class ObservedPrice:
    """What one place asked for one product in one period.

    Attributes:
        product_id: What was for sale.
        period: When: a week's number, a date, any text; periods are put in
            order by the numbers in them.
        place: Where: a store, a channel, a marketplace.
        amounts: Minor units by kind of price, such as ``shelf`` and ``card``;
            a kind that is absent was not seen.
    """

    product_id: str
    period: str
    place: str
    amounts: Mapping[str, int]


@attrs.frozen
class Tolerance:
    """How far apart two prices may be and still count as one.

    Attributes:
        amount: So many minor units.
        rate: Or this share of the lower price.

    Example:
        >>> Tolerance(5).allows(199, 204), Tolerance.parse("1%").allows(199, 204)
        (True, False)
    """

    amount: int = 0
    rate: Rate | None = None

    def __attrs_post_init__(self) -> None:
        if self.amount < 0 or (self.rate is not None and self.rate.value < 0):
            raise InvalidValue("tolerance", "must not be negative")

    def allows(self, one: int, other: int) -> bool:
        """Return whether two amounts count as one price."""
        apart = abs(one - other)
        if apart <= self.amount:
            return True
        return self.rate is not None and apart <= self.rate.value * min(one, other)

    @classmethod
    def parse(cls, text: str) -> Tolerance:
        """Read ``5`` as minor units and ``1.5%`` as a share of the lower price.

        Raises:
            InvalidValue: It is neither, or negative.
        """
        if text.strip().endswith("%"):
            return cls(rate=Rate.parse(text))
        if not (text.isascii() and text.isdigit()):
            raise InvalidValue("tolerance", f"must be like 5 or 1.5%, not {text!r}")
        return cls(int(text))

    def __str__(self) -> str:
        """Show it as `parse` reads it."""
        return str(self.amount if self.rate is None else self.rate)


@lru_cache(maxsize=_REMEMBERED)
def natural_order(text: str) -> tuple[tuple[str | int, ...], str]:
    """Return a key that sorts texts by the numbers in them.

    Example:
        >>> sorted(["10", "9", "2026-W2", "2026-W10"], key=natural_order)
        ['9', '10', '2026-W2', '2026-W10']
    """
    pieces = _DIGITS.split(text)
    return tuple(int(p) if turn % 2 else p for turn, p in enumerate(pieces)), text


def gather(observed: Iterable[ObservedPrice], kinds: Sequence[str]) -> tuple[Board, int]:
    """Put prices on a board, each place under what it asks, and count them.

    Takes the prices one by one; the board grows by a few words for each.

    Raises:
        InvalidValue: An amount is not a whole number from 0, or of no kind that is audited.
    """
    board: Board = {}
    column = {kind: index for index, kind in enumerate(kinds)}
    rows = 0
    for seen in observed:
        rows += 1
        periods = board.setdefault(seen.product_id, {})
        asked = periods.get(seen.period)
        if asked is None:
            asked = periods[seen.period] = tuple({} for _ in kinds)
        for kind, amount in seen.amounts.items():
            if kind not in column:
                raise InvalidValue("amounts", f"the kind {kind!r} is not among those audited")
            if type(amount) is not int or amount < 0:
                raise InvalidValue(kind, f"must be whole minor units from 0, not {amount!r}")
            asked[column[kind]].setdefault(amount, []).append(seen.place)
    return board, rows
