"""The figures of a sentence: each parameter shown as what it is, to the one who reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import attrs

from omnicommerce.i18n.catalogue import find_message
from omnicommerce.i18n.formats import (
    format_distance,
    format_instant,
    format_list,
    format_money,
    format_number,
    format_quantity,
    format_rate,
    format_span,
)
from omnicommerce.i18n.locales import locale_of, localised, zone_of
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.quantity import Measure, Quantity
from omnicommerce.kernel.rate import Rate

__all__ = ["Audience", "Names", "fill", "placeholders", "shown"]

Names = Mapping[str, Mapping[str, str]]
"""Names by what they name: ``{"sku": {"DRESS-M": "Summer dress"}, "location": {…}}``."""

_NO_NAMES: Final[Names] = MappingProxyType({})
_UNKNOWN: Final = "…"
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_MONEY: Final = re.compile(r"-?\d+(\.\d+)? [A-Z]{3}")
_PERCENT: Final = re.compile(r"-?\d+(\.\d+)?%")
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_NAMED: Final = {
    "sku": "sku",
    "skus": "sku",
    "location": "location",
    "locations": "location",
    "store": "location",
    "expected": "location",
    "promotion": "promotion",
    "promotion_id": "promotion",
    "by": "promotion",
    "customer": "customer",
    "channel": "channel",
    "order": "order",
}
"""Parameter -> what it names, in any reason."""
_NAMED_IN_LEDGER: Final = {
    ("stock", "subject"): "sku",
    ("stock", "scope"): "location",
    ("promotion", "subject"): "promotion",
    ("coupon", "subject"): "coupon",
    ("points", "subject"): "customer",
    ("points", "scope"): "programme",
    ("slot", "subject"): "location",
}
"""Kind of account and part of its key -> what it names."""
_FIGURES_OF_FACTS: Final = frozenset({"limit", "missing", "observed", "required"})
_MONEY_FACT: Final = re.compile(
    r"(spend|matching|items|delivery|total)\.(base|left)(\.gross|\.net)?", re.ASCII
)
_AMOUNTS: Final = frozenset({"amount", "ahead"})
_SYNONYMS: Final = {"wanted": "status"}


def _currency(code: str | Currency | None) -> Currency | None:
    return None if code is None else Currency.of(code)


@attrs.frozen(kw_only=True)
class Audience:
    """Who reads a text: their locale, the zone of their clocks, and the names they know.

    ``currency`` is the one that amounts given as bare minor units are in.

    Raises:
        InvalidValue: An unknown locale, zone or currency.
    """

    locale: str = attrs.field(validator=lambda _, __, value: _check(locale_of, value))
    zone: str = attrs.field(default="UTC", validator=lambda _, __, value: _check(zone_of, value))
    names: Names = _NO_NAMES
    currency: Currency | None = attrs.field(default=None, converter=_currency)

    def name(self, kind: str, identity: str) -> str:
        """Return the name of something, or its identity where nobody named it."""
        return self.names.get(kind, {}).get(identity, identity)


def _check(read: Any, value: str) -> None:
    read(value)


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names of a text's placeholders, in order."""
    return tuple(_PLACEHOLDER.findall(text))


def fill(text: str, parameters: Mapping[str, Any], audience: Audience, *, code: str = "") -> str:
    """Return the text with its placeholders filled; one that nobody gave becomes an ellipsis.

    Args:
        text: With placeholders such as ``{available}``.
        parameters: Plain JSON values, or the engine's own nouns.
        audience: Whom it is for.
        code: The message's code: its first part says whose words a status is made of.
    """

    def figure(match: re.Match[str]) -> str:
        name = match.group(1)
        if parameters.get(name) is None:
            return _UNKNOWN
        return _figure(name, parameters, audience, code)

    return _PLACEHOLDER.sub(figure, text)


