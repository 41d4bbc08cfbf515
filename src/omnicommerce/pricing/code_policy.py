"""When two ways of writing a coupon code are the same code: a declared policy."""

from __future__ import annotations

import unicodedata
from typing import Final

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.quantity import valid_quantity

__all__ = ["CodePolicy", "normalise"]

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs"})
"""Unicode categories that nobody can type on purpose: controls, zero-width marks, half pairs."""


@attrs.frozen(kw_only=True)
class CodePolicy:
    """When two ways of writing a code are the same code, and how many codes a basket takes.

    Only what is declared is ignored: letters that merely look alike, O and 0,
    or a Latin and a Cyrillic A, stay different.

    Args:
        ignore_case: Whether capitals and small letters are the same (Unicode case folding).
        ignore: Characters that do not count wherever they stand. A space stands
            for any white space, a hyphen for any dash.
        max_codes: Codes that count on one basket at most; None: as many as are entered.

    Raises:
        InvalidValue: ``ignore`` names a letter or digit, or a limit is below 1.
    """

    ignore_case: bool = attrs.field(default=True)
    ignore: str = attrs.field(default=" -")
    max_codes: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )

    @ignore_case.validator
    def _check_case(self, _: object, value: object) -> None:
        if type(value) is not bool:
            raise InvalidValue("ignore_case", f"must be True or False, not {value!r}")

    @ignore.validator
    def _check_ignore(self, _: object, value: object) -> None:
        if type(value) is not str:
            raise InvalidValue("ignore", f"must be text, not {value!r}")
        if any(character.isalnum() for character in value):
            raise InvalidValue("ignore", f"letters and digits make a code what it is: {value!r}")


def normalise(code: str, policy: CodePolicy) -> str:
    """Return the form under which a code is compared and stored.

    Compatible characters are one (Unicode NFKC: full-width digits are digits,
    an accent is the same composed or not) and invisible ones are dropped under
    every policy. Normalising twice is normalising once.

    Args:
        code: As configured or entered.
        policy: What else does not count.

    Returns:
        The form; empty if nothing in the code counts.

    Raises:
        InvalidValue: The code is not text.

    Example:
        >>> normalise("Summer – 26", CodePolicy())
        'summer26'
        >>> normalise("Summer-26", CodePolicy(ignore_case=False, ignore=""))
        'Summer-26'
    """
    if type(code) is not str:
        raise InvalidValue("code", f"must be text, not {code!r}")
    before, after = None, code
    while after != before:  # what is dropped may bring together what then composes
        before, after = after, _folded(after, policy)
    return after


def _folded(text: str, policy: CodePolicy) -> str:
    if policy.ignore_case:
        text = text.casefold()
    text = unicodedata.normalize("NFKC", text)
    if text.isalnum():
        return text
    return "".join(character for character in text if _counts(character, policy.ignore))


def _counts(character: str, ignore: str) -> bool:
    if character.isalnum():
        return True
    if character.isspace():
        return " " not in ignore
    category = unicodedata.category(character)
    if category in _INVISIBLE or (category == "Pd" and "-" in ignore):
        return False
    return character not in ignore
