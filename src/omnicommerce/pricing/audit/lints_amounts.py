"""Lints of amounts: cliffs, prices below cost, over a hundred per cent, and currencies left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Final

import attrs

from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AllOf, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.audit.bench import Case, basket_of
from omnicommerce.pricing.audit.crossings import crossings
from omnicommerce.pricing.audit.inquiry import Inquiry, Placed, shown_by
from omnicommerce.pricing.audit.logic import conjunctions
from omnicommerce.pricing.audit.model import Finding, Severity
from omnicommerce.pricing.audit.thresholds import set_size
from omnicommerce.pricing.basket import Basket
from omnicommerce.pricing.effects import BundlePrice, BuyGet, PercentOff, SetPrice, TotalPrice
from omnicommerce.pricing.local import names_amounts
from omnicommerce.pricing.model import ListRole, Tiering
from omnicommerce.pricing.promotions import Base, Promotion
from omnicommerce.pricing.result import PricedBasket

__all__ = ["cliffs", "currencies", "depths", "endless", "overlaps", "stacked"]

_MANY: Final = 50
_SMALLEST: Final = 16
_WHOLE: Final = Fraction(1)


def cliffs(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield, for each promotion and each row with tiers, the most that a unit more saves."""
    for placed in inquiry.active:
        best: tuple[int, Finding] | None = None
        smallest = inquiry.cases(placed.promotion)[:_SMALLEST]
        for case in (*smallest, *crossings(inquiry, placed.promotion)):
            found = _cliff(inquiry, placed, case)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        if best is not None:
            yield best[1]
    yield from _tier_cliffs(inquiry)


def _cliff(inquiry: Inquiry, placed: Placed, case: Case) -> tuple[int, Finding] | None:
    """Return by how much a basket is cheaper than with a unit less, if by anything."""
    dear = inquiry.priced(case)
    if dear is None or placed.promotion.promotion_id not in dear.uses:
        return None
    best: tuple[int, Finding] | None = None
    for smaller in _one_less(inquiry, case):
        priced = inquiry.priced(Case(smaller, case.situation))
        if priced is None or _same_use(priced, dear, placed.promotion):
            continue
        size = priced.payable_minor - dear.payable_minor
        if size > max(0, 0 if best is None else best[0]) and _causes(
            inquiry, placed, case, smaller
        ):
            finding = _cliff_finding(inquiry, placed.path, case, smaller, (priced, dear))
            best = size, finding
    return best


def _causes(inquiry: Inquiry, placed: Placed, case: Case, smaller: Basket) -> bool:
    """Tell whether without the promotion a unit more would cost more."""
    bench = inquiry.without(placed.promotion, case)
    before, after = bench.price(Case(smaller, case.situation)), bench.price(case)
    return before is None or after is None or before.payable_minor <= after.payable_minor


def _same_use(left: PricedBasket, right: PricedBasket, promotion: Promotion) -> bool:
    """Tell whether a promotion gives as much in both."""
    name = promotion.promotion_id
    amounts = [
        [item.minor for item in priced.discounts if item.promotion_id == name]
        for priced in (left, right)
    ]
    return amounts[0] == amounts[1]


def _one_less(inquiry: Inquiry, case: Case) -> Iterator[Basket]:
    """Yield the basket with a unit less of each line."""
    lines = case.basket.lines
    for number, line in enumerate(lines):
        rest = [*lines[:number], *lines[number + 1 :]]
        quantity = line.quantity - inquiry.shelf.piece(line.sku)
        if quantity > 0:
            rest.insert(number, attrs.evolve(line, quantity=quantity))
        if rest and not case.basket.coupons:
            yield attrs.evolve(case.basket, lines=rest)


def _cliff_finding(
    inquiry: Inquiry,
    path: str,
    case: Case,
    smaller: Basket,
    prices: tuple[PricedBasket, PricedBasket],
) -> Finding:
    before, after = prices
    size = before.payable_minor - after.payable_minor
    share = Rate(Fraction(size, before.payable_minor))
    figures = {
        "size": str(Money(size, before.currency)),
        "before": str(before.payable_amount),
        "after": str(after.payable_amount),
    }
    return Finding(
        reason=Reason("lint.cliff", figures),
        severity=Severity.WARNING if share > inquiry.policy.cliff else Severity.NOTE,
        path=path,
        witness=shown_by(Case(smaller, case.situation), case.basket),
    )


