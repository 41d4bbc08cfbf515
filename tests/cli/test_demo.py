from __future__ import annotations

import json
import re
import sqlite3
import tempfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner, Result

from omnicommerce.adapters.in_process import InProcessGateway
from omnicommerce.cli import demo_stage
from omnicommerce.cli.app import app
from omnicommerce.cli.demo import show_timeline
from omnicommerce.cli.demo_shop import DRESS, SCARF
from omnicommerce.cli.demo_stage import BrokenClaim, open_stage
from omnicommerce.cli.demo_steps import Place
from omnicommerce.cli.demo_story import tell
from omnicommerce.ledger.model import AccountKey

RUNNER = CliRunner()

TOLD = {
    "en": (
        "Same price to the cent: €80.91 on the phone, €80.91 on the laptop.",
        "Alba dress (M) now costs €77.09 instead of €80.91.",
        "✗ Madrid, Serrano 788 m no Alba dress (M): 1 on hand, 1 kept for the window",
        "3 scarves for 2: does not apply. It needs 3; there are 1, so 2 are missing.",
        "6 accounts, one transaction.",
        "✗ The last of Alba dress (M) at Madrid, Gran Vía is set aside",
        "Sevilla, Sierpes has both, 391.5 km away.",
        "Nothing is burnt",
        "Order A-1001 is confirmed.",
        "It earns 98 points, pending until Nov 30, 2026, 1:19 PM.",
        "Code: 543658",
        "This order waits at Madrid, Gran Vía, not at Madrid, Serrano.",
        "That code is not right. 4 tries are left.",
        "Clara's points to spend 100 147",
        "Charged to the card €98.86 €75.56",
        "Refund: Points (47) -€0.47",
        "She orders it for €24.95 and collects it Tue, Nov 17, 10:00 – 11:00 AM.",
        "Nothing differs. The day wrote 48 journal entries about 12 accounts and 8 holds.",
        "Equal in all 6 channels, line by line, to the cent.",
    ),
    "es": (
        "El mismo precio al céntimo: 80,91 € en el móvil, 80,91 € en el portátil.",
        "Vestido Alba (M) cuesta ahora 77,09 € en vez de 80,91 €.",
        "3 pañuelos por 2: no se aplica. Necesita 3; hay 1, así que faltan 2.",
        "6 cuentas, una transacción.",
        "✗ Lo último de Vestido Alba (M) en Madrid, Gran Vía está apartado",
        "No se ha perdido nada",
        "El pedido A-1001 está confirmado.",
        "Código: 543658",
        "Cobrado a la tarjeta 98,86 € 75,56 €",
        "Todo cuadra. El día ha escrito 48 apuntes sobre 12 cuentas y 8 reservas.",
        "Igual en los 6 canales, línea a línea, al céntimo.",
    ),
}


def run(*options: str, columns: int = 80) -> Result:
    """Run the demo in a terminal without colours."""
    return RUNNER.invoke(app, ["demo", *options], env={"COLUMNS": str(columns), "NO_COLOR": "1"})


def flowing(text: str) -> str:
    """Return what a timeline says as one line, without the rail and the wrapping."""
    return " ".join(re.sub(r"^ {10}│", " ", text, flags=re.MULTILINE).replace("│", " ").split())


@pytest.mark.parametrize("locale", ["en", "es"])
def test_the_story_is_told_on_every_database_and_again(database_url: str, locale: str) -> None:
    """A second run on the same database prints the same, whatever the first one left there."""
    options = ("--database", database_url, "--locale", locale, "--channel-parity")
    first, second = run(*options), run(*options)
    assert 0 == first.exit_code, first.output
    assert first.output == second.output
    told = flowing(first.output)
    assert [] == [sentence for sentence in TOLD[locale] if sentence.lower() not in told.lower()]


