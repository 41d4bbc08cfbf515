"""What every lint looks at: the configuration, what the shop is known to have, and priced cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.predicates import OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.audit.bench import Bench, Case
from omnicommerce.pricing.audit.lens import Lens, lenses
from omnicommerce.pricing.audit.logic import atoms
from omnicommerce.pricing.audit.model import Witness
from omnicommerce.pricing.audit.reduced import reduced
from omnicommerce.pricing.audit.search import Compile
from omnicommerce.pricing.audit.shelf import Shelf
from omnicommerce.pricing.audit.situations import grounds
from omnicommerce.pricing.audit.streams import Streams
from omnicommerce.pricing.basket import Basket, Situation
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.promotions import Promotion, Status
from omnicommerce.pricing.result import PricedBasket

__all__ = ["Inquiry", "Known", "LintPolicy", "Placed", "shown_by"]

_NO_CHANNEL: Final = "-"
_MOST_CHANNELS: Final = 6
_FEWEST: Final = 6


def _texts(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else frozenset(value)


@attrs.frozen(kw_only=True)
class Known:
    """What a shop is known to have; what is None is not known, and not checked.

    Args:
        channels: Its channels.
        locations: Its locations.
        zones: Its price zones.
        codes: What codes kept elsewhere can unlock.
        situations: Places to start from, such as its locations with their zones.
    """

    channels: frozenset[str] | None = attrs.field(default=None, converter=_texts)
    locations: frozenset[str] | None = attrs.field(default=None, converter=_texts)
    zones: frozenset[str] | None = attrs.field(default=None, converter=_texts)
    codes: frozenset[str] | None = attrs.field(default=None, converter=_texts)
    situations: tuple[Situation, ...] = ()


@attrs.frozen(kw_only=True)
class LintPolicy:
    """From when on a finding is a warning and no longer a note.

    Args:
        cliff: What a basket may cost less with a unit more, as a share of the dearer one.
        cases: How many cases are priced for each promotion at most.
        total: About how many for all of them; each gets a few in any case.
        search: How many before it is said that a promotion never gives anything.
        pairs: How many pairs of promotions are looked at.
    """

    cliff: Rate = attrs.field(factory=lambda: Rate.percent(25))
    cases: int = 24
    total: int = 20_000
    search: int = 600
    pairs: int = 400


class Placed(NamedTuple):
    """A member of a collection with its path."""

    path: str
    promotion: Promotion


@attrs.frozen
class Inquiry:
    """One configuration under inspection.

    Args:
        configuration: What is inspected.
        at: The instant that counts.
        known: What the shop has.
        policy: What matters how much.
        compile: How to make a book of a configuration.
        book: The compiled configuration; None: it was refused, and nothing can be priced.
    """

    configuration: PricingConfiguration
    at: datetime
    known: Known
    policy: LintPolicy
    compile: Compile
    book: PriceBook | None
    _cases: dict[Promotion, tuple[Case, ...]] = attrs.field(factory=dict, eq=False, repr=False)
    _priced: dict[Case, PricedBasket | None] = attrs.field(factory=dict, eq=False, repr=False)

    @cached_property
    def bench(self) -> Bench:
        """Where cases are priced.

        Raises:
            InvalidValue: The configuration was refused.
        """
        if self.book is None:
            raise InvalidValue("configuration", "was refused, so that nothing can be priced")
        return Bench(self.book)

    @cached_property
    def shelf(self) -> Shelf:
        """The products."""
        return Shelf(self.configuration)

    @cached_property
    def streams(self) -> Streams:
        """Where cases come from."""
        start = grounds(self.configuration, self.at, self.known.situations)
        return Streams(self.configuration, self.shelf, self.bench, start, self.at)

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """The channels known or named, sorted; never empty."""
        found = set(self.known.channels or ())
        if not found:
            for group in self.configuration.parity_groups:
                found |= group.channels
            whens = [item.when for item in self.configuration.lists]
            whens += [item.when for item in self.configuration.promotions]
            for when in whens:
                for _, atom in atoms(when):
                    if isinstance(atom, OneOf) and atom.fact == "channel":
                        found |= atom.values
        return tuple(sorted(found)) or (_NO_CHANNEL,)

    @cached_property
    def lenses(self) -> tuple[Lens, ...]:
        """The first of these channels."""
        return lenses(self.configuration, self.channels[:_MOST_CHANNELS], self.at)

    @cached_property
    def active(self) -> tuple[Placed, ...]:
        """The promotions that can apply, with their paths."""
        return tuple(
            Placed(f"$.promotions[{number}]", promotion)
            for number, promotion in enumerate(self.configuration.promotions)
            if promotion.status is Status.ACTIVE
        )

    @cached_property
    def _most(self) -> int:
        """How many cases each promotion gets: fewer where there are very many."""
        return min(self.policy.cases, max(_FEWEST, self.policy.total // max(1, len(self.active))))

    def cases(self, promotion: Promotion) -> tuple[Case, ...]:
        """Return cases in which a promotion may apply, as a channel sees them."""
        known = self._cases.get(promotion)
        if known is None:
            known = self._cases[promotion] = self._first(
                (self.streams.promotion(promotion, lens) for lens in self.lenses), self._most
            )
        return known

    def every_case(self, promotion: Promotion) -> tuple[Case, ...]:
        """Return many more of them, for what must not be said lightly."""
        streams = (self.streams.promotion(promotion, lens) for lens in self.lenses)
        return self._first(streams, self.policy.search)

    def together(self, promotion: Promotion, other: Promotion) -> tuple[Case, ...]:
        """Return cases in which two promotions may meet, as a channel sees them."""
        streams = (self.streams.together(promotion, other, lens) for lens in self.lenses)
        return self._first(streams, self._most)

    def _first(self, streams: Iterable[Iterator[Case]], most: int) -> tuple[Case, ...]:
        """Return the cases of the first channel that has any, as it sees them."""
        for lens, stream in zip(self.lenses, streams, strict=True):
            found = tuple(islice(self._seen(stream, lens), most))
            if found:
                return found
        return ()

    def _seen(self, cases: Iterable[Case], lens: Lens) -> Iterator[Case]:
        for case in cases:
            yield Case(lens.basket(case.basket), lens.situation(case.situation))

    def priced(self, case: Case) -> PricedBasket | None:
        """Return what a case costs; None: it has no price."""
        if case not in self._priced:
            self._priced[case] = self.bench.price(case)
        return self._priced[case]

    def only(self, promotions: Iterable[Promotion], cases: Iterable[Case]) -> Bench:
        """Return where to price these cases with these promotions alone."""
        skus = {line.sku for case in cases for line in case.basket.lines}
        return Bench(self.compile(reduced(self.configuration, promotions, skus)))

    def without(self, promotion: Promotion, case: Case) -> Bench:
        """Return where to price a case as if a promotion were not there."""
        others = (
            item
            for item in self.configuration.promotions
            if item.promotion_id != promotion.promotion_id and item.status is Status.ACTIVE
        )
        return self.only(others, [case])


def shown_by(case: Case, other: Basket | None = None) -> Witness:
    """Return a case as the witness of a finding."""
    return Witness(basket=case.basket, situation=case.situation, other=other)
