"""The reasons that the package's source can give, read from its syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import attrs

import omnicommerce

__all__ = ["GivenReason", "error_codes", "given_reasons"]

SOURCE = Path(omnicommerce.__file__).parent


@attrs.frozen
class GivenReason:
    """A code, with ``*`` for a part made at run time, and its parameters if all are seen."""

    place: str
    code: str
    parameters: frozenset[str] | None


def given_reasons() -> tuple[GivenReason, ...]:
    """Return every reason that a module of the package makes, docstrings left out."""
    return tuple(
        GivenReason(f"{path.relative_to(SOURCE)}:{node.lineno}", code, _parameters(node))
        for path, node in _nodes()
        if isinstance(node, ast.Call) and _name(node.func) == "Reason" and node.args
        for code in _codes(node.args[0])
    )


def error_codes() -> tuple[str, ...]:
    """Return the ``code`` of every class of the package that states one: the errors."""
    stated = (
        _stated_code(statement)
        for _, node in _nodes()
        if isinstance(node, ast.ClassDef)
        for statement in node.body
    )
    return tuple(sorted({code for code in stated if code is not None}))


def _nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if SOURCE / "i18n" not in path.parents:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield path, node


def _stated_code(statement: ast.stmt) -> str | None:
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code)))
            | ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant(value=str(code)))
        ):
            return code
        case _:
            return None


def _name(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _codes(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(code)):
            yield code
        case ast.IfExp(body=body, orelse=orelse):
            yield from _codes(body)
            yield from _codes(orelse)
        case ast.JoinedStr(values=values):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "*" for v in values)
        case _:
            yield "*"


def _parameters(call: ast.Call) -> frozenset[str] | None:
    given = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    if not given:
        return frozenset()
    if not isinstance(given[0], ast.Dict):
        return None
    keys = [key.value for key in given[0].keys if isinstance(key, ast.Constant)]
    return frozenset(map(str, keys)) if len(keys) == len(given[0].keys) else None
