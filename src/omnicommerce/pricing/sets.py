"""Effects that make sets of units: which units are used, and what the sets give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.rounding import RoundingMode
from omnicommerce.pricing.arithmetic import Shape, Shares
from omnicommerce.pricing.effects import (
    BundlePrice,
    BuyGet,
    Choice,
    GroupOff,
    Remainder,
    Rewarded,
    SetPrice,
    SetsWithin,
)
from omnicommerce.pricing.rows import CompiledRow
from omnicommerce.pricing.sheet import Sheet

__all__ = ["Used", "bundle_price", "buy_get", "chosen", "group_off", "set_price"]


class Used(NamedTuple):
    """Shares of the matching entries, and how many units of which entries they used up.

    ``units``: None: all of those with a share. ``meant``: by entry, the share with tax
    where prices are without, or the reverse, if it was worked out so.
    """

    shares: Shares
    units: Mapping[int, int] | None
    meant: Mapping[int, int] = MappingProxyType({})


_NOBODYS: Final[Mapping[int, int]] = MappingProxyType({})
"""Used units where nobody asks which they are."""


class _Run(NamedTuple):
    """Some units of one slot (a position among the matching entries) with equal value."""

    value: int
    slot: int
    units: int


def chosen(
    amounts: Sequence[int], units: Sequence[int], wanted: int, first: Choice
) -> tuple[list[int], list[int]]:
    """Return what the cheapest (or dearest) units are worth, and how many of each slot they are.

    What an entry costs is shared evenly by its units, to the minor unit.
    """
    values, counts = [0] * len(amounts), [0] * len(amounts)
    for value, slot, count in _sorted(_runs(amounts, units), first):
        taken = min(count, wanted)
        values[slot] += value * taken
        counts[slot] += taken
        wanted -= taken
        if not wanted:
            break
    return values, counts


def _runs(amounts: Sequence[int], units: Sequence[int]) -> list[_Run]:
    """Take entries apart into units of equal value."""
    runs: list[_Run] = []
    for slot, (amount, count) in enumerate(zip(amounts, units, strict=True)):
        if count:
            each, extra = divmod(amount, count)
            runs.append(_Run(each, slot, count - extra))
            if extra:
                runs.append(_Run(each + 1, slot, extra))
    return runs


def _sorted(runs: list[_Run], first: Choice) -> list[_Run]:
    if len(runs) > 1:
        if first is Choice.CHEAPEST:
            runs.sort()
        else:
            runs.sort(key=lambda run: (-run.value, run.slot))
    return runs


Reward: TypeAlias = Callable[[list[int], list[int]], Shares]
"""From the values and numbers of rewarded units to what is taken off them."""


def _reward(effect: BuyGet, mode: RoundingMode) -> Reward:
    if effect.amount is not None:
        amount = effect.amount
        return lambda values, counts: [
            min(value, amount * count) for value, count in zip(values, counts, strict=True)
        ]
    if effect.rate.value == 1:
        return lambda values, _: values
    return lambda values, _: [effect.rate.of(value, mode) for value in values]


def buy_get(effect: BuyGet, mode: RoundingMode) -> Callable[[Sheet, list[int]], Used | None]:
    """Return the function that rewards some of the units of each complete set."""
    reward = _reward(effect, mode)
    if effect.bought is not None:
        bought = effect.bought
        return lambda sheet, at: _of_others(effect, reward, sheet, at, sheet.open_among(bought, at))
    if effect.within is SetsWithin.PRODUCT:
        return lambda sheet, at: _of_each(effect, reward, sheet, at)
    return lambda sheet, at: _of_all(effect, reward, sheet, at)


def _of_each(effect: BuyGet, reward: Reward, sheet: Sheet, at: list[int]) -> Used | None:
    """Make the sets of each product by itself."""
    shares: Shares = []
    units: dict[int, int] = {}
    for k in at:
        found = _of_all(effect, reward, sheet, [k])
        shares += found.shares if found else [0]
        units |= (found.units or {}) if found else {}
    return Used(shares, units) if any(shares) else None


def _of_all(effect: BuyGet, reward: Reward, sheet: Sheet, at: list[int]) -> Used | None:
    """Make sets over all matching units."""
    size = effect.buy + effect.get
    if len(at) == 1 and not sheet.tracks and effect.rewarded is Rewarded.CHEAPEST:
        quantity = sheet.quantities[at[0]]
        sets = _limited(quantity // size, effect.max_repeats)
        if not sets:
            return None
        return Used(reward(*_of_one(sheet.left[at[0]], quantity, sets * effect.get)), _NOBODYS)
    quantities = sheet.quantities_at(at)
    sets = _limited(sum(quantities) // size, effect.max_repeats)
    if not sets:
        return None
    amounts = sheet.left_at(at)
    if effect.rewarded is Rewarded.CHEAPEST_OF_SET:
        values, counts = _cheapest_of_sets(_runs(amounts, quantities), sets, effect, len(at))
        _, used = chosen(amounts, quantities, sets * size, Choice.DEAREST)
        return Used(reward(values, counts), dict(zip(at, used, strict=True)))
    cheapest = effect.rewarded is Rewarded.CHEAPEST
    first = Choice.CHEAPEST if cheapest else Choice.DEAREST
    values, counts = chosen(amounts, quantities, sets * effect.get, first)
    if not sheet.tracks:
        return Used(reward(values, counts), _NOBODYS)
    rest = [have - count for have, count in zip(quantities, counts, strict=True)]
    worth = [amount - value for amount, value in zip(amounts, values, strict=True)]
    _, bought = chosen(worth, rest, sets * effect.buy, Choice.DEAREST)
    used = [a + b for a, b in zip(counts, bought, strict=True)]
    return Used(reward(values, counts), dict(zip(at, used, strict=True)))


def _of_one(amount: int, quantity: int, wanted: int) -> tuple[list[int], list[int]]:
    """Return value and number of the cheapest units of one entry."""
    each, extra = divmod(amount, quantity)
    return [each * wanted + max(0, wanted - quantity + extra)], [wanted]


def _limited(sets: int, limit: int | None) -> int:
    return sets if limit is None else min(sets, limit)


def _cheapest_of_sets(
    runs: list[_Run], sets: int, effect: BuyGet, slots: int
) -> tuple[list[int], list[int]]:
    """Put units into sets from the dearest down, and reward the last ones of each."""
    values, counts = [0] * slots, [0] * slots
    size, end, start = effect.buy + effect.get, sets * (effect.buy + effect.get), 0

    def rewarded_before(place: int) -> int:
        whole, part = divmod(min(place, end), size)
        return whole * effect.get + max(0, part - effect.buy)

    for value, slot, units in _sorted(runs, Choice.DEAREST):
        count = rewarded_before(start + units) - rewarded_before(start)
        values[slot] += value * count
        counts[slot] += count
        start += units
    return values, counts


class _Numbers(NamedTuple):
    """Units that only count as bought, that can only be rewarded, and that are both."""

    bought: int
    rewarded: int
    both: int

    def allow(self, sets: int, effect: BuyGet) -> bool:
        """Tell whether so many whole sets can be made."""
        missing = max(0, sets * effect.buy - self.bought)
        return missing + max(0, sets * effect.get - self.rewarded) <= self.both


def _of_others(
    effect: BuyGet, reward: Reward, sheet: Sheet, at: list[int], others: list[int]
) -> Used | None:
    """Make sets of units bought and other units rewarded; a unit that is both serves once."""
    quantities = sheet.quantities
    matching, buying = set(at), set(others)
    only_bought = [k for k in others if k not in matching]
    both = [k for k in at if k in buying]
    numbers = _Numbers(
        sum(quantities[k] for k in only_bought),
        sum(quantities[k] for k in at if k not in buying),
        sum(quantities[k] for k in both),
    )
    sets = _limited(_most_sets(effect, numbers), effect.max_repeats)
    extra = _partial(effect, numbers, sets)
    if not sets and not extra:
        return None
    needed = (sets + (extra > 0)) * effect.buy
    from_both = max(0, needed - numbers.bought)
    kept = _bought(sheet, both, from_both)
    amounts, counts = _rest(sheet, at, kept)
    first = Choice.DEAREST if effect.rewarded is Rewarded.DEAREST else Choice.CHEAPEST
    values, rewarded = chosen(amounts, counts, sets * effect.get + extra, first)
    used = dict(zip(at, rewarded, strict=True))
    for k, count in (*kept.items(), *_bought(sheet, only_bought, needed - from_both).items()):
        used[k] = used.get(k, 0) + count
    return Used(reward(values, rewarded), used)


def _most_sets(effect: BuyGet, numbers: _Numbers) -> int:
    low, high = 0, (numbers.bought + numbers.both) // effect.buy
    while low < high:
        middle = (low + high + 1) // 2
        if numbers.allow(middle, effect):
            low = middle
        else:
            high = middle - 1
    return low


def _partial(effect: BuyGet, numbers: _Numbers, sets: int) -> int:
    """Return how many units a last, incomplete set rewards."""
    if not effect.partial or (effect.max_repeats is not None and sets >= effect.max_repeats):
        return 0
    missing = max(0, (sets + 1) * effect.buy - numbers.bought)
    if missing > numbers.both:
        return 0
    return max(0, min(effect.get, numbers.rewarded + numbers.both - missing - sets * effect.get))


def _bought(sheet: Sheet, entries: list[int], wanted: int) -> dict[int, int]:
    """Return how many units of each entry are the dearest ones."""
    if not wanted:
        return {}
    _, counts = chosen(sheet.left_at(entries), sheet.quantities_at(entries), wanted, Choice.DEAREST)
    return {k: count for k, count in zip(entries, counts, strict=True) if count}


def _rest(sheet: Sheet, at: list[int], kept: dict[int, int]) -> tuple[list[int], list[int]]:
    """Return amounts and units of the entries without the units that are kept."""
    amounts, counts = sheet.left_at(at), sheet.quantities_at(at)
    for slot, k in enumerate(at):
        if k in kept:
            (worth,), _ = chosen([amounts[slot]], [counts[slot]], kept[k], Choice.DEAREST)
            amounts[slot] -= worth
            counts[slot] -= kept[k]
    return amounts, counts


def set_price(effect: SetPrice, sheet: Sheet, at: list[int]) -> Used | None:
    """Let sets of the matching units cost their amount, where that is less."""
    amounts, quantities = sheet.left_at(at), sheet.quantities_at(at)
    if effect.remainder is Remainder.REGULAR:
        return _regular_sets(effect, at, amounts, quantities)
    whole = effect.remainder is Remainder.WHOLE_SET
    row = CompiledRow(effect.amount, effect.per, whole, plain=effect.per == 1)
    off = sum(amounts) - sheet.amount(row, sum(quantities))
    if off <= 0:
        return None
    return Used(split(off, amounts), dict(zip(at, quantities, strict=True)))


def _regular_sets(
    effect: SetPrice, at: list[int], amounts: list[int], quantities: list[int]
) -> Used | None:
    """Fill sets from the dearest unit down, as long as a set is cheaper for it."""
    runs = _sorted(_runs(amounts, quantities), Choice.DEAREST)
    most = _limited(sum(quantities) // effect.per, effect.max_repeats)
    sets = _sets_worth_making(runs, effect, most)
    if not sets:
        return None
    values, counts = chosen(amounts, quantities, sets * effect.per, Choice.DEAREST)
    off = sum(values) - sets * effect.amount
    shares = split(off, values)
    if effect.per == 1:
        shares = [v - effect.amount * c for v, c in zip(values, counts, strict=True)]
    return Used(shares, dict(zip(at, counts, strict=True)))


def _sets_worth_making(runs: Iterable[_Run], effect: SetPrice, most: int) -> int:
    """Return how many sets cost more than their price; each next one is worth no more."""
    ends: list[tuple[int, int, int]] = []
    place = value = 0
    for run in runs:
        ends.append((place, value, run.value))
        place += run.units
        value += run.value * run.units

    def worth(units: int) -> int:
        start, before, each = max(end for end in ends if end[0] <= units)
        return before + (units - start) * each

    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        last = worth(middle * effect.per) - worth((middle - 1) * effect.per)
        if last > effect.amount:
            low = middle
        else:
            high = middle - 1
    return low


def bundle_price(effect: BundlePrice, sheet: Sheet, at: list[int]) -> Used | None:
    """Let bundles of different items cost an amount, as long as that is less."""
    parts = [sheet.open_among(part.on, at, inside=True) for part in effect.parts]
    most = min(
        sum(sheet.quantities_at(entries)) // part.units
        for part, entries in zip(effect.parts, parts, strict=True)
    )
    low, high = 0, _limited(most, effect.max_repeats)
    while low < high:
        middle = (low + high + 1) // 2
        filled, before = (_filled(effect, parts, sheet, n) for n in (middle, middle - 1))
        worth = _worth(filled) - _worth(before) if filled is not None else 0
        if worth > effect.amount:
            low = middle
        else:
            high = middle - 1
    filled = _filled(effect, parts, sheet, low)
    if not filled:
        return None
    values = [filled[k][0] if k in filled else 0 for k in at]
    off = sum(values) - low * effect.amount
    return Used(split(off, values), {k: count for k, (_, count) in filled.items()})


def _filled(
    effect: BundlePrice, parts: list[list[int]], sheet: Sheet, bundles: int
) -> dict[int, tuple[int, int]] | None:
    """Return value and number of the units that fill so many bundles; None: there are too few."""
    taken: dict[int, tuple[int, int]] = {}
    for part, entries in zip(effect.parts, parts, strict=True):
        wanted = part.units * bundles
        amounts = [sheet.left[k] - taken.get(k, (0, 0))[0] for k in entries]
        units = [sheet.quantities[k] - taken.get(k, (0, 0))[1] for k in entries]
        if sum(units) < wanted:
            return None
        values, counts = chosen(amounts, units, wanted, Choice.DEAREST)
        for k, value, count in zip(entries, values, counts, strict=True):
            if count:
                before = taken.get(k, (0, 0))
                taken[k] = (before[0] + value, before[1] + count)
    return taken


def _worth(filled: dict[int, tuple[int, int]] | None) -> int:
    return sum(value for value, _ in filled.values()) if filled else 0


def group_off(effect: GroupOff, shape: Shape, sheet: Sheet, at: list[int]) -> Used | None:
    """Give an effect to the units that are in complete groups."""
    amounts, quantities = sheet.left_at(at), sheet.quantities_at(at)
    units = sum(quantities) // effect.size * effect.size
    if not units:
        return None
    first = Choice.DEAREST if effect.left_out is Choice.CHEAPEST else Choice.CHEAPEST
    values, counts = chosen(amounts, quantities, units, first)
    shares = shape(sheet, at, values, counts)
    return Used(shares, dict(zip(at, counts, strict=True))) if shares else None
