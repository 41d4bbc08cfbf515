"""Drift as a picture for slides and tickets, drawn by Matplotlib; needs the extra ``plots``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omnicommerce.cli.parity_observed import Findings
from omnicommerce.kernel.errors import InvalidValue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "require_drawable"]

_DATES: Final = {".svg": "Date", ".png": None, ".pdf": "CreationDate"}
"""The formats, and how each calls the date that would make every file another."""
_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Okabe and Ito's, which the colour-blind can tell apart."""
_MOST_OFFENDERS: Final = 12
_KIND_INCHES: Final = 7.2
_DPI: Final = 120


def require_drawable(path: Path) -> None:
    """Refuse a picture that could not be drawn, before anything is read.

    Raises:
        InvalidValue: Matplotlib is missing, the format is unknown, or there is no such folder.
    """
    if find_spec("matplotlib") is None:
        raise InvalidValue(
            "--picture",
            "needs matplotlib, which is not installed: pip install 'omnicommerce[plots]'",
        )
    if path.suffix.lower() not in _DATES:
        raise InvalidValue("--picture", f"must end with {', '.join(_DATES)}, not {path.name!r}")
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidValue("--picture", f"there is no folder for a file {str(path)!r}")


def draw(findings: Findings, path: Path, *, top: int) -> None:
    """Draw where and when prices differ, how much, and the worst offenders, kind by kind.

    The same findings make the same file.

    Args:
        findings: What was found; of its kinds of price the first four are drawn.
        path: Where to; the suffix says in which format.
        top: How many offenders, at most a dozen.

    Raises:
        InvalidValue: The file cannot be written.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - the extra may be missing

    date = _DATES[path.suffix.lower()]
    with rc_context(
        {
            "axes.axisbelow": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "font.size": 8.5,
            "svg.hashsalt": "omnicommerce",
            "text.parse_math": False,
        }
    ):
        figure = _figure(findings, min(top, _MOST_OFFENDERS))
        try:
            figure.savefig(path, dpi=_DPI, metadata={} if date is None else {date: None})
        except OSError as error:
            raise InvalidValue("--picture", f"cannot be written: {error}") from error


def _figure(findings: Findings, top: int) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - the extra may be missing
    from matplotlib.layout_engine import (  # noqa: PLC0415 - the same
        ConstrainedLayoutEngine,
    )

    from omnicommerce.cli.parity_panels import panels  # noqa: PLC0415 - it needs the extra

    drawn = panels(findings, top)
    kinds = findings.report.kinds[: len(_COLOURS)]
    heights = [height for height, _ in drawn]
    size = max(_KIND_INCHES * len(kinds), 9), sum(heights) + 0.9
    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08)
    figure = Figure(figsize=size, layout=layout)
    figure.suptitle(_title(findings), x=0.01, ha="left", fontsize=12)
    grid = figure.subplots(len(heights), len(kinds), squeeze=False, height_ratios=heights)
    for (_, panel), row in zip(drawn, grid, strict=True):
        for axes, kind, colour in zip(row, kinds, _COLOURS, strict=False):
            panel(axes, kind, colour)
    return figure


def _title(findings: Findings) -> str:
    report, tolerance = findings.report, str(findings.question.tolerance)
    lines = [f"Prices that are not the same everywhere: {findings.question.observed.name}"]
    if tolerance != "0":
        lines[0] += f" (differences up to {tolerance} are not counted)"
    for kind in report.kinds[: len(_COLOURS)]:
        counts = f"{report.differing(kind):,} of {report.audited(kind):,}"
        line = f"{kind}: {counts} product-{findings.period}s differ between places"
        if findings.in_zones:
            inside = report.differing(kind, in_zones=True), report.audited(kind, in_zones=True)
            line += f", {inside[0]:,} of {inside[1]:,} inside a zone"
        lines.append(line)
    return "\n".join(lines)
