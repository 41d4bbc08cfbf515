"""Take a picture of the demo: ``python docs/make_timeline.py`` writes ``images/timeline.svg``.

What the picture shows is what ``omnicommerce demo`` really prints; options go to the demo.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

__all__ = ["main"]

PICTURE: Final = Path(__file__).parent / "images" / "timeline.svg"
_COLUMNS: Final = 100
_DEMO: Final = "from omnicommerce.cli import main; main()"


def main(options: list[str]) -> None:
    """Run the demo in a terminal of our own and save what it shows."""
    environment = {
        **os.environ,
        "COLUMNS": str(_COLUMNS),
        "FORCE_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
        "TERM": "xterm-256color",
    }
    shown = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", _DEMO, "demo", *options],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        encoding="utf-8",
    ).stdout
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=_COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(shown.strip("\n")))
        console.save_svg(str(PICTURE), title="omnicommerce demo", unique_id="timeline")


if __name__ == "__main__":
    main(sys.argv[1:])
