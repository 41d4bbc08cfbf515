from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import typer.main

import omnicommerce
from docs.draw_states import files
from omnicommerce.cli.app import app
from omnicommerce.kernel.errors import OmnicommerceError

ROOT = Path(__file__).parent.parent
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def _classes(root: type[OmnicommerceError]) -> Iterator[type[OmnicommerceError]]:
    yield root
    for child in root.__subclasses__():
        yield from _classes(child)


def _all_errors() -> set[type[OmnicommerceError]]:
    """Return every class of error that a module of the package defines."""
    for module in pkgutil.walk_packages(omnicommerce.__path__, "omnicommerce."):
        if ".migrations." not in module.name:
            importlib.import_module(module.name)
    found = _classes(OmnicommerceError)
    return {error for error in found if error.__module__.startswith("omnicommerce.")}


def test_every_error_has_its_section() -> None:
    """The docs say of each code when it comes and what to do, and of no other."""
    sections = re.findall(r"^## `([\w.]+)`$", ERRORS, re.MULTILINE)
    assert len(sections) == len(set(sections))
    assert {error.code for error in _all_errors()} == set(sections)


def test_every_section_names_its_class() -> None:
    """Who looks an error up by its code finds the name to catch."""
    for error in _all_errors():
        section = ERRORS.split(f"## `{error.code}`\n")[1].split("\n## ")[0]
        own = "code" in vars(error)
        assert not own or f"`{error.__name__}`" in section, error


def test_the_drawn_states_are_the_tables() -> None:
    """After a change of a table, ``python docs/draw_states.py`` draws it again."""
    for path, text in files():
        assert text == path.read_text(encoding="utf-8"), path


def test_every_option_of_the_command_line_is_told() -> None:
    """The page about the command line names each command and option, and no other."""
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    commands = typer.main.get_group(app).commands
    told = set(re.findall(r"^## `omnicommerce (\w+)`", page, re.MULTILINE))
    assert set(commands) == told
    for name, command in commands.items():
        section = page.split(f"## `omnicommerce {name}`\n")[1].split("\n## ")[0]
        options = {option for parameter in command.params for option in parameter.opts}
        shown = set(re.findall(r"--[a-z][a-z-]+", section))
        assert {option for option in options if option.startswith("--")} == shown, name
