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
from functools import cached_property
from itertools import combinations
from typing import Final, NamedTuple

import attrs

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
from omnicommerce.pricing.effects import OfferList
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
        choices: So many are priced where they cannot be compared without pricing them.
        nodes: So many are spent on the packing of units.
    """

    choices: int = 6000
    nodes: int = 60_000


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
        if not board.unknown and self._is_separable(exclusive, others, board):
            found, certificate = self._by_packing(others, board)
            if certificate.is_optimal:
                return found, certificate
        return self._by_pricing(others, board)

    def _by_packing(self, others: Sequence[Rule], board: _Board) -> tuple[_Found, Certificate]:
        """Find the best choice as the best packing: every class of units is worth a sum.

        What takes from the sum of what is left comes after, and never gives more
        than it would give by itself.
        """
        rests = [self._rest(item, others) for item in board.classes]
        packing = board.packed(rests, self._effort.nodes)
        packed = self.priced(board.made(packing.counts, frozenset()))
        found = max((packed, self.first), key=_rank)
        by_sum = [
            rule for rule in others if rule.gives or not works_on_products(rule.promotion.effect)
        ]
        bound = packing.bound + self._beside(by_sum)
        return found, Certificate(
            found.given, max(bound, found.given), packing.nodes + self._priced
        )

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

    def _is_separable(
        self, exclusive: Sequence[Rule], others: Sequence[Rule], board: _Board
    ) -> bool:
        """Tell whether each class of units is worth a sum, whatever happens to the others."""
        if any(looks_at_rest(rule) for rule in (*exclusive, *others)):
            return False
        if not all(rule.is_plain for rule in exclusive):
            return False
        entries = [item.entry for item in board.classes]
        double = {entry for entry in entries if entries.count(entry) > 1}
        summed = False
        for rule in others:
            if rule.gives or rule.bands:
                continue
            if rule.everything and works_on_sum(rule):
                summed = True
            elif summed or not self._is_by_unit(rule, double):
                return False
        return all(is_additive(rule) and not rule.of_delivery for rule in others)

    def _is_by_unit(self, rule: Rule, double: set[int]) -> bool:
        """Tell whether a rule works on each product by itself, and those are of one class each."""
        effect = rule.promotion.effect
        if not works_on_products(effect) or not double.isdisjoint(self._matched[rule.position]):
            return False
        return not (isinstance(effect, OfferList) and self._fresh.sheet.entries.given)

    def _rest(self, item: UnitClass, others: Sequence[Rule]) -> Rest:
        """Return what units of a class get from promotions that all can have."""
        rules = [
            rule
            for rule in others
            if works_on_products(rule.promotion.effect)
            and not rule.gives
            and item.entry in self._matched[rule.position]
        ]
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

    def _by_pricing(self, others: Sequence[Rule], board: _Board) -> tuple[_Found, Certificate]:
        """Price the choices one by one, and say how good any other could be."""
        droppable = [rule.position for rule in others if not rule.gives and not rule.bands]
        best = max((self.first, self.priced(_NOTHING_MADE)), key=_rank)
        packing = board.packed(None, self._effort.nodes)
        best = max((best, self.priced(board.made(packing.counts, frozenset()))), key=_rank)
        bound = min(packing.bound + board.unknown + self._beside(others), self._worth())
        finished = not board.unknown
        for chosen in _choices(droppable, board):
            if best.given >= bound:
                break
            if self._priced >= self._effort.choices:
                finished = False
                break
            best = max((best, self.priced(chosen)), key=_rank)
        bound = best.given if finished else max(bound, best.given)
        return best, Certificate(best.given, bound, packing.nodes + self._priced)

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
        self._limits = limits

    def packed(self, rest: Sequence[Rest] | None, nodes: int) -> Packing:
        """Return the packing of the options that gives most."""
        columns = [
            Column(option.position, option.way.uses, option.way.value) for option in self.options
        ]
        units = [item.units for item in self.classes]
        return pack(units, columns, limits=self._limits, rest=rest, nodes=nodes)

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
