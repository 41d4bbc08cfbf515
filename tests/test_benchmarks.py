"""The benchmarks' harness: its rows, its output, and that both sides of a ratio do the same."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import cart_json, compiling, measure, peers, pricing, selection
from benchmarks.measure import Call, Row, Timing, compared
from benchmarks.oversell import Sale, sell_out
from benchmarks.peers import node, oscar
from benchmarks.reference import (
    REFERENCE,
    Floor,
    Offer,
    basket,
    cart_of,
    check_equal,
    engine,
    offers,
    record,
)
from omnicommerce.cart.model import Cart
from omnicommerce.kernel import documents

KEYS = {"name", "ratio", "against", "limit", "better"}


def _once(calls: Mapping[str, Call], **_: Any) -> dict[str, Timing]:
    """Stand for `interleaved`: call everything once, and measure nothing."""
    for call in calls.values():
        if callable(call):
            call()
        else:
            call.per_call(1)
    return {name: Timing((2.0, 4.0), (2.0, 4.0)) for name in calls}


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every benchmark run each of its calls just once."""
    for module in (pricing, cart_json, peers):
        monkeypatch.setattr(module, "interleaved", _once)


def _check(rows: list[Row]) -> None:
    """Each row has its keys, as JSON too, and no two have one name."""
    assert rows
    for row in rows:
        fields = json.loads(json.dumps(row.as_record()))
        assert fields.keys() >= KEYS
        assert row.better in {"less", "more"}
        assert row.ratio > 0
        assert row.limit > 0
    assert len({row.name for row in rows}) == len(rows)


def test_a_row_keeps_its_limit_or_not() -> None:
    """``less`` may be at most the limit, ``more`` must be at least the limit."""
    assert Row("a", 2.0, "b", 2).holds
    assert not Row("a", 2.1, "b", 2).holds
    assert Row("a", 2.0, "b", 2, better="more").holds
    assert not Row("a", 1.9, "b", 2, better="more").holds


def test_the_ratio_is_the_median_over_passes() -> None:
    """A pass in which both were slow changes nothing; the times quoted are medians too."""
    over, under = Timing((30.0, 60.0, 31.0), (1.0, 1.0, 1.0)), Timing((10.0, 20.0, 10.0), (1.0,))
    row = compared("a", over, under, against="b", limit=4)
    assert (row.ratio, row.microseconds, row.against_microseconds) == (3.0, 31.0, 10.0)


def test_calls_take_turns() -> None:
    """Each pass runs everything in order, as often as was asked, without a warm-up."""
    seen: list[str] = []
    calls: dict[str, Callable[[], object]] = {
        "a": lambda: seen.append("a"),
        "b": lambda: seen.append("b"),
    }
    found = measure.interleaved(calls, passes=2, counts={"a": 1, "b": 2})
    assert seen == ["a", "b", "b", "a", "b", "b"]
    assert [len(found[name].passes) for name in calls] == [2, 2]


def test_what_runs_elsewhere_measures_itself() -> None:
    """A peer in another process says how long it took; warm-up and passes ask it."""

    class Elsewhere:
        """Twenty microseconds a call."""

        def per_call(self, count: int) -> tuple[float, float]:
            """Say so, however often it is called."""
            assert count > 0
            return 20.0, 25.0

    found = measure.interleaved({"there": Elsewhere()}, passes=3, seconds=0.001)
    assert found["there"] == Timing((20.0,) * 3, (25.0,) * 3)


