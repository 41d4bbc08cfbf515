"""What pricing answers: columns of ints, and objects made when they are looked at.

What there are hundreds of in one answer are named tuples: they cost half of a frozen class.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.basket import Basket, BasketLine
from omnicommerce.pricing.sheet import GivenKey, given_key

__all__ = ["Adjustment", "CouponMatch", "Discount", "PricedBasket", "PricedLine", "Table"]


class Adjustment(NamedTuple):
    """What one promotion changed on one line: negative minor units lower the price."""

    promotion_id: str
    minor: int
    currency: Currency

    @property
    def amount(self) -> Money:
        """The signed change of the line's amount."""
        return Money(self.minor, self.currency)

    @property
    def reason(self) -> Reason:
        """Why: the promotion that did it, and the minor units it took off."""
        return Reason(
            "promotion.applied", {"promotion_id": self.promotion_id, "amount": -self.minor}
        )


class Discount(NamedTuple):
    """What one promotion took from the whole basket, and from which entries of its table."""

    promotion_id: str
    minor: int
    currency: Currency
    at: tuple[int, ...]
    shares: tuple[int, ...]

    @property
    def amount(self) -> Money:
        """What it took; positive, save for an offer list that replaces lower prices."""
        return Money(self.minor, self.currency)


class CouponMatch(NamedTuple):
    """What the shop added to one presented coupon (its whole count)."""

    coupon_id: str
    promotion_id: str
    minor: int
    currency: Currency

    @property
    def amount(self) -> Money:
        """What it added."""
        return Money(self.minor, self.currency)


class Table(NamedTuple):
    """The entries of a priced basket: one per product, as columns of ints."""

    skus: tuple[str, ...]
    given: tuple[GivenKey, ...]
    pieces: tuple[int, ...]
    base: tuple[int, ...]


class PricedLine(NamedTuple):
    """One basket line with its part of every amount; parts sum to the whole exactly."""

    line_id: str
    sku: str
    quantity: int
    base_minor: int
    adjustments: tuple[Adjustment, ...]
    currency: Currency

    @property
    def base_amount(self) -> Money:
        """What the line costs before promotions."""
        return Money(self.base_minor, self.currency)

    @property
    def selling_minor(self) -> int:
        """What the line costs after promotions, in minor units."""
        return self.base_minor + sum([item.minor for item in self.adjustments])

    @property
    def selling_amount(self) -> Money:
        """What the line costs after promotions."""
        return Money(self.selling_minor, self.currency)

    def unit_amounts(self) -> tuple[Money, ...]:
        """Return what each unit costs after promotions: an even split, the remainder first."""
        each, extra = divmod(self.selling_minor, self.quantity)
        return tuple(Money(each + (unit < extra), self.currency) for unit in range(self.quantity))

    def unit_adjustments(self, unit: int) -> tuple[Adjustment, ...]:
        """Return one unit's share of every adjustment; over all units they sum to the line's.

        A unit's price before and after each promotion is an even split of the
        line's; its share is the difference, so no unit ever goes below zero.
        """
        shares: list[Adjustment] = []
        left = self.base_minor
        for item in self.adjustments:
            before = _part(left, self.quantity, unit, unit + 1)
            left += item.minor
            after = _part(left, self.quantity, unit, unit + 1)
            shares.append(item._replace(minor=after - before))
        return tuple(shares)


