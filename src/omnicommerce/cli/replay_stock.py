"""A year of lines against scarce stock: first come, first served, a whole line or nothing."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import attrs

from omnicommerce.cli.console import Watch
from omnicommerce.cli.receipts_rows import Row, read_rows
from omnicommerce.inventory.model import Location, stock_account
from omnicommerce.inventory.ports import InventoryStores
from omnicommerce.inventory.service import Inventory
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.ids import LocationId
from omnicommerce.kernel.unit_of_work import Transactions
from omnicommerce.ledger.audit import AuditReport, audit
from omnicommerce.ledger.errors import Shortage
from omnicommerce.ledger.model import Command, Demand
from omnicommerce.ledger.ports import Ledger

__all__ = ["ScarceLine", "StockReplay", "read_scarce_lines", "replay_stock"]

PAIRS: Final = 50
"""Stores and products that are looked at: those with the most lines."""

UNITS: Final = 3
"""Units of each that a week begins with."""

_BOUGHT: Final = frozenset({"list", "scale"})
_CAUSE: Final = "replay"
_PATIENCE: Final = timedelta(minutes=15)


class ScarceLine(NamedTuple):
    """Some units of a product that somebody bought in a store, in a week of the study."""

    at: datetime
    basket_id: str
    product_id: str
    store_id: str
    week: int
    quantity: int


@attrs.frozen(kw_only=True)
class StockReplay:
    """What came of serving every line from stock that did not suffice.

    Args:
        database: Where it happened, without passwords.
        pairs: Stores and products that were looked at.
        served: Units of each line that was served.
        refused: Units of each line that was refused.
        weeks: So many weekly counts of a pair were made.
        oversold: Weeks of a pair in which more was sold than there was.
        audit: What the ledger's auditor says.
        wall_seconds: By the clock on the wall.
    """

    database: str
    pairs: int
    served: tuple[int, ...]
    refused: tuple[int, ...]
    weeks: int
    oversold: int
    audit: AuditReport
    wall_seconds: float

    @property
    def lines(self) -> int:
        """Lines that asked for units."""
        return len(self.served) + len(self.refused)

    @property
    def document(self) -> dict[str, Any]:
        """The outcome as one JSON document."""
        return {
            "database": self.database,
            "pairs": self.pairs,
            "lines": self.lines,
            "refused": len(self.refused),
            "served": len(self.served),
            "units_served": sum(self.served),
            "units_refused": sum(self.refused),
            "oversold": self.oversold,
            "audit": "clean" if self.audit.is_clean else "discrepancies",
            "seconds": round(self.wall_seconds, 1),
        }

    @property
    def is_right(self) -> bool:
        """Tell whether nothing was sold twice and the books agree."""
        return not self.oversold and self.audit.is_clean


def read_scarce_lines(directory: Path) -> tuple[ScarceLine, ...]:
    """Return the lines of the stores and products with the most lines, in the order of time.

    Raises:
        MalformedRow: A file breaks the format; the row and the column are named.
    """
    baskets = {row.key("basket_id"): row for row in read_rows(directory, "baskets")}
    bought = [
        _line(row, baskets)
        for row in read_rows(directory, "lines")
        if row.text("kind") in _BOUGHT and row.count("quantity")
    ]
    counted = Counter((line.store_id, line.product_id) for line in bought)
    most = sorted(counted, key=lambda pair: (-counted[pair], pair))[:PAIRS]
    scarce = frozenset(most)
    return tuple(sorted(line for line in bought if (line.store_id, line.product_id) in scarce))


def _line(row: Row, baskets: Mapping[str, Row]) -> ScarceLine:
    basket_id = row.key("basket_id")
    basket = baskets.get(basket_id)
    if basket is None:
        raise row.refuse("basket_id", f"there is no basket {basket_id!r}")
    return ScarceLine(
        basket.instant("ts_utc"),
        basket_id,
        row.key("product_id"),
        basket.key("store_id"),
        basket.count("week"),
        row.count("quantity"),
    )


def replay_stock(
    transactions: Transactions[InventoryStores],
    database: str,
    lines: Sequence[ScarceLine],
    *,
    run: str,
    watch: Watch[Any],
) -> StockReplay:
    """Let every line hold its units and take them, in the order of time.

    Each pair of a store and a product is counted to three units before its first line
    of a week, whatever was there.

    Args:
        transactions: Units of work with a ledger.
        database: What to call it.
        lines: As `read_scarce_lines` gives them.
        run: Identity of this replay: a second one in the same database has holds of its own.
        watch: Shows progress.
    """
    began = time.perf_counter()
    clerk = _Clerk(transactions, run, sorted({line.store_id for line in lines}))
    served: list[int] = []
    refused: list[int] = []
    for line in watch(lines, "Serving the lines", len(lines)):
        (served if clerk.serve(line) else refused).append(line.quantity)
    return StockReplay(
        database=database,
        pairs=len({(line.store_id, line.product_id) for line in lines}),
        served=tuple(served),
        refused=tuple(refused),
        weeks=len(clerk.sold),
        oversold=sum(units > UNITS for units in clerk.sold.values()),
        audit=transactions.run(lambda stores: audit(stores.ledger.books())),
        wall_seconds=time.perf_counter() - began,
    )


class _Clerk:
    """Serves line after line from the ledger."""

    def __init__(
        self, transactions: Transactions[InventoryStores], run: str, stores: Iterable[str]
    ) -> None:
        self.sold: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._transactions = transactions
        self._run = run
        self._clock = ManualClock(datetime.fromisoformat("2016-12-31T00:00:00+00:00"))
        self._inventory = Inventory(transactions, self._clock, dict(_locations(stores)))

    def serve(self, line: ScarceLine) -> bool:
        """Hold what a line wants and take it; tell whether it was there."""
        self._clock.set(max(line.at, self._clock.now()))
        week = (line.store_id, line.product_id, line.week)
        if week not in self.sold:
            self.sold[week] = 0
            key = f"{self._run}:{':'.join(map(str, week))}"
            self._inventory.count(line.product_id, line.store_id, UNITS, key=key)
        try:
            self._transactions.run(lambda stores: self._hold(stores.ledger, line))
        except Shortage:
            return False
        self._transactions.run(lambda stores: self._capture(stores.ledger, line))
        self.sold[week] += line.quantity
        return True

    def _hold(self, ledger: Ledger, line: ScarceLine) -> None:
        demand = Demand(stock_account(line.product_id, line.store_id), line.quantity)
        at = self._clock.now()
        by = Command(f"{self._group(line)}:hold", _CAUSE, at)
        ledger.hold(self._group(line), [demand], expires_at=at + _PATIENCE, by=by)

    def _capture(self, ledger: Ledger, line: ScarceLine) -> None:
        by = Command(f"{self._group(line)}:capture", _CAUSE, self._clock.now())
        ledger.capture(self._group(line), by=by)

    def _group(self, line: ScarceLine) -> str:
        return f"{self._run}:{line.basket_id}:{line.product_id}"


def _locations(stores: Iterable[str]) -> Iterator[tuple[str, Location]]:
    for store in stores:
        yield store, Location(location_id=LocationId(store), name=f"Store {store}")