@pytest.fixture
def two_rows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let the command know one benchmark of two rows; give the options that it got."""
    got: dict[str, Any] = {}

    def run(chosen: list[str], **options: Any) -> Iterator[Row]:
        got.update(options, chosen=chosen)
        yield Row("quick", 1.5, "floor", 2, microseconds=3.0, against_microseconds=2.0)
        yield Row("faster", 3.0, "a peer", 4, better="more", detail="of one", goal=True)

    monkeypatch.setattr(command, "names", lambda: ["pricing"])
    monkeypatch.setattr(command, "run", run)
    return got


def test_json_is_one_object_per_row(
    two_rows: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line of ``--json`` is a row with its keys; a goal that is missed fails nothing."""
    assert command.main(["pricing", "--json", "--full"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == ["quick", "faster"]
    assert all(row.keys() >= KEYS for row in rows)
    assert [row["holds"] for row in rows] == [True, False]
    assert (rows[0]["microseconds"], "microseconds" in rows[1]) == (3.0, False)
    assert two_rows == {"chosen": ["pricing"], "database": None, "full": True}


@pytest.mark.usefixtures("two_rows")
def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Without ``--json`` a line per row says ratio, limit and verdict."""
    assert command.main([]) == 0
    _, quick, faster = capsys.readouterr().out.splitlines()
    assert " ".join(quick.split()) == "ok quick 1.50x floor (at most 2x)"
    assert " ".join(faster.split()) == "off faster 3.00x a peer (at least 4x) of one"


@pytest.mark.usefixtures("two_rows")
def test_the_documentation_gets_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """``--markdown`` gives rows for docs/performance.md; what misses its limit is bold."""
    assert command.main(["--markdown"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "| quick | floor | 1.5 | ≤ 2 |",
        "| faster | a peer | **3** | ≥ 4 |",
    ]


def test_a_row_beyond_its_limit_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command ends with 1 when a row that is no mere goal is out."""
    monkeypatch.setattr(command, "run", lambda *_, **__: [Row("slow", 3.0, "floor", 2)])
    assert command.main(["pricing"]) == 1


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is none ends with the names there are."""
    with pytest.raises(SystemExit):
        command.main(["nothing"])
    assert "known: oversell, pricing, reservation, sourcing" in capsys.readouterr().err


def test_a_benchmark_gets_the_options_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pricing knows nothing of databases, and is not asked about them."""
    asked: list[bool] = []

    def rows(*, full: bool = False) -> Iterator[Row]:
        asked.append(full)
        yield Row("a", 1.0, "b", 2)

    monkeypatch.setattr(pricing, "rows", rows)
    assert len(list(command.run(["pricing"], database="sqlite://", full=True))) == 1
    assert asked == [True]


@pytest.mark.parametrize(("name", "lines", "promotions"), REFERENCE)
def test_floor_and_engine_say_the_same(name: str, lines: int, promotions: list[Offer]) -> None:
    """Totals, adjustments and the share of every unit are equal on the reference baskets."""
    goods = basket(lines)
    floor = Floor(lines, promotions)
    check_equal(floor, engine(lines, promotions), goods)
    total, adjustments = floor.total(cart_of(goods))
    assert (total, len(adjustments)) == {"A1": (9756, 7), "A2": (52161, 130), "A3": (829286, 610)}[
        name
    ]


def test_dead_promotions_lie_between_the_live_ones() -> None:
    """A3's 200 promotions are the 20 of A2 in their order and 60 more of each kind."""
    mixed = offers(180)
    assert [offer for offer in mixed if offer in offers()] == offers()
    dead = [offer.kind for offer in mixed if offer not in offers()]
    assert {kind: dead.count(kind) for kind in dead} == {"percent": 60, "buy_get": 60, "order": 60}


@pytest.mark.usefixtures("untimed")
@pytest.mark.parametrize(("name", "lines", "promotions"), REFERENCE)
def test_rows_of_the_reference_baskets(name: str, lines: int, promotions: list[Offer]) -> None:
    """Price, lines, units and trace have a row of each basket."""
    rows = list(pricing._reference(name, lines, promotions))
    _check(rows)
    assert {f"pricing {name}, every adjustment", f"explaining {name}"} < {row.name for row in rows}


@pytest.mark.usefixtures("untimed")
def test_rows_of_growth() -> None:
    """Dead promotions, lines and units have a row each."""
    rows = list(pricing._growth())
    _check(rows)
    assert [row.limit for row in rows] == [1.3, 5, 1.2]


def test_a_sale_under_a_killer_sells_every_unit_once(sqlite_url: str) -> None:
    """Processes that die are followed by others, and the counts are of the books."""
    sale = Sale(sqlite_url, "sale", attempts=160, units=25, processes=3, kills=2)
    counts = sell_out(sale)
    assert counts.pop("killed") <= 2
    assert counts == {"attempts": 160, "units": 25, "sold": 25, "lost": 0, "leaked": 0}


def test_rows_of_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds and bytes of a row are measured, here on a small book."""
    for name, value in (("PRODUCTS", 40), ("ZONES", 2), ("PROMOTIONS", 30), ("REPETITIONS", 1)):
        monkeypatch.setattr(compiling, name, value)
    rows = list(compiling.figures())
    _check(rows)
    assert [row.name.split()[0] for row in rows] == ["compile", "memory"]


@pytest.mark.usefixtures("untimed")
def test_rows_of_the_cart_as_json() -> None:
    """Writing and reading have a row each."""
    pytest.importorskip("orjson")
    _check(list(cart_json.figures()))


def test_code_by_hand_writes_and_reads_the_same_cart() -> None:
    """The floor of the JSON rows gives our text and our cart."""
    pytest.importorskip("orjson")
    goods = cart_json.cart(20)
    text = documents.pack(cart_json.KIND, cart_json.VERSION, goods)
    assert cart_json.write_by_hand(goods).decode() == text
    assert cart_json.read_by_hand(text) == documents.unpack(text, cart_json.KINDS) == goods
    assert isinstance(goods, Cart)


def test_rows_of_the_exact_selection() -> None:
    """A size has the share that was proven, and the median time."""
    size = selection.SIZES[2]
    rows = list(selection.rows_of(size, [lambda: True, lambda: True, lambda: False], "some"))
    _check(rows)
    assert (rows[0].ratio, rows[0].holds, rows[0].better) == (0.667, False, "more")


def test_peers_that_are_missing_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Node and django-oscar there is no row, but a line for each on what to install."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(importlib.metadata, "version", _not_installed)
    assert list(peers.figures()) == []
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all("is not measured: needs" in line for line in lines)


def _not_installed(name: str) -> str:
    raise importlib.metadata.PackageNotFoundError(name)


def test_node_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Node, but without the package, npm is what is needed."""
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/node")
    monkeypatch.setattr(node, "installed", lambda _: None)
    assert "npm install" in (node.missing("@vendure/core") or "")


@pytest.mark.parametrize("package", node.ENGINES)
def test_an_engine_on_node_prices_the_small_basket_alike(package: str) -> None:
    """A1 costs 97.56 with 7 adjustments; the process then measures itself."""
    lacking = node.missing(package)
    if lacking:
        pytest.skip(lacking)
    with node.NodeEngine(package) as running:
        assert running.load(record(*REFERENCE[0][1:])) == {"total": 9756, "adjustments": 7}
        assert min(running.per_call(2)) > 0


_OSCAR_ON_A1 = """
import json
from benchmarks.peers import oscar
from benchmarks.reference import REFERENCE, record
oscar.set_up()
shop = oscar.Shop(record(*REFERENCE[0][1:]))
recalculate = shop.without_queries()
print(json.dumps([
    shop.outcome(recalculate()),
    shop.outcome(shop.as_shipped()),
    shop.queries(recalculate),
    shop.queries(shop.as_shipped) > 50,
]))
"""


def test_django_oscar_prices_the_small_basket_alike() -> None:
    """As shipped and without its queries it says 97.56 by 7 adjustments, and then asks nothing."""
    lacking = oscar.missing()
    if lacking:
        pytest.skip(lacking)
    ran = subprocess.run(
        [sys.executable, "-c", _OSCAR_ON_A1], capture_output=True, text=True, check=True
    )
    expected = {"total": 9756.0, "adjustments": 7}
    assert json.loads(ran.stdout) == [expected, expected, 0, True]
