"""JSON text by orjson where it is installed: the same as without it, only sooner.

What orjson would write or read in another way than the standard library is left to the
standard library: floats, whole numbers beyond 64 bits, and objects that nobody declared.
"""

from __future__ import annotations

import functools
import re
from types import ModuleType
from typing import Any, Final

__all__ = ["NotAlike", "is_installed", "read", "write"]

_WIDE: Final = re.compile(r"[^\x00-\x7e]")
_LARGEST_UNIT: Final = 0xFFFF
_DIGITS_AS_ZERO: Final = bytes.maketrans(b"0123456789", b"0000000000")
_LONG_NUMBER: Final = b"0" * 19  # 64 bits hold every number of 18 digits


class NotAlike(Exception):
    """Orjson is missing, or would do this in another way: use the standard library."""


@functools.cache
def _orjson() -> ModuleType | None:
    try:
        import orjson  # noqa: PLC0415 - an optional extra, loaded when first needed
    except ImportError:
        return None
    return orjson


def is_installed() -> bool:
    """Tell whether there is an orjson to use."""
    return _orjson() is not None


def write(value: Any) -> str:
    """Return the text of dicts, lists, texts, whole numbers, truth values, None and UTC instants.

    Keys are sorted, and whatever is not ASCII is escaped, as `json.dumps` does.

    Raises:
        NotAlike: orjson cannot, or is not installed.
    """
    orjson = _orjson()
    if orjson is None:
        raise NotAlike
    try:
        written = orjson.dumps(
            value,
            option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_PASSTHROUGH_SUBCLASS,
        )
    except TypeError:
        raise NotAlike from None
    text: str = written.decode()
    if text.isascii() and "\x7f" not in text:
        return text
    return _WIDE.sub(_escaped, text)


def read(text: str) -> Any:
    """Return what the text holds.

    Raises:
        NotAlike: It may hold a whole number that orjson would make a float; or
            orjson refuses it, or is not installed.
    """
    orjson = _orjson()
    if orjson is None or not isinstance(text, str):
        raise NotAlike
    raw = text.encode(errors="surrogatepass")
    if _LONG_NUMBER in raw.translate(_DIGITS_AS_ZERO):
        raise NotAlike
    try:
        return orjson.loads(raw)
    except ValueError:
        raise NotAlike from None


def _escaped(found: re.Match[str]) -> str:
    """Write one character as JSON does in ASCII: as one or two units of UTF-16."""
    code = ord(found[0])
    if code <= _LARGEST_UNIT:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
