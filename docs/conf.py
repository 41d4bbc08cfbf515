"""Sphinx's configuration."""

from importlib.metadata import version as installed_version

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

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "fieldlist"]
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
