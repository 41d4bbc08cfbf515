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
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection
from sybil.typing import Parser
from xdist.scheduler import LoadScopeScheduling

_DOCTEST_FLAGS = ELLIPSIS | NORMALIZE_WHITESPACE


def _enter_folder(namespace: dict[str, Any]) -> None:
    """Run the examples of a document in a folder of their own."""
    namespace["_home"] = Path.cwd()
    namespace["_folder"] = tempfile.TemporaryDirectory()
    os.chdir(namespace["_folder"].name)


def _leave_folder(namespace: dict[str, Any]) -> None:
    os.chdir(namespace["_home"])
    namespace["_folder"].cleanup()


_PAGES: list[Parser] = [PythonCodeBlockParser(doctest_optionflags=_DOCTEST_FLAGS), SkipParser()]

pytest_collect_file = SybilCollection(
    [
        Sybil(_PAGES, filenames=["README.md"], setup=_enter_folder, teardown=_leave_folder),
        Sybil(_PAGES, path="docs", pattern="*.md", setup=_enter_folder, teardown=_leave_folder),
        Sybil(
            [DocTestParser(_DOCTEST_FLAGS)],
            path="src",
            pattern="*.py",
            document_types={".py": PythonDocStringDocument},
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
    # Explaining a failure can take minutes; two busy cores are no place to time an example.
    settings.register_profile(
        "fast",
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        phases=set(Phase) - {Phase.explain},
    )
    settings.register_profile(
        "ci",
        settings.get_profile("fast"),
        max_examples=40,
        stateful_step_count=25,
        derandomize=True,
        database=None,
        print_blob=True,
    )
    settings.register_profile("thorough", max_examples=1000, stateful_step_count=80, deadline=None)
    thorough = config.getoption("--thorough")
    settings.load_profile("thorough" if thorough else os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is slow."""
    skip_slow = pytest.mark.skip(reason="slow: runs with --thorough")
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--thorough"):
            item.add_marker(skip_slow)


class _DocumentsInOrder(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Spread the tests, but keep the examples of one document together and in order."""

    def _split_scope(self, nodeid: str) -> str:
        document, _, name = nodeid.partition("::")
        return document if name.startswith("line:") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Choose how tests are spread over the workers."""
    return _DocumentsInOrder(config, log)
