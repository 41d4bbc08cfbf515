"""What ``parity --observed`` reads and finds: the files, the drift, and how amounts are shown."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Final

import attrs

from omnicommerce.cli.console import stderr
from omnicommerce.cli.parity_files import (
    Columns,
    Layout,
    observed_prices,
    opened,
    zones_beside,
    zones_of,
)
from omnicommerce.i18n import format_money
from omnicommerce.insight.comparison import Comparison
from omnicommerce.insight.deviation import Drift, PlaceDeviation
from omnicommerce.insight.drift import DriftReport, price_drift
from omnicommerce.insight.observed import Tolerance
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.money import Money

__all__ = ["Findings", "Question", "look"]

_LOCALE: Final = "en-US"
_RECOGNISED: Final = Columns()
_NO_TOLERANCE: Final = Tolerance()


@attrs.frozen(kw_only=True)
class Question:
    """What somebody wants to know of a file of observed prices."""

    observed: Path
    zones: Path | None = None
    no_zone: str = "Z00"
    listed_only: bool = False
    columns: Columns = _RECOGNISED
    tolerance: Tolerance = _NO_TOLERANCE
    reference: str | None = None
    currency: Currency | None = None


@attrs.frozen(kw_only=True)
class Findings:
    """The drift found in a file, with what is needed to show it."""

    question: Question
    zones: Path | None
    period: str
    report: DriftReport

    @property
    def in_zones(self) -> bool:
        """Whether zones are known, so that places can be compared within them."""
        return self.zones is not None

    @property
    def measured_in_zones(self) -> bool:
        """Whether a place is measured by its zone, rather than by all places or one of them."""
        return self.in_zones and self.question.reference is None

    def largest(self, kind: str, top: int, *, in_zones: bool) -> tuple[Comparison, ...]:
        """Return the largest disparities of one kind of price."""
        ranked = self.report.zone_disparities if in_zones else self.report.disparities
        return tuple(islice((one for one in ranked if one.kind == kind), top))

    def deviations(self, top: int) -> tuple[PlaceDeviation, ...]:
        """Return the places that stand apart most often, by the measure that fits."""
        apart = (one for one in self.report.deviations if one.deviating)
        return tuple(islice((one for one in apart if self._fits(one.zone)), top))

    def drifts(self, top: int) -> tuple[Drift, ...]:
        """Return what lasted longest, by the measure that fits."""
        return tuple(islice((one for one in self.report.drifts if self._fits(one.zone)), top))

    def _fits(self, zone: str | None) -> bool:
        return (zone is not None) is self.measured_in_zones

    def amount(self, minor: int, *, signed: bool = False) -> str:
        """Return an amount as people write it: money where the currency is known."""
        sign = "+" if signed and minor > 0 else ""
        currency = self.question.currency
        if currency is None:
            return f"{sign}{minor:,}"
        return sign + format_money(Money(minor, currency), _LOCALE)


def look(question: Question) -> Findings:
    """Read the files of a question and compare the prices in them.

    Raises:
        MalformedRow: A row of a file breaks the format.
        InvalidValue: There is no price at the place of reference.
    """
    zones = question.zones or zones_beside(question.observed)
    console = stderr()
    with opened(question.observed) as table, console.status(f"Reading {table.file} …"):
        layout = Layout.of(table, question.columns)
        place = table.header[layout.place]
        report = price_drift(
            observed_prices(table, layout),
            kinds=layout.kinds(table),
            zones=None if zones is None else zones_of(zones, place, question.no_zone),
            follow=not question.listed_only,
            tolerance=question.tolerance,
            reference=question.reference,
        )
        period = table.header[layout.period]
    return Findings(question=question, zones=zones, period=period, report=report)
