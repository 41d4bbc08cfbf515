"""The static audit: are the channels of a group equal for every basket? If not, for which?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Final

import attrs

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.audit.artefacts import Artefact
from omnicommerce.pricing.audit.bench import Bench, Case
from omnicommerce.pricing.audit.excuses import Excuses, figures_of_difference, telling
from omnicommerce.pricing.audit.lens import Lens, lenses
from omnicommerce.pricing.audit.model import (
    AuditReport,
    Finding,
    GroupVerdict,
    Seen,
    Severity,
    Verdict,
    Witness,
)
from omnicommerce.pricing.audit.search import Compile, Mask, Search, Trial
from omnicommerce.pricing.audit.shelf import Shelf
from omnicommerce.pricing.audit.situations import grounds
from omnicommerce.pricing.audit.streams import Streams
from omnicommerce.pricing.audit.taint import Taint, opaque_places
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.book import Condition, PriceBook
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.parity import ParityDifference
from omnicommerce.pricing.parity_model import ParityGroup
from omnicommerce.pricing.rules import OpaqueFunction

__all__ = ["audit"]

_CASES: Final = 2_000
_FEWEST: Final = 300
_RANKS: Final = tuple(Severity)


def audit(
    configuration: PricingConfiguration,
    *,
    at: datetime,
    situations: Iterable[Situation] = (),
    cases: int = _CASES,
    conditions: Mapping[str, Condition] | None = None,
    effects: Mapping[str, OpaqueFunction] | None = None,
) -> AuditReport:
    """Say of each parity group whether its channels are equal for every basket.

    What mentions a channel, or a fact that follows from it, is worked out for
    each channel and compared. Where nothing is left, the group is *proved*: the
    price is a pure function, and the channel does not reach it. For what is
    left, baskets at every limit are priced in each channel. A difference that
    no exception allows makes the group *violated*, and the smallest basket
    found is in the finding. Otherwise there is *no counterexample* in so many
    cases, which proves nothing.

    Delivery prices, tenders, cash rounding and stock are the same in all cases:
    the audit is about the configuration, not about what a channel is told.

    Args:
        configuration: Prices, promotions, groups and exceptions.
        at: The instant of the audit; what has ended by then is left out.
        situations: Further places and customers to start from, such as the
            shop's locations with their zones.
        cases: About how many cases may be priced for each group.
        conditions: The functions of `Opaque` conditions, as `PriceBook.compile` takes them.
        effects: The functions of `OpaqueEffect`.

    Raises:
        InvalidConfiguration: The configuration contradicts itself.
        InvalidValue: ``at`` is naive.

    Example:
        >>> from datetime import UTC
        >>> from omnicommerce.kernel.predicates import OneOf
        >>> from omnicommerce.pricing import (
        ...     AmountOff,
        ...     PriceList,
        ...     PriceRow,
        ...     ProductTraits,
        ...     Promotion,
        ... )
        >>> shop = PricingConfiguration(
        ...     currency="EUR",
        ...     products=[ProductTraits("TEA")],
        ...     lists=[PriceList("shelf")],
        ...     rows=[PriceRow(price_list="shelf", sku="TEA", amount=450)],
        ...     promotions=[
        ...         Promotion(
        ...             promotion_id="app", when=OneOf("channel", {"app"}), effect=AmountOff(50)
        ...         )
        ...     ],
        ...     parity_groups=[ParityGroup(group_id="all", channels={"app", "web"})],
        ... )
        >>> (group,) = audit(shop, at=datetime(2026, 11, 21, tzinfo=UTC)).groups
        >>> group.verdict, group.findings[0].path, group.witness.units
        (<Verdict.VIOLATED: 'violated'>, '$.promotions[0].when', 1)
    """
    at = require_instant(at)
    compile_book = partial(PriceBook.compile, conditions=conditions or {}, effects=effects or {})
    auditor = _Auditor(configuration, at, compile_book, tuple(situations), cases)
    verdicts = [auditor.group(group) for group in configuration.parity_groups]
    return AuditReport(groups=verdicts, findings=auditor.unused())


@attrs.define
class _Auditor:
    configuration: PricingConfiguration
    at: datetime
    compile: Compile
    situations: tuple[Situation, ...]
    cases: int
    _used: set[str] = attrs.field(factory=set)
    _book: PriceBook = attrs.field(init=False)
    _shelf: Shelf = attrs.field(init=False)
    _opaque: tuple[str, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._book = self.compile(self.configuration)
        self._shelf = Shelf(self.configuration)
        self._opaque = opaque_places(self.configuration)

    def group(self, group: ParityGroup) -> GroupVerdict:
        """Return the verdict on one group."""
        configuration = self.configuration
        seen = lenses(configuration, group.channels, self.at)
        taint = Taint(configuration, seen, self.at, group.level)
        search = self._search(taint)
        findings = [self._opaque_finding(path) for path in self._opaque]
        findings += self._about_all(taint.artefacts, search)
        findings += self._allowed(search)
        findings.sort(key=lambda item: _RANKS.index(item.severity))
        return _verdict(group, findings, taint, search.bench.priced)

    def _search(self, taint: Taint) -> Search:
        bench = Bench(self._book)
        start = grounds(self.configuration, self.at, self.situations)
        return Search(
            self.configuration,
            taint.lenses,
            taint.kindred,
            taint.level,
            bench,
            Streams(self.configuration, self._shelf, bench, start, self.at),
            Excuses(self.configuration.parity_exceptions, self.at, self._shelf),
            self.compile,
        )

    def _about_all(self, artefacts: tuple[Artefact, ...], search: Search) -> Iterator[Finding]:
        """Yield what is found about each artefact: a little for all, then more while nothing is."""
        share = max(_FEWEST, self.cases // max(1, len(artefacts)))
        left = dict.fromkeys(artefacts)
        for most in (min(_FEWEST, share), share):
            for artefact in tuple(left):
                trial = search.counterexample(artefact, most)
                if trial is not None:
                    del left[artefact]
                    yield _violation(artefact, trial)
            if len(left) < len(artefacts):
                break
        for artefact in left:
            mask = search.mask(artefact)
            if mask is not None:
                yield _masked(artefact, mask)

    def _opaque_finding(self, path: str) -> Finding:
        return Finding(reason=Reason("parity.opaque"), severity=Severity.WARNING, path=path)

    def _allowed(self, search: Search) -> Iterator[Finding]:
        for number, item in enumerate(self.configuration.parity_exceptions):
            trial = search.allowed.get(item.exception_id)
            if trial is not None:
                self._used.add(item.exception_id)
                allowed = figures_of_difference(telling(trial.differences))
                name = {"exception_id": item.exception_id}
                yield Finding(
                    reason=Reason("parity.allowed", {**allowed, **name}),
                    severity=Severity.NOTE,
                    path=f"$.parity_exceptions[{number}]",
                    witness=_witness(trial.case, trial.pair, trial.differences),
                )

    def unused(self) -> Iterator[Finding]:
        """Yield the exceptions that have expired, or allowed nothing in any case."""
        for number, item in enumerate(self.configuration.parity_exceptions):
            name = {"exception_id": item.exception_id}
            path = f"$.parity_exceptions[{number}]"
            if item.expires_at <= self.at:
                over = {**name, "expired_at": item.expires_at.isoformat(), "owner": item.owner}
                yield Finding(
                    reason=Reason("parity.exception_over", over),
                    severity=Severity.WARNING,
                    path=f"{path}.expires_at",
                )
            elif item.exception_id not in self._used:
                yield Finding(
                    reason=Reason("parity.exception_unused", name),
                    severity=Severity.WARNING,
                    path=path,
                )


def _verdict(group: ParityGroup, findings: list[Finding], taint: Taint, cases: int) -> GroupVerdict:
    channels = tuple(sorted(group.channels))
    verdict, reason = Verdict.NOT_REFUTED, Reason("parity.no_counterexample", {"cases": cases})
    if any(item.severity is Severity.ERROR for item in findings):
        smallest = min(item.witness.units for item in findings if item.witness is not None)
        verdict, reason = Verdict.VIOLATED, Reason("parity.violated", {"units": smallest})
    elif not taint.artefacts and not any(item.code == "parity.opaque" for item in findings):
        verdict = Verdict.PROVED
        mentions = len(taint.mentions)
        reason = Reason("parity.proved", {"mentions": mentions})
    return GroupVerdict(
        group_id=group.group_id,
        channels=channels,
        level=group.level,
        verdict=verdict,
        cases=cases,
        findings=tuple(findings),
        reason=reason,
    )


def _violation(artefact: Artefact, trial: Trial) -> Finding:
    why = trial.judgement.reason
    return Finding(
        reason=why or Reason("parity.differs", figures_of_difference(telling(trial.differences))),
        severity=Severity.ERROR,
        path=artefact.mentions[0] if artefact.mentions else artefact.path,
        witness=_witness(trial.case, trial.pair, trial.differences),
        related=tuple(dict.fromkeys((artefact.path, *artefact.mentions))),
    )


def _masked(artefact: Artefact, mask: Mask) -> Finding:
    left, right = mask.pair
    figures = {"by": mask.promotion_id, "reference": left.channel, "channel": right.channel}
    return Finding(
        reason=Reason("parity.masked", figures),
        severity=Severity.WARNING,
        path=artefact.mentions[0],
        witness=_witness(mask.case, mask.pair, ()),
        related=(artefact.path,),
    )


def _witness(
    case: Case, pair: tuple[Lens, Lens], differences: tuple[ParityDifference, ...]
) -> Witness:
    seen = tuple(Seen(lens.basket(case.basket), lens.situation(case.situation)) for lens in pair)
    return Witness(
        basket=case.basket,
        situation=seen[0].situation,
        channels=(pair[0].channel, pair[1].channel),
        seen=seen,
        differences=differences,
    )
