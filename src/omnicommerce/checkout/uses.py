"""What an order takes of limited promotions and codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
from omnicommerce.orders.model import PromotionUse
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.code_policy import normalise
from omnicommerce.pricing.result import PricedBasket

__all__ = ["given_by", "limits_on", "uses_of"]


def uses_of(limits: Limits, priced: PricedBasket, situation: Situation) -> tuple[PromotionUse, ...]:
    """Return one use of each limited promotion and code that gave something.

    One order is one use, however many lines it touches; what gave nothing is not used.
    """
    return (*_promotions(limits, priced, situation), *_codes(limits, priced))


def _promotions(
    limits: Limits, priced: PricedBasket, situation: Situation
) -> Iterator[PromotionUse]:
    for promotion_id in priced.uses:
        accounts = sorted(allowances(limits, promotion_id, situation))
        if accounts:
            yield PromotionUse(
                promotion_id=promotion_id,
                line_ids=_touched(priced, {promotion_id}),
                accounts=_names(accounts, USES),
                budgets=_names(accounts, BUDGET),
                given_minor=given_by(priced, promotion_id),
            )


def _codes(limits: Limits, priced: PricedBasket) -> Iterator[PromotionUse]:
    for coupon in priced.codes.codes:
        unlocked = [name for name in priced.uses if coupon.unlocks in limits.asked.get(name, ())]
        if coupon.limit_uses is not None and unlocked:
            code = normalise(coupon.code, limits.codes.policy)
            yield PromotionUse(
                promotion_id=f"{CODE}:{code}",
                unlocked=tuple(unlocked),
                line_ids=_touched(priced, set(unlocked)),
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


def _touched(priced: PricedBasket, promotion_ids: set[str]) -> tuple[str, ...]:
    return tuple(
        line.line_id
        for line in priced.lines
        if any(change.promotion_id in promotion_ids for change in line.adjustments)
    )
