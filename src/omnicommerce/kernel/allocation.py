"""Splitting an amount exactly: keyed, sign-symmetric, with caps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["Allocation", "allocate", "allocate_capped", "split"]

K = TypeVar("K")


@attrs.frozen
class Allocation(Generic[K]):
    """Shares by key, and what no share could take because every cap was reached."""

    shares: dict[K, int]
    shortfall: int = 0


def allocate(total: int, weights: Mapping[K, int]) -> dict[K, int]:
    """Split ``total`` in proportion to integer weights so that the shares sum to it.

    Largest remainder: each share is less than one unit away from its exact
    value, ties go to the smaller key, and the result does not depend on the
    order of ``weights``. A negative total is the mirror of the positive one.
    All weights zero means an even split. Largest remainder is not monotone in
    the total: a share may fall by one unit when the total grows.

    Args:
        total: Minor units to split, of either sign.
        weights: Non-negative integer weight by key; keys must be sortable.

    Raises:
        InvalidValue: A weight is negative or no int, ``total`` is no int, or there
            is nobody to give it to.

    Example:
        >>> allocate(100, {"a": 1, "b": 1, "c": 1})
        {'a': 34, 'b': 33, 'c': 33}
        >>> allocate(-100, {"a": 1, "b": 1, "c": 1})
        {'a': -34, 'b': -33, 'c': -33}
    """
    _require_whole(total)
    if not weights:
        if total:
            raise InvalidValue("weights", f"there is nobody to give {total} to")
        return {}
    keys, shape = _checked(weights)
    shares = split(abs(total), shape)
    return {key: -share if total < 0 else share for key, share in zip(keys, shares, strict=True)}


def allocate_capped(total: int, weights: Mapping[K, int], caps: Mapping[K, int]) -> Allocation[K]:
    """Split like `allocate`, giving no key more than its cap.

    What a full key cannot take goes to the others in proportion to their
    weights, and to keys of weight zero once all the others are full. Caps are
    sizes: they bind ``-total`` as they bind ``total``.

    Raises:
        InvalidValue: A weight or cap is negative or no int, or a key has no cap.

    Example:
        >>> allocate_capped(10, {"a": 1, "b": 1}, {"a": 2, "b": 20})
        Allocation(shares={'a': 2, 'b': 8}, shortfall=0)
    """
    _require_whole(total)
    keys, _ = _checked(weights) if weights else ([], [])
    for key in keys:
        if type(caps.get(key)) is not int or caps[key] < 0:
            raise InvalidValue("caps", f"key {key!r} needs a cap, an int of zero or more")
    taken = dict.fromkeys(keys, 0)
    left = abs(total)
    open_keys: list[K] = [key for key in keys if caps[key]]
    while left and open_keys:
        shape = _shape([weights[key] for key in open_keys])
        weight_sum = sum(shape)
        full = [
            key
            for key, weight in zip(open_keys, shape, strict=True)
            if left * weight >= caps[key] * weight_sum
        ]
        if full:
            for key in full:
                taken[key] = caps[key]
                left -= caps[key]
            open_keys = [key for key in open_keys if key not in taken or not taken[key]]
            continue
        taken.update(zip(open_keys, split(left, shape), strict=True))
        left = 0
    sign = -1 if total < 0 else 1
    return Allocation({key: sign * share for key, share in taken.items()}, sign * left)


def _require_whole(total: object) -> None:
    if type(total) is not int:
        raise InvalidValue("total", f"must be a whole number (int), not {total!r}")


def _checked(weights: Mapping[K, int]) -> tuple[list[K], list[int]]:
    unsorted: list[Any] = list(weights)
    keys: list[K] = sorted(unsorted)
    sizes = [weights[key] for key in keys]
    if any(type(size) is not int for size in sizes) or min(sizes) < 0:
        raise InvalidValue("weights", "must all be ints of zero or more")
    return keys, _shape(sizes)


def _shape(sizes: list[int]) -> list[int]:
    return sizes if any(sizes) else [1] * len(sizes)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split a non-negative total by position; the fast path under `allocate`.

    Largest remainder, ties to the earlier position, all weights zero an even
    split. Nothing is checked: the caller vouches for a total and weights of
    zero or more, and for at least one weight.

    Example:
        >>> split(100, [1, 1, 1])
        [34, 33, 33]
    """
    weight_sum = sum(weights)
    if not weight_sum:
        weights = [1] * len(weights)
        weight_sum = len(weights)
    products = [total * weight for weight in weights]
    shares = [product // weight_sum for product in products]
    missing = total - sum(shares)
    if missing:
        rests = [product % weight_sum for product in products]
        largest = sorted(range(len(rests)), key=rests.__getitem__, reverse=True)
        for position in largest[:missing]:
            shares[position] += 1
    return shares
