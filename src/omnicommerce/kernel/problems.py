"""What is wrong with a document, in words, and where: cattrs' errors for people."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, Final

import attrs
from cattrs.errors import (
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

from omnicommerce.kernel.errors import InvalidValue, OmnicommerceError

__all__ = ["READING_ERRORS", "problems"]

READING_ERRORS: Final = (BaseValidationError, OmnicommerceError, RecursionError)
"""What structuring raises when the data is at fault."""


def problems(error: BaseException, path: str) -> Iterator[tuple[str, str]]:
    """Yield every problem in an error of the converter, as path and sentence."""
    match error:
        case ClassValidationError():
            named, others = error.group_exceptions()
            for inner, note in named:
                yield from problems(inner, f"{path}.{note.name}")
            for inner in others:
                yield from _of_class(inner, error.cl, path)
        case IterableValidationError():
            indexed, others = error.group_exceptions()
            for inner, place in indexed:
                yield from problems(inner, f"{path}[{place.index!r}]")
            for inner in others:
                yield from problems(inner, path)
        case InvalidValue(field="type"):
            yield _shortened(f"{path}.type"), _sentence(error)
        case _:
            yield _shortened(path), _sentence(error)


def _shortened(path: str) -> str:
    return path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}…"


def _of_class(error: BaseException, cls: type[Any], path: str) -> Iterator[tuple[str, str]]:
    """Yield problems that belong to no single key: unknown keys, and what validators refuse."""
    names = [field.name for field in attrs.fields(cls)] if attrs.has(cls) else []
    if isinstance(error, ForbiddenExtraKeysError):
        for key in sorted(error.extra_fields, key=str):
            yield f"{path}.{key}", _unknown_key(str(key), names)
    elif isinstance(error, InvalidValue) and error.field in names:
        yield f"{path}.{error.field}", _sentence(error)
    else:
        yield from problems(error, path)


def _unknown_key(key: str, names: list[str]) -> str:
    close = difflib.get_close_matches(key, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names) or 'none'}"
    return f"is not known here; {hint}"


def _sentence(error: BaseException) -> str:
    match error:
        case KeyError():
            return "is needed, but missing"
        case InvalidValue():
            return error.message.removeprefix(f"{error.field}: ")
        case OmnicommerceError():
            return error.message
        case RecursionError():
            return "is nested too deeply"
        case _:
            return str(error) or type(error).__name__


_LONGEST_PATH: Final = 300
