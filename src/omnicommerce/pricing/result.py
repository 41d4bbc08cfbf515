"""What pricing answers: columns of ints, and objects made when they are looked at.

What there are hundreds of in one answer are named tuples: they cost half of a frozen class.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.basket import MANUAL, Basket, BasketLine
from omnicommerce.pricing.codes import Unlocked
from omnicommerce.pricing.sheet import Entries, apart_key, given_key
from omnicommerce.pricing.tax.result import TaxedAmount, TaxedBasket, TaxedItem
from omnicommerce.pricing.taxing import Taxing

__all__ = [
    "Adjustment",
    "Benefit",
    "Certificate",
    "CouponMatch",
    "Discount",
    "GivenAway",
    "PricedBasket",
    "PricedDelivery",
    "PricedLine",
    "Table",
    "new_tuple",
]


new_tuple: Final = tuple.__new__
"""Makes a named tuple at half the price of its own constructor."""


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
    """What one promotion took from the whole basket, and from which entries of its table.

    ``meant``: of an amount that is meant with tax where prices are without, or the
    reverse: what each share is so, and 0 where it is as entered; otherwise empty.
    """

    promotion_id: str
    minor: int
    currency: Currency
    at: tuple[int, ...]
    shares: tuple[int, ...]
    meant: tuple[int, ...] = ()

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


class GivenAway(NamedTuple):
    """Units that a promotion added beside the lines, and how much of their worth it took off."""

    promotion_id: str
    sku: str
    quantity: int
    worth_minor: int
    off_minor: int
    currency: Currency

    @property
    def worth_amount(self) -> Money:
        """What the units cost without the promotion."""
        return Money(self.worth_minor, self.currency)

    @property
    def amount(self) -> Money:
        """What is to be paid for them."""
        return Money(self.worth_minor - self.off_minor, self.currency)


class Benefit(NamedTuple):
    """Points that a promotion promises for after the order."""

    promotion_id: str
    points: int


class Certificate(NamedTuple):
    """What is proven of a choice of promotions.

    Attributes:
        discount: What the chosen promotions give, in minor units.
        bound: What no admissible choice can exceed.
        nodes: How many steps the search took.
    """

    discount: int
    bound: int
    nodes: int

    @property
    def gap(self) -> int:
        """How many minor units the choice may be short of the best one."""
        return self.bound - self.discount

    @property
    def is_optimal(self) -> bool:
        """Whether no admissible choice gives more."""
        return self.bound == self.discount


class Table(NamedTuple):
    """The entries of a priced basket: one per product, then delivery, as columns of ints."""

    entries: Entries
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


class PricedDelivery(NamedTuple):
    """One delivery of the basket, with what promotions changed."""

    delivery_id: str
    method: str
    base_minor: int
    adjustments: tuple[Adjustment, ...]
    currency: Currency

    @property
    def base_amount(self) -> Money:
        """What it costs before promotions."""
        return Money(self.base_minor, self.currency)

    @property
    def selling_minor(self) -> int:
        """What it costs after promotions, in minor units."""
        return self.base_minor + sum([item.minor for item in self.adjustments])

    @property
    def selling_amount(self) -> Money:
        """What it costs after promotions."""
        return Money(self.selling_minor, self.currency)


@attrs.frozen(kw_only=True, slots=False)
class PricedBasket:
    """A basket with its totals, line by line on demand.

    Attributes:
        book_version: The price book that said so.
        currency: Of every amount.
        basket: What was priced.
        discounts: What each promotion took, in the order in which they ran.
        matches: What the shop added to presented coupons.
        table: The entries behind the lines.
        gifts: Units that promotions added beside the lines.
        benefits: Points that promotions promise.
        blocked: Minor units that price floors stopped, by promotion.
        codes: Which of the entered codes count, and why others do not.
        certificate: What is proven of the choice, where it was the best for the customer.
        taxing: What taxes and surcharges depend on; None: there are none.
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
    gifts: tuple[GivenAway, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    blocked: tuple[tuple[str, int], ...] = ()
    codes: Unlocked
    certificate: Certificate | None = None
    taxing: Taxing | None = attrs.field(default=None, repr=False, eq=False)

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
    def delivery_minor(self) -> int:
        """What delivery costs after promotions, in minor units."""
        return sum([item.selling_minor for item in self.delivery]) if self.basket.delivery else 0

    @property
    def delivery_amount(self) -> Money:
        """What delivery costs after promotions."""
        return Money(self.delivery_minor, self.currency)

    @property
    def gift_minor(self) -> int:
        """What is to be paid for gifts that are not free, in minor units."""
        return sum([gift.worth_minor - gift.off_minor for gift in self.gifts]) if self.gifts else 0

    @cached_property
    def left(self) -> list[int]:
        """What each entry of the table costs after promotions, in minor units as entered."""
        left = list(self.table.base)
        for item in self.discounts:
            for position, share in zip(item.at, item.shares, strict=True):
                left[position] -= share
        return left

    @cached_property
    def meant(self) -> dict[int, tuple[int, int]]:
        """By entry: what was taken by amounts meant in the other tax basis, as entered and so."""
        found: dict[int, tuple[int, int]] = {}
        for item in self.discounts:
            for position, share, amount in zip(item.at, item.shares, item.meant, strict=False):
                if amount:
                    before = found.get(position, (0, 0))
                    found[position] = (before[0] + share, before[1] + amount)
        return found

    @cached_property
    def tax(self) -> TaxedBasket | None:
        """The tax of everything, worked out on what is left after promotions; None: no taxes."""
        return None if self.taxing is None else self.taxing.of(self)

    def line_tax(self, line_id: str) -> TaxedItem | None:
        """Return a line's part of the tax; None: there are no taxes.

        Raises:
            KeyError: The basket has no such line.
        """
        if self.tax is None:
            return None
        position, start, stop, pieces = self._places[line_id]
        return self.tax.item(str(position)).part(start, stop, pieces)

    @cached_property
    def surcharges(self) -> tuple[TaxedAmount, ...]:
        """The fees and allowances that are due, in minor units as entered."""
        return () if self.taxing is None else self.taxing.charged(self)

    @property
    def surcharge_minor(self) -> int:
        """What surcharges add, in minor units as entered."""
        return sum(item.minor for item in self.surcharges)

    @property
    def tax_minor(self) -> int:
        """The tax in all, in minor units; whether it is in the prices or comes on top."""
        return 0 if self.tax is None else self.tax.total.tax

    @property
    def tax_amount(self) -> Money:
        """The tax in all; whether it is in the prices or comes on top."""
        return Money(self.tax_minor, self.currency)

    @property
    def total_minor(self) -> int:
        """What everything costs, in minor units: items, delivery, gifts, surcharges and tax."""
        if self.taxing is None and not self.basket.delivery and not self.gifts:
            return self.selling_minor
        if self.tax is not None:
            return self.tax.total.gross
        return self.selling_minor + self.delivery_minor + self.gift_minor + self.surcharge_minor

    @property
    def total_amount(self) -> Money:
        """What everything costs: items, delivery, gifts, surcharges and tax."""
        return Money(self.total_minor, self.currency)

    @property
    def payable_minor(self) -> int:
        """What is left to pay in minor units; below zero where coupons pay more than is due."""
        return self.total_minor - self.match_minor - self.coupon_minor

    @property
    def payable_amount(self) -> Money:
        """What is left to pay; below zero where coupons pay more than is due."""
        return Money(self.payable_minor, self.currency)

    @property
    def points(self) -> int:
        """The points that promotions promise."""
        return sum(benefit.points for benefit in self.benefits)

    @property
    def uses(self) -> tuple[str, ...]:
        """The promotions that gave something, sorted: only these consume a use."""
        by_staff = f"{MANUAL}:"
        given = {item.promotion_id for item in self.discounts if item.minor > 0}
        given = {name for name in given if not name.startswith(by_staff)}
        given |= {item.promotion_id for item in self.matches}
        given |= {item.promotion_id for item in self.gifts}
        return tuple(sorted(given | {item.promotion_id for item in self.benefits}))

    @cached_property
    def _columns(self) -> list[list[Adjustment]]:
        """The adjustments of each entry."""
        return _columns(self.discounts, len(self.table.base))

    @cached_property
    def delivery(self) -> tuple[PricedDelivery, ...]:
        """The deliveries in the order of the basket, each with its adjustments."""
        places = self.delivery_places
        return tuple(
            PricedDelivery(
                line.delivery_id,
                line.method,
                self.table.base[places[rank]],
                tuple(self._columns[places[rank]]),
                self.currency,
            )
            for rank, line in enumerate(self.basket.delivery)
        )

    @property
    def delivery_places(self) -> list[int]:
        """The entry of each delivery, in the order of the basket."""
        first = len(self.table.entries.pieces)
        ranks = sorted(range(len(self.basket.delivery)), key=self._delivery_id)
        places = {rank: first + number for number, rank in enumerate(ranks)}
        return [places[rank] for rank in range(len(ranks))]

    def _delivery_id(self, rank: int) -> str:
        return self.basket.delivery[rank].delivery_id

    @cached_property
    def lines(self) -> tuple[PricedLine, ...]:
        """The lines in the order of the basket, each with its part of every adjustment."""
        columns, entries = self._columns, self.table.entries
        if len(entries.skus) < len(self.basket.lines):
            return self._shared_lines(columns)
        places = dict(zip(entries.skus, zip(self.table.base, columns, strict=False), strict=False))
        currency = self.currency
        lines: list[PricedLine] = []
        for line in self.basket.lines:
            sku = line.sku
            base, changes = places[sku]
            figures = (line.line_id, sku, line.quantity, base, tuple(changes), currency)
            lines.append(new_tuple(PricedLine, figures))
        return tuple(lines)

    def _shared_lines(self, columns: list[list[Adjustment]]) -> tuple[PricedLine, ...]:
        """Return the lines where several may share an entry."""
        parts: dict[str, PricedLine] = {}
        pieces = self.table.entries.pieces
        for position, lines in enumerate(_members(self.basket, self.table, self.currency)):
            base, count = self.table.base[position], pieces[position]
            for line in _parted(lines, base, count, columns[position], self.currency):
                parts[line.line_id] = line
        return tuple(parts[line.line_id] for line in self.basket.lines)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int, int, int]]:
        """For each line: its entry, and which of how many pieces of that are its own."""
        places: dict[str, tuple[int, int, int, int]] = {}
        pieces = self.table.entries.pieces
        for position, lines in enumerate(_members(self.basket, self.table, self.currency)):
            start = 0
            for line in sorted(lines, key=lambda item: item.line_id):
                stop = start + (line.quantity if line.given is None else 1)
                places[line.line_id] = (position, start, stop, pieces[position])
                start = stop
        return places

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
                columns[position].append(new_tuple(Adjustment, (promotion_id, -share, currency)))
    return columns


def _members(basket: Basket, table: Table, currency: Currency) -> list[list[BasketLine]]:
    """Return the lines of each entry."""
    entries = table.entries
    keys = [*((sku, "", "") for sku in entries.skus), *entries.apart, *entries.given]
    places: dict[object, int] = {key: position for position, key in enumerate(keys)}
    changed = {item.line_id for item in basket.discounts}
    members: list[list[BasketLine]] = [[] for _ in keys]
    for line in basket.lines:
        given = line.given is not None
        key = given_key(line, currency) if given else apart_key(line, changed)
        members[places[key]].append(line)
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
