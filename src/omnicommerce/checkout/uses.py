"""What an order takes of limited promotions and codes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import attrs

from omnicommerce.checkout.limits import (
    BUDGET,
    CODE,
    USES,
    Limits,
    allowances,
    code_allowances,
)
from omnicommerce.ledger.model import AccountKey
from omnicommerce.orders.model import LineItem, PointsPromise, PromotionUse
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.code_policy import normalise
from omnicommerce.pricing.result import PricedBasket

__all__ = ["given_by", "limits_on", "uses_of"]


def uses_of(
    limits: Limits,
    priced: PricedBasket,
    situation: Situation,
    lines: Collection[LineItem],
    promised: Iterable[PointsPromise] = (),
) -> tuple[PromotionUse, ...]:
    """Return one use of each limited promotion and code that gave something.

    One order is one use, however many of its lines it touches; what gave nothing is not used,
    and neither is what would promise points to somebody who gets none.

    Args:
        limits: What is limited.
        priced: The basket with what promotions gave.
        situation: Who uses them.
        lines: The order's lines.
        promised: The points that the order promises.
    """
    touched = _touched(lines)
    for promise in promised:
        touched.setdefault(promise.promotion_id, set()).update(promise.shares)
    unkept = {each.promotion_id for each in priced.benefits} - touched.keys()
    used = [name for name in priced.uses if name not in unkept]
    served = _Served(tuple(line.line_id for line in lines), touched)
    return (
        *_promotions(limits, priced, situation, used, served),
        *_codes(limits, priced, used, served),
    )


@attrs.frozen
class _Served:
    """The lines of an order, and which of them each promotion changed or gave points for."""

    lines: tuple[str, ...]
    by_promotion: Mapping[str, Collection[str]]

    def by(self, promotion_ids: Iterable[str]) -> tuple[str, ...]:
        found = {line for name in promotion_ids for line in self.by_promotion.get(name, ())}
        return tuple(line for line in self.lines if line in found)


def _promotions(
    limits: Limits,
    priced: PricedBasket,
    situation: Situation,
    used: Iterable[str],
    served: _Served,
) -> Iterator[PromotionUse]:
    for promotion_id in used:
        accounts = sorted(allowances(limits, promotion_id, situation))
        if accounts:
            yield PromotionUse(
                promotion_id=promotion_id,
                line_ids=served.by([promotion_id]),
                accounts=_names(accounts, USES),
                budgets=_names(accounts, BUDGET),
                given_minor=given_by(priced, promotion_id),
            )


def _codes(
    limits: Limits, priced: PricedBasket, used: Collection[str], served: _Served
) -> Iterator[PromotionUse]:
    for coupon in priced.codes.codes:
        unlocked = [name for name in used if coupon.unlocks in limits.asked.get(name, ())]
        if coupon.limit_uses is not None and unlocked:
            code = normalise(coupon.code, limits.codes.policy)
            yield PromotionUse(
                promotion_id=f"{CODE}:{code}",
                unlocked=tuple(unlocked),
                line_ids=served.by(unlocked),
                accounts=_names([AccountKey(CODE, code)], CODE),
            )


def given_by(priced: PricedBasket, promotion_id: str) -> int:
    """Return the money that a promotion took off lines, delivery and coupons, in minor units."""
    given = sum(each.minor for each in priced.discounts if each.promotion_id == promotion_id)
    given += sum(each.minor for each in priced.matches if each.promotion_id == promotion_id)
    return max(0, given)


def limits_on(
    limits: Limits, uses: Iterable[PromotionUse], situation: Situation
) -> dict[AccountKey, int]:
    """Return the accounts that these uses take from, each with its limit."""
    allowed = code_allowances(limits, situation.codes)
    taken = []
    for use in uses:
        allowed |= allowances(limits, use.promotion_id, situation)
        taken += [AccountKey(*account) for account in (*use.accounts, *use.budgets)]
    return {account: allowed[account] for account in taken}


def _names(accounts: Iterable[AccountKey], kind: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(attrs.astuple(account) for account in accounts if account.kind == kind)


def _touched(lines: Iterable[LineItem]) -> dict[str, set[str]]:
    """Return the lines that each promotion changed."""
    touched: dict[str, set[str]] = {}
    for line in lines:
        for change in line.adjustments:
            touched.setdefault(change.promotion_id, set()).add(line.line_id)
    return touched
