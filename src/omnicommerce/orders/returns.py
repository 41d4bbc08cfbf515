"""Pure decisions about units that are given back: what is refunded, and what becomes free again.

Two laws hold under either policy and for any sequence of returns. What was paid
is what was kept plus what was refunded; and once everything came back, exactly
what was paid has been refunded, to each tender what it paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

import attrs

from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound
from omnicommerce.kernel.ids import LocationId
from omnicommerce.kernel.money import Money
from omnicommerce.orders.decide import give_back, with_units
from omnicommerce.orders.model import LineItem, Order, PointsPromise, PromotionUse, Refund
from omnicommerce.orders.return_model import Return, ReturnedLine, ReturnItem
from omnicommerce.orders.shares import first_units, some_units

__all__ = [
    "GivenBack",
    "Kept",
    "Reprice",
    "earlier_return",
    "give_units_back",
    "return_units",
]

_NONE: Final[Mapping[str, int]] = MappingProxyType({})

Account: TypeAlias = tuple[str, str, str]


@attrs.frozen(kw_only=True)
class Kept:
    """What the units that are kept would have cost by themselves.

    Args:
        minor: All of them with everything, in minor units.
        given: The promotions that would have been used, and the minor units they
            would have given.
        promised: The points that promotions would have promised.
    """

    minor: int
    given: Mapping[str, int]
    promised: Mapping[str, int] = _NONE


Reprice: TypeAlias = Callable[[Mapping[str, int]], Kept]
"""Price some units of some lines with the configuration and at the instant of the order."""


@attrs.frozen(kw_only=True)
class GivenBack:
    """What giving units back does.

    Args:
        order: The order as it becomes.
        amount: What goes back in all.
        refunds: What goes back to each tender.
        restored: Accounts of limited promotions that get back what they gave.
    """

    order: Order
    amount: Money
    refunds: tuple[Refund, ...]
    restored: tuple[tuple[Account, int], ...]


def return_units(
    order: Order,
    items: Iterable[ReturnItem],
    *,
    return_id: str,
    reason: str,
    at: datetime,
    location_id: LocationId | None = None,
    restore_uses: bool = True,
    reprice: Reprice | None = None,
) -> GivenBack:
    """Take units back that were handed over; the last of the order's returns tells of them.

    Args:
        order: The order.
        items: What comes back; a line may appear once for each condition.
        return_id: Identity of this return.
        reason: Why.
        at: When.
        location_id: Where.
        restore_uses: Whether promotions of which nothing is kept can be used again.
        reprice: Prices what is kept; None: offers are not evaluated anew.

    Raises:
        InvalidValue: Nothing comes back, or a line twice in one condition.
        NotFound: A line is not in the order.
        OrderStateRefused: The customer has fewer units.
    """
    brought = _checked(items)
    units = Counter[str]()
    for item in brought:
        units[item.line_id] += item.quantity
    back = give_units_back(
        order, returned=units, cause="returned", restore_uses=restore_uses, reprice=reprice
    )
    record = Return(
        return_id=return_id,
        at=at,
        reason=reason,
        location_id=location_id,
        lines=_returned_lines(order, brought),
        amount=back.amount,
    )
    returns = (*back.order.returns, record)
    return attrs.evolve(back, order=attrs.evolve(back.order, returns=returns))


def earlier_return(
    order: Order,
    return_id: str,
    items: Iterable[ReturnItem],
    *,
    reason: str,
    location_id: LocationId | None,
) -> Return | None:
    """Return what became of this return the first time it was asked for; None: it is new.

    Raises:
        KeyReused: The identity belongs to another return.
    """
    known = next((each for each in order.returns if each.return_id == return_id), None)
    if known is None:
        return None
    same = known.reason == reason and known.location_id == location_id
    if not same or {line.item for line in known.lines} != set(items):
        raise KeyReused(return_id)
    return known


def _checked(items: Iterable[ReturnItem]) -> tuple[ReturnItem, ...]:
    brought = tuple(items)
    if not brought:
        raise InvalidValue("items", "must name at least one unit")
    if len({(item.line_id, item.condition) for item in brought}) < len(brought):
        raise InvalidValue("items", "has a line twice in one condition")
    return brought


def _returned_lines(order: Order, items: Iterable[ReturnItem]) -> tuple[ReturnedLine, ...]:
    """Say of each item what its units had cost."""
    taken, lines = Counter[str](), []
    for item in items:
        line = order.line(item.line_id)
        if line is None:
            raise NotFound("order line", item.line_id)
        start = line.gone + taken[item.line_id]
        taken[item.line_id] += item.quantity
        lines.append(_returned_line(line, item, start))
    return tuple(lines)


def _returned_line(line: LineItem, item: ReturnItem, start: int) -> ReturnedLine:
    stop, currency = start + item.quantity, line.amount.currency
    shares = some_units(line.unit_shares.refunds, start, stop)
    taxes = some_units(line.unit_shares.taxes, start, stop)
    return ReturnedLine(
        item=item,
        amount=Money(first_units(shares, item.quantity), currency),
        tax_amount=Money(first_units(taxes, item.quantity), currency) if taxes else None,
        shares=shares,
    )


def give_units_back(
    order: Order,
    *,
    declined: Mapping[str, int] = _NONE,
    returned: Mapping[str, int] = _NONE,
    cause: str,
    restore_uses: bool = True,
    reprice: Reprice | None = None,
) -> GivenBack:
    """Count units as given back, before or after the hand-over, and say what that refunds.

    Args:
        order: The order.
        declined: Open units by line.
        returned: Units that were handed over, by line.
        cause: Why; kept in the refunds.
        restore_uses: Whether promotions of which nothing is kept can be used again.
        reprice: Prices what is kept; None: offers are not evaluated anew.

    Raises:
        NotFound: A line is not in the order.
        OrderStateRefused: More units than are open, or than the customer has.
    """
    counted = with_units(order, declined=declined, returned=returned)
    kept = None if reprice is None else _kept(counted, reprice)
    amount = _refund(counted, kept)
    settled, refunds = give_back(counted, amount, cause=cause)
    uses = tuple(_given_back(use, counted, kept, restores=restore_uses) for use in order.uses)
    promised = tuple(_promise_left(promise, counted, kept) for promise in order.promised)
    return GivenBack(
        order=attrs.evolve(settled, uses=uses, promised=promised),
        amount=amount,
        refunds=refunds,
        restored=tuple(_restored(order.uses, uses)),
    )


def _kept(order: Order, reprice: Reprice) -> Kept:
    left = {line.line_id: line.left for line in order.lines if line.left}
    return reprice(left) if left else Kept(minor=0, given={})


def _refund(order: Order, kept: Kept | None) -> Money:
    """Return what is due beyond what was refunded before.

    By shares it is what all units given back had cost. Evaluated anew it is at
    most that, and otherwise the price of everything less that of what is kept.
    Once nothing is kept it is all that was paid, also beside the lines.
    """
    due = sum(line.gone_minor for line in order.lines)
    if not any(line.left for line in order.lines):
        due = order.paid_minor
    elif kept is not None:
        due = min(due, sum(line.paid_minor for line in order.lines) - kept.minor)
    refunded = order.refunded_amount
    due = min(due, order.paid_minor) - refunded.minor
    return Money(max(0, due), refunded.currency)


def _given_back(
    use: PromotionUse, order: Order, kept: Kept | None, *, restores: bool
) -> PromotionUse:
    """Say what became of one promotion's use now that the order has these units left."""
    lines = [line for line in order.lines if line.line_id in use.line_ids] or list(order.lines)
    if kept is None:
        is_kept = any(_is_kept(use, line) for line in lines)
        given = sum(line.given_minor(use.promotion_ids, line.gone) for line in lines)
        returned = given if any(line.left for line in order.lines) else use.given_minor
    else:
        is_kept = not kept.given.keys().isdisjoint(use.promotion_ids)
        returned = use.given_minor - kept.given.get(use.promotion_id, 0)
    return attrs.evolve(
        use,
        restored=use.restored or (restores and not is_kept),
        returned_minor=max(use.returned_minor, min(returned, use.given_minor)),
    )


