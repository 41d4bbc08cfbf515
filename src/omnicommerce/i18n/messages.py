"""Reasons, errors and traces as sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from omnicommerce.i18n.catalogue import find_message
from omnicommerce.i18n.figures import Audience, Names, fill
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import OmnicommerceError, Refused
from omnicommerce.kernel.reasons import Reason, Trace, TraceStep

__all__ = ["explain_error", "explain_trace", "render", "sentence"]

_NAME_KINDS: Final = ("promotion", "sku", "location", "channel")
_EFFECTIVE: Final = frozenset({"applied", "chosen", "ok"})


def render(
    reason: Reason | str,
    parameters: Mapping[str, Any] | None = None,
    *,
    locale: str,
    zone: str = "UTC",
    names: Names | None = None,
    currency: str | Currency | None = None,
) -> str:
    """Return the sentence of a reason, with its figures as the locale writes them.

    A reason of the ledger is worded by what is scarce: ``ledger.insufficient``
    about stock is ``ledger.insufficient.stock`` where the catalogue has that.

    Args:
        reason: A reason, or only its code.
        parameters: The figures, if only a code is given: plain JSON values such
            as ``"19.99 EUR"`` and ``"2026-11-21T10:00:00+00:00"``.
        locale: Such as ``es-ES``; a language without a catalogue reads English.
        zone: IANA name of the zone whose wall clock instants are shown by.
        names: Names of SKUs, locations, promotions and so on to show instead of
            their identities, such as ``{"sku": {"DRESS-M": "Summer dress"}}``.
        currency: Of figures that a reason gives in bare minor units.

    Returns:
        The sentence; of a code that no catalogue knows, the code and its figures.

    Raises:
        InvalidValue: An unknown locale, zone or currency.

    Example:
        >>> render("pickup.wrong_code", {"left": 1}, locale="es")
        'Ese código no es correcto. Queda 1 intento.'
    """
    if isinstance(reason, str):
        reason = Reason(reason, parameters or {})
    return sentence(
        reason, Audience(locale=locale, zone=zone, names=names or {}, currency=currency)
    )


def sentence(reason: Reason, audience: Audience) -> str:
    """Return the sentence of a reason for an audience; see `render`."""
    text = find_message(_codes(reason), reason.parameters, audience.locale)
    if text is None:
        return str(reason)
    return fill(text, reason.parameters, audience, code=reason.code)


def _codes(reason: Reason) -> Iterator[str]:
    kind = reason.parameters.get("kind")
    if isinstance(kind, str):
        if reason.parameters.get("available") == 0:
            yield f"{reason.code}.{kind}.none"
        yield f"{reason.code}.{kind}"
    yield reason.code


def explain_error(
    error: OmnicommerceError,
    *,
    locale: str,
    zone: str = "UTC",
    names: Names | None = None,
    currency: str | Currency | None = None,
) -> str:
    """Return what happened and what to do next, for the person in front of the screen.

    Args:
        error: Any error of the engine.
        locale: Such as ``es-ES``.
        zone: IANA name of the zone whose wall clock instants are shown by.
        names: Names to show instead of identities; see `render`.
        currency: Of figures that a reason gives in bare minor units.

    Returns:
        One line for each reason of a refusal, or one line for any other error;
        then one line of advice.

    Raises:
        InvalidValue: An unknown locale, zone or currency.
    """
    audience = Audience(locale=locale, zone=zone, names=names or {}, currency=currency)
    if isinstance(error, Refused) and error.reasons:
        reasons: tuple[Reason, ...] = error.reasons
        lines = [sentence(reason, audience) for reason in reasons]
    else:
        reasons = ()
        lines = [_words(error, tuple(_ancestors(error.code)), audience)]
    advice = [f"advice.{code}" for reason in reasons for code in _codes(reason)]
    advice += [f"advice.{code}" for code in _ancestors(error.code)]
    return "\n".join([*lines, _words(error, tuple(advice), audience)])


def _words(error: OmnicommerceError, codes: tuple[str, ...], audience: Audience) -> str:
    parameters = {**error.parameters, "detail": error.message}
    text = find_message(codes, parameters, audience.locale) or error.message
    return fill(text, parameters, audience, code="misuse")


def _ancestors(code: str) -> Iterator[str]:
    """Yield the code, each code above it, and the root of all errors."""
    while code:
        yield code
        code = code.rpartition(".")[0]
    yield OmnicommerceError.code


def explain_trace(
    trace: Trace,
    *,
    locale: str,
    detail: Literal["short", "long"] = "short",
    zone: str = "UTC",
    names: Names | None = None,
    currency: str | Currency | None = None,
) -> str:
    """Return the steps of a decision as text, one line each.

    Args:
        trace: What was decided, step by step.
        locale: Such as ``es-ES``.
        detail: ``long`` tells every step; ``short`` only those that took
            effect, or all where none did.
        zone: IANA name of the zone whose wall clock instants are shown by.
        names: Names to show instead of identities; see `render`.
        currency: Of figures that a reason gives in bare minor units.

    Raises:
        InvalidValue: An unknown locale, zone or currency.
    """
    audience = Audience(locale=locale, zone=zone, names=names or {}, currency=currency)
    steps = tuple(trace)
    if detail == "short":
        steps = tuple(step for step in steps if step.verdict in _EFFECTIVE) or steps
    return "\n".join(_step(step, audience) for step in steps)


def _step(step: TraceStep, audience: Audience) -> str:
    subject = next(
        (
            audience.names[kind][step.subject]
            for kind in _NAME_KINDS
            if step.subject in audience.names.get(kind, {})
        ),
        step.subject,
    )
    verdict = find_message((f"trace.verdict.{step.verdict}",), {}, audience.locale)
    return f"{subject}: {verdict or step.verdict}. {sentence(step.reason, audience)}"
