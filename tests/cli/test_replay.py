"""Receipts through the engine, as the command line tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.receipts import BASKETS, RECEIPTS, Row, copy, rewrite

PUBLISHED = {
    "insample": (9250, 9250, 8921, 255_653),
    "reference": (3298, 3298, 2835, 41_668),
}


@pytest.mark.parametrize("book", PUBLISHED)
def test_a_year_of_receipts_costs_what_was_published(call: Call, book: str) -> None:
    """Every basket is what the published model says, and so many are what was paid."""
    priced, equal_reference, equal_receipt, points_model = PUBLISHED[book]
    result = call("replay", RECEIPTS, "--book", book, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["baskets_per_second"] > 0
    assert (
        told.items()
        >= {
            "book": book,
            "households": 150,
            "baskets": 9250,
            "priced": priced,
            "equal_reference": equal_reference,
            "equal_receipt": equal_receipt,
            "points": 255_731,
            "points_model": points_model,
        }.items()
    )


def test_tables_show_counts_and_explain_what_differs(call: Call, small: Path) -> None:
    """A person reads the counts, and why a basket costs what it costs."""
    result = call("replay", small)
    assert result.exit_code == 0
    assert result.stderr == ""
    words = " ".join(result.stdout.split())
    assert "as the published rules say │ 26" in words
    assert "as the receipt says │ 24" in words
    assert "Basket 32090721116 of household 443" in words
    assert "Card price: applied. It takes $3.25 off." in words
    assert words.endswith("Everything adds up.")


@pytest.mark.parametrize(("book", "priced"), [("insample", BASKETS), ("reference", 17)])
def test_json_lists_differences_with_their_trace(
    call: Call, small: Path, book: str, priced: int
) -> None:
    """A program reads totals in minor units, and the reasons behind them."""
    told = json.loads(call("replay", small, "--book", book, "--json", "--differences", 1).stdout)
    assert (told["baskets"], told["priced"]) == (BASKETS, priced)
    (first,) = told["differences"]
    assert first["engine"] == first["reference"] != first["receipt"]
    assert {step["subject"] for step in first["trace"]} == {"card-price", "coupon-match"}


def test_households_come_in_the_order_of_sampling(call: Call, small: Path) -> None:
    """The same N households every time, whatever the order of the rows."""
    one = json.loads(call("replay", small, "--households", 1, "--json").stdout)
    assert (one["households"], one["baskets"]) == (1, 20)
    more = json.loads(call("replay", small, "--households", 99, "--json").stdout)
    assert (more["households"], more["baskets"]) == (2, BASKETS)


def test_a_basket_unlike_the_model_fails_the_replay(
    call: Call, small: Path, tmp_path: Path
) -> None:
    """One cent off in what was published is found, shown first, and exits with 1."""
    broken = copy(small, tmp_path)

    def one_cent_more(line: int, row: Row) -> None:
        row["a_paid"] = str(int(row["a_paid"]) + (line == 9))

    rewrite(broken, "expected_baskets", one_cent_more)
    result = call("replay", broken, "--json", "--differences", 1)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["equal_reference"], told["differing"]) == (BASKETS - 1, 1)
    assert told["differences"][0]["engine"] != told["differences"][0]["reference"]
    assert "Something does not add up" in call("replay", broken).stdout


def test_a_basket_that_should_be_priced_and_is_not_fails(
    call: Call, small: Path, tmp_path: Path
) -> None:
    """A book that lacks a price is a difference too, told as such."""
    broken = copy(small, tmp_path)

    def other_product(_: int, row: Row) -> None:
        row["product_id"] += "-x"

    rewrite(broken, "pricebook_reference", other_product)
    result = call("replay", broken, "--book", "reference")
    assert result.exit_code == 1
    assert "not priced" in result.stdout


@pytest.mark.parametrize(
    ("name", "line", "column", "value", "problem"),
    [
        ("lines", 5, "quantity", "1.5", "whole number"),
        ("lines", 5, "quantity", "-1", "whole number"),
        ("lines", 5, "quantity", "2000000000", "surely a mistake"),
        ("lines", 5, "basket_id", "nobody", "baskets.csv.gz has no"),
        ("lines", 5, "product_id", " x", "must be an identity"),
        ("lines", 5, "product_id", "x" * 200, "longer than"),
        ("lines", 5, "kind", "gift", "must be one of list, scale"),
        ("baskets", 3, "ts_utc", "2017-01-31", "must be like"),
        ("baskets", 3, "ts_utc", "2017-01-31T10:00:00+02:00", "must be like"),
        ("baskets", 3, "store_id", "7", "has no store"),
        ("expected_baskets", 4, "a_paid", "1e3", "whole number"),
        ("pricebook_insample", 6, "base_n", "0", "at least 1"),
        ("pricebook_insample", 6, "deal", "free", "must be one of unit"),
        ("products", 2, "product_id", "", "must be an identity"),
    ],
)
def test_a_malformed_row_is_named(
    call: Call,
    small: Path,
    tmp_path: Path,
    name: str,
    line: int,
    column: str,
    value: str,
    problem: str,
) -> None:
    """File, line and column are told, with exit code 2, and nothing is half printed."""
    broken = copy(small, tmp_path)

    def spoil(number: int, row: Row) -> None:
        if number == line:
            row[column] = value

    rewrite(broken, name, spoil)
    result = call("replay", broken)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{name}.csv.gz, line {line}, column {column}: " in result.stderr
    assert problem in result.stderr
    assert "[misuse.malformed_row]" in result.stderr


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("lines", "product_id"),
        ("baskets", "basket_id"),
        ("expected_baskets", "basket_id"),
        ("pricebook_insample", "product_id"),
        ("products", "product_id"),
    ],
)
def test_a_row_that_appears_twice_is_named(
    call: Call, small: Path, tmp_path: Path, name: str, column: str
) -> None:
    """The second of two rows of one identity is the one that is wrong."""
    broken = copy(small, tmp_path)
    first: Row = {}

    def repeat(number: int, row: Row) -> None:
        if number == 2:
            first.update(row)
        elif number == 3:
            row.update(first)

    rewrite(broken, name, repeat)
    result = call("replay", broken)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{name}.csv.gz, line 3, column {column}: " in result.stderr
    assert "appears twice" in result.stderr


def test_a_missing_directory_or_file_is_named(call: Call, small: Path, tmp_path: Path) -> None:
    """What is not there is said in one sentence."""
    result = call("replay", tmp_path / "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no directory" in result.stderr
    broken = copy(small, tmp_path)
    (broken / "lines.csv.gz").unlink()
    (broken / "pricebook_reference.csv.gz").unlink()
    result = call("replay", broken, "--book", "reference", "--json")
    assert (result.exit_code, result.stderr) == (2, "")
    told = json.loads(result.stdout)["error"]
    assert told["message"].endswith("has no lines.csv.gz, pricebook_reference.csv.gz")
    assert (told["code"], told["family"]) == ("misuse.value", "misuse")


def test_a_basket_without_published_totals_is_named(
    call: Call, small: Path, tmp_path: Path
) -> None:
    """There is nothing to compare it with."""
    broken = copy(small, tmp_path)

    def rename(number: int, row: Row) -> None:
        if number == 2:
            row["basket_id"] = "other"

    rewrite(broken, "expected_baskets", rename)
    result = call("replay", broken)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "expected_baskets.csv.gz has no basket" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["--book", "other"], ["--households", "0"], ["--households", "x"], ["--what"]]
)
def test_impossible_options_are_refused(call: Call, small: Path, arguments: list[str]) -> None:
    """Usage errors exit with 2 and name the option."""
    result = call("replay", small, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert arguments[0] in result.stderr
    result = call("replay", small, *arguments, "--json")
    assert (result.exit_code, result.stderr) == (2, "")
    assert arguments[0] in json.loads(result.stdout)["error"]["message"]


def test_scarce_stock_refuses_as_many_lines_as_was_published(call: Call, database_url: str) -> None:
    """Three units a week of each busy shelf, first come, first served, on every database."""
    result = call("replay", RECEIPTS, "--stock", "--database", database_url, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    published = json.loads((RECEIPTS / "expected.json").read_text("utf-8"))["stock_fcfs"]
    assert told["oversold"] == 0
    assert told["audit"] == "clean"
    assert (told["pairs"], told["lines"], told["served"], told["refused"]) == (
        published["pairs"],
        published["lines"],
        published["lines_served"],
        published["lines_refused"],
    )
    assert (told["units_served"], told["units_refused"]) == (
        published["units_served"],
        published["units_refused"],
    )


def test_people_read_how_many_lines_were_refused(call: Call, small: Path) -> None:
    """The same as a table, for whatever receipts there are."""
    result = call("replay", small, "--stock")
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    assert "served, units" in words
    assert words.endswith("Everything adds up.")
