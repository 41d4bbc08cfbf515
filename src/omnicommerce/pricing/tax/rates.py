"""The compiled rates of a shop: which taxes hold for a class, here and now."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final, TypeAlias

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.predicates import Facts, holds
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.tax.levy import Levy, RateKey, make_levy
from omnicommerce.pricing.tax.model import (
    Kept,
    TaxConfiguration,
    TaxExemption,
    TaxRate,
    require_country,
)
from omnicommerce.pricing.tax.validate import check_tax

__all__ = ["LevyKey", "TaxPlace", "TaxTable"]

LevyKey: TypeAlias = "tuple[str | None, bool]"
"""A tax class, and whether amounts hold their tax."""

_Where: TypeAlias = "tuple[str | None, str | None]"
_EVERYWHERE: Final[_Where] = (None, None)


class TaxTable:
    """The rates of a configuration, found by class, place and instant.

    It never changes. What it has worked out for a place it keeps, at most one
    entry for each place, stretch of time and exemption of the configuration.
    """

    def __init__(self, configuration: TaxConfiguration, currency: Currency) -> None:
        self.configuration: TaxConfiguration = configuration
        self.currency: Currency = currency
        self._rates: dict[_Where, list[TaxRate]] = {}
        bounds: set[datetime] = set()
        for rate in configuration.rates:
            self._rates.setdefault(rate.place, []).append(rate)
            if rate.window is not None:
                bounds.update(
                    bound
                    for bound in (rate.window.starts_at, rate.window.ends_at)
                    if bound is not None
                )
        self._bounds: list[datetime] = sorted(bounds)
        self._places: dict[tuple[object, ...], TaxPlace] = {}

    @classmethod
    def compile(cls, configuration: TaxConfiguration, currency: str | Currency) -> TaxTable:
        """Check a configuration and return its table.

        Args:
            configuration: The rates and rules.
            currency: Of the amounts that will be taxed.

        Raises:
            InvalidConfiguration: Something refers to what is not there, or two
                rates of one tax meet; the error names the path below ``$.tax``.
            InvalidValue: An unknown currency.
        """
        check_tax(configuration)
        return cls(configuration, Currency.of(currency))

    def includes_tax(self, facts: Facts) -> bool:
        """Tell whether prices are entered with tax in a situation.

        Args:
            facts: What the conditions of `PriceBasis` ask of, such as ``channel``.
        """
        configuration = self.configuration
        for basis in configuration.bases:
            if holds(basis.when, facts):
                return basis.includes_tax
        return configuration.includes_tax

    def exemptions(self, facts: Facts) -> tuple[TaxExemption, ...]:
        """Return the exemptions that hold in a situation.

        Args:
            facts: What their conditions ask of, such as ``customer_class``.
        """
        return tuple(item for item in self.configuration.exemptions if holds(item.when, facts))

    def place(
        self,
        *,
        at: datetime,
        country: str | None = None,
        region: str | None = None,
        exempt: Sequence[TaxExemption] = (),
        converted: bool = False,
    ) -> TaxPlace:
        """Return what is levied at a destination, at an instant, on a buyer.

        Args:
            at: The instant that counts.
            country: Where the goods go, in two letters; None: home.
            region: In which part of the country; one that has no rates of its own
                is as the rest of it.
            exempt: The exemptions of the buyer: those that `exemptions` returns, or
                `BUYER_EXEMPT`.
            converted: Whether amounts with tax hold that of the destination already,
                as where prices went through `at_destination`.

        Raises:
            InvalidValue: ``at`` is naive, or no country is written like that.

        Example:
            >>> from datetime import UTC, datetime
            >>> from omnicommerce.pricing.tax.model import TaxRate
            >>> gst = TaxRate(name="GST", rate=Rate.percent(5), country="CA")
            >>> pst = TaxRate(name="PST", rate=Rate.percent(7), country="CA", region="BC")
            >>> table = TaxTable.compile(TaxConfiguration(rates=[gst, pst]), "CAD")
            >>> now = datetime(2026, 11, 21, tzinfo=UTC)
            >>> table.place(country="CA", region="BC", at=now).rates_of(None)
            (Rate('5%'), Rate('7%'))
        """
        if at.tzinfo is None:
            require_instant(at)
        home = self.configuration.home
        here = _EVERYWHERE if home is None else (home.country, home.region)
        there = here if country is None else self._known(require_country(country), region)
        key = (there, bisect_right(self._bounds, at), converted, *map(_identity, exempt))
        place = self._places.get(key)
        if place is None:
            keeps_net = self.configuration.destination_keeps is Kept.NET and not converted
            source = here if keeps_net else there
            place = TaxPlace(self, there, source, tuple(exempt), at)
            self._places[key] = place
        return place

    def _known(self, country: str, region: str | None) -> _Where:
        """Leave out what has no rates, so that strangers' regions are not kept."""
        if region is not None and (country, region) in self._rates:
            return country, region
        return (country, None) if (country, None) in self._rates else (None, None)

    def found(self, tax_class: str | None, where: _Where, at: datetime) -> list[TaxRate]:
        """Return the rates of a class at a place: one for each tax that is levied there."""
        country, region = where
        local = self._level((country, region), tax_class, at) if region is not None else {}
        replaced = {name for rate in local.values() for name in rate.replaces}
        national = self._level((country, None), tax_class, at) if country is not None else {}
        merged = {name: rate for name, rate in national.items() if name not in replaced} | local
        return list((merged or self._level(_EVERYWHERE, tax_class, at)).values())

    def _level(self, where: _Where, tax_class: str | None, at: datetime) -> dict[str, TaxRate]:
        """Return the rates of one place by tax: that of the class before that of any class."""
        chosen: dict[str, TaxRate] = {}
        for rate in self._rates.get(where, ()):
            if rate.window is not None and not rate.window.contains(at):
                continue
            own = rate.tax_class is not None
            if (own and rate.tax_class == tax_class) or (not own and rate.name not in chosen):
                chosen[rate.name] = rate
        return chosen


