"""The command ``check``, and ``parity`` of a directory."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.cli.json_places import json_places
from omnicommerce.cli.shop_dir import load_shop
from omnicommerce.pricing.model import PricingConfiguration
from tests.cli.conftest import Call

PROMOTIONS = "promotions.json"
AT = "2026-11-21T09:00:00Z"
PRICES: dict[str, Any] = {
    "currency": "EUR",
    "products": [{"sku": "TEA", "facts": {"category": ["drinks"]}}, {"sku": "CUP"}],
    "lists": [{"list_id": "shelf"}],
    "parity_groups": [{"group_id": "all", "channels": ["app", "store", "web"]}],
}
ROWS = "price_list,sku,amount,zone\nshelf,TEA,400,\nshelf,CUP,1000,\nshelf,TEA,390,north\n"
APP: dict[str, Any] = {
    "promotion_id": "app-tea",
    "when": {"type": "one_of", "fact": "channel", "values": ["app"]},
    "on": {"type": "one_of", "fact": "category", "values": ["drinks"]},
    "effect": {"type": "percent_off", "rate": "10%"},
}
CUPS = {"type": "one_of", "fact": "category", "values": ["cups"]}
EVERYWHERE: dict[str, Any] = {"promotion_id": "tea", "on": APP["on"], "effect": APP["effect"]}
DEAD = {**EVERYWHERE, "promotion_id": "dead", "lane": 2, "on": CUPS}


def write(directory: Path, name: str, content: object) -> None:
    """Write a file, JSON unless it is text."""
    text = content if isinstance(content, str) else json.dumps(content, indent=2)
    (directory / name).write_text(text, encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A directory with prices and a promotion for everybody."""
    directory = tmp_path / "shop"
    directory.mkdir()
    write(directory, "prices.json", PRICES)
    write(directory, "promotions.json", [EVERYWHERE])
    write(directory, "rows.csv", ROWS)
    return directory


