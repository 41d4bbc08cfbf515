"""The pure fold: from a set of operations, in whatever order they came, to one state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import attrs

from omnicommerce.cart.operations import (
    AddUnits,
    ApplyCode,
    Change,
    MoveToList,
    Note,
    Operation,
    RemoveCode,
    RemoveLine,
    Selection,
    SetQuantity,
)
from omnicommerce.kernel.errors import KeyReused
from omnicommerce.kernel.ids import Sku

__all__ = ["CartLine", "CartState", "distinct", "fold"]

C = TypeVar("C", Note, MoveToList)


@attrs.frozen(kw_only=True)
class CartLine:
    """One line of a cart.

    Args:
        selection: What it is for.
        quantity: How much, in the smallest unit of its measure.
        note: What the customer wrote on it, empty for nothing.
        list_name: The list it was moved to; None: it is in the cart.
    """

    selection: Selection
    quantity: int
    note: str = ""
    list_name: str | None = None

    @property
    def line_id(self) -> str:
        """Identity of the line within its cart."""
        return self.selection.line_id

    @property
    def sku(self) -> Sku:
        """What is bought."""
        return self.selection.sku

    @property
    def options(self) -> Mapping[str, str]:
        """Choices that the SKU does not say."""
        return self.selection.options

    @property
    def notes(self) -> tuple[str, ...]:
        """How it is to be prepared: part of what the line is for, unlike its note."""
        return self.selection.notes


@attrs.frozen(kw_only=True)
class CartState:
    """What everybody sees who has the same operations.

    Args:
        lines: What is in the cart, in the order in which it was first put there.
        saved: What was moved to lists, in the same order.
        codes: Promotion codes in use, sorted.
        seen: Per device, the highest sequence; a next operation has seen this.
    """

    lines: tuple[CartLine, ...] = ()
    saved: tuple[CartLine, ...] = ()
    codes: tuple[str, ...] = ()
    seen: Mapping[str, int] = attrs.field(factory=dict, hash=False)

    def line(self, line_id: str) -> CartLine | None:
        """Return the line, in the cart or on a list; None if there is none."""
        every = (*self.lines, *self.saved)
        return next((line for line in every if line.line_id == line_id), None)


def fold(operations: Iterable[Operation]) -> CartState:
    """Return what a set of operations amounts to; their order and repetitions do not matter.

    A quantity is the latest `SetQuantity` plus every `AddUnits`, leaving out
    what another `SetQuantity` or `RemoveLine` on the line had seen. So what two
    devices add at the same time adds up, and what was removed by somebody who
    had seen it never comes back. The cost is linear in operations times devices.

    Raises:
        KeyReused: Two different operations have one device and sequence.
    """
    log = sorted(distinct(operations), key=lambda operation: operation.order)
    by_line: dict[str, list[Operation]] = {}
    for operation in log:
        line_id = _line_id(operation.change)
        if line_id is not None:
            by_line.setdefault(line_id, []).append(operation)
    lines = [line for group in by_line.values() for line in _lines(group)]
    return CartState(
        lines=tuple(line for line in lines if line.list_name is None),
        saved=tuple(line for line in lines if line.list_name is not None),
        codes=_codes(log),
        seen=_highest(log),
    )


def distinct(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Return each operation once.

    Raises:
        KeyReused: Two different operations have one device and sequence.
    """
    found: dict[tuple[str, int], Operation] = {}
    for operation in operations:
        known = found.setdefault(operation.identity, operation)
        if known is not operation and known != operation:
            raise KeyReused(f"{operation.device}/{operation.sequence}")
    return tuple(found.values())


def _line_id(change: Change) -> str | None:
    match change:
        case AddUnits(selection) | SetQuantity(selection):
            return selection.line_id
        case RemoveLine(line_id) | Note(line_id) | MoveToList(line_id):
            return line_id
        case ApplyCode() | RemoveCode():
            return None


def _lines(group: list[Operation]) -> Iterator[CartLine]:
    """Yield the line that its operations amount to, if anything is left of it."""
    standing = _unseen(group, SetQuantity, RemoveLine)
    quantity, selection = 0, None
    for operation in standing:
        if isinstance(operation.change, SetQuantity):
            quantity, selection = operation.change.quantity, operation.change.selection
    for operation in standing:
        if isinstance(operation.change, AddUnits):
            quantity, selection = quantity + operation.change.quantity, operation.change.selection
    if quantity and selection is not None:
        written = _last(group, Note)
        moved = _last(group, MoveToList, AddUnits)
        yield CartLine(
            selection=selection,
            quantity=quantity,
            note=written.text if written else "",
            list_name=moved.name if moved else None,
        )


def _last(group: list[Operation], kind: type[C], *more: type[Any]) -> C | None:
    """Return the latest change of a kind that no other of it, no removal and no more had seen."""
    standing = [each.change for each in _unseen(group, kind, RemoveLine, *more)]
    return next((change for change in reversed(standing) if isinstance(change, kind)), None)


def _unseen(group: Iterable[Operation], *superseding: type[Any]) -> list[Operation]:
    """Return the operations that none of the superseding kinds had seen, in order."""
    group = list(group)
    frontier: dict[str, int] = {}
    for operation in group:
        if isinstance(operation.change, superseding):
            own = {operation.device: operation.sequence - 1}
            for device, sequence in {**operation.seen, **own}.items():
                frontier[device] = max(sequence, frontier.get(device, 0))
    return [each for each in group if each.sequence > frontier.get(each.device, 0)]


def _codes(log: Iterable[Operation]) -> tuple[str, ...]:
    by_code: dict[str, list[Operation]] = {}
    for operation in log:
        if isinstance(operation.change, (ApplyCode, RemoveCode)):
            by_code.setdefault(operation.change.code, []).append(operation)
    return tuple(
        code
        for code, group in sorted(by_code.items())
        if any(isinstance(each.change, ApplyCode) for each in _unseen(group, RemoveCode))
    )


def _highest(log: Iterable[Operation]) -> Mapping[str, int]:
    highest: dict[str, int] = {}
    for operation in log:
        highest[operation.device] = max(operation.sequence, highest.get(operation.device, 0))
    return MappingProxyType({device: highest[device] for device in sorted(highest)})