class TaxPlace:
    """What is levied at one destination, in one stretch of time, on one kind of buyer.

    Attributes:
        table: The rates it is of.
        country: Where the goods go; None: anywhere that has no rates of its own.
        region: In which part of the country; None: in one without rates of its own.
        exempt: The exemptions of the buyer.
    """

    def __init__(
        self,
        table: TaxTable,
        there: _Where,
        source: _Where,
        exempt: tuple[TaxExemption, ...],
        at: datetime,
    ) -> None:
        self.table: TaxTable = table
        self.country: str | None = there[0]
        self.region: str | None = there[1]
        self.exempt: tuple[TaxExemption, ...] = exempt
        self._there: _Where = there
        self._source: _Where = source
        self._at: datetime = at
        self._levies: dict[LevyKey, Levy] = {}

    def rates_of(self, tax_class: str | None) -> tuple[Rate, ...]:
        """Return the rates on an amount without tax, those on top of others worked out.

        Args:
            tax_class: Whose; None: the shop's default class.

        Returns:
            One rate for each tax, as `with_tax` and `without_tax` take them.
        """
        return tuple(map(Rate, self.levy((tax_class, False)).effective))

    def levy(self, key: LevyKey) -> Levy:
        """Return what is levied on a class, for amounts with or without tax."""
        levy = self._levies.get(key)
        if levy is None:
            tax_class, includes_tax = key
            default = self.table.configuration.default_class
            levy = self._make(default if tax_class is None else tax_class, includes_tax)
            if len(self._levies) < _MOST_LEVIES:
                self._levies[key] = levy
        return levy

    def _make(self, tax_class: str | None, includes_tax: bool) -> Levy:  # noqa: FBT001 - one caller
        found = self.table.found(tax_class, self._there, self._at)
        source = self.table.found(tax_class, self._source, self._at)
        charged = [rate for rate in found if not self._frees(rate, tax_class)]
        held = [rate for rate in source if not self._frees(rate, tax_class, Kept.GROSS)]
        contained = sum(_effective(held).values(), Fraction(0))
        return make_levy(_effective(charged), contained, includes_tax=includes_tax)

    def _frees(self, rate: TaxRate, tax_class: str | None, keeps: Kept | None = None) -> bool:
        """Tell whether the buyer is free of a tax; with ``keeps``, by such an exemption."""
        return any(
            item.covers(rate, tax_class) and keeps in {None, item.keeps} for item in self.exempt
        )


def _identity(exemption: TaxExemption) -> tuple[object, ...]:
    """Return all of an exemption but its condition: that was asked already."""
    return exemption.exemption_id, exemption.taxes, exemption.tax_classes, exemption.keeps


def _effective(rates: Iterable[TaxRate]) -> dict[RateKey, Fraction]:
    """Return each rate on the amount without tax, in canonical order."""
    by_name = {rate.name: rate for rate in rates}
    done: dict[str, Fraction] = {}

    def work_out(rate: TaxRate) -> Fraction:
        if rate.name not in done:
            below = [work_out(by_name[name]) for name in rate.on_top_of if name in by_name]
            done[rate.name] = rate.rate.value * (1 + sum(below))
        return done[rate.name]

    return {RateKey(name, by_name[name].rate): work_out(by_name[name]) for name in sorted(by_name)}


_MOST_LEVIES: Final = 1000
"""Of one place; classes come from products, so this is met by bad input only."""
