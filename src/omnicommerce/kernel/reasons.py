"""Reasons and traces: why the engine decided what it decided, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import attrs

__all__ = ["Reason", "Trace", "TraceStep"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _frozen(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(parameters)) if parameters else _NOTHING


@attrs.frozen
class Reason:
    """Name why something was decided, with the figures a sentence needs.

    Args:
        code: Stable dotted code, such as ``"stock.insufficient"``. The message
            catalogues of ``omnicommerce.i18n`` hold one sentence per code.
        parameters: The figures of that sentence: plain JSON values.

    Example:
        >>> Reason("stock.insufficient", {"wanted": 2, "available": 1}).code
        'stock.insufficient'
    """

    code: str
    parameters: Mapping[str, Any] = attrs.field(default=_NOTHING, converter=_frozen, hash=False)

    def __str__(self) -> str:
        """Show code and parameters, for logs; people get the rendered sentence."""
        figures = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"{self.code} ({figures})" if figures else self.code


@attrs.frozen
class TraceStep:
    """One step of a decision: what was looked at, the verdict and its reason."""

    subject: str
    verdict: str
    reason: Reason


@attrs.frozen
class Trace:
    """The steps of one decision in the order they were taken."""

    steps: tuple[TraceStep, ...] = ()

    def __iter__(self) -> Iterator[TraceStep]:
        """Walk the steps in order."""
        return iter(self.steps)

    def about(self, subject: str) -> tuple[TraceStep, ...]:
        """Return the steps about one subject, in order."""
        return tuple(step for step in self.steps if step.subject == subject)
