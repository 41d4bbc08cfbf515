"""Locales and zones by name, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["locale_of", "localised", "zone_of"]

_ENGLISH = "en"


def locale_of(name: str) -> Locale:
    """Return the locale of a tag such as ``es-ES``, ``es_ES`` or ``es``.

    Raises:
        InvalidValue: Not text, or no locale that Babel knows.
    """
    if not isinstance(name, str):
        raise InvalidValue("locale", f"must be text such as 'es-ES', not {name!r}")
    return _locale(name)


@lru_cache(maxsize=256)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        raise InvalidValue(
            "locale", f"{name!r} is not a known locale such as 'es-ES' or 'en'"
        ) from None


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises:
        InvalidValue: There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        raise InvalidValue(
            "zone", f"{name!r} is not an IANA zone such as 'Europe/Madrid'"
        ) from None


def localised(texts: Mapping[str, str], locale: str) -> str | None:
    """Return the text for a locale: its own, its language's, the English, or the first by key.

    Args:
        texts: Texts by locale or language, such as the names of a product.
        locale: Whom it is for.

    Returns:
        The best text, or None where there is none at all.

    Example:
        >>> localised({"en": "Dress", "es": "Vestido"}, "es-MX")
        'Vestido'
    """
    wanted = locale_of(locale)
    by_key = {key.replace("-", "_"): text for key, text in texts.items()}
    keys = (str(wanted), wanted.language, _ENGLISH, *sorted(by_key))
    return next((by_key[key] for key in keys if key in by_key), None)
