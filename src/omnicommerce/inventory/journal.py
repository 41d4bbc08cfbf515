"""The journal of one account, read whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from omnicommerce.inventory.history import StockChange, open_groups, timeline
from omnicommerce.ledger.model import AccountKey, Entry
from omnicommerce.ledger.ports import Ledger

__all__ = ["account_entries", "history"]

_PAGE: Final = 1000


def account_entries(ledger: Ledger, account: AccountKey) -> tuple[Entry, ...]:
    """Return all entries of an account in sequence, read in pages."""
    found: list[Entry] = []
    while page := ledger.entries(account, after=found[-1].sequence if found else 0, limit=_PAGE):
        found += page
        if len(page) < _PAGE:
            break
    return tuple(found)


def history(
    ledger: Ledger, account: AccountKey, *, now: datetime, cuts: Iterable[datetime] = ()
) -> tuple[tuple[StockChange, ...], Mapping[str, datetime | None]]:
    """Return an account's changes, and when the claims end that are open now or at a cut."""
    entries = account_entries(ledger, account)
    groups = open_groups(entries).union(*(open_groups(entries, cut) for cut in cuts))
    until = {
        hold.group: hold.expires_at
        for group in sorted(groups)
        for hold in ledger.holds(group)
        if hold.account == account
    }
    return timeline(entries, until, now=now), until
