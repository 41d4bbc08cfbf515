"""Price rows, channel by channel: which products have other rows in one than in another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final, TypeAlias

import attrs

from omnicommerce.kernel.predicates import ALWAYS, NEVER, AllOf, OneOf, Predicate
from omnicommerce.pricing.audit.artefacts import Artefact, ArtefactKind
from omnicommerce.pricing.audit.lens import Lens
from omnicommerce.pricing.audit.logic import atoms, ended, key
from omnicommerce.pricing.model import ListRole, PriceList, PriceRow, PricingConfiguration

__all__ = ["row_artefacts", "row_sign"]

_SCOPES: Final = ("location", "zone", "country", "customer_class", "customer")
_FIELDS: Final = tuple(field.name for field in attrs.fields(PriceRow) if field.name != "price_list")
_ROW: Final = attrgetter(*_FIELDS)
_Entry: TypeAlias = tuple[object, ...]
_Entries: TypeAlias = dict[str, list[tuple[int, _Entry]]]
"""By SKU: the position of each row, and what it says."""


def row_artefacts(
    configuration: PricingConfiguration,
    lenses: tuple[Lens, ...],
    at: datetime,
    facts: frozenset[str],
) -> Iterator[Artefact]:
    """Yield, list by list, the products whose rows are not the same in every channel.

    Lists that say the same under other names are the same.

    Args:
        configuration: Lists and rows.
        lenses: The channels.
        at: What has ended by this instant is left out.
        facts: Facts that follow from the channel.
    """
    derived = [scope for scope in _SCOPES if scope in facts]
    if not _is_tainted(configuration, facts, derived):
        return
    entries = [_entries(configuration, lens, at, derived) for lens in lenses]
    by_list: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for sku in sorted(set().union(*entries)):
        position = _first_difference([found.get(sku, []) for found in entries])
        if position is not None:
            by_list[configuration.rows[position].price_list][sku] = position
    positions = {item.list_id: number for number, item in enumerate(configuration.lists)}
    for list_id in sorted(by_list, key=positions.__getitem__):
        yield _artefact(configuration, positions[list_id], by_list[list_id], facts)


def row_sign(
    configuration: PricingConfiguration,
    lens: Lens,
    at: datetime,
    facts: frozenset[str],
    skus: Container[str],
) -> str:
    """Return what two channels share exactly when the rows of some products say the same there."""
    derived = [scope for scope in _SCOPES if scope in facts]
    entries = _entries(configuration, lens, at, derived)
    return str(
        sorted((sku, [said for _, said in rows]) for sku, rows in entries.items() if sku in skus)
    )


def _is_tainted(
    configuration: PricingConfiguration, facts: frozenset[str], derived: Sequence[str]
) -> bool:
    if any(_mentions(number, item, facts) for number, item in enumerate(configuration.lists)):
        return True
    return bool(derived) and any(
        getattr(row, scope) is not None for row in configuration.rows for scope in derived
    )


def _mentions(number: int, item: PriceList, facts: frozenset[str]) -> list[str]:
    return [
        path
        for path, atom in atoms(item.when, f"$.lists[{number}].when")
        if getattr(atom, "fact", None) in facts
    ]


def _artefact(
    configuration: PricingConfiguration,
    number: int,
    found: Mapping[str, int],
    facts: frozenset[str],
) -> Artefact:
    """Return what differs in one list: at the row, if only one product does."""
    item = configuration.lists[number]
    rows = sorted(found.values())
    path = f"$.rows[{rows[0]}]" if len(rows) == 1 else f"$.lists[{number}]"
    places = _mentions(number, item, facts) or [f"$.rows[{row}]" for row in rows[:1]]
    return Artefact(ArtefactKind.ROWS, path, tuple(places), tuple(found), item.list_id)


def _entries(
    configuration: PricingConfiguration, lens: Lens, at: datetime, derived: Sequence[str]
) -> _Entries:
    """Return what the rows of each product say in a channel, lists numbered anew."""
    open_lists: dict[str, tuple[int, PriceList, Predicate]] = {}
    for rank, item in enumerate(configuration.lists):
        when = lens.predicate(item.when, at)
        if when != NEVER:
            open_lists[item.list_id] = (rank, item, when)
    over = {item.window_id for item in configuration.windows if ended(item.window, at)}
    found: defaultdict[str, list[tuple[int, tuple[int, PriceList, bool], _Entry]]] = defaultdict(
        list
    )
    for position, row in enumerate(configuration.rows):
        if row.price_list not in open_lists or row.window in over:
            continue
        rank, item, when = open_lists[row.price_list]
        scope = _condition(row, lens, at, derived)
        if scope != NEVER:
            said = (key(when), key(scope), item.sale, str(item.currency), _ROW(row))
            found[row.sku].append((position, (rank, item, row.mix is not None), said))
    return {sku: list(_ranked(rows)) for sku, rows in found.items()}


def _ranked(
    rows: list[tuple[int, tuple[int, PriceList, bool], _Entry]],
) -> Iterator[tuple[int, _Entry]]:
    """Number the lists of one product by their order; where a list's name matters, keep it."""
    order = sorted({rank for _, (rank, item, _), _ in rows if item.role is ListRole.BASE})
    numbered = []
    for position, (rank, item, mixes), said in rows:
        offers = item.role is ListRole.OFFER
        name = item.list_id if offers or mixes else ""
        turn = -1 if offers else order.index(rank)
        numbered.append((position, (turn, item.role, name, *said)))
    return iter(sorted(numbered, key=lambda entry: str(entry[1])))


def _condition(row: PriceRow, lens: Lens, at: datetime, derived: Sequence[str]) -> Predicate:
    """Return what must hold of a situation for the row to count in this channel."""
    asked = [
        OneOf(scope, {value}) for scope in derived if (value := getattr(row, scope)) is not None
    ]
    return lens.predicate(AllOf(tuple(asked)), at) if asked else ALWAYS


def _first_difference(columns: list[list[tuple[int, _Entry]]]) -> int | None:
    """Return the position of the first row that one channel has and another has not.

    Where all have the same rows, the first whose list has another turn.
    """
    for start in (1, 0):
        said = [{entry[start:] for _, entry in column} for column in columns]
        common = set.intersection(*said)
        different = [
            position
            for column in columns
            for position, entry in column
            if entry[start:] not in common
        ]
        if different:
            return min(different)
    return None
