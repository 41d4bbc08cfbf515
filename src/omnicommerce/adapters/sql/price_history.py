"""The history of advertised prices in rows that are only added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from omnicommerce.adapters.sql import tables
from omnicommerce.adapters.sql.coding import as_rows
from omnicommerce.adapters.sql.dialects import DIALECTS, Dialect
from omnicommerce.adapters.sql.instants import from_micros, to_micros
from omnicommerce.adapters.sql.transaction import Transaction
from omnicommerce.adapters.sql.writes import Piece
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.history import PriceAnnounced, PricePlace
from omnicommerce.pricing.ports import PriceHistory

__all__ = ["SqlPriceHistory"]

_PLACE: Final = ("sku", "channel", "currency", "segment", "location")
_COLUMNS: Final = (*_PLACE, "at", "amount", "reduction")
_PICKED: Final = ", ".join(f"p.{column}" for column in _COLUMNS)
_ORDER: Final = ", ".join(f"p.{column}" for column in (*_PLACE, "at"))
_SAME_PLACE: Final = " AND ".join(f"q.{column} = p.{column}" for column in _PLACE)
_LATEST: Final = (
    f"p.at = (SELECT max(q.at) FROM oc_price AS q WHERE {_SAME_PLACE} AND q.at <= :since)"
)
_OF_SKU: Final = sa.text(
    f"SELECT {_PICKED} FROM oc_price AS p WHERE p.sku = :sku AND p.at < :until"
    f" AND (p.at > :since OR {_LATEST}) ORDER BY {_ORDER}"
)
_FIRST: Final = -(2**62)
_LAST: Final = 2**62

_NEW: Final = Piece(name="prices", table=tables.price, columns=_COLUMNS)
_ADD: Final = {name: sa.text(_NEW.sql(dialect)) for name, dialect in DIALECTS.items()}


def _known(dialect: Dialect) -> sa.TextClause:
    """Return the query of the rows that stand where others are to be added."""
    keys = (*_PLACE, "at")
    wanted = dialect.rows("prices", [(key, tables.price.c[key]) for key in keys])
    same = " AND ".join(f"p.{key} = w.{key}" for key in keys)
    return sa.text(f"SELECT {_PICKED} FROM oc_price AS p JOIN {wanted} AS w ON {same}")


def _in_force(dialect: Dialect) -> sa.TextClause:
    wanted = dialect.rows("skus", [("sku", tables.price.c.sku)])
    return sa.text(
        f"SELECT {_PICKED} FROM oc_price AS p JOIN {wanted} AS w ON p.sku = w.sku"
        f" WHERE {_LATEST} ORDER BY {_ORDER}"
    )


_KNOWN: Final = {name: _known(dialect) for name, dialect in DIALECTS.items()}
_IN_FORCE: Final = {name: _in_force(dialect) for name, dialect in DIALECTS.items()}


class SqlPriceHistory(PriceHistory):
    """`omnicommerce.pricing.ports.PriceHistory` over one database transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def record(self, events: Iterable[PriceAnnounced]) -> int:
        """Keep announcements, and return how many were new; see the port.

        Raises:
            Conflict: Another unit of work adds one of them at this moment; running this
                one again finds it kept.
        """
        rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for row in map(_row, events):
            _require_same(rows.setdefault(row[:6], row), row)
        if not rows:
            return 0
        dialect = self._transaction.dialect
        keys = as_rows(rows)
        for found in map(tuple, self._transaction.rows(_KNOWN[dialect], {"prices": keys})):
            _require_same(found, rows.pop(found[:6]))
        if rows:
            self._transaction.execute(_ADD[dialect], {"prices": as_rows(rows.values())})
        return len(rows)

    def of_sku(
        self, sku: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[PriceAnnounced, ...]:
        """Return the announcements in force within a window; see the port."""
        if since is not None and until is not None and until <= since:
            return ()
        window = {
            "since": _FIRST if since is None else to_micros(require_instant(since, "since")),
            "until": _LAST if until is None else to_micros(require_instant(until, "until")),
        }
        return tuple(map(_event, self._transaction.rows(_OF_SKU, {"sku": sku, **window})))

    def in_force(self, skus: Iterable[str], *, at: datetime) -> tuple[PriceAnnounced, ...]:
        """Return the latest announcement of each place; see the port."""
        statement = _IN_FORCE[self._transaction.dialect]
        wanted = as_rows((sku,) for sku in sorted(set(skus)))
        parameters = {"skus": wanted, "since": to_micros(require_instant(at))}
        return tuple(map(_event, self._transaction.rows(statement, parameters)))


def _row(event: PriceAnnounced) -> tuple[Any, ...]:
    place = event.place
    scope = (place.currency.code, place.segment or "", place.location or "")
    return (place.sku, place.channel, *scope, to_micros(event.at), event.amount, event.reduction)


def _event(row: Sequence[Any]) -> PriceAnnounced:
    sku, channel, currency, segment, location, at, amount, reduction = row
    place = PricePlace(sku, channel, currency, segment=segment or None, location=location or None)
    return PriceAnnounced(place=place, amount=amount, at=from_micros(at), reduction=reduction)


def _require_same(known: tuple[Any, ...], row: tuple[Any, ...]) -> None:
    if known != row:
        at = from_micros(row[5]).isoformat()
        raise InvalidValue("events", f"{row[0]!r} has another price at {at}")
