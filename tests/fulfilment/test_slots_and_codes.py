"""Pick-up slots and codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.fulfilment.decide import (
    MOST_WRONG_CODES,
    PickupRefused,
    check_code,
    end,
    make_ready,
    offered_slots,
    slot_at,
)
from omnicommerce.fulfilment.model import (
    PICKUP_TRANSITIONS,
    Pickup,
    PickupPoint,
    PickupStatus,
    slot_account,
)
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.ids import LocationId, OrderId
from omnicommerce.kernel.window import WeeklySpan, Window

AT = datetime(2026, 11, 16, 13, 10, tzinfo=UTC)
MADRID = LocationId("madrid")
WEEKDAYS = Window(
    zone="Europe/Madrid", weekly=tuple(WeeklySpan(day, 10 * 60, 21 * 60) for day in range(5))
)
STORE = PickupPoint(location_id=MADRID, opening=WEEKDAYS, slot_capacity=2)


def pickup() -> Pickup:
    """Return a pick-up that is paid for."""
    return Pickup(
        pickup_id="pickup_1",
        order_id=OrderId("order_1"),
        location_id=MADRID,
        customer_id=None,
        slot=None,
        ready_by=AT,
        collect_until=AT + timedelta(days=5),
        lines=(),
        status=PickupStatus.REQUESTED,
    )


@given(minutes=st.integers(0, 60 * 24 * 21), preparation=st.integers(0, 600))
def test_every_offered_slot_is_accepted(minutes: int, preparation: int) -> None:
    """A slot that is offered lies in opening hours and after preparation (inventory I28)."""
    at = AT + timedelta(minutes=minutes)
    store = attrs.evolve(STORE, preparation=timedelta(minutes=preparation))
    slots = offered_slots(store, at=at)
    assert len(slots) == 8
    assert list(slots) == sorted(set(slots))
    for slot in slots:
        assert slot_at(store, slot.starts_at, at=at) == slot
        assert WEEKDAYS.contains(slot.starts_at)
        assert WEEKDAYS.contains(slot.ends_at - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        (timedelta(minutes=7), "pickup.no_such_slot"),
        (timedelta(hours=1, minutes=50), "pickup.too_soon"),
        (timedelta(hours=8, minutes=50), "pickup.closed"),
        (timedelta(days=35, minutes=-10), "pickup.too_far"),
    ],
)
def test_a_slot_that_cannot_be_is_refused_with_its_reason(hours: timedelta, code: str) -> None:
    """Off the grid, too soon, closed or too far away are told apart."""
    with pytest.raises(PickupRefused) as refused:
        slot_at(STORE, AT + hours, at=AT)
    assert refused.value.reasons[0].code == code


def test_a_slot_account_is_named_by_its_start_in_utc() -> None:
    """Two ways to write one instant are one slot."""
    slot = offered_slots(STORE, at=AT)[0]
    assert slot_account(MADRID, slot).scope == "2026-11-16T16:00Z"


def test_the_code_opens_its_pickup_once() -> None:
    """The right code opens, in any spelling; after the hand-over it opens nothing (I32)."""
    ready = make_ready(pickup(), "47 11 08", at=AT)
    assert check_code(ready, "471108", MADRID) == (ready, None)
    ended = end(ready, PickupStatus.COLLECTED, at=AT)
    _, reason = check_code(ended, "471108", MADRID)
    assert reason is not None
    assert reason.code == "pickup.not_ready"


def test_the_code_is_not_stored() -> None:
    """Whoever reads the pick-up cannot read the code."""
    assert "471108" not in repr(make_ready(pickup(), "471108", at=AT))


def test_the_wrong_store_refuses_the_right_code() -> None:
    """Another store does not have the goods (inventory I32)."""
    ready = make_ready(pickup(), "471108", at=AT)
    _, reason = check_code(ready, "471108", "sevilla")
    assert reason is not None
    assert reason.code == "pickup.wrong_store"


def test_wrong_codes_lock_until_a_new_code_is_made() -> None:
    """After five wrong codes even the right one is refused; a new code helps (I32)."""
    current = make_ready(pickup(), "471108", at=AT)
    for left in reversed(range(MOST_WRONG_CODES)):
        current, reason = check_code(current, "000000", MADRID)
        assert reason is not None
        assert reason.parameters["left"] == left
    _, reason = check_code(current, "471108", MADRID)
    assert reason is not None
    assert reason.code == "pickup.locked"
    again = make_ready(current, "990011", at=AT)
    assert check_code(again, "990011", MADRID) == (again, None)


@pytest.mark.parametrize("status", list(PickupStatus))
def test_only_steps_of_the_table_happen(status: PickupStatus) -> None:
    """Ending a pick-up works exactly where the table has the step (inventory I46)."""
    current = attrs.evolve(pickup(), status=status)
    for wanted in (PickupStatus.COLLECTED, PickupStatus.MISSED, PickupStatus.CANCELLED):
        if wanted in PICKUP_TRANSITIONS[status]:
            assert end(current, wanted, at=AT).status is wanted
        else:
            with pytest.raises(PickupRefused):
                end(current, wanted, at=AT)


@pytest.mark.parametrize(
    "changes",
    [
        {"slot_capacity": 0},
        {"slot_length": timedelta(minutes=7)},
        {"slot_length": timedelta(0)},
        {"preparation": timedelta(hours=-1)},
        {"keep": timedelta(hours=-1)},
    ],
)
def test_points_nobody_could_collect_at_are_refused(changes: dict[str, Any]) -> None:
    """Impossible capacities and lengths are refused when the point is made."""
    with pytest.raises(InvalidValue):
        attrs.evolve(STORE, **changes)
