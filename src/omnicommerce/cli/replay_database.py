"""Where a replay happens: a database that was named, or an SQLite file that is deleted after."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["replay_database"]


@contextmanager
def replay_database(database: str | None) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give the URL of a database, the options to open it with, and its name to show.

    Args:
        database: URL; None: an SQLite file that is deleted afterwards.
    """
    if database is not None:
        yield database, {}, _without_password(database)
        return
    with tempfile.TemporaryDirectory(prefix="omnicommerce-") as folder:
        url = f"sqlite:///{Path(folder) / 'replay.db'}"
        yield url, {"synchronous": "normal"}, "SQLite, a temporary file"


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)
