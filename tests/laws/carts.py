"""Strategies for carts: logs as several devices write them, some of them offline for a while."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from omnicommerce.cart.fold import CartState, fold
from omnicommerce.cart.model import Cart
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
from omnicommerce.kernel.currency import Currency
from omnicommerce.kernel.ids import CartId, ChannelId, Sku

__all__ = ["DEVICES", "NOW", "cart_of", "changes", "held", "logs", "quantities", "selections"]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DEVICES = ("phone", "laptop", "till")

selections = st.builds(
    Selection,
    st.sampled_from([Sku("DRESS-M"), Sku("HAM")]),
    st.dictionaries(st.sampled_from(["size", "colour"]), st.sampled_from(["a", "b"]), max_size=1),
    st.lists(st.just("sliced thin"), max_size=1),
)
line_ids = selections.map(lambda selection: selection.line_id)
quantities = st.integers(1, 9)
codes = st.sampled_from(["SPRING", "CLARA10"])
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(AddUnits, selections, quantities),
    st.builds(AddUnits, selections, quantities),
    st.builds(SetQuantity, selections, st.integers(0, 9)),
    st.builds(RemoveLine, line_ids),
    st.builds(Note, line_ids, st.sampled_from(["", "a gift", "ring twice"])),
    st.builds(MoveToList, line_ids, st.sampled_from([None, "wishes", "later"])),
    st.builds(ApplyCode, codes),
    st.builds(RemoveCode, codes),
)


@st.composite
def logs(draw: st.DrawFn, largest: int = 25) -> tuple[Operation, ...]:
    """Draw what some devices did to one cart, each knowing its own and what it fetched."""
    known: dict[str, dict[tuple[str, int], Operation]] = {device: {} for device in DEVICES}
    for _ in range(draw(st.integers(0, largest))):
        device = draw(st.sampled_from(DEVICES))
        if draw(st.booleans()):
            known[device].update(known[draw(st.sampled_from(DEVICES))])
        seen = dict(fold(known[device].values()).seen)
        operation = Operation(
            device=device,
            sequence=seen.get(device, 0) + 1,
            actor="clara",
            at=NOW + timedelta(minutes=draw(st.integers(-9, 9))),
            seen=seen,
            change=draw(changes),
        )
        known[device][operation.identity] = operation
    every = {**known["phone"], **known["laptop"], **known["till"]}
    return tuple(every.values())


def cart_of(operations: Iterable[Operation], cart_id: str = "cart_1", owner: str = "clara") -> Cart:
    """Return an open cart with this log."""
    return Cart(
        cart_id=CartId(cart_id),
        owner=owner,
        currency=Currency.of("EUR"),
        channel=ChannelId("web"),
        started_at=NOW,
        expires_at=NOW + timedelta(days=60),
        operations=tuple(operations),
    )


def held(state: CartState) -> dict[str, int]:
    """Return the quantity of each line, in the cart or on a list."""
    return {line.line_id: line.quantity for line in (*state.lines, *state.saved)}