def _figure(name: str, parameters: Mapping[str, Any], audience: Audience, code: str) -> str:
    value = parameters[name]
    ledger_kind = parameters.get("kind")
    kind = _NAMED_IN_LEDGER.get((str(ledger_kind), name), _NAMED.get(name))
    if kind is not None:
        return _named(kind, value, audience)
    if type(value) is int and name.endswith("metres"):
        return format_distance(value, audience.locale)
    if type(value) is int and audience.currency is not None and _is_money(name, parameters):
        return format_money(Money(value, audience.currency), audience.locale)
    group = f"{code.partition('.')[0]}.{_SYNONYMS.get(name, name)}"
    if isinstance(value, (list, tuple)):
        if not value:
            return _word("word", "nothing", audience)
        return format_list((_word(group, one, audience) for one in value), audience.locale)
    return _word(group, value, audience)


def _word(group: str, value: object, audience: Audience) -> str:
    """Return the word that a group such as ``order.status`` has for a value, else the value."""
    known = None
    if isinstance(value, str):
        known = find_message((f"{group}.{value}",), {}, audience.locale)
    return shown(value, audience) if known is None else known


def _is_money(name: str, parameters: Mapping[str, Any]) -> bool:
    """Tell whether a bare number counts minor units: an amount, or a money fact's figures."""
    if name in _FIGURES_OF_FACTS:
        return _MONEY_FACT.fullmatch(str(parameters.get("fact"))) is not None
    return name in _AMOUNTS


def _named(kind: str, value: object, audience: Audience) -> str:
    if isinstance(value, (list, tuple, frozenset)):
        return format_list((audience.name(kind, str(one)) for one in value), audience.locale)
    return audience.name(kind, str(value))


def shown(value: object, audience: Audience) -> str:
    """Return a value as its type asks for; text that spells money, an instant or a rate as such."""
    show = next((show for kind, show in _SHOWN if isinstance(value, kind)), None)
    return str(value) if show is None else show(value, audience)


def _yes_or_no(value: bool, audience: Audience) -> str:  # noqa: FBT001 - it is the value shown
    return find_message((f"word.{'yes' if value else 'no'}",), {}, audience.locale) or str(value)


def _joined(values: Iterable[object], audience: Audience) -> str:
    return format_list((shown(one, audience) for one in values), audience.locale)


def _text(value: str, audience: Audience) -> str:
    try:
        if _MONEY.fullmatch(value):
            return format_money(Money.parse(value), audience.locale)
        if _INSTANT.fullmatch(value):
            return format_instant(datetime.fromisoformat(value), audience.locale, audience.zone)
        if _PERCENT.fullmatch(value):
            return format_rate(Rate.parse(value), audience.locale)
    except (InvalidValue, ValueError):
        return value
    return value


def _document(value: Mapping[Any, Any], audience: Audience) -> str:
    """Show a quantity, a stretch of time or a text by language; else keys and values."""
    match value:
        case {"amount": int(amount), "measure": str(measure)} if measure in set(Measure):
            return format_quantity(amount, Measure(measure), audience.locale)
        case {"starts_at": str(starts), "ends_at": str(ends)}:
            span = (datetime.fromisoformat(starts), datetime.fromisoformat(ends))
            return format_span(*span, audience.locale, audience.zone)
        case {"en": str()}:
            return localised(value, audience.locale) or ""
        case _:
            pairs = (f"{name}: {shown(one, audience)}" for name, one in value.items())
            return format_list(pairs, audience.locale)


_SHOWN: Final[tuple[tuple[type[Any], Callable[[Any, Audience], str]], ...]] = (
    (str, _text),
    (bool, _yes_or_no),
    (int, lambda value, audience: format_number(value, audience.locale)),
    (Decimal, lambda value, audience: format_number(value, audience.locale)),
    (Money, lambda value, audience: format_money(value, audience.locale)),
    (
        Quantity,
        lambda value, audience: format_quantity(value.amount, value.measure, audience.locale),
    ),
    (Rate, lambda value, audience: format_rate(value, audience.locale)),
    (datetime, lambda value, audience: format_instant(value, audience.locale, audience.zone)),
    (Mapping, _document),
    (Iterable, _joined),
)
"""How each type is shown; the first that fits counts, so that a bool is no number."""
