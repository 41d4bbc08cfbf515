"""Sphinx's configuration."""

from importlib.metadata import version as installed_version
from pathlib import Path

from babel.messages.pofile import read_po
from sphinx.ext.napoleon import GoogleDocstring

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
# Napoleon takes what stands before a colon in the docstring of a property for its type.
GoogleDocstring._parse_attribute_docstring = GoogleDocstring._consume_to_end  # noqa: SLF001

html_theme = "furo"
html_title = f"omnicommerce {release}"
html_static_path = ["_static"]
html_copy_source = False


def _reasons() -> str:
    """Return the table of all reasons and errors, with their English sentences and advice."""
    catalogues = Path(omnicommerce.__file__).parent / "i18n" / "catalogues"
    with (catalogues / "en" / "LC_MESSAGES" / "omnicommerce.po").open("rb") as file:
        texts = {_first(message.id): _first(message.string) for message in read_po(file)}
    rows = [
        f"| `{code}` | {text} | {texts.get(f'advice.{code}', '')} |"
        for code, text in sorted(texts.items())
        if code.partition(".")[0] not in {"", "advice", "demo", "mail", "receipt", "trace", "word"}
    ]
    return "\n".join(("| code | sentence | what to do |", "|---|---|---|", *rows))


def _first(text: str | list[str] | tuple[str, ...]) -> str:
    """Return the singular of a message on one line of a table."""
    singular = text if isinstance(text, str) else text[0]
    return " ".join(singular.split()).replace("|", "\\|").replace("*", "\\*")


myst_substitutions = {"reasons": _reasons()}
