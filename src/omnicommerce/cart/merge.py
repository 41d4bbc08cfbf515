"""Merging one cart into another by a named policy, with a preview of every change."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

import attrs

from omnicommerce.cart.decide import next_operations
from omnicommerce.cart.errors import CartClosed, CartRefused
from omnicommerce.cart.fold import CartLine, CartState
from omnicommerce.cart.model import Cart, CartPolicy, CartStatus
from omnicommerce.cart.operations import (
    AddUnits,
    ApplyCode,
    Change,
    MoveToList,
    Note,
    Operation,
    SetQuantity,
)
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import CartId
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.reasons import Reason

__all__ = [
    "MergeChange",
    "MergeKind",
    "MergePolicy",
    "MergePreview",
    "Prices",
    "merge_carts",
    "merge_policies",
    "preview_merge",
    "register_merge_policy",
]

MergePolicy = Callable[[int, int], int]
"""What a line that is in both carts will hold: from the target's and the source's units."""

Prices = Mapping[str, Money]
"""What a line costs, by line identity; lines may be missing."""

_NO_PRICES: Final[Prices] = {}

_policies: dict[str, MergePolicy] = {
    "max": max,
    "sum": lambda target, source: target + source,
    "keep_target": lambda target, _: target,
    "keep_source": lambda _, source: source,
}


def register_merge_policy(name: str, policy: MergePolicy) -> None:
    """Make a policy known by its name; it must be pure and return at least 1.

    Raises:
        InvalidValue: The name is another policy's.
    """
    if _policies.setdefault(name, policy) is not policy:
        raise InvalidValue("name", f"there is a merge policy {name!r} already")


def merge_policies() -> tuple[str, ...]:
    """Return the names of the policies: the four built-in ones, then what was registered."""
    return tuple(_policies)


class MergeKind(enum.StrEnum):
    """What becomes of a line or a code of the source."""

    ADDED = "added"
    RAISED = "raised"
    LOWERED = "lowered"
    UNCHANGED = "unchanged"
    CLIPPED = "clipped"
    DROPPED = "dropped"
    LEFT_ON_LIST = "left_on_list"
    TAKEN_FROM_LIST = "taken_from_list"
    REPRICED = "repriced"
    CODE_ADDED = "code_added"


@attrs.frozen(kw_only=True)
class MergeChange:
    """What becomes of one line or code of the source.

    ``target_quantity`` and ``source_quantity`` are what the carts held in
    their smallest unit, ``quantity`` what the target will hold.
    """

    kind: MergeKind
    subject: str
    target_quantity: int = 0
    source_quantity: int = 0
    quantity: int = 0
    reason: Reason


@attrs.frozen(kw_only=True)
class MergePreview:
    """What a merge does: every line and code of the source appears, none is left out.

    ``changes`` are in the order of the source's lines; a line whose price
    differs appears a second time as ``repriced``.
    """

    source_id: CartId
    target_id: CartId
    policy: str
    changes: tuple[MergeChange, ...]

    def of_kind(self, *kinds: MergeKind) -> tuple[MergeChange, ...]:
        """Return the changes of some kinds, in order."""
        return tuple(change for change in self.changes if change.kind in kinds)


def preview_merge(
    source: Cart,
    target: Cart,
    *,
    policy: str,
    limits: CartPolicy,
    prices_before: Prices = _NO_PRICES,
    prices_after: Prices = _NO_PRICES,
) -> MergePreview:
    """Say what merging the source into the target would do, without doing it.

    A line that is in both holds what the policy says, any other line of the
    source is added. Quantities are clipped to the shop's limit, lines beyond
    it dropped, and lists stay where they are: each with a change that says so.

    Args:
        source: The cart that will be spent.
        target: The cart that will go on.
        policy: Name of the merge policy.
        limits: The shop's limits.
        prices_before: What the source's lines cost there.
        prices_after: What they would cost in the target.

    Raises:
        InvalidValue: There is no such policy, or both are one cart.
        CartRefused: They are in different currencies.
    """
    if policy not in _policies:
        raise InvalidValue("policy", f"{policy!r} is not one of {', '.join(_policies)}")
    _check_pair(source, target)
    changes: list[MergeChange] = []
    room = limits.largest_lines - len(target.state.lines) - len(target.state.saved)
    for line in source.state.lines:
        change = _line_change(line, target.state, _policies[policy], limits, room)
        room -= change.kind in _NEW and target.state.line(line.line_id) is None
        changes += [change, *_repriced(line, prices_before, prices_after)]
    changes += [_stays_on_list(line) for line in source.state.saved]
    changes += _code_changes(source.state, target.state)
    return MergePreview(
        source_id=source.cart_id, target_id=target.cart_id, policy=policy, changes=tuple(changes)
    )


_NEW = frozenset({MergeKind.ADDED, MergeKind.CLIPPED})


def merge_carts(
    source: Cart,
    target: Cart,
    preview: MergePreview,
    *,
    actor: str,
    at: datetime,
) -> tuple[Cart, tuple[Operation, ...]]:
    """Return the spent source, and the operations that carry the preview out on the target.

    The source counts as the device of these operations, so that carrying them
    out twice is impossible.

    Raises:
        CartClosed: The source is not open any more.
    """
    if source.status is not CartStatus.OPEN:
        raise CartClosed(
            Reason("cart.merged", {"cart": source.cart_id, "into": source.merged_into})
        )
    changes = _changes(preview, source.state, target.state)
    operations = next_operations(target, changes, device=source.cart_id, actor=actor, at=at)
    spent = attrs.evolve(source, status=CartStatus.MERGED, merged_into=target.cart_id)
    return spent, operations


def _check_pair(source: Cart, target: Cart) -> None:
    if source.cart_id == target.cart_id:
        raise InvalidValue("source", "a cart cannot be merged into itself")
    if source.currency != target.currency:
        currencies = {"source": source.currency.code, "target": target.currency.code}
        raise CartRefused(Reason("cart.merge.other_currency", currencies))


def _line_change(
    line: CartLine, target: CartState, policy: MergePolicy, limits: CartPolicy, room: int
) -> MergeChange:
    there = target.line(line.line_id)
    if there is None and room <= 0:
        return _change(MergeKind.DROPPED, line, 0, 0, largest=limits.largest_lines)
    if there is not None and there.list_name is not None:
        quantity = min(line.quantity, limits.largest_quantity)
        return _change(MergeKind.TAKEN_FROM_LIST, line, 0, quantity, list=there.list_name)
    held = there.quantity if there else 0
    wanted = policy(held, line.quantity) if there else line.quantity
    quantity = min(wanted, max(limits.largest_quantity, held))
    if quantity < wanted:
        return _change(MergeKind.CLIPPED, line, held, quantity, wanted=wanted)
    return _change(_kind(held, quantity), line, held, quantity)


def _kind(held: int, quantity: int) -> MergeKind:
    if quantity == held:
        return MergeKind.UNCHANGED
    if not held:
        return MergeKind.ADDED
    return MergeKind.RAISED if quantity > held else MergeKind.LOWERED


def _change(
    kind: MergeKind, line: CartLine, held: int, quantity: int, **more: str | int
) -> MergeChange:
    figures = {"sku": line.sku, "quantity": quantity, "source": line.quantity, "target": held}
    return MergeChange(
        kind=kind,
        subject=line.line_id,
        target_quantity=held,
        source_quantity=line.quantity,
        quantity=quantity,
        reason=Reason(f"cart.merge.{kind}", {**figures, **more}),
    )


def _stays_on_list(line: CartLine) -> MergeChange:
    return _change(MergeKind.LEFT_ON_LIST, line, 0, 0, list=line.list_name or "")


def _repriced(line: CartLine, before: Prices, after: Prices) -> Iterator[MergeChange]:
    old, new = before.get(line.line_id), after.get(line.line_id)
    if old is not None and new is not None and old != new:
        figures = {"sku": line.sku, "before": str(old), "after": str(new)}
        yield MergeChange(
            kind=MergeKind.REPRICED,
            subject=line.line_id,
            reason=Reason("cart.merge.repriced", figures),
        )


def _code_changes(source: CartState, target: CartState) -> list[MergeChange]:
    return [
        MergeChange(
            kind=MergeKind.CODE_ADDED,
            subject=code,
            reason=Reason("cart.merge.code_added", {"code": code}),
        )
        for code in source.codes
        if code not in target.codes
    ]


def _changes(preview: MergePreview, source: CartState, target: CartState) -> Iterator[Change]:
    for change in preview.changes:
        if change.kind is MergeKind.CODE_ADDED:
            yield ApplyCode(change.subject)
            continue
        line, there = source.line(change.subject), target.line(change.subject)
        if line is None or change.kind in _WITHOUT_EFFECT:
            continue
        if change.kind is MergeKind.TAKEN_FROM_LIST:
            yield SetQuantity(line.selection, change.quantity)
            yield MoveToList(line.line_id, None)
        elif change.quantity > change.target_quantity:
            yield AddUnits(line.selection, change.quantity - change.target_quantity)
        elif change.quantity < change.target_quantity:
            yield SetQuantity(line.selection, change.quantity)
        if line.note and not (there and there.note):
            yield Note(line.line_id, line.note)


_WITHOUT_EFFECT = frozenset({MergeKind.DROPPED, MergeKind.LEFT_ON_LIST, MergeKind.REPRICED})
