"""Lints that only prices show: promotions that never give, and what they do to each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice

import attrs

from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AtLeast
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.audit.bench import Bench, Case
from omnicommerce.pricing.audit.crossings import crossings
from omnicommerce.pricing.audit.inquiry import Inquiry, Placed, shown_by
from omnicommerce.pricing.audit.logic import atoms
from omnicommerce.pricing.audit.model import Finding, Severity
from omnicommerce.pricing.parity import Figures, figures_of
from omnicommerce.pricing.promotions import Promotion, SelectionPolicy
from omnicommerce.pricing.result import PricedBasket

__all__ = ["giving", "ordered", "settled"]


def giving(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield promotions that never give anything, and budgets that cannot pay a single reward."""
    for placed in inquiry.active:
        found: tuple[Finding, ...] = ()
        for look in (inquiry.cases, inquiry.every_case):
            cases = look(placed.promotion)
            found = tuple(_fate(inquiry, placed, cases)) if cases else ()
            if not found:
                break  # it gives something: no need to look at more
        yield from found


def _fate(inquiry: Inquiry, placed: Placed, cases: tuple[Case, ...]) -> Iterator[Finding]:
    """Yield why a promotion gives nothing in any of these cases."""
    promotion = placed.promotion
    alone = inquiry.only([_unlimited(promotion)], cases)
    given = ((case, _given(alone, case, promotion)) for case in cases)
    rewarded = [(case, minor) for case, minor in given if minor is not None]
    if rewarded:
        poor = tuple(_budget(inquiry, placed, rewarded))
        yield from poor or _shadowed(inquiry, placed, [case for case, _ in rewarded])
    else:
        yield Finding(
            reason=Reason("lint.gives_nothing", {"promotion_id": promotion.promotion_id}),
            severity=Severity.WARNING,
            path=placed.path,
            witness=shown_by(cases[0]),
        )


def _unlimited(promotion: Promotion) -> Promotion:
    """Return a promotion whose budget pays for anything."""
    return attrs.evolve(promotion, budget=None, budget_per_customer=None, fact_limits=())


def _given(bench: Bench, case: Case, promotion: Promotion) -> int | None:
    """Return what a promotion takes, in minor units; None: it gives nothing at all."""
    priced = bench.price(case)
    if priced is None or promotion.promotion_id not in priced.uses:
        return None
    return _taken(priced, promotion.promotion_id)


def _taken(priced: PricedBasket, promotion_id: str) -> int:
    return sum(item.minor for item in priced.discounts if item.promotion_id == promotion_id)


def _shadowed(inquiry: Inquiry, placed: Placed, cases: list[Case]) -> Iterator[Finding]:
    """Yield a promotion that others leave nothing to, whatever is bought."""
    by: set[str] = set()
    for case in cases:
        priced = inquiry.priced(case)
        if priced is None or placed.promotion.promotion_id in priced.uses:
            return
        by |= set(priced.uses)
    figures = {"promotion_id": placed.promotion.promotion_id, "by": sorted(by)}
    yield Finding(
        reason=Reason("lint.shadowed", figures),
        severity=Severity.WARNING,
        path=placed.path,
        witness=shown_by(cases[0]),
    )


def _budget(
    inquiry: Inquiry, placed: Placed, rewarded: list[tuple[Case, int]]
) -> Iterator[Finding]:
    promotion = placed.promotion
    limits = [
        limit for limit in (promotion.budget, promotion.budget_per_customer) if limit is not None
    ]
    paid = [(minor, number) for number, (_, minor) in enumerate(rewarded) if minor > 0]
    if not limits or not paid:
        return
    smallest, number = min(paid)
    if smallest > min(limits):
        currency = inquiry.configuration.currency
        figures = {
            "promotion_id": promotion.promotion_id,
            "budget": str(Money(min(limits), currency)),
            "reward": str(Money(smallest, currency)),
        }
        yield Finding(
            reason=Reason("lint.budget_too_small", figures),
            severity=Severity.WARNING if promotion.partial_budget else Severity.ERROR,
            path=placed.path,
            witness=shown_by(rewarded[number][0]),
        )


