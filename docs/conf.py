"""Sphinx's configuration."""

from importlib.metadata import version as installed_version
from pathlib import Path

from babel.messages.pofile import read_po

import omnicommerce

project = "omnicommerce"
author = "The omnicommerce contributors"
project_copyright = f"%Y, {author}"
release = installed_version(project)
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_build"]
default_role = "py:obj"  # `Money` in a docstring links to the class

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "fieldlist", "substitution"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"omnicommerce {release}"
html_static_path = ["_static"]
html_copy_source = False


def _reasons() -> str:
    """Return the table of all reasons with their English sentences."""
    catalogues = Path(omnicommerce.__file__).parent / "i18n" / "catalogues"
    with (catalogues / "en" / "LC_MESSAGES" / "omnicommerce.po").open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    rows = [f"| `{_first(m.id)}` | {_first(m.string)} |" for m in messages]
    return "\n".join(("| code | sentence |", "|---|---|", *sorted(rows)))


def _first(text: str | list[str] | tuple[str, ...]) -> str:
    """Return the singular of a message on one line of a table."""
    singular = text if isinstance(text, str) else text[-1]
    return " ".join(singular.split()).replace("|", "\\|").replace("*", "\\*")


myst_substitutions = {"reasons": _reasons()}
