"""The panels of the picture of drift; imported only where Matplotlib is installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import nan
from typing import Final, TypeAlias

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from omnicommerce.cli.parity_grid import ALL_PLACES, Grid, darkest, grid_of, share, sizes_of
from omnicommerce.cli.parity_observed import Findings
from omnicommerce.insight.comparison import Comparison

__all__ = ["Panel", "panels"]

Panel: TypeAlias = tuple[float, Callable[[Axes, str, str], None]]
"""The height of a panel in inches, and what draws it for a kind of price in a colour."""

_MOST_ROWS: Final = 24
_ROOM: Final = 80
_GAP: Final = 2
"""How many characters fit side by side along an axis, and how many keep two names apart."""
_LONGEST_NAME: Final = 20
_NOT_AUDITED: Final = "#d0d0d0"
_LINE: Final = "#999999"
_PALE: Final = 0.01
"""What the darkest colour means where nothing differs."""


def panels(findings: Findings, top: int) -> list[Panel]:
    """Return the panels from top to bottom; ones with nothing to show are left out."""
    report = findings.report
    found: list[Panel] = [(1.4, partial(_by_period, findings))]
    if findings.in_zones and report.audited(in_zones=True):
        rows = max(len(_by_zones(findings, kind).rows) for kind in report.kinds)
        found.append((0.9 + 0.19 * rows, partial(_by_zone, findings)))
    if report.differing():
        found.append((1.7, partial(_by_size, findings)))
        if top:
            found.append((0.9 + 0.27 * top, partial(_offenders, findings, top)))
    return found


def _by_zones(findings: Findings, kind: str) -> Grid:
    return grid_of(findings.report, kind, in_zones=True, most_rows=_MOST_ROWS)


def _by_period(findings: Findings, axes: Axes, kind: str, colour: str) -> None:
    """Draw the share that differs between all places, period by period."""
    grid = grid_of(findings.report, kind, in_zones=False, most_rows=1)
    shares = [share(grid.over(ALL_PLACES, [period])) or 0.0 for period in grid.periods]
    if shares:
        edges = [index - 0.5 for index in range(len(shares) + 1)]
        axes.stairs(shares, edges, fill=True, color=colour)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(0, max(*shares, _PALE) * 1.05)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(axis="y", alpha=0.3)
    _label(axes, grid.periods)
    axes.set_title(f"{kind}: share that differs, by {findings.period}")


def _by_zone(findings: Findings, axes: Axes, kind: str, colour: str) -> None:
    """Draw the share that differs inside each zone, darker where it is more."""
    grid = _by_zones(findings, kind)
    counts = [[grid.over(row, [period]) for period in grid.periods] for row in grid.rows]
    most = darkest(cell for row in counts for cell in row) or _PALE
    map_ = LinearSegmentedColormap.from_list(kind, ["#ffffff", colour, "#000000"])
    image = axes.imshow(
        [[nan if (part := share(cell)) is None else part for cell in row] for row in counts],
        aspect="auto",
        cmap=map_.with_extremes(bad=_NOT_AUDITED),
        interpolation="nearest",
        vmin=0,
        vmax=most,
    )
    axes.set_yticks(range(len(grid.rows)), [_with_counts(grid, row) for row in grid.rows])
    _label(axes, grid.periods)
    axes.set_xlabel(f"{findings.period} (grey: nothing to compare)")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    bar = axes.figure.colorbar(image, ax=axes, pad=0.01, extend="max", format=PercentFormatter(1))
    bar.outline.set_visible(False)
    left_out = f", {grid.left_out} smaller ones left out" if grid.left_out else ""
    axes.set_title(f"{kind}: share that differs inside each zone{left_out}")


def _with_counts(grid: Grid, row: str) -> str:
    audited, differing = grid.over(row, grid.periods)
    return f"{_shortened(row)}  {differing:,}/{audited:,}"


def _by_size(findings: Findings, axes: Axes, kind: str, colour: str) -> None:
    """Draw how many differences are of which size."""
    sizes = sizes_of(_disparities(findings), findings.report.kinds)
    counts = sizes.counts[kind]
    bars = axes.bar(range(len(counts)), counts, color=colour, width=0.85)
    axes.bar_label(bars, [f"{number:,}" if number else "" for number in counts], fontsize=7.5)
    _label(axes, [findings.amount(largest) for _, largest in sizes.bounds])
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.margins(x=0.01, y=0.15)
    axes.set_xlabel(f"spread up to … {_unit(findings)}")
    axes.set_title(f"{kind}: how large differences {_where(findings)} are")


def _offenders(findings: Findings, top: int, axes: Axes, kind: str, colour: str) -> None:
    """Draw the largest spreads: a dot for each price, as large as places ask it."""
    found = findings.largest(kind, top, in_zones=findings.in_zones)
    for row, one in enumerate(found):
        axes.plot([one.lowest_amount, one.highest_amount], [row, row], color=_LINE, zorder=1)
        amounts = [amount for amount, _ in one.asked]
        areas = [22 + 9 * min(len(places), 40) for _, places in one.asked]
        axes.scatter(amounts, [row] * len(amounts), s=areas, color=colour, zorder=2)
        axes.annotate(
            findings.amount(one.spread_amount),
            (one.highest_amount, row),
            xytext=(12, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(found)), [_name(findings, one) for one in found])
    axes.set_ylim(top - 0.4, -0.6)
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: findings.amount(int(value))))
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(
        f"price {_unit(findings)}; a dot for each price, larger where more places ask it"
    )
    axes.set_title(f"{kind}: largest differences {_where(findings)}")


def _name(findings: Findings, one: Comparison) -> str:
    zone = "" if one.zone is None else f" · {_shortened(one.zone)}"
    return f"{_shortened(one.product_id)} · {findings.period} {one.period}{zone}"


def _shortened(text: str) -> str:
    half = _LONGEST_NAME // 2
    return text if len(text) <= _LONGEST_NAME else f"{text[:half]}…{text[-half:]}"


def _unit(findings: Findings) -> str:
    currency = findings.question.currency
    return "in minor units" if currency is None else f"in {currency.code}"


def _where(findings: Findings) -> str:
    return "inside a zone" if findings.in_zones else "between places"


def _disparities(findings: Findings) -> Sequence[Comparison]:
    report = findings.report
    return report.zone_disparities if findings.in_zones else report.disparities


def _label(axes: Axes, names: Sequence[str]) -> None:
    """Name as many things along the axis as there is room for."""
    longest = max(map(len, names), default=1)
    step = max(-(-len(names) * (longest + _GAP) // _ROOM), 1)
    shown = range(0, len(names), step)
    axes.set_xticks(shown, [names[index] for index in shown])
