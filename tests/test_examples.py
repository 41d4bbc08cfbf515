"""The examples run and say what their page promises."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HELPERS = {"__init__", "alma"}
KEY_LINES = {
    "click_and_collect": "Devolución: Tarjeta               -24,95 €",
    "coupon_codes": "HAPPY-22222-222Y-9VN4 is mistyped: nobody needs to look it up",
    "fastapi_shop": "16 at once: {201: 3, 409: 13}",
    "last_unit": "16 customers, 3 dresses: 3 orders",
    "own_products": "Quoted: Lino scarf, hand-woven, 24.95 EUR",
    "points": "  on the last day of the first points: 80 to spend, 0 waiting",
    "price_capsule": "reprice: repriced, 139.80 EUR",
    "price_history": (
        "2026-11-30: €69.90, 22% less than the lowest price of the 30 days before, €89.90"
    ),
    "quote_and_reasons": "A member pays 126.31 EUR instead of 139.80 EUR",
    "relay_events": "Delivered twice and backwards: {'applied': 4, 'duplicate': 4}",
    "returns": "  brings back DRESS-M: 64.95 EUR",
    "sourcing": "2 × dress Alba from Valencia instead of Serrano",
    "stock": "dress Alba: fine. 4 on hand − 0 set aside − 1 kept back = 3 available at Sol.",
    "tax": "A company in Malmö pays 97.69 EUR, the shop gets 97.69 EUR",
    "tour_of_the_shop": "5-at-the-till: store 250.31 EUR, web 250.91 EUR",
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
