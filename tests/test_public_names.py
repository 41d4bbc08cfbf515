from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import NewType

import pytest

import omnicommerce

SOURCE = Path(omnicommerce.__file__).parent
DOCS = SOURCE.parent.parent / "docs"
MODULES = {str(path.relative_to(SOURCE)): path for path in sorted(SOURCE.rglob("*.py"))}
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _names_in_all(tree: ast.Module) -> set[str] | None:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return set(ast.literal_eval(node.value))  # type: ignore[attr-defined]  # an Assign
    return None


def _typed_imports() -> Iterator[tuple[str, str]]:
    """Yield name and module of what type checkers see imported by the package itself."""
    tree = ast.parse(MODULES["__init__.py"].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("omnicommerce."):
            for alias in node.names:
                yield alias.name, str(node.module)


def _public_methods(value: type) -> Iterator[tuple[str, object]]:
    for name, member in vars(value).items():
        if not name.startswith("_") and inspect.isroutine(getattr(value, name)):
            yield name, member


def test_type_checkers_and_interpreter_see_the_same_names() -> None:
    """The imports that type checkers read are those that happen."""
    assert dict(_typed_imports()) == omnicommerce._HOMES
    assert sorted(omnicommerce.__all__) == sorted(omnicommerce._HOMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name nobody promised is answered as Python does."""
    with pytest.raises(AttributeError, match="has no attribute 'Discount'"):
        omnicommerce.Discount  # type: ignore[attr-defined]  # noqa: B018 - asking is the test
    assert set(omnicommerce.__all__) <= set(dir(omnicommerce))


def _undocumented(name: str) -> Iterator[str]:
    value = getattr(omnicommerce, name)
    if isinstance(value, NewType):
        return
    if not inspect.cleandoc(value.__doc__ or ""):
        yield name
    for method, member in _public_methods(value) if isinstance(value, type) else ():
        if not getattr(member, "__doc__", None):
            yield f"{name}.{method}"


def test_every_public_name_has_a_docstring() -> None:
    """Each public name, and each public method of its own, says what it is for."""
    assert [] == [gap for name in omnicommerce.__all__ for gap in _undocumented(name)]


def test_every_public_name_is_in_the_reference() -> None:
    """Each public name has its place in the reference of the docs."""
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    documented = {line.split("omnicommerce.")[-1] for line in page.splitlines()}
    assert set() == set(omnicommerce.__all__) - documented


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_is_public(module: str) -> None:
    """A module that defines something has ``__all__``, and what it names is there."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    names = _names_in_all(tree)
    if names is None:
        assert "versions" in module or not any(isinstance(n, DEFINITIONS) for n in tree.body)
        return
    dotted = ".".join(Path("omnicommerce", module).with_suffix("").parts)
    loaded = importlib.import_module(dotted.removesuffix(".__init__"))
    assert set() == {name for name in names if not hasattr(loaded, name)}
