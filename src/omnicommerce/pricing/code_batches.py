"""Many generated codes for one promotion: readable, hard to mistype, and hopeless to guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import IdFactory, valid_id
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.code_policy import CodePolicy, normalise
from omnicommerce.pricing.codes import CouponCode

__all__ = ["CODE_ALPHABET", "CodeBatch", "generate_codes"]

CODE_ALPHABET: Final = "23456789CDFHJKMNPRTVWXY"
"""What generated codes are made of.

No 0 O Q, 1 I L, Z S B G U, which are taken for each other or for 2 5 8 6 V, and
no vowels, so that no word appears by chance. A prime number of characters, so
that one check character finds every wrong character.
"""

_BASE: Final = len(CODE_ALPHABET)
_VALUES: Final = {character.casefold(): value for value, character in enumerate(CODE_ALPHABET)}
_LONGEST: Final = _BASE - 1
"""Beyond so many characters two places would weigh the same in the check sum."""
_LEAST_ODDS: Final = 1000
_GROUP: Final = 5
_SPARE_DIGITS: Final = 12
"""Decimal digits drawn beyond what is needed, which keep the draw fair to one part in 10¹²."""
_AS_TYPED: Final = CodePolicy()


def _prefix(_: object, attribute: attrs.Attribute[str], value: object) -> None:
    if value != "":
        valid_id(_, attribute, value)


@attrs.frozen(kw_only=True)
class CodeBatch:
    """What the codes of one batch have in common, and how many there are.

    A code is the prefix and random characters of `CODE_ALPHABET`, of which the
    last one is a check character. There are so many random characters that at
    most one in ``odds`` possible codes is a real one: whoever tries a million
    of them hits one with a chance of at most one in a million, by default.

    Args:
        unlocks: The value of the fact ``code`` that promotions ask for.
        quantity: How many codes.
        prefix: What every code begins with, such as ``SUMMER-``.
        window: When they work; None: as long as their promotions do.
        limit_uses: How often each can be used; None: as often as its promotions can.
        odds: Possible codes for each real one, at least; 1,000 or more.

    Raises:
        InvalidValue: A text that is no identity, a number below 1, odds below 1,000,
            or odds that need more than 22 random characters.

    Example:
        >>> CodeBatch(unlocks="summer", quantity=100_000).length
        14
    """

    unlocks: str = attrs.field(validator=valid_id)
    quantity: int = attrs.field(validator=valid_quantity)
    prefix: str = attrs.field(default="", validator=_prefix)
    window: Window | None = None
    limit_uses: int | None = attrs.field(default=1)
    odds: int = attrs.field(default=10**12)

    @limit_uses.validator
    def _check_limit(self, attribute: attrs.Attribute[Any], value: int | None) -> None:
        if value is not None:
            valid_quantity(self, attribute, value)

    @odds.validator
    def _check_odds(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if type(value) is not int or value < _LEAST_ODDS:
            raise InvalidValue(
                attribute.name, f"must be a whole number from {_LEAST_ODDS}, not {value!r}"
            )
        if self.length > _LONGEST:
            raise InvalidValue(attribute.name, f"need codes of over {_LONGEST} random characters")

    @property
    def length(self) -> int:
        """How many random characters a code has, the check character included."""
        needed, possible, length = self.quantity * self.odds, 1, 0
        while possible < needed:
            possible *= _BASE
            length += 1
        return length + 1

    def is_well_formed(self, code: str) -> bool:
        """Tell whether a text can be a code of this batch, without looking it up.

        Prefix, length and check character must agree; case, spaces and dashes do
        not count. A code with one wrong character, or with two exchanged, never passes.

        Raises:
            InvalidValue: The code is not text.
        """
        typed, prefix = normalise(code, _AS_TYPED), normalise(self.prefix, _AS_TYPED)
        body = typed.removeprefix(prefix)
        return (
            len(body) == self.length == len(typed) - len(prefix)
            and all(character in _VALUES for character in body)
            and _check_sum([_VALUES[character] for character in body]) == 0
        )


def generate_codes(
    batch: CodeBatch, *, ids: IdFactory, recipients: Iterable[str] | None = None
) -> tuple[CouponCode, ...]:
    """Return the codes of a batch, all different.

    Codes of another batch are not known here: the unique index under which
    codes are stored has the last word, and with the default odds it never speaks.

    Args:
        batch: What the codes have in common.
        ids: Makes the random digits; call before the transaction that stores the codes.
        recipients: Customers who alone may use a code, one for each code; None: anybody.

    Raises:
        InvalidValue: Not as many recipients as codes, or ``ids`` keeps repeating itself.

    Example:
        >>> from omnicommerce.kernel.ids import SequentialIds
        >>> batch = CodeBatch(unlocks="welcome", quantity=2, prefix="HI-", odds=10**6)
        >>> [coupon.code for coupon in generate_codes(batch, ids=SequentialIds())]
        ['HI-2Y9-VN7', 'HI-3XN-P9W']
    """
    owners = _owners(batch, recipients)
    return tuple(
        CouponCode(
            code=code,
            unlocks=batch.unlocks,
            window=batch.window,
            customer_id=owner,
            limit_uses=batch.limit_uses,
        )
        for code, owner in zip(_codes(batch, ids), owners, strict=True)
    )


def _owners(batch: CodeBatch, recipients: Iterable[str] | None) -> Sequence[str | None]:
    if recipients is None:
        return [None] * batch.quantity
    if isinstance(recipients, str):
        raise InvalidValue("recipients", f"must be a list of customers, not {recipients!r}")
    owners = tuple(recipients)
    if len(owners) != batch.quantity:
        raise InvalidValue("recipients", f"are {len(owners)} for {batch.quantity} codes")
    return owners


def _codes(batch: CodeBatch, ids: IdFactory) -> Iterator[str]:
    length = batch.length
    groups = split(length, [1] * -(-length // _GROUP))
    for number in _numbers(batch.quantity, _BASE ** (length - 1), ids):
        body = _written(number, length)
        yield batch.prefix + "-".join(_cut(body, groups))


def _numbers(quantity: int, possible: int, ids: IdFactory) -> Iterable[int]:
    """Draw different numbers below ``possible``, each with the same chance."""
    digits = len(str(possible)) + _SPARE_DIGITS
    drawn: dict[int, None] = {}
    for _ in range(2 * quantity + 100):
        drawn[int(ids.code(digits)) % possible] = None
        if len(drawn) == quantity:
            return drawn
    raise InvalidValue("ids", f"gave only {len(drawn)} different codes of {quantity}")


def _written(number: int, length: int) -> str:
    """Write a number in the alphabet, with its check character at the end."""
    values = [0] * length
    for place in range(length - 2, -1, -1):
        number, values[place] = divmod(number, _BASE)
    values[-1] = -_check_sum(values) % _BASE
    return "".join(CODE_ALPHABET[value] for value in values)


def _check_sum(values: Sequence[int]) -> int:
    """Weigh places 1, 2, 3… from the right, modulo a prime.

    No weight is zero and no two are equal, so one wrong character or two
    exchanged ones change the sum (as in ISBN-10, which does it modulo 11).
    """
    weights = range(len(values), 0, -1)
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) % _BASE


def _cut(text: str, sizes: Iterable[int]) -> Iterator[str]:
    start = 0
    for size in sizes:
        yield text[start : start + size]
        start += size
