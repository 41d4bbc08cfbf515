"""Drift of observed prices as tables for people, the largest offenders on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from omnicommerce.cli.parity_bars import TITLE, print_bars
from omnicommerce.cli.parity_observed import Findings
from omnicommerce.insight.comparison import Comparison
from omnicommerce.insight.deviation import Drift, PlaceDeviation
from omnicommerce.insight.drift import DriftReport

__all__ = ["print_findings"]

_GOOD: Final = "green"
_BAD: Final = "bold red"
_WIDE: Final = 110
"""From so many cells on there is room for the names of three places."""


def print_findings(console: Console, findings: Findings, *, top: int) -> None:
    """Print what was found: offenders, places, what lasts, a picture, and the counts.

    Args:
        console: Where to.
        findings: What was found.
        top: How many rows each table has at most.
    """
    is_wide = console.width >= _WIDE
    for in_zones in (False, True) if findings.in_zones else (False,):
        for kind in findings.report.kinds:
            where = "inside a zone" if in_zones else "between all places"
            title = f"{kind}: the largest differences {where}"
            offenders = findings.largest(kind, top, in_zones=in_zones)
            _print_rows(console, title, _offenders(findings, offenders, is_wide=is_wide))
    title = f"Places that stand apart, measured {_measure(findings)}"
    _print_rows(console, title, _deviations(findings, top))
    title = f"What lasts: one product apart in one place, {findings.period} after {findings.period}"
    _print_rows(console, title, _drifts(findings, top))
    print_bars(console, findings)
    console.print(Text(_size(findings), style=TITLE))
    console.print(_summary(findings))
    _print_notes(console, findings)


def _print_rows(console: Console, title: str, table: Table) -> None:
    if table.row_count:
        console.print(Text(title, style=TITLE))
        console.print(table)


def _table(*columns: str) -> Table:
    """Return an empty table; a column whose name ends with a star holds figures."""
    table = Table()
    for column in columns:
        is_figure = column.endswith("*")
        table.add_column(
            Text(column.removesuffix("*")),
            justify="right" if is_figure else "left",
            no_wrap=is_figure,
            overflow="fold",
        )
    return table


def _add(table: Table, cells: Iterable[str | Text]) -> None:
    """Add a row, whose texts are shown as they are: brackets in them are no markup."""
    table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))


def _offenders(findings: Findings, offenders: Sequence[Comparison], *, is_wide: bool) -> Table:
    in_zones = any(one.zone is not None for one in offenders)
    period, zone = f"{findings.period.capitalize()}*", ["Zone"] if in_zones else []
    places = ["Places*"] if is_wide else []
    table = _table("Product", period, *zone, "Spread*", "%*", "Lowest at", "Highest at", *places)
    for one in offenders:
        _add(table, _offender(findings, one, is_wide=is_wide))
    return table


def _offender(findings: Findings, one: Comparison, *, is_wide: bool) -> Iterator[str | Text]:
    yield one.product_id
    yield one.period
    if one.zone is not None:
        yield one.zone
    yield Text(findings.amount(one.spread_amount), style=_BAD)
    yield "" if one.spread_percent is None else f"{one.spread_percent:,.0f}"
    shown = 3 if is_wide else 1
    yield _at(findings, one.asked[0], shown)
    yield _at(findings, one.asked[-1], shown)
    if is_wide:
        yield f"{len(one.places):,}"


def _at(findings: Findings, asked: tuple[int, Sequence[str]], shown: int) -> str:
    """Return an amount with the first places that ask it."""
    amount, places = asked
    more = f" +{len(places) - shown}" if len(places) > shown else ""
    return f"{findings.amount(amount)} · {', '.join(places[:shown])}{more}"


def _measure(findings: Findings) -> str:
    if findings.question.reference is not None:
        return f"by the prices of {findings.question.reference}"
    return "by the usual price of their zone" if findings.in_zones else "by the usual price"


def _deviations(findings: Findings, top: int) -> Table:
    table = _table(
        *("Place", "Zone", "Price", "Compared*", "Dearer*", "Cheaper*", "Apart*", "Largest*"),
    )
    for one in findings.deviations(top):
        _add(table, _deviation(findings, one))
    return table


def _deviation(findings: Findings, one: PlaceDeviation) -> Iterator[str]:
    yield one.place
    yield findings.report.zones.get(one.place, "")
    yield one.kind
    yield f"{one.compared:,}"
    yield f"{one.above:,}"
    yield f"{one.below:,}"
    yield _share(one.deviating, one.compared)
    yield findings.amount(one.largest_amount, signed=True)


def _drifts(findings: Findings, top: int) -> Table:
    periods = f"{findings.period.capitalize()}s*"
    table = _table(*("Product", "Place", "Price", "Since*", "Until*", periods, "Largest*", "Sum*"))
    for one in findings.drifts(top):
        _add(table, _drift(findings, one))
    return table


def _drift(findings: Findings, one: Drift) -> Iterator[str]:
    yield one.product_id
    yield one.place
    yield one.kind
    yield one.since
    yield f"{one.until}{' (lasts)' if one.lasts else ''}"
    yield f"{one.periods:,}"
    yield findings.amount(one.largest_amount, signed=True)
    yield findings.amount(one.total_amount, signed=True)


def _size(findings: Findings) -> str:
    report, period = findings.report, findings.period
    seen = f"{report.observed:,} observed prices in {len(report.places):,} places"
    return f"{seen}; audited are product-{period}s priced in two or more"


def _summary(findings: Findings) -> Table:
    report = findings.report
    table = _table("Where", "Price", "Audited*", "More than one price*", "Share*")
    for in_zones in (False, True) if findings.in_zones else (False,):
        for kind in report.kinds:
            _add(table, _count(report, kind, in_zones=in_zones))
    return table


def _count(report: DriftReport, kind: str, *, in_zones: bool) -> Iterator[str | Text]:
    audited = report.audited(kind, in_zones=in_zones)
    differing = report.differing(kind, in_zones=in_zones)
    yield "inside each zone" if in_zones else "all places"
    yield kind
    yield f"{audited:,}"
    yield Text(f"{differing:,}", style=_BAD if differing else _GOOD)
    yield _share(differing, audited)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _print_notes(console: Console, findings: Findings) -> None:
    for note in _notes(findings):
        console.print(Text(note), soft_wrap=True)


def _notes(findings: Findings) -> Iterator[str]:
    """Yield what the figures rest on."""
    if str(findings.question.tolerance) != "0":
        yield f"Prices up to {findings.question.tolerance} apart count as one."
    if findings.question.currency is None:
        yield "Amounts are in minor units, such as cents; --currency shows money."
    if findings.zones is None:
        yield "No zones are known; --zones compares places of the same zone by themselves."
        return
    listed = findings.zones.name
    for placed in findings.report.placements:
        evidence = f"{placed.agreed:,} of {placed.compared:,} prices agree"
        if placed.zone is None:
            yield f"{placed.place} is not in {listed} and follows no zone surely enough."
        else:
            yield f"{placed.place} is not in {listed}; it follows {placed.zone}: {evidence}."
