"""Drift of observed prices, as the command line tells it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from omnicommerce.cli import parity_picture
from omnicommerce.cli.parity_files import Columns, Layout, observed_prices, opened, zones_of
from omnicommerce.insight.drift import DriftReport, price_drift
from omnicommerce.insight.observed import ObservedPrice, Tolerance
from tests.cli.conftest import Call
from tests.cli.receipts import RECEIPTS

Published: TypeAlias = tuple[tuple[ObservedPrice, ...], Mapping[str, str | None]]

PRICES = RECEIPTS / "store_prices.csv.gz"
SMALL = """\
sku;week;channel;list;member
A;1;web;1000;900
A;1;app;1000;900
A;1;till;1200;
A;2;web;1000;900
A;2;till;1200;900
[b]$B$;1;web;500;450
[b]$B$;1;app;505;450
"""
ZONES = "channel,zone,opened\nweb,online,2019\napp,online,2021\ntill,Z00,1987\n"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Give observed prices of three channels, with semicolons and a byte order mark."""
    path = tmp_path / "prices.csv"
    path.write_text(SMALL, encoding="utf-8-sig")
    return path


@pytest.fixture(scope="module")
def published() -> Published:
    """Give the published prices and zones; nobody may change them."""
    with opened(PRICES) as table:
        layout = Layout.of(table, Columns())
        observed = tuple(observed_prices(table, layout))
    return observed, zones_of(RECEIPTS / "stores.csv.gz", "store_id", "Z00")


