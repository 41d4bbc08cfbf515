"""The figures of other engines, and the command that compares with them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peer_cases.peculiarities import peculiarity
from tests.peer_cases.reading import Case, read_file
from tests.peer_cases.report import main
from tests.peer_cases.running import Verdict, run_case
from tests.peer_cases.written import case, line, off, promotion

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "data" / "peer_cases"
FILES = sorted(CASES.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_universal_figure_is_the_same_here(path: Path) -> None:
    """What any sensible engine must give, this one gives."""
    results = [run_case(item) for item in read_file(path)]
    failed = [result for result in results if result.case.universal and result.differences]
    assert not failed
    assert not [result.reason for result in results if result.verdict is Verdict.SKIPPED]


def test_the_command_counts_the_cases_of_each_file_and_in_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The figures of the collection, none of which fails."""
    assert main([str(path) for path in FILES]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "allocation.json: 25 of 25 universal cases pass, 0 fail, 0 skipped",
        "django_oscar.json: 61 of 61 universal cases pass, 0 fail, 0 skipped",
        "medusa.json: 35 of 35 universal cases pass, 0 fail, 0 skipped",
        "saleor.json: 96 of 96 universal cases pass, 0 fail, 0 skipped",
        "solidus.json: 90 of 90 universal cases pass, 0 fail, 0 skipped",
        "vendure.json: 38 of 38 universal cases pass, 0 fail, 0 skipped",
        "In all: 345 of 345 universal cases pass, 0 fail, 0 skipped",
    ]


def test_it_is_a_command_that_takes_any_files(tmp_path: Path) -> None:
    """Files need not be in the repository, and the exit code says how it went."""
    path = tmp_path / "elsewhere.json"
    shutil.copy(CASES / "medusa.json", path)
    command = [sys.executable, "-m", "tests.peer_cases", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("In all: 35 of 35 universal cases pass, 0 fail, 0 skipped\n")


def test_a_changed_figure_fails_with_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line has the id, the key, what was expected and what came."""
    changed = json.loads((CASES / "vendure.json").read_text(encoding="utf-8"))
    changed[0]["expect"]["total"] = "5.05"
    assert run(tmp_path, changed) == 1
    assert capsys.readouterr().out.splitlines() == [
        "vendure-010 total: expected 5.05, got 5.04",
        "cases.json: 37 of 38 universal cases pass, 1 fail, 0 skipped",
        "In all: 37 of 38 universal cases pass, 1 fail, 0 skipped",
    ]


def run(folder: Path, items: object, *options: str) -> int:
    """Run a file with these cases."""
    path = folder / "cases.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    return main([str(path), *options])


FIFTY = [line("a", 1, "50.00")]


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ({"subtotal": "1.00"}, "subtotal: expected 1.00, got 50.00"),
        ({"line_discounts": {"a": "1.00"}}, "line_discounts.a: expected 1.00, got 5.00"),
        ({"unit_prices": {"a": "1.00"}}, "unit_prices.a: expected 1.00, got 45.00"),
        ({"by_promotion": {"p1": {"total": "1.00"}}}, "by_promotion.p1.total: expected 1.00"),
        ({"by_promotion": {"p1": {"lines": {"a": "1"}}}}, "by_promotion.p1.lines.a: expected 1,"),
        ({"tax_by_rate": {"0.2": "1.00"}}, "tax_by_rate.0.2: expected 1.00, got 0.00"),
        ({"applied": []}, "applied: expected [], got ['p1']"),
        ({"applied": ["p1", "p2"]}, "applied: expected ['p1', 'p2'], got ['p1']"),
        ({"not_applied": {"p1": "expired"}}, "not_applied.p1: expected 0.00, got 5.00"),
        ({"application_order": ["p2"]}, "application_order: expected ['p2'], got []"),
        ({"gifts": [{"sku": "g", "qty": 1}]}, "gifts: expected [{'sku': 'g', 'qty': 1}], got []"),
        ({"budget_used": {"p1": "1.00"}}, "budget_used.p1: expected 1.00, got 5.00"),
    ],
)
def test_each_figure_is_compared(expect: dict[str, Any], difference: str) -> None:
    """A wrong one is told with what was expected and what came."""
    wrong = case(*FIFTY, promotions=[promotion(off("percent", value="10"))], expect=expect)
    (found,) = run_case(wrong).differences
    assert str(found).startswith(difference)


def test_what_is_not_asserted_is_not_compared() -> None:
    """Promotions and lines that a case does not name may be as they are; so may a peer's facts."""
    asserts = {"applied": ["p1"], "line_discounts": {"a": "5.00"}, "peer_only": {"cart": 1}}
    promotions = [promotion(off("percent", value="10")), promotion(off("free_shipping"), id="p2")]
    found = run_case(case(*FIFTY, line("b", 1, "1.00"), promotions=promotions, expect=asserts))
    assert found.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (
            {"promotions": [promotion(off("percent", value="1"), {"type": "moon_phase"})]},
            "condition 'moon_phase' is not in the format",
        ),
        ({"promotions": [promotion(off("teleport"))]}, "reward 'teleport' for target 'line'"),
        (
            {"promotions": [promotion(off("percent", value="1", filter={"brand": ["x"]}))]},
            "filter 'brand' is not in the format",
        ),
        ({"shipping": [{"id": "s", "method": "m", "rate": {"type": "drone"}}]}, "shipping rate"),
        ({"stacking": "random"}, "stacking 'random' is not in the format"),
        ({"tax": {"mode": "guess", "rates": {}}}, "tax mode 'guess' is not in the format"),
        ({"expect": {"mood": "good"}}, "expected figure 'mood' is not in the format"),
    ],
)
def test_what_is_not_in_the_format_is_skipped_with_a_reason(
    more: dict[str, Any], reason: str
) -> None:
    """The case says nothing then, and nobody may think that it passed."""
    result = run_case(case(*FIFTY, **{"expect": {}, **more}))
    assert result.verdict is Verdict.SKIPPED
    assert result.reason.startswith(reason)