def test_every_database_tells_the_same(database_url: str) -> None:
    """What is underneath cannot be seen from the story."""
    assert run("--database", "memory:").output == run("--database", database_url).output


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize("columns", [80, 100, 120])
def test_no_line_is_too_wide_or_broken(locale: str, columns: int) -> None:
    """Every line keeps within the terminal, begins at the rail, and no box is torn."""
    output = run("--database", "memory:", "--locale", locale, columns=columns).output
    lines = output.splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert [] == [line for line in lines if line != line.rstrip()]
    steps = output[output.index("●") : output.rindex("│") + 1].splitlines()[1:]
    assert [] == [line for line in steps if not re.match(r"^ {10}│|^ +\d+:\d\d( [AP]M)? ●", line)]
    assert [] == [line for line in steps if line.count("╭") != line.count("╮")]
    assert [] == [line for line in steps if line.count("│") not in {0, 1, 3}]


def test_amounts_stay_whole_at_the_end_of_a_line() -> None:
    """An amount is never parted from its currency, however narrow the terminal."""
    for columns in range(60, 100, 8):
        output = run("--database", "memory:", "--locale", "es", columns=columns).output
        assert [] == re.findall(r"│ +€.*|^.*\d,\d\d$", output, flags=re.MULTILINE)


def test_a_terminal_without_unicode_gets_plain_signs() -> None:
    """Where the encoding has no boxes and bullets, the timeline uses ASCII ones."""
    console = Console(file=Old(), width=80)
    show_timeline(console)
    told = console.file.getvalue()  # type: ignore[attr-defined]  # it is the one given above
    assert "  8:40 AM *  > Phone" in told
    assert "●" not in told


class Old(StringIO):
    """The screen of an old terminal."""

    encoding = "ascii"


def test_the_timeline_can_be_recorded() -> None:
    """A picture can show some of the steps, in colour, without the hints."""
    console = Console(record=True, width=88, file=StringIO(), force_terminal=True)
    show_timeline(console, wanted=lambda step: step.place is Place.LAPTOP)
    picture = console.export_text()
    assert 6 == picture.count("●")
    assert "--locale" not in picture
    assert 0 == picture.count("⌂")


def test_json_has_every_step() -> None:
    """The document has each step's time, channel, code, figures and sentence."""
    story = _story("--channel-parity", "--database", "memory:")
    steps = story["steps"]
    assert 15 == len(steps)
    assert sorted(step["at"] for step in steps) == [step["at"] for step in steps]
    assert {"app", "web", "store"} == {step["channel"] for step in steps}
    exhibits = {each["kind"]: each for step in steps for each in step["exhibits"]}
    assert (10086, 9886, 98) == tuple(
        exhibits["quote"][k] for k in ("total", "due", "points_to_earn")
    )
    assert (10086, 2377) == (exhibits["receipt"]["total"], exhibits["receipt"]["refunded"])
    assert [9886, 7556] == exhibits["outcome"]["rows"][-1]["cells"]
    assert {(7709, 2377, 10086)} == {tuple(row["cells"]) for row in exhibits["parity"]["rows"]}
    assert story["claims_checked"] > 70


def test_json_is_the_same_each_time(sqlite_url: str) -> None:
    """No identity of a run shows."""
    options = ("--json", "--channel-parity", "--database", sqlite_url)
    assert run(*options).output == run(*options).output


def _story(*options: str) -> dict[str, Any]:
    result = run("--json", *options)
    assert 0 == result.exit_code, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_temporary_shop_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database, nothing is left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert 0 == run().exit_code
    assert [] == list(tmp_path.iterdir())


