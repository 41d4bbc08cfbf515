"""Global Trade Item Numbers: the digits under a barcode, checked."""

from __future__ import annotations

from typing import Final

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["check_digit", "normalise_gtin"]

_LENGTHS: Final = (8, 12, 13, 14)


def check_digit(digits: str) -> int:
    """Return the check digit that belongs behind these digits.

    From the right, digits weigh 3 and 1 in turn; the check digit fills the sum
    up to a multiple of ten (GS1 General Specifications, 7.9.1).

    Example:
        >>> check_digit("400638133393")
        1
    """
    weighted = sum(
        int(digit) * (1 if turn % 2 else 3) for turn, digit in enumerate(reversed(digits))
    )
    return -weighted % 10


def normalise_gtin(text: str) -> str:
    """Return a GTIN-8, -12, -13 or -14 as the 14 digits that identify the product everywhere.

    Spaces and hyphens are left out, shorter forms are filled with zeros: the
    same product scanned as UPC-A and typed as EAN-13 is one.

    Raises:
        InvalidValue: Not 8, 12, 13 or 14 digits, or the check digit is wrong.

    Example:
        >>> normalise_gtin("4 006381 333931")
        '04006381333931'
    """
    if not isinstance(text, str):
        raise InvalidValue("gtin", f"must be text of digits, not {text!r}")
    digits = text.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in _LENGTHS:
        raise InvalidValue("gtin", f"{text!r} must have 8, 12, 13 or 14 digits")
    expected = check_digit(digits[:-1])
    if int(digits[-1]) != expected:
        raise InvalidValue(
            "gtin", f"{text!r} ends in {digits[-1]}, but its check digit is {expected}: mistyped?"
        )
    return digits.rjust(14, "0")
