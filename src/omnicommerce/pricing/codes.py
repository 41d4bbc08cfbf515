"""Coupon codes: what each of them unlocks, and which of those entered count.

A promotion asks for a value of the fact ``code``. What a customer types is a
coupon code, and a `CouponCode` says which value it unlocks: one for everybody
or a hundred thousand generated ones (`omnicommerce.pricing.code_batches`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidConfiguration, InvalidValue
from omnicommerce.kernel.ids import LONGEST_ID, require_id, valid_id
from omnicommerce.kernel.quantity import valid_quantity
from omnicommerce.kernel.reasons import Reason
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.code_policy import CodePolicy, normalise

__all__ = [
    "CodeBook",
    "CodeRepository",
    "CouponCode",
    "Unlocked",
    "unlock",
]

_NOBODY: Final[AbstractSet[str]] = frozenset()


@attrs.frozen(kw_only=True)
class CouponCode:
    """One code that people can enter, and what it is good for.

    Args:
        code: As it is printed.
        unlocks: The value of the fact ``code`` that promotions ask for; by
            default the code itself.
        window: When it works; None: as long as its promotions do.
        customer_id: Who alone may use it; None: whoever has it.
        limit_uses: How often it can be used in all, 1 for a single-use code;
            None: as often as its promotions can.

    Raises:
        InvalidValue: A text that is no identity, or a limit below 1.
    """

    code: str = attrs.field(validator=valid_id)
    unlocks: str = attrs.field(
        default=attrs.Factory(lambda self: self.code, takes_self=True), validator=valid_id
    )
    window: Window | None = attrs.field(default=None)
    customer_id: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_id)
    )
    limit_uses: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(valid_quantity)
    )

    @window.validator
    def _check_window(self, _: object, value: object) -> None:
        if value is not None and type(value) is not Window:
            raise InvalidValue("window", f"must be a Window, not {value!r}")


class CodeRepository(Protocol):
    """Find coupon codes wherever they live: a `CodeBook`, or a table with millions of them.

    `unlock` asks once for each distinct code that was entered.
    """

    @abstractmethod
    def find(self, normalised: str) -> CouponCode | None:
        """Return the code whose normalised form this is, if there is one.

        Args:
            normalised: What `normalise` made of an entered code; never empty and
                at most `LONGEST_ID` characters. Compare it exactly.
        """


def _frozen(used: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(used))


@attrs.frozen(kw_only=True)
class Unlocked:
    """Which entered codes count, and why the others do not.

    Args:
        used: By value of the fact ``code``: the code that unlocks it, as entered.
        codes: The codes that count, in the order in which they were looked at.
            Those with a limit take a use each when the order is placed.
        refused: One reason for each entered code that does not count.
    """

    used: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen, hash=False)
    codes: tuple[CouponCode, ...] = ()
    refused: tuple[Reason, ...] = ()

    @property
    def unlocked(self) -> frozenset[str]:
        """The values of the fact ``code``: what a `Situation` takes as its codes."""
        return frozenset(self.used)


def unlock(
    codes: CodeRepository,
    entered: Iterable[str],
    *,
    policy: CodePolicy,
    at: datetime,
    customer_id: str | None = None,
    exhausted: AbstractSet[str] = _NOBODY,
) -> Unlocked:
    """Return what the entered codes unlock.

    Codes are looked at in the order entered if that is a sequence, and in the
    order of their normalised forms if it is not, as a set has none. Order
    matters only where not all can count: of two codes for the same offer, or
    when the policy's ``max_codes`` are reached, the first ones count.

    Args:
        codes: Where codes are found.
        entered: What the customer typed; one code in two writings is one code.
        policy: How codes are compared, and how many count.
        at: The instant of the decision.
        customer_id: Who buys, when known.
        exhausted: Normalised codes without a use left; whoever counts uses says so.

    Raises:
        InvalidValue: ``entered`` is a single text, or holds what is no text; ``at`` is naive.
    """
    at = require_instant(at)
    used: dict[str, str] = {}
    counted: list[CouponCode] = []
    refused: list[Reason] = []
    for normalised, text in _distinct(entered, policy):
        coupon = _find(codes, normalised)
        if coupon is None:
            refused.append(Reason("code.unknown", {"code": text[:LONGEST_ID]}))
        elif (
            reason := _unusable(coupon, text, at=at, customer_id=customer_id)
            or _taken(normalised, coupon, text, exhausted, used)
            or _one_too_many(text, len(counted), policy)
        ):
            refused.append(reason)
        else:
            used[coupon.unlocks] = text
            counted.append(coupon)
    return Unlocked(used=used, codes=tuple(counted), refused=tuple(refused))


def _distinct(entered: Iterable[str], policy: CodePolicy) -> Iterable[tuple[str, str]]:
    """Return each code once by its normalised form, with the writing that stands for it."""
    if isinstance(entered, str):
        raise InvalidValue("entered", f"must be a list or set of codes, not the text {entered!r}")
    written = [(normalise(text, policy), text) for text in entered]
    if not isinstance(entered, Sequence):
        written.sort()
    first: dict[str, str] = {}
    for normalised, text in written:
        first.setdefault(normalised, text)
    return first.items()


def _find(codes: CodeRepository, normalised: str) -> CouponCode | None:
    return codes.find(normalised) if 0 < len(normalised) <= LONGEST_ID else None


def _unusable(
    coupon: CouponCode, text: str, *, at: datetime, customer_id: str | None
) -> Reason | None:
    """Return why the code is of no use to this customer now; a stranger learns no dates."""
    if coupon.customer_id is not None and coupon.customer_id != customer_id:
        return Reason("code.not_yours", {"code": text})
    window = coupon.window
    if window is None or window.contains(at):
        return None
    if window.starts_at is not None and at < window.starts_at:
        return Reason("code.not_started", {"code": text, "starts_at": window.starts_at.isoformat()})
    if window.ends_at is not None and at >= window.ends_at:
        return Reason("code.expired", {"code": text, "ended_at": window.ends_at.isoformat()})
    return Reason("code.closed", {"code": text, "required": str(window)})


def _taken(
    normalised: str,
    coupon: CouponCode,
    text: str,
    exhausted: AbstractSet[str],
    used: Mapping[str, str],
) -> Reason | None:
    if normalised in exhausted:
        return Reason("code.exhausted", {"code": text})
    if coupon.unlocks in used:
        return Reason("code.same_offer", {"code": text, "used": used[coupon.unlocks]})
    return None


def _one_too_many(text: str, counted: int, policy: CodePolicy) -> Reason | None:
    if policy.max_codes is None or counted < policy.max_codes:
        return None
    return Reason("code.too_many", {"code": text, "most": policy.max_codes})


class CodeBook:
    """The coupon codes of a configuration, checked and indexed; a `CodeRepository` in memory.

    Attributes:
        policy: How its codes are compared.

    Example:
        >>> from datetime import UTC, datetime
        >>> book = CodeBook.compile([CouponCode(code="SUMMER-26", unlocks="summer", limit_uses=1)])
        >>> at = datetime(2026, 7, 1, tzinfo=UTC)
        >>> book.unlocked(["summer 26"], at=at).unlocked
        frozenset({'summer'})
        >>> [str(reason) for reason in book.unlocked({"SOMMER"}, at=at).refused]
        ['code.unknown (code=SOMMER)']
    """

    __slots__ = ("_codes", "policy")

    def __init__(self, codes: Mapping[str, CouponCode], policy: CodePolicy) -> None:
        self._codes = codes
        self.policy: CodePolicy = policy

    @classmethod
    def compile(
        cls,
        codes: Iterable[CouponCode],
        policy: CodePolicy | None = None,
        *,
        path: str = "$.codes",
    ) -> CodeBook:
        """Index codes by their normalised forms.

        Args:
            codes: In any order.
            policy: How they are compared; None: the default `CodePolicy`.
            path: Where they lie in the configuration, for errors.

        Raises:
            InvalidConfiguration: Nothing in a code counts, or two codes are the same
                under the policy: they differ only by case, for instance.
        """
        policy = policy or CodePolicy()
        found: dict[str, CouponCode] = {}
        for number, coupon in enumerate(codes):
            place = f"{path}[{number}].code"
            key = _key(coupon.code, policy, place)
            if found.setdefault(key, coupon) is not coupon:
                raise InvalidConfiguration(place, _clash(coupon.code, found[key].code))
        return cls(MappingProxyType(found), policy)

    @property
    def facts(self) -> frozenset[str]:
        """Every value of the fact ``code`` that some code unlocks."""
        return frozenset(coupon.unlocks for coupon in self._codes.values())

    def __len__(self) -> int:
        """Count the codes."""
        return len(self._codes)

    def find(self, normalised: str) -> CouponCode | None:
        """Return the code whose normalised form this is, if there is one."""
        return self._codes.get(normalised)

    def limits(self, entered: Iterable[str]) -> Mapping[str, int]:
        """Return the limits of those entered codes that have one, by their normalised forms.

        These are the codes whose uses somebody has to look up, and to say which are exhausted.
        """
        keys = {normalised for normalised, _ in _distinct(entered, self.policy)}
        found = {key: self._codes[key].limit_uses for key in sorted(keys & self._codes.keys())}
        return {key: limit for key, limit in found.items() if limit is not None}

    def unlocked(
        self,
        entered: Iterable[str],
        *,
        at: datetime,
        customer_id: str | None = None,
        exhausted: AbstractSet[str] = _NOBODY,
    ) -> Unlocked:
        """Return what the entered codes unlock; see `unlock`."""
        return unlock(
            self,
            entered,
            policy=self.policy,
            at=at,
            customer_id=customer_id,
            exhausted=exhausted,
        )


def _key(code: str, policy: CodePolicy, place: str) -> str:
    key = normalise(code, policy)
    if not key:
        raise InvalidConfiguration(place, f"nothing in {code!r} counts under the policy")
    try:
        return require_id(key, "code")
    except InvalidValue as error:
        raise InvalidConfiguration(place, error.message.removeprefix("code: ")) from None


def _clash(code: str, other: str) -> str:
    if code == other:
        return f"{code!r} is there twice"
    if code.casefold() == other.casefold():
        return f"{code!r} and {other!r} differ only by case"
    return f"{code!r} and {other!r} differ only by what the policy ignores"