def test_runs_can_share_a_database_at_the_same_time(sqlite_url: str) -> None:
    """Two stories told in turns, step by step, do not disturb each other."""
    with open_stage(sqlite_url) as one, open_stage(sqlite_url) as other:
        pairs = list(zip(tell(one), tell(other), strict=True))
    assert 14 == len(pairs)
    assert [a.says.code for a, _ in pairs] == [b.says.code for _, b in pairs]


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--database", "nosuch:shop"), 2, "no adapter for 'nosuch:shop'"),
        (("--database", "sqlite:////no/such/folder/shop.db"), 5, "cannot be reached"),
        (("--locale", "xx"), 2, "'xx' is not a known locale"),
        (("--pace", "-1"), 2, "--pace"),
    ],
)
def test_what_cannot_be_is_said_with_an_exit_code(
    options: tuple[str, ...], code: int, says: str
) -> None:
    """A bad URL, locale or pace ends with the code of its family and a sentence."""
    result = run(*options)
    assert code == result.exit_code
    assert says in " ".join(result.output.split())


def test_errors_are_json_too() -> None:
    """With --json, an error is one document on standard output."""
    result = run("--json", "--database", "nosuch:shop")
    assert 2 == result.exit_code
    assert "misuse.value" == json.loads(result.stdout)["error"]["code"]


def test_a_language_without_texts_is_noted() -> None:
    """French formats with English sentences are announced."""
    result = run("--locale", "fr", "--database", "memory:")
    assert 0 == result.exit_code
    assert "There are no texts for 'fr' yet" in result.stderr
    assert "80,91 €" in result.stdout


@pytest.fixture
def broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one claim of the story not hold."""
    original = demo_stage.Stage.check

    def check(stage: demo_stage.Stage, claim: str, expected: object, found: object) -> None:
        original(stage, claim, expected, "nothing" if claim == "charged once" else found)

    monkeypatch.setattr(demo_stage.Stage, "check", check)


@pytest.mark.usefixtures("broken_promise")
@pytest.mark.parametrize("locale", ["en", "es"])
def test_a_claim_that_does_not_hold_is_said(locale: str) -> None:
    """The story stops, says which claim is not so, and exits with 1."""
    result = run("--database", "memory:", "--locale", locale)
    assert 1 == result.exit_code
    assert "charged once" in result.stderr
    assert "A-1001" not in result.stdout
    document = json.loads(run("--database", "memory:", "--json").stdout)
    assert "demo.broken_claim" == document["error"]["code"]


def test_a_corrupted_ledger_is_found_out(sqlite_url: str) -> None:
    """The audit at the end is of the real books: a unit from nowhere breaks the story."""
    with open_stage(sqlite_url) as stage:
        steps = tell(stage)
        before = [next(steps).says.code for _ in range(13)]
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
            connection.execute("UPDATE oc_account SET balance = balance + 1 WHERE kind = 'stock'")
        connection.close()
        with pytest.raises(BrokenClaim, match="the audit finds nothing"):
            next(steps)
    assert "demo.lucia_again" == before[-1]


def test_a_card_that_is_not_declined_ends_the_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo never tells that the shop said no when it did not."""
    monkeypatch.setattr(InProcessGateway, "next_charge", lambda *_: None)
    with open_stage("memory:") as stage, pytest.raises(BrokenClaim, match="first card"):
        list(tell(stage))


def test_a_unit_too_many_ends_the_story() -> None:
    """If Lucía gets what Clara holds, the demo says so and stops."""
    with open_stage("memory:") as stage:
        steps = tell(stage)
        while next(steps).says.code != "demo.placed":
            pass
        for sku in (DRESS, SCARF):
            gran_via = stage.location("madrid-gran-via")
            stage.commerce.inventory.receive(sku, gran_via, 1, key=f"unforeseen-{sku}")
        with pytest.raises(BrokenClaim, match="not sold twice"):
            next(steps)


def test_limits_do_not_run_out_by_telling(sqlite_url: str) -> None:
    """Each run has promotions, stock and slots of its own."""
    for _ in range(4):
        with open_stage(sqlite_url) as stage:
            assert 14 == len(list(tell(stage)))
            account = AccountKey("promotion", stage.promotion("friend"))
            assert 999 == stage.standings([account])[account].available
