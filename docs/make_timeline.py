"""Take pictures of the demo: ``python docs/make_timeline.py [OPTIONS OF THE DEMO]``.

``images/demo.svg`` is all that ``omnicommerce demo`` prints, ``images/timeline.svg`` some of its
steps, for the README.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

__all__ = ["main"]

IMAGES: Final = Path(__file__).parent / "images"
STEPS: Final = (0, 1, 4, 5, 6)
"""The steps of the smaller picture: two devices, the quote, the one commit, the refusal."""

_COLUMNS: Final = 88
_DEMO: Final = "from omnicommerce.cli import main; main()"
_STEP: Final = "●"
_LEFT_OUT: Final = Text("          ⋮", style="dim")


def main(options: list[str]) -> None:
    """Run the demo and save both pictures."""
    lines = [Text.from_ansi(line) for line in _shown(options).strip("\n").splitlines()]
    _save(lines, IMAGES / "demo.svg")
    _save(_chosen(lines), IMAGES / "timeline.svg")


def _shown(options: list[str]) -> str:
    """Return what the demo prints on a terminal with colours."""
    terminal = {"COLUMNS": str(_COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-X", "utf8", "-c", _DEMO, "demo", *options],
        env={**os.environ, **terminal},
        stdout=subprocess.PIPE,
        check=True,
        encoding="utf-8",
    ).stdout


def _chosen(lines: list[Text]) -> Iterator[Text]:
    """Yield the heading and some steps, with a mark where others are left out."""
    starts = [place for place, line in enumerate(lines) if _STEP in line.plain]
    yield from lines[: starts[0]]
    before = -1
    for step in STEPS:
        if step != before + 1:
            yield _LEFT_OUT
        yield from lines[starts[step] : starts[step + 1]]
        before = step
    yield _LEFT_OUT


def _save(lines: Iterable[Text], path: Path) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=_COLUMNS, file=nowhere, force_terminal=True)
        for line in lines:
            console.print(line, no_wrap=True, crop=True)
    picture = console.export_svg(title="omnicommerce demo", unique_id=path.stem)
    picture = re.sub(
        r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL
    )  # no picture phones home
    path.write_text(picture.replace("Fira Code", "monospace"), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
