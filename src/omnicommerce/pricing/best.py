"""The best choice for the customer: which promotions take part, and which units they use up.

Every admissible choice is priced by the one calculation there is. A choice drops
some of the promotions that could match, and says which units the exclusive ones
use up; all others run in their declared order on what is left to them. The best
choice gives most; of equal ones the canonical one is taken, whatever the order of
anything. What is given: price reductions, the worth of gifts, matched coupons.

How far the search went is a `Certificate`: proven optimal, or within a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from heapq import heappop, heappush
from itertools import combinations, islice
from typing import Final, NamedTuple

import attrs

from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.pricing.at_most import most_of
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.calculation import Calculation, Chosen, Made, Observer, Turn
from omnicommerce.pricing.certain import (
    is_additive,
    is_certain,
    looks_at_rest,
    works_on_products,
    works_on_sum,
)
from omnicommerce.pricing.effects import OfferList, PercentOff, TotalPrice
from omnicommerce.pricing.offers import UnitClass, Way, classes_of, limit_of, ways_of
from omnicommerce.pricing.result import Certificate, PricedBasket
from omnicommerce.pricing.rules import Rule
from omnicommerce.pricing.selection.packing import Column, Packing, pack
from omnicommerce.pricing.selection.rests import Rest, Tail
from omnicommerce.pricing.sets import Used
from omnicommerce.pricing.sheet import Sheet

__all__ = ["Effort", "best_for_customer"]


class Effort(NamedTuple):
    """How long to search at most: work is counted, never timed.

    Attributes:
        nodes: So many are spent on the packing of units.
        dropped: So many sets of promotions are left out to see whether others give more.
        choices: So many are priced one by one where the rest leaves a gap.
    """

    nodes: int = 60_000
    dropped: int = 100
    choices: int = 2000


_FULL: Final = Effort()


class _Option(NamedTuple):
    """One way of one rule, as a column of the packing."""

    position: int
    way: Way


class _Found(NamedTuple):
    """A choice, what it gives, and the answer it leads to."""

    given: int
    chosen: Chosen | None
    answer: PricedBasket


def best_for_customer(
    book: PriceBook,
    basket: Basket,
    situation: Situation,
    *,
    without: frozenset[str] = frozenset(),
    observe: Observer | None = None,
    effort: Effort = _FULL,
) -> PricedBasket:
    """Price a basket by the admissible choice that gives most, with a certificate.

    Args:
        book: Prices and promotions.
        basket: What is bought.
        situation: Where, when and for whom.
        without: Families of promotions that do not count.
        observe: Told of each rule in its turn, under the choice that was made.
        effort: How long to search at most.
    """
    if observe is None and book.is_plain:
        answer = _at_once(book, basket, situation, without)
        if answer is not None:
            return answer
    search = _Search(book, basket, situation, without, effort)
    found, certificate = search.best()
    answer = found.answer
    if observe is not None:
        answer = search.priced(found.chosen, observe).answer
    return attrs.evolve(answer, certificate=certificate)


def _at_once(
    book: PriceBook, basket: Basket, situation: Situation, without: frozenset[str]
) -> PricedBasket | None:
    """Price a basket by a book without competition; None: it takes a search to prove."""
    calculation = Calculation(book, basket, situation, without=without)
    matched = calculation.prepare()
    failed = calculation.run_plain(matched)
    turns = [(book.rules[at], matched[at], at not in failed) for at in sorted(matched)]
    if not is_certain(turns):
        return None
    given = sum([item.minor for item in calculation.discounts])
    given += sum([gift.off_minor for gift in calculation.gifts])
    given += sum([match.minor for match in calculation.matches])
    return calculation.answer(Certificate(given, given, 1))


_NOTHING_MADE: Final = Chosen(frozenset(), {})


class _Search:
    """The choices of one basket."""

    def __init__(
        self,
        book: PriceBook,
        basket: Basket,
        situation: Situation,
        without: frozenset[str],
        effort: Effort,
    ) -> None:
        self._subject = (book, basket, situation, without)
        self._effort = effort
        self._priced = 1
        self._nodes = 0
        self._packed: _Found | None = None
        turns: list[tuple[Rule, list[int], bool]] = []
        running = Calculation(book, basket, situation, without=without)

        def witness(rule: Rule, _: Sheet, turn: Turn) -> None:
            turns.append((rule, turn.at, turn.taken is not None or running.allows(rule, turn.at)))

        answer = running.through(running.prepare(), witness)
        self.is_certain: bool = is_certain(turns)
        self.first = _Found(_given(answer), None, answer)

    @cached_property
    def _fresh(self) -> Calculation:
        """A calculation in which no rule has had its turn."""
        book, basket, situation, without = self._subject
        return Calculation(book, basket, situation, without=without)

    @cached_property
    def _matched(self) -> dict[int, list[int]]:
        return self._fresh.prepare()

    def priced(self, chosen: Chosen | None, observe: Observer | None = None) -> _Found:
        """Price a choice, or the declared order; a choice that is refuted gives nothing."""
        self._priced += 1
        book, basket, situation, without = self._subject
        calculation = Calculation(book, basket, situation, without=without)
        answer = calculation.through(calculation.prepare(), observe, chosen)
        return _Found(-1 if calculation.refuted else _given(answer), chosen, answer)

    def best(self) -> tuple[_Found, Certificate]:
        """Return the best choice found, and what is proven of it."""
        if self.is_certain:
            return self.first, Certificate(self.first.given, self.first.given, self._priced)
        matched = self._matched
        possible = [rule for rule in self._rules(matched) if self._can_run(rule)]
        exclusive = [rule for rule in possible if _uses_up(rule)]
        others = [rule for rule in possible if not _uses_up(rule)]
        board = self._board(exclusive)
        found, bound = self._by_dropping(possible, board)
        if found.given < bound:
            found, bound = self._by_pricing(others, board, found, bound)
        return found, Certificate(found.given, bound, self._nodes + self._priced)

    def _by_dropping(self, rules: Sequence[Rule], board: _Board) -> tuple[_Found, int]:
        """Find the best choice by leaving out promotions that keep better ones from applying.

        Without some promotions, and as if all conditions of the others held, every class
        of units is worth a sum: no choice without them gives more than the best packing.
        Where the conditions do hold that is the end of it. Where one fails, its promotion
        may as well be left out, or another one that takes what it asks for. What has the
        highest bound is tried first.
        """
        found = max((self.first, self.priced(_NOTHING_MADE)), key=_rank)
        nothing: frozenset[int] = frozenset()
        waiting, known, settled = [(-self._worth(), 0, nothing)], {nothing}, 0
        while waiting and -waiting[0][0] > found.given and self._may_try(len(known)):
            _, _, dropped = heappop(waiting)
            kept = [rule for rule in rules if rule.position not in dropped]
            tried, failed, most = self._tried(kept, dropped, board)
            if not dropped:
                self._packed = tried
            found = max((found, tried), key=_rank)
            settled = max(settled, min([most, *(self._most_with(r, kept, board) for r in failed)]))
            if not failed or most <= found.given:
                continue
            for rule in kept:
                more = dropped | {rule.position}
                if not (rule.gives or rule.bands or more in known):
                    known.add(more)
                    heappush(waiting, (-most, len(known), more))
        return found, max([found.given, settled, *(-bound for bound, _, _ in waiting)])

    def _may_try(self, known: int) -> bool:
        return self._nodes < self._effort.nodes and known <= self._effort.dropped

    def _tried(
        self, kept: Sequence[Rule], dropped: frozenset[int], board: _Board
    ) -> tuple[_Found, list[Rule], int]:
        """Try the best packing: return a choice, the rules whose conditions failed, and a bound."""
        outcomes: list[tuple[_Found, list[Rule]]] = []
        most = self._worth()
        for sharp in self._relaxations(kept, board):
            rests = [self._rest(item, sharp) for item in board.classes]
            packing = board.packed(rests, self._effort.nodes - self._nodes, dropped)
            self._nodes += packing.nodes
            positions = {rule.position for rule in sharp}
            beside = [r for r in kept if r.position not in positions and not _uses_up(r)]
            bound = packing.bound + board.unknown + self._beside(beside)
            most = min(most, bound + len(rests) * sum(map(_is_rounded_in_all, sharp)))
            failed: list[Rule] = []
            made = board.made(packing.counts, dropped)
            outcomes.append((self.priced(made, partial(_note_failed, failed)), failed))
        found, failed = max(outcomes, key=lambda outcome: _rank(outcome[0]))
        return found, failed, most

    def _relaxations(self, kept: Sequence[Rule], board: _Board) -> Iterator[list[Rule]]:
        """Yield the rules that the units left can have, in ways that never say too little.

        What is limited is there as if it were not; what the rest leaves out counts beside
        it, with all that it could give.
        """
        by_unit = [rule for rule in kept if self._is_by_unit(rule, board)]
        steady = [rule for rule in by_unit if is_additive(rule)]
        yield steady
        if len(steady) < len(by_unit):
            yield by_unit
        summed = [rule for rule in kept if self._is_by_sum(rule)]
        if summed:
            yield sorted([*by_unit, *summed], key=lambda rule: rule.position)

    def _most_with(self, rule: Rule, kept: Sequence[Rule], board: _Board) -> int:
        """Return what a choice gives at most in which so much is left that a condition holds."""
        least = dict(rule.minima).get("spend.left")
        if least is None or any(option.position > rule.position for option in board.options):
            return self._worth()
        later = [
            other
            for other in kept
            if other.position >= rule.position or other.gives or other.bands or other.of_delivery
        ]
        return max(0, self._fresh.sheet.base_total - least) + self._beside(later)

    def _board(self, exclusive: Sequence[Rule]) -> _Board:
        classes = classes_of(self._fresh.sheet)
        options: list[_Option] = []
        limits: dict[int, int] = {}
        unknown: list[int] = []
        for rule in exclusive:
            at = self._matched[rule.position]
            ways, is_all = ways_of(rule, self._fresh, at, classes)
            options += [_Option(rule.position, way) for way in ways]
            limit = limit_of(rule)
            if limit is not None:
                limits[rule.position] = limit
            if not is_all:
                unknown.append(sum(self._fresh.sheet.base_at(at)))
        return _Board(classes, options, limits, sum(unknown))

    def _rules(self, matched: dict[int, list[int]]) -> Iterator[Rule]:
        rules = self._subject[0].rules
        return (rules[position] for position in sorted(matched))

    def _can_run(self, rule: Rule) -> bool:
        """Tell whether some choice could let the rule take effect."""
        if not rule.has_conditions or looks_at_rest(rule):
            return self._fresh.could_run(rule)
        return self._fresh.allows(rule, self._matched[rule.position])

    def _is_by_unit(self, rule: Rule, board: _Board) -> bool:
        """Tell whether a rule works on each product by itself, and those are of one class each.

        It then leaves less where less was left, but takes no more where more was left than
        there was more: leaving anything out never gives more than what was left out gave.
        """
        effect = rule.promotion.effect
        if rule.gives or rule.bands or rule.of_delivery or _uses_up(rule):
            return False
        if not works_on_products(effect) or not board.double.isdisjoint(
            self._matched[rule.position]
        ):
            return False
        return not (isinstance(effect, OfferList) and self._fresh.sheet.entries.given)

    def _is_by_sum(self, rule: Rule) -> bool:
        """Tell whether what a rule takes of a sum is no more than it would take of the parts."""
        if rule.gives or rule.bands or rule.of_delivery or _uses_up(rule):
            return False
        return works_on_sum(rule) and not isinstance(rule.promotion.effect, TotalPrice)

    def _rest(self, item: UnitClass, others: Sequence[Rule]) -> Rest:
        """Return what units of a class get from promotions that all can have."""
        rules = [rule for rule in others if item.entry in self._matched[rule.position]]
        if not rules:
            return 0
        sheet = self._fresh.sheet

        def value(units: int) -> int:
            if not units:
                return 0
            single = sheet.single(item.entry, units, item.value * units)
            for rule in rules:
                found = rule.apply(single, [0])
                shares = found.shares if isinstance(found, Used) else found
                if shares:
                    single.take([0], shares)
            return item.value * units - single.left[0]

        return Tail(value, item.value)

    def _by_pricing(
        self, others: Sequence[Rule], board: _Board, found: _Found, bound: int
    ) -> tuple[_Found, int]:
        """Price the choices one by one, if they are few; else go where each step gives more."""
        droppable = [rule.position for rule in others if not rule.gives and not rule.bands]
        few = self._effort.choices
        if 2 ** len(droppable) <= few:
            choices = list(islice(_choices(droppable, board), few + 1))
            if len(choices) <= few:
                found = max([found, *map(self.priced, choices)], key=_rank)
                return found, max(bound, found.given) if board.unknown else found.given
        found = max((found, self._climbed(droppable)), key=_rank)
        return found, max(bound, found.given)

    def _climbed(self, droppable: Sequence[int]) -> _Found:
        """Leave out or take back one promotion after another, as long as that gives more."""
        here = self._packed or self.priced(_NOTHING_MADE)
        left = self._effort.choices
        while True:
            dropped, made = here.chosen or _NOTHING_MADE
            steps = [
                Chosen(dropped ^ {position}, {k: v for k, v in made.items() if k != position})
                for position in (*droppable, *sorted(made))
            ]
            left -= len(steps)
            best = max([here, *map(self.priced, steps)], key=_rank)
            if best.given <= here.given or left < 0:
                return best
            here = best

    def _worth(self) -> int:
        """Return all that there is to be given away."""
        fresh = self._fresh.sheet
        return sum(fresh.base) + self._gifts(self._rules(self._matched))

    def _beside(self, others: Iterable[Rule]) -> int:
        """Return what each of some rules gives at most."""
        rules, fresh = list(others), self._fresh
        mode, is_taxed = fresh.book.configuration.rate_rounding, fresh.taxing is not None
        return self._gifts(rules) + sum(
            most_of(rule, fresh.sheet, self._matched[rule.position], mode, is_taxed=is_taxed)
            for rule in rules
            if not (rule.gives or rule.bands)
        )

    def _gifts(self, rules: Iterable[Rule]) -> int:
        """Return what gifts are worth at most, and what is added to coupons at most."""
        return sum(
            self._fresh.worth_beside(rule, self._matched[rule.position])
            for rule in rules
            if rule.gives or rule.bands
        )


class _Board:
    """Classes of units, and the options that take them.

    Attributes:
        unknown: What rules could give at most of which not all ways are known.
        double: Entries whose units are of several classes.
    """

    def __init__(
        self,
        classes: Sequence[UnitClass],
        options: Sequence[_Option],
        limits: dict[int, int],
        unknown: int,
    ) -> None:
        self.classes = classes
        self.options = options
        self.unknown = unknown
        entries = [item.entry for item in classes]
        self.double = {entry for entry in entries if entries.count(entry) > 1}
        self._limits = limits

    def packed(self, rest: Sequence[Rest], nodes: int, dropped: Iterable[int]) -> Packing:
        """Return the packing of the options that gives most, without rules that are left out."""
        columns = [
            Column(option.position, option.way.uses, option.way.value) for option in self.options
        ]
        units = [item.units for item in self.classes]
        limits = {**self._limits, **dict.fromkeys(dropped, 0)}
        return pack(units, columns, limits=limits, rest=rest, nodes=nodes)

    def made(self, counts: Sequence[int], dropped: frozenset[int]) -> Chosen:
        """Return the choice that makes each option so many times."""
        made: dict[int, dict[int, Made]] = {}
        for option, count in zip(self.options, counts, strict=True):
            if not count:
                continue
            of_rule = made.setdefault(option.position, {})
            for (k, units), share in zip(option.way.uses, option.way.shares, strict=True):
                item = self.classes[k]
                before = of_rule.get(item.entry, Made(item.entry, 0, 0, 0))
                of_rule[item.entry] = Made(
                    item.entry,
                    before.units + units * count,
                    before.value + item.value * units * count,
                    before.share + share * count,
                )
        return Chosen(
            dropped,
            {position: tuple(sorted(of.values())) for position, of in sorted(made.items())},
        )

    def fillings(self) -> Iterator[tuple[int, ...]]:
        """Return every way to make options with the units there are, nothing made first."""
        left = [item.units for item in self.classes]
        uses = dict(self._limits)

        def fill(start: int) -> Iterator[tuple[int, ...]]:
            if start == len(self.options):
                yield ()
                return
            position, way = self.options[start]
            most = min(left[k] // units for k, units in way.uses)
            most = min(most, uses.get(position, most))
            for count in range(most + 1):
                self._move(left, uses, start, count)
                for others in fill(start + 1):
                    yield (count, *others)
                self._move(left, uses, start, -count)

        return fill(0)

    def _move(self, left: list[int], uses: dict[int, int], option: int, count: int) -> None:
        position, way = self.options[option]
        for k, units in way.uses:
            left[k] -= units * count
        if position in uses:
            uses[position] -= count


def _choices(droppable: Sequence[int], board: _Board) -> Iterator[Chosen]:
    """Return every admissible choice, those that drop little first."""
    for number in range(len(droppable) + 1):
        for dropped in combinations(droppable, number):
            for counts in board.fillings():
                yield board.made(counts, frozenset(dropped))


def _note_failed(failed: list[Rule], rule: Rule, sheet: Sheet, turn: Turn) -> None:
    """Note a rule whose conditions do not hold of what the choice leaves."""
    if turn.taken is None and looks_at_rest(rule) and not rule.passes(sheet, turn.at, turn.facts):
        failed.append(rule)


def _is_rounded_in_all(rule: Rule) -> bool:
    """Tell whether a rate is rounded once for the sum, so that parts may come to less."""
    effect = rule.promotion.effect
    return isinstance(effect, PercentOff) and effect.level is RoundingLevel.ORDER


def _uses_up(rule: Rule) -> bool:
    """Tell whether a choice says which units the rule uses up."""
    promotion = rule.promotion
    return (
        promotion.exclusive
        and promotion.group is None
        and not (rule.gives or rule.bands or rule.of_delivery)
    )


def _given(answer: PricedBasket) -> int:
    taken = sum([item.minor for item in answer.discounts])
    return taken + sum([gift.off_minor for gift in answer.gifts]) + answer.match_minor


def _rank(found: _Found) -> tuple[object, ...]:
    """Order choices: the most given, the fewest promotions, the first ids, the first units."""
    applied = sorted({item.promotion_id for item in found.answer.discounts})
    dropped, made = found.chosen or _NOTHING_MADE
    return (found.given, _Fewest((len(applied), applied, sorted(dropped), sorted(made.items()))))


class _Fewest:
    """Turn an order round, so that the smallest is the greatest."""

    __slots__ = ("_key",)

    def __init__(self, key: tuple[object, ...]) -> None:
        self._key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Fewest) and self._key == other._key

    def __hash__(self) -> int:
        return hash(str(self._key))

    def __lt__(self, other: _Fewest) -> bool:
        return other._key < self._key
