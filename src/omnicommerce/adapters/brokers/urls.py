"""A broker's URL, with the options that are ours taken out of its query."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["split_options", "truth", "whole_number"]


def split_options(url: str, ours: Collection[str]) -> tuple[str, dict[str, str]]:
    """Return the URL without our options, and these.

    Raises:
        InvalidValue: An option is given twice.
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    found = {name: value for name, value in pairs if name in ours}
    rest = [(name, value) for name, value in pairs if name not in ours]
    if len(found) + len(rest) < len(pairs):
        raise InvalidValue("url", "has an option twice")
    return urlunsplit(parts._replace(query=urlencode(rest))), found


def truth(options: dict[str, str], name: str) -> bool:
    """Return an option that is true or false; false if it is missing.

    Raises:
        InvalidValue: It is neither.
    """
    text = options.get(name, "false")
    if text not in {"true", "false"}:
        raise InvalidValue("url", f"{name} must be true or false, not {text!r}")
    return text == "true"


def whole_number(options: dict[str, str], name: str, default: int) -> int:
    """Return an option that is a whole number above zero.

    Raises:
        InvalidValue: It is not.
    """
    text = options.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text)):
        raise InvalidValue("url", f"{name} must be a whole number above 0, not {text!r}")
    return int(text)
