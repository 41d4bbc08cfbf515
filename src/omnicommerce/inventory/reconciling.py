"""Use case: a feed of counts is merged with the books, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from omnicommerce.inventory.causes import StockCause
from omnicommerce.inventory.feed import (
    FeedReport,
    FeedRow,
    FeedVerdict,
    StockCount,
    batches,
    booked_as_of,
    correction,
    digest,
    mark,
    mark_of,
)
from omnicommerce.inventory.journal import account_entries
from omnicommerce.inventory.model import Location
from omnicommerce.inventory.ports import InventoryStores
from omnicommerce.kernel.clock import Clock
from omnicommerce.kernel.errors import InvalidValue, NotFound
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.model import AccountKey, Beyond, Command
from omnicommerce.ledger.ports import Ledger

__all__ = ["Feeds", "note_count"]


@attrs.frozen
class Feeds:
    """Feeds of counts, such as a warehouse's nightly stock file.

    Args:
        transactions: Where units of work run.
        clock: Read once per feed.
        locations: The shop's locations by identity.
    """

    transactions: Transactions[InventoryStores]
    clock: Clock
    locations: Mapping[str, Location]

    def reconcile(self, counts: Iterable[StockCount], *, key: str) -> FeedReport:
        """Correct the books by what they said for the instant of each count.

        Each batch is one unit of work. After an error, repeat the whole feed
        with its key: batches that were booked change nothing again.
        """
        at = self.clock.now()
        found = batches(self._checked(counts, at))
        rows: list[FeedRow] = []
        for number, batch in enumerate(found):
            rows += self._book(batch, f"{key}:{number}", at)
        return FeedReport(rows=tuple(rows))

    def _checked(self, counts: Iterable[StockCount], at: datetime) -> Iterable[StockCount]:
        for count in counts:
            if count.location_id not in self.locations:
                raise NotFound("location", count.location_id)
            if count.at > at:
                where = f"{count.sku} at {count.location_id}"
                raise InvalidValue("at", f"{where} is counted in the future, at {count.at}")
            yield count

    def _book(self, batch: Sequence[StockCount], key: str, at: datetime) -> tuple[FeedRow, ...]:
        cause = StockCause("feed", digest(batch)).text
        marks = [mark(count.sku, count.location_id) for count in batch]

        def work(stores: InventoryStores) -> tuple[FeedRow, ...]:
            ledger = stores.ledger
            for number, marked in enumerate(marks):
                # Changes nothing: others who count the same wait, and the key stands for all rows.
                ledger.set_floor(marked, 0, by=Command(f"{key}:{number}:wait", cause, at))
            latest = ledger.standings(marks, at=at)
            changes = [
                _merge(ledger, count, latest[marked].balance, f"{key}:{number}", at)
                for number, (count, marked) in enumerate(zip(batch, marks, strict=True))
            ]
            after = ledger.standings([count.account for count in batch], at=at)
            return tuple(
                FeedRow(
                    count=count,
                    verdict=verdict,
                    booked=booked,
                    change=change,
                    on_hand=after[count.account].balance,
                )
                for count, (verdict, booked, change) in zip(batch, changes, strict=True)
            )

        return self.transactions.run(work)


def _merge(
    ledger: Ledger, count: StockCount, latest: int, key: str, at: datetime
) -> tuple[FeedVerdict, int, int]:
    """Book one count, and return its verdict, what was booked, and the correction."""
    entries = account_entries(ledger, count.account)
    booked = booked_as_of(entries, count.at)
    done = sum(entry.balance_change for entry in entries if entry.key == key)
    if done:
        return FeedVerdict.CHANGED, booked - done, done
    if mark_of(count.at) < latest:
        return FeedVerdict.SUPERSEDED, booked, 0
    marked = Command(f"{key}:mark", correction(count).text, at)
    ledger.count(mark(count.sku, count.location_id), mark_of(count.at), by=marked)
    change = count.counted - booked
    if not change:
        return FeedVerdict.UNCHANGED, booked, 0
    by = Command(key, correction(count).text, at)
    ledger.adjust(count.account, change, by=by, beyond=Beyond.DEFICIT)
    return FeedVerdict.CHANGED, booked, change


def note_count(ledger: Ledger, account: AccountKey, by: Command) -> None:
    """Take note of a count made at once, so that no older count of a feed overrides it."""
    marked = Command(f"{by.key}:mark", by.cause, by.at)
    ledger.count(mark(account.subject, account.scope), mark_of(by.at), by=marked)
