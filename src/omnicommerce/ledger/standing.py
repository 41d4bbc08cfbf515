"""How an account stands at an instant, by the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from omnicommerce.ledger.errors import Short
from omnicommerce.ledger.model import Account, Lot, Standing
from omnicommerce.ledger.plan import Draft, View

__all__ = ["available_units", "must_end_due", "short_of", "standing"]


def must_end_due(account: Account, wanted: int) -> bool:
    """Tell whether a verb that takes ``wanted`` units must book the due holds first.

    Always with lots, because what due holds claim is free to be chosen; without
    lots only where the stored figures have too little.
    """
    return bool(account.lotted) or account.balance - account.held - account.floor < wanted


def available_units(account: Account, lots: Iterable[Lot], at: datetime) -> int:
    """Return what a new hold may take of figures whose due holds are booked; never negative."""
    if account.lotted:
        return max(0, sum(lot.free for lot in lots if lot.is_active(at)) - account.deficit)
    return max(0, account.balance - account.held - account.floor)


def short_of(account: Account, lots: Iterable[Lot], wanted: int, at: datetime) -> Short:
    """Describe the shortage of an account whose due holds are booked."""
    known = tuple(lots)
    available = available_units(account, known, at)
    if account.lotted:
        unheld = sum(lot.remaining for lot in known if lot.is_active(at)) - account.deficit
    else:
        unheld = account.balance - account.floor
    return Short(
        account=account.key,
        wanted=wanted,
        available=available,
        held=max(available, unheld) - available,
    )


def standing(view: View, at: datetime) -> Standing:
    """Return how an account stands; the view needs its due holds and its lots."""
    draft = Draft([view], at)
    key = view.account.key
    draft.end_due([key])
    account = draft.account(key)
    lots = draft.lots(key)
    lapsed = sum(lot.free for lot in lots if lot.is_lapsed(at))
    return Standing(
        account=key,
        balance=account.balance - lapsed,
        held=account.held,
        floor=account.floor,
        pending=sum(lot.remaining for lot in lots if lot.is_pending(at)),
        deficit=account.deficit if account.lotted else max(0, -account.balance),
        available=available_units(account, lots, at),
    )
