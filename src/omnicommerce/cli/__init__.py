"""The ``omnicommerce`` command; needs the extra ``cli``."""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["main"]

_EXTRA: Final = frozenset({"rich", "typer"})


def main() -> None:
    """Run the command line, or say how to install what it needs."""
    try:
        from omnicommerce.cli.app import app  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.exit(
            f"The omnicommerce command needs {error.name}, which is not installed.\n"
            "Install it with: pip install 'omnicommerce[cli]'"
        )
    app()
