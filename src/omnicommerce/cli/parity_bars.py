"""Drift as a picture in the terminal: a strip for each zone, and how large differences are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from omnicommerce.cli.parity_grid import Grid, darkest, grid_of, share, sizes_of
from omnicommerce.cli.parity_observed import Findings

__all__ = ["TITLE", "print_bars"]

TITLE: Final = "bold"

_BARS: Final = " ▁▂▃▄▅▆▇█"
_PLAIN: Final = " .:-=+*#@"
_LONGEST_BAR: Final = 20
_MOST_ROWS: Final = 16
_BESIDE: Final = 34
"""Cells that a strip leaves to what stands beside it."""
_STYLES: Final = ("cyan", "yellow", "magenta", "green")


def print_bars(console: Console, findings: Findings) -> None:
    """Print for each kind of price where and when it differs, then how large differences are."""
    if not findings.report.differing():
        return
    levels = _levels(console)
    for index, kind in enumerate(findings.report.kinds):
        _print_strips(console, findings, kind, levels, _style(index))
    where = "inside a zone" if findings.in_zones else "between all places"
    console.print(Text(f"How large the differences {where} are", style=TITLE))
    console.print(_size_table(findings, levels[-1]))
    console.print()


def _style(index: int) -> str:
    return _STYLES[index % len(_STYLES)]


def _levels(console: Console) -> str:
    """Return signs from nothing to high that the terminal can show."""
    try:
        _BARS.encode(console.encoding)
    except UnicodeEncodeError:
        return _PLAIN
    return _BARS


def _print_strips(console: Console, findings: Findings, kind: str, levels: str, style: str) -> None:
    """Print a row for each zone, from the first period to the last."""
    grid = grid_of(findings.report, kind, in_zones=findings.in_zones, most_rows=_MOST_ROWS)
    spans = _spans(grid.periods, max(console.width - _BESIDE, 8))
    counts = {row: [grid.over(row, span) for span in spans] for row in grid.rows}
    most = darkest(cell for row in counts.values() for cell in row)
    if not most:
        return
    console.print(Text(_strip_title(findings, kind, grid), style=TITLE))
    table = Table(box=None)
    table.add_column("")
    table.add_column(Text(f"{grid.periods[0]} … {grid.periods[-1]}"), no_wrap=True)
    table.add_column("Differ", justify="right")
    table.add_column("of", justify="right")
    for row in grid.rows:
        audited, differing = grid.over(row, grid.periods)
        strip = "".join(_sign(share(one), most, levels) for one in counts[row])
        table.add_row(Text(row), Text(strip, style=style), f"{differing:,}", f"{audited:,}")
    console.print(table)
    each = "" if len(spans) == len(grid.periods) else f", {len(spans[0])} {findings.period}s a sign"
    scale = f"{levels[-1]} = {100 * most:.0f} % differ, or more{each}\n"
    console.print(Text(scale, style="dim"))


def _strip_title(findings: Findings, kind: str, grid: Grid) -> str:
    left_out = f" ({grid.left_out} smaller zones left out)" if grid.left_out else ""
    where = "inside each zone" if findings.in_zones else "between all places"
    return f"{kind}: share that differs {where}, by {findings.period}{left_out}"


def _spans(periods: Sequence[str], most: int) -> list[Sequence[str]]:
    """Return the periods in as few equal spans as fit, the last of which may be shorter."""
    length = -(-len(periods) // most)
    return [periods[start : start + length] for start in range(0, len(periods), length)]


def _sign(part: float | None, most: float, levels: str) -> str:
    if part is None:
        return levels[0]
    return levels[1 + round(min(part / most, 1) * (len(levels) - 2))]


def _size_table(findings: Findings, full: str) -> Table:
    """Return how many differences are of which size, as bars."""
    report = findings.report
    disparities = report.zone_disparities if findings.in_zones else report.disparities
    sizes = sizes_of(disparities, report.kinds)
    most = max((number for counts in sizes.counts.values() for number in counts), default=0)
    table = Table(box=None)
    table.add_column("Spread", justify="right")
    for kind in report.kinds:
        table.add_column(Text(kind))
    for index, (least, largest) in enumerate(sizes.bounds):
        label = findings.amount(largest)
        table.add_row(
            label if least == largest else f"{findings.amount(least)} – {label}",
            *(
                Text(_bar(sizes.counts[kind][index], most, full), style=_style(turn))
                for turn, kind in enumerate(report.kinds)
            ),
        )
    return table


def _bar(number: int, most: int, full: str) -> str:
    """Return a bar with its number behind it; what is not nothing has at least one sign."""
    length = -(-number * _LONGEST_BAR // most) if most else 0
    return f"{full * length} {number:,}" if number else ""
