"""The working sheet of one calculation: plain ints, one entry per product.

A basket is a multiset: lines of one SKU are one entry however a till or a web
shop spread its units over lines. Lines that the till priced itself are one
entry per SKU, quantity and amounts; lines on a plan, or that staff changed,
stand apart. Entries are in a canonical order, so that nothing depends on the
order of lines. Delivery comes after the items. Where a promotion uses up some
units of an entry, they become an entry of their own, behind all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import FactKey, Predicate
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.basket import Basket, BasketLine
from omnicommerce.pricing.rows import CompiledRow, Finder, amount_of, unit_at

__all__ = [
    "NO_AMOUNT",
    "ApartKey",
    "Entries",
    "Floor",
    "GivenKey",
    "Sheet",
    "apart_key",
    "entries_of",
    "given_key",
]

NO_AMOUNT: Final = -1
"""Stands for an amount that nobody named; real ones are zero or more."""

GivenKey: TypeAlias = tuple[str, int, int, int]
"""SKU, quantity, base and offer (-1: none) of a line that the till priced."""

ApartKey: TypeAlias = tuple[str, str, str]
"""SKU, plan and line id (each may be empty) of lines that stand apart."""


class Floor(NamedTuple):
    """What ``per`` units of a product may not cost less than, when paid and when advertised."""

    paid: int
    advertised: int
    per: int


class Entries(NamedTuple):
    """Where the lines of a basket went: the keys of its entries, in canonical order."""

    skus: list[str]
    apart: list[ApartKey]
    given: list[GivenKey]
    units: list[int]
    pieces: list[int]


def entries_of(basket: Basket, currency: Currency) -> Entries:
    """Sum the lines of a basket up by what makes them equal.

    Raises:
        InvalidValue: A line's own amounts are in another currency.
    """
    units: dict[str, int] = {}
    apart: dict[ApartKey, int] = {}
    given: dict[GivenKey, int] = {}
    changed = {item.line_id for item in basket.discounts} if basket.discounts else ()
    for line in basket.lines:
        if (
            line.given is None
            and line.plan is None
            and (not changed or line.line_id not in changed)
        ):
            sku = line.sku
            units[sku] = units.get(sku, 0) + line.quantity
        elif line.given is None:
            place = apart_key(line, changed)
            apart[place] = apart.get(place, 0) + line.quantity
        else:
            key = given_key(line, currency)
            given[key] = given.get(key, 0) + 1
    skus = sorted(units)
    quantities = [units[sku] for sku in skus]
    if not apart and not given:
        return Entries(skus, [], [], quantities, quantities)
    aparts, givens = sorted(apart), sorted(given)
    quantities += [apart[key] for key in aparts]
    pieces = quantities + [given[key] for key in givens]
    quantities = quantities + [key[1] * given[key] for key in givens]
    return Entries(skus, aparts, givens, quantities, pieces)


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


def apart_key(line: BasketLine, changed: Sequence[str | None] | set[str | None]) -> ApartKey:
    """Return the entry that a line on a plan, or changed by staff, belongs to."""
    return (line.sku, line.plan or "", line.line_id if line.line_id in changed else "")


_NO_FLOORS: Final[Mapping[str, Floor]] = MappingProxyType({})
_NO_ENTRIES: Final[set[int]] = set()
_NO_ROOTS: Final[dict[int, int]] = {}
_NO_CHILDREN: Final[dict[int, list[int]]] = {}
_NO_FAMILIES: Final[dict[int, set[str]]] = {}


def _as_entered(_: int, minor: int, to_gross: bool) -> int:  # noqa: ARG001, FBT001 - no tax here
    return minor


class Sheet:
    """What is left of each entry while promotions take their shares.

    Attributes:
        skus: The SKU of each item entry: by rows, apart, given.
        entries: Where the lines went.
        quantities: Units of each entry.
        base: Amount before promotions.
        left: Amount that is left.
        base_total: Sum of the base of all items.
        left_total: Sum of what is left of all items.
        delivery: The positions of the delivery entries.
        floors: For some SKUs what their units may not fall below.
        tracks: Whether it matters which units a promotion used up.
        closed: Entries that exclusive promotions have used up.
        barred: Entries that the promotion whose turn it is may not use.
        roots: For entries made of used-up units, the entry they came from.
    """

    base: list[int]
    base_total: int
    left: list[int]
    left_total: int
    offers: Mapping[str, Finder]
    lookup: Callable[[Predicate, str], bool]
    countable: Callable[[str], bool]
    # What few baskets need is one and the same empty thing for all others: see `track`.
    floors: Mapping[str, Floor] = _NO_FLOORS
    tracks: bool = False
    delivery: range = range(0)
    roots: dict[int, int] = _NO_ROOTS
    children: dict[int, list[int]] = _NO_CHILDREN
    touched: set[int] = _NO_ENTRIES
    closed: set[int] = _NO_ENTRIES
    barred: set[int] = _NO_ENTRIES
    families: dict[int, set[str]] = _NO_FAMILIES
    convert: Callable[[int, int, bool], int] = staticmethod(_as_entered)
    enter: Callable[[int, int, bool], int] = staticmethod(_as_entered)

    def __init__(self, basket: Basket, currency: Currency, mode: RoundingMode) -> None:
        entries = entries_of(basket, currency)
        self.entries: Entries = entries
        self.mode: RoundingMode = mode
        self.skus: list[str] = entries.skus
        if entries.apart or entries.given:
            apart = [key[0] for key in entries.apart]
            self.skus = entries.skus + apart + [key[0] for key in entries.given]
        self.quantities: list[int] = entries.units

    def track(self) -> None:
        """Remember from now on which units are used up, and by whom."""
        self.tracks = True
        self.roots, self.children, self.families = {}, {}, {}
        self.touched, self.closed = set(), set()
        self.barred = self.closed

    def single(self, entry: int, units: int, amount: int) -> Sheet:
        """Return a sheet with some units of one entry and nothing else."""
        sheet = copy(self)
        sku = self.skus[entry]
        sheet.entries = Entries([sku], [], [], [units], [units])
        sheet.convert = lambda _, minor, to_gross: self.convert(entry, minor, to_gross)
        sheet.enter = lambda _, minor, from_gross: self.enter(entry, minor, from_gross)
        sheet.skus, sheet.quantities = [sku], [units]
        sheet.base, sheet.left = [amount], [amount]
        sheet.base_total = sheet.left_total = amount
        sheet.delivery = range(0)
        sheet.track()
        sheet.tracks = False
        return sheet

    def with_tax(self, *, gross: bool) -> Sheet:
        """Return a sheet of the same entries with all amounts with tax, or all without."""
        sheet = copy(self)
        sheet.base = [self.convert(k, minor, gross) for k, minor in enumerate(self.base)]
        sheet.left = [self.convert(k, minor, gross) for k, minor in enumerate(self.left)]
        sheet.base_total = sum([sheet.base[k] for k in self.items()])
        sheet.left_total = sum([sheet.left[k] for k in self.items()])
        sheet.convert = sheet.enter = _as_entered
        return sheet

    def united(self) -> tuple[Sheet, dict[int, list[int]]]:
        """Return a sheet on which open entries of one product are one, and which they are."""
        parts: dict[int, list[int]] = {}
        for k in self.items():
            if k not in self.barred and self.quantities[k]:
                parts.setdefault(self.roots.get(k, k), []).append(k)
        sheet = copy(self)
        sheet.base, sheet.left = self.base.copy(), self.left.copy()
        sheet.quantities = self.quantities.copy()
        for root in range(len(self.skus)):
            entries = parts.get(root, [])
            sheet.base[root] = sum(self.base_at(entries))
            sheet.left[root] = sum([self.left[k] for k in entries])
            sheet.quantities[root] = sum(self.quantities_at(entries))
        sheet.roots, sheet.children = _NO_ROOTS, _NO_CHILDREN
        sheet.barred = set(range(len(self.skus))) - parts.keys()
        return sheet, parts

    @property
    def priced_by_rows(self) -> int:
        """How many entries have their price from rows, and stand first."""
        return len(self.entries.skus) + len(self.entries.apart)

    def set_base(self, rows: list[CompiledRow | None], delivery: Sequence[int]) -> None:
        """Price every entry by its row, or by what the till gave, and add the delivery.

        Args:
            rows: The row of each entry that rows price; there is one for each.
            delivery: What each delivery costs.
        """
        base = self.amounts(rows, self.quantities)
        given = self.entries.given
        if given:
            counts = self.entries.pieces[self.priced_by_rows :]
            base += [key[2] * count for key, count in zip(given, counts, strict=True)]
        self.base_total = self.left_total = sum(base)
        if delivery:
            self.delivery = range(len(base), len(base) + len(delivery))
            self.quantities = self.quantities + [1] * len(delivery)
            base = base + list(delivery)
        self.base = base
        self.left = base.copy()

    def amounts(self, rows: Sequence[CompiledRow | None], quantities: list[int]) -> list[int]:
        """Return what quantities cost by their rows; where there is no row, `NO_AMOUNT`."""
        amounts = [
            NO_AMOUNT if row is None else row[0] * quantity
            for row, quantity in zip(rows, quantities, strict=False)
        ]
        rare = [k for k, row in enumerate(rows) if row is not None and not row[4]]
        if rare:
            self._amounts_of_sets(rare, rows, quantities, amounts)
        return amounts

    def _amounts_of_sets(
        self,
        rare: list[int],
        rows: Sequence[CompiledRow | None],
        quantities: list[int],
        amounts: list[int],
    ) -> None:
        """Mend the amounts where a row prices sets or has tiers, alone or mixed."""
        groups: dict[int, list[tuple[int, CompiledRow]]] = {}
        for k in rare:
            row = rows[k]
            if row is None:
                continue
            if row.group is None:
                amounts[k] = self.amount(row, quantities[k])
            else:
                groups.setdefault(row.group, []).append((k, row))
        for members in groups.values():
            units = [quantities[k] for k, _ in members]
            if members[0][1].tiers and not members[0][1].graduated:
                for k, row in members:
                    amounts[k] = unit_at(row, sum(units)) * quantities[k]
                continue
            shares = split(self.amount(members[0][1], sum(units)), units)
            for (k, _), share in zip(members, shares, strict=True):
                amounts[k] = share

    def amount(self, row: CompiledRow, quantity: int) -> int:
        """Return what so many units cost by this row, rounded by the book's mode."""
        return amount_of(row, quantity, self.mode)

    def left_at(self, at: list[int]) -> list[int]:
        """Return what is left of these entries, as a list of its own."""
        left = self.left
        return left.copy() if len(at) == len(left) else [left[k] for k in at]

    def base_at(self, at: list[int]) -> list[int]:
        """Return what these entries cost before promotions."""
        return [self.base[k] for k in at]

    def quantities_at(self, at: list[int]) -> list[int]:
        """Return the units of these entries."""
        return [self.quantities[k] for k in at]

    def offers_at(self, find: Finder, at: list[int]) -> list[int]:
        """Return what an offer list asks for each entry; `NO_AMOUNT` where it has no offer.

        Entries that the till priced cost the offer that it gave; delivery has none.
        """
        skus, roots, count = self.skus, self.roots, self.priced_by_rows
        if len(at) == len(skus) and not roots and not self.delivery:
            asked_by_rows = self.amounts(list(map(find, skus[:count])), self.quantities)
            return asked_by_rows + self._given_offers()
        by_rows = [k for k in at if roots.get(k, k) < count]
        rows = [find(skus[roots.get(k, k)]) for k in by_rows]
        asked = dict(zip(by_rows, self.amounts(rows, self.quantities_at(by_rows)), strict=True))
        asked.update(enumerate(self._given_offers(), count))
        return [asked.get(k, NO_AMOUNT) for k in at]

    def _given_offers(self) -> list[int]:
        """Return what the till offered for each given entry."""
        given = self.entries.given
        if not given:
            return []
        pieces = self.entries.pieces[self.priced_by_rows :]
        return [
            NO_AMOUNT if key[3] < 0 else key[3] * count
            for key, count in zip(given, pieces, strict=True)
        ]

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
        if self.delivery:
            of_delivery = self.delivery
            self.left_total += sum(
                share for k, share in zip(at, shares, strict=True) if k in of_delivery
            )
        return total

    def set_apart(self, entry: int, units: int, share: int, value: int | None = None) -> int:
        """Make some units of an entry one of their own, worth at least a share; return it.

        Args:
            entry: Whose units they are.
            units: How many of them.
            share: What is about to be taken off them.
            value: What they are worth; None: their part of what is left.
        """
        quantity = self.quantities[entry]
        if units == quantity:
            return entry
        child = len(self.left)
        root = self.roots.get(entry, entry)
        if value is None:
            value = max(share, self.left[entry] * units // quantity)
        part = min(self.left[entry], value)
        self._append(entry, units, part)
        self.roots[child] = root
        self.children.setdefault(root, []).append(child)
        for group in (self.touched, self.closed):
            if entry in group:
                group.add(child)
        if entry in self.families:
            self.families[child] = set(self.families[entry])
        return child

    def _append(self, entry: int, units: int, part: int) -> None:
        quantity = self.quantities[entry]
        if self.quantities is self.entries.units:
            self.quantities = self.quantities.copy()
        whole = self.base[entry] * units // quantity
        self.base.append(whole)
        self.base[entry] -= whole
        self.left.append(part)
        self.left[entry] -= part
        self.quantities.append(units)
        self.quantities[entry] -= units

    def room(self, entry: int, *, advertised: bool) -> int:
        """Return how much may be taken from an entry before it reaches its floor."""
        if entry in self.delivery:
            return self.left[entry]
        floor = self.floors.get(self.skus[self.roots.get(entry, entry)])
        if floor is None:
            return self.left[entry]
        unit = max(floor.paid, floor.advertised) if advertised else floor.paid
        return max(0, self.left[entry] - -(-unit * self.quantities[entry] // floor.per))

    def with_children(self, at: list[int]) -> list[int]:
        """Return entries and those made of their used-up units."""
        return sorted([*at, *(child for k in at for child in self.children.get(k, ()))])

    def open_among(self, predicate: Predicate, at: list[int], *, inside: bool = False) -> list[int]:
        """Return the entries of countable items that match and are open.

        Args:
            predicate: What must hold of their products.
            at: Entries that are open.
            inside: Whether only those are looked at; else all that are not barred are.
        """
        if inside:
            candidates: Sequence[int] = [k for k in at if k not in self.delivery]
        else:
            barred = self.barred
            candidates = [k for k in self.items() if k not in barred]
        found = [(k, self.skus[self.roots.get(k, k)]) for k in candidates]
        return [k for k, sku in found if self.countable(sku) and self.lookup(predicate, sku)]

    def items(self) -> list[int]:
        """Return the positions of all item entries."""
        return [*range(len(self.skus)), *self.roots]

    def number(self, key: FactKey, at: list[int]) -> int:
        """Return a number that conditions may ask for, as it stands now.

        Args:
            key: A fact, such as ``spend.left`` or ``matching.units``; for
                ``items.*`` with what chooses the items.
            at: The matching entries, in order.
        """
        if key == "spend.left":
            return self.left_total
        if key == "spend.base":
            return self.base_total
        fact, among = (key, None) if isinstance(key, str) else key
        what, _, measure = fact.partition(".")
        if what == "items":
            at = self.items()
            if among is not None:
                skus, roots = self.skus, self.roots
                at = [k for k in at if self.lookup(among, skus[roots.get(k, k)])]
        elif what == "spend":
            at = self.items()
        elif what == "delivery":
            at = list(self.delivery)
        elif what == "total":
            at = list(range(len(self.left)))
        return self._measured(measure, at)

    def _measured(self, measure: str, at: list[int]) -> int:
        amount, _, basis = measure.partition(".")
        if basis:
            column = self.base if amount == "base" else self.left
            return sum([self.convert(k, column[k], basis == "gross") for k in at])
        if measure == "base":
            return sum([self.base[k] for k in at])
        if measure == "left":
            return sum([self.left[k] for k in at])
        if measure == "units":
            return sum([self.quantities[k] for k in at])
        units: dict[str | int, int] = {}
        for k in at:
            name = k if k in self.delivery else self.skus[self.roots.get(k, k)]
            units[name] = units.get(name, 0) + self.quantities[k]
        return len(units) if measure == "products" else max(units.values(), default=0)
