from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.history import PriceAnnounced, PricePlace
from omnicommerce.pricing.prior_price import (
    PriorPrice,
    PriorPriceRule,
    PriorStatus,
    lowest_prior_price,
)

DAY = timedelta(days=1)
FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)
DRESS = PricePlace("DRESS", "web", "EUR")
RULE = PriorPriceRule(zone="Europe/Madrid")


def _price(amount: int | None, days: int, reduction: str | None = None) -> PriceAnnounced:
    return PriceAnnounced(place=DRESS, amount=amount, at=FRIDAY + days * DAY, reduction=reduction)


def _prior(*events: PriceAnnounced, **facts: object) -> PriorPrice:
    return lowest_prior_price(
        events,
        DRESS,
        **{"reduction_starts_at": FRIDAY, "rule": RULE, **facts},  # type: ignore[arg-type]  # tests
    )


def _said(found: PriorPrice) -> tuple[str, str | None, str]:
    amount = None if found.amount is None else str(found.amount)
    return found.status.value, amount, found.reason.code


def test_the_price_to_show_is_a_reason_with_its_figures() -> None:
    """A known prior price names the goods, the amount and the days."""
    found = _prior(_price(8990, -60), _price(6990, 0, "black-friday"))
    assert {"sku": "DRESS", "amount": "89.90 EUR", "days": 30} == found.reason.parameters
    assert ("known", "89.90 EUR", "price.lowest_prior") == _said(found)


def test_a_short_rise_before_the_sale_does_not_help() -> None:
    """Raising the price for a week before the sale leaves the prior price where it was."""
    found = _prior(_price(8990, -60), _price(12990, -7), _price(7990, 0, "black-friday"))
    assert ("known", "89.90 EUR", "price.lowest_prior") == _said(found)
    assert Rate.parse("1000/8990") == found.rate_off(Money.of("79.90", "EUR"))
    assert found.rate_off(Money.of("89.90", "EUR")) is None
    with pytest.raises(InvalidValue):
        found.rate_off(Money.of("1", "GBP"))


def test_new_goods_are_flagged() -> None:
    """Goods on sale for less than 30 days show the lowest price so far, marked as new."""
    events = (_price(8990, -10), _price(7990, -5))
    found = _prior(*events, on_sale_since=FRIDAY - 10 * DAY)
    assert ("new", "79.90 EUR", "price.prior_new") == _said(found)


def test_goods_that_start_reduced_have_no_prior_price() -> None:
    """What comes on sale with its reduction was never dearer."""
    found = _prior(_price(6990, 0, "launch"), on_sale_since=FRIDAY)
    assert ("new", None, "price.prior_new") == _said(found)
    assert found.rate_off(Money.of("1", "EUR")) is None


@pytest.mark.parametrize(
    ("events", "since"),
    [
        pytest.param([], None, id="nothing recorded"),
        pytest.param([_price(8990, -10)], None, id="the record begins too late"),
        pytest.param([_price(8990, -10)], -300, id="it misses goods that are not new"),
        pytest.param([_price(8990, -10)], -20, id="it misses days of new goods"),
        pytest.param([_price(8990, -90), _price(None, -40)], None, id="nothing was on offer"),
    ],
)
def test_gaps_are_flagged_not_guessed(events: list[PriceAnnounced], since: int | None) -> None:
    """Where the record does not tell, there is no amount at all."""
    on_sale_since = None if since is None else FRIDAY + since * DAY
    found = _prior(*events, on_sale_since=on_sale_since)
    assert ("unknown", None, "price.prior_unknown") == _said(found)


def test_perishable_goods_are_exempt_but_their_figure_is_there() -> None:
    """Goods that perish are for national law; what the record says is said all the same."""
    found = _prior(_price(199, -60), perishable=True)
    assert ("exempt", "1.99 EUR", "price.prior_exempt") == _said(found)
    assert ("exempt", None, "price.prior_exempt") == _said(_prior(perishable=True))


def test_a_reduction_can_be_planned_before_it_is_recorded() -> None:
    """A reduction that is to follow another one names itself, and the running one counts."""
    events = (_price(8990, -60), _price(6990, -3, "pre-sale"))
    assert ("known", "89.90 EUR", "price.lowest_prior") == _said(_prior(*events))
    planned = _prior(*events, reduction="black-friday")
    assert (FRIDAY, ("known", "69.90 EUR", "price.lowest_prior")) == (
        planned.starts_at,
        _said(planned),
    )


def test_two_prices_at_one_instant_are_refused() -> None:
    """A record that contradicts itself is not read one way or the other."""
    with pytest.raises(InvalidValue, match="'DRESS' has two prices at 2026-11-17T00:00"):
        _prior(_price(8990, -10), _price(7990, -10))


@pytest.mark.parametrize(
    "settings",
    [{"zone": "Europe/Atlantis"}, {"zone": "UTC", "days": 0}, {"zone": "UTC", "days": 30.0}],
)
def test_an_impossible_rule_is_refused(settings: dict[str, object]) -> None:
    """A rule needs a zone that exists and whole days."""
    with pytest.raises(InvalidValue):
        PriorPriceRule(**settings)  # type: ignore[arg-type]  # the test is about it


def test_rules_and_announcements_have_a_json_form() -> None:
    """What is configured and what is recorded can be written and read again."""
    event = _price(6990, 0, "black-friday")
    for value in (event, RULE):
        assert value == documents.load(type(value), documents.dump(value))


def test_each_status_has_a_reason() -> None:
    """No status goes without something to say."""
    found = _prior(_price(8990, -60))
    codes = {
        PriorPrice(
            sku="DRESS",
            status=status,
            amount=found.amount,
            opens_at=found.opens_at,
            starts_at=found.starts_at,
            days=30,
        ).reason.code
        for status in PriorStatus
    }
    assert len(PriorStatus) == len(codes)