def ordered(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield pairs of promotions whose order matters, and is left to their names."""
    if inquiry.configuration.selection is not SelectionPolicy.DECLARED_ORDER:
        return
    for first, second in islice(_tied(inquiry), inquiry.policy.pairs):
        cases = inquiry.together(first.promotion, second.promotion)
        if cases:
            both = [first.promotion, second.promotion]
            usual = inquiry.only(both, cases)
            swapped = inquiry.only(_swapped(both), cases)
            for case in cases:
                before, after = _figures(usual, case), _figures(swapped, case)
                if before is not None and after is not None and before != after:
                    yield _tie(first, second, case, (before, after))
                    break


def _tied(inquiry: Inquiry) -> Iterator[tuple[Placed, Placed]]:
    """Yield pairs of equal turn that can meet, in the order in which they have their turns."""
    placed = sorted(inquiry.active, key=lambda one: one.promotion.promotion_id)
    for first, second in combinations(placed, 2):
        left, right = first.promotion, second.promotion
        if (left.lane, left.priority) != (right.lane, right.priority):
            continue
        if left.promotion_id in right.after or right.promotion_id in left.after:
            continue
        if left.target is right.target and not _meet(inquiry, left, right):
            continue
        yield first, second


def _meet(inquiry: Inquiry, left: Promotion, right: Promotion) -> bool:
    """Tell whether both can touch one product, or one looks at what the other leaves."""
    pool = inquiry.shelf.matching(left.on)
    if not set(pool).isdisjoint(inquiry.shelf.matching(right.on)):
        return True
    return any(
        isinstance(atom, AtLeast) and atom.fact in {"spend.left", "total.left", "items.left"}
        for promotion in (left, right)
        for _, atom in atoms(promotion.when)
    )


def _swapped(both: list[Promotion]) -> list[Promotion]:
    """Return two promotions of equal priority so that the second has its turn first."""
    first, second = both
    return [attrs.evolve(first, priority=first.priority + 1), second]


def _figures(bench: Bench, case: Case) -> Figures | None:
    priced = bench.price(case)
    return None if priced is None else figures_of(priced)


def _tie(first: Placed, second: Placed, case: Case, figures: tuple[Figures, Figures]) -> Finding:
    before, after = figures
    parameters = {
        "promotion_id": second.promotion.promotion_id,
        "by": first.promotion.promotion_id,
        "asked": str(Money(before.payable, before.currency)),
        "swapped": str(Money(after.payable, after.currency)),
    }
    return Finding(
        reason=Reason("lint.tie", parameters),
        severity=Severity.WARNING,
        path=f"{second.path}.priority",
        witness=shown_by(case),
        related=(f"{first.path}.priority",),
    )


def settled(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield promotions whose own discount takes their threshold away again."""
    for placed in inquiry.active:
        for path, atom in atoms(placed.promotion.when, f"{placed.path}.when"):
            if isinstance(atom, AtLeast) and atom.fact.partition(".")[2] == "left":
                yield from islice(_defeats(inquiry, placed, path, atom), 1)


def _defeats(inquiry: Inquiry, placed: Placed, path: str, atom: AtLeast) -> Iterator[Finding]:
    promotion = placed.promotion
    for case in (*inquiry.cases(promotion), *crossings(inquiry, promotion)):
        priced = inquiry.priced(case)
        if priced is None or promotion.promotion_id not in priced.uses:
            continue
        left = _left(inquiry, promotion, atom, priced)
        if left < atom.minimum <= left + _taken(priced, promotion.promotion_id):
            currency = priced.currency
            yield Finding(
                reason=Reason(
                    "lint.self_defeating",
                    {
                        "promotion_id": promotion.promotion_id,
                        "fact": atom.fact,
                        "minimum": str(Money(atom.minimum, currency)),
                        "left": str(Money(left, currency)),
                    },
                ),
                severity=Severity.WARNING,
                path=path,
                witness=shown_by(case),
            )


def _left(inquiry: Inquiry, promotion: Promotion, atom: AtLeast, priced: PricedBasket) -> int:
    """Return what is left of what a threshold counts, when all promotions have had their turn."""
    match atom.fact.partition(".")[0]:
        case "spend":
            return priced.selling_minor
        case "total":
            return priced.total_minor
        case "delivery":
            return priced.delivery_minor
        case "matching":
            pool = inquiry.shelf.matching(promotion.on)
        case _:
            pool = () if atom.among is None else inquiry.shelf.matching(atom.among)
    return sum(line.selling_minor for line in priced.lines if line.sku in pool)
