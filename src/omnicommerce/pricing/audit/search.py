"""The search for a basket that breaks a parity group, and for what breaks it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, islice, product
from typing import Final, TypeAlias

import attrs

from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.audit.artefacts import Artefact, ArtefactKind
from omnicommerce.pricing.audit.bench import Bench, Case, Outcome, Unpriced
from omnicommerce.pricing.audit.excuses import Excuses, Judgement
from omnicommerce.pricing.audit.lens import Lens
from omnicommerce.pricing.audit.shrink import shrunk
from omnicommerce.pricing.audit.streams import Streams
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.model import ListRole, PricingConfiguration
from omnicommerce.pricing.parity import Figures, ParityDifference, compare
from omnicommerce.pricing.parity_model import ParityLevel
from omnicommerce.pricing.promotions import Status

__all__ = ["Compile", "Mask", "Search", "Trial"]

Compile: TypeAlias = Callable[[PricingConfiguration], PriceBook]

_MOST_BASES: Final = 40
_MOST_SKUS: Final = 12


@attrs.frozen
class Trial:
    """A case in which two channels differ, and no exception allows it."""

    case: Case
    pair: tuple[Lens, Lens]
    differences: tuple[ParityDifference, ...]
    judgement: Judgement


@attrs.frozen
class Mask:
    """A case in which a difference is hidden by another promotion, and which one that is."""

    case: Case
    pair: tuple[Lens, Lens]
    promotion_id: str


@attrs.define
class Search:
    """Looks for differences between the channels of one group.

    Args:
        configuration: Prices and promotions.
        lenses: The channels.
        kindred: The same, those together for which the configuration says the same.
        level: Up to where they are compared.
        bench: Where cases are priced.
        streams: Where cases come from.
        excuses: The declared exceptions.
        compile: How to make a book of a configuration.
        allowed: By id of the exceptions that allowed something so far, a case of it.
    """

    configuration: PricingConfiguration
    lenses: tuple[Lens, ...]
    kindred: tuple[tuple[Lens, ...], ...]
    level: ParityLevel
    bench: Bench
    streams: Streams
    excuses: Excuses
    compile: Compile
    allowed: dict[str, Trial] = attrs.field(factory=dict)
    _without: dict[str, Bench | None] = attrs.field(factory=dict)
    _under_way: dict[str, Iterator[Case]] = attrs.field(factory=dict)

    def counterexample(self, artefact: Artefact, most: int) -> Trial | None:
        """Return the smallest case found that differs because of an artefact; None: none was.

        The search goes on where it was left the last time.

        Args:
            artefact: What is not the same in every channel.
            most: How many cases to try.
        """
        if artefact.path not in self._under_way:
            self._under_way[artefact.path] = self.cases(artefact)
        for case in islice(self._under_way[artefact.path], most):
            trial = self._blaming(case, artefact)
            if trial is not None:

                def shows(smaller: Case) -> Trial | None:
                    return self._blaming(smaller, artefact)

                return shrunk(case, shows, trial, self.streams.at)[1]
        return None

    def mask(self, artefact: Artefact) -> Mask | None:
        """Return a case in which an artefact would show, were it not for another promotion."""
        if artefact.kind is not ArtefactKind.PROMOTION:
            return None
        for case in islice(self.cases(artefact), _MOST_BASES):
            for promotion_id in self._used_in(case):
                number = self._number(promotion_id)
                path = f"$.promotions[{number}]"
                bench = self._bench_without(path)
                if path == artefact.path or bench is None:
                    continue
                trial = self._trial(case, bench)
                if trial is not None:
                    return Mask(case, trial.pair, promotion_id)
        return None

    def _number(self, promotion_id: str) -> int:
        return next(
            number
            for number, item in enumerate(self.configuration.promotions)
            if item.promotion_id == promotion_id
        )

    def _used_in(self, case: Case) -> list[str]:
        found: set[str] = set()
        for lens in (kin[0] for kin in self.kindred):
            seen = Case(lens.basket(case.basket), lens.situation(case.situation))
            priced = self.bench.price(seen)
            if priced is not None:
                found |= set(priced.uses)
        known = {item.promotion_id for item in self.configuration.promotions}
        return sorted(found & known)

    def cases(self, artefact: Artefact) -> Iterator[Case]:
        """Yield cases about an artefact: alone, with other promotions, at other times and facts."""
        return _distinct(self._staged(artefact))

    def _staged(self, artefact: Artefact) -> Iterator[Case]:
        bases: list[Case] = []
        for case in self._alone(artefact):
            if len(bases) < _MOST_BASES:
                bases.append(case)
            yield case
        for case in bases[:3]:
            yield from self.streams.instants(case)
        yield from self._with_others(artefact)
        for case in bases:
            yield from self.streams.variations(case)

    def _with_others(self, artefact: Artefact) -> Iterator[Case]:
        mine = None
        if artefact.kind is ArtefactKind.PROMOTION:
            mine = self.configuration.promotions[artefact.position]
        for other, lens in product(self.streams.active, [kin[0] for kin in self.kindred]):
            if mine is None:
                yield from self.streams.promotion(other, lens, grounds=self.streams.grounds[:2])
            elif other.promotion_id != mine.promotion_id:
                yield from self.streams.together(mine, other, lens)

    def _alone(self, artefact: Artefact) -> Iterator[Case]:
        """Yield cases about the artefact itself, from the channels in turn."""
        yield from _in_turns([self._seen_from(kin[0], artefact) for kin in self.kindred])

    def _seen_from(self, lens: Lens, artefact: Artefact) -> Iterator[Case]:
        match artefact.kind:
            case ArtefactKind.PROMOTION:
                promotion = self.configuration.promotions[artefact.position]
                yield from self.streams.promotion(promotion, lens, others=self.lenses)
            case ArtefactKind.ROWS:
                skus = artefact.skus[:_MOST_SKUS]
                yield from self.streams.rows(skus, lens)
                yield from self.streams.offers(artefact.list_id, skus, lens)
            case _:
                for position in artefact.promotions:
                    promotion = self.configuration.promotions[position]
                    yield from self.streams.promotion(promotion, lens)
                for predicate in artefact.whens:
                    yield from self.streams.anything(predicate, lens)

    def trial(self, case: Case) -> Trial | None:
        """Return how two channels differ in a case; None: they do not, or may."""
        return self._trial(case, self.bench)

    def _trial(self, case: Case, bench: Bench) -> Trial | None:
        first = [kin[0] for kin in self.kindred]
        seen = bench.outcomes(case, first, self.level)
        if all(outcome == seen[0] for outcome in seen):
            return None
        outcomes = {
            lens.channel: outcome
            for kin, outcome in zip(self.kindred, seen, strict=True)
            for lens in kin
        }
        for pair in combinations(self.lenses, 2):
            left, right = (outcomes[lens.channel] for lens in pair)
            if left != right:
                trial = self._judged(case, pair, left, right)
                if trial is not None:
                    return trial
        return None

    def _judged(
        self, case: Case, pair: tuple[Lens, Lens], expected: Outcome, found: Outcome
    ) -> Trial | None:
        channels = pair[0].channel, pair[1].channel
        if isinstance(expected, Figures) and isinstance(found, Figures):
            differences = compare(*_crossed(channels, expected, found), level=self.level)
            judgement = self.excuses.judge(case, differences)
            trial = Trial(case, pair, tuple(differences), judgement)
            for exception_id in judgement.used:
                self.allowed.setdefault(exception_id, trial)
            return trial if judgement.uncovered else None
        if isinstance(expected, Unpriced) and isinstance(found, Unpriced):
            return None
        if self.excuses.unpriced(case, channels):
            return None
        silent = channels[0] if isinstance(expected, Unpriced) else channels[1]
        other = channels[1] if isinstance(expected, Unpriced) else channels[0]
        reason = Reason("parity.not_priced", {"channel": silent, "reference": other})
        judgement = Judgement(uncovered=(), used=frozenset(), reason=reason)
        return Trial(case, pair, (), judgement)

    def _blaming(self, case: Case, artefact: Artefact) -> Trial | None:
        """Return how channels differ in a case, if that is because of the artefact."""
        trial = self.trial(case)
        if trial is None or not self._is_to_blame(artefact, trial):
            return None
        return trial

    def _is_to_blame(self, artefact: Artefact, trial: Trial) -> bool:
        match artefact.kind:
            case ArtefactKind.ROWS:
                return self._is_about_rows(artefact, trial)
            case ArtefactKind.FACTS:
                return True
            case _:
                bench = self._bench_without(artefact.path)
                if bench is None:
                    return True
                left, right = bench.outcomes(trial.case, trial.pair, self.level)
                return self._differences(trial.pair, left, right) != trial.differences

    def _is_about_rows(self, artefact: Artefact, trial: Trial) -> bool:
        """Tell whether a product of the rows has another price before promotions, or offer."""
        item = next(item for item in self.configuration.lists if item.list_id == artefact.list_id)
        level = ParityLevel.LINE if item.role is ListRole.OFFER else ParityLevel.LIST
        by_id = {line.line_id: line.sku for line in trial.case.basket.lines}
        if not trial.differences:
            return not set(by_id.values()).isdisjoint(artefact.skus)
        return any(
            difference.level is level and by_id.get(str(difference.line_id)) in artefact.skus
            for difference in trial.differences
        )

    def _differences(
        self, pair: tuple[Lens, Lens], left: Outcome, right: Outcome
    ) -> tuple[ParityDifference, ...]:
        if not isinstance(left, Figures) or not isinstance(right, Figures):
            return ()
        channels = pair[0].channel, pair[1].channel
        return tuple(compare(*_crossed(channels, left, right), level=self.level))

    def _bench_without(self, path: str) -> Bench | None:
        """Return where to price as if a part of the configuration were not there."""
        if path not in self._without:
            rest = without(self.configuration, path)
            book = None if rest is None else self.compile(rest)
            self._without[path] = None if book is None else Bench(book)
        return self._without[path]


def _in_turns(streams: list[Iterator[Case]]) -> Iterator[Case]:
    """Yield from each stream in turn until all are empty."""
    waiting = deque(streams)
    while waiting:
        stream = waiting.popleft()
        for case in stream:
            yield case
            waiting.append(stream)
            break


def _distinct(cases: Iterable[Case]) -> Iterator[Case]:
    seen: set[Case] = set()
    for case in cases:
        if case not in seen:
            seen.add(case)
            yield case


def _crossed(
    channels: tuple[str, str], left: Figures, right: Figures
) -> tuple[str, Figures, str, Figures]:
    return channels[0], left, channels[1], right


def without(configuration: PricingConfiguration, path: str) -> PricingConfiguration | None:
    """Return the configuration without one member of a collection; None: the path is no such."""
    name, _, rest = path.removeprefix("$.").partition("[")
    members = getattr(configuration, name, None)
    if not isinstance(members, tuple) or not rest.endswith("]"):
        return None
    position = int(rest[:-1])
    if name == "promotions":
        promotion = attrs.evolve(members[position], status=Status.ARCHIVED)
        members = (*members[:position], promotion, *members[position + 1 :])
    else:
        members = (*members[:position], *members[position + 1 :])
    return attrs.evolve(configuration, **{name: members})  # type: ignore[arg-type] # field by name
