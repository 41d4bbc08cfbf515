from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"][0]["layers"]
PACKAGES = [name for layer in LAYERS for name in re.findall(r"\w+", layer)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the package and its contracts, with a folder for each layer still to come."""
    tree = tmp_path_factory.mktemp("contract")
    shutil.copy(ROOT / "pyproject.toml", tree)
    ignored = shutil.ignore_patterns("__pycache__")
    package = shutil.copytree(ROOT / "src" / "omnicommerce", tree / "omnicommerce", ignore=ignored)
    for name in PACKAGES:
        if not (package / f"{name}.py").exists():
            (package / name).mkdir(exist_ok=True)
            (package / name / "__init__.py").touch()
    (package / "customers" / "service.py").touch()
    return tree


def _lint(tree: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_package_keeps_its_contracts(tree: Path) -> None:
    """As it stands, nothing imports what it must not."""
    result = _lint(tree)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        pytest.param(
            "cart/planted.py",
            "from omnicommerce import pricing",
            "omnicommerce.cart is not allowed to import omnicommerce.pricing",
            id="a capability knows another",
        ),
        pytest.param(
            "kernel/planted.py",
            "import omnicommerce.ledger",
            "omnicommerce.kernel is not allowed to import omnicommerce.ledger",
            id="the kernel knows the ledger",
        ),
        pytest.param(
            "checkout/planted.py",
            "def later():\n    import omnicommerce.adapters",
            "omnicommerce.checkout is not allowed to import omnicommerce.adapters",
            id="the core opens an adapter, be it late",
        ),
        pytest.param(
            "surprise/__init__.py",
            "",
            "The following modules are not listed as layers",
            id="a package that no layer lists",
        ),
        pytest.param(
            "ledger/planted.py",
            "import sqlalchemy as sa",
            "omnicommerce is not allowed to import sqlalchemy",
            id="the core knows a database",
        ),
        pytest.param(
            "pricing/planted.py",
            "from babel.numbers import format_currency",
            "omnicommerce is not allowed to import babel",
            id="the core knows languages",
        ),
        pytest.param(
            "pricing/planted.py",
            "import hypothesis",
            "omnicommerce is not allowed to import hypothesis",
            id="the core knows its tests",
        ),
        pytest.param(
            "loyalty/planted.py",
            "import random",
            "omnicommerce is not allowed to import random",
            id="the core throws dice",
        ),
        pytest.param(
            "orders/planted.py",
            "import socket",
            "omnicommerce is not allowed to import socket",
            id="the core opens a connection",
        ),
        pytest.param(
            "customers/model.py",
            "from omnicommerce.customers import service",
            "omnicommerce.customers.model is not allowed to import omnicommerce.customers.service",
            id="a pure module knows its service",
        ),
    ],
)
def test_a_planted_import_breaks_a_contract(
    tree: Path, path: str, source: str, complaint: str
) -> None:
    """Each rule bites: what it forbids is found and named."""
    planted = tree / "omnicommerce" / path
    before = planted.read_text(encoding="utf-8") if planted.exists() else None
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f"{before or ''}\n{source}\n", encoding="utf-8")
    try:
        result = _lint(tree)
    finally:
        if before is not None:
            planted.write_text(before, encoding="utf-8")
        elif planted.name == "__init__.py":
            shutil.rmtree(planted.parent)
        else:
            planted.unlink()
    assert result.returncode == 1, result.stdout + result.stderr
    assert complaint in result.stdout


def test_importing_the_package_is_light() -> None:
    """No database, no languages, no test tools, no command line are loaded unasked."""
    heavy = {"alembic", "babel", "hypothesis", "psycopg", "pymysql", "sqlalchemy", "typer"}
    program = "import sys, omnicommerce; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert set() == heavy.intersection(loaded)
