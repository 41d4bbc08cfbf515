"""Lints: what in a configuration can hardly be meant, each with a basket that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial

from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.audit.inquiry import Inquiry, Known, LintPolicy
from omnicommerce.pricing.audit.lints_amounts import (
    cliffs,
    currencies,
    depths,
    endless,
    overlaps,
    stacked,
)
from omnicommerce.pricing.audit.lints_priced import giving, ordered, settled
from omnicommerce.pricing.audit.lints_windows import timed, unreachable_rows
from omnicommerce.pricing.audit.lints_written import written
from omnicommerce.pricing.audit.model import Finding, Severity
from omnicommerce.pricing.book import Condition, PriceBook
from omnicommerce.pricing.model import PricingConfiguration
from omnicommerce.pricing.rules import OpaqueFunction

__all__ = ["lint"]

_RANKS = tuple(Severity)
_PRICED = (giving, ordered, settled, cliffs, depths, stacked, endless, overlaps, currencies)


def lint(
    configuration: PricingConfiguration,
    *,
    at: datetime,
    known: Known | None = None,
    policy: LintPolicy | None = None,
    conditions: Mapping[str, Condition] | None = None,
    effects: Mapping[str, OpaqueFunction] | None = None,
) -> tuple[Finding, ...]:
    """Return what in a configuration can hardly be meant: errors first, then in its order.

    Baskets are priced to look for most of it, so what is found is really so;
    what is not found may still be there.

    Args:
        configuration: Prices and promotions.
        at: The instant that counts: what has ended by then is over.
        known: What the shop has, to find names of nothing.
        policy: From when on a finding is a warning.
        conditions: The functions of `Opaque` conditions, as `PriceBook.compile` takes them.
        effects: The functions of `OpaqueEffect`.

    Raises:
        InvalidValue: ``at`` is naive.

    Example:
        >>> from datetime import UTC
        >>> from omnicommerce.kernel.predicates import AtLeast
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
        ...             promotion_id="four-off",
        ...             when=AtLeast("spend.left", 900),
        ...             effect=AmountOff(400),
        ...         )
        ...     ],
        ... )
        >>> for finding in lint(shop, at=datetime(2026, 11, 21, tzinfo=UTC)):
        ...     print(finding.severity, finding.path, finding.code)
        warning $.promotions[0].when lint.self_defeating
    """
    at = require_instant(at)
    compile_book = partial(PriceBook.compile, conditions=conditions or {}, effects=effects or {})
    found: list[Finding] = []
    book: PriceBook | None = None
    try:
        book = compile_book(configuration)
    except InvalidConfiguration as error:
        found.append(refused(error))
    inquiry = Inquiry(
        configuration, at, known or Known(), policy or LintPolicy(), compile_book, book
    )
    found += _findings(inquiry)
    return tuple(sorted(found, key=lambda item: _RANKS.index(item.severity)))


def refused(error: InvalidConfiguration) -> Finding:
    """Return why a configuration cannot be used at all, as a finding."""
    problem = error.message.removeprefix(f"{error.path}: ")
    return Finding(
        reason=Reason("lint.refused", {"problem": problem}),
        severity=Severity.ERROR,
        path=error.path,
    )


def _findings(inquiry: Inquiry) -> Iterator[Finding]:
    yield from written(inquiry)
    yield from timed(inquiry)
    yield from unreachable_rows(inquiry)
    if inquiry.book is not None:
        for look in _PRICED:
            yield from look(inquiry)
