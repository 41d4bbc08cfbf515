"""What is taxed, and what comes of it: columns of ints, and objects when they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from types import MappingProxyType
from typing import NamedTuple

import attrs

from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.reasons import Reason, Trace, TraceStep
from omnicommerce.kernel.rounding import RoundingMode, round_ratio
from omnicommerce.pricing.tax.arithmetic import parted
from omnicommerce.pricing.tax.levy import Levy, RateKey

__all__ = [
    "RateShare",
    "RateTotal",
    "TaxedAmount",
    "TaxedBasket",
    "TaxedGroup",
    "TaxedItem",
    "TaxedTotal",
]


class TaxedAmount(NamedTuple):
    """An amount to be taxed: an item, a delivery or a surcharge, after all that is taken off.

    Attributes:
        key: Its identity among its kind.
        minor: Minor units in the basis that it is entered in.
        tax_class: Its class; None: the shop's default class.
        quantity: Units that the amount is split over evenly, where tax is rounded by
            the unit; 1 for weighed goods, deliveries and surcharges.
        includes_tax: Whether it holds tax; None: as the shop's prices do.
        off_other_basis: What is still to be taken off, in the other basis: minor units
            with tax off an amount without, and the reverse.
    """

    key: str
    minor: int
    tax_class: str | None = None
    quantity: int = 1
    includes_tax: bool | None = None
    off_other_basis: int = 0


class TaxedTotal(NamedTuple):
    """Minor units without tax, of tax, and together."""

    net: int
    tax: int
    gross: int


class RateShare(NamedTuple):
    """What one tax takes from one amount."""

    name: str
    rate: Rate
    tax: int


class RateTotal(NamedTuple):
    """What one tax takes from everything, and from which amount without tax."""

    name: str
    rate: Rate
    base: int
    tax: int


class TaxedItem(NamedTuple):
    """One amount with its tax: ``net + tax == gross``, and the shares sum to the tax."""

    key: str
    net: int
    tax: int
    shares: tuple[RateShare, ...]
    includes_tax: bool
    currency: Currency

    @property
    def gross(self) -> int:
        """Minor units with tax."""
        return self.net + self.tax

    @property
    def net_amount(self) -> Money:
        """The amount without tax."""
        return Money(self.net, self.currency)

    @property
    def tax_amount(self) -> Money:
        """The tax."""
        return Money(self.tax, self.currency)

    @property
    def gross_amount(self) -> Money:
        """The amount with tax."""
        return Money(self.gross, self.currency)

    def part(self, start: int, stop: int, pieces: int) -> TaxedItem:
        """Return what some pieces of an even split have of every figure, the remainder first.

        Over all pieces they sum to the whole, and on each piece net and tax sum to gross:
        so any sequence of partial returns gives back what was paid, tax included.

        Args:
            start: The first piece, from 0.
            stop: The piece after the last one.
            pieces: Into how many the amount is split: its units, mostly.
        """
        shares: list[RateShare] = []
        before = reached = 0
        for share in self.shares:
            reached += share.tax
            after = _part(reached, start, stop, pieces)
            shares.append(share._replace(tax=after - before))
            before = after
        entered = self.gross if self.includes_tax else self.net
        own = _part(entered, start, stop, pieces)
        net = own - before if self.includes_tax else own
        return self._replace(net=net, tax=before, shares=tuple(shares))


def _part(amount: int, start: int, stop: int, pieces: int) -> int:
    """Return what the pieces get of an even split, a negative amount being the mirror."""
    each, extra = divmod(abs(amount), pieces)
    size = each * (stop - start) + max(0, min(stop, extra) - start)
    return -size if amount < 0 else size


class TaxedGroup(NamedTuple):
    """Amounts under one levy: their positions, and a column of shares for each of its taxes."""

    levy: Levy
    positions: Sequence[int]
    columns: Sequence[Sequence[int]]


@attrs.frozen(kw_only=True)
class TaxedBasket:
    """Everything that was taxed, with its totals.

    Attributes:
        currency: Of every amount.
        entries: What was taxed: items, then deliveries, then surcharges.
        sizes: How many of each there are.
        net: Minor units without tax, by entry.
        tax: Minor units of tax, by entry.
        groups: Which entries have which taxes.
        notes: What else is to be said: exemptions, and where the tax comes from.
        reference: What an outside tax service calls its answer.
    """

    currency: Currency
    entries: tuple[TaxedAmount, ...] = attrs.field(repr=False)
    sizes: tuple[int, int, int]
    net: list[int] = attrs.field(repr=False)
    tax: list[int] = attrs.field(repr=False)
    groups: tuple[TaxedGroup, ...] = attrs.field(repr=False)
    notes: tuple[Reason, ...] = ()
    reference: str | None = None

    @cached_property
    def total(self) -> TaxedTotal:
        """The sum of everything."""
        return self._total(0, len(self.entries))

    @cached_property
    def items_total(self) -> TaxedTotal:
        """The sum of the items."""
        return self._total(0, self.sizes[0])

    @cached_property
    def delivery_total(self) -> TaxedTotal:
        """The sum of the deliveries."""
        return self._total(self.sizes[0], self.sizes[0] + self.sizes[1])

    @cached_property
    def surcharges_total(self) -> TaxedTotal:
        """The sum of the surcharges."""
        return self._total(self.sizes[0] + self.sizes[1], len(self.entries))

    @property
    def net_amount(self) -> Money:
        """Everything without tax."""
        return Money(self.total.net, self.currency)

    @property
    def tax_amount(self) -> Money:
        """All tax."""
        return Money(self.total.tax, self.currency)

    @property
    def gross_amount(self) -> Money:
        """What is to be paid, tax included."""
        return Money(self.total.gross, self.currency)

    @property
    def items(self) -> tuple[TaxedItem, ...]:
        """The items, in the order in which they were given."""
        return self._all[: self.sizes[0]]

    @property
    def delivery(self) -> tuple[TaxedItem, ...]:
        """The deliveries, in the order in which they were given."""
        return self._all[self.sizes[0] : self.sizes[0] + self.sizes[1]]

    @property
    def surcharges(self) -> tuple[TaxedItem, ...]:
        """The surcharges, in the order in which they were given."""
        return self._all[self.sizes[0] + self.sizes[1] :]

    def item(self, key: str) -> TaxedItem:
        """Return one item.

        Raises:
            KeyError: There is no item of this key.
        """
        return self._by_key[key]

    @cached_property
    def rates(self) -> tuple[RateTotal, ...]:
        """What each tax takes, and from what: the lines at the foot of a receipt."""
        bases: dict[RateKey, int] = {}
        taxes: dict[RateKey, int] = {}
        for group in self.groups:
            net = sum([self.net[position] for position in group.positions])
            shares = zip(group.levy.keys, _bases(group.levy, net), group.columns, strict=True)
            for key, base, column in shares:
                bases[key] = bases.get(key, 0) + base
                taxes[key] = taxes.get(key, 0) + sum(column)
        return tuple(RateTotal(*key, bases[key], taxes[key]) for key in sorted(bases))

    @property
    def by_rate(self) -> Mapping[Rate, int]:
        """The tax by rate, whatever it is called."""
        found: dict[Rate, int] = {}
        for total in self.rates:
            found[total.rate] = found.get(total.rate, 0) + total.tax
        return MappingProxyType(found)

    @property
    def trace(self) -> Trace:
        """Why the tax is what it is: surcharges, rates with their bases, and notes."""
        return Trace(tuple(self._steps()))

    def _steps(self) -> Iterator[TraceStep]:
        for charge in self.entries[self.sizes[0] + self.sizes[1] :]:
            amount = str(Money(charge.minor, self.currency))
            reason = Reason("surcharge.applied", {"amount": amount})
            yield TraceStep(charge.key, "applied", reason)
        for note in self.notes:
            yield TraceStep("tax", "applied", note)
        for total in self.rates:
            figures = {
                "rate": str(total.rate),
                "base": str(Money(total.base, self.currency)),
                "amount": str(Money(total.tax, self.currency)),
            }
            yield TraceStep(total.name, "applied", Reason("tax.rate", figures))

    def _total(self, start: int, stop: int) -> TaxedTotal:
        net, tax = sum(self.net[start:stop]), sum(self.tax[start:stop])
        return TaxedTotal(net, tax, net + tax)

    @cached_property
    def _all(self) -> tuple[TaxedItem, ...]:
        made: dict[int, TaxedItem] = {}
        for levy, positions, columns in self.groups:
            shares = [
                [RateShare(name, rate, tax) for tax in column]
                for (name, rate), column in zip(levy.keys, columns, strict=True)
            ]
            rows = zip(*shares, strict=True) if shares else repeat(())
            for position, row in zip(positions, rows, strict=False):
                key, net, tax = self.entries[position].key, self.net[position], self.tax[position]
                made[position] = TaxedItem(key, net, tax, row, levy.includes_tax, self.currency)
        return tuple(made[position] for position in range(len(self.entries)))

    @cached_property
    def _by_key(self) -> dict[str, TaxedItem]:
        return {item.key: item for item in self.items}


def _bases(levy: Levy, net: int) -> list[int]:
    """Return on which part of the net each tax is levied."""
    if levy.weights is None:
        return [net] * len(levy.keys)
    parts, whole = levy.weights
    if sum(parts) <= whole:
        return parted(net, [*parts, whole - sum(parts)])[:-1]
    # Several taxes on the same goods: their bases overlap, and do not sum to the net.
    return [round_ratio(net * part, whole, RoundingMode.HALF_UP) for part in parts]