def test_one_in_fifty_may_be_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its reason; more of them fail the run."""
    good = case(*FIFTY, expect={"total": "50.00"}).data
    strange = case(*FIFTY, expect={}, stacking="random").data
    assert run(tmp_path, [strange, *[good] * 49]) == 0
    assert "written-001 skipped: stacking 'random' is not in the format" in capsys.readouterr().out
    assert run(tmp_path, [strange, *[good] * 48]) == 1


def test_a_case_that_cannot_be_priced_fails() -> None:
    """An error is no figure."""
    broken = case({"id": "a", "qty": 1}, expect={"total": "1.00"})
    (found,) = run_case(broken).differences
    assert str(found) == "error: expected figures, got KeyError: 'unit_price'"


def test_others_are_reported_by_what_they_depend_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They never fail a run, and have a line of their own only on demand."""
    rounding = {"universal": False, "semantics": "Rounded half to even."}
    cases = [
        case(*FIFTY, expect={"total": "50.00"}, **rounding).data,
        case(*FIFTY, expect={"total": "50.01"}, **rounding).data,
        case(*FIFTY, expect={"total": "49.00"}, universal=False, stacking="additive").data,
    ]
    counts = "0 of 0 universal cases pass, 0 fail, 0 skipped; of 3 others 1 agree, 2 differ"
    assert run(tmp_path, cases) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"cases.json: {counts}, 0 skipped",
        "Cases that depend on a peculiarity:",
        "  rounding mode: 1 agree, 1 differ",
        "  stacking additive: 0 agree, 1 differ",
        f"In all: {counts}, 0 skipped",
    ]
    run(tmp_path, cases, "--all")
    assert "written-001 (rounding mode) total: expected 50.01" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("semantics", "kind"),
    [
        ("Only the part of the budget that is left is given.", "partial budget"),
        ("The left-over cent goes to the last line.", "left-over unit of a split"),
        ("Rounded per unit.", "rounding level"),
        ("The second works on what the first left (compounding).", "compounding"),
        ("The cheapest units are rewarded.", "unit choice"),
        ("Tax is rounded per unit and multiplied.", "tax per unit"),
        ("", "other"),
    ],
)
def test_a_peculiarity_is_named_by_what_the_case_says(semantics: str, kind: str) -> None:
    """The words of the semantics decide."""
    assert kind == peculiarity(case(expect={}, semantics=semantics, universal=False))


def split(**more: Any) -> Case:
    """Return a case that splits 1.00 into three."""
    data = {
        "id": "allocation-001",
        "currency": "USD",
        "total": "1.00",
        "weights": ["1", "1", "1"],
        "expect": ["0.34", "0.33", "0.33"],
        "agrees_with": ["largest_remainder"],
        "universal": True,
    }
    return Case({**data, **more})


@pytest.mark.parametrize(
    "good",
    [
        split(),
        split(total="-1.00", expect=["-0.34", "-0.33", "-0.33"]),
        split(expect=["0.33", "0.34", "0.33"], unordered=True),
        split(weights=["1/3", "1/6", "1/2"], expect=["0.33", "0.17", "0.50"]),
        split(step="0.05", expect=["0.35", "0.35", "0.30"]),
        split(total="1.02", step="0.05", expect=["0.35", "0.35", "0.30", "0.02"]),
        split(currency="JPY", total="10", expect=["4", "3", "3"]),
        split(weights=["0", "0", "1"], expect=["0.00", "0.00", "1.00"]),
    ],
)
def test_splits_are_those_of_the_kernel(good: Case) -> None:
    """Largest remainder, the first on ties, in the smallest unit that the case names."""
    assert run_case(good).verdict is Verdict.PASSED


def test_a_split_by_another_algorithm_is_reported_as_such() -> None:
    """What the case agrees with says which algorithm gives its figures."""
    wrong = split(expect=["0.33", "0.33", "0.34"], agrees_with=["round_then_last"])
    (found,) = run_case(wrong).differences
    assert str(found) == ("shares: expected ['0.33', '0.33', '0.34'], got ['0.34', '0.33', '0.33']")
    assert peculiarity(wrong) == "split: another algorithm"
    assert peculiarity(split()) == "split: largest remainder"


@pytest.mark.parametrize("text", ["{}", "[", '[{"id": "x"}]'])
def test_a_file_that_holds_no_cases_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named on the error output, and the exit code is another one."""
    path = tmp_path / "no_cases.json"
    path.write_text(text, encoding="utf-8")
    assert main([str(path)]) == 2
    assert "no_cases.json: " in capsys.readouterr().err
    assert main([str(tmp_path / "missing.json")]) == 2
