"""What the command line says when something goes wrong, and how it ends."""

from __future__ import annotations

import builtins
import json
import sys
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from omnicommerce.cli import main
from omnicommerce.cli.failures import failures_told
from omnicommerce.kernel.errors import (
    Conflict,
    InvalidValue,
    Refused,
    StaleVersion,
    StoreUnavailable,
)
from omnicommerce.kernel.reasons import Reason
from tests.cli.conftest import Call

ERRORS = [
    (InvalidValue("points", "must be whole"), 2, "misuse", "points: must be whole"),
    (Refused(Reason("cart.empty", {"cart": "c1"})), 3, "refused", "The cart is empty."),
    (StaleVersion("cart", "c1", 3), 4, "conflict", "Somebody else has changed"),
    (StoreUnavailable("no route"), 5, "adapter", "The shop's database cannot be reached"),
    (ZeroDivisionError("oh"), 70, "unexpected", "Something unexpected went wrong"),
]


def raising(error: Exception, *, as_json: bool) -> typer.Typer:
    """Return an application whose only command fails."""
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def fail() -> None:
        with failures_told(as_json=as_json):
            raise error

    return app


@pytest.mark.parametrize(("error", "code", "sentence"), [(e, c, s) for e, c, _, s in ERRORS])
def test_each_family_has_its_exit_code(error: Exception, code: int, sentence: str) -> None:
    """A sentence, the stable code and advice on standard error; no traceback."""
    result = CliRunner().invoke(raising(error, as_json=False))
    assert (result.exit_code, result.stdout) == (code, "")
    first, *_, advice = result.stderr.splitlines()
    assert sentence in first
    assert first.endswith(f"[{getattr(error, 'code', 'unexpected')}]")
    assert advice
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("error", "code", "family", "sentence"), ERRORS)
def test_errors_are_json_where_json_was_asked_for(
    error: Exception, code: int, family: str, sentence: str
) -> None:
    """One document on standard output, nothing beside it."""
    result = CliRunner().invoke(raising(error, as_json=True))
    assert (result.exit_code, result.stderr) == (code, "")
    told = json.loads(result.stdout)["error"]
    assert told["family"] == family
    assert told["code"] == getattr(error, "code", "unexpected")
    assert sentence in told["message"]
    assert told["advice"]


def test_a_refusal_lists_its_reasons() -> None:
    """Programs get codes and figures, not prose."""
    refusal = Refused(Reason("cart.empty", {"cart": "c1"}))
    told = json.loads(CliRunner().invoke(raising(refusal, as_json=True)).stdout)["error"]
    assert told["reasons"] == [{"code": "cart.empty", "parameters": {"cart": "c1"}}]


@pytest.mark.parametrize("error", [Conflict("busy"), ZeroDivisionError("oh")])
def test_debugging_shows_where_an_error_comes_from(error: Exception) -> None:
    """With OMNICOMMERCE_DEBUG set it passes as it is."""
    result = CliRunner(env={"OMNICOMMERCE_DEBUG": "1"}).invoke(raising(error, as_json=False))
    assert result.exception is error


def test_a_reader_that_left_is_no_defect() -> None:
    """``omnicommerce … | head`` ends quietly."""
    result = CliRunner().invoke(raising(BrokenPipeError(32, "gone"), as_json=False))
    assert (result.exit_code, result.output) == (1, "")


def test_the_version_is_told(call: Call) -> None:
    """As the package's metadata has it."""
    result = call("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("omnicommerce 0.")


def test_help_lists_the_commands(call: Call) -> None:
    """Both ways of asking for help, and of not asking for anything."""
    for arguments in (["--help"], ["-h"], []):
        assert "replay" in call(*arguments).output


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_a_missing_extra_is_explained(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Without the extra the command says what to install."""
    really_import = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(name, name=missing)
        return really_import(name, *rest)

    for name in [name for name in sys.modules if name.startswith("omnicommerce.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SystemExit) as caught:
        main()
    assert str(caught.value).splitlines() == [
        f"The omnicommerce command needs {missing}, which is not installed.",
        "Install it with: pip install 'omnicommerce[cli]'",
    ]