@attrs.frozen(kw_only=True)
class PricedBasket:
    """A basket with its totals, line by line on demand.

    Attributes:
        book_version: The price book that said so.
        currency: Of every amount.
        basket: What was priced.
        discounts: What each promotion took, in the order in which they ran.
        matches: What the shop added to presented coupons.
        table: The entries behind the lines.
    """

    book_version: str
    currency: Currency
    basket: Basket
    discounts: tuple[Discount, ...]
    matches: tuple[CouponMatch, ...]
    table: Table = attrs.field(repr=False)
    base_minor: int
    selling_minor: int
    coupon_minor: int
    match_minor: int

    @property
    def base_amount(self) -> Money:
        """What the lines cost before promotions: the shelf price."""
        return Money(self.base_minor, self.currency)

    @property
    def selling_amount(self) -> Money:
        """What the lines cost after promotions."""
        return Money(self.selling_minor, self.currency)

    @property
    def discount_amount(self) -> Money:
        """What promotions took off the lines."""
        return Money(self.base_minor - self.selling_minor, self.currency)

    @property
    def coupon_amount(self) -> Money:
        """What presented coupons pay."""
        return Money(self.coupon_minor, self.currency)

    @property
    def match_amount(self) -> Money:
        """What the shop adds to presented coupons."""
        return Money(self.match_minor, self.currency)

    @property
    def payable_minor(self) -> int:
        """What is left to pay in minor units; below zero where coupons pay more than is due."""
        return self.selling_minor - self.match_minor - self.coupon_minor

    @property
    def payable_amount(self) -> Money:
        """What is left to pay; below zero where coupons pay more than is due."""
        return Money(self.payable_minor, self.currency)

    @property
    def uses(self) -> tuple[str, ...]:
        """The promotions that gave something, sorted: only these consume a use."""
        given = {item.promotion_id for item in self.discounts if item.minor > 0}
        return tuple(sorted(given | {item.promotion_id for item in self.matches}))

    @cached_property
    def lines(self) -> tuple[PricedLine, ...]:
        """The lines in the order of the basket, each with its part of every adjustment."""
        columns = _columns(self.discounts, len(self.table.base))
        by_sku = {sku: position for position, sku in enumerate(self.table.skus)}
        if len(by_sku) < len(self.basket.lines):
            return self._shared_lines(columns)
        base, currency = self.table.base, self.currency
        lines: list[PricedLine] = []
        for line in self.basket.lines:
            position = by_sku[line.sku]
            changes = tuple(columns[position])
            lines.append(
                PricedLine(line.line_id, line.sku, line.quantity, base[position], changes, currency)
            )
        return tuple(lines)

    def _shared_lines(self, columns: list[list[Adjustment]]) -> tuple[PricedLine, ...]:
        """Return the lines where several may share an entry."""
        parts: dict[str, PricedLine] = {}
        for position, lines in enumerate(_members(self.basket, self.table, self.currency)):
            base, pieces = self.table.base[position], self.table.pieces[position]
            for line in _parted(lines, base, pieces, columns[position], self.currency):
                parts[line.line_id] = line
        return tuple(parts[line.line_id] for line in self.basket.lines)

    def line(self, line_id: str) -> PricedLine:
        """Return one line.

        Raises:
            KeyError: The basket has no such line.
        """
        return self._by_id[line_id]

    @cached_property
    def _by_id(self) -> dict[str, PricedLine]:
        return {line.line_id: line for line in self.lines}


def _columns(discounts: tuple[Discount, ...], size: int) -> list[list[Adjustment]]:
    """Turn discounts into the adjustments of each entry."""
    columns: list[list[Adjustment]] = [[] for _ in range(size)]
    for item in discounts:
        promotion_id, currency = item.promotion_id, item.currency
        for position, share in zip(item.at, item.shares, strict=True):
            if share:
                columns[position].append(Adjustment(promotion_id, -share, currency))
    return columns


def _members(basket: Basket, table: Table, currency: Currency) -> list[list[BasketLine]]:
    """Return the lines of each entry."""
    plain = len(table.skus) - len(table.given)
    by_sku = {sku: position for position, sku in enumerate(table.skus[:plain])}
    by_key = {key: plain + number for number, key in enumerate(table.given)}
    members: list[list[BasketLine]] = [[] for _ in table.skus]
    for line in basket.lines:
        position = by_sku[line.sku] if line.given is None else by_key[given_key(line, currency)]
        members[position].append(line)
    return members


def _parted(
    lines: list[BasketLine], base: int, pieces: int, changes: list[Adjustment], currency: Currency
) -> Iterator[PricedLine]:
    """Share an entry among its lines: each piece an even part, the remainder to the first."""
    start = 0
    for line in sorted(lines, key=lambda item: item.line_id):
        stop = start + (line.quantity if line.given is None else 1)
        left, before = base, _part(base, pieces, start, stop)
        own, parts = before, []
        for change in changes:
            left += change.minor
            after = _part(left, pieces, start, stop)
            if after != before:
                parts.append(change._replace(minor=after - before))
            before = after
        yield PricedLine(line.line_id, line.sku, line.quantity, own, tuple(parts), currency)
        start = stop


def _part(amount: int, pieces: int, start: int, stop: int) -> int:
    """Return what the pieces from start to stop get of an even split, the remainder first."""
    each, extra = divmod(amount, pieces)
    return each * (stop - start) + max(0, min(stop, extra) - start)
