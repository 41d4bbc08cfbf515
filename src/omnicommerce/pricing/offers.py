"""The ways in which an exclusive promotion can use up units, each with what it gives.

A way takes units of classes: units of one entry that cost the same. It is
worked out by itself, on prices before promotions, as nobody else touches its
units: a set is rounded as a set, a rate off single units unit by unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final, NamedTuple, TypeAlias

from omnicommerce.kernel.allocation import split
from omnicommerce.kernel.predicates import Predicate
from omnicommerce.kernel.rounding import RoundingLevel, RoundingMode
from omnicommerce.pricing.calculation import Calculation
from omnicommerce.pricing.effects import (
    AmountOff,
    BundlePrice,
    BuyGet,
    Per,
    PercentOff,
    Remainder,
    Rewarded,
    SetPrice,
    SetsWithin,
)
from omnicommerce.pricing.rules import Rule
from omnicommerce.pricing.sheet import Sheet

__all__ = ["UnitClass", "Way", "classes_of", "limit_of", "ways_of"]

_WAYS_AT_MOST: Final = 4000
"""A promotion with more ways than this is taken as a whole, or not at all."""

Uses: TypeAlias = tuple[tuple[int, int], ...]


class UnitClass(NamedTuple):
    """Units of an entry that cost the same."""

    entry: int
    value: int
    units: int


class Way(NamedTuple):
    """One application: units of classes, and what is taken off those of each class."""

    uses: Uses
    shares: tuple[int, ...]

    @property
    def value(self) -> int:
        """What it gives in all."""
        return sum(self.shares)


def classes_of(sheet: Sheet) -> list[UnitClass]:
    """Return the classes of all item entries, in canonical order."""
    found: list[UnitClass] = []
    for entry in range(len(sheet.skus)):
        each, extra = divmod(sheet.base[entry], sheet.quantities[entry])
        found.append(UnitClass(entry, each, sheet.quantities[entry] - extra))
        if extra:
            found.append(UnitClass(entry, each + 1, extra))
    return found


def limit_of(rule: Rule) -> int | None:
    """Return how often the ways of a rule can be used in all; None: any number."""
    effect, promotion = rule.promotion.effect, rule.promotion
    if not _is_taken_apart(rule):
        return 1
    if isinstance(effect, (BuyGet, SetPrice, BundlePrice)):
        return effect.max_repeats
    return promotion.max_units


def ways_of(
    rule: Rule, calculation: Calculation, at: Sequence[int], classes: Sequence[UnitClass]
) -> tuple[list[Way], bool]:
    """Return the ways of a rule, and whether that is all of them.

    Args:
        rule: An exclusive promotion.
        calculation: A fresh one: prices before promotions.
        at: The entries it matches.
        classes: All classes.
    """
    open_entries = set(at)
    mine = [k for k, item in enumerate(classes) if item.entry in open_entries]
    if _is_taken_apart(rule):
        ways = list(islice(_ways(rule, calculation, mine, classes), _WAYS_AT_MOST + 1))
        if len(ways) <= _WAYS_AT_MOST:
            return [way for way in ways if way.value > 0], True
    whole = _as_a_whole(rule, calculation, list(at), classes)
    return [way for way in whole if way.value > 0], not _is_taken_apart(rule)


def _is_taken_apart(rule: Rule) -> bool:
    promotion, effect = rule.promotion, rule.promotion.effect
    if promotion.cap is not None or promotion.is_budgeted or promotion.max_units_each is not None:
        return False
    match effect:
        case BuyGet(within=within, max_repeats=limit, partial=partial):
            apart = not partial and (within is SetsWithin.BASKET or limit is None)
        case SetPrice(remainder=remainder):
            apart = remainder is Remainder.REGULAR
        case PercentOff(_, level):
            apart = level is not RoundingLevel.ORDER
        case AmountOff(_, per):
            apart = per is Per.UNIT
        case _:
            apart = isinstance(effect, BundlePrice)
    return apart


def _ways(
    rule: Rule, calculation: Calculation, mine: list[int], classes: Sequence[UnitClass]
) -> Iterator[Way]:
    effect, mode = rule.promotion.effect, calculation.book.configuration.rate_rounding
    units = [item.units for item in classes]
    match effect:
        case PercentOff(rate):
            yield from _single(mine, classes, lambda value: rate.of(value, mode))
        case AmountOff(amount):
            yield from _single(mine, classes, lambda value: min(amount, value))
        case SetPrice(per, amount):
            for uses in _picks(mine, units, per):
                yield _priced(uses, amount, classes)
        case BundlePrice(parts, amount):
            picks = [
                list(_picks(_among(mine, classes, calculation, part.on), units, part.units))
                for part in parts
            ]
            for combination in product(*picks):
                uses = _together(combination)
                if all(count <= units[k] for k, count in uses):
                    yield _priced(uses, amount, classes)
        case BuyGet():
            yield from _sets(effect, mode, calculation, mine, classes)
        case _:
            return


def _single(
    mine: list[int], classes: Sequence[UnitClass], off: Callable[[int], int]
) -> Iterator[Way]:
    for k in mine:
        yield Way(((k, 1),), (off(classes[k].value),))


def _among(
    mine: list[int], classes: Sequence[UnitClass], calculation: Calculation, on: Predicate
) -> list[int]:
    skus, matches = calculation.sheet.skus, calculation.book.matches
    return [k for k in mine if matches(on, skus[classes[k].entry])]


def _priced(uses: Uses, amount: int, classes: Sequence[UnitClass]) -> Way:
    """Let the units of a way cost an amount together."""
    values = [classes[k].value * count for k, count in uses]
    off = max(0, sum(values) - amount)
    return Way(uses, tuple(split(off, values)))


def _sets(
    effect: BuyGet,
    mode: RoundingMode,
    calculation: Calculation,
    mine: list[int],
    classes: Sequence[UnitClass],
) -> Iterator[Way]:
    units = [item.units for item in classes]
    if effect.bought is not None:
        everything = list(range(len(classes)))
        countable = calculation.book.is_countable
        skus = calculation.sheet.skus
        others = [
            k
            for k in _among(everything, classes, calculation, effect.bought)
            if countable(skus[classes[k].entry])
        ]
        for bought in _picks(others, units, effect.buy):
            for got in _picks(mine, units, effect.get):
                uses = _together((bought, got))
                if all(count <= units[k] for k, count in uses):
                    yield _rewarded(uses, dict(got), effect, mode, classes)
        return
    size = effect.buy + effect.get
    groups: Iterable[list[int]] = [mine]
    if effect.within is SetsWithin.PRODUCT:
        entries = sorted({classes[k].entry for k in mine})
        groups = [[k for k in mine if classes[k].entry == entry] for entry in entries]
    dearest = effect.rewarded is Rewarded.DEAREST
    for group in groups:
        for uses in _picks(group, units, size):
            order = sorted(uses, key=lambda use: (classes[use[0]].value, use[0]), reverse=dearest)
            yield _rewarded(uses, _first(order, effect.get), effect, mode, classes)


def _first(order: Iterable[tuple[int, int]], wanted: int) -> dict[int, int]:
    taken: dict[int, int] = {}
    for k, count in order:
        if wanted:
            taken[k] = min(count, wanted)
            wanted -= taken[k]
    return taken


def _rewarded(
    uses: Uses,
    got: Mapping[int, int],
    effect: BuyGet,
    mode: RoundingMode,
    classes: Sequence[UnitClass],
) -> Way:
    shares: list[int] = []
    for k, _ in uses:
        count, value = got.get(k, 0), classes[k].value
        if effect.amount is not None:
            shares.append(count * min(effect.amount, value))
        else:
            shares.append(effect.rate.of(value * count, mode))
    return Way(uses, tuple(shares))


def _picks(mine: Sequence[int], units: Sequence[int], wanted: int) -> Iterator[Uses]:
    """Return every way to take so many units of some classes."""

    def take(start: int, left: int) -> Iterator[Uses]:
        if not left:
            yield ()
            return
        for place in range(start, len(mine)):
            k = mine[place]
            for count in range(1, min(units[k], left) + 1):
                for rest in take(place + 1, left - count):
                    yield ((k, count), *rest)

    return take(0, wanted)


def _together(uses: Iterable[Uses]) -> Uses:
    summed: dict[int, int] = {}
    for each in uses:
        for k, count in each:
            summed[k] = summed.get(k, 0) + count
    return tuple(sorted(summed.items()))


def _as_a_whole(
    rule: Rule, calculation: Calculation, at: list[int], classes: Sequence[UnitClass]
) -> list[Way]:
    """Return the one way to take all that the rule would use up by itself."""
    bid = calculation.bid(rule, at)
    if bid is None:
        return []
    sheet = calculation.sheet
    used = bid.units
    if used is None:
        used = {k: sheet.quantities[k] for k, share in zip(at, bid.shares, strict=True) if share}
    shares = dict(zip(bid.at, bid.shares, strict=True))
    uses: list[tuple[int, int]] = []
    taken: list[int] = []
    for entry, wanted in sorted(used.items()):
        mine = [k for k, item in enumerate(classes) if item.entry == entry]
        counts = _first([(k, classes[k].units) for k in reversed(mine)], wanted)
        parts = [classes[k].value * count for k, count in counts.items()]
        share = shares.get(entry, 0)
        for (k, count), part in zip(counts.items(), split(share, parts), strict=True):
            uses.append((k, count))
            taken.append(part)
    order = sorted(range(len(uses)), key=uses.__getitem__)
    return [Way(tuple(uses[n] for n in order), tuple(taken[n] for n in order))]