def _tier_cliffs(inquiry: Inquiry) -> Iterator[Finding]:
    for position, row in enumerate(inquiry.configuration.rows):
        if not row.tiers or row.tiering is not Tiering.ALL_UNITS:
            continue
        best: tuple[int, Finding] | None = None
        for case in inquiry.streams.rows({row.sku}, inquiry.lenses[0]):
            seen = Case(case.basket, inquiry.lenses[0].situation(case.situation))
            after = inquiry.priced(seen)
            for smaller in _one_less(inquiry, seen):
                before = inquiry.priced(Case(smaller, seen.situation))
                if before is None or after is None:
                    continue
                size = before.payable_minor - after.payable_minor
                if size > 0 and (best is None or size > best[0]):
                    path = f"$.rows[{position}].tiers"
                    finding = _cliff_finding(inquiry, path, seen, smaller, (before, after))
                    best = size, finding
        if best is not None:
            yield best[1]


def depths(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield products that promotions together sell below what they cost the shop."""
    if inquiry.configuration.never_below_cost or inquiry.configuration.minimum_margin is not None:
        return  # no promotion can go so far
    for number, guard in enumerate(inquiry.configuration.guards):
        currency = guard.currency or inquiry.configuration.currency
        if guard.cost is None or currency != inquiry.configuration.currency:
            continue
        cost = Fraction(guard.cost, getattr(guard, "per", 1))
        worst: tuple[Fraction, Case, int] | None = None
        for case in _cases_with(inquiry, guard.sku):
            priced = inquiry.priced(case)
            for line in () if priced is None else priced.lines:
                each = Fraction(line.selling_minor, line.quantity)
                if line.sku == guard.sku and each < cost and (worst is None or each < worst[0]):
                    worst = each, case, line.selling_minor
        if worst is not None:
            figures = {
                "sku": guard.sku,
                "price": str(Money(int(worst[0]), currency)),
                "cost": str(Money(guard.cost, currency)),
            }
            yield Finding(
                reason=Reason("lint.below_cost", figures),
                severity=Severity.ERROR,
                path=f"$.guards[{number}]",
                witness=shown_by(worst[1]),
            )


def _cases_with(inquiry: Inquiry, sku: str) -> Iterator[Case]:
    """Yield cases in which promotions of one product meet: each alone, in pairs, all together."""
    mine = [
        attrs.evolve(placed.promotion, on=AllOf((placed.promotion.on, OneOf("sku", {sku}))))
        for placed in inquiry.active
        if sku in inquiry.shelf.matching(placed.promotion.on)
    ]
    for promotion in mine:
        yield from inquiry.cases(promotion)
    for pair in combinations(mine, 2):
        yield from _joint(inquiry, pair, sku)
    yield from _joint(inquiry, mine, sku)


def _joint(inquiry: Inquiry, promotions: Sequence[Promotion], sku: str) -> Iterator[Case]:
    """Yield a situation in which as many of these promotions hold as can at once."""
    for lens in inquiry.lenses[:1]:
        situation = inquiry.streams.grounds[0]
        for promotion in promotions:
            ways = inquiry.streams.ways(promotion.when, lens)
            there = inquiry.streams.situated(ways[0], situation) if ways else None
            situation = there or situation
        for quantity in (1, 2, 3, 6, 12, _MANY):
            units = {sku: quantity * inquiry.shelf.piece(sku)}
            yield Case(basket_of(units), lens.situation(situation))


def stacked(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield percentages of the original price that together are more than the whole of it."""
    by_sku: defaultdict[str, list[Placed]] = defaultdict(list)
    for placed in inquiry.active:
        if _of_original(placed.promotion):
            for sku in inquiry.shelf.representatives(placed.promotion.on):
                by_sku[sku].append(placed)
    reported: set[tuple[str, ...]] = set()
    for sku, members in sorted(by_sku.items()):
        total = sum((_rate(placed.promotion) for placed in members), Fraction(0))
        names = tuple(placed.promotion.promotion_id for placed in members)
        if total <= _WHOLE or names in reported:
            continue
        for case in _joint(inquiry, [placed.promotion for placed in members], sku):
            priced = inquiry.priced(case)
            if priced is not None and set(names) <= set(priced.uses) and not priced.selling_minor:
                reported.add(names)
                yield Finding(
                    reason=Reason(
                        "lint.over_hundred", {"by": list(names), "rate": str(Rate(total))}
                    ),
                    severity=Severity.ERROR,
                    path=members[-1].path,
                    witness=shown_by(case),
                    related=tuple(placed.path for placed in members[:-1]),
                )
                break


def _of_original(promotion: Promotion) -> bool:
    return promotion.base is Base.ORIGINAL and isinstance(promotion.effect, PercentOff)


def _rate(promotion: Promotion) -> Fraction:
    return promotion.effect.rate.value if isinstance(promotion.effect, PercentOff) else Fraction(0)


def endless(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield promotions that give units away for nothing, as often as anybody likes."""
    for placed in inquiry.active:
        promotion = placed.promotion
        if not _gives_away(promotion.effect) or promotion.cap is not None or promotion.is_limited:
            continue
        for case in inquiry.cases(promotion):
            many = _multiplied(case)
            priced = inquiry.priced(many)
            if priced is not None and promotion.promotion_id in priced.uses:
                given = sum(
                    item.minor
                    for item in priced.discounts
                    if item.promotion_id == promotion.promotion_id
                )
                figures = {
                    "promotion_id": promotion.promotion_id,
                    "amount": str(Money(given, priced.currency)),
                    "sets": _MANY,
                }
                yield Finding(
                    reason=Reason("lint.endless", figures),
                    severity=Severity.WARNING,
                    path=f"{placed.path}.effect",
                    witness=shown_by(many),
                )
                break


def _gives_away(effect: object) -> bool:
    """Tell whether further sets are free, and nothing limits their number."""
    match effect:
        case BuyGet(rate=rate, amount=None, max_repeats=None):
            return rate.value == _WHOLE
        case SetPrice(amount=0, max_repeats=None) | BundlePrice(amount=0, max_repeats=None):
            return True
        case TotalPrice():
            return True
        case _:
            return False


def _multiplied(case: Case) -> Case:
    lines = [attrs.evolve(line, quantity=line.quantity * _MANY) for line in case.basket.lines]
    return Case(attrs.evolve(case.basket, lines=lines), case.situation)


def overlaps(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield offers whose bought and rewarded units can be of one product."""
    for placed in inquiry.active:
        effect, on = placed.promotion.effect, placed.promotion.on
        if not isinstance(effect, BuyGet) or effect.bought is None:
            continue
        both = sorted(set(inquiry.shelf.matching(on)) & set(inquiry.shelf.matching(effect.bought)))
        if both:
            units = basket_of({both[0]: effect.buy + set_size(placed.promotion)})
            ways = conjunctions(placed.promotion.when)
            situation = (
                inquiry.streams.situated(ways[0], inquiry.streams.grounds[0]) if ways else None
            )
            lens = inquiry.lenses[0]
            case = Case(units, lens.situation(situation or inquiry.streams.grounds[0]))
            yield Finding(
                reason=Reason(
                    "lint.overlap",
                    {"promotion_id": placed.promotion.promotion_id, "skus": both[:5]},
                ),
                severity=Severity.WARNING,
                path=f"{placed.path}.effect.bought",
                witness=shown_by(case),
            )


def currencies(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield promotions that name amounts, and have none in a currency of their channels."""
    main = inquiry.configuration.currency
    used = {
        item.currency.code
        for item in inquiry.configuration.lists
        if item.currency is not None and item.currency != main and item.role is ListRole.BASE
    }
    for placed in inquiry.active:
        if not names_amounts(placed.promotion):
            continue
        for code in sorted(used - set(placed.promotion.in_currencies)):
            case = _case_in(inquiry, placed.promotion, code)
            if case is not None:
                figures = {"promotion_id": placed.promotion.promotion_id, "currency": code}
                yield Finding(
                    reason=Reason("lint.missing_currency", figures),
                    severity=Severity.ERROR,
                    path=f"{placed.path}.in_currencies",
                    witness=shown_by(case),
                )


def _case_in(inquiry: Inquiry, promotion: Promotion, code: str) -> Case | None:
    """Return a basket in a currency that the promotion would notice, were it meant there."""
    for lens in inquiry.lenses:
        kind, values = lens.sight("currency")
        if kind == "always" and code not in values:
            continue
        for way in inquiry.streams.ways(promotion.when, lens):
            choices = way.choices("currency")
            if choices and code not in choices:
                continue
            ground = attrs.evolve(inquiry.streams.grounds[0], currency=code)
            situation = inquiry.streams.situated(way, ground)
            if situation is None or situation.currency != code:
                continue
            cook = inquiry.streams.cook(situation, lens)
            for units in cook.baskets(promotion, way):
                case = Case(basket_of(cook.filled(units)), lens.situation(situation))
                if inquiry.priced(case) is not None:
                    return case
    return None
