"""The commands ``price`` and ``whatif``, on a small directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from omnicommerce.cli.app import app

SHOP: dict[str, Any] = {
    "currency": "EUR",
    "products": [{"sku": "TEA", "facts": {"category": ["drinks"]}}, {"sku": "CUP"}],
    "lists": [{"list_id": "shelf"}],
    "rows": [
        {"price_list": "shelf", "sku": "TEA", "amount": 400},
        {"price_list": "shelf", "sku": "CUP", "amount": 1000},
    ],
}
TENTH = {
    "promotion_id": "tenth",
    "name": {"en": "10% off drinks", "es": "10 % en bebidas"},
    "on": {"type": "one_of", "fact": "category", "values": ["drinks"]},
    "effect": {"type": "percent_off", "rate": "10%"},
}
SPEND = {
    "promotion_id": "spend",
    "when": {"type": "at_least", "fact": "spend.base", "minimum": 5000},
    "effect": {"type": "amount_off", "amount": 500},
}
BASKET = {
    "basket": {"lines": [{"sku": "TEA", "quantity": 2}, {"sku": "CUP"}]},
    "situation": {"channel": "web", "at": "2026-11-21T10:00:00Z"},
}


def shop(directory: Path, *promotions: dict[str, Any], **more: object) -> Path:
    """Write a shop, its promotions in a file of their own."""
    directory.mkdir()
    (directory / "shop.json").write_text(json.dumps({**SHOP, **more}))
    (directory / "promotions.json").write_text(json.dumps(list(promotions)))
    return directory


@pytest.fixture
def basket(tmp_path: Path) -> Path:
    """A file with a basket."""
    path = tmp_path / "basket.json"
    path.write_text(json.dumps(BASKET))
    return path


def run(*arguments: object) -> tuple[int, str]:
    """Run the command line."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_price_says_what_a_basket_costs_and_why(tmp_path: Path, basket: Path) -> None:
    """The bill, and the fate of every promotion, in the language asked for."""
    directory = shop(tmp_path / "shop", TENTH, SPEND)
    code, output = run("price", directory, basket, "--explain", "--locale", "es")
    assert code == 0
    assert "10 % en bebidas" in output
    assert "17,20" in output
    assert "importe antes de promociones" in output


def test_price_as_json_has_every_amount_in_minor_units(tmp_path: Path, basket: Path) -> None:
    """Lines, adjustments, totals and the trace."""
    directory = shop(tmp_path / "shop", TENTH, SPEND)
    code, output = run("price", directory, basket, "--json", "--explain", "--channel", "app")
    document = json.loads(output)
    assert code == 0
    assert (document["channel"], document["total"]) == ("app", 1720)
    assert document["lines"][0]["adjustments"] == [{"promotion_id": "tenth", "amount": -80}]
    assert [step["verdict"] for step in document["trace"]] == ["failed", "applied"]


def test_price_proves_the_best_choice(tmp_path: Path, basket: Path) -> None:
    """With the policy best_for_customer the bill says what is proven."""
    directory = shop(tmp_path / "shop", TENTH)
    code, output = run("price", directory, basket, "--policy", "best_for_customer")
    assert (code, "proven" in output) == (0, True)


def test_a_draft_counts_only_when_asked_for(tmp_path: Path, basket: Path) -> None:
    """A draft can be tried out before it is active."""
    directory = shop(tmp_path / "shop", {**TENTH, "status": "draft"})
    without = json.loads(run("price", directory, basket, "--json")[1])
    tried = json.loads(run("price", directory, basket, "--json", "--draft", "tenth")[1])
    assert (without["total"], tried["total"]) == (1800, 1720)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("promotions.json", '[{"promotion_id": "p"}]', "promotions.json $.promotions[0].effect"),
        ("extra.json", '{"rows": []}', "is in extra.json already"),
        ("extra.json", '{"promotionz": []}', "known are"),
        ("promotions.json", "[1,", "is no JSON"),
        ("rows.csv", "price_list,sku,amount\nshelf,TEA,x\n", "rows.csv:2 amount"),
        ("taxes.json", '{"schema": 99}', "install a newer one"),
    ],
)
def test_what_is_wrong_is_told_with_its_file(
    tmp_path: Path, basket: Path, name: str, text: str, told: str
) -> None:
    """File, path and problem, and exit code 2."""
    directory = shop(tmp_path / "shop")
    if name == "rows.csv":
        (directory / "shop.json").write_text(
            json.dumps({key: value for key, value in SHOP.items() if key != "rows"})
        )
    (directory / name).write_text(text)
    code, output = run("price", directory, basket, "--json")
    assert code == 2
    assert told in json.loads(output)["error"]["message"]


def test_rows_can_lie_in_a_table(tmp_path: Path, basket: Path) -> None:
    """A CSV file with a column for each field."""
    directory = shop(tmp_path / "shop")
    (directory / "shop.json").write_text(
        json.dumps({key: value for key, value in SHOP.items() if key != "rows"})
    )
    (directory / "rows.csv").write_text(
        "price_list,sku,amount,window\nshelf,TEA,400,\nshelf,CUP,900,\n"
    )
    assert json.loads(run("price", directory, basket, "--json")[1])["total"] == 1700


def test_whatif_says_who_pays_more_and_what_it_costs(tmp_path: Path) -> None:
    """Two past baskets against a draft that ends one promotion and begins another."""
    old, new = shop(tmp_path / "old", TENTH), shop(tmp_path / "new", SPEND)
    orders = tmp_path / "orders.jsonl"
    large = {"lines": [{"sku": "CUP", "quantity": 10}]}
    unknown = {"lines": [{"sku": "GONE"}]}
    cases = [
        {**BASKET, "id": "small"},
        {**BASKET, "basket": large, "id": "large"},
        {**BASKET, "basket": unknown, "id": "unknown"},
    ]
    orders.write_text("".join(json.dumps(case) + "\n" for case in cases))
    code, output = run("whatif", old, new, "--orders", orders, "--json", "--fail")
    document = json.loads(output)
    assert code == 1
    assert document["totals"]["EUR"] == {
        "baskets": 2,
        "dearer": 1,
        "cheaper": 1,
        "before": 11720,
        "after": 11300,
        "delta": -420,
        "given_before": {"tenth": 80},
        "given_after": {"spend": 500},
    }
    assert [item["id"] for item in document["dearer"]] == ["small"]
    assert {item["id"] for item in document["unpriced"]} == {"unknown"}
    code, output = run("whatif", old, new, "--orders", orders)
    assert (code, "small" in output, "GONE" in output) == (0, True, True)
