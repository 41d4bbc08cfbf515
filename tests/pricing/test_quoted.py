from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import attrs
import pytest

from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing.locks import PriceLock
from omnicommerce.pricing.quoted import (
    QUOTE_TRANSITIONS,
    QuotedPrices,
    QuoteRefused,
    QuoteState,
    accept,
    decline,
    locks_of,
    withdraw,
)

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
CHAIR = PriceLock("chair", 4200, until=MONDAY + 90 * DAY, source="quote:Q-17")
DESK = PriceLock("desk", 19900, source="quote:Q-17")
OFFER = QuotedPrices(
    quote_id="Q-17",
    customer_id="acme",
    locks=[CHAIR, DESK],
    offered_at=MONDAY,
    valid_until=MONDAY + 30 * DAY,
)
VERBS: dict[QuoteState, Callable[..., QuotedPrices]] = {
    QuoteState.ACCEPTED: partial(accept, customer_id="acme"),
    QuoteState.DECLINED: partial(decline, customer_id="acme"),
    QuoteState.WITHDRAWN: withdraw,
}


def _refusal(verb: Callable[..., QuotedPrices], quote: QuotedPrices, at: datetime) -> str:
    with pytest.raises(QuoteRefused) as refused:
        verb(quote, at=at)
    (reason,) = refused.value.reasons
    return reason.code


@pytest.mark.parametrize("state", VERBS)
def test_an_offer_can_be_answered_or_taken_back(state: QuoteState) -> None:
    """Each verb leads from the offer to its state, until the offer expires."""
    last = OFFER.valid_until - timedelta(microseconds=1)
    assert state is VERBS[state](OFFER, at=last).state
    assert "quote.expired" == _refusal(VERBS[state], OFFER, OFFER.valid_until)


@pytest.mark.parametrize("state", QuoteState)
@pytest.mark.parametrize("verb", VERBS)
def test_the_table_of_states_is_the_law(state: QuoteState, verb: QuoteState) -> None:
    """What the table does not allow is refused, with the state in the reason."""
    quote = attrs.evolve(OFFER, state=state)
    if verb in QUOTE_TRANSITIONS[state]:
        assert verb is VERBS[verb](quote, at=MONDAY).state
    elif state is QuoteState.EXPIRED:
        assert "quote.expired" == _refusal(VERBS[verb], quote, MONDAY)
    else:
        assert "quote.state" == _refusal(VERBS[verb], quote, MONDAY)


def test_every_state_is_in_the_table() -> None:
    """No state is forgotten, and every state can be reached."""
    assert set(QuoteState) == set(QUOTE_TRANSITIONS)
    reached = {state for states in QUOTE_TRANSITIONS.values() for state in states}
    assert set(QuoteState) - {QuoteState.OFFERED} == reached


def test_only_the_customer_of_a_quote_may_answer() -> None:
    """Somebody else learns nothing but that it is not theirs."""
    for verb in (accept, decline):
        other = partial(verb, customer_id="globex")
        assert "quote.not_yours" == _refusal(other, OFFER, MONDAY)


def test_the_clock_ends_an_offer_without_anybody_writing_it() -> None:
    """An offer reads as expired from its end on; what was answered stays answered."""
    assert QuoteState.OFFERED is OFFER.state_at(OFFER.valid_until - timedelta(microseconds=1))
    assert QuoteState.EXPIRED is OFFER.state_at(OFFER.valid_until)
    accepted = accept(OFFER, customer_id="acme", at=MONDAY)
    assert QuoteState.ACCEPTED is accepted.state_at(OFFER.valid_until + DAY)


def test_prices_hold_once_accepted_each_until_its_own_end() -> None:
    """An offer binds nobody; an accepted one binds until each price ends, if it does."""
    accepted = accept(OFFER, customer_id="acme", at=MONDAY)
    assert () == locks_of(OFFER, at=MONDAY)
    assert () == locks_of(withdraw(OFFER, at=MONDAY), at=MONDAY)
    assert (CHAIR, DESK) == locks_of(accepted, at=MONDAY + 60 * DAY)
    assert (DESK,) == locks_of(accepted, at=MONDAY + 90 * DAY)


def test_a_quote_has_a_json_form() -> None:
    """What is stored comes back."""
    assert OFFER == documents.load(QuotedPrices, documents.dump(OFFER))


@pytest.mark.parametrize(
    "wrong",
    [{"locks": []}, {"locks": [CHAIR, CHAIR]}, {"valid_until": MONDAY}, {"quote_id": " "}],
)
def test_impossible_quotes_are_refused(wrong: dict[str, object]) -> None:
    """A quote needs prices, one for each SKU, and time to accept it."""
    with pytest.raises(InvalidValue):
        attrs.evolve(OFFER, **wrong)  # type: ignore[arg-type]  # the test is about it
