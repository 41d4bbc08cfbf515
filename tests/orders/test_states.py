"""Orders and payment attempts take only the steps of their tables."""

from __future__ import annotations

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidValue, NotFound
from omnicommerce.kernel.money import Money
from omnicommerce.orders.decide import (
    OrderStateRefused,
    advance,
    give_back,
    open_attempt,
    refund_for,
    settle_attempt,
    with_units,
)
from omnicommerce.orders.model import (
    ATTEMPT_TRANSITIONS,
    ORDER_TRANSITIONS,
    AttemptState,
    OrderStatus,
    PaymentAttempt,
    TenderKind,
)
from tests.orders.make import AT, EUR, line, order, tender

ATTEMPT = PaymentAttempt(
    attempt_id="order_1:pay:1", amount=Money(100, EUR), state=AttemptState.OPEN, opened_at=AT
)
PLACED = attrs.evolve(order(tender(1, TenderKind.GATEWAY, 100)), status=OrderStatus.PLACED)


@pytest.mark.parametrize("status", list(OrderStatus))
@pytest.mark.parametrize("wanted", list(OrderStatus))
def test_an_order_takes_only_steps_of_the_table(status: OrderStatus, wanted: OrderStatus) -> None:
    """Every other step is refused with both states in the reason (inventory I46)."""
    current = attrs.evolve(PLACED, status=status)
    if wanted in ORDER_TRANSITIONS[status]:
        assert advance(current, wanted).status is wanted
        return
    with pytest.raises(OrderStateRefused) as refused:
        advance(current, wanted)
    assert refused.value.reasons[0].parameters["wanted"] == wanted


@pytest.mark.parametrize("state", list(AttemptState))
@pytest.mark.parametrize("wanted", list(AttemptState))
def test_an_attempt_takes_only_steps_of_the_table(
    state: AttemptState, wanted: AttemptState
) -> None:
    """What is settled stays settled; telling the same again changes nothing (I41, I44)."""
    current = attrs.evolve(PLACED, attempts=(attrs.evolve(ATTEMPT, state=state),))
    if state is wanted:
        assert settle_attempt(current, ATTEMPT.attempt_id, wanted) is current
    elif wanted in ATTEMPT_TRANSITIONS[state]:
        settled = settle_attempt(current, ATTEMPT.attempt_id, wanted, reference="r")
        assert settled.attempts[0].state is wanted
        paid = settled.tenders[0].reference == "r"
        assert paid == (wanted is AttemptState.APPROVED)
    else:
        with pytest.raises(OrderStateRefused):
            settle_attempt(current, ATTEMPT.attempt_id, wanted)


def test_an_attempt_nobody_made_is_not_found() -> None:
    """An unknown attempt cannot be settled."""
    with pytest.raises(NotFound):
        settle_attempt(PLACED, "order_1:pay:9", AttemptState.APPROVED)


def test_one_attempt_at_a_time() -> None:
    """A second attempt waits for the outcome of the first."""
    started = open_attempt(PLACED, ATTEMPT)
    with pytest.raises(OrderStateRefused) as refused:
        open_attempt(started, attrs.evolve(ATTEMPT, attempt_id="order_1:pay:2"))
    assert refused.value.reasons[0].code == "payment.unsettled"


def test_more_than_was_paid_is_not_given_back() -> None:
    """The amount is refused as a whole."""
    with pytest.raises(InvalidValue):
        give_back(PLACED, Money(101, EUR), cause="test")


def test_units_that_are_not_there_are_not_refunded() -> None:
    """Giving back more units than a line has left is refused."""
    with pytest.raises(OrderStateRefused):
        refund_for(line(100, 2), 3)


@pytest.mark.parametrize("units", [-1, 1.5, True])
def test_units_are_whole_numbers(units: object) -> None:
    """A fraction of a unit names the line."""
    current = attrs.evolve(PLACED, lines=(line(100, 2),))
    with pytest.raises(InvalidValue, match="line_1"):
        with_units(current, collected={"line_1": units}, declined={})  # type: ignore[dict-item]  # misuse
    with pytest.raises(NotFound):
        with_units(current, collected={"line_9": 1}, declined={})
