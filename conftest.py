"""Options of the whole test run, and the examples of docs and docstrings as tests."""

from __future__ import annotations

import os
import tempfile
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.integration.pytest import SybilItem
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection

_DOCTEST_FLAGS = ELLIPSIS | NORMALIZE_WHITESPACE


def _enter_folder(namespace: dict[str, Any]) -> None:
    """Run the examples of a document in a folder of their own."""
    namespace["_home"] = Path.cwd()
    namespace["_folder"] = tempfile.TemporaryDirectory()
    os.chdir(namespace["_folder"].name)


def _leave_folder(namespace: dict[str, Any]) -> None:
    os.chdir(namespace["_home"])
    namespace["_folder"].cleanup()


_in_own_folder = {"setup": _enter_folder, "teardown": _leave_folder}
_pages = [PythonCodeBlockParser(doctest_optionflags=_DOCTEST_FLAGS), SkipParser()]

pytest_collect_file = SybilCollection(
    [
        Sybil(_pages, filenames=["README.md"], **_in_own_folder),
        Sybil(_pages, path="docs", pattern="*.md", **_in_own_folder),
        Sybil(
            [DocTestParser(_DOCTEST_FLAGS)],
            path="src",
            pattern="*.py",
            document_types={".py": PythonDocStringDocument},
            **_in_own_folder,
        ),
    ],
).pytest()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --thorough."""
    parser.addoption(
        "--thorough",
        action="store_true",
        help="search long for counterexamples, and run the tests marked slow",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose how hard Hypothesis searches: fast, thorough, or the same on each run (ci)."""
    settings.register_profile("fast", max_examples=25, stateful_step_count=20, deadline=None)
    settings.register_profile("thorough", max_examples=1000, stateful_step_count=80, deadline=None)
    settings.register_profile(
        "ci",
        max_examples=50,
        stateful_step_count=30,
        deadline=None,  # two busy cores are no place to measure an example
        derandomize=True,
        database=None,
        print_blob=True,
        phases=tuple(Phase),
    )
    thorough = config.getoption("--thorough")
    settings.load_profile(
        "thorough" if thorough else os.environ.get("HYPOTHESIS_PROFILE", "fast"),
    )


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the examples of one document on one worker, in order; skip what is slow."""
    skip_slow = pytest.mark.skip(reason="slow: runs with --thorough")
    for item in items:
        if isinstance(item, SybilItem):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
        if item.get_closest_marker("slow") and not config.getoption("--thorough"):
            item.add_marker(skip_slow)
