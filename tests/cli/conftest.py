"""The command line, called in this process, and a few receipts for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from typer.testing import CliRunner

from omnicommerce.cli.app import app
from tests.cli.receipts import make_small

Call: TypeAlias = Callable[..., Any]


@pytest.fixture
def call() -> Call:
    """Give a function that calls the command line with some arguments."""
    runner = CliRunner(env={"OMNICOMMERCE_DEBUG": None, "NO_COLOR": "1"})
    return lambda *arguments: runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give two households' receipts; nobody may change them."""
    return make_small(tmp_path_factory.mktemp("receipts") / "small")
