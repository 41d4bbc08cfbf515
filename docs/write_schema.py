"""Write the published JSON Schema: ``python docs/write_schema.py``.

A test compares what is written with the classes, so that neither can drift.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from omnicommerce.pricing.schema import json_schema

__all__ = ["PUBLISHED", "main", "text"]

PUBLISHED: Final = Path(__file__).parent / "pricing" / "configuration.schema.json"


def text() -> str:
    """Return the schema as it is published."""
    return f"{json.dumps(json_schema(), indent=2, ensure_ascii=False)}\n"


def main() -> None:
    """Write the file."""
    PUBLISHED.parent.mkdir(exist_ok=True)
    PUBLISHED.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
