"""Rounding by the order: each tax once, and its minor units given to the amounts it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from omnicommerce.kernel.rounding import RemainderSide, Rounding, round_ratio
from omnicommerce.pricing.tax.levy import Levied, RateKey

__all__ = ["order_taxes"]


class _Part(NamedTuple):
    """What one amount adds to a tax: ``exact`` of the common denominator's parts."""

    group: int
    at: int
    amount: int
    exact: int
    rank: int


def order_taxes(
    groups: Sequence[Levied], ranks: Sequence[int], rounding: Rounding
) -> list[list[list[int]]]:
    """Return the taxes of every amount, each tax rounded once over the whole order.

    The rounded tax goes to the amounts by largest remainder: each gets its exact
    share rounded up or down, so the shares sum to the tax of the order. An amount
    that holds its taxes never gives more than it is.

    Args:
        groups: The amounts of the order by levy.
        ranks: By position in the order, who comes first where remainders are equal.
        rounding: The shop's policy.

    Returns:
        For each group a column for each tax.
    """
    columns = [[[0] * len(group.amounts) for _ in group.levy.keys] for group in groups]
    reached = [[0] * len(group.amounts) for group in groups]
    for key in sorted({key for group in groups for key in group.levy.keys}):
        whole, parts = _parts(groups, ranks, key)
        total = _order_tax(groups, parts, whole, rounding)
        shares = _spread(groups, parts, whole, total, reached)
        for part, share in zip(parts, shares, strict=True):
            levy = groups[part.group].levy
            columns[part.group][levy.keys.index(key)][part.at] = share
            reached[part.group][part.at] += share
    return columns


def _parts(groups: Sequence[Levied], ranks: Sequence[int], key: RateKey) -> tuple[int, list[_Part]]:
    whole = math.lcm(*[group.levy.denominator for group in groups if key in group.levy.keys])
    return whole, list(_each_part(groups, ranks, key, whole))


def _each_part(
    groups: Sequence[Levied], ranks: Sequence[int], key: RateKey, whole: int
) -> Iterator[_Part]:
    for number, (levy, positions, amounts) in enumerate(groups):
        if key not in levy.keys:
            continue
        numerator = levy.numerators[levy.keys.index(key)] * (whole // levy.denominator)
        for index, (position, amount) in enumerate(zip(positions, amounts, strict=True)):
            yield _Part(number, index, amount, amount * numerator, ranks[position])


def _order_tax(
    groups: Sequence[Levied], parts: Sequence[_Part], whole: int, rounding: Rounding
) -> int:
    """Round one tax of the order; where the net is the computed side, what is left by it."""
    exact = sum([part.exact for part in parts])
    if rounding.remainder is RemainderSide.TAX and all(
        groups[part.group].levy.includes_tax for part in parts
    ):
        amount = sum([part.amount for part in parts])
        return amount - round_ratio(amount * whole - exact, whole, rounding.mode)
    return round_ratio(exact, whole, rounding.mode)


def _spread(
    groups: Sequence[Levied],
    parts: Sequence[_Part],
    whole: int,
    total: int,
    reached: Sequence[Sequence[int]],
) -> list[int]:
    """Give each amount its exact share rounded down, and what is missing to the largest rests."""
    sign = -1 if sum([part.exact for part in parts]) < 0 else 1
    shares = [sign * part.exact // whole for part in parts]
    missing = sign * total - sum(shares)
    rests = [sign * part.exact % whole for part in parts]
    for number in sorted(range(len(parts)), key=lambda one: (-rests[one], parts[one].rank)):
        if missing <= 0:
            break
        part = parts[number]
        if groups[part.group].levy.includes_tax or not part.amount:
            room = sign * (part.amount - reached[part.group][part.at])
            if part.amount * sign >= 0 and shares[number] >= room:
                continue
        shares[number] += 1
        missing -= 1
    return [sign * share for share in shares]