def _promise_left(promise: PointsPromise, order: Order, kept: Kept | None) -> PointsPromise:
    """Say what became of promised points now that the order has these units left.

    By shares the units that were given back forfeit what they had earned. Evaluated
    anew all is forfeited that would not have been promised for what is kept. What was
    taken back once is not given again.
    """
    if not promise.credited:
        return promise
    if kept is None:
        forfeited = promise.earned_by({line.line_id: line.gone for line in order.lines})
    else:
        forfeited = promise.points - kept.promised.get(promise.promotion_id, 0)
    return attrs.evolve(promise, clawed=max(promise.clawed, min(forfeited, promise.points)))


def _is_kept(use: PromotionUse, line: LineItem) -> bool:
    """Tell whether units are left that the promotion made cheaper, or any if it made none."""
    whole = line.given_minor(use.promotion_ids, line.quantity)
    if not whole:
        return line.left > 0
    return line.given_minor(use.promotion_ids, line.gone) != whole


def _restored(
    before: Iterable[PromotionUse], after: Iterable[PromotionUse]
) -> Iterable[tuple[Account, int]]:
    for old, new in zip(before, after, strict=True):
        if new.restored and not old.restored:
            yield from ((account, 1) for account in new.accounts)
        if new.returned_minor > old.returned_minor:
            minor = new.returned_minor - old.returned_minor
            yield from ((account, minor) for account in new.budgets)
