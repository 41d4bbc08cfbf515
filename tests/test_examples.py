"""The examples run and say what their page promises."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HELPERS = {"__init__", "alma"}
KEY_LINES = {
    "click_and_collect": "Devolución: Tarjeta               -24,95 €",
    "last_unit": "16 customers, 3 dresses: 3 orders",
    "own_products": "Quoted: Lino scarf, hand-woven, 24.95 EUR",
    "points": "  on the last day of the first points: 80 to spend, 0 waiting",
    "quote_and_reasons": "A member pays 126.31 EUR instead of 139.80 EUR",
    "two_devices": "Clara's cart: 2 × SCARF, 1 × SHOES-38",
}


@pytest.mark.parametrize("name", sorted(KEY_LINES))
def test_the_example_runs_and_shows_its_point(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own assertions hold, and the line that people run it for is printed."""
    importlib.import_module(f"examples.{name}").main()
    assert KEY_LINES[name] in capsys.readouterr().out.splitlines()


def test_every_example_is_tried_and_listed() -> None:
    """A new example comes with a key line here and a section in the docs."""
    found = {path.stem for path in (ROOT / "examples").glob("*.py")} - HELPERS
    assert found == set(KEY_LINES)
    page = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    for name in found:
        assert f"python -m examples.{name}\n" in page
        assert f"../examples/{name}.py" in page
