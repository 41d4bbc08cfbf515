"""Receipts through cart, checkout, payment and hand-over, on every database."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from omnicommerce.checkout.service import Checkout
from omnicommerce.orders.model import Order
from tests.cli.conftest import Call
from tests.cli.receipts import BASKETS

SOLD = {
    "orders": BASKETS,
    "handed_over": BASKETS,
    "list_minor": 38_578,
    "total_minor": 34_323,
    "due_minor": 33_334,
    "change_minor": 500,
    "points_ledger": 324,
    "points_due": 324,
    "points_model": 324,
    "households_wrong": [],
    "baskets_wrong": [],
    "stock_left": 0,
    "audit": "clean",
}


def test_every_basket_is_sold_alike_on_every_database(
    call: Call, small: Path, database_url: str
) -> None:
    """Orders, money, points and stock are the same wherever the shop lives."""
    result = call("replay", small, "--full", "--database", database_url, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told.items() >= SOLD.items()
    assert told["database"] == re.sub(r":[^:@/]*@", ":***@", database_url)
    assert told["audit_figures"]["discrepancies"] == 0


def test_a_second_replay_in_the_same_database_adds_up_too(
    call: Call, small: Path, sqlite_url: str
) -> None:
    """Its customers, orders and deliveries are its own."""
    for turn in (1, 2):
        result = call("replay", small, "--full", "--database", sqlite_url, "--json")
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        assert told.items() >= SOLD.items()
        assert told["audit_figures"]["entries"] == 639 * turn


def test_tables_name_the_database(call: Call, small: Path) -> None:
    """By default it is a file that is gone afterwards."""
    result = call("replay", small, "--full", "--households", 1)
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    assert "payment and hand-over on SQLite, a temporary file" in words
    assert "Paid and handed over │ 20" in words
    assert "Units left in the stores │ 0" in words
    assert "Audit of the ledger │ clean" in words


def test_baskets_that_the_book_does_not_price_are_not_sold(call: Call, small: Path) -> None:
    """With the independent book only what it prices becomes an order."""
    told = json.loads(
        call("replay", small, "--full", "--book", "reference", "--json").stdout,
    )
    assert (told["baskets"], told["priced"], told["orders"]) == (BASKETS, 17, 17)
    assert told["points_ledger"] == told["points_model"] == 136


def test_orders_unlike_their_price_fail_the_replay(
    call: Call, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shop that sells otherwise than it prices is found out."""
    pay = Checkout.pay

    def pay_nothing(self: Checkout, *arguments: Any, **options: Any) -> Order:
        given_away = attrs.evolve(pay(self, *arguments, **options), tenders=())
        return self.transactions.run(lambda s: s.orders.save(given_away))

    monkeypatch.setattr(Checkout, "pay", pay_nothing)
    result = call("replay", small, "--full", "--database", "memory:", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["baskets_wrong"]
    assert told["households_wrong"]


def test_a_database_that_is_not_there_is_told(call: Call, small: Path, tmp_path: Path) -> None:
    """Exit code 5, the driver's reason, and no password."""
    result = call("replay", small, "--full", "--database", f"sqlite:///{tmp_path}/no/shop.db")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "[adapter.store_unavailable]" in result.stderr
    assert "unable to open database file" in result.stderr
    url = "postgresql://clara:secret@127.0.0.1:1/shop"
    result = call("replay", small, "--full", "--database", url, "--json")
    assert (result.exit_code, result.stderr) == (5, "")
    assert json.loads(result.stdout)["error"]["code"] == "adapter.store_unavailable"
    assert "secret" not in result.stdout


def test_a_scheme_nobody_knows_is_told(call: Call, small: Path) -> None:
    """The ones that are known are listed."""
    result = call("replay", small, "--full", "--database", "dbase://shop")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "schemes known: mariadb, memory, postgresql, sqlite" in result.stderr


def test_a_database_without_full_is_pointed_out(call: Call, small: Path) -> None:
    """Pricing alone needs none."""
    result = call("replay", small, "--database", "memory:", "--json")
    assert result.exit_code == 0
    assert "no effect without --full" in result.stderr
    assert json.loads(result.stdout)["baskets"] == BASKETS
