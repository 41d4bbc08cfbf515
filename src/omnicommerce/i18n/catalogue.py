"""The message catalogues: gettext files whose message ids are stable codes.

A message is looked up by its code, such as ``ledger.held``. Where the wording
depends on a count, ``msgid_plural`` names the parameter that is counted, such
as ``{available}``, and the forms follow the language's plural rule.

The ``.mo`` files beside the ``.po`` files are compiled by ``make messages``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any, Final

import attrs
from babel.messages.mofile import read_mo
from babel.support import Translations

from omnicommerce.i18n.locales import locale_of

__all__ = ["find_message", "languages"]

_DOMAIN: Final = "omnicommerce"
_ENGLISH: Final = "en"


@attrs.frozen
class _Catalogue:
    """One language's messages, and the parameter that each message with plurals counts."""

    translations: Translations
    counted: Mapping[str, str | None]

    def find(self, code: str, parameters: Mapping[str, Any]) -> str | None:
        if code not in self.counted:
            return None
        counted = self.counted[code]
        if counted is None:
            return self.translations.gettext(code)
        count = parameters.get(counted)
        return self.translations.ngettext(code, code, count if isinstance(count, int) else 0)


@cache
def _catalogues() -> Mapping[str, _Catalogue]:
    folders = (files("omnicommerce.i18n") / "catalogues").iterdir()
    compiled = {
        folder.name: folder / "LC_MESSAGES" / f"{_DOMAIN}.mo"
        for folder in sorted(folders, key=lambda folder: folder.name)
        if folder.is_dir()
    }
    return {name: _read(file.read_bytes()) for name, file in compiled.items() if file.is_file()}


def _read(content: bytes) -> _Catalogue:
    ids = [message.id for message in read_mo(BytesIO(content)) if message.id]
    counted: dict[str, str | None] = {}
    for message_id in ids:
        code, parameter = (message_id, None) if isinstance(message_id, str) else message_id
        counted[code] = parameter and parameter.strip("{}")
    return _Catalogue(Translations(BytesIO(content)), counted)


def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, sorted."""
    return tuple(_catalogues())


def find_message(codes: Iterable[str], parameters: Mapping[str, Any], locale: str) -> str | None:
    """Return the text of the first code that the locale's language knows, else the English one.

    Args:
        codes: Codes from the most specific to the most general.
        parameters: What the text is about; the counted one chooses the plural form.
        locale: Whom it is for.

    Returns:
        The text with its ``{placeholders}``, or None where no code is known.

    Raises:
        InvalidValue: An unknown locale.
    """
    wanted = locale_of(locale)
    candidates = tuple(codes)
    for language in dict.fromkeys((str(wanted), wanted.language, _ENGLISH)):
        catalogue = _catalogues().get(language)
        if catalogue is None:
            continue
        texts = (catalogue.find(code, parameters) for code in candidates)
        found = next((text for text in texts if text is not None), None)
        if found is not None:
            return found
    return None
