"""The cases about splitting an amount, through the kernel's own split."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from omnicommerce.kernel.allocation import allocate
from tests.peer_cases.comparing import Difference
from tests.peer_cases.reading import Case

__all__ = ["split_differences"]


def split_differences(case: Case) -> list[Difference]:
    """Return the difference of a split from the expected one, if there is one."""
    unit = _unit(case)
    units = abs(Fraction(case.data["total"])) // unit
    shares = [share * unit for share in allocate(units, _weights(case)).values()]
    expected = [Fraction(text) for text in case.data["expect"]]
    if len(expected) > len(shares):
        shares.append(abs(Fraction(case.data["total"])) - units * unit)
    if Fraction(case.data["total"]) < 0:
        shares = [-share for share in shares]
    return list(_compared(case, expected, shares))


def _unit(case: Case) -> Fraction:
    """Return the smallest unit: the one that the case names, or that of the currency."""
    step = case.data.get("step")
    return Fraction(step) if step else Fraction(1, case.scale.parts)


def _weights(case: Case) -> dict[int, int]:
    """Return whole weights by position: the first of equal ones comes first."""
    weights = [Fraction(text) for text in case.data["weights"]]
    whole = math.lcm(*[weight.denominator for weight in weights])
    return {number: int(weight * whole) for number, weight in enumerate(weights)}


def _compared(case: Case, expected: list[Fraction], got: list[Fraction]) -> Iterator[Difference]:
    unordered = bool(case.data.get("unordered"))
    same = sorted(expected) == sorted(got) if unordered else expected == got
    if not same:
        yield Difference("shares", _texts(expected), _texts(got))


def _texts(shares: list[Fraction]) -> str:
    return str([str(float(share)) for share in shares])
