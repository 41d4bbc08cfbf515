"""The working sheet of one calculation: plain ints, one entry per product.

A basket is a multiset: lines of one SKU are one entry however a till or a web
shop spread its units over lines, and lines that the till priced itself are one
entry per SKU, quantity and amounts. Entries are in a canonical order, so that
nothing depends on the order of lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.basket import Basket, BasketLine
from omnicommerce.pricing.errors import NotPriced
from omnicommerce.pricing.rows import CompiledRow, Finder, amount_of

__all__ = ["NO_AMOUNT", "GivenKey", "Sheet", "given_key"]

NO_AMOUNT: Final = -1
"""Stands for an amount that nobody named; real ones are zero or more."""

GivenKey: TypeAlias = tuple[str, int, int, int]
"""SKU, quantity, base and offer (-1: none) of a line that the till priced."""


class Sheet:
    """What is left of each product while promotions take their shares.

    Attributes:
        skus: The SKU of each entry: first those priced by rows, then the given ones.
        plain: How many entries are priced by rows.
        given: Keys of the given entries, from position ``plain`` on.
        quantities: Units of each entry.
        pieces: Into how many equal parts an entry's amount can be split over
            lines: its units, or its lines where each line has its own amount.
        base: Amount before promotions.
        left: Amount that is left.
    """

    __slots__ = (
        "base",
        "base_total",
        "closed",
        "given",
        "left",
        "left_total",
        "mode",
        "offers",
        "pieces",
        "plain",
        "quantities",
        "skus",
        "touched",
    )
    base: list[int]
    base_total: int
    left: list[int]
    left_total: int
    offers: dict[str, Finder]

    def __init__(self, basket: Basket, currency: Currency, mode: RoundingMode) -> None:
        units: dict[str, int] = {}
        counts: dict[GivenKey, int] = {}
        for line in basket.lines:
            if line.given is None:
                sku = line.sku
                units[sku] = units.get(sku, 0) + line.quantity
            else:
                key = given_key(line, currency)
                counts[key] = counts.get(key, 0) + 1
        self.mode: RoundingMode = mode
        self.skus: list[str] = sorted(units)
        self.plain: int = len(self.skus)
        self.quantities: list[int] = [units[sku] for sku in self.skus]
        self.pieces: list[int] = self.quantities
        self.given: list[GivenKey] = []
        if counts:
            self._add_given(counts)
        self.touched: set[int] = set()
        self.closed: set[int] = set()

    def _add_given(self, counts: dict[GivenKey, int]) -> None:
        self.given = sorted(counts)
        self.skus += [key[0] for key in self.given]
        occurrences = [counts[key] for key in self.given]
        self.pieces = self.quantities + occurrences
        self.quantities = self.quantities + [
            key[1] * count for key, count in zip(self.given, occurrences, strict=True)
        ]

    def set_base(self, find: Finder, basket: Basket) -> None:
        """Price every entry by its row, or by what the till gave.

        Raises:
            NotPriced: Some entries have no row; their lines are listed.
        """
        rows = list(map(find, self.skus[: self.plain] if self.given else self.skus))
        if None in rows:
            raise _not_priced(basket, find)
        base = self.amounts(rows, self.quantities)
        if self.given:
            counts = self.pieces[self.plain :]
            base += [key[2] * count for key, count in zip(self.given, counts, strict=True)]
        self.base = base
        self.left = base.copy()
        self.base_total = self.left_total = sum(base)

    def amounts(self, rows: Sequence[CompiledRow | None], quantities: list[int]) -> list[int]:
        """Return what quantities cost by their rows; where there is no row, `NO_AMOUNT`."""
        amounts: list[int] = []
        sets: list[int] = []
        for row, quantity in zip(rows, quantities, strict=False):
            if row is None:
                amounts.append(NO_AMOUNT)
                continue
            if row[1] != 1:
                sets.append(len(amounts))
            amounts.append(row[0] * quantity)
        if sets:
            self._amounts_of_sets(sets, rows, quantities, amounts)
        return amounts

    def _amounts_of_sets(
        self,
        sets: list[int],
        rows: Sequence[CompiledRow | None],
        quantities: list[int],
        amounts: list[int],
    ) -> None:
        """Mend the amounts where a row prices more than one unit, alone or mixed."""
        groups: dict[int, tuple[CompiledRow, list[int]]] = {}
        for k in sets:
            row = rows[k]
            if row is None:
                continue
            group = row[3]
            if group is None:
                amounts[k] = self.amount(row, quantities[k])
            else:
                groups.setdefault(group, (row, []))[1].append(k)
        for row, members in groups.values():
            units = [quantities[k] for k in members]
            shares = split(self.amount(row, sum(units)), units)
            for k, share in zip(members, shares, strict=True):
                amounts[k] = share

    def amount(self, row: CompiledRow, quantity: int) -> int:
        """Return what so many units cost by this row, rounded by the book's mode."""
        return amount_of(row, quantity, self.mode)

    def offers_at(self, find: Finder, at: list[int]) -> list[int]:
        """Return what an offer list asks for each entry; `NO_AMOUNT` where it has no offer.

        Entries that the till priced cost the offer that it gave.
        """
        plain = [k for k in at if k < self.plain] if self.given else at
        skus, quantities = self.skus, self.quantities
        if len(plain) == len(skus):
            asked = self.amounts(list(map(find, skus)), quantities)
        else:
            rows = [find(skus[k]) for k in plain]
            asked = self.amounts(rows, [quantities[k] for k in plain])
        for k in at[len(plain) :]:
            offer = self.given[k - self.plain][3]
            asked.append(NO_AMOUNT if offer < 0 else offer * self.pieces[k])
        return asked

    def take(self, at: list[int], shares: list[int]) -> int:
        """Take each share from its entry, and return their sum."""
        left = self.left
        if len(at) == len(left):
            self.left = [amount - share for amount, share in zip(left, shares, strict=True)]
        else:
            for position, share in zip(at, shares, strict=True):
                left[position] -= share
        total = sum(shares)
        self.left_total -= total
        return total

    def number(self, fact: str, at: list[int]) -> int:
        """Return a number that conditions may ask for, as it stands now.

        Args:
            fact: One of ``spend.base``, ``spend.left``, ``matching.base``,
                ``matching.left`` and ``matching.units``.
            at: The matching entries, in order.
        """
        if fact == "spend.left":
            return self.left_total
        if fact == "spend.base":
            return self.base_total
        column = {
            "matching.base": self.base,
            "matching.left": self.left,
            "matching.units": self.quantities,
        }[fact]
        return sum(column[position] for position in at)


def given_key(line: BasketLine, currency: Currency) -> GivenKey:
    """Return the entry that a line with its own amounts belongs to.

    Raises:
        InvalidValue: The line has no amounts of its own, or they are in another currency.
    """
    given = line.given
    if given is None:
        raise InvalidValue("given", f"line {line.line_id!r} has no amounts of its own")
    base, offer = given.base, given.offer
    for amount in (base, offer):
        if amount is not None and amount.currency != currency:
            raise InvalidValue(
                "given", f"line {line.line_id!r} is in {amount.currency}, the book in {currency}"
            )
    return (line.sku, line.quantity, base.minor, -1 if offer is None else offer.minor)


def _not_priced(basket: Basket, find: Finder) -> NotPriced:
    return NotPriced(
        (line.line_id, line.sku)
        for line in basket.lines
        if line.given is None and find(line.sku) is None
    )