def _told(call: Call, *arguments: Any) -> dict[str, Any]:
    result = call("parity", "--observed", *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return dict(json.loads(result.stdout))


def test_the_receipts_have_the_published_disparities(call: Call) -> None:
    """The counts are those that were published with the data, in all stores and inside zones."""
    told = _told(call, PRICES)
    assert (
        told.items()
        >= {
            "audited": 9725,
            "shelf": 2009,
            "card": 3005,
            "zone_audited": 16338,
            "zone_shelf": 885,
            "zone_card": 2622,
            "prices": 87_098,
            "places": 112,
            "zones": "stores.csv.gz",
        }.items()
    )
    first, *others = told["offenders"]
    assert (first["kind"], first["spread"], first["places"]) == ("card", 999, 4)
    spreads = [one["spread"] for one in (first, *others)]
    assert spreads == sorted(spreads, reverse=True)
    assert {"286": "Z01", "341": "Z02", "362": "Z01"} == {
        placed["place"]: placed["zone"] for placed in told["placements"]
    }


def _counts(report: DriftReport) -> list[int]:
    return [
        report.differing(kind, in_zones=in_zones)
        for in_zones in (False, True)
        for kind in ("shelf", "card")
    ]


def test_a_tolerance_leaves_the_published_large_ones(published: Published) -> None:
    """So many differ by more than a tenth of the lower price."""
    observed, zones = published
    tolerance = Tolerance.parse("10%")
    report = price_drift(observed, kinds=("shelf", "card"), zones=zones, tolerance=tolerance)
    assert [1091, 2116, 412, 1880] == _counts(report)


def test_only_listed_places_can_be_kept_to_zones(published: Published) -> None:
    """Three stores with prices are in no list of stores; without them there is less to compare."""
    observed, zones = published
    report = price_drift(observed, kinds=("shelf", "card"), zones=zones, follow=False)
    assert [2009, 3005, 872, 2589] == _counts(report)
    assert (report.audited(in_zones=True), report.placements) == (16_102, ())


def test_people_read_the_largest_offenders_first(call: Call) -> None:
    """Tables, a picture made of signs, the counts, and what they rest on."""
    result = call("parity", "--observed", PRICES, "--top", 2, "--currency", "USD")
    assert (result.exit_code, result.stderr) == (0, "")
    words = " ".join(result.stdout.split())
    assert words.startswith("shelf: the largest differences between all places")
    assert "839419 │ 44 │ $3.00 │ 50 │ $5.99 · 446 │ $8.99 · 297 +2" in words
    assert "Places that stand apart, measured by the usual price of their zone" in words
    assert "999104 │ 443 │ shelf │ 29 │ 50 (lasts) │ 12 │ -$0.15 │ -$1.80" in words
    assert "█ = 12 % differ, or more, 2 weeks a sign" in words
    assert "$0.11 – $0.20 ████████ 301 ██████████████████ 667" in words
    assert "all places │ shelf │ 9,725 │ 2,009 │ 20.7 %" in words
    assert "inside each zone │ card │ 16,338 │ 2,622 │ 16.0 %" in words
    assert "341 is not in stores.csv.gz; it follows Z02: 414 of 424 prices agree." in words


def test_any_csv_with_product_period_and_place_will_do(call: Call, small: Path) -> None:
    """Columns are known by their names; gzip, delimiter and byte order mark by themselves."""
    plain = _told(call, small)
    assert (plain["audited"], plain["list"], plain["member"]) == (3, 3, 0)
    assert (plain["zones"], plain["zone_audited"], plain["zone_offenders"]) == (None, None, None)
    packed = small.with_name("packed.bin")
    packed.write_bytes(gzip.compress(small.read_bytes()))
    assert _told(call, packed) == {**plain, "observed": "packed.bin"}


def test_zones_are_found_beside_the_prices_or_named(call: Call, small: Path) -> None:
    """A file that tells no zones is no file of zones, unless it was named."""
    beside = small.with_name("stores.csv")
    beside.write_text("store_id,city\nweb,Lima\n", encoding="utf-8")
    assert _told(call, small)["zones"] is None
    result = call("parity", "--observed", small, "--zones", beside)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "stores.csv, line 1, column zone: the header names no zone" in result.stderr
    beside.write_text(ZONES, encoding="utf-8")
    told = _told(call, small)
    assert (told["zones"], told["zone_audited"], told["zone_list"]) == ("stores.csv", 2, 1)
    assert told["zone_offenders"][0]["zone"] == "online"
    listed = _told(call, small, "--listed-only")
    assert (listed["zone_list"], listed["placements"]) == (1, [])
    named = _told(call, small, "--zones", beside, "--no-zone", "none", "--tolerance", 5)
    assert (named["zone_list"], named["tolerance"]) == (0, "5")


def test_zones_can_stand_in_the_file_of_prices(call: Call, tmp_path: Path) -> None:
    """A place may be listed as often as it likes, with the same zone."""
    path = tmp_path / "prices.csv"
    path.write_text(
        "sku,week,store,zone,price\nA,1,x,1,9\nA,1,y,1,8\nB,1,x,1,9\nB,1,z,,8\n", encoding="utf-8"
    )
    told = _told(call, path, "--zones", path, "--price", "price")
    assert (told["price"], told["zone_audited"], told["zone_price"]) == (2, 1, 1)


def test_deviations_are_measured_by_a_place_of_reference(call: Call, small: Path) -> None:
    """The till is dearer than the web, since week 1 and still."""
    told = _told(call, small, "--reference", "web")
    first = told["deviations"][0]
    assert (first["place"], first["above"], first["below"]) == ("till", 2, 0)
    (drift,) = told["drifts"]
    assert (drift["place"], drift["since"], drift["lasts"]) == ("till", "1", True)
    words = " ".join(call("parity", "--observed", small, "--reference", "web").stdout.split())
    assert "measured by the prices of web" in words
    assert "[b]$B$ │ 1 │ 5 │ 1 │ 500 · web │ 505 · app" in words
    assert "Amounts are in minor units" in words
    assert "No zones are known" in words


def test_columns_can_be_named(call: Call, tmp_path: Path) -> None:
    """Other names, other columns beside them, prices of one kind only."""
    path = tmp_path / "prices.csv"
    path.write_text(
        "artículo,año,tienda,nota,precio,oferta\nA,1,x,hola,100,90\nA,1,y,adiós,100,80\n",
        encoding="utf-8",
    )
    keys = ["--product", "artículo", "--period", "año", "--place", "tienda"]
    told = _told(call, path, *keys, "--price", "precio")
    assert (told["audited"], told["precio"], "oferta" in told) == (1, 0, False)
    told = _told(call, path, *keys, "--price", "oferta", "--price", "precio")
    assert (told["oferta"], [kind["kind"] for kind in told["kinds"]]) == (1, ["oferta", "precio"])
    wrong = call("parity", "--observed", path, *keys)
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "prices.csv, line 2, column nota: must be whole minor units" in wrong.stderr
    assert "name those that do: --price" in wrong.stderr


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", "line 1, column -", "is empty"),
        ("sku,week,store\nA,1,x\n", "line 1, column -", "needs a product, a period, a place"),
        ("sku,week,price\nA,1,1\n", "line 1, column store_id", "the header names no place"),
        ("sku,week,store,channel,p\n", "line 1, column channel", "store could be the place too"),
        ("sku,week,store,p,p\n", "line 1, column p", "must have a name, and only once"),
        ("sku,week,store,,p\n", "line 1, column -", "must have a name, and only once"),
        ("sku,week,store,p\nA,1,x,1.99\n", "line 2, column p", "not '1.99'"),
        ("sku,week,store,p\nA,1,x,-1\n", "line 2, column p", "whole minor units"),
        ("sku,week,store,p\nA,1,x,٣\n", "line 2, column p", "whole minor units"),
        ("sku,week,store,p\nA,1,x,99999999999999999\n", "line 2, column p", "whole minor"),
        ("sku,week,store,p\nA,1,x,1\n\nA,1,,1\n", "line 4, column store", "must be an identity"),
        ("sku,week,store,p\nA,1\n", "line 2, column store", "is missing"),
        ("sku,week,store,p\nA,1,x,1,1\n", "line 2, column -", "more cells than the header"),
        ('sku,week,store,p\n"A"x,1,x,1\n', "line 2, column -", "cannot be read"),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_malformed_file_is_named(
    call: Call, tmp_path: Path, text: str, place: str, problem: str, *, is_packed: bool
) -> None:
    """File, line and column are told, with exit code 2, and nothing is half printed."""
    path = tmp_path / "bad.csv"
    path.write_bytes(gzip.compress(text.encode()) if is_packed else text.encode())
    result = call("parity", "--observed", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"bad.csv, {place}: " in result.stderr
    assert problem in result.stderr
    assert "[misuse.malformed_row]" in result.stderr


def test_a_file_that_is_no_text_or_ends_early_is_named(call: Call, tmp_path: Path) -> None:
    """Latin-1, and a gzip of which half is missing."""
    path = tmp_path / "bad.csv"
    for content in (
        b"sku,week,store,p\n\xe9,1,x,1\n",
        gzip.compress(b"sku,week,store,p\n" + b"A,1,x,1\n" * 999)[:40],
    ):
        path.write_bytes(content)
        result = call("parity", "--observed", path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "bad.csv, line" in result.stderr
        assert "cannot be read" in result.stderr


def test_a_place_with_two_zones_is_refused(call: Call, small: Path) -> None:
    """The second row is the one that is wrong."""
    zones = small.with_name("zones.csv")
    zones.write_text(ZONES + "web,offline,2020\n", encoding="utf-8")
    result = call("parity", "--observed", small, "--zones", zones)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "zones.csv, line 5, column zone: 'web' has another zone further above" in result.stderr


def test_a_header_without_prices_is_an_empty_report(call: Call, tmp_path: Path) -> None:
    """Nothing was observed, which is no mistake."""
    path = tmp_path / "none.csv"
    path.write_text("sku,week,store,p\n", encoding="utf-8")
    told = _told(call, path)
    assert (told["prices"], told["audited"], told["p"], told["offenders"]) == (0, 0, 0, [])
    assert "0 observed prices in 0 places" in call("parity", "--observed", path).stdout


def test_a_report_exits_with_0_unless_told_to_fail(call: Call, small: Path) -> None:
    """For a pipeline: fail on any difference, or on one inside a zone."""
    zones = small.with_name("zones.csv")
    zones.write_text(ZONES, encoding="utf-8")
    codes = [
        call("parity", "--observed", small, "--zones", zones, *options).exit_code
        for options in (
            [],
            ["--fail"],
            ["--fail", "--json"],
            ["--fail", "--tolerance", "20%"],
            ["--fail-in-zone"],
            ["--fail-in-zone", "--tolerance", "5"],
        )
    ]
    assert [0, 1, 1, 0, 1, 0] == codes


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ([], "give --observed FILE"),
        (["--observed", "nowhere.csv"], "nowhere.csv"),
        (["shop", "--observed", PRICES], "give SHOP_DIR or --observed, not both"),
        (["--observed", PRICES, "--tolerance", "x"], "tolerance: must be like 5 or 1.5%"),
        (["--observed", PRICES, "--currency", "XXQ"], "XXQ"),
        (["--observed", PRICES, "--reference", "web"], "no price was observed at 'web'"),
        (["--observed", PRICES, "--place", "shop"], "line 1, column shop: is not in the header"),
    ],
)
def test_impossible_options_are_refused(call: Call, options: list[Any], problem: str) -> None:
    """They exit with 2 and say what is wrong, as JSON too."""
    result = call("parity", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    result = call("parity", *options, "--json")
    assert (result.exit_code, result.stderr) == (2, "")
    assert problem in json.loads(result.stdout)["error"]["message"]


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_a_picture_is_drawn_the_same_each_time(
    call: Call, small: Path, tmp_path: Path, suffix: str
) -> None:
    """The same prices make the same file, which no version control sees as changed."""
    small.with_name("stores.csv").write_text(ZONES, encoding="utf-8")
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        assert _told(call, small, "--picture", path)["picture"] == str(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_picture_of_nothing_is_a_picture(call: Call, tmp_path: Path) -> None:
    """Neither no prices at all nor no difference break it."""
    path = tmp_path / "prices.csv"
    for rows in ("", "A,1,x,1\n", "A,1,x,1\nA,1,y,1\n"):
        path.write_text(f"sku,week,store,p\n{rows}", encoding="utf-8")
        _told(call, path, "--picture", tmp_path / "nothing.svg")


def test_a_picture_that_cannot_be_drawn_is_refused_at_once(
    call: Call, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong format, no folder, no Matplotlib; the last says what to install."""
    for path, problem in (
        (tmp_path / "a.bmp", "must end with .svg, .png, .pdf"),
        (tmp_path / "nowhere" / "a.svg", "there is no folder"),
    ):
        result = call("parity", "--observed", small, "--picture", path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert problem in result.stderr
    monkeypatch.setattr(parity_picture, "find_spec", lambda _: None)
    result = call("parity", "--observed", small, "--picture", tmp_path / "a.svg")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pip install 'omnicommerce[plots]'" in result.stderr


def test_matplotlib_is_loaded_for_a_picture_only() -> None:
    """Who draws nothing neither needs it nor waits for it."""
    program = "import sys, omnicommerce.cli.app; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert set() == {"matplotlib", "numpy"} & set(loaded)