def documents(call: Call, *arguments: object) -> tuple[int, Any]:
    """Call the command line with ``--json``."""
    result = call(*arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_a_shop_that_is_right_is_proved(call: Call, shop: Path) -> None:
    """Nothing mentions a channel: no basket needs to be priced, and the exit code is 0."""
    code, document = documents(call, "check", shop, "--at", AT)
    assert (0, 0, 0) == (code, document["errors"], document["warnings"])
    (group,) = document["parity"]
    assert ("proved", 0) == (group["verdict"], group["cases"])
    assert call("parity", shop).exit_code == 0


def test_a_leak_is_an_error_with_its_line(call: Call, shop: Path) -> None:
    """The finding names file, line and path, and the basket shows who pays what."""
    write(shop, "promotions.json", {"promotions": [EVERYWHERE, {**APP, "lane": 1}]})
    code, document = documents(call, "check", shop, "--at", AT)
    (group,) = document["parity"]
    (finding,) = group["findings"]
    assert (1, "violated") == (code, group["verdict"])
    line = json_places((shop / "promotions.json").read_text())["$.promotions[1].when"].line
    expected = ("promotions.json", line, "$.promotions[1].when")
    assert expected == (finding["file"], finding["line"], finding["path"])
    differing = finding["witness"]["differences"][-1]
    assert {"level": "payable", "app": 324, "store": 360} == {
        name: differing[name] for name in ("level", "app", "store")
    }
    assert call("parity", shop).exit_code == 1


def test_a_witness_is_a_file_for_the_price_command(call: Call, shop: Path, tmp_path: Path) -> None:
    """What the check prints can be priced in each channel, and differs as it said."""
    write(shop, "promotions.json", [EVERYWHERE, {**APP, "lane": 1}])
    _, document = documents(call, "check", shop, "--at", AT)
    witness = document["parity"][0]["findings"][0]["witness"]
    totals = []
    for number, seen in enumerate(witness["seen"].values()):
        write(tmp_path, f"witness{number}.json", seen)
        _, priced = documents(call, "price", shop, tmp_path / f"witness{number}.json")
        totals.append(priced["total"])
    assert [324, 360] == totals


def test_people_read_verdict_place_and_basket(call: Call, shop: Path) -> None:
    """Without ``--json`` the same is said in lines."""
    write(shop, "promotions.json", [EVERYWHERE, {**APP, "lane": 1}, DEAD])
    result = call("check", shop, "--at", AT)
    assert result.exit_code == 1
    assert "violated  all (app, store, web; payable)" in result.stdout
    assert "promotions.json:" in result.stdout
    assert "1 × TEA" in result.stdout
    assert "$.promotions[2].on" in result.stdout
    assert "2 errors, 0 warnings, 0 notes" in result.stdout


def test_sarif_has_what_the_standard_requires(call: Call, shop: Path) -> None:
    """Version, tool, rules that results point at, levels, places from line 1 on."""
    write(shop, "promotions.json", [EVERYWHERE, {**APP, "lane": 1}, DEAD])
    result = call("check", shop, "--at", AT, "--sarif", "-")
    log = json.loads(result.stdout)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert (1, "2.1.0") == (result.exit_code, log["version"])
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == 2
    for found in run["results"]:
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]
        assert found["level"] in {"none", "note", "warning", "error"}
        assert found["message"]["text"]
        (place,) = found["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("promotions.json")
        assert place["physicalLocation"]["region"]["startLine"] >= 1
        assert place["logicalLocations"][0]["fullyQualifiedName"].startswith("$.promotions[")


def test_sarif_goes_to_a_file_beside_the_report(call: Call, shop: Path, tmp_path: Path) -> None:
    """With a name the report is still printed."""
    result = call("check", shop, "--at", AT, "--sarif", tmp_path / "check.sarif")
    log = json.loads((tmp_path / "check.sarif").read_text())
    assert "proved" in result.stdout
    assert [] == log["runs"][0]["results"]


@pytest.mark.parametrize(
    ("name", "content", "file", "path", "problem"),
    [
        (PROMOTIONS, [{"promotion_id": "p"}], PROMOTIONS, "$.promotions[0].effect", "missing"),
        ("promotions.json", "{", "promotions.json", "$", "is no JSON"),
        ("promotions.json", '{"lists": [], "lists": []}', PROMOTIONS, "$", "twice"),
        ("more.json", {"promotions": []}, "promotions.json", "$.promotions", "already"),
        ("more.json", {"promotoins": []}, "more.json", "$", "known"),
        ("more.json", {"windows": [], "promotion": 1}, "more.json", "$.promotion", "promotions"),
        ("more.json", {"schema": 99}, "more.json", "$.schema", "newer"),
        ("rows.csv", "price_list,sku,amount\nshelf,TEA,4.5\n", "rows.csv", "amount", "whole"),
        ("rows.csv", "price_list,sku,price\nshelf,TEA,4\n", "rows.csv", "$", "no column"),
        ("rows.csv", "price_list,sku,amount\nshelf,TEE,4\n", "rows.csv", "$.rows[0].sku", "TEE"),
        ("rows.jsonl", '{"sku": "TEA"}\n', "rows.jsonl", "$.rows", "already"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(
    call: Call, shop: Path, name: str, content: object, file: str, path: str, problem: str
) -> None:
    """What cannot be loaded is an error of its own, in the file where it is."""
    write(shop, name, content)
    code, document = documents(call, "check", shop, "--at", AT)
    mistake = document["mistakes"][0]
    assert (1, file, path) == (code, mistake["file"], mistake["path"])
    assert problem in mistake["parameters"]["problem"]
    assert mistake["line"] is not None
    assert json.loads(call("check", shop, "--at", AT, "--sarif", "-").stdout)["runs"][0]["results"]


def test_every_mistake_of_a_file_is_told(call: Call, shop: Path) -> None:
    """Two problems are two findings, each at its own line."""
    broken = {**EVERYWHERE, "effect": {"type": "percent_off", "rate": "110%"}}
    write(shop, "promotions.json", [broken, {**broken, "promotion_id": "q"}])
    _, document = documents(call, "check", shop, "--at", AT)
    lines = [mistake["line"] for mistake in document["mistakes"]]
    assert len(lines) == 2
    assert lines[0] < lines[1]


def test_an_empty_directory_is_a_mistake(call: Call, tmp_path: Path) -> None:
    """There is nothing to check."""
    code, document = documents(call, "check", tmp_path)
    assert (1, 1) == (code, document["errors"])


def test_warnings_count_when_asked_to(call: Call, shop: Path) -> None:
    """``--strict`` makes a warning fail."""
    free = {**EVERYWHERE, "effect": {"type": "buy_get", "buy": 1}}
    write(shop, "promotions.json", [free])
    assert call("check", shop, "--at", AT).exit_code == 0
    assert call("check", shop, "--at", AT, "--strict").exit_code == 1


def test_a_whole_shop_knows_its_channels(call: Call, shop: Path) -> None:
    """Channels and zones that the shop does not have are found."""
    write(shop, "shop.json", {"channels": [{"channel_id": "app"}, {"channel_id": "web"}]})
    write(shop, "prices.json", {"pricing": PRICES})
    write(shop, "locations.json", [{"location_id": "serrano", "name": "Serrano", "zone": "centre"}])
    _, document = documents(call, "check", shop, "--at", AT)
    unknown = [(one["path"], one["parameters"]["value"]) for one in document["lints"]]
    assert [("$.rows[2].zone", "north"), ("$.parity_groups[0].channels", "store")] == unknown
    assert isinstance(load_shop(shop), ShopConfiguration)


def test_rows_come_as_objects_or_gzipped(shop: Path) -> None:
    """A table and a list of objects say the same."""
    expected = load_shop(shop)
    (shop / "rows.csv").unlink()
    lines = [
        {"price_list": "shelf", "sku": "TEA", "amount": 400},
        {"price_list": "shelf", "sku": "CUP", "amount": 1000},
        {"price_list": "shelf", "sku": "TEA", "amount": 390, "zone": "north"},
    ]
    packed = gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())
    (shop / "rows.jsonl.gz").write_bytes(packed)
    assert expected == load_shop(shop)
    assert isinstance(expected, PricingConfiguration)


def test_code_of_the_shop_is_never_proved(call: Call, shop: Path) -> None:
    """A condition that is code may look at anything: the check says so."""
    opaque = {**EVERYWHERE, "when": {"type": "opaque", "name": "weather"}}
    write(shop, "promotions.json", [opaque])
    _, document = documents(call, "check", shop, "--at", AT)
    (group,) = document["parity"]
    assert "no_counterexample" == group["verdict"]
    assert [("parity.opaque", "$.promotions[0].when")] == [
        (one["code"], one["path"]) for one in group["findings"]
    ]


def test_parity_needs_groups_and_a_directory(call: Call, shop: Path) -> None:
    """Without a group there is nothing to say; without a directory nothing to read."""
    write(shop, "prices.json", {key: PRICES[key] for key in ("currency", "products", "lists")})
    assert call("parity", shop).exit_code == 2
    assert call("parity", shop / "nowhere").exit_code == 2


def test_an_instant_needs_an_offset(call: Call, shop: Path) -> None:
    """A local time does not say which instant it means."""
    assert call("check", shop, "--at", "2026-11-21T09:00:00").exit_code == 2
    assert call("check", shop, "--at", "tomorrow").exit_code == 2
