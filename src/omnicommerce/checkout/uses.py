"""Limited promotions on the ledger: how many uses there are, and who has none left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from omnicommerce.kernel.ids import CustomerId
from omnicommerce.ledger.model import AccountKey, Command
from omnicommerce.ledger.ports import Ledger

__all__ = ["exhausted_promotions", "use_accounts"]

Limits = Mapping[str, tuple[int | None, int | None]]


def use_accounts(
    limits: Limits, promotion_id: str, customer_id: CustomerId | None
) -> tuple[tuple[AccountKey, int], ...]:
    """Return the accounts that one use of a promotion takes from, each with its limit.

    A limit per customer binds only customers who are known.
    """
    in_all, each = limits.get(promotion_id, (None, None))
    accounts = []
    if in_all is not None:
        accounts.append((AccountKey("promotion", promotion_id), in_all))
    if each is not None and customer_id is not None:
        accounts.append((AccountKey("promotion", promotion_id, customer_id), each))
    return tuple(accounts)


def exhausted_promotions(
    ledger: Ledger, limits: Limits, customer_id: CustomerId | None, *, at: datetime
) -> frozenset[str]:
    """Return the promotions that this customer cannot use any more.

    Uses come into being the first time somebody looks: each account is
    credited with its limit once, under a key of its own.
    """
    wanted = {
        account: limit
        for promotion_id in limits
        for account, limit in use_accounts(limits, promotion_id, customer_id)
    }
    if not wanted:
        return frozenset()
    standings = ledger.standings(wanted, at=at)
    empty = [account for account in wanted if not standings[account].available]
    fresh = [account for account in empty if not standings[account].held]
    for account in sorted(fresh):
        key = f"uses:{account.subject}:{account.scope}"
        ledger.credit(account, wanted[account], by=Command(key, "limit", at))
    after = ledger.standings(fresh, at=at) if fresh else {}
    return frozenset(
        account.subject for account in empty if account not in after or not after[account].available
    )
