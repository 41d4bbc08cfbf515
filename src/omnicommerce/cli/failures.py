"""Errors as the command line tells them: one sentence, what to do next, an exit code."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer
from rich.text import Text

from omnicommerce.cli.console import print_json, stderr
from omnicommerce.i18n import explain_error
from omnicommerce.kernel.errors import (
    AdapterError,
    Conflict,
    Misuse,
    OmnicommerceError,
    Refused,
)

__all__ = ["DEBUG_VARIABLE", "UNEXPECTED", "exit_code", "failures_told"]

DEBUG_VARIABLE: Final = "OMNICOMMERCE_DEBUG"
UNEXPECTED: Final = 70
"""Exit code of a defect of ours: EX_SOFTWARE of sysexits.h."""

_FAMILIES: Final[tuple[tuple[type[OmnicommerceError], str, int], ...]] = (
    (Misuse, "misuse", 2),
    (Refused, "refused", 3),
    (Conflict, "conflict", 4),
    (AdapterError, "adapter", 5),
)


@contextmanager
def failures_told(*, as_json: bool, locale: str = "en") -> Iterator[None]:
    """Turn every error of the block into a sentence and the family's exit code.

    With the environment variable OMNICOMMERCE_DEBUG set, errors pass as they
    are and Python shows where they come from.

    Args:
        as_json: Tell it as one JSON document on standard output instead.
        locale: Language of the sentence.

    Raises:
        typer.Exit: There was an error.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE) or _is_broken_pipe(error):
            raise
        _tell(_document(error, locale), as_json=as_json)
        raise typer.Exit(exit_code(error)) from None


def exit_code(error: Exception) -> int:
    """Return the exit code of an error: by its family, or `UNEXPECTED`.

    Example:
        >>> exit_code(Refused()), exit_code(ZeroDivisionError())
        (3, 70)
    """
    return _family(error)[1]


def _family(error: Exception) -> tuple[str, int]:
    for kind, name, code in _FAMILIES:
        if isinstance(error, kind):
            return name, code
    return "unexpected", UNEXPECTED


def _is_broken_pipe(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EPIPE


def _document(error: Exception, locale: str) -> dict[str, Any]:
    if not isinstance(error, OmnicommerceError):
        return {
            "code": "unexpected",
            "family": "unexpected",
            "message": f"Something unexpected went wrong: {type(error).__name__}: {error}",
            "advice": f"This is a defect. Run it again with {DEBUG_VARIABLE}=1 to see where it "
            "comes from, and report it with what is shown then.",
        }
    *sentences, advice = explain_error(error, locale=locale).splitlines()
    document: dict[str, Any] = {
        "code": error.code,
        "family": _family(error)[0],
        "message": " ".join(sentences),
        "advice": advice,
        "parameters": error.parameters,
    }
    if isinstance(error, AdapterError):
        document["detail"] = error.message
    if isinstance(error, Refused):
        document["reasons"] = [
            {"code": reason.code, "parameters": dict(reason.parameters)} for reason in error.reasons
        ]
    return document


def _tell(document: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"error": document})
        return
    sentence = Text(f"{document['message']} [{document['code']}]", style="bold red")
    console = stderr()
    console.print(sentence, soft_wrap=True)
    for key in ("detail", "advice"):
        if key in document:
            console.print(Text(document[key]), soft_wrap=True)
